"""A case as its events made it. Built by `fold`, shown by the API; holds no identifying fact."""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.events.moments import Moment


@dataclass(frozen=True, slots=True)
class Happening:
    """When something happened, when it was recorded, who stated it, and the event that says so."""

    event: str
    happened: Moment
    recorded: Moment
    agency: str
    actor: str
    clause: str


@dataclass(frozen=True, slots=True)
class Notice:
    """One item in one recipient's feed, and who had it in hand first."""

    item: str
    recipient: str
    rule: str
    event: str
    tier: str | None = None
    channel: str | None = None
    delivered: Happening | None = None
    acknowledged: Happening | None = None


@dataclass(slots=True)
class Matter:
    """One matter of the case: dependency, delinquency or none; and who and what belongs to it now.

    `agencies` is agency -> relation of those that take part and have not left, `workers` person -> agency,
    `concerns` concern -> the agency that reported it.
    """

    stream: str
    matter: str | None = None
    lead: str | None = None
    opened: Happening | None = None
    concern: str | None = None
    agencies: dict[str, str] = field(default_factory=dict)
    workers: dict[str, str] = field(default_factory=dict)
    concerns: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Participant:
    """An agency's part in the case: in any of its matters; it left when it left the last of them. What it knew when
    it left, it knew."""

    agency: str
    relation: str | None = None
    joined: Happening | None = None
    left: Happening | None = None
    left_reason: str | None = None


@dataclass(slots=True)
class Worker:
    """A person (a random id) whom an agency named for the case."""

    worker: str
    agency: str
    role: str
    assigned: Happening


@dataclass(slots=True)
class Concern:
    """A concern that the case took in."""

    concern: str
    status: str = "unknown"
    case: str | None = None
    reported_by: str | None = None
    immediate_danger: str | None = None
    exploitation_kind: str | None = None
    signs: tuple[str, ...] = ()
    age_years: int | None = None
    known_since: Moment | None = None
    called_at: Moment | None = None
    called_line: str | None = None
    flags: tuple[str, ...] = ()
    evaluated_out_reason: str | None = None
    reported: Happening | None = None
    linked: Happening | None = None
    linked_version: int | None = None
    sealed: tuple[str, ...] = ()
    notices: list[Notice] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Correction:
    """An entry that counts no longer: which, what it was, how it was taken back, why, and by whom."""

    entry: str
    act: str | None
    how: str
    reason: str | None
    corrected: Happening


@dataclass(slots=True)
class Screening:
    """The band that a tool gave. `corrected`: it was entered in error."""

    screening: str
    stream: str | None = None
    agency: str | None = None
    tool: str | None = None
    tool_version: str | None = None
    band: str | None = None
    trigger: str | None = None
    screened_at: Moment | None = None
    flags: tuple[str, ...] = ()
    recorded: Happening | None = None
    corrected: Happening | None = None
    reason: str | None = None


@dataclass(slots=True)
class Act:
    """An act that was done outside Accord, as it was recorded. `corrected`: the record was entered in error."""

    record: str
    stream: str | None = None
    concern: str | None = None
    agency: str | None = None
    act: str | None = None
    to: str | None = None
    method: str | None = None
    about: str | None = None
    done_at: Moment | None = None
    flags: tuple[str, ...] = ()
    recorded: Happening | None = None
    corrected: Happening | None = None
    reason: str | None = None
    sealed: tuple[str, ...] = ()


@dataclass(slots=True)
class Referral:
    """A referral, from request to outcome.

    `missing` are the codes of the questions that have no answer; `called_at` to `result` tell the last call.
    """

    referral: str
    status: str = "unknown"
    stream: str | None = None
    matter: str | None = None
    sender: str | None = None
    recipient: str | None = None
    kind: str | None = None
    needs: tuple[str, ...] = ()
    urgency: str | None = None
    respond_by: Moment | None = None
    youth_choice: str | None = None
    requested: Happening | None = None
    received: Happening | None = None
    answered: Happening | None = None
    reason: str | None = None
    alternatives: tuple[str, ...] = ()
    worker: str | None = None
    first_contact_by: Moment | None = None
    to_worker: str | None = None
    outside: str | None = None
    follows: str | None = None
    forwarded_to: tuple[str, ...] = ()
    started: Happening | None = None
    held: Happening | None = None
    held_until: Moment | None = None
    ended: Happening | None = None
    outcome: str | None = None
    attempts: int | None = None
    missing: tuple[str, ...] = ()
    asked: Happening | None = None
    told: Happening | None = None
    questions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    called_at: Moment | None = None
    called_by: str | None = None
    result: str | None = None
    flags: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    sealed: tuple[str, ...] = ()
    notices: list[Notice] = field(default_factory=list)


@dataclass(slots=True)
class Unhandled:
    """An event of a type or version not known here: kept, and shown as such."""

    event: str
    type: str
    recorded: Moment


@dataclass(slots=True)
class CaseState:
    """The whole case, as of some moment. `known` is False before its first event."""

    case: str
    known: bool = False
    youth: str | None = None
    lead: str | None = None
    matters: dict[str, Matter] = field(default_factory=dict)
    agencies: dict[str, Participant] = field(default_factory=dict)
    workers: dict[str, Worker] = field(default_factory=dict)
    concerns: dict[str, Concern] = field(default_factory=dict)
    referrals: dict[str, Referral] = field(default_factory=dict)
    screenings: dict[str, Screening] = field(default_factory=dict)
    acts: dict[str, Act] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    reads: int = 0
    denials: int = 0
    refusals: int = 0
    unhandled: list[Unhandled] = field(default_factory=list)
    last: Happening | None = None
