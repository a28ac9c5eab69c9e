"""A matter of a case: who takes part in it and who works on it."""

from __future__ import annotations

from services.referrals.domain.codes import require_listed
from services.referrals.domain.commands import AssignWorker, JoinAgency, LeaveAgency
from services.referrals.domain.deciding import At, case_facts, happened, permit
from services.referrals.domain.facts import Fact
from services.referrals.domain.parts import Matter
from shared.errors import Refusal
from shared.events import Data
from shared.events.types.case import AgencyJoined, AgencyLeft, CaseOpened, WorkerAssigned
from shared.mou.facts import ThingFacts
from shared.mou.vocabulary import CodeList


def join(matter: Matter, command: JoinAgency, at: At) -> list[Fact]:
    """An agency takes part from now on. Raises Refusal."""
    clause = permit(at, "join-agency", _owned(matter, command.agency)).clause
    relation = require_listed(CodeList.RELATION, command.relation, at.mou, clause, "/relation")
    if command.agency in matter.agencies:
        raise Refusal(
            clause, "already-takes-part", "The agency takes part already.", "Nothing to do.", "/agency"
        )
    data = AgencyJoined(case=matter.case, agency=command.agency, relation=relation)
    return [_on(matter, data, clause, at, command)]


def leave(matter: Matter, command: LeaveAgency, at: At) -> list[Fact]:
    """An agency takes part no longer. The lead agency cannot leave. Raises Refusal."""
    clause = permit(at, "leave-agency", _owned(matter, command.agency)).clause
    reason = require_listed(CodeList.LEAVE_REASON, command.reason, at.mou, clause, "/reason")
    if command.agency == matter.lead:
        detail, remedy = "The lead agency cannot leave its case.", "Hand the lead over first."
        raise Refusal(clause, "lead-cannot-leave", detail, remedy, "/agency")
    if command.agency not in matter.agencies:
        detail, remedy = "The agency does not take part.", "Nothing to do."
        raise Refusal(clause, "does-not-take-part", detail, remedy, "/agency")
    data = AgencyLeft(case=matter.case, agency=command.agency, reason=reason)
    return [_on(matter, data, clause, at, command)]


def assign_worker(matter: Matter, command: AssignWorker, at: At) -> list[Fact]:
    """The caller's agency names who works on the case. Raises Refusal."""
    clause = permit(at, "assign-worker", _owned(matter, at.caller.agency)).clause
    data = WorkerAssigned(case=matter.case, agency=at.caller.agency, worker=command.worker, role=command.role)
    return [_on(matter, data, clause, at, command)]


def further_matter(known: Matter, matter: str, at: At, clause: str) -> Fact:
    """A further matter of a known case: a stream of its own, with keys of its own."""
    data = CaseOpened(
        case=known.case, case_stream=at.new.stream, matter=matter, youth=known.youth, lead=known.lead
    )
    return Fact(data, clause, at.now, stream=at.new.stream, subject=known.case)


def _owned(matter: Matter, agency: str) -> ThingFacts:
    facts = case_facts(matter)
    return ThingFacts(
        "case",
        lead=facts.lead,
        participants=facts.participants,
        reporters=facts.reporters,
        workers=facts.workers,
        owner=agency,
    )


def _on(
    matter: Matter, data: Data, clause: str, at: At, command: JoinAgency | LeaveAgency | AssignWorker
) -> Fact:
    return Fact(data, clause, happened(command.time, at, clause), stream=matter.stream, subject=matter.case)
