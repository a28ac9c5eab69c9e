"""The worklist over HTTP, on real PostgreSQL: queues and their parts, filters with counts, pages."""

from __future__ import annotations

import re

import pytest

from services.referrals.application.worklists import Worklists, part_of_queue, sees_queue
from services.referrals.domain.parts import Referral
from shared.mou.facts import CallerFacts
from shared.web.site.codes import code_of
from tests.integration.refer_made import pagewise

pytestmark = pytest.mark.platform
IN, OUT = "/worklist?queue=inbound", "/worklist?queue=outbound"


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    """One referral of human services in each state, and two to the advocates that wait."""
    with pagewise(infra, tmp_path_factory.mktemp("worklist")) as made:
        case = made.county.case()
        made.ids = {
            name: made.county.referral(case, urgency="days")
            for name in ("requested", "in-progress", "rejected", "forwarded", "completed", "cancelled")
        }
        made.ids["hours"] = made.county.referral(case, kind="housing-emerg")
        made.act(made.ids["in-progress"], "accept", "advocate")
        made.act(made.ids["in-progress"], "start", "advocate")
        for name in ("rejected", "forwarded"):
            made.act(made.ids[name], "reject", "advocate", reason="no-capacity")
        again = {"recipient": "shelter", "youth_choice": "agrees", "urgency": "routine"}
        made.act(made.ids["forwarded"], "forward", "worker", status=201, **again)
        made.act(made.ids["completed"], "complete", "advocate", outcome="completed")
        made.act(made.ids["cancelled"], "cancel", "worker", reason="need-met")
        yield made


def codes(reader, path: str) -> list[str]:
    return re.findall(
        r'<th data-label="[^"]+" scope="row"><a class="accord-code" href="[^"]+">([^<]+)</a>',
        reader.get(path),
    )


def named(here, *names: str) -> list[str]:
    return [code_of("referral", here.ids[name]) for name in names]


class TestAQueue:
    def test_has_what_goes_on_asked_first_first(self, here):
        reader = here.reader("advocate")
        assert codes(reader, "/worklist") == named(here, "requested", "in-progress", "hours")
        assert codes(reader, f"{IN}&part=ended") == named(
            here, "rejected", "forwarded", "completed", "cancelled"
        )
        assert "Alder County Human Services" in reader.words

    def test_of_what_an_agency_asked_says_what_needs_another_agency(self, here):
        reader = here.reader("worker")
        assert codes(reader, f"{OUT}&part=again") == named(here, "rejected")
        assert "Needs another agency (1)" in reader.words
        assert codes(reader, f"{OUT}&part=ended") == named(here, "forwarded", "completed", "cancelled")
        assert "Needs another agency" not in here.reader("worker").get(IN)

    def test_says_the_state_in_words_and_how_an_answer_stands(self, here):
        reader = here.reader("advocate")
        reader.get("/worklist")
        assert "A safe place now" in reader.words
        assert "Answer is due in 2 hours" in reader.words
        assert "Answered" in reader.words
        reader.get(f"{IN}&part=ended")
        assert not any(word in reader.words.lower() for word in ("rejected", "failed"))

    def test_a_referral_that_left_the_way_is_where_the_domain_says(self, here):
        lists = Worklists(here.county.referrals.questions)
        viewer = lists.viewer(CallerFacts("human-services", frozenset({"social-worker"}), "coordinate"))
        counts = lists.count(viewer, "outbound")
        by_hand: dict[tuple[str, str, str], int] = {}
        for row in here.county.parts():
            if row[1] == "referral":
                one = Referral.model_validate(row[5])
                key = (part_of_queue("outbound", one), one.status.value, one.urgency)
                by_hand[key] = by_hand.get(key, 0) + 1
        assert counts == by_hand

    def test_counts_one_by_one_where_the_memorandum_does_not_open_the_whole_queue(self, here):
        lists = Worklists(here.county.referrals.questions)
        worker = lists.viewer(CallerFacts("human-services", frozenset({"social-worker"}), "coordinate"))
        admin = lists.viewer(CallerFacts("human-services", frozenset({"agency-admin"}), "coordinate"))
        assert sees_queue(worker, "outbound")
        assert not sees_queue(admin, "outbound")
        assert lists.count(admin, "outbound") == {}

    def test_that_is_empty_says_so(self, here):
        reader = here.reader("officer")
        reader.get("/worklist")
        assert "Nothing is open here." in reader.words
        reader.get(f"{OUT}&part=again")
        assert "Nobody needs another agency." in reader.words

    @pytest.mark.parametrize("who", ["auditor", "officer"])
    def test_shows_others_nothing_of_it(self, here, who):
        reader = here.reader(who)
        for path in (IN, OUT, f"{OUT}&part=ended"):
            assert codes(reader, path) == []
            assert not re.search(r"\([1-9]", reader.words)

    def test_of_an_agency_outside_stands_with_who_answers_for_it(self, here):
        body = {"recipient": None, "outside": "regional-center", "kind": "reg-center", "urgency": "routine"}
        referral = here.county.referral(here.county.case(), **body)
        reader = here.reader("worker")
        assert code_of("referral", referral) in codes(reader, IN)
        assert code_of("referral", referral) in codes(reader, OUT)
        here.act(referral, "cancel", "worker", reason="sent-in-error")


class TestFilters:
    def test_say_what_they_show_and_hide_and_can_be_taken_back(self, here):
        reader = here.reader("advocate")
        assert codes(reader, f"{IN}&status=in-progress") == named(here, "in-progress")
        assert "1 of 3 shown. Your filters hide 2." in reader.words
        assert 'href="/worklist?queue=inbound">State: The service goes on' in reader.page
        assert codes(reader, f"{IN}&status=requested&urgency=hours") == named(here, "hours")
        assert "How soon: Within hours" in reader.words

    def test_that_hide_all_say_so(self, here):
        reader = here.reader("advocate")
        assert codes(reader, f"{IN}&status=on-hold") == []
        assert "Nothing is shown: your filters hide all 3." in reader.words

    def test_keep_the_queue_and_its_part(self, here):
        page = here.reader("worker").get(f"{OUT}&part=ended&status=completed")
        form = page.partition('<form method="get" action="/worklist">')[2].partition("</form>")[0]
        assert '<input type="hidden" name="queue" value="outbound">' in form
        assert '<input type="hidden" name="part" value="ended">' in form

    @pytest.mark.parametrize("bad", ["status=made-up", "urgency=now", "queue=theirs", "part=x", "cursor=x"])
    def test_take_nothing_else(self, here, bad):
        here.reader("advocate").get(f"/worklist?{bad}", status=422)


class TestPages:
    def test_show_twenty_and_the_rest_behind_in_the_same_order(self, here):
        case = here.county.case()
        asked = [
            code_of("referral", here.county.referral(case, recipient="behavioral-health", urgency="day"))
            for _ in range(21)
        ]
        reader = here.reader("clinician")
        first = codes(reader, f"{IN}&urgency=day")
        [following] = re.findall(r'href="([^"]*cursor=[^"]*)"', reader.page)
        following = following.replace("&amp;", "&")
        second = codes(reader, following)
        assert (first, second) == (asked[:20], asked[20:])
        assert "21 of 21 shown" in reader.words
        assert "Next page" not in reader.words
        spanish = here.reader("clinician", language="es")
        assert len(spanish.get(f"{IN}&urgency=day").encode()) < 20_000
        here.reader("advocate").get(following, status=422)
        reader.get(following.replace("urgency=day", "urgency=days"), status=422)
