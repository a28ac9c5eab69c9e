"""As known to an agency, held against referrals itself: after each step of a story every agency is shown whatever
referrals shows it, unsealed; and audit says of each exactly that it could have known that much and no more.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from services.audit.bootstrap import MIGRATIONS
from services.audit.domain.entry import Axis, Cut
from services.audit.domain.knowledge import Knowledge
from services.audit.ledger import Ledger
from services.audit.questions import Questions
from services.audit.records import kept
from services.audit.session import Session
from services.audit.views import View
from shared.errors import Refusal
from shared.events.names import Agency, Purpose, Role, SealedClass
from shared.mou import CallerFacts
from shared.store.migrate import migrate
from shared.store.store import Store
from tests.integration.referrals_made import County, county
from tests.mou.alder import MOU

pytestmark = pytest.mark.platform
AUDITOR = CallerFacts("county", frozenset({str(Role.AUDITOR)}), "audit", False, str(uuid4()))
ROLES = {str(p.agency): frozenset({*map(str, p.roles), "system"}) for p in MOU.parties}
KEPT = (".events", ".access", ".deadletters")
#: What referrals calls a field -> what it is called in a replay; a moment is compared as far as both have one.
SAME = {
    "referral": {
        n: n
        for n in (
            *("sender", "recipient", "status", "urgency", "youth_choice", "reason", "worker", "outcome"),
            *("attempts", "flags", "follows", "forwarded_to", "outside", "to_worker"),
        )
    },
    "concern": {n: n for n in ("reported_by", "immediate_danger", "age_years", "case", "exploitation_kind")},
    "matter": {n: n for n in ("matter", "lead")},
    "screening": {n: n for n in ("agency", "tool", "tool_version", "band", "trigger", "flags")}
    | {"struck": "reason"},
    "act": {n: n for n in ("agency", "act", "to", "method", "flags", "concern")} | {"struck": "reason"},
}
SECTION = {kind: f"{kind}s" for kind in SAME}
#: Of a referral, what only those are shown who asked or lead.
CHAIN = {"follows", "forwarded_to"}


def planted(of: str) -> dict[str, dict[str, str]]:
    """A canary in every class."""
    return {str(c): {"said": f"canary-{c}-{of}"} for c in SealedClass}


def within(view: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """What is shown with a concern or a matter, to those who may see it."""
    shown = {("screening", one["screening"]): one for one in view.get("screenings", ())}
    return shown | {("act", one["record"]): one for one in view.get("acts", ())}


def said_in(kind: str, view: dict[str, Any]) -> dict[str, Any]:
    """What the view says, under a replay's names."""
    return {there: view[name] for name, there in SAME[kind].items() if view.get(name) not in (None, [])}


@dataclass
class Both:
    """Referrals, and audit over what it recorded."""

    referrals: County
    questions: Questions
    session: Session
    sequences: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(lambda: -1))
    things: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    opened: dict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    canaries: dict[tuple[str, str], str] = field(default_factory=dict)

    def copy(self) -> None:
        """What referrals recorded since the last time comes into the ledger."""
        with psycopg.connect(self.referrals.url) as c:
            rows = c.execute(
                "SELECT kafka_topic, kafka_partition, kafka_sequence, kafka_key, state FROM stored_events"
                " ORDER BY notification_id"
            ).fetchall()
        records: list[Any] = []
        for topic, partition, sequence, key, state in rows:
            if not topic.endswith(KEPT) or sequence <= self.sequences[topic, partition]:
                continue
            self.sequences[topic, partition] = sequence
            headers = [("content-type", b"x"), ("sequence", b"%020d" % sequence)]
            records.append(
                SimpleNamespace(
                    topic=topic,
                    partition=partition,
                    offset=sequence,
                    timestamp=1,
                    key=key.encode(),
                    value=bytes(state),
                    headers=headers,
                )
            )
        ledger = Ledger(self.session)
        ledger.write(list(map(kept, records)), ledger.stands({(r.topic, r.partition) for r in records}))

    def shown(self, agency: str) -> dict[tuple[str, str], dict[str, Any]]:
        """Every thing that referrals shows to some person of the agency, in any role and for any purpose."""
        views: dict[tuple[str, str], dict[str, Any]] = {}
        for purpose in Purpose:
            caller = CallerFacts(agency, ROLES[agency], str(purpose), True, str(uuid4()))
            for kind, ids in self.things.items():
                for id in ids:
                    try:
                        view = self.referrals.referrals.questions.show(kind, id, caller, str(uuid4())).view
                    except Refusal:
                        continue
                    for matter in view["matters"] if kind == "case" else ():
                        views["matter", matter["id"]] = matter
                        views |= within(matter)
                    views |= within(view)
                    if kind != "case":
                        views[kind, id] = view
                    for name, found in view["opened"].items():
                        for fact in found["facts"]:
                            self.opened[agency].add((name, fact["event"]))
                            self.canaries[name, fact["event"]] = json.dumps(fact)
        return views

    def done(self, where: str, body: Any, person: str) -> str:
        """An act is recorded, with a canary in every class; the id of the record."""
        made = self.referrals.post(f"/v1/{where}/acts", {"clear": planted("act"), **body}, person)
        assert made.status_code == 201, made.text
        return str(made.json()["record"])

    def known(self, case: str, agency: str) -> Knowledge:
        cut = Cut(Axis.RECORDED, self.questions.store.now())
        replay = self.questions.replay(case, AUDITOR, cut, str(uuid4()))
        known = View(replay, Agency(agency)).knowledge
        assert known is not None
        return known


@pytest.fixture
def both(infra: Any, fresh_database: Callable[[str], str], tmp_path: Any) -> Iterator[Both]:
    url = fresh_database("accord_audit")
    migrate(url, MIGRATIONS)
    store, session = Store(url, 4), Session(url)
    with county(infra, tmp_path) as here:
        yield Both(here, Questions(store, lambda: None), session)
    session.close()
    store.close()


@pytest.mark.timeout(400)
def test_after_every_step_audit_says_what_referrals_shows(both: Both) -> None:
    here = both.referrals
    concern = here.concern(clear=planted("concern"), age_years=15)
    acts = [both.done(f"concerns/{concern}", {"act": "written-report-sent", "method": "form"}, "deputy")]
    case = here.case(concern)
    both.things["concern"].add(concern)
    both.things["case"].add(case)
    referrals: list[str] = []
    screenings: list[str] = []

    def refer(to: str) -> None:
        referrals.append(here.referral(case, recipient=to, clear=planted(to)))
        both.things["referral"].add(referrals[-1])

    def answer(act: str, body: Any, person: str) -> None:
        path = f"/v1/referrals/{referrals[-1]}"
        done = here.post(f"{path}/{act}", body, person, etag=here.etag(path, person))
        assert done.status_code == 200, done.text

    def forward(to: str) -> None:
        path = f"/v1/referrals/{referrals[-1]}"
        body = {"recipient": to, "youth_choice": "agrees", "clear": planted(to)}
        done = here.post(f"{path}/forward", body, "worker", etag=here.etag(path, "worker"))
        assert done.status_code == 201, done.text
        referrals.append(done.json()["referral"])
        both.things["referral"].add(referrals[-1])

    def screen(body: Any) -> None:
        tool = {"tool": "cse-it", "tool_version": "2.0"}
        done = here.post(f"/v1/cases/{case}/screenings", {**tool, **body}, "screener")
        assert done.status_code == 201, done.text
        screenings.append(done.json()["screening"])

    def team(what: str, body: Any) -> None:
        path = f"/v1/cases/{case}/{what}"
        done = here.post(path, body, "screener", etag=here.etag(f"/v1/cases/{case}", "screener"))
        assert done.status_code in (200, 201), done.text

    steps: list[Callable[[], Any]] = [
        lambda: None,
        lambda: team("agencies", {"agency": "probation"}),
        lambda: acts.append(
            both.done(f"cases/{case}", {"act": "cross-reported", "to": "law-enforcement"}, "worker")
        ),
        lambda: both.done(f"concerns/{concern}", {"act": "cross-reported", "to": "ncmec"}, "screener"),
        lambda: refer("advocacy"),
        lambda: answer("accept", {}, "advocate"),
        lambda: team("agencies", {"agency": "office-of-education"}),
        lambda: refer("shelter"),
        lambda: answer("reject", {"reason": "no-capacity", "clear": planted("decline")}, "shelter"),
        lambda: team("agencies/leave", {"agency": "probation", "reason": "service-ended"}),
        lambda: forward("behavioral-health"),
        lambda: (
            answer("start", {}, "clinician"),
            screen({"band": "clear-concern", "trigger": "new-booking"}),
        ),
        lambda: team("acts/enter-in-error", {"record": acts[1], "reason": "wrong-time"}),
        lambda: answer("hold", {"reason": "waitlist"}, "clinician"),
        lambda: answer("complete", {"outcome": "partial", "attempts": 3}, "clinician"),
        lambda: (answer("undo", {}, "clinician"), screen({"band": "testa"})),
        lambda: (
            team("screenings/enter-in-error", {"screening": screenings[0], "reason": "wrong-youth"}),
            answer("cancel", {"reason": "need-met"}, "worker"),
        ),
    ]
    agencies = [a for a in ROLES if a != "county"]
    compared, ended, chained, kinds = 0, False, False, set()
    for step in steps:
        step()
        views = {agency: both.shown(agency) for agency in agencies}
        both.copy()
        for agency in agencies:
            known = both.known(case, agency)
            current = {k: t for k, t in known.things.items() if t.seen and t.until is None}
            assert {k for k in current if k[0] != "notices"} == {
                (SECTION[kind], id) for kind, id in views[agency]
            }, agency
            for (kind, id), view in views[agency].items():
                fields = {n: f.value for n, f in current[SECTION[kind], id].fields.items()}
                said = said_in(kind, view)
                assert {n: fields.get(n) for n in said} == said, (agency, kind)
                if kind == "referral":
                    assert fields.keys() & CHAIN == said.keys() & CHAIN, agency
                    chained |= bool(said.keys() & CHAIN)
                kinds.add(kind)
                compared += len(said)
            opens = {(n, e) for t in known.things.values() for n, es in t.opens.items() for e in es}
            wrote = {(n, e) for n, e in opens if known.events[e].entry.event.envelope.agency == agency}
            assert opens - wrote <= both.opened[agency], agency
            assert both.opened[agency] <= opens, agency
            assert all(saw.beyond == () for saw in known.did_see), agency
            ended |= any(t.until is not None for t in known.things.values())
    assert compared > 100
    assert ended, "probation left"
    assert chained
    assert kinds == set(SAME)
    # The positive control: the canaries were really unsealed, each class by somebody the MOU names for it.
    unsealed = {name for agency in agencies for name, _ in both.opened[agency]}
    assert unsealed >= {"identity", "contact", "narrative", "health", "education", "address"}
    assert all("canary-" in text for text in both.canaries.values())
    assert "substance_use" not in unsealed
    assert both.opened["sheriff"]
    assert not both.opened["medical-hub"]
    assert not both.known(case, "medical-hub")
