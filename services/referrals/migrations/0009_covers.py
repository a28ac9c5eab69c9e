"""Events of covers are found by agency without a look at all others."""

from alembic import op

revision = "0009"
down_revision = "0008"

INDEX = """
CREATE INDEX cover_events ON stored_events (originator_id)
    WHERE topic IN ('accord.cover.arranged.v1', 'accord.cover.ended.v1');
"""


def upgrade() -> None:
    """Make the index."""
    op.get_bind().exec_driver_sql(INDEX)
