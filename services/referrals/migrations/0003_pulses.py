"""What its processes say of themselves each second, and which agencies' topics rest."""

from alembic import op

from shared.store.pulse import HOLDS, PULSES

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
    op.get_bind().exec_driver_sql(PULSES + HOLDS)
