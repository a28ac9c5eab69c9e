"""What intake took last from each topic, so that another record at its offset is not taken for it."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; a position without a mark is trusted until the next record is taken."""
    op.get_bind().exec_driver_sql("ALTER TABLE positions ADD COLUMN mark bytea")
