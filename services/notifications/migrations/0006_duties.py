"""What duties are read off, and how each duty stands."""

from alembic import op

revision = "0006"
down_revision = "0005"

TABLES = """
-- Projections, dropped and rebuilt as the others (rebuild.py).
-- Every event of a case or a concern as a rule may ask for it, without what is sealed.
CREATE TABLE happenings (
    id uuid PRIMARY KEY, type text NOT NULL, time timestamptz NOT NULL, recordedtime timestamptz NOT NULL,
    mouversion text NOT NULL, subject uuid NOT NULL, data jsonb NOT NULL
);
CREATE INDEX happenings_by_subject ON happenings (subject);
-- A case and its concerns are one group, named by the smallest of their ids; `happenings` counts the member's own.
CREATE TABLE duty_groups (member uuid PRIMARY KEY, grp uuid NOT NULL, happenings integer NOT NULL);
CREATE INDEX duty_groups_by_group ON duty_groups (grp);
-- A duty as if time stood still. `revision` is -1 as long as no event of our own says that it was opened; `told` is
-- what time brought about last in this revision, `next` what it brings about next.
CREATE TABLE duties (
    duty uuid PRIMARY KEY, rule text NOT NULL, opening uuid NOT NULL, subject uuid NOT NULL, concern uuid,
    "case" uuid, about uuid, mouversion text NOT NULL, clause text NOT NULL, opened_at timestamptz NOT NULL,
    state text NOT NULL, due_at timestamptz, alarm_at timestamptz, warn_at timestamptz, met_by uuid,
    met_at timestamptz, owed_by text, role text, queue text NOT NULL, revision integer NOT NULL,
    told_kind text, told_step integer, next_at timestamptz, next_kind text, next_step integer
);
CREATE INDEX duties_by_subject ON duties (subject);
CREATE INDEX duties_next ON duties (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX duties_owed ON duties (queue, coalesce(due_at, 'infinity'), duty) WHERE state IN ('open', 'tolled');
-- The duty that an item of the feed is about.
ALTER TABLE items ADD COLUMN duty uuid;
"""


def upgrade() -> None:
    """Make the tables."""
    op.get_bind().exec_driver_sql(TABLES)
