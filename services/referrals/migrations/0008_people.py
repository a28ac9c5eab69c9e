"""People of agencies without a provider: invitations, codes, letters that are to be sent, role events by agency."""

from alembic import op

revision = "0008"
down_revision = "0007"

TABLES = """
-- `address` and `link` are digests: the address itself and what a letter says are in the vault, sealed.
CREATE TABLE people (
    person uuid PRIMARY KEY, agency text NOT NULL, address bytea NOT NULL,
    link bytea UNIQUE, link_until timestamptz, invited timestamptz NOT NULL, accepted timestamptz,
    removed timestamptz, unreachable timestamptz
);
CREATE UNIQUE INDEX people_by_address ON people (address) WHERE accepted IS NOT NULL AND removed IS NULL;
CREATE UNIQUE INDEX people_of_an_agency ON people (agency, address) WHERE removed IS NULL;
-- One row for each code that was asked for, also where the address is nobody's.
CREATE TABLE codes (
    id uuid PRIMARY KEY, browser bytea NOT NULL UNIQUE, address bytea NOT NULL, person uuid, code bytea NOT NULL,
    tries integer NOT NULL DEFAULT 0, made timestamptz NOT NULL, used timestamptz
);
CREATE INDEX codes_by_address ON codes (address, made);
CREATE TABLE letters (
    id uuid PRIMARY KEY, person uuid NOT NULL, due timestamptz NOT NULL, until timestamptz NOT NULL,
    misses integer NOT NULL DEFAULT 0
);
CREATE INDEX letters_by_due ON letters (due);
CREATE INDEX letters_of_a_person ON letters (person);
CREATE TABLE passkeys (
    credential bytea PRIMARY KEY, person uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    public_key bytea NOT NULL, sign_count bigint NOT NULL, made timestamptz NOT NULL
);
CREATE INDEX passkeys_of_a_person ON passkeys (person);
-- What an authenticator is asked to sign, once: of a session (a digest of its id) or of a browser that signs in.
CREATE TABLE challenges (owner bytea PRIMARY KEY, challenge bytea NOT NULL, made timestamptz NOT NULL);
CREATE INDEX role_events ON stored_events (originator_id)
    WHERE topic IN ('accord.role.assigned.v1', 'accord.role.ended.v1');
"""


def upgrade() -> None:
    """Make the tables."""
    op.get_bind().exec_driver_sql(TABLES)
