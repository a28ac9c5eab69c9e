"""What is due in a case or on a concern, as its viewer may see it: worked out anew from events each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.referrals.application import repository as repo
from services.referrals.application.things import Things
from services.referrals.application.views import Viewer, matters_known, may_know, may_see
from services.referrals.domain.deciding import NO_MOU, case_facts, concern_facts
from services.referrals.domain.duties import Owed, Said
from services.referrals.domain.parts import Concern, Matter, Referral
from shared.events import Recorded, read
from shared.events.types.act import ActRecorded
from shared.events.types.duty import DutyEnteredInError
from shared.events.types.screening import ScreeningRecorded
from shared.mou.document import Mou
from shared.mou.duties.happenings import STATEMENTS, Happening
from shared.mou.duties.obligations import obligations
from shared.mou.duties.rules import Per
from shared.mou.duties.states import Duty
from shared.mou.vocabulary import Act, Target


@dataclass(frozen=True)
class Standing:
    """The duties that a viewer may see, the earliest opened first, and what was said of them, as recorded."""

    owed: Sequence[Owed] = ()
    said: Sequence[Said] = ()


@dataclass(frozen=True)
class _Case:
    """A case with its concerns, or a concern: all that duties are worked out from. `known` are the matters that the
    viewer may know of; on a concern that was attached, its matter bears on its duties even where it is not one."""

    matters: Sequence[Matter]
    known: Sequence[Matter]
    concerns: Mapping[str, Concern]
    referrals: Mapping[str, Referral]
    events: Mapping[str, Recorded]


def standing(
    connection: repo.Connection, shelf: repo.MouShelf, viewer: Viewer, things: Things, now: datetime
) -> Standing:
    """The duties of a case, or of a concern, that the viewer may see.

    A duty is shown to who may see what opened it. It keeps the rule of the version under which that was recorded;
    what was recorded before there was a memorandum counts under the first one. Blocks on the database.
    """
    mou = viewer.mou
    if mou is None:
        return Standing()
    found = _load(connection, viewer, things)
    history = [Happening.of(event.envelope) for event in found.events.values()]
    versions = {version: _version(connection, shelf, version, mou) for version in _versions(found)}
    duties = obligations(history, versions.__getitem__, now)
    owed = [
        Owed(duty, _who(duty, found), _stream(duty, found))
        for duty in duties
        if _sees(viewer, duty, found) and _is_about(things, duty, found)
    ]
    keys = frozenset[str]().union(*(one.keys for one in owed))
    return Standing(owed, [one for one in _statements(found) if one.duty in keys])


def with_duties(
    connection: repo.Connection, shelf: repo.MouShelf, viewer: Viewer, things: Things, now: datetime
) -> Things:
    """`things` with what the viewer may see of their duties. Blocks on the database."""
    found = standing(connection, shelf, viewer, things, now)
    return replace(
        things,
        owed={one.duty.key: one for one in found.owed},
        said={one.entry: one for one in found.said},
    )


def _version(connection: repo.Connection, shelf: repo.MouShelf, version: str, in_force: Mou) -> Mou:
    """What was recorded before there was a memorandum counts under the first one, as in every service."""
    found = shelf.first(connection) if version == NO_MOU else shelf.version(connection, version)
    return found or in_force


def _versions(case: _Case) -> set[str]:
    return {event.envelope.mouversion for event in case.events.values()}


def _load(connection: repo.Connection, viewer: Viewer, things: Things) -> _Case:
    concern, known = things.concern, matters_known(viewer, things)
    matters = known if concern is None else list(things.matters)
    concerns = repo.parts(connection, Concern, "id", [c for m in matters for c in m.concerns])
    concerns += [concern] if concern and concern.id not in {one.id for one in concerns} else []
    streams = [matter.stream for matter in matters]
    referrals = repo.parts(connection, Referral, "stream", streams)
    events = [read(value) for value in repo.events_of(connection, [*streams, *(c.stream for c in concerns)])]
    return _Case(
        matters,
        known,
        {one.id: one for one in concerns},
        {one.id: one for one in referrals},
        {event.envelope.id: event for event in events},
    )


def _is_about(things: Things, duty: Duty, case: _Case) -> bool:
    """Whether it is of what was asked: of the case everything, of a concern what names it and is not its case's."""
    if things.concern is None:
        return True
    event = case.events[duty.opened_by]
    named = (duty.matter, event.envelope.subject, getattr(event.data, "concern", None))
    return duty.rule.per is not Per.CASE and things.concern.id in named


def _stream(duty: Duty, case: _Case) -> str:
    """The stream of the matter that the duty stands in; of the concern while that belongs to no case."""
    stream = case.events[duty.opened_by].envelope.stream
    concern = next((one for one in case.concerns.values() if one.stream == stream), None)
    return (concern and concern.case_stream) or stream


def _statements(case: _Case) -> list[Said]:
    """What was said of duties, in the order in which it was recorded."""
    struck = {
        event.data.entry: (event.data.reason, event.envelope.recordedtime)
        for event in case.events.values()
        if isinstance(event.data, DutyEnteredInError)
    }
    return [
        _said(event, struck.get(event.envelope.id))
        for event in case.events.values()
        if event.envelope.type in STATEMENTS
    ]


def _said(event: Recorded, struck: tuple[str, datetime] | None) -> Said:
    envelope, data = event.envelope, event.data
    fields = ("authority", "reason", "begins", "until")
    return Said(
        entry=envelope.id,
        kind=envelope.type,
        duty=f"{getattr(data, 'rule', '')}:{getattr(data, 'opening', '')}",
        agency=envelope.agency,
        clause=envelope.clause,
        time=envelope.time,
        recorded_at=envelope.recordedtime,
        stream=envelope.stream,
        flags=getattr(data, "flags", ()),
        struck=struck[0] if struck else None,
        struck_at=struck[1] if struck else None,
        **{name: getattr(data, name, None) for name in fields},
    )


def _sees(viewer: Viewer, duty: Duty, case: _Case) -> bool:
    """Whether the viewer may see the event that opened the duty."""
    event = case.events[duty.opened_by]
    matter = next((m for m in case.known if m.stream == event.envelope.stream), None)
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
