"""Where a recorded time stands in a part is known before the append knows the time itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from services.referrals.application.recording import fold
from services.referrals.domain import screenings
from services.referrals.domain.commands import RecordScreening, UndoReferral
from services.referrals.domain.evolve import evolve, moments_of, part_of
from services.referrals.domain.parts import Matter
from tests.unit.referrals.made import (
    ADVOCATE,
    DOES,
    NOW,
    PATHS,
    REFERRAL_ACTS,
    SCREENER,
    Log,
    a_referral,
    at,
    draft_of,
)

LATER = timedelta(days=400)


def leaves(value, place=()):
    """Every value in a JSON tree, by its place."""
    inner = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    )
    if inner is None:
        yield place, value
    else:
        for name, one in inner:
            yield from leaves(one, (*place, str(name)))


def shown(part):
    return dict(leaves(part.model_dump(mode="json")))


def a_life(status):
    """A referral in this status, with a screening in its case and, if there is any, its last entry taken back."""
    log = Log()
    referral, matter = a_referral(status, log)
    screened = RecordScreening(tool="cse-it", tool_version="2.0", band="clear-concern")
    log.append(screenings.record(matter, screened, at(SCREENER)), SCREENER)
    if PATHS[status]:
        by = DOES.get(f"{PATHS[status][-1]}-referral") or DOES.get(PATHS[status][-1]) or ADVOCATE
        undo = REFERRAL_ACTS["undo-referral"]
        log.append(undo(log.parts[referral.id], log.one(Matter), UndoReferral(), at(by)), by)
    return log


@pytest.mark.parametrize("status", PATHS)
def test_what_is_named_is_what_changes_with_the_time_and_nothing_else(status):
    parts = {}
    for event in a_life(status).events:
        place = part_of(event)
        later = event.envelope.recordedtime + LATER
        other = replace(event, envelope=event.envelope.model_copy(update={"recordedtime": later}))
        one, another = (evolve(parts.get(place[1]), e) for e in (event, other))
        before, after = shown(one), shown(another)
        moved = {where for where, value in before.items() if after[where] != value}
        assert moved == {("changed",), *moments_of(one, event)}
        parts[place[1]] = one


def test_a_command_of_several_events_names_for_each_place_the_event_whose_time_stands_there():
    log = Log()
    _, matter = a_referral("accepted", log)
    body = RecordScreening(tool="cse-it", band="no-concern")
    facts = [f for _ in range(2) for f in screenings.record(log.one(Matter), body, at(SCREENER))]
    command = str(uuid4())
    drafts = [draft_of(fact, "human-services", SCREENER.person, command) for fact in facts]
    [became] = fold([matter], drafts, NOW)
    wanted = {("screenings", fact.data.screening, "recorded_at"): n for n, fact in enumerate(facts, start=1)}
    assert became.stamps == wanted
    assert became.event == 2
