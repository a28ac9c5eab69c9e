"""Sessions of people on the pages, and sign-ins that are under way."""

from alembic import op

revision = "0006"
down_revision = "0005"

TABLES = """
-- `seen` is when the person last did something, as far as referrals was told.
CREATE TABLE sessions (
    id uuid PRIMARY KEY, person uuid NOT NULL, agency text NOT NULL, roles text[] NOT NULL,
    began timestamptz NOT NULL, seen timestamptz NOT NULL, language text NOT NULL, privacy boolean NOT NULL,
    ended timestamptz, reason text
);
CREATE INDEX sessions_of_a_person ON sessions (person, began);
CREATE INDEX sessions_going_on ON sessions (seen) WHERE ended IS NULL;
-- From the way to the provider until the way back, each used once. State and browser are digests: whoever reads the
-- table cannot finish a sign-in.
CREATE TABLE sign_ins (
    state bytea PRIMARY KEY, browser bytea NOT NULL, issuer text NOT NULL, nonce text NOT NULL,
    verifier text NOT NULL, way_back text NOT NULL, language text NOT NULL, began timestamptz NOT NULL
);
"""


def upgrade() -> None:
    """Make the tables."""
    op.get_bind().exec_driver_sql(TABLES)
