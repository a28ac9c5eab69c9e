"""Signing in, the lock, exit, help and the statements: the pages that need no case, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from deploy.local.child import free_port
from tests.browser import watching
from tests.browser.conftest import served
from tests.browser.watching import NARROW, WIDE, Watched
from tests.integration.signing_in_made import Place, place

pytestmark = pytest.mark.platform
SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1280", "320"])
SCREENER = "screener@human-services"
STATEMENTS = ("/help", "/help/accessibility", "/help/privacy")
#: A page that says nothing has no heading, no landmark and no name: whoever looks over a shoulder must see nothing.
SAYS_NOTHING = ("page-has-heading-one", "landmark-one-main", "document-title")


@pytest.fixture(scope="module")
def at(infra: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    site, issuer = free_port(), free_port()
    folder = tmp_path_factory.mktemp("signing-in-pages")
    with (
        place(infra, folder, url=f"http://127.0.0.1:{site}", port=issuer) as made,
        served(made.app, site),
        served(made.provider.app, issuer),
    ):
        yield made


@pytest.fixture
def opened(browser: Browser, at: Place) -> Iterator[Callable[..., BrowserContext]]:
    """A browser of its own for somebody who has not signed in."""
    at.clock.ahead = timedelta()
    contexts: list[BrowserContext] = []

    def of(**options: Any) -> BrowserContext:
        context = browser.new_context(base_url=at.site.url, **options)
        context.set_default_timeout(20_000)
        context.route("**/inbox/badge", lambda route: route.fulfill(body=""))
        contexts.append(context)
        return context

    yield of
    for context in contexts:
        context.close()


Open = Callable[..., BrowserContext]


def sign_in(page: Page, who: str = SCREENER, to: str = "/help") -> Page:
    """As an invented person, by the address that the demo prints."""
    page.goto(f"/sign-in?as={who}&to={to}")
    page.get_by_role("link", name="Go on as").click()
    page.wait_for_url(f"**{to}")
    return page


def tab_to(page: Page, name: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if name in page.evaluate("() => document.activeElement.textContent.trim()"):
            return
    raise AssertionError(f"Tab did not come to {name}")


class TestForEverybody:
    @SIZES
    def test_before_signing_in(
        self, at: Place, opened: Open, axe: str, pictures: Path | None, size: dict[str, int]
    ) -> None:
        seen = Watched.of(opened(viewport=size))
        for path in ("/sign-in", "/sign-in?why=idle", "/sign-in?why=sign-out", *STATEMENTS, "/status"):
            seen.page.goto(path)
            watching.picture(seen.page, pictures, f"{path.strip('/').replace('/', '-')}-{size['width']}")
            assert watching.findings(seen, axe, at.site.url) == [], path

    @SIZES
    def test_once_signed_in_and_in_spanish(
        self, at: Place, opened: Open, axe: str, pictures: Path | None, size: dict[str, int]
    ) -> None:
        seen = Watched.of(opened(viewport=size, locale="es-US"))
        sign_in(seen.page, "nurse@public-health")  # whose language it stays
        seen.asked.clear()
        for path in STATEMENTS:
            seen.page.goto(path)
            watching.picture(seen.page, pictures, f"{path.strip('/').replace('/', '-')}-es-{size['width']}")
            assert watching.findings(seen, axe, at.site.url) == [], path
            assert seen.page.locator("html").get_attribute("lang") == "es"

    @SIZES
    def test_when_nobody_was_signed_in(
        self, opened: Open, axe: str, pictures: Path | None, size: dict[str, int]
    ) -> None:
        page = opened(viewport=size).new_page()
        page.goto("/sign-in/back?state=stale&code=x")
        watching.picture(page, pictures, f"not-signed-in-{size['width']}")
        expect(page.get_by_text("Start again.")).to_be_visible()
        assert watching.violations(page, axe) == []
        assert watching.keyboard_misses(page) == []
        assert (watching.too_wide(page), watching.small_targets(page)) == (0, [])

    @SIZES
    def test_when_the_screen_is_locked_and_when_somebody_has_left(
        self, opened: Open, axe: str, pictures: Path | None, size: dict[str, int]
    ) -> None:
        page = sign_in(opened(viewport=size).new_page())
        page.get_by_role("button", name="Lock").click()
        watching.picture(page, pictures, f"locked-{size['width']}")
        expect(page.get_by_text("The screen is locked.")).to_be_visible()
        assert watching.violations(page, axe) == []
        assert (watching.too_wide(page), watching.keyboard_misses(page)) == (0, [])
        sign_in(page).get_by_role("link", name="Exit now").click()
        page.wait_for_url("**/session/gone")
        watching.picture(page, pictures, f"left-{size['width']}")
        assert [one for one in watching.violations(page, axe) if not one.startswith(SAYS_NOTHING)] == []
        assert page.locator("body").inner_text().strip() == ""
        assert page.title().strip("\u200b ") == ""

    @pytest.mark.parametrize("path", ["/sign-in?why=lock", "/help", "/help/privacy"])
    def test_with_colours_of_their_own(self, opened: Open, pictures: Path | None, path: str) -> None:
        page = opened(viewport=NARROW, forced_colors="active").new_page()
        page.goto(path)
        watching.picture(page, pictures, f"forced-{path.strip('/').partition('?')[0].replace('/', '-')}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert watching.keyboard_misses(page) == []

    def test_with_more_space_nothing_is_cut_off(self, opened: Open) -> None:
        page = opened(viewport=NARROW).new_page()
        for path in ("/sign-in", *STATEMENTS):
            page.goto(path)
            assert watching.cut_off_when_spaced(page) == [], path
            assert watching.too_wide(page) == 0, path


class TestSigningIn:
    def test_by_keyboard_alone(self, opened: Open) -> None:
        page = opened().new_page()
        page.goto("/sign-in?to=/help")
        tab_to(page, "Sign in with")
        page.keyboard.press("Enter")
        page.wait_for_url("**/authorize?*")
        tab_to(page, "Screener")
        page.keyboard.press("Enter")
        page.wait_for_url("**/help")
        expect(page.get_by_role("heading", name="You take in reports")).to_be_visible()
        tab_to(page, "Sign out")
        page.keyboard.press("Enter")
        expect(page.get_by_text("You have signed out.")).to_be_visible()

    def test_without_scripts_and_out_again_by_the_quick_exit(self, opened: Open) -> None:
        context = opened(java_script_enabled=False)
        page = sign_in(context.new_page())
        page.get_by_role("link", name="Exit now").click()
        page.wait_for_url("**/session/gone")
        assert not [one for one in context.cookies() if one["name"] == "accord-local"]

    def test_by_the_address_of_an_invented_person_takes_one_press(self, opened: Open) -> None:
        page = opened().new_page()
        page.goto("/sign-in?as=auditor@county&to=/help")
        expect(page.get_by_role("link", name="Go on as Auditor, County")).to_be_visible()
        page.get_by_role("link", name="Go on as Auditor, County").click()
        expect(page.get_by_role("heading", name="You look back")).to_be_visible()

    def test_three_people_at_once_in_three_browsers(self, opened: Open) -> None:
        for who, does in (
            (SCREENER, "You take in reports"),
            ("advocate@advocacy", "You answer referrals"),
            ("auditor@county", "You look back"),
        ):
            expect(sign_in(opened().new_page(), who).get_by_role("heading", name=does)).to_be_visible()


class TestHelp:
    def test_stands_at_the_same_place_on_every_page(self, opened: Open) -> None:
        page = opened().new_page()
        places = []
        for path in ("/sign-in", "/help", "/help/privacy", "/status"):
            page.goto(path)
            places.append(page.locator("footer li").all_inner_texts())
        assert places[0][0] == "Help"
        assert all(one == places[0] for one in places)

    def test_shows_first_what_is_ones_own_and_the_rest_on_request(self, opened: Open) -> None:
        page = sign_in(opened().new_page())
        expect(page.get_by_role("heading", name="You take in reports")).to_be_visible()
        expect(page.get_by_role("heading", name="You look back")).to_be_hidden()
        page.get_by_text("What others do first").click()
        expect(page.get_by_role("heading", name="You look back")).to_be_visible()
