"""What each event makes of a case. One function an event; `ON` at the foot lists them all.

A later event may come before its cause on the axis of what happened (an answer stated with an earlier time than
the request), so every step makes what it needs and never assumes an earlier one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from services.audit.domain import fold_referral
from services.audit.domain.corrections import struck
from services.audit.domain.entry import Entry
from services.audit.domain.fold_referral import referral_of, sealed_of
from services.audit.domain.state import (
    CaseState,
    Concern,
    Happening,
    Matter,
    Notice,
    Participant,
    Screening,
    Unhandled,
    Worker,
)
from shared.events.types.case import AgencyJoined, AgencyLeft, CaseOpened, WorkerAssigned
from shared.events.types.concern import (
    ConcernAttached,
    ConcernCallStated,
    ConcernContinued,
    ConcernEvaluatedOut,
    ConcernLinked,
    ConcernReported,
)
from shared.events.types.deadletter import DeadletterRecorded
from shared.events.types.mou import MouAdopted
from shared.events.types.notification import NotificationAcknowledged, NotificationDelivered
from shared.events.types.record import RecordDenied, RecordRead
from shared.events.types.role import RoleAssigned, RoleEnded
from shared.events.types.screening import ScreeningEnteredInError, ScreeningRecorded
from shared.events.types.submission import (
    CommandRefused,
    SubmissionReceipted,
    SubmissionRefused,
    SubmissionUnreadable,
)


def fold(case: str, entries: Iterable[Entry]) -> CaseState:
    """The case after `entries`, which are in order and each counted once. Unknown types are listed.

    What a correction among them takes back has no effect; the correction stands with what it corrects.
    """
    state = CaseState(case)
    about: dict[str, list[Notice]] = {}
    entries = list(entries)
    wrong = struck(entries)
    for entry in entries:
        what = happening(entry)
        kind = type(entry.event.data)
        if kind in ON:
            if what.event not in wrong:
                ON[kind](state, what, entry.event.data, entry.event.envelope.stream)
            about[what.event] = _notices_of(state, entry.event.data)
        elif kind in TELLING:
            TELLING[kind](state, what, entry.event.data, about)
        elif kind not in SILENT:
            state.unhandled.append(Unhandled(what.event, entry.event.type, what.recorded))
        state.last = what
    return state


def happening(entry: Entry) -> Happening:
    """Who, when and by which clause."""
    e = entry.event.envelope
    return Happening(e.id, e.time, e.recordedtime, e.agency, e.actor, e.clause)


def _notices_of(state: CaseState, data: Any) -> list[Notice]:
    if hasattr(data, "referral"):
        return referral_of(state, data.referral).notices
    concern = getattr(data, "concern", None)
    return _concern(state, concern).notices if concern in state.concerns else state.notices


def _concern(state: CaseState, concern: str) -> Concern:
    return state.concerns.setdefault(concern, Concern(concern))


def _opened(state: CaseState, what: Happening, data: CaseOpened, stream: str) -> None:
    state.known, state.youth = True, state.youth or data.youth
    state.lead = state.lead or str(data.lead)
    state.matters[stream] = Matter(str(data.matter), stream, str(data.lead), what, data.concern)
    state.agencies.setdefault(str(data.lead), Participant(str(data.lead), "lead", what))


def _joined(state: CaseState, what: Happening, data: AgencyJoined, _: str) -> None:
    part = state.agencies.setdefault(str(data.agency), Participant(str(data.agency)))
    part.relation, part.joined, part.left, part.left_reason = data.relation, what, None, None


def _left(state: CaseState, what: Happening, data: AgencyLeft, _: str) -> None:
    part = state.agencies.setdefault(str(data.agency), Participant(str(data.agency)))
    part.left, part.left_reason = what, data.reason


def _worker(state: CaseState, what: Happening, data: WorkerAssigned, _: str) -> None:
    state.workers[data.worker] = Worker(data.worker, str(data.agency), str(data.role), what)


def _reported(state: CaseState, what: Happening, data: ConcernReported, _: str) -> None:
    concern = _concern(state, data.concern)
    concern.status = "reported" if concern.status == "unknown" else concern.status
    concern.reported, concern.reported_by = what, str(data.reported_by)
    concern.immediate_danger, concern.exploitation_kind = str(data.immediate_danger), data.exploitation_kind
    concern.signs, concern.age_years, concern.known_since = data.signs, data.age_years, data.known_since
    concern.called_at = data.called_at
    concern.called_line = str(data.called_line) if data.called_line else None
    concern.flags, concern.sealed = data.flags, sealed_of(concern.sealed, data)


def _call_stated(state: CaseState, _: Happening, data: ConcernCallStated, __: str) -> None:
    concern = _concern(state, data.concern)
    concern.called_at, concern.called_line = data.called_at, str(data.called_line)
    concern.flags = (*concern.flags, *data.flags)
    concern.sealed = sealed_of(concern.sealed, data)


def _continued(state: CaseState, _: Happening, data: ConcernContinued, __: str) -> None:
    concern = _concern(state, data.concern)
    concern.sealed = sealed_of(concern.sealed, data)


def _evaluated_out(state: CaseState, _: Happening, data: ConcernEvaluatedOut, __: str) -> None:
    concern = _concern(state, data.concern)
    concern.status, concern.evaluated_out_reason = "evaluated-out", str(data.reason)
    concern.sealed = sealed_of(concern.sealed, data)


def _attached(state: CaseState, _: Happening, data: ConcernAttached, __: str) -> None:
    _concern(state, data.concern).status = "attached"


def _linked(state: CaseState, what: Happening, data: ConcernLinked, _: str) -> None:
    concern = _concern(state, data.concern)
    concern.status, concern.linked, concern.linked_version = "attached", what, data.concern_version
    concern.reported_by = concern.reported_by or str(data.reported_by)


def _screened(state: CaseState, what: Happening, data: ScreeningRecorded, _: str) -> None:
    one = state.screenings.setdefault(data.screening, Screening(data.screening))
    one.tool, one.tool_version, one.band = data.tool, data.tool_version, data.band
    one.trigger, one.screened_at, one.flags, one.recorded = data.trigger, data.screened_at, data.flags, what


def _not_screened(state: CaseState, what: Happening, data: ScreeningEnteredInError, _: str) -> None:
    one = state.screenings.setdefault(data.screening, Screening(data.screening))
    one.corrected, one.reason = what, data.reason


def _notice(state: CaseState, data: Any, about: Mapping[str, list[Notice]]) -> Notice:
    where = about.get(data.event, state.notices)
    found = next((n for n in where if n.item == data.item), None)
    if found is None:
        found = Notice(data.item, data.recipient, data.rule)
        where.append(found)
    return found


def _notified(
    state: CaseState, what: Happening, data: NotificationDelivered, about: dict[str, list[Notice]]
) -> None:
    notice = _notice(state, data, about)
    notice.tier, notice.channel = str(data.tier), data.channel
    notice.delivered = notice.delivered or what


def _acknowledged(
    state: CaseState, what: Happening, data: NotificationAcknowledged, about: dict[str, list[Notice]]
) -> None:
    notice = _notice(state, data, about)
    notice.acknowledged = notice.acknowledged or what  # the first one counts


def _read(state: CaseState, _: Happening, __: RecordRead, ___: str) -> None:
    state.reads += 1


def _denied(state: CaseState, _: Happening, __: RecordDenied, ___: str) -> None:
    state.denials += 1


def _refused(state: CaseState, _: Happening, __: Any, ___: str) -> None:
    state.refusals += 1


#: Event type -> its step; the last argument is the event's stream.
#: A type that stands neither here nor in TELLING nor in SILENT is shown as unhandled.
ON: Mapping[type, Callable[[CaseState, Happening, Any, str], None]] = {
    CaseOpened: _opened,
    AgencyJoined: _joined,
    AgencyLeft: _left,
    WorkerAssigned: _worker,
    ConcernReported: _reported,
    ConcernCallStated: _call_stated,
    ConcernContinued: _continued,
    ConcernEvaluatedOut: _evaluated_out,
    ConcernAttached: _attached,
    ConcernLinked: _linked,
    **fold_referral.ON,
    ScreeningRecorded: _screened,
    ScreeningEnteredInError: _not_screened,
    RecordRead: _read,
    RecordDenied: _denied,
    CommandRefused: _refused,
    SubmissionRefused: _refused,
}

#: Who was told of an event, and who has it in hand; the last argument finds where that event's notices stand.
TELLING: Mapping[type, Callable[[CaseState, Happening, Any, dict[str, list[Notice]]], None]] = {
    NotificationDelivered: _notified,
    NotificationAcknowledged: _acknowledged,
}

#: Known types that say nothing of a case's state.
SILENT: frozenset[type] = frozenset(
    {DeadletterRecorded, RoleAssigned, RoleEnded, MouAdopted, SubmissionReceipted, SubmissionUnreadable}
)
