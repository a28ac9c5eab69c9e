"""Reporting, calling, deciding, cases and search in real browsers, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from shared.web.site.cookie import Language
from shared.web.site.fakes import FakeSite
from tests.browser import watching
from tests.browser.referring import Open, casework_site, signing_in
from tests.browser.watching import NARROW, WIDE, Watched
from tests.integration.referrals_made import County, county

pytestmark = pytest.mark.platform
CANARY = "Quillon Vexmarsh"
SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1280", "320"])


@pytest.fixture(scope="module")
def made(infra: Any, tmp_path_factory: Any) -> Iterator[County]:
    with county(infra, tmp_path_factory.mktemp("casework")) as found:
        yield found


@pytest.fixture(scope="module")
def site(made: County, serve: Callable[..., FakeSite]) -> FakeSite:
    return casework_site(made, serve)


@pytest.fixture
def signed_in(browser: Browser, site: FakeSite) -> Iterator[Open]:
    with signing_in(browser, site) as of:
        yield of


def opened(context: BrowserContext, path: str) -> Page:
    page = context.new_page()
    page.goto(path)
    return page


def press(page: Page, name: str, most: int = 90) -> None:
    """By keyboard: Tab to the link or button of this name, then Enter."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.textContent.trim()") == name:
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"Tab does not come to {name}")


class TestReporting:
    def test_leads_to_what_was_taken_and_what_is_still_to_be_said(self, signed_in: Open) -> None:
        page = opened(signed_in("deputy"), "/concerns")
        page.get_by_role("link", name="Report a concern").last.click()
        page.get_by_role("group", name="Is the young person in danger now?").get_by_text("Yes").click()
        page.get_by_label("What happened").fill("Found at the bus station 🙂 قصة")
        page.get_by_label("Name of the young person").fill(CANARY)
        page.get_by_text("Several phones").or_(page.get_by_text("More than one phone")).click()
        page.get_by_role("button", name="Send the report").click()
        expect(page.get_by_role("heading", name="Your report was taken: K-")).to_be_focused()
        expect(page.get_by_text("Found at the bus station 🙂 قصة")).to_be_visible()
        expect(page.get_by_text("Not said: Age")).to_be_visible()
        assert CANARY not in page.url
        assert CANARY not in page.title()

    def test_by_keyboard_alone(self, signed_in: Open) -> None:
        page = opened(signed_in("deputy"), "/concerns/new")
        page.get_by_label("What happened").focus()
        page.keyboard.type("Told at school")
        press(page, "Send the report")
        expect(page.get_by_role("heading", name="Your report was taken: K-")).to_be_focused()
        press(page, "I called the hotline just now")
        expect(page.get_by_role("heading", name="The call is recorded: K-")).to_be_focused()

    def test_without_scripts(self, signed_in: Open) -> None:
        page = opened(signed_in("deputy", java_script_enabled=False), "/concerns/new")
        page.get_by_role("button", name="Send the report").click()
        expect(page.get_by_role("link", name="Say at least one thing that you know.")).to_be_visible()
        page.get_by_label("Age in years").fill("15")
        page.get_by_role("button", name="Send the report").click()
        expect(page.get_by_role("heading", name="Your report was taken: K-")).to_be_visible()
        page.get_by_text("Another time, or somebody else").click()
        page.get_by_label("Called at").fill("2026-03-03 14:15")
        page.get_by_role("button", name="Record the call").click()
        expect(page.get_by_text("Tue, Mar 3, 2026, 2:15 PM PST")).to_be_visible()

    def test_a_double_click_reports_once(self, signed_in: Open, made: County) -> None:
        before = len(made.events(kind="concern.reported"))
        page = opened(signed_in("deputy"), "/concerns/new")
        page.get_by_label("What happened").fill("Once")
        page.get_by_role("button", name="Send the report").dblclick()
        expect(page.get_by_role("heading", name="Your report was taken: K-")).to_be_visible()
        assert len(made.events(kind="concern.reported")) == before + 1

    def test_ten_thousand_emoji_are_taken_whole(self, signed_in: Open, made: County) -> None:
        page = opened(signed_in("deputy"), "/concerns/new")
        page.get_by_label("What happened").fill("🙂" * 10_000)
        page.get_by_role("button", name="Send the report").click()
        expect(page.get_by_role("heading", name="Your report was taken: K-")).to_be_visible()
        assert page.locator("main").inner_text().count("🙂") == 10_000


class TestDeciding:
    @pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
    def test_a_screener_opens_a_case_and_adds_an_agency(
        self, signed_in: Open, made: County, scripts: bool
    ) -> None:
        concern = made.concern(clear={"identity": {"name": CANARY}})
        page = opened(signed_in("screener", java_script_enabled=scripts), f"/concerns/{concern}")
        page.get_by_role("link", name="Open a case").click()
        page.get_by_text("Dependency").click()
        page.get_by_role("button", name="Open the case").click()
        expect(page.get_by_role("heading", name="is open")).to_be_visible()
        expect(page.get_by_text(CANARY)).to_be_visible()
        page.get_by_role("link", name="Add an agency").click()
        page.get_by_label("Which agency").select_option("probation")
        page.get_by_role("button", name="Add the agency").click()
        expect(page.get_by_text("Alder County Probation – Takes part in the team")).to_be_visible()

    def test_evaluating_out_by_keyboard_says_first_who_is_told(self, signed_in: Open, made: County) -> None:
        page = opened(signed_in("screener"), f"/concerns/{made.concern()}/evaluate-out")
        expect(page.get_by_role("heading", name="Evaluate out concern K-")).to_be_focused()
        expect(page.get_by_text("Alder County Sheriff")).to_be_visible()
        page.keyboard.press("Tab")
        page.keyboard.type("Too")
        press(page, "Evaluate out")
        expect(page.get_by_role("heading", name="The concern was evaluated out: K-")).to_be_focused()

    def test_two_who_decide_at_once_do_not_undo_each_other(
        self, signed_in: Open, made: County, axe: str
    ) -> None:
        concern = made.concern()
        first = opened(signed_in("screener"), f"/concerns/{concern}/evaluate-out")
        second = opened(signed_in("worker"), f"/concerns/{concern}/open")
        first.get_by_label("Why").select_option("duplicate")
        second.get_by_text("Dependency").click()
        second.get_by_role("button", name="Open the case").click()
        expect(second.get_by_role("heading", name="is open")).to_be_visible()
        first.get_by_role("button", name="Evaluate out").click()
        expect(first.get_by_role("heading", name="This changed while you had it open")).to_be_focused()
        expect(first.get_by_text("It became part of a case – Alder County Human Services")).to_be_visible()
        assert watching.violations(first, axe) == []


class TestCallsAndSearch:
    def test_reached_by_telephone_is_one_tap(self, signed_in: Open, made: County) -> None:
        concern = made.concern()
        page = opened(signed_in("deputy"), "/calls")
        waiting = page.get_by_role("listitem").filter(has=page.locator(f'a[href="/concerns/{concern}"]'))
        waiting.get_by_role("button", name="Reached by telephone just now").click()
        expect(page.get_by_role("heading", name="The call is recorded: K-")).to_be_focused()
        assert len(made.events(kind="concern.call-stated", concern=concern)) == 1

    def test_a_code_said_on_the_telephone_leads_to_its_case(self, signed_in: Open, made: County) -> None:
        case = made.case()
        page = opened(signed_in("worker"), "/cases")
        code = page.locator(f'a[href="/cases/{case}"]').inner_text()
        page.goto("/search")
        page.get_by_label("Code or id").fill(code.lower())
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=f"Case {code}")).to_be_visible()
        page.goto("/search")
        page.get_by_label("Code or id").fill(str(uuid4()))
        page.get_by_role("button", name="Search").click()
        expect(page.get_by_role("heading", name="Nothing was found that you can see")).to_be_focused()
        assert page.url.endswith("/search")


class TestForEverybody:
    @SIZES
    def test_every_page_in_every_state(
        self,
        signed_in: Open,
        made: County,
        site: FakeSite,
        axe: str,
        pictures: Path | None,
        size: dict[str, int],
    ) -> None:
        concern = made.concern(
            signs=["injury", "several-phones"],
            clear={"identity": {"name": CANARY}, "narrative": {"text": "Told at school. " * 30}},
        )
        case = made.case(made.concern(clear={"identity": {"name": CANARY}}))
        made.referral(case)
        made.referral(case, recipient=None, outside="regional-center")
        screening = {"tool": "cse-it", "tool_version": "2.0", "band": "clear-concern"}
        made.post(f"/v1/cases/{case}/screenings", screening, "worker")
        done = {"act": "cross-reported", "to": "law-enforcement", "method": "telephone"}
        made.post(f"/v1/cases/{case}/acts", done, "worker")
        made.post(f"/v1/concerns/{concern}/acts", {"act": "written-report-sent"}, "deputy")
        states: list[tuple[str, Language, str]] = [
            ("deputy", "en", "/concerns/new"),
            ("deputy", "es", "/concerns/new"),
            ("deputy", "en", f"/concerns/{concern}?done=reported"),
            ("screener", "es", f"/concerns/{concern}"),
            ("screener", "en", f"/concerns/{concern}/open"),
            ("screener", "es", f"/concerns/{concern}/attach"),
            ("screener", "en", f"/concerns/{concern}/evaluate-out"),
            ("screener", "en", "/concerns"),
            ("clinician", "en", "/concerns"),
            ("deputy", "en", "/calls"),
            ("worker", "es", "/calls"),
            ("worker", "en", "/cases"),
            ("clinician", "es", "/cases"),
            ("worker", "en", f"/cases/{case}?done=opened"),
            ("worker", "es", f"/cases/{case}"),
            ("worker", "en", f"/cases/{case}/join"),
            ("worker", "es", f"/cases/{case}/leave"),
            ("worker", "en", f"/cases/{case}/worker"),
            ("worker", "en", f"/cases/{case}/done"),
            ("deputy", "es", f"/concerns/{concern}/done"),
            ("worker", "en", "/search"),
        ]
        found: dict[str, list[str]] = {}
        for number, (who, language, path) in enumerate(states):
            seen = Watched.of(signed_in(who, language, viewport=size))
            answer = seen.page.goto(path)
            assert answer is not None
            assert answer.status == 200, path
            name = path.partition("?")[0].replace(concern, "concern").replace(case, "case").strip("/")
            picture = f"{number:02}-{name.replace('/', '-')}-{language}-{size['width']}"
            watching.picture(seen.page, pictures, picture)
            found[f"{who} {language} {name}"] = watching.findings(seen, axe, site.site.url)
        assert {name: told for name, told in found.items() if told} == {}

    @SIZES
    def test_every_page_that_says_no(
        self,
        signed_in: Open,
        made: County,
        site: FakeSite,
        axe: str,
        pictures: Path | None,
        size: dict[str, int],
    ) -> None:
        concern = made.concern()
        for who, path, button in (
            ("deputy", "/concerns/new", "Send the report"),
            ("screener", f"/concerns/{concern}/attach", "Add it to the case"),
            ("screener", f"/concerns/{concern}/evaluate-out", "Evaluate out"),
            ("worker", "/search", "Search"),
        ):
            seen = Watched.of(signed_in(who, viewport=size))
            seen.page.goto(path)
            seen.page.get_by_role("button", name=button).click()
            heading = seen.page.get_by_role("heading", name="Please look at one thing")
            expect(heading).to_be_focused()
            watching.picture(seen.page, pictures, f"no-{button.replace(' ', '-')}-{size['width']}")
            told = [one for one in watching.findings(seen, axe, site.site.url) if "422" not in one]
            assert told == [], path
