from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events.names import Agency, Purpose, Role
from shared.web import cursors
from shared.web.callers import Caller
from shared.web.preconditions import etag, names
from shared.web.problems import Problem

SECRET = bytes(range(32))
CALLER = Caller("c1a7f2d4-93f5-4c0b-8a4e-2f7f4be0a9c2", Agency.SHERIFF, frozenset({Role.SYSTEM}))
INBOUND = {"queue": "inbound", "status": "requested"}


class TestAnEtag:
    def test_is_the_same_for_the_same_viewer_and_sight(self):
        one = etag(SECRET, Agency.SHERIFF, [Role.DEPUTY, Role.SYSTEM], b"{}")
        assert one == etag(SECRET, Agency.SHERIFF, [Role.SYSTEM, Role.DEPUTY], b"{}")
        assert one.startswith('"')
        assert one.endswith('"')

    def test_is_another_for_another_viewer_role_sight_or_service(self):
        tags = {
            etag(SECRET, Agency.SHERIFF, [Role.DEPUTY], b"{}"),
            etag(SECRET, Agency.PROBATION, [Role.DEPUTY], b"{}"),
            etag(SECRET, Agency.SHERIFF, [Role.SYSTEM], b"{}"),
            etag(SECRET, Agency.SHERIFF, [], b"{}"),
            etag(SECRET, Agency.SHERIFF, [Role.DEPUTY], b"[]"),
            etag(bytes(32), Agency.SHERIFF, [Role.DEPUTY], b"{}"),
        }
        assert len(tags) == 6

    @pytest.mark.parametrize("given", ['"now"', '"old", "now"', ' "now" ', 'W/"x","now"'])
    def test_matches_when_it_is_named(self, given):
        assert names(given, '"now"')

    @pytest.mark.parametrize("given", ['"old"', 'W/"now"', "now", "", '"now', '"no" "w"', '""'])
    def test_does_not_match_otherwise(self, given):
        assert not names(given, '"now"')


class TestACursor:
    def test_leads_back_to_its_position(self):
        cursor = cursors.encode(SECRET, CALLER, INBOUND, [17, "a"])
        assert cursors.decode(SECRET, CALLER, dict(reversed(INBOUND.items())), cursor) == [17, "a"]

    def test_tells_nothing_of_its_position(self):
        assert cursors.encode(SECRET, CALLER, {}, 1) != cursors.encode(SECRET, CALLER, {}, 1)

    @pytest.mark.parametrize(
        ("caller", "filter", "secret"),
        [
            (Caller("0be7d4c6-5f19-4a82-bd60-f8a3729e1c57", Agency.SHERIFF, CALLER.roles), INBOUND, SECRET),
            (Caller(CALLER.person, Agency.PROBATION, CALLER.roles), INBOUND, SECRET),
            (Caller(CALLER.person, Agency.SHERIFF, CALLER.roles, Purpose.AUDIT), INBOUND, SECRET),
            (CALLER, {"queue": "outbound", "status": "requested"}, SECRET),
            (CALLER, {}, SECRET),
            (CALLER, INBOUND, bytes(32)),
        ],
        ids=[
            "another person",
            "another agency",
            "another purpose",
            "another filter",
            "no filter",
            "another service",
        ],
    )
    def test_is_refused_to_any_other(self, caller, filter, secret):
        cursor = cursors.encode(SECRET, CALLER, INBOUND, 17)
        with pytest.raises(Problem) as caught:
            cursors.decode(secret, caller, filter, cursor)
        assert (caught.value.slug, caught.value.status) == ("cursor-invalid", 422)

    @given(st.text(max_size=200))
    def test_that_is_made_up_is_refused(self, cursor):
        with pytest.raises(Problem) as caught:
            cursors.decode(SECRET, CALLER, INBOUND, cursor)
        assert caught.value.slug == "cursor-invalid"

    def test_is_refused_with_any_byte_changed(self):
        cursor = cursors.encode(SECRET, CALLER, INBOUND, 17)
        for index, letter in enumerate(cursor[:-1]):
            altered = cursor[:index] + ("A" if letter != "A" else "B") + cursor[index + 1 :]
            with pytest.raises(Problem):
                cursors.decode(SECRET, CALLER, INBOUND, altered)
