"""Events are appended by one function, which takes the lock, stamps and writes."""

from alembic import op

from shared.store.schema import APPEND

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the functions."""
    op.get_bind().exec_driver_sql(APPEND)
