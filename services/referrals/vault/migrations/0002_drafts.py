"""What somebody typed into a form and has not sent."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE drafts (
    id uuid PRIMARY KEY,
    wrapped bytea NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX drafts_by_end ON drafts (expires_at);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    raise NotImplementedError("a vault is restored from a backup, never taken back a version")
