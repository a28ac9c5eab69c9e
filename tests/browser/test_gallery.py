"""Every component, in every state, in a real browser: for everybody, on any screen, with and without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext

from shared.events.names import Agency, Role
from shared.settings import Settings
from shared.web.callers import Caller
from shared.web.site.cookie import Language
from shared.web.site.fakes import FakeSite
from tests.browser import watching
from tests.browser.gallery import STATES, make_gallery
from tests.browser.watching import NARROW, WIDE, Watched

WORKER = Caller(str(uuid4()), Agency.PROBATION, frozenset({Role.PROBATION_OFFICER}))
LIGHT, FIRST, LATER = "light", 150_000, 20_000


@pytest.fixture(scope="module")
def fake(serve: Callable[..., FakeSite]) -> FakeSite:
    return serve(
        partial(
            make_gallery, settings=Settings(site_county="Alder County (fictional)", site_support="555-0100")
        )
    )


@pytest.fixture
def opened(browser: Browser, fake: FakeSite) -> Iterator[Callable[..., BrowserContext]]:
    contexts: list[BrowserContext] = []

    def open(language: Language = "en", **options: object) -> BrowserContext:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        cookie = fake.cookie(WORKER, language=language)
        context.add_cookies(
            [{"name": name, "value": value, "url": fake.site.url} for name, value in cookie.items()]
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        return context

    yield open
    for context in contexts:
        context.close()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1280", "320"])
@pytest.mark.parametrize("state", STATES)
def test_is_for_everybody(
    opened: Callable[..., BrowserContext],
    fake: FakeSite,
    axe: str,
    pictures: Path | None,
    state: str,
    size: dict[str, int],
) -> None:
    seen = Watched.of(opened(viewport=size))
    seen.page.goto(f"{fake.site.url}/inbox/gallery/{state}")
    watching.picture(seen.page, pictures, f"gallery-{state}-{size['width']}")
    assert watching.violations(seen.page, axe) == []
    assert watching.too_wide(seen.page) == 0
    assert watching.small_targets(seen.page) == []
    assert watching.keyboard_misses(seen.page) == []
    assert seen.foreign(fake.site.url) == []
    assert seen.complaints == []


@pytest.mark.parametrize(
    "options",
    [
        {"forced_colors": "active"},
        {"java_script_enabled": False},
        {"viewport": {"width": 1280, "height": 900}, "device_scale_factor": 4},
    ],
    ids=["forced-colours", "no-script", "large"],
)
def test_is_there_whatever_the_browser(
    opened: Callable[..., BrowserContext], fake: FakeSite, pictures: Path | None, options: dict[str, object]
) -> None:
    seen = Watched.of(opened("es", **options))
    seen.page.goto(f"{fake.site.url}/inbox/gallery/one")
    watching.picture(seen.page, pictures, f"gallery-{'-'.join(options)}")
    assert seen.page.locator("h1").inner_text() == "Gallery, one"
    assert seen.page.get_by_role("link", name="Salir ahora").is_visible()
    assert seen.page.get_by_role("button", name="Acknowledge").is_visible()
    assert seen.complaints == []


def test_exit_leaves_nothing_to_see_and_no_way_back(
    opened: Callable[..., BrowserContext], fake: FakeSite
) -> None:
    page = opened().new_page()
    page.goto(f"{fake.site.url}/inbox/gallery/empty")
    page.goto(f"{fake.site.url}/inbox/gallery/one")
    page.get_by_role("link", name="Exit now").click()
    page.wait_for_url("**/session/exit")
    page.go_back()
    assert "R-7F3K" not in page.content()


def test_weighs_little_and_less_the_second_time(
    opened: Callable[..., BrowserContext], fake: FakeSite
) -> None:
    context = opened()
    weights = []
    for _ in range(2):
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        came: list[int] = []
        session.on("Network.loadingFinished", lambda event: came.append(event["encodedDataLength"]))  # noqa: B023
        page.goto(f"{fake.site.url}/inbox/gallery/one", wait_until="networkidle")
        weights.append(sum(came))
        page.close()
    first, later = weights
    print(f"{first:,} bytes over the wire at first, {later:,} after")
    assert 20_000 < first <= FIRST
    assert later <= LATER
