"""What audit keeps of a case between questions never shows, on a real PostgreSQL."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import pytest
from fastapi.testclient import TestClient as FastApiClient

from services.audit.api import make_app
from services.audit.merkle.asking import Proofs
from services.audit.merkle.signing import read_key_file
from services.audit.questions import Questions
from services.audit.reading import Reader
from services.audit.told import Cases
from shared.errors import TryLater
from shared.settings import Settings
from shared.web.fakes import FakeVerifier
from tests.integration.test_audit_api import PEOPLE, Api, api
from tests.unit.audit.county import county
from tests.unit.audit.made import Case, Log, Made

__all__ = ["api"]
pytestmark = pytest.mark.platform
VERIFIER = FakeVerifier(PEOPLE)
WHAT = ("history", "state", "fields")


class TestCasesAreKeptBetweenQuestions:
    """What is kept of a case never shows: each answer is that of a service that was only just started."""

    def same(self, api: Api, case: Case, **params: Any) -> None:
        path = f"/v1/cases/{case.case}"
        questions, proofs = (
            Questions(api.store, lambda: None),
            Proofs(api.store, partial(read_key_file, None)),
        )
        fresh = FastApiClient(make_app(questions, VERIFIER, Settings(), list, b"0" * 32, proofs))
        headers = {"Authorization": "Bearer auditor", "Accord-Purpose": "audit"}
        for what in ("state", "fields"):
            kept = api.get(f"{path}/{what}", **params)
            anew = fresh.get(f"{path}/{what}", headers=headers, params=params)
            assert kept.status_code == anew.status_code == 200
            assert kept.json() == anew.json()

    def test_while_records_come_in_of_every_topic_in_any_batches(self, api: Api) -> None:
        made = county(21, acts=50)
        chance, rest = random.Random(3), list(made.log.made)
        while rest:
            size = chance.randrange(1, 12)
            api.keep(rest[:size])
            rest = rest[size:]
            for case in made.cases:
                if api.get(f"/v1/cases/{case.case}/history").status_code == 200:
                    self.same(api, case)

    def test_when_topics_come_in_one_after_the_other(self, api: Api) -> None:
        made = county(22, acts=50)
        for topic in sorted({m.topic for m in made.log.made}, reverse=True):
            api.keep([m for m in made.log.made if m.topic == topic])
            for case in made.cases:
                if api.get(f"/v1/cases/{case.case}/history").status_code == 200:
                    self.same(api, case)
                    self.same(api, case, axis="happened")

    def test_when_the_ledger_was_emptied_and_made_anew_with_other_records(self, api: Api) -> None:
        one = Case(Log(seed=5)).open()
        one.accept(one.refer())
        api.keep(one.log.made)
        self.same(api, one)
        other = Case(Log(seed=5)).open()  # the same ids, and then something else
        other.reject(other.refer(), by="advocacy")
        with api.store.transaction() as c:
            c.execute("TRUNCATE ledger, positions, generations, holes, findings")
        api.keep(other.log.made)
        self.same(api, one)
        state = api.get(f"/v1/cases/{one.case}/state").json()["state"]
        assert state["referrals"][0]["status"] == "rejected"
        with api.store.transaction() as c:
            c.execute("TRUNCATE ledger, positions, generations, holes, findings")
        assert api.get(f"/v1/cases/{one.case}/state").status_code == 404

    def test_when_reading_fails_half_way(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        case = Case(Log()).open()
        api.keep(case.log.made[:6])
        self.same(api, case)
        case.accept(case.refer())
        api.keep(case.log.made[6:])
        whole = Reader.all_of

        def failing(*_: Any) -> Any:
            raise TryLater("the database went away")

        monkeypatch.setattr(Reader, "all_of", failing)
        assert api.get(f"/v1/cases/{case.case}/state").status_code == 503
        monkeypatch.setattr(Reader, "all_of", whole)
        self.same(api, case)

    def test_no_more_are_kept_than_there_is_room_for(self, api: Api) -> None:
        cases = Cases(most=20)
        made = [Case(Log(seed=s)).open() for s in range(30, 34)]
        for case in made:
            case.refer()
        for case in made:
            api.keep(renumbered(api, case.log.made))
        questions = Questions(api.store, lambda: None, cases=cases)
        with questions.snapshot() as reader:
            for case in (*made, *made):
                assert len(cases.told(reader, case.case).line.entries) == len(case.log.made)
        assert 0 < len(cases._kept) < len(made)


def renumbered(api: Api, made: list[Made]) -> list[Made]:
    """The records behind those that the ledger has."""
    with api.store.transaction() as c:
        rows = c.execute("SELECT topic, partition, sequence FROM positions").fetchall()
    last = {(r["topic"], r["partition"]): r["sequence"] for r in rows}
    found = []
    for m in made:
        place = (m.topic, m.partition)
        last[place] = last.get(place, -1) + 1
        found.append(Made(m.topic, m.partition, last[place], m.key, m.value))
    return found
