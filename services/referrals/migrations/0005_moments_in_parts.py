"""A part can hold the recorded times of several events: the append puts each where it belongs."""

from alembic import op

revision = "0005"
down_revision = "0004"

STAMPED = """
-- `state` with the recorded times of the events `written` where `stamps` say (from 1): known only now.
CREATE FUNCTION stamped(state jsonb, stamps jsonb, written stamp[]) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT * FROM jsonb_to_recordset(stamps) AS s (place text[], event integer) LOOP
        state := jsonb_set(state, one.place, to_jsonb(moment((written[one.event]).recorded)));
    END LOOP;
    RETURN state;
END $$;
-- Store what parts became. `event` and `own` say by which of the events `written` (from 1), if by any of them:
-- the recorded time of the one, and the version of the other in the part's own stream, are known only now.
CREATE OR REPLACE FUNCTION write_parts(became jsonb, written stamp[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO parts (id, kind, stream, subject, changed, state, sender, recipient, status, listed)
    SELECT id, kind, stream, subject, changed,
        stamped(state, stamps, written) || jsonb_build_object('changed', moment(changed), 'version', version),
        sender, recipient, status, CASE kind WHEN 'referral' THEN changed END
    FROM (
        SELECT *, coalesce((written[event]).recorded, (state->>'changed')::timestamptz) AS changed,
            coalesce((written[own]).version, (state->>'version')::bigint) AS version
        FROM jsonb_to_recordset(became) AS p (id uuid, kind text, stream uuid, subject uuid, event integer,
            own integer, stamps jsonb, state jsonb, sender text, recipient text, status text)
    ) AS p
    ON CONFLICT (id) DO UPDATE SET changed = excluded.changed, state = excluded.state, status = excluded.status;
$$;
"""


def upgrade() -> None:
    """Make the functions."""
    op.get_bind().exec_driver_sql(STAMPED)
