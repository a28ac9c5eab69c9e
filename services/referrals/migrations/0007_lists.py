"""Lists of concerns, of calls and of cases, without reading every part."""

from alembic import op

revision = "0007"
down_revision = "0006"

# Moments in a part are UTC in ISO form, so they sort as text; what is equal to the second, by id.
INDEXES = """
CREATE INDEX parts_waiting ON parts ((state->>'reported_at'), id)
    WHERE kind = 'concern' AND state->>'status' = 'waiting';
CREATE INDEX parts_reported ON parts ((state->>'reported_by'), (state->>'reported_at'), id) WHERE kind = 'concern';
CREATE INDEX parts_not_called ON parts ((state->>'reported_by'), (state->>'reported_at'), id)
    WHERE kind = 'concern' AND state->>'called_at' IS NULL;
CREATE INDEX parts_called ON parts ((state->>'reported_by'), (state->>'called_at'), id)
    WHERE kind = 'concern' AND state->>'called_at' IS NOT NULL;
CREATE INDEX parts_teams ON parts USING gin ((state->'agencies')) WHERE kind = 'matter';
CREATE INDEX parts_referrals ON parts (stream) WHERE kind = 'referral';
"""


def upgrade() -> None:
    """Make the indexes."""
    op.get_bind().exec_driver_sql(INDEXES)
