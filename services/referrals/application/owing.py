"""What is due in a case, as its viewer may see it: worked out anew from the case's events at each question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.referrals.application import repository as repo
from services.referrals.application.questions import Questions
from services.referrals.application.things import Things
from services.referrals.application.views import Viewer, matters_known, may_know, may_see
from services.referrals.domain.deciding import NO_MOU, case_facts, concern_facts
from services.referrals.domain.parts import Concern, Matter, Referral
from shared.events import Recorded, read
from shared.events.types.act import ActRecorded
from shared.events.types.screening import ScreeningRecorded
from shared.mou.document import Mou
from shared.mou.duties.happenings import Happening
from shared.mou.duties.obligations import obligations
from shared.mou.duties.states import Duty
from shared.mou.facts import CallerFacts
from shared.mou.vocabulary import Act, Target


@dataclass(frozen=True)
class Owed:
    """A duty, and the agency that owes it, by its code; None where the memorandum names nobody of this case."""

    duty: Duty
    agency: str | None


@dataclass(frozen=True)
class _Case:
    """A case as far as a viewer may know of it."""

    matters: Sequence[Matter]
    concerns: Mapping[str, Concern]
    referrals: Mapping[str, Referral]
    events: Mapping[str, Recorded]


@dataclass(frozen=True)
class Owing:
    """Answers what is due. Thread-safe. Blocks on the database; raises TryLater when it is away."""

    questions: Questions

    def in_case(self, case: str, caller: CallerFacts) -> list[Owed]:
        """The duties of a case and its concerns, the earliest opened first; none if it is not theirs to know.

        A duty is shown to who may see what opened it. It keeps the rule of the version under which that was
        recorded; what was recorded before there was a memorandum counts under the one in force. It is no read:
        whoever shows it has read the case.
        """
        with self.questions.store.transaction() as connection:
            now = self.questions.now()
            mou = self.questions.shelf.in_force(connection, now)
            if mou is None:
                return []
            viewer = Viewer(caller, mou)
            found = _load(connection, viewer, case)
            history = [Happening.of(event.envelope) for event in found.events.values()]
            versions = {version: self._version(connection, version, mou) for version in _versions(found)}
        duties = obligations(history, versions.__getitem__, now)
        return [Owed(duty, _who(duty, found)) for duty in duties if _sees(viewer, duty, found)]

    def _version(self, connection: repo.Connection, version: str, in_force: Mou) -> Mou:
        return (self.questions.shelf.version(connection, version) if version != NO_MOU else None) or in_force


def _versions(case: _Case) -> set[str]:
    return {event.envelope.mouversion for event in case.events.values()}


def _load(connection: repo.Connection, viewer: Viewer, case: str) -> _Case:
    matters = matters_known(viewer, repo.load(connection, "case", case))
    concerns = repo.parts(connection, Concern, "id", [c for m in matters for c in m.concerns])
    streams = [matter.stream for matter in matters]
    referrals = repo.parts(connection, Referral, "stream", streams)
    events = [read(value) for value in repo.events_of(connection, [*streams, *(c.stream for c in concerns)])]
    return _Case(
        matters,
        {one.id: one for one in concerns},
        {one.id: one for one in referrals},
        {event.envelope.id: event for event in events},
    )


def _sees(viewer: Viewer, duty: Duty, case: _Case) -> bool:
    """Whether the viewer may see the event that opened the duty."""
    event = case.events[duty.opened_by]
    matter = next((m for m in case.matters if m.stream == event.envelope.stream), None)
    concern = case.concerns.get(str(getattr(event.data, "concern", None)))
    if isinstance(event.data, ActRecorded | ScreeningRecorded):
        facts = case_facts(matter) if matter else concern_facts(concern) if concern else None
        act = Act.READ_ACT if isinstance(event.data, ActRecorded) else Act.READ_SCREENING
        return facts is not None and may_see(viewer, act, facts)
    referral = case.referrals.get(str(getattr(event.data, "referral", None)))
    if referral is not None and matter is not None:
        return may_know(viewer, "referral", Things(referral=referral, matters=(matter,)))
    return matter is not None or (
        concern is not None and may_know(viewer, "concern", Things(concern=concern))
    )


def _who(duty: Duty, case: _Case) -> str | None:
    """The agency that the rule means, in this case."""
    holder, event = duty.rule.owed_by, case.events[duty.opened_by]
    if holder is None:
        return None
    referral = case.referrals.get(str(getattr(event.data, "referral", None)))
    concern = case.concerns.get(str(getattr(event.data, "concern", None)))
    match holder.agency:
        case Target.LEAD | Target.OWNER | Target.WORKER:
            return next((m.lead for m in case.matters), None)
        case Target.SENDER:
            return referral.sender if referral else None
        case Target.RECIPIENT:
            return referral.recipient if referral else None
        case Target.REPORTER | Target.SUBMITTER:
            return concern.reported_by if concern else event.envelope.agency
        case named:
            return str(named)
