"""The answers of audit's API. Both kinds say how far they reach: positions, `complete_until`, gaps."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from services.audit.domain import words
from services.audit.domain.entry import Axis, Entry
from services.audit.domain.state import (
    Act,
    CaseState,
    Concern,
    Happening,
    Matter,
    Notice,
    Participant,
    Referral,
    Screening,
    Unhandled,
    Worker,
)
from shared.events import Unhandled as UnhandledFacts
from shared.events.moments import Moment


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Position(_Answer):
    """The last record of a topic partition in the ledger."""

    topic: str
    partition: int
    sequence: int
    offset: int


class Reach(_Answer):
    """What an answer covers.

    `as_of` is the moment it is told for; `complete` says that nothing recorded up to then is missing, as far as
    the services have said (`complete_until`); on the axis of what happened it is never true, since a fact of that
    time may still be recorded. `events` is how many events of the case lie within the cut.
    """

    case: str
    axis: Literal["recorded", "happened"]
    as_of: Moment | None
    as_of_event: str | None
    complete_until: Moment | None
    complete: bool
    mouversion: str | None
    events: int
    statement: str
    gaps: list[str]
    positions: list[Position]


class HistoryEntry(_Answer):
    """One event of the case. `codes` are its coded facts; `sealed` names classes that are not opened here."""

    event: str
    type: str
    handled: bool
    sentence: str
    happened: Moment
    recorded: Moment
    late: bool
    agency: str
    actor: str
    source: str
    purpose: str
    clause: str
    mouversion: str
    codes: dict[str, Any]
    sealed: list[str]
    stream: str
    streamversion: int
    topic: str
    partition: int
    sequence: int
    offset: int


class HistoryAnswer(Reach):
    """The events of a case, in order; `next` is the cursor of the next page, if there is one."""

    entries: list[HistoryEntry]
    next: str | None = None


class CaseView(_Answer):
    """The case as its events made it. Ids are random; nothing here identifies anybody."""

    known: bool
    youth: str | None
    lead: str | None
    matters: list[Matter]
    agencies: list[Participant]
    workers: list[Worker]
    concerns: list[Concern]
    referrals: list[Referral]
    screenings: list[Screening]
    acts: list[Act]
    notices: list[Notice]
    reads: int
    denials: int
    refusals: int
    unhandled: list[Unhandled]
    last: Happening | None


class StateAnswer(Reach):
    """The state of a case as of the cut."""

    state: CaseView


class PositionsAnswer(_Answer):
    """How far the ledger reaches."""

    complete_until: Moment | None
    positions: list[Position]


class FindingView(_Answer):
    """Something in the log of record that should not be there, or is missing."""

    id: int
    kind: str
    topic: str
    partition: int
    generation: int
    offset: int
    sequence: int | None
    detail: str
    found: Moment


class FindingsAnswer(_Answer):
    """Findings, oldest first; `next` is the id to go on behind."""

    findings: list[FindingView]
    next: int | None


def history_entry(entry: Entry) -> HistoryEntry:
    """One event, told."""
    e = entry.event.envelope
    return HistoryEntry(
        event=e.id,
        type=e.type,
        handled=not isinstance(entry.event.data, UnhandledFacts),
        sentence=words.sentence(entry.event),
        happened=e.time,
        recorded=e.recordedtime,
        late=entry.late,
        agency=e.agency,
        actor=e.actor,
        source=e.source,
        purpose=e.purpose,
        clause=e.clause,
        mouversion=e.mouversion,
        codes=words.codes(entry.event),
        sealed=list(words.sealed_classes(entry.event)),
        stream=e.stream,
        streamversion=entry.event.version,
        topic=entry.topic,
        partition=entry.partition,
        sequence=entry.sequence,
        offset=entry.offset,
    )


def case_view(state: CaseState) -> CaseView:
    """The state, with lists for its tables."""
    return CaseView(
        known=state.known,
        youth=state.youth,
        lead=state.lead,
        matters=list(state.matters.values()),
        agencies=list(state.agencies.values()),
        workers=list(state.workers.values()),
        concerns=list(state.concerns.values()),
        referrals=list(state.referrals.values()),
        screenings=list(state.screenings.values()),
        acts=list(state.acts.values()),
        notices=state.notices,
        reads=state.reads,
        denials=state.denials,
        refusals=state.refusals,
        unhandled=state.unhandled,
        last=state.last,
    )


def axis_name(axis: Axis) -> Literal["recorded", "happened"]:
    """The axis as the answer says it."""
    return "recorded" if axis is Axis.RECORDED else "happened"
