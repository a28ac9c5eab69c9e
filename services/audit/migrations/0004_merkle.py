"""A Merkle tree over each partition of the ledger, in tiles; and every checkpoint that was signed of it."""

from alembic import op

revision = "0004"
down_revision = "0003"

MERKLE = """
CREATE TABLE trees (
    topic text NOT NULL, partition integer NOT NULL, size bigint NOT NULL,
    PRIMARY KEY (topic, partition)
);
CREATE TABLE tiles (
    topic text NOT NULL, partition integer NOT NULL, level integer NOT NULL, index bigint NOT NULL,
    hashes bytea NOT NULL,
    PRIMARY KEY (topic, partition, level, index)
);
-- Hashes cannot be packed; trying costs time.
ALTER TABLE tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;
-- One root for each size: the key sees to it that there is never another.
CREATE TABLE checkpoints (
    topic text NOT NULL, partition integer NOT NULL, size bigint NOT NULL,
    root bytea NOT NULL, note text NOT NULL, signed timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (topic, partition, size)
);
"""


def upgrade() -> None:
    """Make the tables; the consumer grows the trees over what the ledger holds."""
    op.get_bind().exec_driver_sql(MERKLE)
