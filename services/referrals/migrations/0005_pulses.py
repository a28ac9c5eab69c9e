"""What its processes say of themselves each second, and which agencies' topics rest."""

from alembic import op

from shared.store.pulse import HOLDS, PULSES

revision = "0005"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.get_bind().exec_driver_sql(PULSES + HOLDS)
