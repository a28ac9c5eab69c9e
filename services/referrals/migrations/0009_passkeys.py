"""Passkeys of people without a provider."""

from alembic import op

revision = "0009"
down_revision = "0008"

TABLES = """
CREATE TABLE passkeys (
    credential bytea PRIMARY KEY, person uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    public_key bytea NOT NULL, sign_count bigint NOT NULL, made timestamptz NOT NULL
);
CREATE INDEX passkeys_of_a_person ON passkeys (person);
-- What an authenticator is asked to sign, once. The owner is a digest: of a session's id, or of what a browser that
-- signs in was given.
CREATE TABLE challenges (owner bytea PRIMARY KEY, challenge bytea NOT NULL, made timestamptz NOT NULL);
"""


def upgrade() -> None:
    """Make the tables."""
    op.get_bind().exec_driver_sql(TABLES)
