"""What each event makes of a case. One function an event; `ON` at the foot lists them all.

A later event may come before its cause on the axis of what happened (an answer stated with an earlier time than
the request), so every step makes what it needs and never assumes an earlier one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from services.audit.domain import fold_act, fold_referral, fold_screening
from services.audit.domain.entry import Entry
from services.audit.domain.fold_referral import TAKES_BACK, referral_of, sealed_of
from services.audit.domain.state import (
    CaseState,
    Concern,
    Happening,
    Matter,
    Notice,
    Participant,
    Referral,
    Unhandled,
    Worker,
)
from services.audit.domain.things import CASE, SECTIONS, WITH_NOTICES, Key, notices_of
from shared.events.types.case import AgencyJoined, AgencyLeft, CaseOpened, WorkerAssigned
from shared.events.types.concern import (
    ConcernAttached,
    ConcernCallStated,
    ConcernContinued,
    ConcernEvaluatedOut,
    ConcernLinked,
    ConcernReported,
)
from shared.events.types.cover import CoverArranged, CoverEnded
from shared.events.types.deadletter import DeadletterRecorded
from shared.events.types.duty import (
    DutyChanged,
    DutyConfirmedNotDone,
    DutyEnteredInError,
    DutyEscalated,
    DutyMet,
    DutyOpened,
    DutyTolled,
    DutyUnanswered,
    DutyWaived,
    DutyWarned,
)
from shared.events.types.evidence import EvidenceMade, EvidenceOpened
from shared.events.types.mou import (
    MouAdopted,
    MouCommentAnswered,
    MouCommented,
    MouProposed,
    MouSigned,
    MouSuperseded,
)
from shared.events.types.notification import NotificationAcknowledged, NotificationDelivered
from shared.events.types.record import RecordDenied, RecordRead
from shared.events.types.role import RoleAssigned, RoleEnded
from shared.events.types.session import SessionBegun, SessionEnded
from shared.events.types.submission import (
    CommandRefused,
    SubmissionReceipted,
    SubmissionRefused,
    SubmissionUnreadable,
)


@dataclass
class Folding:
    """A case on its way through its events, which come in order and each once. Unknown types are listed."""

    state: CaseState
    about: dict[str, Key] = field(default_factory=dict)
    """Event -> the thing that notices about it stand with, if not the case itself."""
    on: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    """Referral -> the entries on it."""
    struck: set[str] = field(default_factory=set)
    """Events that a later one took back."""

    def apply(self, entry: Entry) -> list[Key]:
        """What one event makes of the case. Returns the things that it may have changed.

        If it takes back an earlier entry on a referral, that referral is told anew without it.
        """
        data = entry.event.data
        which = TAKES_BACK.get(type(data))
        back = which(data) if which else None
        if back is not None:
            self.struck.add(back)
        touched = self._step(entry)
        if back is not None:
            self._tell_anew(vars(data)["referral"])
        return touched

    def _tell_anew(self, referral: str) -> None:
        """From the entries on it that count. Its notices, and its place among the others, stay."""
        before = self.state.referrals[referral]
        self.state.referrals[referral] = Referral(referral, notices=before.notices)
        for entry in self.on[referral]:
            if entry.event.envelope.id not in self.struck:
                self._apply_on(entry)

    def _apply_on(self, entry: Entry) -> None:
        data = entry.event.data
        ON[type(data)](self.state, happening(entry), data, entry.event.envelope.stream)

    def _step(self, entry: Entry) -> list[Key]:
        what, data = happening(entry), entry.event.data
        kind, touched = type(data), [CASE]
        if kind in ON:
            if kind in fold_referral.ON:
                self.on[vars(data)["referral"]].append(entry)
            if what.event not in self.struck:
                self._apply_on(entry)
            elif kind in fold_referral.ON:
                referral_of(
                    self.state, vars(data)["referral"]
                )  # what was told of it stands with it all the same
            touched += self._named(entry)
            if (owner := next((k for k in self._with_notices(data) if k in touched), None)) is not None:
                self.about[what.event] = owner
        elif kind in TELLING:
            touched = [key := self.about.get(vars(data)["event"], CASE), *touched]
            TELLING[kind](notices_of(self.state, key), what, data)
        elif kind not in SILENT:
            self.state.unhandled.append(Unhandled(what.event, entry.event.type, what.recorded))
        self.state.last = what
        return touched

    def _named(self, entry: Entry) -> list[Key]:
        """Whatever the event names by its id, or whose stream it stands in."""
        said = (v for v in vars(entry.event.data).values() if isinstance(v, str))
        named = dict.fromkeys((entry.event.envelope.stream, *said))
        return [(s, id) for s in SECTIONS for id in named if id in getattr(self.state, s)]

    @staticmethod
    def _with_notices(data: Any) -> list[Key]:
        said = vars(data)
        return [(section, said[name]) for section, name in WITH_NOTICES if said.get(name)]


def fold(case: str, entries: Iterable[Entry]) -> CaseState:
    """The case after `entries`, which are in order and each counted once."""
    folding = Folding(CaseState(case))
    for entry in entries:
        folding.apply(entry)
    return folding.state


def happening(entry: Entry) -> Happening:
    """Who, when and by which clause."""
    e = entry.event.envelope
    return Happening(e.id, e.time, e.recordedtime, e.agency, e.actor, e.clause)


def _concern(state: CaseState, concern: str) -> Concern:
    return state.concerns.setdefault(concern, Concern(concern))


def _matter(state: CaseState, stream: str) -> Matter:
    return state.matters.setdefault(stream, Matter(stream))


def _opened(state: CaseState, what: Happening, data: CaseOpened, stream: str) -> None:
    state.known, state.youth = True, state.youth or data.youth
    state.lead = state.lead or str(data.lead)
    matter = _matter(state, stream)
    matter.matter, matter.lead, matter.opened = str(data.matter), str(data.lead), what
    matter.concern = data.concern
    matter.agencies.setdefault(str(data.lead), "lead")
    state.agencies.setdefault(str(data.lead), Participant(str(data.lead), "lead", what))


def _joined(state: CaseState, what: Happening, data: AgencyJoined, stream: str) -> None:
    part = state.agencies.setdefault(str(data.agency), Participant(str(data.agency)))
    part.relation, part.joined, part.left, part.left_reason = data.relation, what, None, None
    _matter(state, stream).agencies[str(data.agency)] = data.relation


def _left(state: CaseState, what: Happening, data: AgencyLeft, stream: str) -> None:
    part = state.agencies.setdefault(str(data.agency), Participant(str(data.agency)))
    matter = _matter(state, stream)
    matter.agencies.pop(str(data.agency), None)
    matter.workers = {worker: of for worker, of in matter.workers.items() if of != data.agency}
    if not any(str(data.agency) in m.agencies for m in state.matters.values()):
        part.left, part.left_reason = what, data.reason


def _worker(state: CaseState, what: Happening, data: WorkerAssigned, stream: str) -> None:
    state.workers[data.worker] = Worker(data.worker, str(data.agency), str(data.role), what)
    _matter(state, stream).workers[data.worker] = str(data.agency)


def _reported(state: CaseState, what: Happening, data: ConcernReported, _: str) -> None:
    concern = _concern(state, data.concern)
    concern.status = "reported" if concern.status == "unknown" else concern.status
    concern.reported, concern.reported_by = what, str(data.reported_by)
    concern.immediate_danger, concern.exploitation_kind = str(data.immediate_danger), data.exploitation_kind
    concern.signs, concern.age_years, concern.known_since = data.signs, data.age_years, data.known_since
    # By when things happened the call may stand before the report, which need not say it again.
    concern.called_at = data.called_at or concern.called_at
    concern.called_line = str(data.called_line) if data.called_line else concern.called_line
    concern.flags, concern.sealed = (*data.flags, *concern.flags), sealed_of(concern.sealed, data)


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
    concern = _concern(state, data.concern)
    concern.status, concern.case = "attached", data.case


def _linked(state: CaseState, what: Happening, data: ConcernLinked, stream: str) -> None:
    concern = _concern(state, data.concern)
    concern.status, concern.linked, concern.linked_version = "attached", what, data.concern_version
    concern.reported_by = concern.reported_by or str(data.reported_by)
    _matter(state, stream).concerns[data.concern] = str(data.reported_by)


def _place(where: list[Notice], data: Any) -> int:
    """Where the item's notice stands; a new one at the end if there is none yet."""
    for place in range(len(where) - 1, -1, -1):
        if where[place].item == data.item:
            return place
    where.append(Notice(data.item, data.recipient, data.rule, data.event))
    return len(where) - 1


def _notified(where: list[Notice], what: Happening, data: NotificationDelivered) -> None:
    place = _place(where, data)
    delivered = where[place].delivered or what
    where[place] = replace(where[place], tier=str(data.tier), channel=data.channel, delivered=delivered)


def _acknowledged(where: list[Notice], what: Happening, data: NotificationAcknowledged) -> None:
    place = _place(where, data)
    where[place] = replace(where[place], acknowledged=where[place].acknowledged or what)


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
    **fold_screening.ON,
    **fold_act.ON,
    RecordRead: _read,
    RecordDenied: _denied,
    CommandRefused: _refused,
    SubmissionRefused: _refused,
}

#: Who was told of an event, and who has it in hand; the first argument is where that event's notices stand.
TELLING: Mapping[type, Callable[[list[Notice], Happening, Any], None]] = {
    NotificationDelivered: _notified,
    NotificationAcknowledged: _acknowledged,
}

#: Known types that say nothing of a case's state; what is due is worked out from the events themselves.
SILENT: frozenset[type] = frozenset(
    {
        DeadletterRecorded,
        DutyWaived,
        DutyTolled,
        DutyConfirmedNotDone,
        DutyEnteredInError,
        RoleAssigned,
        RoleEnded,
        CoverArranged,
        CoverEnded,
        DutyOpened,
        DutyWarned,
        DutyMet,
        DutyUnanswered,
        DutyEscalated,
        DutyChanged,
        SessionBegun,
        SessionEnded,
        MouProposed,
        MouCommented,
        MouCommentAnswered,
        MouSigned,
        MouAdopted,
        MouSuperseded,
        SubmissionReceipted,
        SubmissionUnreadable,
        EvidenceMade,
        EvidenceOpened,
    }
)
