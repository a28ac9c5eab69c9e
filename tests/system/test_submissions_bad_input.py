"""Bad submissions over Kafka: each gets its documented answer, nothing is repeated, and nobody else waits."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from deploy.local.system import System
from shared.events.names import MOU_TOPIC, Service, deadletters_topic, events_topic, submissions_topic
from tests.canary import as_code
from tests.faults.found import read_topics
from tests.system.doors import Doors, event

pytestmark = [pytest.mark.platform, pytest.mark.timeout(300)]

#: Stands in every bad record, and in no answer.
SECRET = "Xochitl Underhill-4471"
SECRET_CODE = as_code(SECRET)
MIB = 1024 * 1024
#: Dead letters without one good record that hold an agency's topic, and for how many seconds.
TOO_MANY, HELD = 20, 60.0
#: Seconds within which another agency's submission has its receipt meanwhile.
PROMPT = 15.0


@pytest.fixture(scope="module")
def open_doors(system: System) -> Iterator[Doors]:
    made = Doors(system)
    yield made
    made.close()


@dataclass
class Held:
    """The agency that is held up for the time of this module, and its one good record behind the bad ones."""

    since: float
    good: str
    offsets: list[int] = field(default_factory=list)


@pytest.fixture(scope="module", autouse=True)
def held(open_doors: Doors) -> Held:
    """Twenty unreadable records of the shelter, and a good one behind them."""
    offsets = [open_doors.kafka("shelter", SECRET.encode()) for _ in range(TOO_MANY)]
    good = open_doors.submit("shelter", "report-concern", {"age_years": 14})
    for offset in offsets:
        open_doors.receipt_at("shelter", offset)
    return Held(time.monotonic(), good, offsets)


@pytest.fixture(scope="module")
def referral(open_doors: Doors) -> dict[str, str]:
    """A referral to the advocacy agency that waits for its answer."""
    doors = open_doors
    concern = doors.http("referrals", "POST", "/v1/concerns", "deputy@sheriff", json={"age_years": 15}).json()
    place = f"/v1/concerns/{concern['concern']}"
    tag = {"If-Match": doors.etag("screener@human-services", place)}
    case = doors.http(
        "referrals", "POST", f"{place}/open-case", "screener@human-services", json={"matter": "dependency"},
        headers=tag,
    ).json()["case"]  # fmt: skip
    return {"case": case, "referral": refer(doors, case)}


def refer(doors: Doors, case: str) -> str:
    asked = {"recipient": "advocacy", "matter": "dependency", "kind": "advocacy", "urgency": "day"}
    answer = doors.http(
        "referrals", "POST", f"/v1/cases/{case}/referrals", "worker@human-services",
        json=asked | {"youth_choice": "agrees"},
    )  # fmt: skip
    assert answer.status == 201, answer.body
    return str(answer.json()["referral"])


def says_nothing(receipt: dict[str, Any]) -> None:
    assert not [one for one in (SECRET, SECRET_CODE) if one in json.dumps(receipt)]


class TestTwentyDeadLettersInARow:
    def test_hold_the_topic_of_that_agency_and_say_so(self, open_doors, held):
        said = [
            line for line in open_doors.system.log("referrals-intake") if line["event"] == "agency_held_up"
        ]
        assert [line["topic"] for line in said][-1:] == [submissions_topic("shelter")]
        assert [r for r in open_doors.receipts("shelter") if r["submission"] == held.good] == []

    def test_are_said_to_the_operator_by_status_and_doctor_until_a_good_one_comes(self, open_doors, held):
        said = f"{submissions_topic('shelter')}/0 has rested for"
        until = time.monotonic() + 5.0
        while said not in (status := open_doors.system.accord("status")).stdout:
            assert time.monotonic() < until, status.stdout
        doctor = open_doors.system.accord("doctor")
        assert (status.returncode, doctor.returncode) == (6, 6)
        assert said in doctor.stdout
        assert "20 records in a row could not be read" in status.stdout
        assert "Not everything is well" in status.stderr

    @pytest.mark.parametrize("agency", ["probation", "advocacy", "medical-hub"])
    def test_hold_no_other_agency_up(self, open_doors, held, agency):
        began = time.monotonic()
        receipt = open_doors.receipt(agency, open_doors.submit(agency, "report-concern", {"age_years": 15}))
        assert receipt["outcome"] == "accepted-with-flags"
        assert time.monotonic() - began < PROMPT


EVENTS = events_topic(Service.REFERRALS)


def recorded_of(doors: Doors, submission: str) -> list[dict[str, Any]]:
    """The events on referrals' topic that came of a submission, as soon as there are any. Fails after 20 s."""
    until = time.monotonic() + 20.0
    while True:
        read = [json.loads(r.value or b"") for r in read_topics(doors.system.infra, [EVENTS])]
        if found := [e for e in read if e["commandid"] == submission]:
            return found
        assert time.monotonic() < until, f"no event of {submission} on {EVENTS}"
        time.sleep(0.2)


#: What is in the record's value -> the reason of its dead letter.
UNREADABLE = {
    "malformed JSON": (f'{{"specversion": "1.0", "name": "{SECRET}"'.encode(), "not-json"),
    "bytes that are not UTF-8": (b'{"name": "\xff\xfe' + SECRET.encode() + b'"}', "not-utf-8"),
    "no bytes": (b"", "empty"),
    "no object": (json.dumps([SECRET]).encode(), "not-an-object"),
    "a mebibyte": (
        event("medical-hub", "report-concern", str(uuid4()), {"signs": [SECRET * (MIB // len(SECRET))]}),
        "too-large",
    ),
    "an unknown type": (
        event("medical-hub", "report-concern", str(uuid4()), {}, {"type": f"accord.submission.{SECRET}.v1"}),
        "unknown-type",
    ),
    "no type": (event("medical-hub", "report-concern", str(uuid4()), {}, {"type": None}), "unknown-type"),
    "a command that is no system's business": (
        event("medical-hub", "adopt-mou", str(uuid4()), {"document": {"x": SECRET}}),
        "unknown-type",
    ),
    "a future version of a command": (
        event(
            "medical-hub",
            "accept-referral",
            str(uuid4()),
            {"x": SECRET},
            {"type": "accord.submission.accept-referral.v2"},
        ),
        "unknown-version",
    ),
    "nothing that can be used": (event("medical-hub", "report-concern", str(uuid4()), {}), "no-usable-fact"),
}


class TestWhatCannotBeReadIsADeadLetterWithPlaceAndReason:
    @pytest.mark.parametrize("what", UNREADABLE)
    def test_it_gets_one_receipt_and_one_dead_letter(self, open_doors, what):
        value, reason = UNREADABLE[what]
        if reason == "no-usable-fact":
            value = json.dumps({k: v for k, v in json.loads(value).items() if k != "time"}).encode()
        key = str(uuid4())
        offset = open_doors.kafka("medical-hub", value, key.encode())
        receipt = open_doors.receipt("medical-hub", key)
        place = {"topic": submissions_topic("medical-hub"), "partition": 0, "offset": offset}
        assert receipt["outcome"] == "unreadable"
        assert {name: receipt[name] for name in (*place, "reason")} == {**place, "reason": reason}
        assert "telephone the hotline" in receipt["notice"]
        says_nothing(receipt)
        for topic in (deadletters_topic(Service.REFERRALS), events_topic(Service.REFERRALS)):
            found = wait_for_letter(open_doors, topic, place)
            assert (found["reason"], found["size"]) == (reason, len(value))

    def test_a_key_that_is_no_uuid_costs_the_letter_its_name_but_not_its_receipt(self, open_doors):
        offset = open_doors.kafka("medical-hub", b"{", SECRET.encode(), [("note", SECRET.encode())])
        receipt = open_doors.receipt_at("medical-hub", offset)
        assert receipt["reason"] == "not-json"
        says_nothing(receipt)

    def test_its_bytes_are_shown_to_the_coordinator_and_to_no_one_else(self, open_doors):
        doors = open_doors
        value = f'{{"name": "{SECRET}"'.encode()
        offset = doors.kafka("medical-hub", value, b"no uuid")
        doors.receipt_at("medical-hub", offset)
        place = {"topic": submissions_topic("medical-hub"), "partition": 0, "offset": offset}
        letter = wait_for_letter(doors, deadletters_topic(Service.REFERRALS), place)["deadletter"]
        shown = doors.http("referrals", "GET", f"/v1/deadletters/{letter}", "coordinator@human-services")
        assert shown.status == 200
        for who in ("deputy@sheriff", "intake@medical-hub", "operator@county"):
            refused = doors.http("referrals", "GET", f"/v1/deadletters/{letter}", who)
            assert refused.status in (403, 404), who
            assert SECRET.encode() not in refused.body


def wait_for_letter(doors: Doors, topic: str, place: dict[str, Any]) -> dict[str, Any]:
    """The data of the one event on this topic that names the place. Fails after 20 s."""
    until = time.monotonic() + 20.0
    while True:
        read = [json.loads(r.value or b"")["data"] for r in read_topics(doors.system.infra, [topic])]
        found = [data for data in read if {k: data.get(k) for k in place} == place]
        if len(found) == 1:
            return dict(found[0])
        assert not found, f"{len(found)} letters for {place}"
        assert time.monotonic() < until, f"no letter for {place} on {topic}"
        time.sleep(0.2)


class TestAConcernIsNeverRefusedForItsForm:
    @pytest.mark.parametrize(
        ("changed", "flag"),
        [
            ({"specversion": "0.3"}, "envelope.specversion"),
            ({"specversion": None}, "envelope.specversion"),
            ({"source": "/agencies/nowhere"}, "envelope.source"),
            ({"source": None}, "envelope.source"),
            ({"id": SECRET}, "envelope.id"),
            ({"purpose": SECRET}, "envelope.purpose"),
            ({"type": "accord.submission.report-concern.v7"}, "envelope.type"),
            ({"data": {"age_years": SECRET, "immediate_danger": "yes"}}, "unreadable.age_years"),
            ({"data": {SECRET: SECRET, "age_years": 13}}, "unknown-field"),
            ({"data": {"age_years": 13, "sealed": {"identity": SECRET}}}, "unopenable.identity"),
            ({"data": {"age_years": 13, "sealed": {SECRET: SECRET}}}, "unknown-class"),
        ],
    )  # fmt: skip
    def test_it_is_accepted_and_the_gap_is_flagged(self, open_doors, changed, flag):
        number = open_doors.submit("sheriff", "report-concern", {"age_years": 13}, changed=changed)
        receipt = open_doors.receipt("sheriff", number)
        assert receipt["outcome"] == "accepted-with-flags"
        assert flag in receipt["flags"]
        assert len(receipt["events"]) == 1
        says_nothing(receipt)

    def test_a_key_that_is_no_uuid_is_flagged_and_the_events_own_id_counts(self, open_doors):
        number = str(uuid4())
        open_doors.kafka("sheriff", event("sheriff", "report-concern", number, {"age_years": 13}), b"k")
        assert "envelope.id" in open_doors.receipt("sheriff", number)["flags"]

    def test_a_sealed_part_of_another_submission_is_flagged_and_the_rest_is_kept(self, open_doors):
        sealed = open_doors.sealed(str(uuid4()), {"identity": {"name": SECRET}})
        facts = {"age_years": 13, "sealed": sealed}
        receipt = open_doors.receipt("sheriff", open_doors.submit("sheriff", "report-concern", facts))
        assert "unopenable.identity" in receipt["flags"]
        assert "missing.identity" in receipt["flags"]

    def test_the_same_submission_again_gets_the_same_answer_and_nothing_more_happens(self, open_doors):
        number = str(uuid4())
        value = event("sheriff", "report-concern", number, {"age_years": 13})
        for _ in range(3):
            open_doors.kafka("sheriff", value, number.encode())
        open_doors.receipt("sheriff", number, count=3)
        receipts = [r for r in open_doors.receipts("sheriff") if r["submission"] == number]
        assert len({tuple(r["events"]) for r in receipts}) == 1
        assert receipts[0]["events"]
        assert [e["id"] for e in recorded_of(open_doors, number)] == list(receipts[0]["events"])


class TestWhatTheMouOrTheContractForbidsIsRefusedWithClauseFieldAndRemedy:
    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"specversion": None}, "/specversion"),
            ({"source": "/agencies/nowhere"}, "/source"),
            ({"source": "/agencies/sheriff"}, "/source"),
            ({"id": SECRET}, "/id"),
            ({"data": SECRET}, "/data"),
            ({"data": {"worker": SECRET}}, "/worker"),
            ({"data": {SECRET: 1}}, ""),  # the whole body
        ],
    )
    def test_a_wrong_attribute_or_field(self, open_doors, referral, changed, field):
        about = {"subject": referral["referral"]}
        number = open_doors.submit("advocacy", "accept-referral", {}, changed=about | changed)
        self.refused(open_doors.receipt("advocacy", number), "invalid-field", field)

    def test_an_unknown_agency_as_recipient(self, open_doors, referral):
        asked = {"recipient": "nowhere", "matter": "dependency", "kind": "advocacy", "urgency": "day"}
        number = open_doors.submit(
            "human-services", "request-referral", asked | {"youth_choice": "agrees"},
            changed={"subject": referral["case"]},
        )  # fmt: skip
        self.refused(open_doors.receipt("human-services", number), "invalid-field", "/recipient")

    def test_a_sealed_part_that_does_not_open(self, open_doors, referral):
        body = {
            "reason": "no-capacity",
            "sealed": open_doors.sealed(str(uuid4()), {"narrative": {"text": SECRET}}),
        }
        number = self.answer(open_doors, "reject-referral", referral["referral"], body)
        receipt = open_doors.receipt("advocacy", number)
        self.refused(receipt, "sealed-part-cannot-be-opened", "/sealed/narrative")

    def test_what_it_is_based_on_is_missing_or_stale(self, open_doors, referral):
        for tag, reason in ((None, "precondition-required"), ('"stale"', "stale")):
            changed = {"subject": referral["referral"], "basedon": tag}
            number = open_doors.submit("advocacy", "accept-referral", {}, changed=changed)
            self.refused(open_doors.receipt("advocacy", number), reason, "/basedon")

    def test_a_referral_that_is_not_its_own(self, open_doors, referral):
        changed = {"subject": referral["referral"], "basedon": '"x"'}
        number = open_doors.submit("probation", "accept-referral", {}, changed=changed)
        self.refused(open_doors.receipt("probation", number), "not-found", None)

    def test_the_same_id_with_another_body(self, open_doors, referral):
        number = open_doors.submit("sheriff", "report-concern", {"age_years": 13})
        open_doors.receipt("sheriff", number)
        open_doors.submit("sheriff", "report-concern", {"age_years": 14}, number=number)
        receipt = open_doors.receipt("sheriff", number, count=2)
        self.refused(receipt, "idempotency-key-reused", "/id")

    def test_an_illegal_transition(self, open_doors, referral):
        own = refer(open_doors, referral["case"])
        number = self.answer(open_doors, "accept-referral", own, {})
        assert open_doors.receipt("advocacy", number)["outcome"] == "accepted"
        number = self.answer(open_doors, "accept-referral", own, {})
        receipt = open_doors.receipt("advocacy", number)
        self.refused(receipt, "illegal-transition", None, "4.2")

    def test_a_code_that_is_not_on_the_list(self, open_doors, referral):
        asked = {"recipient": "advocacy", "matter": "dependency", "kind": SECRET_CODE, "urgency": "day"}
        number = open_doors.submit(
            "human-services", "request-referral", asked | {"youth_choice": "agrees"},
            changed={"subject": referral["case"]},
        )  # fmt: skip
        self.refused(open_doors.receipt("human-services", number), "unknown-code", "/kind", "4.1")

    def test_and_the_refusal_is_recorded(self, open_doors, referral):
        number = open_doors.submit(
            "advocacy", "accept-referral", {}, changed={"subject": referral["referral"]}
        )
        open_doors.receipt("advocacy", number)
        (refusal,) = recorded_of(open_doors, number)
        assert refusal["type"] == "accord.submission.refused.v1"
        assert refusal["data"]["submission"] == number

    @staticmethod
    def answer(doors: Doors, command: str, referral: str, body: dict[str, Any]) -> str:
        tag = doors.etag("system@advocacy", f"/v1/referrals/{referral}")
        return doors.submit("advocacy", command, body, changed={"subject": referral, "basedon": tag})

    @staticmethod
    def refused(receipt: dict[str, Any], reason: str, field: str | None, clause: str = "none") -> None:
        """`clause` is "none" where no clause forbids it: it is not in the form it must have, or not there."""
        assert (receipt["outcome"], receipt["reason"]) == ("refused", reason)
        assert receipt.get("field") == field
        assert receipt["clause"] == clause
        assert receipt["remedy"]
        assert not receipt["events"]
        says_nothing(receipt)


class TestAfterAllThat:
    def test_no_kept_topic_repeats_what_was_submitted(self, open_doors):
        topics = [EVENTS, MOU_TOPIC, *(deadletters_topic(service) for service in Service)]
        assert not [
            r.offset
            for r in read_topics(open_doors.system.infra, topics)
            if SECRET.encode() in (r.value or b"") or SECRET_CODE.encode() in (r.value or b"")
        ]

    def test_no_log_repeats_what_was_submitted(self, open_doors):
        for log in open_doors.system.places.logs.iterdir():
            assert SECRET.encode() not in log.read_bytes(), log.name

    def test_the_agency_that_was_held_goes_on_by_itself(self, open_doors, held):
        until = held.since + HELD + 30.0
        while not [r for r in open_doors.receipts("shelter") if r["submission"] == held.good]:
            assert time.monotonic() < until, "the shelter's good submission has no receipt"
            time.sleep(0.5)
        receipt = open_doors.receipt("shelter", held.good)
        assert receipt["outcome"] == "accepted-with-flags"

    def test_and_is_no_longer_said_to_rest(self, open_doors):
        until = time.monotonic() + 10.0
        while "has rested for" in (status := open_doors.system.accord("status", "--json")).stdout:
            assert time.monotonic() < until, status.stdout
            time.sleep(0.5)
