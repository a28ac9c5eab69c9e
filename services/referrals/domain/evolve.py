"""What each event makes of the parts it changes. One function a part; unknown events change nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from services.referrals.domain import proposals, steps
from services.referrals.domain.parts import (
    ActOnRecord,
    Concern,
    ConcernStatus,
    Matter,
    Part,
    Referral,
    ReferralStatus,
    Screening,
    SealedFact,
)
from services.referrals.domain.proposals import Proposal
from shared.events import Recorded
from shared.events.types.act import ActEnteredInError, ActRecorded
from shared.events.types.case import AgencyJoined, AgencyLeft, CaseOpened, WorkerAssigned
from shared.events.types.concern import (
    ConcernAttached,
    ConcernCallStated,
    ConcernContinued,
    ConcernEvaluatedOut,
    ConcernLinked,
    ConcernReported,
)
from shared.events.types.duty import DutyConfirmedNotDone, DutyEnteredInError, DutyTolled, DutyWaived
from shared.events.types.mou import MouAdopted
from shared.events.types.referral import (
    ReferralEnteredInError,
    ReferralForwarded,
    ReferralRequested,
    ReferralUndone,
)
from shared.events.types.screening import ScreeningEnteredInError, ScreeningRecorded

SAID_OF_DUTIES = (DutyWaived, DutyTolled, DutyConfirmedNotDone, DutyEnteredInError)
#: Event type -> (kind of part, the field of its data that names the part).
PART_OF: Mapping[type, tuple[str, str]] = {
    ConcernReported: ("concern", "concern"),
    ConcernCallStated: ("concern", "concern"),
    ConcernContinued: ("concern", "concern"),
    ConcernEvaluatedOut: ("concern", "concern"),
    ConcernAttached: ("concern", "concern"),
    CaseOpened: ("matter", "case_stream"),
    ConcernLinked: ("matter", ""),
    AgencyJoined: ("matter", ""),
    AgencyLeft: ("matter", ""),
    WorkerAssigned: ("matter", ""),
    ScreeningRecorded: ("matter", ""),
    ScreeningEnteredInError: ("matter", ""),
    ActRecorded: ("matter", ""),
    ActEnteredInError: ("matter", ""),
    **dict.fromkeys(SAID_OF_DUTIES, ("matter", "")),
    ReferralRequested: ("referral", "referral"),
    ReferralUndone: ("referral", "referral"),
    **dict.fromkeys(steps.RECORDS, ("referral", "referral")),
    **dict.fromkeys(proposals.STEPS, ("proposal", "proposal")),
}


#: Events that not everybody sees who may know of the part: they do not move what the others are shown.
SEEN_BY_SOME = frozenset(
    {
        ReferralForwarded,
        ScreeningRecorded,
        ScreeningEnteredInError,
        ActRecorded,
        ActEnteredInError,
        *SAID_OF_DUTIES,
    }
)
#: Events of a matter, or of the concern that they name while it belongs to no case.
ON_EITHER = (ActRecorded, ActEnteredInError, *SAID_OF_DUTIES)
#: Events whose sealed facts stand with the act, or the comment, and not with the part.
SEALED_APART = (*ON_EITHER, *proposals.WORDS_APART)


def part_of(event: Recorded) -> tuple[str, str] | None:
    """Kind and id of the part that `event` changes, or None. A matter's id is its stream's."""
    found = PART_OF.get(type(event.data))
    if found is None:
        return None
    kind, field = found
    if isinstance(event.data, ON_EITHER) and event.data.case is None:
        kind, field = "concern", "concern"
    if isinstance(event.data, MouAdopted) and event.data.proposal is None:
        return None
    return kind, str(getattr(event.data, field)) if field else event.envelope.stream


def evolve(part: Part | None, event: Recorded) -> Part | None:
    """The part after `event`. `part` is None before its first event. Pure."""
    step = STEPS.get(type(event.data))
    if step is None:
        return part
    common: dict[str, Any] = {"changed": event.envelope.recordedtime}
    if type(event.data) not in SEEN_BY_SOME:
        common["shown"] = event.envelope.recordedtime
    if part is None or part.stream == event.envelope.stream:
        common["version"] = event.version
    changes = step(part, event, event.data)
    sealed = _with_sealed(part, event)
    if part is None:
        first = {"stream": event.envelope.stream, "subject": event.envelope.subject, "sealed": sealed}
        return KINDS[PART_OF[type(event.data)][0]].model_validate({**first, **common, **changes})
    return part.model_copy(update={**common, **changes, "sealed": sealed})


def moments_of(part: Part, event: Recorded) -> Iterator[tuple[str, ...]]:
    """Where in `part`, as `event` left it, the recorded time of `event` stands, besides in `changed`.

    Only the append knows that time, after all of this (recording.py).
    """
    if type(event.data) not in SEEN_BY_SOME:
        yield ("shown",)
    if isinstance(part, Referral):
        yield from (
            ("steps", str(n), "recorded") for n, s in enumerate(part.steps) if s.event == event.envelope.id
        )
    if isinstance(event.data, ScreeningRecorded):
        yield ("screenings", event.data.screening, "recorded_at")
    if isinstance(event.data, ActRecorded):
        yield ("acts", event.data.record, "recorded_at")


def _with_sealed(part: Part | None, event: Recorded) -> dict[str, tuple[SealedFact, ...]]:
    known = dict(part.sealed) if part else {}
    if isinstance(event.data, SEALED_APART):
        return (
            known  # of an act, they stand with the act: who may not see it is not told which classes it holds
        )
    for name, jwe in getattr(event.data, "sealed", {}).items():
        fact = SealedFact(event=event.envelope.id, subject=event.envelope.subject, jwe=jwe)
        known[str(name)] = (*known.get(str(name), ()), fact)
    return known


def _reported(_: Any, event: Recorded, data: Any) -> dict[str, Any]:
    facts: dict[str, Any] = data.model_dump(exclude={"concern", "sealed"})
    return facts | {"id": data.concern, "status": ConcernStatus.WAITING, "reported_at": event.envelope.time}


def _call_stated(part: Concern, _: Recorded, data: Any) -> dict[str, Any]:
    flags = (*part.flags, *data.flags)
    return {"called_at": data.called_at, "called_line": data.called_line, "flags": flags}


def _continued(_: Concern, __: Recorded, ___: Any) -> dict[str, Any]:
    return {}


def _evaluated_out(_: Concern, __: Recorded, data: Any) -> dict[str, Any]:
    return {"status": ConcernStatus.EVALUATED_OUT, "reason": data.reason}


def _attached(_: Concern, __: Recorded, data: Any) -> dict[str, Any]:
    return {"status": ConcernStatus.ATTACHED, "case": data.case, "case_stream": data.case_stream}


def _opened(_: Any, event: Recorded, data: Any) -> dict[str, Any]:
    facts: dict[str, Any] = data.model_dump(include={"case", "matter", "youth", "lead"})
    return facts | {
        "id": event.envelope.stream,
        "opened_at": event.envelope.time,
        "agencies": {data.lead: "lead"},
    }


def _linked(part: Matter, _: Recorded, data: Any) -> dict[str, Any]:
    reporters = tuple(dict.fromkeys((*part.reporters, data.reported_by)))
    return {"concerns": (*part.concerns, data.concern), "reporters": reporters}


def _joined(part: Matter, event: Recorded, data: Any) -> dict[str, Any]:
    return {
        "agencies": {**part.agencies, data.agency: data.relation},
        "joined_by": {**part.joined_by, data.agency: event.envelope.commandid},
        "left_by": _without(part.left_by, data.agency),
    }


def _left(part: Matter, event: Recorded, data: Any) -> dict[str, Any]:
    return {
        "agencies": _without(part.agencies, data.agency),
        "joined_by": _without(part.joined_by, data.agency),
        "left_by": {**part.left_by, data.agency: event.envelope.commandid},
        "workers": {worker: agency for worker, agency in part.workers.items() if agency != data.agency},
    }


def _without(rows: Mapping[str, str], agency: str) -> dict[str, str]:
    return {name: value for name, value in rows.items() if name != agency}


def _worker(part: Matter, _: Recorded, data: Any) -> dict[str, Any]:
    return {"workers": {**part.workers, data.worker: data.agency}}


def _requested(_: Any, event: Recorded, data: Any) -> dict[str, Any]:
    facts: dict[str, Any] = data.model_dump(exclude={"referral", "sealed", "classes"})
    moments = {"requested_at": event.envelope.time, "status": ReferralStatus.REQUESTED}
    return facts | moments | {"id": data.referral}


def _screened(part: Matter, event: Recorded, data: Any) -> dict[str, Any]:
    facts: dict[str, Any] = data.model_dump(exclude={"screening", "case", "matter"})
    e = event.envelope
    one = Screening(recorded_at=e.recordedtime, agency=e.agency, **facts)
    return {"screenings": {**part.screenings, data.screening: one}}


def _not_screened(part: Matter, _: Recorded, data: Any) -> dict[str, Any]:
    known = part.screenings.get(data.screening)
    if known is None:
        return {}
    return {
        "screenings": {**part.screenings, data.screening: known.model_copy(update={"struck": data.reason})}
    }


def _done(part: Concern | Matter, event: Recorded, data: Any) -> dict[str, Any]:
    facts: dict[str, Any] = data.model_dump(exclude={"record", "concern", "case", "matter", "sealed"})
    e = event.envelope
    sealed = {
        str(name): SealedFact(event=e.id, subject=e.subject, jwe=jwe) for name, jwe in data.sealed.items()
    }
    one = ActOnRecord(recorded_at=e.recordedtime, agency=e.agency, sealed=sealed, **facts)
    return {"acts": {**part.acts, data.record: one}}


def _not_done(part: Concern | Matter, _: Recorded, data: Any) -> dict[str, Any]:
    known = part.acts.get(data.record)
    if known is None:
        return {}
    return {"acts": {**part.acts, data.record: known.model_copy(update={"struck": data.reason})}}


def _said(_: Concern | Matter, __: Recorded, ___: Any) -> dict[str, Any]:
    """What is due is worked out from the events; the part only has moved, so that who decided on it sees that."""
    return {}


STEPS: Mapping[type, Callable[[Any, Recorded, Any], dict[str, Any]]] = {
    ConcernReported: _reported,
    ConcernCallStated: _call_stated,
    ConcernContinued: _continued,
    ConcernEvaluatedOut: _evaluated_out,
    ConcernAttached: _attached,
    CaseOpened: _opened,
    ConcernLinked: _linked,
    AgencyJoined: _joined,
    AgencyLeft: _left,
    WorkerAssigned: _worker,
    ScreeningRecorded: _screened,
    ScreeningEnteredInError: _not_screened,
    ActRecorded: _done,
    ActEnteredInError: _not_done,
    **dict.fromkeys(SAID_OF_DUTIES, _said),
    ReferralRequested: _requested,
    **dict.fromkeys(steps.RECORDS, steps.taken),
    ReferralEnteredInError: steps.entered_in_error,
    ReferralUndone: steps.undone,
    **proposals.STEPS,
}

KINDS: Mapping[str, type[Part]] = {
    "concern": Concern,
    "matter": Matter,
    "referral": Referral,
    "proposal": Proposal,
}
