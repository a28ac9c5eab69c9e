"""The event store, where intake stands, and what referrals keeps beside its streams."""

from alembic import op

from shared.store.schema import EVENT_STORE, POSITIONS

revision = "0001"
down_revision = None

TABLES = """
-- What each part of a stream has become. Disposable: folded anew from stored_events.
CREATE TABLE parts (
    id uuid PRIMARY KEY, kind text NOT NULL, stream uuid NOT NULL, subject uuid NOT NULL,
    changed timestamptz NOT NULL, state jsonb NOT NULL,
    sender text, recipient text, status text, listed timestamptz
);
-- A case has each matter once: of two commands that begin the same one, the second decides anew.
CREATE UNIQUE INDEX parts_matters ON parts (subject, (state->>'matter')) WHERE kind = 'matter';
CREATE INDEX parts_inbound ON parts (recipient, listed) WHERE kind = 'referral';
CREATE INDEX parts_outbound ON parts (sender, listed) WHERE kind = 'referral';
-- The first answer to each command, by caller and idempotency key or submission id.
CREATE TABLE commands (
    scope text NOT NULL, key uuid NOT NULL, digest bytea NOT NULL, answer jsonb NOT NULL,
    answered timestamptz NOT NULL, PRIMARY KEY (scope, key)
);
CREATE TABLE mou_versions (
    version text PRIMARY KEY, mou uuid NOT NULL, effective timestamptz NOT NULL,
    adopted timestamptz NOT NULL, signed_by jsonb NOT NULL, document jsonb NOT NULL
);
-- One read per person, thing, purpose and quarter of an hour is recorded.
CREATE TABLE reads (
    person text NOT NULL, about uuid NOT NULL, purpose text NOT NULL, slot bigint NOT NULL,
    kind text NOT NULL, PRIMARY KEY (person, about, purpose, slot, kind)
);
CREATE TABLE secrets (name text PRIMARY KEY, value bytea NOT NULL);
"""


def upgrade() -> None:
    """Make the tables."""
    for script in (EVENT_STORE, POSITIONS, TABLES):
        op.get_bind().exec_driver_sql(script)
