"""The inbox in real browsers, on a real PostgreSQL: live, for everybody, with and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from deploy.local.child import free_port
from shared.events.names import Agency, Role
from shared.events.types.case import WorkerAssigned
from shared.events.types.cover import CoverArranged
from shared.web.site.cookie import Language
from shared.web.site.fakes import FakeSite
from tests.browser import watching
from tests.browser.signed import Open, signed_in_at
from tests.browser.watching import NARROW, WIDE, Watched
from tests.integration.notifications_support import START
from tests.integration.test_notifications_feed import ADVOCATE, CALLERS, OTHER, SCREENER, Desk

pytestmark = pytest.mark.platform
IN_HAND, READ = "I have it in hand", "Mark as read"
COLLEAGUE = "supervisor@advocacy"


@pytest.fixture
def desk(fresh_database: Callable[[str], str]) -> Iterator[Desk]:
    made = Desk(fresh_database("accord_notifications"), FakeSite(url=f"http://127.0.0.1:{free_port()}"))
    yield made
    made.close()


@pytest.fixture
def signed_in(browser: Browser, desk: Desk) -> Iterator[Open]:
    assert desk.site is not None
    with signed_in_at(browser, desk.site, CALLERS) as made:

        def of(who: str, language: Language = "en", **options: Any) -> BrowserContext:
            context = made(who, language, **options)
            context.route("**/names?*", lambda route: route.fulfill(json={}))  # referrals has them
            return context

        yield of


def inbox(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto("/inbox")
    return page


class TestWhatNeedsMe:
    def test_is_there_with_why_and_is_taken_in_hand_in_one_action(self, desk: Desk, signed_in: Open) -> None:
        desk.concern()
        page = inbox(signed_in(SCREENER))
        card = page.get_by_role("listitem").filter(has_text="waits for a decision")
        card.get_by_text("Why did I get this?").click()
        expect(card).to_contain_text("clause 3.3")
        card.get_by_role("button", name=IN_HAND).click()
        expect(page.get_by_role("heading", name="You have it in hand: K-")).to_be_focused()
        expect(page.get_by_text("Nothing needs you at once.")).to_be_visible()
        (item,) = desk.items(SCREENER)
        assert item["acknowledged"]["by"] == CALLERS[SCREENER].person

    def test_leads_to_the_page_of_the_thing(self, desk: Desk, signed_in: Open) -> None:
        desk.concern()
        page = inbox(signed_in(SCREENER))
        (item,) = desk.items(SCREENER)
        link = page.get_by_role("link", name="Look at it")
        assert link.get_attribute("href") == f"/concerns/{item['about']['id']}"

    def test_who_comes_second_is_told_so_and_changes_nothing(self, desk: Desk, signed_in: Open) -> None:
        desk.concern()
        first, second = inbox(signed_in(SCREENER)), inbox(signed_in(OTHER))
        first.get_by_role("button", name=IN_HAND).click()
        second.get_by_role("button", name=IN_HAND).click()
        expect(second.get_by_role("heading", name="Somebody of your agency was first: K-")).to_be_visible()
        (item,) = desk.items(OTHER)
        assert item["acknowledged"]["by"] == CALLERS[SCREENER].person

    def test_is_empty_for_whom_it_does_not_concern_and_says_so(self, desk: Desk, signed_in: Open) -> None:
        desk.concern()
        page = inbox(signed_in(ADVOCATE))
        assert page.get_by_role("button", name=IN_HAND).count() == 0
        expect(page.get_by_text("Nothing needs you at once.")).to_be_visible()

    def test_stays_among_all_items_when_it_is_done(self, desk: Desk, signed_in: Open) -> None:
        desk.concern()
        page = inbox(signed_in(SCREENER))
        page.get_by_role("button", name=IN_HAND).click()
        page.get_by_role("link", name="All items, also those that are done").click()
        expect(page.get_by_text("You have it in hand since")).to_be_visible()

    def test_older_items_are_a_page_away(self, desk: Desk, signed_in: Open) -> None:
        desk.apply([desk.author.concern() for _ in range(60)])
        page = signed_in(SCREENER).new_page()
        page.goto("/inbox/all")
        first = page.locator("[data-accord-item]").count()
        page.get_by_role("link", name="Older items").click()
        assert (first, page.locator("[data-accord-item]").count()) == (50, 10)


class TestWhileAColleagueIsAway:
    @pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1280", "320"])
    def test_what_is_for_them_is_marked_and_taken_in_hand_and_they_see_by_whom(
        self, desk: Desk, signed_in: Open, axe: str, pictures: Path | None, size: dict[str, int]
    ) -> None:
        away, colleague = CALLERS[ADVOCATE].person, CALLERS[COLLEAGUE].person
        cover = CoverArranged(
            cover=str(uuid4()),
            person=away,
            covering=colleague,
            agency=Agency.ADVOCACY,
            begins=START - timedelta(days=3_650),
            until=START + timedelta(days=3_650),
        )
        case = str(uuid4())
        named = WorkerAssigned(case=case, agency=Agency.ADVOCACY, worker=away, role=Role.ADVOCATE)
        author = desk.author
        desk.apply([author.event(cover, away, "advocacy"), author.event(named, case, "advocacy")])
        seen = Watched.of(signed_in(COLLEAGUE, viewport=size))
        seen.page.goto("/inbox")
        watching.picture(seen.page, pictures, f"inbox-covering-{size['width']}")
        assert watching.findings(seen, axe, desk.base) == []
        expect(seen.page.get_by_text("You cover for a colleague until")).to_be_visible()
        card = seen.page.get_by_role("listitem").filter(has_text="For a colleague who is away")
        card.get_by_role("button", name=IN_HAND).click()
        expect(seen.page.get_by_role("heading", name="You have it in hand: C-")).to_be_focused()
        page = inbox(signed_in(ADVOCATE))
        expect(page.get_by_text("A colleague covers for you until")).to_be_visible()
        expect(page.get_by_text("A colleague who covers for you has it in hand since")).to_be_visible()
        assert page.get_by_text("For a colleague who is away").count() == 0


class TestNames:
    """The test answers for referrals."""

    def test_stand_beside_the_codes_that_referrals_gives_one_for(self, desk: Desk, signed_in: Open) -> None:
        desk.concern()
        desk.concern()
        context = signed_in(SCREENER)
        given = desk.items(SCREENER)[0]["about"]["id"]
        context.route("**/names?*", lambda route: route.fulfill(json={f"concern/{given}": "Testa Example"}))
        page = inbox(context)
        items = page.locator("[data-accord-item]")
        named = items.locator(f"[data-accord-name='/names/concern/{given}']")
        expect(named).to_have_text(re.compile(r"K-\w{6} \(Testa Example\)"))
        expect(items.locator("bdi")).to_have_count(1)
        assert "Testa" not in page.title()

    def test_are_asked_for_all_together(self, desk: Desk, signed_in: Open) -> None:
        desk.apply([desk.author.concern() for _ in range(25)])
        context, asked = signed_in(SCREENER), []
        context.route("**/names?*", lambda route: (asked.append(route.request.url), route.fulfill(json={})))
        inbox(context).wait_for_load_state("networkidle")
        assert [url.count("of=concern") for url in asked] == [20, 5]
        assert all("purpose=coordinate" in url for url in asked)

    def test_that_nobody_can_give_leave_the_codes(self, desk: Desk, signed_in: Open) -> None:
        desk.concern()
        context = signed_in(SCREENER)
        context.route("**/names?*", lambda route: route.fulfill(status=503, body="down"))
        named = inbox(context).locator("[data-accord-item] .accord-person")
        expect(named).to_have_text(re.compile(r"K-\w{6}"))


class TestLive:
    def test_what_is_new_is_counted_and_never_put_in_under_the_reader(
        self, desk: Desk, signed_in: Open
    ) -> None:
        desk.concern()
        page = inbox(signed_in(SCREENER))
        shown = page.locator("[data-accord-item]")
        expect(page.locator(".accord-badge")).to_contain_text("1")
        desk.concern()
        desk.concern()
        expect(page.locator(".accord-news")).to_contain_text("2 new items")
        expect(page.locator("#accord-said")).to_contain_text("new item")
        expect(page.locator(".accord-badge")).to_contain_text("3")
        assert shown.count() == 1
        page.get_by_role("link", name="Show").click()
        expect(shown).to_have_count(3)
        expect(page.locator(".accord-news")).to_be_empty()

    def test_what_another_takes_is_marked_where_it_stands(self, desk: Desk, signed_in: Open) -> None:
        desk.concern()
        first, second = inbox(signed_in(SCREENER)), inbox(signed_in(OTHER))
        taken = second.get_by_text("Somebody has taken this in hand just now.")
        expect(taken).to_be_hidden()
        first.get_by_role("button", name=IN_HAND).click()
        expect(taken).to_be_visible()

    def test_the_badge_is_the_same_in_every_tab(self, desk: Desk, signed_in: Open) -> None:
        desk.concern()
        desk.concern()
        context = signed_in(SCREENER)
        tabs = [inbox(context), inbox(context)]
        for tab in tabs:
            expect(tab.locator(".accord-badge")).to_contain_text("2")
        tabs[0].bring_to_front()
        tabs[0].get_by_role("button", name=READ).first.click()
        for tab in tabs:
            tab.bring_to_front()
            expect(tab.locator(".accord-badge")).to_contain_text("1")

    def test_goes_on_by_itself_when_the_server_comes_back(self, desk: Desk, signed_in: Open) -> None:
        desk.concern()
        page = inbox(signed_in(SCREENER))
        desk.stop_serving()
        desk.concern()
        desk.serve()
        desk.concern()
        expect(page.locator(".accord-news")).to_contain_text("2 new items", timeout=20_000)


class TestForEverybody:
    @pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1280", "320"])
    @pytest.mark.parametrize("state", ["empty", "one", "many"])
    def test_axe_keyboard_and_a_small_screen(
        self, desk: Desk, signed_in: Open, axe: str, pictures: Path | None, state: str, size: dict[str, int]
    ) -> None:
        desk.apply([desk.author.concern() for _ in range({"empty": 0, "one": 1, "many": 12}[state])])
        seen = Watched.of(signed_in(SCREENER, "es" if state == "one" else "en", viewport=size))
        for path in ("/inbox", "/inbox/all"):
            seen.page.goto(path)
            watching.picture(
                seen.page, pictures, f"{path.strip('/').replace('/', '-')}-{state}-{size['width']}"
            )
            assert watching.violations(seen.page, axe) == []
            assert watching.too_wide(seen.page) == 0
            assert watching.small_targets(seen.page) == []
            assert watching.keyboard_misses(seen.page) == []
        assert seen.foreign(desk.base) == []
        assert seen.complaints == []

    def test_all_of_it_works_without_scripts(self, desk: Desk, signed_in: Open) -> None:
        desk.concern()
        page = inbox(signed_in(SCREENER, java_script_enabled=False))
        page.get_by_role("button", name=IN_HAND).click()
        expect(page.get_by_role("heading", name="You have it in hand: K-")).to_be_visible()
        assert desk.items(SCREENER)[0]["acknowledged"]

    def test_by_keyboard_alone(self, desk: Desk, signed_in: Open) -> None:
        desk.concern()
        page = inbox(signed_in(SCREENER))
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.evaluate("() => document.activeElement.textContent.trim()") == IN_HAND:
                break
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="You have it in hand: K-")).to_be_visible()


class TestBadInput:
    def test_a_double_click_takes_it_in_hand_once(self, desk: Desk, signed_in: Open) -> None:
        desk.concern()
        page = inbox(signed_in(SCREENER))
        page.get_by_role("button", name=IN_HAND).dblclick()
        expect(page.get_by_role("heading", name="You have it in hand: K-")).to_be_visible()
        assert len(desk.items(SCREENER)) == 1

    def test_back_shows_how_it_stands_now(self, desk: Desk, signed_in: Open) -> None:
        desk.concern()
        page = inbox(signed_in(SCREENER))
        page.get_by_role("button", name=IN_HAND).click()
        expect(page.get_by_role("heading", name="You have it in hand: K-")).to_be_visible()
        page.go_back()
        expect(page.get_by_text("Nothing needs you at once.")).to_be_visible()
        assert page.get_by_role("button", name=IN_HAND).count() == 0

    def test_a_form_from_elsewhere_is_not_taken(self, desk: Desk, signed_in: Open) -> None:
        desk.concern()
        (item,) = desk.items(SCREENER)
        context = signed_in(SCREENER)
        answer = context.request.post(
            f"{desk.base}/inbox/{item['id']}/acknowledge",
            form={"form-token": "guessed", "key": "0"},
            headers={"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"},
        )
        assert answer.status == 403
        assert not desk.items(SCREENER)[0]["acknowledged"]

    @pytest.mark.parametrize("path", ["/inbox/all?cursor=forged", "/inbox?done=not-a-uuid", "/inbox/nothing"])
    def test_what_is_not_there_or_not_right_is_a_page_that_says_what_to_do(
        self, desk: Desk, signed_in: Open, axe: str, path: str
    ) -> None:
        page = signed_in(SCREENER).new_page()
        answer = page.goto(path)
        assert answer is not None
        assert answer.status in (404, 422)
        assert "text/html" in answer.headers["content-type"]
        assert "forged" not in page.content()
        expect(page.get_by_role("link", name="To your inbox")).to_be_visible()
        assert watching.violations(page, axe) == []

    def test_another_agencys_item_is_as_one_that_is_not_there(self, desk: Desk, signed_in: Open) -> None:
        desk.concern()
        (item,) = desk.items(SCREENER)
        page = signed_in(ADVOCATE).new_page()
        page.goto(f"/inbox?done={item['id']}")
        assert "K-" not in page.locator("main").inner_text()
