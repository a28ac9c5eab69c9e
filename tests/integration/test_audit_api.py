"""Audit's API on a real PostgreSQL: who may ask, what comes back, what is refused."""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
import yaml
from fastapi.testclient import TestClient

from services.audit.api import make_app
from services.audit.ledger import Ledger
from services.audit.merkle.asking import Proofs
from services.audit.merkle.signing import read_key_file
from services.audit.questions import Questions
from services.audit.records import kept
from services.audit.session import Session
from shared.errors import TryLater
from shared.events import read
from shared.events.names import MOU_TOPIC, Agency, Role
from shared.events.types.mou import MouAdopted
from shared.events.types.record import RecordDenied, RecordRead
from shared.mou import adoptable
from shared.settings import Settings
from shared.store.migrate import migrate
from shared.store.store import Store
from shared.web.callers import Caller
from shared.web.fakes import FakeVerifier
from tests.unit.audit.independent import as_of, picture_of
from tests.unit.audit.made import MONDAY, NOTIFICATIONS, REFERRALS, Case, Log, Made
from tests.unit.audit.test_audit_replay import mixed

pytestmark = pytest.mark.platform
AUDITOR = Caller(str(uuid4()), Agency.COUNTY, frozenset({Role.AUDITOR}))
PEOPLE = {
    "auditor": AUDITOR,
    "court": Caller(str(uuid4()), Agency.JUVENILE_COURT, frozenset({Role.AUDITOR})),
    "operator": Caller(str(uuid4()), Agency.COUNTY, frozenset({Role.OPERATOR})),
    "worker": Caller(str(uuid4()), Agency.HUMAN_SERVICES, frozenset({Role.SOCIAL_WORKER})),
}


@dataclass
class Api:
    """The API over a ledger that tests write into."""

    store: Store
    session: Session
    client: TestClient
    shut: list[str]

    def keep(self, made: list[Made]) -> None:
        ledger = Ledger(self.session)
        records: Any = [
            SimpleNamespace(
                topic=m.topic,
                partition=m.partition,
                offset=m.sequence,
                timestamp=1,
                key=m.key,
                value=m.value,
                headers=m.headers,
            )
            for m in made
        ]
        stands = ledger.stands({(m.topic, m.partition) for m in made})
        ledger.write(list(map(kept, records)), stands)

    def get(self, path: str, person: str = "auditor", purpose: str = "audit", **params: Any) -> Any:
        headers = {"Authorization": f"Bearer {person}", "Accord-Purpose": purpose}
        return self.client.get(path, headers=headers, params=params)

    def complete(self, until: datetime) -> None:
        Ledger(self.session).completed(dict.fromkeys(("referrals", "notifications", "audit"), until))

    def appended(self) -> list[Any]:
        with self.store.transaction() as c:
            rows = c.execute("SELECT state FROM stored_events ORDER BY notification_id").fetchall()
        return [read(bytes(r["state"])) for r in rows]


@pytest.fixture
def api(fresh_database: Callable[[str], str]) -> Iterator[Api]:
    url = fresh_database("accord_audit")
    migrate(url, Path("services/audit/migrations"))
    store, session, shut = Store(url, 4), Session(url), []

    def require() -> None:
        if shut:
            raise TryLater(shut[0])

    questions = Questions(store, require)
    proofs = Proofs(store, partial(read_key_file, None))
    app = make_app(questions, FakeVerifier(PEOPLE), Settings(), lambda: [], secrets.token_bytes(32), proofs)
    with TestClient(app) as client:
        yield Api(store, session, client, shut)
    session.close()
    store.close()


def iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def test_the_auditor_gets_the_history_in_order_and_in_words(api: Api) -> None:
    case = Case(Log()).open()
    case.accept(case.refer())
    api.keep(case.log.made)
    body = api.get(f"/v1/cases/{case.case}/history").json()
    assert [e["type"].removeprefix("accord.") for e in body["entries"]] == [
        "concern.reported.v1",
        "notification.delivered.v1",
        "concern.attached.v1",
        "case.opened.v1",
        "concern.linked.v1",
        "referral.requested.v1",
        "notification.delivered.v1",
        "referral.accepted.v1",
    ]
    assert body["entries"][-1]["sentence"] == "Advocacy accepted the referral."
    assert body["entries"][5]["sealed"] == ["narrative"]
    assert "eyJ" not in json.dumps(body)
    assert (body["gaps"], body["events"], body["next"], body["mouversion"]) == ([], 8, None, None)
    assert {p["topic"] for p in body["positions"]} == {m.topic for m in case.log.made}


def test_the_state_before_and_after_the_acceptance(api: Api) -> None:
    case = Case(Log()).open()
    referral = case.refer()
    before = case.log.now
    accepted = case.accept(referral)
    api.keep(case.log.made)
    path = f"/v1/cases/{case.case}/state"
    assert api.get(path, as_of=iso(before)).json()["state"]["referrals"][0]["status"] == "requested"
    after = api.get(path, as_of_event=accepted).json()
    assert after["state"]["referrals"][0]["status"] == "accepted"
    assert after["as_of_event"] == accepted
    assert datetime.fromisoformat(after["as_of"]) == case.log.now


@pytest.mark.parametrize("axis", ["recorded", "happened"])
def test_as_of_any_moment_equals_an_independent_fold_of_the_exported_events(api: Api, axis: str) -> None:
    chance = random.Random(4)
    cases = [mixed(seed) for seed in (101, 102, 103)]
    for case in cases:
        for number, made in enumerate(case.log.made):  # three logs into one: their sequences go on
            case.log.made[number] = made
    merged = merge([case.log.made for case in cases])
    api.keep(merged)
    values = [(m.topic, m.sequence, m.value) for m in merged]
    for _ in range(40):
        case = chance.choice(cases)
        moment = MONDAY + (case.log.now - MONDAY) * chance.uniform(-0.2, 1.2)
        body = api.get(f"/v1/cases/{case.case}/state", as_of=iso(moment), axis=axis).json()
        assert picture_of(body["state"]) == as_of(case.case, values, moment, axis)


def merge(logs: list[list[Made]]) -> list[Made]:
    """The records of several logs as one: each partition's sequences dense."""
    last: dict[tuple[str, int], int] = {}
    merged = []
    for made in (m for log in logs for m in log):
        place = (made.topic, made.partition)
        last[place] = last.get(place, -1) + 1
        merged.append(Made(made.topic, made.partition, last[place], made.key, made.value))
    return merged


def test_before_the_first_event_the_case_is_empty_and_says_so(api: Api) -> None:
    case = Case(Log()).open()
    api.keep(case.log.made)
    body = api.get(f"/v1/cases/{case.case}/state", as_of="1999-01-01T00:00:00-08:00").json()
    assert body["state"]["known"] is False
    assert body["statement"] == "Nothing of this case was recorded by then."


def test_later_than_now_is_answered_as_of_when_the_ledger_is_complete(api: Api) -> None:
    case = Case(Log()).open()
    referral = case.refer()
    until = case.log.now
    case.accept(referral)
    api.keep(case.log.made)
    api.complete(until)
    body = api.get(f"/v1/cases/{case.case}/state", as_of="2999-01-01T00:00:00Z").json()
    assert datetime.fromisoformat(body["as_of"]) == until
    assert body["complete"] is True
    assert body["state"]["referrals"][0]["status"] == "requested"
    now = api.get(f"/v1/cases/{case.case}/state").json()
    assert now["complete"] is False
    assert now["state"]["referrals"][0]["status"] == "accepted"


def test_a_hole_is_told_in_words(api: Api) -> None:
    case = Case(Log()).open()
    case.refer()
    left_out = case.events["linked"].encode()
    api.keep([m for m in case.log.made if left_out not in m.value])
    body = api.get(f"/v1/cases/{case.case}/history").json()
    assert body["gaps"] == [f"Stream {case.stream} lacks version 2: an event of it is not in the ledger."]
    assert "see gaps" in body["statement"]


def test_a_long_history_comes_in_pages_told_for_the_same_moment(api: Api) -> None:
    case = Case(Log()).open()
    for _ in range(110):
        case.refer()
    made = case.log.made
    api.keep(made)
    path = f"/v1/cases/{case.case}/history"
    first = api.get(path, axis="happened").json()
    assert len(first["entries"]) == 200
    late = len(made)
    case.accept(case.referrals[0], ago=timedelta(seconds=-5))
    api.keep(made[late:])
    second = api.get(path, axis="happened", cursor=first["next"]).json()
    ids = [e["event"] for e in first["entries"] + second["entries"]]
    assert len(ids) == len(set(ids)) == late
    assert second["next"] is None
    stolen = api.get(path, person="court", axis="happened", cursor=first["next"])
    assert stolen.status_code in (404, 422)
    assert api.get(path, cursor=first["next"]).json()["type"] == "/problems/cursor-invalid"


@pytest.mark.parametrize("known_to", [None, "human-services"])
def test_what_comes_late_from_another_topic_neither_repeats_nor_hides_what_the_next_page_tells(
    api: Api, known_to: str | None
) -> None:
    case = Case(Log()).open()
    for _ in range(210):
        case.refer()
    api.keep([m for m in case.log.made if m.topic == REFERRALS])
    path, whose = f"/v1/cases/{case.case}/history", {"known_to": known_to} if known_to else {}
    first = api.get(path, **whose).json()
    api.keep([m for m in case.log.made if m.topic == NOTIFICATIONS])
    second = api.get(path, cursor=first["next"], **whose).json()
    told = [e["event"] for e in first["entries"] + second["entries"]]
    assert len(first["entries"]) == 200
    assert len(told) == len(set(told))
    stated = {
        e.event.envelope.id
        for e in case.log.entries()
        if e.event.envelope.source == "/agencies/human-services"
    }
    assert stated <= set(told)


def test_a_clock_that_was_set_back_makes_nothing_unrecorded(api: Api) -> None:
    case = Case(Log()).open()
    api.keep(case.log.made)
    api.complete(case.log.now + timedelta(seconds=1))
    api.store.now = lambda: MONDAY - timedelta(hours=1)
    path, opened = f"/v1/cases/{case.case}/history", case.log.entries()[4]
    whole = api.get(path, as_of=iso(opened.recorded)).json()
    assert whole["as_of"] == iso(opened.recorded).replace("Z", ".000000Z")
    assert whole["events"] == 5
    known = api.get(path, known_to="human-services").json()
    assert known["entries"][-1]["event"] == case.log.entries()[-1].event.envelope.id
    later = api.get(path, as_of=iso(case.log.now + timedelta(days=1))).json()
    assert (later["events"], later["complete"]) == (len(case.log.made), True)


def test_by_what_happened_an_event_as_the_point_says_its_own_moment_though_a_later_correction_counts(
    api: Api,
) -> None:
    case = Case(Log()).open()
    referral = case.refer()
    accepted = case.accept(referral)
    case.log.now += timedelta(hours=2)
    case.undo(referral, accepted)
    api.keep(case.log.made)
    happened = next(e.happened for e in case.log.entries() if e.event.envelope.id == accepted)
    body = api.get(f"/v1/cases/{case.case}/state", axis="happened", as_of_event=accepted).json()
    assert body["as_of"] == iso(happened).replace("Z", ".000000Z")
    assert body["state"]["referrals"][0]["status"] == "requested"


@pytest.mark.parametrize(
    "params",
    [
        {"as_of": "2026-03-03T14:15:00"},
        {"as_of": "CANARY"},
        {"as_of": "1772000000"},
        {"as_of": "2026-03-03"},
        {"as_of_event": "CANARY"},
        {"axis": "CANARY"},
        {"cursor": "CANARY"},
        {"as_of": "2026-03-03T14:15:00Z", "as_of_event": str(uuid4())},
        {"as_of_event": str(uuid4())},
    ],
)
def test_a_parameter_that_is_not_as_it_must_be_is_named_and_not_repeated(
    api: Api, params: dict[str, str]
) -> None:
    case = Case(Log()).open()
    api.keep(case.log.made)
    answer = api.get(f"/v1/cases/{case.case}/history", **params)
    assert answer.status_code == 422
    assert "CANARY" not in answer.text
    assert answer.json()["errors"][0]["parameter"] in params


def test_extreme_moments_are_answered(api: Api) -> None:
    case = Case(Log()).open()
    api.keep(case.log.made)
    for moment in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1900-01-01T00:00:00Z"):
        assert api.get(f"/v1/cases/{case.case}/state", as_of=moment).status_code == 200


class TestWhoMayAsk:
    def test_anybody_else_is_answered_as_if_there_were_no_such_case(self, api: Api) -> None:
        case = Case(Log()).open()
        api.keep(case.log.made)
        unknown = api.get(f"/v1/cases/{uuid4()}/history")
        assert unknown.status_code == 404
        for person, purpose in (
            ("worker", "audit"),
            ("auditor", "coordinate"),
            ("court", "audit"),
            ("operator", "audit"),
        ):
            for what in ("history", "state"):
                answer = api.get(f"/v1/cases/{case.case}/{what}", person, purpose)
                assert (answer.status_code, answer.text) == (404, unknown.text)
        assert api.get("/v1/cases/CANARY/history").status_code == 404

    def test_a_concern_is_no_case(self, api: Api) -> None:
        case = Case(Log()).open()
        api.keep(case.log.made)
        assert api.get(f"/v1/cases/{case.concern}/history").status_code == 404

    def test_once_an_mou_is_in_the_ledger_it_decides(self, api: Api) -> None:
        case = Case(Log()).open()
        text = Path("deploy/local/alder-county.yaml").read_text()
        adopted = MouAdopted(
            mou=str(uuid4()),
            version=str(yaml.safe_load(text)["version"]),
            effective=MONDAY - timedelta(days=1),
            signed_by=("human-services",),
            document=adoptable(text),
        )
        log = Log(9)
        mou = log.id()
        log.add(adopted, mou, mou, topic=MOU_TOPIC)
        api.keep([*case.log.made, *log.made])
        body = api.get(f"/v1/cases/{case.case}/state", "court").json()
        assert body["state"]["known"]
        assert body["mouversion"] == adopted.version
        early = api.get(f"/v1/cases/{case.case}/state", "court", as_of=iso(MONDAY)).json()
        assert early["mouversion"] is None
        assert api.get(f"/v1/cases/{case.case}/state", "worker").status_code == 404

    def test_each_read_and_each_denial_is_an_event_once_a_quarter_of_an_hour(self, api: Api) -> None:
        case = Case(Log()).open()
        api.keep(case.log.made)
        for _ in range(3):
            api.get(f"/v1/cases/{case.case}/history")
            api.get(f"/v1/cases/{case.case}/state")
            api.get(f"/v1/cases/{case.case}/state", "worker", "coordinate")
        events = api.appended()
        assert [type(e.data) for e in events] == [RecordRead, RecordDenied]
        assert {e.envelope.subject for e in events} == {case.case}
        assert len({e.envelope.stream for e in events}) == 1
        assert [(e.envelope.actor, e.envelope.purpose) for e in events] == [
            (PEOPLE["auditor"].person, "audit"),
            (PEOPLE["worker"].person, "coordinate"),
        ]

    def test_nothing_is_answered_that_cannot_be_recorded(self, api: Api) -> None:
        case = Case(Log()).open()
        api.keep(case.log.made)
        api.shut.append("the store and Kafka are being compared")
        answer = api.get(f"/v1/cases/{case.case}/history")
        assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
        assert api.appended() == []


class TestTheLedgerItself:
    def test_positions_and_findings_are_for_the_countys_auditor_and_operator(self, api: Api) -> None:
        case = Case(Log()).open()
        made = case.log.made
        api.keep([*made[:1], *made[2:]])
        for person in ("auditor", "operator"):
            positions = api.get("/v1/ledger/positions", person, "support").json()
            assert positions["complete_until"] is None
            assert sum(p["offset"] >= 0 for p in positions["positions"]) == len(positions["positions"])
        for path in ("/v1/ledger/positions", "/v1/findings"):
            assert api.get(path, "worker").status_code == 404
            assert api.get(path, "court").status_code == 404

    def test_findings_come_oldest_first_and_can_be_followed(self, api: Api) -> None:
        log = Log()
        case = Case(log).open()
        made = [m for m in log.made if m.key == case.case.encode()]
        api.keep([made[0]])
        foreign: Any = SimpleNamespace(
            topic=made[0].topic,
            partition=made[0].partition,
            offset=90,
            timestamp=1,
            key=b"k",
            value=b"v",
            headers=[],
        )
        ledger, place = Ledger(api.session), (made[0].topic, made[0].partition)
        ledger.write([kept(foreign)], ledger.stands([place]))
        body = api.get("/v1/findings", limit=1).json()
        assert [f["kind"] for f in body["findings"]] == ["foreign"]
        rest = api.get("/v1/findings", after=body["next"]).json()
        assert [f["kind"] for f in rest["findings"]] == ["unreadable"]
        assert rest["next"] is None


def test_the_mou_in_force_is_that_of_the_moment(api: Api) -> None:
    assert api.get("/v1/ledger/positions").json() == {"complete_until": None, "positions": []}
    until = datetime(2026, 3, 2, tzinfo=UTC)
    api.complete(until)
    api.complete(until - timedelta(days=1))
    assert datetime.fromisoformat(api.get("/v1/ledger/positions").json()["complete_until"]) == until
