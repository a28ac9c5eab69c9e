"""Referrals in real browsers, on a real PostgreSQL: for everybody, by keyboard, with and without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from shared.web.site.fakes import FakeSite
from tests.browser import watching
from tests.browser.referring import referring
from tests.browser.signed import Open, signed_in_at
from tests.browser.watching import NARROW, WIDE, Watched
from tests.integration.refer_made import Pagewise
from tests.integration.referrals_made import PEOPLE

pytestmark = pytest.mark.platform
SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1280", "320"])


@pytest.fixture(scope="module")
def here(
    infra: Any, tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., FakeSite]
) -> Iterator[Pagewise]:
    with referring(infra, tmp_path_factory.mktemp("refer"), serve) as made:
        yield made


@pytest.fixture
def opened(browser: Browser, here: Pagewise) -> Iterator[Open]:
    with signed_in_at(browser, here.fake, PEOPLE) as made:
        yield made


def press_until(page: Page, words: str) -> None:
    """Go on by keyboard to the button or link with these words, and press it."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.textContent.trim()") == words:
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"not reached by keyboard: {words}")


WORDS = {"narrative": {"text": "She asked for somebody who speaks Mixtec."}, "health": {"text": "Asthma."}}


class TestAReferral:
    @SIZES
    @pytest.mark.parametrize("state", ["asked", "accepted", "ended"])
    def test_is_for_everybody(
        self,
        here: Pagewise,
        opened: Open,
        axe: str,
        pictures: Path | None,
        state: str,
        size: dict[str, int],
    ) -> None:
        referral = here.county.referral(needs=["advocate-now", "safe-bed"], clear=WORDS)
        if state != "asked":
            here.act(referral, "accept", "advocate")
        if state == "ended":
            here.act(referral, "fail", "advocate", reason="not-engaged", attempts=3)
        seen = Watched.of(opened("advocate", "es" if state == "accepted" else "en", viewport=size))
        seen.page.goto(f"/referrals/{referral}")
        watching.picture(seen.page, pictures, f"referral-{state}-{size['width']}")
        assert watching.findings(seen, axe, here.fake.site.url) == []

    @SIZES
    def test_so_is_a_form_with_something_to_look_at_and_one_that_came_late(
        self, here: Pagewise, opened: Open, axe: str, pictures: Path | None, size: dict[str, int]
    ) -> None:
        referral = here.county.referral()
        seen = Watched.of(opened("advocate", viewport=size))
        page = seen.page
        page.goto(f"/referrals/{referral}/decline")
        page.get_by_label("What the agency that asked should know").fill("Full until Monday.")
        page.get_by_role("button", name="We cannot take it").click()
        expect(page.get_by_role("heading", name="Please look at one thing")).to_be_focused()
        watching.picture(page, pictures, f"referral-error-{size['width']}")
        assert watching.violations(page, axe) == []
        here.act(referral, "receive", "advocacy-system")
        page.get_by_text("No capacity now", exact=True).click()
        page.get_by_role("button", name="We cannot take it").click()
        expect(page.get_by_role("heading", name="This changed while you had it open")).to_be_focused()
        watching.picture(page, pictures, f"referral-stale-{size['width']}")
        assert watching.violations(page, axe) == []
        assert watching.too_wide(page) == 0
        assert watching.keyboard_misses(page) == []
        page.get_by_role("button", name="We cannot take it").click()
        expect(page.get_by_text("Full until Monday.")).to_be_visible()

    def test_goes_from_asked_to_begun_by_keyboard_alone(self, here: Pagewise, opened: Open) -> None:
        referral = here.county.referral()
        page = opened("advocate").new_page()
        page.goto(f"/referrals/{referral}")
        for button, said in (
            ("We have it", "The agency that asked can see that you have it."),
            ("Accept", "Accepted. The agency that asked is told."),
            ("The service began", "It is recorded that the service began."),
        ):
            press_until(page, button)
            expect(page.get_by_role("heading", name=said)).to_be_focused()

    def test_goes_all_the_way_without_scripts(self, here: Pagewise, opened: Open) -> None:
        referral = here.county.referral()
        page = opened("advocate", java_script_enabled=False).new_page()
        page.goto(f"/referrals/{referral}")
        page.get_by_role("button", name="We have it").click()
        page.get_by_text("I do", exact=True).click()
        page.get_by_role("button", name="Accept").click()
        page.get_by_role("button", name="The service began").click()
        page.get_by_text("The service was given as asked", exact=True).click()
        page.get_by_role("button", name="Completed").click()
        expect(page.get_by_text("It is completed. You are done.")).to_be_visible()
        assert [e.type for e in here.county.events(referral=referral)][-1] == "accord.referral.completed.v1"

    def test_a_double_click_does_it_once(self, here: Pagewise, opened: Open) -> None:
        referral = here.county.referral()
        page = opened("advocate").new_page()
        page.goto(f"/referrals/{referral}")
        page.get_by_role("button", name="We have it").dblclick()
        expect(page.get_by_role("heading", name="Your next step: Accept it")).to_be_visible()
        assert len(here.county.events(kind="referral.received", referral=referral)) == 1


class TestAskingAnAgency:
    @SIZES
    @pytest.mark.parametrize("language", ["en", "es"])
    def test_each_step_is_for_everybody(
        self,
        here: Pagewise,
        opened: Open,
        axe: str,
        pictures: Path | None,
        language: str,
        size: dict[str, int],
    ) -> None:
        seen = Watched.of(opened("worker", language, viewport=size))
        page, path = seen.page, f"/cases/{here.county.case()}/refer"
        page.goto(path)
        page.locator("button[value=look]").click()
        expect(page.locator(".usa-alert--error h2")).to_be_focused()
        watching.picture(page, pictures, f"refer-form-{language}-{size['width']}")
        page.select_option("#recipient", "office-of-education")
        page.select_option("#kind", "education")
        page.locator("label[for=urgency-2]").click()
        page.locator("label[for=youth_choice-1]").click()
        page.locator("#words").fill("Wants to go back to school.")
        seen.complaints.clear()  # the browser names the form that was not taken: 422
        page.locator("button[value=look]").click()
        expect(page.locator("h1")).to_be_focused()
        watching.picture(page, pictures, f"refer-preview-{language}-{size['width']}")
        assert watching.findings(seen, axe, here.fake.site.url) == []
        page.locator("button[value=change]").click()
        expect(page.locator("#words")).to_have_value("Wants to go back to school.")
        assert watching.findings(seen, axe, here.fake.site.url) == []

    def test_is_sent_by_keyboard_alone(self, here: Pagewise, opened: Open) -> None:
        page = opened("worker").new_page()
        page.goto(f"/cases/{here.county.case()}/refer")
        focus = "() => document.activeElement.id"
        for field, keys in (
            ("recipient", ["ArrowDown"]),
            ("kind", ["ArrowDown"]),
            ("urgency-1", ["Space"]),
            ("youth_choice-1", ["Space"]),
        ):
            for _ in range(60):
                page.keyboard.press("Tab")
                if page.evaluate(focus) == field:
                    break
            for key in keys:
                page.keyboard.press(key)
        press_until(page, "Look at what they will see")
        expect(
            page.get_by_role("heading", name="This is what Alder County Probation will see")
        ).to_be_focused()
        press_until(page, "Send")
        expect(page.get_by_role("heading", name="Sent. The agency you asked is told.")).to_be_focused()

    def test_is_sent_without_scripts_and_read_by_the_other_agency(self, here: Pagewise, opened: Open) -> None:
        page = opened("worker", java_script_enabled=False).new_page()
        page.goto(f"/cases/{here.county.case()}/refer")
        page.select_option("#recipient", "advocacy")
        page.select_option("#kind", "advocate")
        page.get_by_text("Within hours", exact=True).click()
        page.get_by_text("The young person agrees", exact=True).click()
        page.get_by_label("What the agency should know").fill("Ask for the night nurse. مرحبا 🙂")
        page.get_by_role("button", name="Look at what they will see").click()
        shown = page.locator(".accord-seen").inner_text()
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("heading", name="Sent. The agency you asked is told.")).to_be_visible()
        other = opened("advocate").new_page()
        other.goto(page.url)
        assert other.locator(".accord-seen").inner_text() == shown
        assert "Ask for the night nurse. مرحبا 🙂" in shown


class TestTheWorklist:
    @SIZES
    def test_is_for_everybody_with_and_without_filters(
        self, here: Pagewise, opened: Open, axe: str, pictures: Path | None, size: dict[str, int]
    ) -> None:
        case = here.county.case()
        for urgency in ("hours", "days", "routine"):
            here.county.referral(case, recipient="medical-hub", kind="med-well", urgency=urgency)
        seen = Watched.of(opened("worker", viewport=size))
        for name, path in (
            ("many", "/worklist?queue=outbound"),
            ("filtered", "/worklist?queue=outbound&urgency=routine"),
            ("hidden", "/worklist?queue=outbound&status=on-hold&urgency=day"),
            ("empty", "/worklist?queue=outbound&part=ended"),
        ):
            seen.page.goto(path)
            watching.picture(seen.page, pictures, f"worklist-{name}-{size['width']}")
            assert watching.findings(seen, axe, here.fake.site.url) == []

    def test_is_filtered_and_gone_through_without_scripts(self, here: Pagewise, opened: Open) -> None:
        case = here.county.case()
        for urgency in ("hours", "routine"):
            here.county.referral(case, recipient="public-health", kind="med-well", urgency=urgency)
        page = opened("coordinator", java_script_enabled=False).new_page()
        page.goto("/worklist?queue=outbound")
        page.get_by_text("Choose filters").click()
        page.locator("label[for=urgency-routine]").click()
        page.get_by_role("button", name="Apply filters").click()
        assert "queue=outbound" in page.url
        assert "urgency=routine" in page.url
        shown = page.locator("tbody tr")
        expect(shown.first).to_contain_text("No hurry")
        assert shown.filter(has_text="Within hours").count() == 0
        page.get_by_role("link", name="How soon: No hurry take back").click()
        expect(page.locator("tbody tr").filter(has_text="Within hours").first).to_be_visible()
        page.locator("tbody th a").first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Referral R-")
