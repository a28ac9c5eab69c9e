"""What became of each rebuild."""

from alembic import op

from shared.store.generations import REBUILDS

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table."""
    op.get_bind().exec_driver_sql(REBUILDS)
