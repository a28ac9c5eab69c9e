"""The written history is what relays would have published: valid, dense, the same by seed."""

from __future__ import annotations

from collections import defaultdict

from bench.history import ACCESS, BATCH, NOTIFICATIONS, REFERRALS, History, again, county, received, renamed
from bench.memory import flatness, peaks
from shared.bus.record import Record, relay_headers
from shared.bus.topics import kept_topics
from shared.events import Unhandled, read
from shared.store.append import partition_of

EVENTS = 12_000


def history(seed: int = 1, events: int = EVENTS) -> list[Record]:
    return [record for batch in county(History(seed), events) for record in batch]


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others() -> None:
    assert history(3, 2_000) == history(3, 2_000)
    assert history(3, 2_000) != history(4, 2_000)


def test_there_are_as_many_as_were_asked_for_in_batches_of_a_bounded_size() -> None:
    sizes = [len(batch) for batch in county(History(), EVENTS)]
    assert sum(sizes) == EVENTS
    assert max(sizes) == BATCH


def test_each_record_is_a_known_event_where_and_as_the_relay_would_publish_it() -> None:
    known = {topic.name for topic in kept_topics()}
    for record in history():
        event = read(record.value or b"")
        assert not isinstance(event.data, Unhandled)
        assert record.topic in known
        assert record.partition == partition_of(record.topic, event.envelope.partitionkey)
        assert (record.key or b"").decode() == event.envelope.partitionkey
        assert list(record.headers) == relay_headers(record.sequence or 0)


def test_sequences_and_versions_are_dense_and_recorded_time_grows() -> None:
    sequences: dict[tuple[str, int], list[int]] = defaultdict(list)
    versions: dict[str, list[int]] = defaultdict(list)
    times = []
    for record in history():
        event = read(record.value or b"")
        sequences[record.topic, record.partition].append(record.sequence or 0)
        versions[event.envelope.stream].append(event.version)
        times.append(event.envelope.recordedtime)
    assert all(found == list(range(len(found))) for found in sequences.values())
    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())
    assert times == sorted(set(times))
    assert {topic for topic, _ in sequences} == {REFERRALS, NOTIFICATIONS, ACCESS}


def test_ids_are_given_once_and_stay_so_when_an_event_is_used_again() -> None:
    ids = [read(record.value or b"").envelope.id for record in history()]
    assert len(set(ids)) == len(ids)
    (one,) = received(History(), 1)
    again = read(renamed(one.value or b"", 7)).envelope.id
    assert again.startswith("00000007")
    assert again != read(one.value or b"").envelope.id


def test_records_used_again_go_on_densely_under_other_ids() -> None:
    found = list(again(received(History(), 300), 3))
    sequences: dict[int, list[int]] = defaultdict(list)
    for record in found:
        sequences[record.partition].append(record.sequence or 0)
    assert all(one == list(range(len(one))) for one in sequences.values())
    assert len({read(record.value or b"").envelope.id for record in found}) == 900


def test_flat_is_the_last_half_against_the_first_tenth_after_the_warm_up() -> None:
    samples = [(n, 100) for n in range(0, 1_001, 10)]
    assert flatness(samples) == (100, 100)
    samples[5], samples[15], samples[90] = (50, 900), (150, 120), (900, 180)
    assert flatness(samples) == (180, 120)
    assert peaks(samples) == [900, 120, *[100] * 7, 180]
