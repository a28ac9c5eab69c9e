"""The feed, what routing knows, read marks, where the worker stands, and notifications' own event store."""

from alembic import op

from shared.store.schema import EVENT_STORE, POSITIONS

revision = "0001"
down_revision = None

TABLES = """
-- Projections: dropped and rebuilt from Kafka and the own event store (rebuild.py).
CREATE TABLE items (
    id uuid PRIMARY KEY, event uuid NOT NULL, type text NOT NULL, subject uuid NOT NULL,
    about_kind text, about uuid, recordedtime timestamptz NOT NULL, recipient text NOT NULL,
    tier text NOT NULL, clause text NOT NULL, rule text NOT NULL, reason text NOT NULL,
    needs_ack boolean NOT NULL, mouversion text NOT NULL, correlation text NOT NULL,
    urgency text, respond_by timestamptz,
    status text NOT NULL DEFAULT 'open', acknowledged_by text, acknowledged_at timestamptz
);
CREATE INDEX items_feed ON items (recipient, recordedtime DESC, id DESC);
CREATE TABLE facts (id uuid PRIMARY KEY, facts jsonb NOT NULL);
CREATE TABLE mou_versions (version text PRIMARY KEY, document jsonb NOT NULL);
CREATE TABLE unhandled (
    topic text NOT NULL, partition integer NOT NULL, sequence bigint NOT NULL,
    type text NOT NULL, value bytea NOT NULL, PRIMARY KEY (topic, partition, sequence)
);
-- Systems of record: never dropped. What a person has read; which number each change of the feed has.
CREATE TABLE read_marks (
    item uuid NOT NULL, person text NOT NULL, read_at timestamptz NOT NULL, PRIMARY KEY (item, person)
);
CREATE TABLE changes (
    number bigint PRIMARY KEY, item uuid NOT NULL, kind text NOT NULL, person text NOT NULL DEFAULT '',
    UNIQUE (item, kind, person)
);
CREATE TABLE change_counter (one boolean PRIMARY KEY DEFAULT true CHECK (one), last bigint NOT NULL);
INSERT INTO change_counter (last) VALUES (0);
-- Records that can never be read. Their bytes stay on the kept topic; here is only where.
CREATE TABLE unreadable (
    topic text NOT NULL, partition integer NOT NULL, "offset" bigint NOT NULL,
    reason text NOT NULL, size integer NOT NULL, sha256 text NOT NULL, found timestamptz NOT NULL,
    PRIMARY KEY (topic, partition, "offset")
);
-- What the workers say of themselves, for readiness and `status`.
CREATE TABLE workers (
    slot integer PRIMARY KEY, seen timestamptz NOT NULL, lag bigint NOT NULL, held integer NOT NULL
);
CREATE TABLE holds (
    topic text NOT NULL, partition integer NOT NULL, since timestamptz NOT NULL, reason text NOT NULL,
    PRIMARY KEY (topic, partition)
);
CREATE TABLE secrets (name text PRIMARY KEY, value bytea NOT NULL);
"""


def upgrade() -> None:
    """Make the tables."""
    for script in (EVENT_STORE, POSITIONS, TABLES):
        op.get_bind().exec_driver_sql(script)
