"""The ledger, its findings and positions, how far it is complete, and audit's own small event store."""

from alembic import op

from shared.store.schema import EVENT_STORE, POSITIONS

revision = "0001"
down_revision = None

LEDGER = """
CREATE TABLE ledger (
    topic text NOT NULL,
    partition integer NOT NULL,
    generation integer NOT NULL,
    "offset" bigint NOT NULL,
    stamped bigint NOT NULL,
    key bytea,
    headers bytea NOT NULL,
    value bytea,
    sequence bigint,
    standing text NOT NULL
        CHECK (standing IN ('first', 'repeat', 'other-bytes', 'foreign', 'hole-before', 'out-of-order')),
    event_id uuid, type text, subject uuid, stream uuid, streamversion bigint,
    recordedtime timestamptz, happened timestamptz, about uuid,
    PRIMARY KEY (topic, partition, generation, "offset")
);
-- Stored as it is, not packed: it is kept byte for byte and mostly read whole.
ALTER TABLE ledger ALTER COLUMN value SET STORAGE EXTERNAL;
CREATE INDEX ledger_sequence ON ledger (topic, partition, sequence);
CREATE INDEX ledger_event ON ledger (event_id) WHERE event_id IS NOT NULL;
CREATE INDEX ledger_subject ON ledger (subject, topic, partition, generation, "offset") INCLUDE (standing)
    WHERE subject IS NOT NULL;
CREATE INDEX ledger_cases ON ledger (subject) WHERE starts_with(type, 'accord.case.');
CREATE INDEX ledger_stream ON ledger (stream, streamversion) WHERE stream IS NOT NULL;
CREATE INDEX ledger_about ON ledger (about) WHERE about IS NOT NULL;
CREATE TABLE generations (
    topic text NOT NULL, partition integer NOT NULL, generation integer NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, partition)
);
CREATE TABLE holes (
    topic text NOT NULL, partition integer NOT NULL, first bigint NOT NULL, last bigint NOT NULL,
    PRIMARY KEY (topic, partition, first)
);
CREATE TABLE findings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL, topic text NOT NULL, partition integer NOT NULL, generation integer NOT NULL,
    "offset" bigint NOT NULL, sequence bigint, detail text NOT NULL,
    found timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (kind, topic, partition, generation, "offset")
);
CREATE TABLE complete (service text PRIMARY KEY, until timestamptz NOT NULL);
-- One read, and one denial, per person, case, purpose and quarter of an hour is recorded.
CREATE TABLE reads (
    person text NOT NULL, about uuid NOT NULL, purpose text NOT NULL, slot bigint NOT NULL, kind text NOT NULL,
    PRIMARY KEY (person, about, purpose, slot, kind)
);
CREATE TABLE secrets (name text PRIMARY KEY, value bytea NOT NULL);
"""


def upgrade() -> None:
    """Make the tables."""
    for script in (EVENT_STORE, POSITIONS, LEDGER):
        op.get_bind().exec_driver_sql(script)
