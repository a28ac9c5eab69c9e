"""The life of a concern: reported, then opened as a case, attached to one, or evaluated out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from services.referrals.domain.codes import without_unlisted
from services.referrals.domain.commands import (
    AttachConcern,
    EvaluateOut,
    OpenCase,
    ReportConcern,
    StateCall,
)
from services.referrals.domain.deciding import AHEAD, At, concern_facts, happened, illegal, permit
from services.referrals.domain.facts import Fact
from services.referrals.domain.kept import keep_as_submitted
from services.referrals.domain.parts import Concern, ConcernStatus, Matter
from services.referrals.domain.portions import continued
from shared.errors import Refusal
from shared.events.names import Matter as MatterName
from shared.events.names import SealedClass
from shared.events.types.case import CaseOpened
from shared.events.types.concern import (
    ConcernAttached,
    ConcernCallStated,
    ConcernEvaluatedOut,
    ConcernLinked,
    ConcernReported,
)
from shared.mou.terms import evaluated_out_reasons

#: (status, act) -> the status after it. What is absent is refused; `state-call` never is (DESIGN 1, rule 4).
TRANSITIONS: Mapping[tuple[ConcernStatus, str], ConcernStatus] = {
    (ConcernStatus.NONE, "report-concern"): ConcernStatus.WAITING,
    (ConcernStatus.WAITING, "state-call"): ConcernStatus.WAITING,
    (ConcernStatus.WAITING, "open-case"): ConcernStatus.ATTACHED,
    (ConcernStatus.WAITING, "attach-concern"): ConcernStatus.ATTACHED,
    (ConcernStatus.WAITING, "evaluate-out"): ConcernStatus.EVALUATED_OUT,
    (ConcernStatus.EVALUATED_OUT, "state-call"): ConcernStatus.EVALUATED_OUT,
    (ConcernStatus.EVALUATED_OUT, "open-case"): ConcernStatus.ATTACHED,
    (ConcernStatus.EVALUATED_OUT, "attach-concern"): ConcernStatus.ATTACHED,
    (ConcernStatus.ATTACHED, "state-call"): ConcernStatus.ATTACHED,
}
REMEDIES = {
    ConcernStatus.ATTACHED.value: "The concern belongs to a case already: work on that case.",
    ConcernStatus.EVALUATED_OUT.value: "The concern was evaluated out: open or attach it if that was wrong.",
}

#: Said where a report called the youth an offender, for which no child is to be taken.
OFFENCE = "offence-not-recorded"
#: Facts that a report should have; a missing one is flagged, never refused.
EXPECTED = ("immediate_danger", "exploitation_kind", "signs", "age_years", "known_since", "called_at")
SEALED_EXPECTED = (SealedClass.IDENTITY, SealedClass.NARRATIVE)


def _move(concern: Concern, act: str, clause: str) -> None:
    if (concern.status, act) not in TRANSITIONS:
        raise illegal(clause, "concern", concern.status, act, REMEDIES)


def report(command: ReportConcern, at: At, flags: tuple[str, ...] = ()) -> list[Fact]:
    """Take a concern. Never refused: what is missing or unusual is named in its flags (DESIGN 1, rule 4)."""
    permission = permit(at, "report-concern", None)
    given = command.model_dump(include=set(EXPECTED), exclude_defaults=True)
    missing = [f"missing.{name}" for name in EXPECTED if name not in given]
    missing += [f"missing.{name}" for name in SEALED_EXPECTED if not command.clear.get(name)]
    treated_as = command.treated_as
    command, unknown = without_unlisted(command, at.mou)
    clear = keep_as_submitted(command.clear, unknown) if unknown else command.clear
    unlisted = [f"unknown-code.{name}" for name in unknown]
    times, late = _stated_times(command, at)
    return continued(
        Fact(
            ConcernReported(
                concern=at.new.concern,
                youth=at.new.youth,
                reported_by=at.caller.agency,
                immediate_danger=command.immediate_danger,
                exploitation_kind=command.exploitation_kind,
                signs=command.signs,
                age_years=command.age_years,
                known_since=times["known_since"],
                called_at=times["called_at"],
                called_line=command.called_line,
                flags=tuple(
                    dict.fromkeys(
                        (*permission.flags, *flags, *_offence(treated_as, at), *unlisted, *missing, *late)
                    )
                ),
                sealed={},
            ),
            permission.clause,
            times["time"] or at.now,
            stream=at.new.concern,
            subject=at.new.concern,
            youth=at.new.youth,
            seal=clear,
        )
    )


def _offence(treated_as: str | None, at: At) -> tuple[str, ...]:
    """That an offence was stated and not recorded, and nothing of what it was: this field is kept nowhere."""
    if treated_as is None:
        return ()
    rule = at.mou.safety_facts if at.mou else None
    listed = rule is not None and treated_as in {one.code for one in rule.not_recorded}
    return (OFFENCE,) if listed else ("unknown-code.treated_as",)


def _stated_times(command: ReportConcern, at: At) -> tuple[dict[str, datetime | None], list[str]]:
    """The stated moments. One too far ahead is kept as said and flagged; the event's own becomes now."""
    stated = {name: getattr(command, name) for name in ("time", "known_since", "called_at")}
    late = [name for name, moment in stated.items() if moment and moment > at.now + AHEAD]
    if "time" in late:
        stated["time"] = None
    return stated, [f"ahead.{name}" for name in late]


def state_call(
    concern: Concern, matter: Matter | None, command: StateCall, at: At, flags: tuple[str, ...] = ()
) -> list[Fact]:
    """Record the telephone call, whatever the concern's status. Once in a case (`matter`), in its stream."""
    permission = permit(at, "state-call", concern_facts(concern))
    late = ("ahead.called_at",) if command.called_at > at.now + AHEAD else ()
    return continued(
        Fact(
            ConcernCallStated(
                concern=concern.id,
                called_at=command.called_at,
                called_line=command.called_line,
                flags=tuple(dict.fromkeys((*permission.flags, *flags, *late))),
                sealed={},
            ),
            permission.clause,
            at.now if late else command.called_at,
            stream=matter.stream if matter else concern.stream,
            subject=matter.case if matter else concern.subject,
            youth=matter.youth if matter else concern.youth,
            matter=matter.matter if matter else "none",
            seal=command.clear,
        )
    )


def evaluate_out(concern: Concern, command: EvaluateOut, at: At) -> list[Fact]:
    """Decide that the concern is not opened as a case here. Raises Refusal."""
    clause = permit(at, "evaluate-out", concern_facts(concern)).clause
    _move(concern, "evaluate-out", clause)
    if at.mou is not None and command.reason not in evaluated_out_reasons(at.mou):
        detail = "The reason is not on the MOU's list."
        raise Refusal(clause, "invalid-field", detail, "Choose one of the MOU's reasons.", "/reason")
    return [
        Fact(
            ConcernEvaluatedOut(concern=concern.id, reason=command.reason, sealed={}),
            clause,
            happened(command.time, at, clause),
            stream=concern.stream,
            subject=concern.subject,
            youth=concern.youth,
            seal=command.clear,
        )
    ]


def open_case(concern: Concern, command: OpenCase, at: At) -> list[Fact]:
    """Open a case with the concern; the lead agency is the caller's. Raises Refusal."""
    clause = permit(at, "open-case", concern_facts(concern)).clause
    _move(concern, "open-case", clause)
    time = happened(command.time, at, clause)
    opened = CaseOpened(
        case=at.new.case,
        case_stream=at.new.stream,
        matter=command.matter,
        youth=concern.youth,
        lead=at.caller.agency,
        concern=concern.id,
    )
    return [
        _attached(concern, at.new.case, at.new.stream, command.matter, clause, time),
        Fact(opened, clause, time, stream=at.new.stream, subject=at.new.case),
        _linked(concern, at.new.case, at.new.stream, clause, time),
    ]


def attach(concern: Concern, matter: Matter, command: AttachConcern, at: At) -> list[Fact]:
    """Attach the concern to a case. `command.case` is the case of `matter`. Raises Refusal."""
    clause = permit(at, "attach-concern", concern_facts(concern)).clause
    _move(concern, "attach-concern", clause)
    if matter.matter != command.matter and "matter" in command.model_fields_set:
        detail, remedy = "The case has no such matter.", "Name one of its matters, or leave it out."
        raise Refusal(clause, "no-such-matter", detail, remedy, "/matter")
    time = happened(command.time, at, clause)
    return [
        _attached(concern, matter.case, matter.stream, MatterName(matter.matter), clause, time),
        _linked(concern, matter.case, matter.stream, clause, time),
    ]


def _attached(
    concern: Concern, case: str, stream: str, matter: MatterName, clause: str, now: datetime
) -> Fact:
    data = ConcernAttached(concern=concern.id, case=case, case_stream=stream, matter=matter)
    return Fact(data, clause, now, stream=concern.stream, subject=concern.subject)


def _linked(concern: Concern, case: str, stream: str, clause: str, now: datetime) -> Fact:
    data = ConcernLinked(
        case=case,
        concern=concern.id,
        concern_version=concern.version + 1,
        reported_by=concern.reported_by,
        classes=tuple(SealedClass(name) for name in concern.sealed),
    )
    return Fact(data, clause, now, stream=stream, subject=case)
