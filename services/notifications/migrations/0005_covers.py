"""Who covers for whom, and when: by it the feed also shows what is addressed to a colleague who is away."""

from alembic import op

revision = "0005"
down_revision = "0004"

TABLE = """
-- A projection, dropped and rebuilt as the others (rebuild.py). Nothing runs when a cover begins or ends.
CREATE TABLE covers (
    cover uuid PRIMARY KEY, person text NOT NULL, covering text NOT NULL, agency text NOT NULL,
    begins timestamptz NOT NULL, until timestamptz NOT NULL, ended timestamptz
);
CREATE INDEX covers_by_colleague ON covers (covering, until);
"""


def upgrade() -> None:
    """Make the table."""
    op.get_bind().exec_driver_sql(TABLE)
