"""Addresses of people who have no provider, and letters to them that are not yet sent."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE addresses (
    person uuid PRIMARY KEY,
    wrapped bytea NOT NULL
);
CREATE TABLE letters (
    id uuid PRIMARY KEY,
    wrapped bytea NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX letters_by_end ON letters (expires_at);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    raise NotImplementedError("a vault is restored from a backup, never taken back a version")
