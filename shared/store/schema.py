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
-- Take the append lock until the transaction ends, wake the relay, and say where the store stands now. Readers
-- are not held up; a writer waits 5 s at most. Each statement of a function sees what was committed before it.
CREATE FUNCTION lock_store(topics text[], streams uuid[])
RETURNS TABLE (clock timestamptz, heads jsonb, versions jsonb) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('lock_timeout', '5s', true);
    LOCK TABLE stored_events IN EXCLUSIVE MODE;
    PERFORM pg_notify('stored_events', '');
    RETURN QUERY SELECT recorded,
        (SELECT jsonb_agg(jsonb_build_array(h.topic, h.partition, h.sequence))
         FROM heads h WHERE h.topic = ANY (topics)),
        (SELECT jsonb_agg(jsonb_build_array(v.stream, v.version)) FROM (
            SELECT s AS stream, (SELECT max(originator_version) FROM stored_events
                                 WHERE originator_id = s) AS version FROM unnest(streams) s) v
         WHERE v.version IS NOT NULL)
    FROM store_clock;
END $$;
-- Write what was stamped under that lock, in order. One parameter: it costs the client a tenth of many arrays.
CREATE FUNCTION write_events(clock timestamptz, moved jsonb, stamped jsonb)
RETURNS void LANGUAGE sql AS $$
    UPDATE store_clock SET recorded = clock;
    INSERT INTO heads (topic, partition, sequence)
    SELECT * FROM jsonb_to_recordset(moved) AS m (topic text, partition integer, sequence bigint)
    ON CONFLICT (topic, partition) DO UPDATE SET sequence = excluded.sequence;
    INSERT INTO stored_events (originator_id, originator_version, topic, state,
        kafka_topic, kafka_partition, kafka_sequence, kafka_key)
    SELECT stream, version, type, convert_to(state, 'UTF8'), topic, partition, sequence, key
    FROM jsonb_to_recordset(stamped) AS e (stream uuid, version bigint, type text, state text,
        topic text, partition integer, sequence bigint, key text);
$$;
"""

POSITIONS = """
CREATE TABLE positions (
    topic text NOT NULL, partition integer NOT NULL,
    sequence bigint NOT NULL DEFAULT -1, "offset" bigint NOT NULL DEFAULT -1,
    PRIMARY KEY (topic, partition)
);
"""
