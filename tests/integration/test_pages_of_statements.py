"""The pages on which something is said of a duty, on a real PostgreSQL, under Alder County's memorandum."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.integration.casework_made import casework, said

pytestmark = pytest.mark.platform
RULE = "written-report-sent"
SAYS = "The written report is sent within 36 hours"


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with casework(infra, tmp_path_factory.mktemp("saying")) as made:
        yield made


@pytest.fixture
def case(here):
    return here.county.case(here.county.concern())


def state(here, case, rule=RULE):
    items = here.county.get(f"/v1/cases/{case}/duties", "worker").json()["items"]
    return next(one for one in items if one["rule"] == rule)["state"]


def ways(here, case, person, slug, language="en"):
    """Where the case's page leads to say this, in its order."""
    html = here.person(person, language).get(f"/cases/{case}").text
    return re.findall(rf'href="(/cases/[0-9a-f-]+/(?:duties|statements)/[0-9a-f-]+/{slug})"', html)


def way(here, case, person, slug, rule=RULE):
    """The one of them that is about this duty."""
    [says] = {one["says"] for one in due(here, case) if one["rule"] == rule}
    for path in ways(here, case, person, slug):
        if says in said(here.person(person).get(path)):
            return path
    raise AssertionError(f"no way to {slug} of {rule}")


def due(here, case):
    return here.county.get(f"/v1/cases/{case}/duties", "worker").json()["items"]


def local(**how):
    zone = ZoneInfo("America/Los_Angeles")
    return (datetime.now(UTC) + timedelta(**how)).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


class TestWhoIsOfferedWhat:
    def test_a_coordinator_may_waive_stop_the_clock_and_say_that_it_was_not_done(self, here, case):
        assert all(ways(here, case, "coordinator", slug) for slug in ("waive", "toll", "not-done"))

    def test_who_works_on_the_case_may_say_only_that_it_was_not_done(self, here, case):
        assert ways(here, case, "worker", "not-done")
        assert not ways(here, case, "worker", "waive") + ways(here, case, "worker", "toll")

    def test_no_address_tells_what_is_due(self, here, case):
        paths = ways(here, case, "coordinator", "waive")
        assert not [one for one in due(here, case) if any(one["rule"] in path for path in paths)]

    def test_the_form_is_not_shown_to_who_may_not_send_it(self, here, case):
        [path, *_] = ways(here, case, "coordinator", "waive")
        assert here.person("worker").get(path).status_code == 403

    def test_of_a_case_that_is_not_ones_own_there_is_none(self, here, case):
        [path, *_] = ways(here, case, "coordinator", "waive")
        assert here.person("shelter").get(path).status_code == 404

    def test_of_a_duty_of_another_case_there_is_none(self, here, case):
        [path, *_] = ways(here, case, "coordinator", "waive")
        other = here.county.case()
        assert here.person("coordinator").get(path.replace(case, other)).status_code == 404


class TestWaiving:
    def test_says_on_what_it_rests_and_the_case_says_so_afterwards(self, here, case):
        person, path = here.person("coordinator"), way(here, case, "coordinator", "waive")
        answer = person.send(path, authority="court-order", reason="ordered")
        page = person.follow(answer)
        assert state(here, case) == "waived"
        words = said(page)
        assert words.startswith("Waived")
        assert "An order of the juvenile court : The court ordered it".replace(" :", ":") in words

    def test_in_spanish(self, here, case):
        [path, *_] = ways(here, case, "coordinator", "waive", "es")
        words = said(here.person("coordinator", "es").get(path))
        assert "Eximir de ella" in words
        assert "Una orden del tribunal de menores" in words

    def test_with_nothing_chosen_it_comes_back_with_both_fields_named(self, here, case):
        answer = here.person("coordinator").send(way(here, case, "coordinator", "waive"))
        assert answer.status_code == 422
        assert "Choose on what it rests." in said(answer)
        assert "Choose a reason." in said(answer)
        assert state(here, case) == "open"

    def test_an_authority_that_was_not_offered_is_refused_at_its_field(self, here, case):
        path = way(here, case, "coordinator", "waive")
        answer = here.person("coordinator").send(path, authority="supervisor", reason="ordered")
        assert answer.status_code == 422
        assert "Choose on what it rests." in said(answer)

    def test_a_time_that_is_none_comes_back_as_it_was_typed(self, here, case):
        path = way(here, case, "coordinator", "waive")
        typed = {"authority": "court-order", "reason": "ordered", "time": "yesterday"}
        answer = here.person("coordinator").send(path, **typed)
        assert answer.status_code == 422
        assert 'value="yesterday"' in answer.text

    def test_a_form_that_comes_twice_waives_once(self, here, case):
        person, path = here.person("coordinator"), way(here, case, "coordinator", "waive")
        fields = {**person.form(path, path), "authority": "court-order", "reason": "ordered"}
        first, second = person.post(path, fields), person.post(path, fields)
        assert (first.status_code, second.status_code) == (303, 303)
        assert len(here.county.events(kind="duty.waived", case=case)) == 1

    def test_an_old_form_comes_back_since_the_case_moved_on(self, here, case):
        person, path = here.person("coordinator"), way(here, case, "coordinator", "waive")
        fields = {**person.form(path, path), "authority": "court-order", "reason": "ordered"}
        body = {"agency": "probation", "matter": "dependency"}
        etag = here.county.etag(f"/v1/cases/{case}", "worker")
        assert here.county.post(f"/v1/cases/{case}/agencies", body, "worker", etag=etag).status_code == 200
        answer = person.post(path, fields)
        assert answer.status_code == 412
        assert "This changed while you had it open" in said(answer)
        assert state(here, case) == "open"


class TestTheRest:
    def test_a_clock_is_stopped_from_and_until_a_time_that_is_typed(self, here, case):
        person, path = here.person("coordinator"), way(here, case, "coordinator", "toll")
        span = {"begins": local(), "until": local(hours=4)}
        page = person.follow(person.send(path, authority="court-order", **span))
        assert "Its clock stands still" in said(page)
        assert state(here, case) == "tolled"

    def test_an_end_before_the_beginning_is_said_at_its_field(self, here, case):
        path = way(here, case, "coordinator", "toll")
        span = {"begins": local(), "until": local(hours=-4)}
        answer = here.person("coordinator").send(path, authority="court-order", **span)
        assert answer.status_code == 422
        assert "It has to end after it begins." in said(answer)

    def test_that_it_was_not_done_is_one_press_and_can_be_marked_as_wrong(self, here, case):
        person, path = here.person("worker"), way(here, case, "worker", "not-done")
        page = person.follow(person.send(path))
        assert said(page).startswith("It is recorded that it was not done")
        assert state(here, case) == "confirmed-not-done"
        [wrong] = ways(here, case, "worker", "wrong")
        page = person.follow(person.send(wrong, reason="wrong-entry"))
        assert said(page).startswith("It is marked as wrong")
        assert state(here, case) == "open"
        assert "Recorded by mistake" in said(page)
        assert person.get(wrong).status_code == 404

    def test_every_way_of_saying_it_has_words_for_its_labels(self, here):
        from services.referrals.pages.saying import KINDS, LABELS
        from shared.mou.duties.happenings import STATEMENTS
        from tests.mou.alder import MOU

        assert set(KINDS) == STATEMENTS
        assert {one.label for one in (*MOU.authorities, *MOU.waiver_reasons)} == set(LABELS)
