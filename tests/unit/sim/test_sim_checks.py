"""Each check of the simulator finds, and names, what it is there for when it is there on purpose."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from deploy.local.sim import checks
from deploy.local.sim.as_of import Sample
from deploy.local.sim.duties import duties_line
from deploy.local.sim.found import event_of, verification_line
from deploy.local.sim.independent import as_of
from deploy.local.sim.invented import MARKER
from deploy.local.sim.lines import SHOWN, Line
from deploy.local.sim.planted import Planted
from deploy.local.sim.tally import Tally
from deploy.local.sim.verdict import surprises_line
from services.audit.domain.proof import Frontier, leaf, leaf_hash
from services.audit.domain.proof.leaf import framed_headers
from shared.bus.record import Record, relay_headers

REFERRALS, NOTES = "accord.referrals.events", "accord.notifications.events"
ACCESS = "accord.referrals.access"
CASE, YOUTH, REFERRAL, ITEM = (str(uuid4()) for _ in range(4))
ADVOCATES, ADVOCATE = "advocacy/advocate", str(uuid4())
ID = {name: str(uuid4()) for name in ("opened", "requested", "accepted", "told", "acknowledged", "begun")}


def record(name: str, type: str, data: Mapping[str, Any], at: int, topic: str = REFERRALS) -> Record:
    event = {
        "id": ID[name],
        "commandid": ID[name],
        "actor": ADVOCATE,
        "type": f"accord.{type}.v1",
        "data": data,
        "subject": CASE,
        "stream": CASE if topic == REFERRALS else ITEM,
        "streamversion": str(at + 1),
        "time": f"2026-01-05T10:00:{at:02}.000000Z",
        "recordedtime": f"2026-01-05T10:00:{at:02}.500000Z",
    }
    value = json.dumps(event).encode()
    return Record(topic, 0, at, 0, CASE.encode(), tuple(relay_headers(at)), value)


def signed_in(name: str, second: int, person: str = "") -> Record:
    """The record that a person signed in, at this second of the story."""
    begun = record(name, "session.begun", {"person": person or ADVOCATE}, 0, ACCESS)
    return altered(begun, stream=ID[name], recordedtime=f"2026-01-05T09:59:{second:02}.000000Z")


def the_records() -> list[Record]:
    told = {"item": ITEM, "event": ID["requested"], "rule": "referral-requested", "recipient": ADVOCATES}
    on = {"case": CASE, "referral": REFERRAL}
    return [
        record("opened", "case.opened", {"case": CASE, "lead": "human-services"}, 0),
        record("requested", "referral.requested", {**on, "recipient": "advocacy"}, 1),
        record("accepted", "referral.accepted", on, 2),
        record("told", "notification.delivered", told, 0, NOTES),
        record("acknowledged", "notification.acknowledged", told, 1, NOTES),
        signed_in("begun", 0),
    ]


def altered(one: Record, **changes: Any) -> Record:
    """The record with other attributes of its event."""
    return replace(one, value=json.dumps(json.loads(one.value or b"") | changes).encode())


def at(one: Record, sequence: int) -> Record:
    """The record at another place of its partition."""
    return replace(one, offset=sequence, headers=tuple(relay_headers(sequence)))


def signed(records: list[Record]) -> dict[checks.Place, tuple[int, bytes]]:
    """What a ledger of exactly these would sign."""
    trees: dict[checks.Place, Frontier] = {}
    for one in records:
        tree = trees.setdefault(checks.place_of(one), Frontier())
        tree.append(leaf_hash(leaf(one.key, framed_headers(one.headers), one.value)))
    return {place: (tree.size, tree.root) for place, tree in trees.items()}


STATE = {
    "lead": "human-services",
    "agencies": [{"agency": "human-services", "left": None}],
    "workers": [],
    "referrals": [{"referral": REFERRAL, "status": "accepted", "recipient": "advocacy", "notices": []}],
    "concerns": [],
    "screenings": [],
    "acts": [],
    "notices": [{"item": ITEM, "delivered": True, "acknowledged": True}],
}


@dataclass
class Seen:
    """All that the checks are given. `lines` are those that find something."""

    records: list[Record] = field(default_factory=the_records)
    log: dict[checks.Place, tuple[int, bytes]] = field(default_factory=lambda: signed(the_records()))
    feeds: dict[str, checks.Told] = field(
        default_factory=lambda: {ITEM: (ID["requested"], "referral-requested", ADVOCATES)}
    )
    acknowledged: frozenset[str] = frozenset({ITEM})
    commands: dict[bytes, str] = field(default_factory=dict)
    state: Callable[[str, datetime, str], Mapping[str, Any] | None] = lambda *_: STATE

    def lines(self) -> list[Line]:
        events = {UUID(ID[name]).bytes: name for name in ("opened", "requested", "accepted")}
        sizes = {place: size for place, (size, _) in self.log.items()}
        every: list[checks.Check] = [
            checks.Accepted(events, self.commands, self.acknowledged, sizes),
            checks.SignedIn(events, self.commands, frozenset({ADVOCATE})),
            checks.Roots(self.log),
            checks.Once(),
            checks.ToldOnce(self.feeds, frozenset({ADVOCATES})),
            checks.Order(),
            Sample({CASE: frozenset({CASE})}, self.state, End(), 2),
            Planted(),
        ]
        return checks.over(((r, event_of(r)) for r in self.records), every)

    @property
    def wrong(self) -> dict[str, str]:
        """What is said to be wrong, and the first that is named."""
        return {line.what: line.wrong[0] for line in self.lines() if line.wrong}


class End(random.Random):
    """Draws the last moment always."""

    def random(self) -> float:
        return 1.0


def test_a_county_in_which_all_is_well_is_said_to_be_well() -> None:
    assert Seen().wrong == {}
    assert all(line.of > 0 for line in Seen().lines())


def test_an_acknowledged_event_that_is_in_no_topic_is_named() -> None:
    records = [r for r in the_records() if ID["accepted"] not in (r.value or b"").decode()]
    found = Seen(records).wrong
    assert found["acknowledged events missing from the topics"] == f"{ID['accepted']} of accepted"
    assert (
        "is longer than what its topic holds"
        in found["logs of the ledger that are not their topic, byte for byte"]
    )


def test_a_form_that_was_taken_and_came_to_no_event_is_named() -> None:
    taken = UUID(ID["accepted"]).bytes
    assert Seen(commands={taken: "accept-referral"}).wrong == {}
    lost = {uuid4().bytes: "accept-referral"}
    assert "accept-referral" in Seen(commands=lost).wrong["acknowledged events missing from the topics"]


NOT_SIGNED_IN = "acts of people who had not signed in to the pages"


def test_an_act_of_a_person_who_never_signed_in_is_named() -> None:
    records = [one for one in the_records() if b"session.begun" not in (one.value or b"")]
    somebody_else = signed_in("begun", 0, str(uuid4()))
    for without in (records, [*records, somebody_else]):
        wrong = Seen(without, signed(without)).wrong
        assert f"{ID['opened']}: by {ADVOCATE}, who had not signed in" == wrong[NOT_SIGNED_IN]


def test_an_act_before_its_person_signed_in_is_named() -> None:
    late = [
        altered(one, recordedtime="2026-01-05T10:00:01.000000Z") if b"session.begun" in one.value else one
        for one in the_records()
        if one.value
    ]
    assert ID["opened"] in Seen(late, signed(late)).wrong[NOT_SIGNED_IN]


def test_an_acknowledged_event_that_the_ledger_does_not_hold_yet_is_named() -> None:
    found = Seen(log=signed(the_records()[:2] + the_records()[3:])).wrong
    assert ID["accepted"] in found["acknowledged events beyond what the ledger holds"]


def test_an_item_that_was_taken_in_hand_without_its_event_is_named() -> None:
    found = Seen(the_records()[:4], log=signed(the_records()[:4])).wrong
    assert found["acknowledged items without their event"] == ITEM


def test_a_ledger_with_one_other_byte_is_named() -> None:
    log = signed(the_records())
    log[REFERRALS, 0] = (3, bytes(32))
    found = Seen(log=log).wrong
    wanted = f"{REFERRALS}/0: the signed log of 3 entries has another root"
    assert found == {"logs of the ledger that are not their topic, byte for byte": wanted}


def test_a_topic_with_one_other_byte_is_named() -> None:
    records = the_records()
    records[1] = replace(records[1], key=b"another")
    assert "logs of the ledger that are not their topic, byte for byte" in Seen(records).wrong


def test_the_same_bytes_published_again_are_no_fault() -> None:
    records = the_records()
    assert Seen([*records[:3], replace(records[2], offset=3), *records[3:]]).wrong == {}


def test_an_event_that_is_there_twice_is_named() -> None:
    records = the_records()
    again = altered(at(records[2], 3), streamversion="4", recordedtime="2026-01-05T10:00:09.000000Z")
    found = Seen([*records[:3], again, *records[3:]], log=signed([*records[:3], again, *records[3:]])).wrong
    assert found["events that are there twice"] == f"{ID['accepted']}: again, {REFERRALS}/0 at 3"


def test_an_item_that_is_there_twice_for_one_person_is_named() -> None:
    records = the_records()
    again = altered(at(records[3], 1), id=str(uuid4()), recordedtime="2026-01-05T10:00:00.600000Z")
    another = str(uuid4())
    again = altered(
        again, data=json.loads(records[3].value or b"")["data"] | {"item": another}, streamversion="1"
    )
    again = altered(again, stream=another)
    records = [*records[:4], again, altered(at(records[4], 2))]
    told = (ID["requested"], "referral-requested", ADVOCATES)
    found = Seen(records, log=signed(records), feeds={ITEM: told, another: told}).wrong
    assert found["items that are there twice"].endswith("2 items")


def test_an_item_of_the_topic_that_is_in_no_feed_is_named() -> None:
    found = Seen(feeds={}).wrong
    assert found["items that feed and topic do not agree on"].endswith("in the topic, and in no feed")


def test_an_item_of_a_feed_that_is_not_in_the_topic_is_named() -> None:
    told = (ID["requested"], "referral-requested", ADVOCATES)
    found = Seen(feeds={ITEM: told, str(uuid4()): told}).wrong
    assert found["items that feed and topic do not agree on"].endswith("in a feed, and not so in the topic")


def test_two_records_that_changed_places_are_named() -> None:
    records = the_records()
    records[1:3] = [at(records[2], 1), at(records[1], 2)]
    found = Seen(records, log=signed(records)).wrong
    assert found["breaks in the order of a topic or a stream"].startswith(ID["accepted"])


def test_a_hole_in_a_partition_is_named() -> None:
    records = the_records()
    records[2] = at(records[2], 5)
    found = Seen(records).wrong
    assert (
        found["breaks in the order of a topic or a stream"]
        == f"{ID['accepted']}: {REFERRALS}/0 goes from 1 to 5"
    )


def test_a_record_that_is_no_event_is_named_and_its_bytes_are_looked_through_all_the_same() -> None:
    planted = Record(REFERRALS, 0, 3, 0, None, tuple(relay_headers(3)), f"{{not JSON {MARKER}".encode())
    assert event_of(planted) == event_of(replace(planted, value=b'{"id": "one"}')) == {}
    found = Seen([*the_records(), planted]).wrong
    assert found["records of the kept topics that are no event"] == f"{REFERRALS}/0 at 3"
    assert found["records with an invented name in them"] == f"{REFERRALS}/0 at 3"


def test_a_record_without_a_sequence_is_named() -> None:
    records = the_records()
    records[2] = replace(records[2], headers=())
    assert "without a sequence" in Seen(records).wrong["breaks in the order of a topic or a stream"]


def test_an_item_that_came_before_an_earlier_one_of_its_case_is_named() -> None:
    records = the_records()
    first = altered(records[3], data=json.loads(records[3].value or b"")["data"] | {"event": ID["accepted"]})
    second = altered(
        at(records[3], 1), id=str(uuid4()), recordedtime="2026-01-05T10:00:00.600000Z", streamversion="2"
    )
    found = Seen([*records[:3], first, second]).wrong
    assert found["items that came before an earlier one of their case"] == f"{ID['requested']} of {CASE}"


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("lead", "probation"),
        ("agencies", []),
        ("workers", [{"worker": ITEM}]),
        ("referrals", [{**STATE["referrals"][0], "status": "requested"}]),  # type: ignore[index,dict-item]
        ("concerns", [{"concern": ITEM, "status": "attached", "called_at": None, "notices": []}]),
        ("screenings", [{"screening": ITEM, "corrected": None, "band": "no-concern"}]),
        ("acts", [{"record": ITEM, "corrected": None, "act": "cross-reported"}]),
    ],
)
def test_a_state_that_the_export_does_not_bear_out_is_named_with_its_part(part: str, said: Any) -> None:
    found = Seen(state=lambda *_: {**STATE, part: said}).wrong
    assert list(found) == ["states as of a moment that the export does not bear out"]
    assert found["states as of a moment that the export does not bear out"].endswith(f"{part} differs")


def test_a_state_that_is_not_told_is_named() -> None:
    assert (
        "no answer"
        in Seen(state=lambda *_: None).wrong["states as of a moment that the export does not bear out"]
    )


def test_a_sampled_case_that_is_in_no_topic_is_named() -> None:
    sample = Sample({CASE: frozenset({CASE})}, lambda *_: STATE, End())
    (line,) = sample.lines()
    assert line.wrong == (f"{CASE}: nothing of it is in the topics",)


def test_the_fold_as_of_an_earlier_moment_is_of_that_moment() -> None:
    values = [(r.topic, r.sequence or 0, r.value or b"") for r in the_records()]
    before = as_of(CASE, values, datetime.fromisoformat("2026-01-05T10:00:02+00:00"), "recorded")
    assert before["referrals"] == {REFERRAL: ["requested", "advocacy"]}


@pytest.mark.parametrize(
    "form",
    [
        lambda word: word.encode(),
        lambda word: word.upper().encode(),
        lambda word: word.encode("utf-16-le"),
        lambda word: word.encode().hex().encode(),
        lambda word: "".join(f"%{b:02X}" for b in word.encode()).encode(),
        lambda word: "".join(f"\\u{ord(c):04x}" for c in word).encode(),
        *(lambda word, n=n: base64.b64encode(b"#" * n + word.encode() + b"??") for n in range(3)),
        lambda word: base64.urlsafe_b64encode(b"name: " + word.lower().encode()),
    ],
)
@pytest.mark.parametrize("part", ["key", "value", "headers"])
def test_an_invented_name_in_any_form_and_part_of_a_record_is_named(
    form: Callable[[str], bytes], part: str
) -> None:
    planted, blob = Planted(), form(f"Invented {MARKER}-17")
    one = Record("t", 3, 7, 0, b"k", (), b"v")
    planted.see(replace(one, **{part: (("name", blob),) if part == "headers" else blob}), {})
    assert next(planted.lines()).wrong == ("t/3 at 7",)


def test_a_submission_without_its_receipt_and_one_with_two_are_named() -> None:
    one, two = uuid4(), uuid4()
    line = checks.receipts_line({one.bytes: 1, two.bytes: 1}, {two.bytes: 2})
    assert line.wrong == (f"{one}: 1 records, 0 receipts", f"{two}: 1 records, 2 receipts")


def test_a_problem_and_a_finding_of_the_ledger_are_named_but_for_a_repeat() -> None:
    finding = {"id": 4, "kind": "hole", "topic": "t", "partition": 0}
    line = verification_line(9, ["t/0 at 3: altered"], [finding, {**finding, "kind": "repeat"}])
    assert line.wrong == ("t/0 at 3: altered", "finding 4: hole in t/0")


def test_an_answer_that_nobody_planned_is_named() -> None:
    tally = Tally()
    tally.surprise("youth 3, step-4: 500")
    assert surprises_line(tally).wrong == ("youth 3, step-4: 500",)


def test_what_is_wrong_is_counted_even_where_it_is_not_named() -> None:
    line = Line.saying("things", "I1", 99, map(str, range(SHOWN + 5)))
    assert (line.count, len(line.wrong)) == (SHOWN + 5, SHOWN)
    assert str(line).endswith("… and 5 more")


def agreeing(case: str) -> dict[str, Any]:
    return {"duties": [{"duty": f"call:{case}", "verdict": "agrees", "differences": []}]}


def test_duties_on_which_audit_and_notifications_agree_are_counted() -> None:
    line = duties_line([CASE, REFERRAL], agreeing)
    assert (line.of, line.count) == (2, 0)


@pytest.mark.parametrize("verdict", ["differs", "explained"])
def test_a_duty_that_notifications_recorded_otherwise_is_named(verdict: str) -> None:
    duty = {"duty": "call:1", "verdict": verdict, "differences": [{"sentence": "Another due time."}]}
    line = duties_line([CASE], lambda _: {"duties": [duty]}, seconds=0)
    assert line.wrong == (f"{CASE}: call:1: Another due time.",)


def test_notifications_may_take_a_moment_to_record_a_duty() -> None:
    answers = iter(
        [{"duties": [{"duty": "call:1", "verdict": "explained", "differences": []}]}, agreeing(CASE)]
    )
    line = duties_line([CASE], lambda _: next(answers))
    assert (line.of, line.count) == (1, 0)


def test_a_case_of_which_audit_tells_no_duties_is_named() -> None:
    assert duties_line([CASE], lambda _: None, seconds=0).wrong == (f"{CASE}: no answer",)
