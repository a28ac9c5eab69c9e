"""A command is recorded by one function: its events, what they made of the parts, and its answer."""

from alembic import op

from shared.store.schema import APPEND

revision = "0002"
down_revision = "0001"

RECORD = """
DROP FUNCTION IF EXISTS write_parts(jsonb, jsonb);
-- Store what parts became. `event` and `own` say by which of the events `written` (from 1), if by any of them:
-- the recorded time of the one, and the version of the other in the part's own stream, are known only now.
CREATE FUNCTION write_parts(became jsonb, written stamp[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO parts (id, kind, stream, subject, changed, state, sender, recipient, status, listed)
    SELECT id, kind, stream, subject, changed,
        state || jsonb_build_object('changed', moment(changed), 'version', version),
        sender, recipient, status, CASE kind WHEN 'referral' THEN changed END
    FROM (
        SELECT *, coalesce((written[event]).recorded, (state->>'changed')::timestamptz) AS changed,
            coalesce((written[own]).version, (state->>'version')::bigint) AS version
        FROM jsonb_to_recordset(became) AS p (id uuid, kind text, stream uuid, subject uuid, event integer,
            own integer, state jsonb, sender text, recipient text, status text)
    ) AS p
    ON CONFLICT (id) DO UPDATE SET changed = excluded.changed, state = excluded.state, status = excluded.status;
$$;
-- Append the drafts of a command and store what they make of the parts, adopted MOU versions and the answer. Ends
-- as a conflict unless the parts that were looked at (`seen`) stand as they were: under the append's lock, so
-- that what is unmoved stays so until the commit.
CREATE FUNCTION record_command(at timestamptz, drafts jsonb, seen jsonb, became jsonb, adopted jsonb,
    scope text, key uuid, digest bytea, answer jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    written stamp[] := ARRAY(SELECT e FROM append_events(at, drafts) AS e);
BEGIN
    IF EXISTS (SELECT FROM jsonb_to_recordset(seen) AS s (id uuid, changed timestamptz)
        WHERE changed IS DISTINCT FROM (SELECT p.changed FROM parts p WHERE p.id = s.id)) THEN
        RAISE EXCEPTION 'a part moved' USING ERRCODE = 'serialization_failure';
    END IF;
    PERFORM write_parts(became, written);
    INSERT INTO mou_versions (version, mou, effective, adopted, signed_by, document)
    SELECT version, mou, effective, (written[event]).recorded, signed_by, document
    FROM jsonb_to_recordset(adopted) AS m (version text, mou uuid, effective timestamptz, signed_by jsonb,
        document jsonb, event integer)
    ON CONFLICT (version) DO NOTHING;
    INSERT INTO commands VALUES (scope, key, digest, answer, at);
END $$;
"""


def upgrade() -> None:
    """Make the functions."""
    for script in (APPEND, RECORD):
        op.get_bind().exec_driver_sql(script)
