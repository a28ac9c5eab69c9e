"""Concerns, cases and referrals for tests: built by deciding and evolving, as the application does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.referrals.domain import asking, concerns, corrections, referrals, serving
from services.referrals.domain.commands import (
    AcceptReferral,
    AskInformation,
    AttachConcern,
    CancelReferral,
    CompleteReferral,
    EnterReferralInError,
    EvaluateOut,
    FailReferral,
    ForwardReferral,
    GiveInformation,
    HoldReferral,
    OpenCase,
    ReceiveReferral,
    RejectReferral,
    ReportConcern,
    RequestReferral,
    ResumeReferral,
    StartReferral,
    StateCall,
    StateReferralCall,
    UndoReferral,
)
from services.referrals.domain.deciding import At, NewIds
from services.referrals.domain.evolve import evolve, part_of
from services.referrals.domain.facts import Fact
from services.referrals.domain.parts import Concern, Matter, Part, Referral
from shared.events import Draft, Recorded, read
from shared.events.names import events_topic
from shared.mou.facts import CallerFacts
from tests.mou.alder import MOU

NOW = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
SCREENER = CallerFacts("human-services", frozenset({"screener"}), "coordinate", person=str(uuid4()))
DEPUTY = CallerFacts("sheriff", frozenset({"deputy"}), "report", person=str(uuid4()))
ADVOCATE = CallerFacts("advocacy", frozenset({"advocate"}), "coordinate", person=str(uuid4()))
SHELTER = CallerFacts("shelter", frozenset({"advocate"}), "coordinate", person=str(uuid4()))
OFFICER = CallerFacts("probation", frozenset({"probation-officer"}), "coordinate", person=str(uuid4()))

REQUEST = RequestReferral(
    recipient="advocacy",
    matter="dependency",
    kind="advocacy",
    needs=("advocate-now",),
    urgency="hours",
    youth_choice="agrees",
)
#: Stands for the question that is open, until there is one.
QUESTION = str(uuid4())
BODIES: dict[str, Any] = {
    "report-concern": ReportConcern(immediate_danger="yes", signs=("older-controlling-adult",)),
    "state-call": StateCall(called_at=NOW - timedelta(minutes=5)),
    "evaluate-out": EvaluateOut(reason="insufficient"),
    "open-case": OpenCase(matter="dependency"),
    "attach-concern": AttachConcern(case=str(uuid4())),
    "request-referral": REQUEST,
    "receive-referral": ReceiveReferral(),
    "accept-referral": AcceptReferral(),
    "reject-referral": RejectReferral(reason="no-capacity"),
    "start-referral": StartReferral(),
    "hold-referral": HoldReferral(reason="waitlist"),
    "resume-referral": ResumeReferral(),
    "complete-referral": CompleteReferral(outcome="completed", attempts=2),
    "fail-referral": FailReferral(reason="unable-to-locate"),
    "cancel-referral": CancelReferral(reason="need-met"),
    "forward-referral": ForwardReferral(recipient="shelter", youth_choice="agrees"),
    "ask-information": AskInformation(missing=("language",)),
    "give-information": GiveInformation(
        question=QUESTION, clear={"narrative": {"text": "Invented words of an answer."}}
    ),
    "state-referral-call": StateReferralCall(called_at=NOW - timedelta(minutes=5), called_by="sender"),
    "undo-referral": UndoReferral(),
    "enter-referral-in-error": EnterReferralInError(reason="wrong-youth"),
}
#: Who of the story does an act; undoing is done by whoever made the last entry.
DOES = {"cancel-referral": SCREENER, "forward-referral": SCREENER, "enter-referral-in-error": SCREENER}
#: How a referral comes to be in each status.
PATHS: dict[str, tuple[str, ...]] = {
    "requested": (),
    "received": ("receive",),
    "accepted": ("accept",),
    "rejected": ("reject",),
    "in-progress": ("accept", "start"),
    "on-hold": ("accept", "start", "hold"),
    "completed": ("accept", "start", "complete"),
    "failed": ("accept", "fail"),
    "cancelled": ("receive", "cancel"),
    "entered-in-error": ("accept", "enter-referral-in-error"),
}


def at(caller: CallerFacts = SCREENER, now: datetime = NOW, mou: Any = MOU) -> At:
    return At(caller, mou, now, NewIds(*(str(uuid4()) for _ in fields(NewIds))))


def draft_of(fact: Fact, agency: str, person: str, command: str) -> Draft:
    """The fact as it would be appended, in an agency's and a person's name."""
    sealed = {cls: f"sealed-{cls}" for cls in fact.seal}
    data = fact.data.model_copy(update={"sealed": sealed}) if sealed else fact.data
    return Draft(
        id=uuid4(),
        topic=events_topic("referrals"),
        source=f"/agencies/{agency}",
        subject=UUID(fact.subject),
        time=fact.time,
        stream=UUID(fact.stream),
        commandid=command,
        correlationid=str(uuid4()),
        actor=person,
        agency=agency,
        purpose="coordinate",
        mouversion=MOU.version,
        clause=fact.clause,
        data=data,
    )


class Log:
    """Turns facts into recorded events, each a second later than the one before, stream by stream."""

    def __init__(self) -> None:
        self.events: list[Recorded] = []
        self.parts: dict[str, Part] = {}
        self._versions: dict[str, int] = {}
        self.now = NOW

    def append(self, facts: Sequence[Fact], by: str | CallerFacts = "human-services") -> list[Recorded]:
        """Records the facts of one command, in an agency's or a person's name."""
        agency, person = (by, str(uuid4())) if isinstance(by, str) else (by.agency, by.person or "")
        command = str(uuid4())
        return [self._one(fact, agency, person, command) for fact in facts]

    def _one(self, fact: Fact, agency: str, person: str, command: str) -> Recorded:
        version = self._versions[fact.stream] = self._versions.get(fact.stream, 0) + 1
        draft = draft_of(fact, agency, person, command)
        event = read(draft.seal_bytes(self.now + timedelta(seconds=len(self.events)), version))
        self.events.append(event)
        place = part_of(event)
        if place is not None:
            changed = evolve(self.parts.get(place[1]), event)
            assert changed is not None
            self.parts[place[1]] = changed
        return event

    def one(self, kind: type[Any]) -> Any:
        found = [part for part in self.parts.values() if type(part) is kind]
        return found[-1]


def a_concern(status: str, log: Log | None = None) -> Concern:
    """A concern of the sheriff's in this status."""
    log = log or Log()
    log.append(concerns.report(BODIES["report-concern"], at(DEPUTY)), "sheriff")
    concern: Concern = log.one(Concern)
    if status == "evaluated-out":
        log.append(concerns.evaluate_out(concern, BODIES["evaluate-out"], at()))
    elif status == "attached":
        log.append(concerns.open_case(concern, BODIES["open-case"], at()))
    reached: Concern = log.parts[concern.id]  # type: ignore[assignment]
    assert reached.status == status
    return reached


def a_referral(status: str, log: Log | None = None) -> tuple[Referral, Matter]:
    """A referral of human services to the advocates in this status, and its matter."""
    log = log or Log()
    a_concern("attached", log)
    matter: Matter = log.one(Matter)
    log.append(referrals.request(matter, REQUEST, at()))
    referral: Referral = log.one(Referral)
    for step in PATHS[status]:
        act = step if step in REFERRAL_ACTS else f"{step}-referral"
        by = DOES.get(act, ADVOCATE)
        log.append(REFERRAL_ACTS[act](log.parts[referral.id], log.one(Matter), BODIES[act], at(by)), by)
    reached: Referral = log.parts[referral.id]  # type: ignore[assignment]
    assert reached.status == status
    return reached, log.one(Matter)


def body_of(act: str, referral: Referral) -> Any:
    """A body that fits the referral: an answer names a question that waits for one, if there is any."""
    body = BODIES[act]
    waiting = referral.open_questions
    if act == "give-information" and waiting:
        return body.model_copy(update={"question": waiting[0].event})
    return body


CONCERN_ACTS: dict[str, Any] = {
    "state-call": lambda c, m, body, when: concerns.state_call(c, m if c.case else None, body, when),
    "evaluate-out": lambda c, m, body, when: concerns.evaluate_out(c, body, when),
    "open-case": lambda c, m, body, when: concerns.open_case(c, body, when),
    "attach-concern": concerns.attach,
}
REFERRAL_ACTS: dict[str, Any] = {
    "receive-referral": referrals.receive,
    "accept-referral": referrals.accept,
    "reject-referral": referrals.reject,
    "start-referral": serving.start,
    "hold-referral": serving.hold,
    "resume-referral": serving.resume,
    "complete-referral": serving.complete,
    "fail-referral": serving.fail,
    "cancel-referral": serving.cancel,
    "forward-referral": referrals.forward,
    "ask-information": asking.ask,
    "give-information": asking.give,
    "state-referral-call": asking.call,
    "undo-referral": corrections.undo,
    "enter-referral-in-error": corrections.enter_in_error,
}
