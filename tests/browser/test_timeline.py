"""The timeline in real browsers, on a real PostgreSQL: the auditor's question, and that everybody can use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, expect
from starlette.responses import HTMLResponse

from shared.web.site.codes import code_of
from shared.web.site.cookie import Language
from shared.web.site.fakes import FakeSite
from tests.browser import watching
from tests.browser.signed import Open, signed_in_at
from tests.browser.watching import NARROW, WIDE, Watched
from tests.integration.audit_duties_made import other_due
from tests.integration.audit_duties_made import story as duties_of
from tests.integration.audit_paged import VISITORS, Paged, alter, looked_at, told_case
from tests.unit.audit.made import Case

pytestmark = pytest.mark.platform
DAY = "2026-03-02"


@pytest.fixture
def api(
    fresh_database: Callable[[str], str], tmp_path: Path, serve: Callable[..., FakeSite]
) -> Iterator[Paged]:
    made: list[Paged] = []

    def app(site: FakeSite) -> FastAPI:
        made.append(Paged.on(fresh_database("accord_audit"), tmp_path, site))
        made[0].app.add_api_route("/inbox/badge", lambda: HTMLResponse("3"))  # the inbox's service has it
        return made[0].app

    serve(app)
    yield made[0]
    made[0].close()


@pytest.fixture
def case(api: Paged) -> Case:
    return told_case(api)


@pytest.fixture
def signed_in(browser: Browser, api: Paged) -> Iterator[Open]:
    with signed_in_at(browser, api.site, VISITORS) as made:
        yield made


def landed(context: BrowserContext) -> Page:
    """A page with the navigation that is there after signing in."""
    page = context.new_page()
    page.goto("/status")
    return page


class TestTheAuditorsQuestion:
    @pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
    def test_what_could_probation_have_known_on_that_day_in_four_actions(
        self, case: Case, signed_in: Open, scripts: bool
    ) -> None:
        page, actions = landed(signed_in("auditor", java_script_enabled=scripts)), 0

        def act(done: Callable[..., Any], *given: Any) -> None:
            nonlocal actions
            done(*given)
            actions += 1

        act(page.get_by_role("link", name="Timelines").click)
        page.get_by_label("Code or id of a case").fill(code_of("case", case.case))
        act(page.keyboard.press, "Enter")
        act(page.get_by_label("As known to").select_option, "probation")
        page.get_by_label("Date and time").fill(DAY)
        act(page.keyboard.press, "Enter")
        expect(page.get_by_text("Alder County Probation could not have known")).to_be_visible()
        assert actions <= 4

    def test_by_keyboard_alone(self, case: Case, signed_in: Open) -> None:
        page = landed(signed_in("auditor"))
        tab_to(page, "Timelines")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Cases that you read lately")).to_be_visible()
        tab_to(page, "Code or id of a case")
        page.keyboard.type(code_of("case", case.case))
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Timeline of C-")).to_be_visible()
        tab_to(page, "Date and time, like 2026-03-03 14:15:00")
        page.keyboard.type(DAY)
        tab_to(page, "As known to")
        page.keyboard.type("Alder County Public")
        tab_to(page, "Show")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Public Health could have known of 3 events by then.")).to_be_visible()

    def test_steps_through_a_case_event_by_event(self, case: Case, signed_in: Open) -> None:
        page = signed_in("auditor").new_page()
        page.goto(f"/timeline/{case.case}")
        page.get_by_role("link", name="Previous event").click()
        page.get_by_role("link", name="Previous event").click()
        expect(page.get_by_text("event 9 of 11.")).to_be_visible()
        assert page.locator("body.accord-as-of-page").count() == 1
        page.get_by_role("link", name="Back to now").click()
        expect(page.get_by_text("event 11 of 11.")).to_be_visible()
        assert page.locator("body.accord-as-of-page").count() == 0


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has this name has the focus."""
    named = """() => {
        const one = document.activeElement;
        return (one.labels?.[0] ?? one).textContent.trim();
    }"""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(named) == name:
            return
    raise AssertionError(f"Tab does not reach {name}")


class TestForEverybody:
    @pytest.mark.parametrize(
        ("size", "language"), [(WIDE, "en"), (NARROW, "es")], ids=["1280 English", "320 Spanish"]
    )
    def test_axe_keyboard_and_a_small_screen(
        self,
        api: Paged,
        case: Case,
        signed_in: Open,
        axe: str,
        pictures: Path | None,
        size: dict[str, int],
        language: Language,
    ) -> None:
        of = f"/timeline/{case.case}"
        pages = {
            "finding": "/timeline",
            "now": of,
            "as-of": f"{of}?as_of={DAY}&kind=referrals",
            "as-known": f"{of}?known_to=public-health",
            "nothing": f"{of}?known_to=probation",
            "not-right": f"{of}?as_of=soon",
            "state": f"{of}/state",
            "event": f"{of}/event/{case.events['opened']}?as_of={DAY}",
            "field": f"{of}/field?field=referrals/{case.referrals[0]}/status",
            "compare": f"{of}/compare?from=2026-03-01&to={DAY}",
            "proof": "/verify",
            "checked": "/verify/check",
            "case-checked": f"/verify/{case.case}",
            "evidence": f"/evidence/{case.case}?as_of={DAY}&known_to=public-health",
            "nobody-looked": f"/access/{case.case}",
        }
        api.send("/verify")
        seen = Watched.of(signed_in("auditor", language, viewport=size))
        found = {}
        for name, path in pages.items():
            seen.page.goto(path)
            watching.picture(seen.page, pictures, f"timeline-{name}-{size['width']}")
            found[name] = watching.findings(seen, axe, api.site.site.url)
            seen.complaints.clear()
        assert {name: wrong for name, wrong in found.items() if wrong and name != "not-right"} == {}
        assert [one for one in found["not-right"] if "422" not in one] == []


class TestEvidence:
    @pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
    def test_is_asked_for_with_a_reason_and_handed_out_as_a_file(
        self, api: Paged, case: Case, signed_in: Open, scripts: bool
    ) -> None:
        page = signed_in("auditor", java_script_enabled=scripts).new_page()
        page.goto(f"/timeline/{case.case}?known_to=public-health")
        page.get_by_role("link", name="Evidence", exact=True).click()
        page.get_by_role("button", name="Make the bundle and keep it").click()
        error = page.get_by_role("link", name="Choose why you take it.")
        expect(error).to_be_visible()
        expect(page.get_by_label("As known to")).to_have_value("public-health")
        page.get_by_text("A complaint about the case").click()
        with page.expect_download() as handed:
            page.get_by_role("button", name="Make the bundle and keep it").click()
        assert handed.value.suggested_filename == f"accord-evidence-{case.case}.zip"
        (made,) = api.facts("evidence.made")
        assert (made.data.reason, made.data.known_to) == ("complaint", "public-health")

    def test_a_double_click_makes_one_and_the_page_can_make_another_later(
        self, api: Paged, case: Case, signed_in: Open
    ) -> None:
        page = signed_in("auditor").new_page()
        page.goto(f"/evidence/{case.case}")
        page.get_by_text("Another reason").click()
        button = page.get_by_role("button", name="Make the bundle and keep it")
        with page.expect_download():
            button.dblclick()
        assert len(api.facts("evidence.made")) == 1
        page.wait_for_function("() => !document.querySelector('[data-accord-file]').dataset.sent")
        with page.expect_download():
            button.click()
        assert len(api.facts("evidence.made")) == 2


class TestProof:
    def test_an_auditor_signs_and_checks_a_case_by_keyboard_alone(self, case: Case, signed_in: Open) -> None:
        page = signed_in("auditor").new_page()
        page.goto("/verify")
        tab_to(page, "Sign each log as it is now")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Each log is signed as it is now")).to_be_focused()
        page.goto(f"/timeline/{case.case}")
        tab_to(page, "Check it")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="11 events fit what was signed")).to_be_focused()

    def test_what_does_not_fit_is_named_and_leads_to_the_event(
        self, api: Paged, case: Case, signed_in: Open, axe: str, pictures: Path | None
    ) -> None:
        api.send("/verify")
        alter(api, case.events["opened"])
        seen = Watched.of(signed_in("auditor", viewport=NARROW))
        seen.page.goto(f"/verify/{case.case}")
        watching.picture(seen.page, pictures, "timeline-does-not-fit-320")
        assert watching.findings(seen, axe, api.site.site.url) == []
        seen.page.get_by_role("link", name="event 4", exact=True).click()
        expect(seen.page.get_by_role("heading", name="The case was opened")).to_be_visible()


def test_who_looked_is_for_everybody_to_read(
    api: Paged, signed_in: Open, axe: str, pictures: Path | None
) -> None:
    case = looked_at(api)
    for size, language in ((WIDE, "en"), (NARROW, "es")):
        seen = Watched.of(signed_in("auditor", language, viewport=size))
        seen.page.goto(f"/access/{case.case}?how=read")
        watching.picture(seen.page, pictures, f"timeline-looked-{size['width']}")
        assert watching.findings(seen, axe, api.site.site.url) == []


@pytest.mark.parametrize(
    ("size", "language"), [(WIDE, "en"), (NARROW, "es")], ids=["1280 English", "320 Spanish"]
)
def test_duties_and_what_differs_are_shown_to_everybody(
    api: Paged,
    signed_in: Open,
    axe: str,
    pictures: Path | None,
    size: dict[str, int],
    language: Language,
) -> None:
    told = duties_of(api, other_due)
    seen = Watched.of(signed_in("auditor", viewport=size, language=language))
    found = {}
    for name, moment in (("now", ""), ("then", "?as_of=2026-03-03+12:00")):
        seen.page.goto(f"/timeline/{told.case.case}/duties{moment}")
        watching.picture(seen.page, pictures, f"timeline-duties-{name}-{size['width']}")
        found[name] = watching.findings(seen, axe, api.site.site.url)
    assert found == {"now": [], "then": []}
