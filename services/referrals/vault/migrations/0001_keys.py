"""Keys, what was destroyed, the county's submission keys, dead letters."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE key_proof (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    wrapped bytea NOT NULL
);
CREATE TABLE keys (
    kid uuid PRIMARY KEY,
    youth uuid NOT NULL,
    class text NOT NULL,
    matter text NOT NULL,
    subject uuid NOT NULL,
    event_id uuid NOT NULL,
    wrapped bytea NOT NULL,
    created timestamptz NOT NULL
);
CREATE INDEX keys_of_a_youth ON keys (youth, class, matter);
CREATE INDEX keys_of_an_event ON keys (event_id);
CREATE TABLE destructions (
    kid uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    by_event uuid NOT NULL
);
CREATE TABLE county_keys (
    kid uuid PRIMARY KEY,
    public jsonb NOT NULL,
    wrapped bytea NOT NULL,
    created timestamptz NOT NULL,
    retired timestamptz
);
CREATE UNIQUE INDEX one_current_county_key ON county_keys ((true)) WHERE retired IS NULL;
CREATE TABLE deadletters (
    id uuid PRIMARY KEY,
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    reason text NOT NULL,
    size integer NOT NULL,
    sha256 text NOT NULL,
    wrapped bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    UNIQUE (topic, partition, "offset")
);
CREATE INDEX deadletters_by_end ON deadletters (expires_at);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    raise NotImplementedError("a vault is restored from a backup, never taken back a version")
