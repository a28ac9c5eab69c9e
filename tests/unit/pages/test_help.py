"""Help has something for everybody who can sign in, and says first what is theirs."""

from __future__ import annotations

import pytest

from services.referrals.pages.help import GUIDES, guides
from shared.events.names import Agency, Purpose, Role
from shared.web.callers import Caller
from shared.web.site.visitor import Visitor

PEOPLE = sorted(set(Role) - {Role.SYSTEM})


def visitor(*roles: Role) -> Visitor:
    return Visitor(Caller("someone", Agency.COUNTY, frozenset(roles), Purpose.COORDINATE), "a session")


@pytest.mark.parametrize("role", PEOPLE)
def test_each_role_has_one_guide(role: Role) -> None:
    own, others = guides(visitor(role))
    assert [role in guide.roles for guide in own] == [True]
    assert len(others) == len(GUIDES) - 1


def test_who_holds_two_roles_is_given_both() -> None:
    own, _ = guides(visitor(Role.SCREENER, Role.OPERATOR))
    assert len(own) == 2


def test_who_has_not_signed_in_is_given_all() -> None:
    assert guides(None) == ([], list(GUIDES))
