"""Drafts of a memorandum that coordinators edit before it is proposed. They hold no case data."""

from alembic import op

revision = "0012"
down_revision = "0009"

TABLE = """
-- `version` is what the text calls itself. `last_key` is the key of the form that changed it last: the same form,
-- sent twice, changes it once.
CREATE TABLE mou_drafts (
    id uuid PRIMARY KEY, agency text NOT NULL, begun_from text NOT NULL, base text NOT NULL,
    text text NOT NULL, version text NOT NULL,
    answered text[] NOT NULL DEFAULT '{}', revision integer NOT NULL DEFAULT 1, last_key uuid NOT NULL,
    begun timestamptz NOT NULL, changed timestamptz NOT NULL
);
CREATE INDEX mou_drafts_of_an_agency ON mou_drafts (agency, changed);
"""


def upgrade() -> None:
    """Make the table."""
    op.get_bind().exec_driver_sql(TABLE)
