"""How long a session goes on, and which roles a sign-in gives and ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.referrals.domain.sessions import NOT_NAMED, Over, Roles, Session, over, roles_of
from shared.events import Draft, Recorded, read
from shared.events.names import Agency, Role, events_topic
from shared.events.types.role import RoleAssigned, RoleEnded

T0 = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
IDLE = timedelta(minutes=15)
HELD = frozenset({"advocate"})
PERSON = str(uuid4())


def session(seen: timedelta = timedelta()) -> Session:
    return Session(str(uuid4()), PERSON, "advocacy", HELD, T0, T0 + seen, "en", False)


class TestASession:
    def test_goes_on_until_the_last_moment_of_its_idle_time(self):
        assert over(session(), T0 + IDLE - timedelta(microseconds=1), IDLE, HELD) is None

    def test_is_over_exactly_when_its_idle_time_is(self):
        assert over(session(), T0 + IDLE, IDLE, HELD) == Over(T0 + IDLE, "idle")

    def test_is_over_since_it_locked_however_late_that_is_found(self):
        assert over(session(), T0 + timedelta(days=3), IDLE, HELD) == Over(T0 + IDLE, "idle")

    def test_of_somebody_who_never_rests_is_over_after_twelve_hours(self):
        busy = session(seen=timedelta(hours=11, minutes=59))
        assert over(busy, T0 + timedelta(hours=12), IDLE, HELD) == Over(T0 + timedelta(hours=12), "absolute")
        assert over(busy, T0 + timedelta(hours=11, minutes=59, seconds=59), IDLE, HELD) is None

    @pytest.mark.parametrize("held", [frozenset(), frozenset({"supervisor"})])
    def test_is_over_when_its_person_no_longer_holds_its_roles(self, held):
        assert over(session(), T0, IDLE, held) == Over(T0, "roles-ended")

    def test_goes_on_when_its_person_gets_a_further_role(self):
        assert over(session(), T0, IDLE, HELD | {"supervisor"}) is None


def stated(*facts: RoleAssigned | RoleEnded) -> list[Recorded]:
    return [read(_draft(fact).seal_bytes(T0, n)) for n, fact in enumerate(facts, start=1)]


def _draft(fact: RoleAssigned | RoleEnded) -> Draft:
    said = {"commandid": str(uuid4()), "correlationid": str(uuid4()), "actor": PERSON, "agency": fact.agency}
    return Draft(
        id=uuid4(),
        topic=events_topic("referrals"),
        source=f"/agencies/{fact.agency}",
        subject=UUID(PERSON),
        time=T0,
        stream=uuid4(),
        purpose="coordinate",
        mouversion="none",
        clause="2.2",
        data=fact,
        **said,
    )


def given(role: Role = Role.ADVOCATE, agency: Agency = Agency.ADVOCACY) -> RoleAssigned:
    return RoleAssigned(person=PERSON, agency=agency, role=role)


def ended(reason: str, role: Role = Role.ADVOCATE) -> RoleEnded:
    return RoleEnded(person=PERSON, agency=Agency.ADVOCACY, role=role, reason=reason)


class TestRoles:
    def test_are_those_given_and_not_ended_at_this_agency(self):
        events = stated(given(), given(Role.SUPERVISOR), ended(NOT_NAMED), given(agency=Agency.SHELTER))
        assert roles_of(events, "advocacy") == Roles(frozenset({"supervisor"}))
        assert roles_of(events, "shelter") == Roles(frozenset({"advocate"}))

    def test_that_the_token_names_are_given_once(self):
        assert Roles(HELD).with_token(frozenset({"advocate", "supervisor"})) == ({"supervisor"}, frozenset())

    def test_that_the_token_no_longer_names_end_and_come_back_with_it(self):
        assert Roles(HELD).with_token(frozenset()) == (frozenset(), HELD)
        gone = roles_of(stated(given(), ended(NOT_NAMED)), "advocacy")
        assert gone.with_token(HELD) == (HELD, frozenset())

    def test_that_the_administrator_ended_come_back_by_the_administrator_only(self):
        gone = roles_of(stated(given(), ended("left-the-agency")), "advocacy")
        assert gone == Roles(frozenset(), HELD)
        assert gone.with_token(HELD) == (frozenset(), frozenset())
        again = roles_of(stated(given(), ended("left-the-agency"), given()), "advocacy")
        assert again == Roles(HELD)
