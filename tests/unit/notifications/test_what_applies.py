"""Which records of a batch continue the stored position, in which order they act, and where a partition is held."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from services.notifications.deciding import Decided, Decider
from services.notifications.domain.facts import Facts
from services.notifications.reading import Walk, cut, in_order, parse, stood, walk
from services.notifications.records import Incoming, Sources
from shared.events.examples import EXAMPLES
from shared.events.moments import write_moment
from shared.mou import Mou, load
from shared.store.positions import Position

COUNTY = load((Path(__file__).parents[3] / "deploy/local/alder-county.yaml").read_text(encoding="utf-8"))
SOURCES = Sources()
T0 = datetime(2030, 3, 4, tzinfo=UTC)


def record(
    sequence: int | None, offset: int | None = None, value: bytes = b"{}", partition: int = 0
) -> Incoming:
    return Incoming(SOURCES.referrals, partition, sequence if offset is None else offset, sequence, value)  # type: ignore[arg-type]


def event(type_name: str, seconds: int = 0, mouversion: str = COUNTY.version, **facts: object) -> bytes:
    value = json.loads(EXAMPLES[type_name].value())
    moment = write_moment(T0 + timedelta(seconds=seconds))
    value |= {"id": str(uuid4()), "recordedtime": moment, "mouversion": mouversion}
    value["data"] |= facts
    return json.dumps(value).encode()


def at(sequence: int) -> Position:
    return Position(SOURCES.referrals, 0, sequence, sequence)


class TestWhatContinuesThePosition:
    def test_what_follows_applies(self) -> None:
        found = walk(at(4), [record(5), record(6)])
        assert ([r.sequence for r in found.fresh], found.position, found.hole) == ([5, 6], at(6), False)

    def test_a_repeat_is_skipped_and_counts_as_done_with(self) -> None:
        found = walk(at(4), [record(3), record(4), record(5)])
        assert ([r.sequence for r in found.fresh], found.taken) == ([5], 3)

    def test_a_repeat_at_the_end_of_the_log_moves_the_offset_and_not_the_sequence(self) -> None:
        found = walk(at(4), [record(5), record(2, offset=6)]).position
        assert (found.sequence, found.offset) == (5, 6)

    def test_what_is_read_once_more_does_not_move_the_offset_back(self) -> None:
        assert walk(at(4), [record(1), record(2)]).position == at(4)

    def test_behind_a_hole_nothing_applies(self) -> None:
        found = walk(at(4), [record(5), record(7), record(8)])
        assert ([r.sequence for r in found.fresh], found.hole, found.taken) == ([5], True, 1)

    def test_a_record_without_a_sequence_is_set_aside_and_moves_nothing(self) -> None:
        found = walk(at(4), [record(None, offset=5), record(5, offset=6)])
        assert [r.offset for r in found.strays] == [5]
        assert (found.position.sequence, found.position.offset) == (5, 6)


class TestTheOrderOfABatch:
    def test_over_partitions_what_was_recorded_first_comes_first(self) -> None:
        walks = {
            (SOURCES.referrals, n): Walk(
                Position(SOURCES.referrals, n),
                [record(0, value=event("accord.role.ended.v1", 10 - n), partition=n)],
            )
            for n in range(3)
        }
        assert [p.record.partition for p in in_order(walks, SOURCES)] == [2, 1, 0]

    def test_the_mou_comes_before_what_was_judged_under_it(self) -> None:
        mou = Incoming(SOURCES.mou, 0, 0, 0, event("accord.mou.adopted.v1", 50))
        concern = record(0, value=event("accord.concern.reported.v1", 1))
        walks = {r.place: Walk(Position(*r.place), [r]) for r in (concern, mou)}
        assert [p.record.topic for p in in_order(walks, SOURCES)] == [SOURCES.mou, SOURCES.referrals]

    def test_an_unreadable_record_stays_between_its_neighbours(self) -> None:
        records = [
            record(0, value=event("accord.role.ended.v1", 5)),
            record(1, value=b"\xff"),
            record(2, value=event("accord.role.ended.v1", 6)),
        ]
        walks = {(SOURCES.referrals, 0): Walk(at(-1), records)}
        assert [p.record.sequence for p in in_order(walks, SOURCES)] == [0, 1, 2]


def decide(
    records: list[Incoming],
    mou: Mou | None = COUNTY,
    known: dict[str, Facts] | None = None,
) -> Decided:
    decider = Decider(known or {}, lambda version: mou if version == COUNTY.version else None)
    return decider.decide([parse(r, SOURCES.own) for r in records])


class TestAProposedVersionOfTheMou:
    @pytest.mark.parametrize(
        "type_name",
        [
            "accord.mou.proposed.v1",
            "accord.mou.commented.v1",
            "accord.mou.comment-answered.v1",
            "accord.mou.signed.v1",
            "accord.mou.superseded.v1",
        ],
    )
    def test_is_no_version_to_judge_by_and_tells_nobody(self, type_name: str) -> None:
        found = decide([Incoming(SOURCES.mou, 0, 0, 0, event(type_name))])
        assert (found.adopted, found.items, found.held, found.unhandled) == ({}, [], {}, [])
        assert found.events == 1


class TestWhatIsHeld:
    def test_an_event_under_a_version_not_here_yet_holds_its_partition_only(self) -> None:
        records = [
            record(0, value=event("accord.concern.reported.v1", mouversion="later")),
            record(1, value=event("accord.concern.reported.v1")),
            record(0, value=event("accord.concern.reported.v1"), partition=1),
        ]
        found = decide(records)
        assert set(found.held) == {(SOURCES.referrals, 0)}
        assert found.held[SOURCES.referrals, 0][0] == records[0]
        assert len(found.items) == 1

    def test_no_event_waits_for_a_fact_of_another_partition(self) -> None:
        # Else what a rebuild finds would hang on which of the two was read first.
        opened = record(0, value=event("accord.case.opened.v1"))
        found = decide([opened])
        assert (found.held, found.items, len(found.changed)) == ({}, [], 1)

    def test_what_else_a_batch_knows_changes_nothing_about_an_item(self) -> None:
        # A refusal stands in a partition of its own; its referral may come in the same batch or not.
        requested = event("accord.referral.requested.v1")
        about = json.loads(requested)["data"]["referral"]
        refused = event("accord.submission.refused.v1", 5, about=about, about_kind="referral")
        alone = decide([record(0, value=refused, partition=1)]).items
        beside = decide([record(0, value=requested), record(0, value=refused, partition=1)]).items
        assert [item for item, _ in alone] == [item for item, _ in beside if item.about == about][
            -len(alone) :
        ]
        assert [item.urgency for item, _ in alone] == [None]

    def test_a_failure_nobody_foresaw_holds_the_event_and_loses_nothing(self) -> None:
        def broken(_: str) -> Mou:
            raise ZeroDivisionError

        concern = record(0, value=event("accord.concern.reported.v1"))
        found = Decider({}, broken).decide([parse(concern, SOURCES.own)])
        assert found.held == {concern.place: (concern, "failed: ZeroDivisionError")}
        assert found.items == []
        assert found.changed == {}

    def test_what_comes_before_the_held_record_is_done_with(self) -> None:
        records = [record(4), record(5), record(None, offset=6), record(6, offset=7), record(7, offset=8)]
        found = cut(walk(at(4), records), records, records[3], at(4))
        assert (found.position, stood(found, "why").taken) == (at(5), 3)
        assert [r.offset for r in found.strays] == [6]

    def test_held_at_its_first_record_the_position_stays(self) -> None:
        records = [record(5), record(6)]
        found = cut(walk(at(4), records), records, records[0], at(4))
        assert (found.position, stood(found, "why").taken) == (at(4), 0)


class TestWhatCannotBeUsed:
    @pytest.mark.parametrize("value", [b"", b"\xff", b"[]", b"{}", b'{"specversion":"2.0"}'])
    def test_bytes_that_are_no_event_are_set_aside_and_the_next_one_applies(self, value: bytes) -> None:
        found = decide([record(0, value=value), record(1, value=event("accord.concern.reported.v1"))])
        assert len(found.unreadable) == 1
        assert len(found.items) == 1

    def test_an_unknown_type_is_kept_and_stops_nothing(self) -> None:
        unknown = json.loads(event("accord.concern.reported.v1")) | {"type": "accord.moon.landed.v1"}
        found = decide([record(0, value=json.dumps(unknown).encode())])
        assert [kind for _, kind in found.unhandled] == ["accord.moon.landed.v1"]

    def test_of_our_own_topic_only_acknowledgements_are_read(self) -> None:
        own = Incoming(SOURCES.own, 0, 0, 0, EXAMPLES["accord.notification.delivered.v1"].value())
        assert parse(own, SOURCES.own).event is None
        ack = own._replace(value=EXAMPLES["accord.notification.acknowledged.v1"].value())
        assert decide([ack]).acknowledged
