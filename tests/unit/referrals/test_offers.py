"""What is offered is what would be taken, for everybody in every status."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.referrals.domain.commands import EnterReferralInError, ForwardReferral
from services.referrals.domain.life_cycle import ACTS
from services.referrals.domain.offers import askable_in, offers
from services.referrals.domain.parts import Matter, Referral
from shared.errors import Refusal
from shared.mou.facts import CallerFacts
from tests.mou.alder import MOU
from tests.unit.referrals.made import (
    ADVOCATE,
    BODIES,
    DEPUTY,
    NOW,
    OFFICER,
    PATHS,
    REFERRAL_ACTS,
    SCREENER,
    SHELTER,
    Log,
    a_referral,
    at,
)

PERSONS = {
    "screener": SCREENER,
    "advocate": ADVOCATE,
    "officer": OFFICER,
    "deputy": DEPUTY,
    "auditor": CallerFacts("county", frozenset({"auditor"}), "audit"),
    "administrator of the recipient": CallerFacts("advocacy", frozenset({"agency-admin"}), "coordinate"),
}
LATER = NOW + timedelta(hours=2)


def taken(referral: Referral, matter: Matter, act: str, caller: CallerFacts) -> bool:
    """Whether any form of the command would be taken."""
    bodies = [BODIES[act]]
    if act == "forward-referral":
        bodies = [ForwardReferral(recipient=p.agency, youth_choice="agrees") for p in MOU.parties]
    if act == "enter-referral-in-error":
        entries = (None, *(step.event for step in referral.steps))
        bodies = [EnterReferralInError(reason="wrong-entry", entry=entry) for entry in entries]
    return any(_one(referral, matter, act, body, caller) for body in bodies)


def _one(referral, matter, act, body, caller) -> bool:
    try:
        REFERRAL_ACTS[act](referral, matter, body, at(caller, LATER))
    except Refusal:
        return False
    return True


@pytest.mark.parametrize("who", PERSONS)
@pytest.mark.parametrize("status", PATHS)
def test_what_is_offered_is_what_would_be_taken(status: str, who: str) -> None:
    referral, matter = a_referral(status)
    caller = PERSONS[who]
    offered = set(offers(referral, matter, at(caller, LATER)).acts)
    assert offered == {
        act for act in ACTS if act != "request-referral" and taken(referral, matter, act, caller)
    }


def test_somebody_is_offered_something_in_every_status() -> None:
    for status in set(PATHS) - {"entered-in-error"}:
        referral, matter = a_referral(status)
        assert offers(referral, matter, at(SCREENER)).acts or offers(referral, matter, at(ADVOCATE)).acts


def test_a_persons_own_entry_is_offered_to_be_undone_for_ten_minutes() -> None:
    referral, matter = a_referral("accepted")
    [step] = referral.steps
    just = step.recorded + timedelta(minutes=10)
    assert "undo-referral" in offers(referral, matter, at(ADVOCATE, just)).acts
    assert "undo-referral" not in offers(referral, matter, at(ADVOCATE, just + timedelta(seconds=1))).acts
    assert "undo-referral" not in offers(referral, matter, at(SHELTER, just)).acts


def test_an_agency_may_mark_its_own_entries_and_the_sender_the_whole() -> None:
    referral, matter = a_referral("in-progress")
    mine = offers(referral, matter, at(ADVOCATE))
    theirs = offers(referral, matter, at(SCREENER))
    assert (mine.wrong, mine.all_wrong) == (tuple(step.event for step in referral.steps), False)
    assert (theirs.wrong, theirs.all_wrong) == ((), True)


def test_whom_one_may_ask_are_other_parties_that_take_referrals_and_the_list_outside() -> None:
    log = Log()
    _, matter = a_referral("requested", log)
    found = askable_in(matter, at(SCREENER))
    assert found.parties == tuple(p.agency for p in MOU.parties if p.inbound and p.agency != "human-services")
    assert found.outside == tuple(one.code for one in MOU.outside_agencies)
    assert not askable_in(matter, at(OFFICER))


def test_without_a_memorandum_nobody_may_be_asked_and_nothing_is_offered() -> None:
    referral, matter = a_referral("failed")
    assert not askable_in(matter, at(SCREENER, mou=None))
    assert offers(referral, matter, at(SCREENER, mou=None)).acts == ()
