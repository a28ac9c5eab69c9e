"""Saying of a duty that it is waived or was not done, in real browsers, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from shared.web.site.cookie import Language
from shared.web.site.fakes import FakeSite
from tests.browser import watching
from tests.browser.referring import Open, casework_site, signing_in
from tests.browser.watching import NARROW, WIDE, Watched
from tests.integration.referrals_made import County, county

pytestmark = pytest.mark.platform


@pytest.fixture(scope="module")
def made(infra: Any, tmp_path_factory: Any) -> Iterator[County]:
    with county(infra, tmp_path_factory.mktemp("statements")) as found:
        yield found


@pytest.fixture(scope="module")
def site(made: County, serve: Callable[..., FakeSite]) -> FakeSite:
    return casework_site(made, serve)


@pytest.fixture
def signed_in(browser: Browser, site: FakeSite) -> Iterator[Open]:
    with signing_in(browser, site) as of:
        yield of


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1280", "320"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_the_case_and_its_forms_are_good_to_read_and_to_reach(
    signed_in: Open, made: County, axe: str, size: Any, language: Language, pictures: Path | None
) -> None:
    case = made.case(made.concern())
    context = signed_in("coordinator", language, viewport=size)
    seen = Watched.of(context)
    seen.page.goto(f"/cases/{case}")
    links = [seen.page.locator(f'a[href$="/{slug}"]').first for slug in ("waive", "toll", "not-done")]
    for n, path in enumerate([f"/cases/{case}", *(str(link.get_attribute("href")) for link in links)]):
        seen.page.goto(path)
        assert watching.findings(seen, axe, seen.page.url) == [], path
        watching.picture(seen.page, pictures, f"statements-{language}-{size['width']}-{n}")


def test_a_duty_is_waived_with_the_keyboard_alone_and_without_scripts(signed_in: Open, made: County) -> None:
    case = made.case(made.concern())
    page = signed_in("coordinator", java_script_enabled=False).new_page()
    page.goto(f"/cases/{case}")
    page.locator('a[href$="/waive"]').first.focus()
    page.keyboard.press("Enter")
    page.get_by_label("On what it rests").focus()
    page.keyboard.type("An order")
    page.get_by_label("Why").focus()
    page.keyboard.type("The court")
    page.get_by_role("button", name="Waive it").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Waived")).to_be_visible()
    expect(page.get_by_text("An order of the juvenile court").first).to_be_attached()
