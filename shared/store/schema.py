"""The tables of an event store: the library's own, with what the log of record needs beside it.

`stored_events` is the table of the `eventsourcing` library (its PostgreSQL module reads it); the columns from
`kafka_topic` on are ours: where and as which record of the topic the relay publishes the event.
"""

from __future__ import annotations

EVENT_STORE = """
CREATE TABLE stored_events (
    originator_id uuid NOT NULL,
    originator_version bigint NOT NULL,
    topic text NOT NULL,
    state bytea NOT NULL,
    notification_id bigserial,
    kafka_topic text NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_sequence bigint NOT NULL,
    kafka_key text NOT NULL,
    PRIMARY KEY (originator_id, originator_version)
);
CREATE UNIQUE INDEX stored_events_notification_id_idx ON stored_events (notification_id);
CREATE UNIQUE INDEX stored_events_sequence_idx
    ON stored_events (kafka_topic, kafka_partition, kafka_sequence);
CREATE TYPE stored_event_uuid AS (originator_id uuid, originator_version bigint, topic text, state bytea);
CREATE TABLE heads (
    topic text NOT NULL, partition integer NOT NULL, sequence bigint NOT NULL,
    PRIMARY KEY (topic, partition)
);
CREATE TABLE store_clock (one boolean PRIMARY KEY DEFAULT true CHECK (one), recorded timestamptz NOT NULL);
INSERT INTO store_clock (recorded) VALUES ('2000-01-01T00:00:00Z');
CREATE TABLE relay_state (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    published bigint NOT NULL DEFAULT 0,
    released boolean NOT NULL DEFAULT true
);
INSERT INTO relay_state DEFAULT VALUES;
"""

#: How events are appended: functions, made anew by a migration of each service whenever they change.
APPEND = """
DROP FUNCTION IF EXISTS lock_store(text[], uuid[]), write_events(timestamptz, jsonb, jsonb);
CREATE TYPE stamp AS (version bigint, sequence bigint, recorded timestamptz);
-- A moment as events have it (shared/events/moments.py).
CREATE FUNCTION moment(at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
-- Take the append lock until the transaction ends, and wake the relay. Readers are not held up; a writer waits
-- 5 s at most. Each statement of a function sees what was committed before it.
CREATE FUNCTION lock_store() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('lock_timeout', '5s', true);
    LOCK TABLE stored_events IN EXCLUSIVE MODE;
    PERFORM pg_notify('stored_events', '');
END $$;
-- Append drafts, in order, under that lock: their bytes become final here (Draft.seal_bytes says how). `at` is the
-- caller's clock and later than every cause; what the lock took is added. One microsecond lies between events.
CREATE FUNCTION append_events(at timestamptz, drafts jsonb) RETURNS SETOF stamp LANGUAGE plpgsql AS $$
DECLARE
    tick CONSTANT interval := '1 microsecond';
    start timestamptz;
BEGIN
    PERFORM lock_store();
    SELECT greatest(at + (clock_timestamp() - statement_timestamp()), recorded + tick) INTO start FROM store_clock;
    UPDATE store_clock SET recorded = start + (jsonb_array_length(drafts) - 1) * tick;
    RETURN QUERY WITH stamped AS (
        SELECT *, start + (n - 1) * tick AS recorded,
            coalesce(expected, (SELECT max(originator_version) FROM stored_events WHERE originator_id = stream), 0)
                + row_number() OVER (PARTITION BY stream ORDER BY n) AS version,
            coalesce((SELECT h.sequence FROM heads h WHERE (h.topic, h.partition) = (d.topic, d.partition)), -1)
                + row_number() OVER (PARTITION BY topic, partition ORDER BY n) AS sequence
        FROM ROWS FROM (jsonb_to_recordset(drafts) AS (stream uuid, expected bigint, type text, topic text,
            partition integer, key text, head text, middle text, tail text)) WITH ORDINALITY
            AS d (stream, expected, type, topic, partition, key, head, middle, tail, n)
    ), written AS (
        INSERT INTO stored_events (originator_id, originator_version, topic, state,
            kafka_topic, kafka_partition, kafka_sequence, kafka_key)
        SELECT stream, version, type, convert_to(head || moment(recorded) || middle || version || tail, 'UTF8'),
            topic, partition, sequence, key
        FROM stamped ORDER BY n
    ), moved AS (
        INSERT INTO heads (topic, partition, sequence)
        SELECT topic, partition, max(sequence) FROM stamped GROUP BY topic, partition
        ON CONFLICT (topic, partition) DO UPDATE SET sequence = excluded.sequence
    )
    SELECT version, sequence, recorded FROM stamped ORDER BY n;
END $$;
"""

POSITIONS = """
CREATE TABLE positions (
    topic text NOT NULL, partition integer NOT NULL,
    sequence bigint NOT NULL DEFAULT -1, "offset" bigint NOT NULL DEFAULT -1,
    PRIMARY KEY (topic, partition)
);
"""
