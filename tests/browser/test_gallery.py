"""Every component, in every state, in a real browser: for everybody, on any screen, with and without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from shared.events.names import Agency, Role
from shared.settings import Settings
from shared.web.callers import Caller
from shared.web.site.cookie import Language
from shared.web.site.fakes import FakeSite
from tests.browser import watching
from tests.browser.gallery import LONG, RIGHT_TO_LEFT, STATES, make_gallery
from tests.browser.watching import NARROW, WIDE, Watched

WORKER = Caller(str(uuid4()), Agency.PROBATION, frozenset({Role.PROBATION_OFFICER}))
OPERATOR = Caller(str(uuid4()), Agency.HUMAN_SERVICES, frozenset({Role.OPERATOR}))
FIRST, LATER = 150_000, 20_000
SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1280", "320"])
Open = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def fake(serve: Callable[..., FakeSite]) -> FakeSite:
    settings = Settings(site_county="Alder County (fictional)", site_support="555-0100")
    return serve(partial(make_gallery, settings=settings))


@pytest.fixture
def opened(browser: Browser, fake: FakeSite) -> Iterator[Open]:
    contexts: list[BrowserContext] = []

    def open(language: Language = "en", privacy: bool = False, who: Caller = WORKER, **options: Any) -> Any:
        context = browser.new_context(base_url=fake.site.url, **options)
        cookie = fake.cookie(who, language=language, privacy=privacy)
        context.add_cookies([{"name": n, "value": v, "url": fake.site.url} for n, v in cookie.items()])
        context.set_default_timeout(10_000)
        contexts.append(context)
        return context

    yield open
    for context in contexts:
        context.close()


def gallery(context: BrowserContext, state: str) -> Page:
    page = context.new_page()
    page.goto(f"/inbox/gallery/{state}")
    return page


def in_part(name: str, value: str) -> str:
    """A field as a form sends it in parts."""
    return f'name="{name}"\r\n\r\n{value}\r\n'


class TestEveryComponentInEveryState:
    @SIZES
    @pytest.mark.parametrize("state", STATES)
    def test_is_for_everybody(
        self,
        opened: Open,
        fake: FakeSite,
        axe: str,
        pictures: Path | None,
        state: str,
        size: dict[str, int],
    ) -> None:
        seen = Watched.of(opened(viewport=size))
        seen.page.goto(f"/inbox/gallery/{state}")
        watching.picture(seen.page, pictures, f"gallery-{state}-{size['width']}")
        assert watching.findings(seen, axe, fake.site.url) == []

    @SIZES
    def test_is_so_in_spanish_too(
        self, opened: Open, fake: FakeSite, axe: str, pictures: Path | None, size: dict[str, int]
    ) -> None:
        seen = Watched.of(opened("es", viewport=size))
        seen.page.goto("/inbox/gallery/many")
        watching.picture(seen.page, pictures, f"gallery-spanish-{size['width']}")
        assert watching.findings(seen, axe, fake.site.url) == []
        expect(seen.page.get_by_text("Sus filtros ocultan 85.")).to_be_visible()

    @pytest.mark.parametrize(
        "options",
        [
            {"forced_colors": "active"},
            {"java_script_enabled": False},
            {"reduced_motion": "reduce", "viewport": {"width": 320, "height": 256}},
        ],
        ids=["forced-colours", "no-script", "400-percent"],
    )
    @pytest.mark.parametrize("state", ["one", "as-of"])
    def test_can_be_used_whatever_the_browser(
        self, opened: Open, pictures: Path | None, state: str, options: dict[str, object]
    ) -> None:
        seen = Watched.of(opened("es", **options))
        seen.page.goto(f"/inbox/gallery/{state}")
        watching.picture(seen.page, pictures, f"gallery-{state}-{'-'.join(options)}")
        expect(seen.page.get_by_role("link", name="Salir ahora")).to_be_visible()
        expect(seen.page.get_by_role("button", name="Send")).to_be_enabled(enabled=state == "one")
        assert watching.too_wide(seen.page) == 0
        assert seen.complaints == []

    def test_wider_spacing_of_words_and_lines_takes_nothing_away(self, opened: Open) -> None:
        page = gallery(opened("es", viewport=NARROW), "many")
        assert watching.cut_off_when_spaced(page) == []
        assert watching.too_wide(page) == 0

    def test_withheld_not_recorded_and_sealed_are_told_apart_in_words(self, opened: Open) -> None:
        page = gallery(opened(), "withheld")
        expect(page.get_by_text("Withheld from you: 42 CFR Part 2 – ask the clinic")).to_be_visible()
        expect(page.get_by_text("Not recorded")).to_be_visible()
        expect(page.get_by_text("Sealed or forgotten")).to_be_visible()

    def test_an_empty_list_says_which_filter_made_it_empty(self, opened: Open) -> None:
        page = gallery(opened(), "empty")
        expect(page.get_by_text("your filters hide all 97")).to_be_visible()
        page.get_by_role("link", name="Agency: Probation take back").first.click()
        assert page.url.endswith("/inbox/gallery/many?kind=referral")

    def test_words_of_any_script_and_length_are_shown_as_typed(self, opened: Open) -> None:
        page = gallery(opened(viewport=NARROW), "odd-words")
        expect(page.get_by_text(RIGHT_TO_LEFT).first).to_be_visible()
        expect(page.get_by_text(LONG.strip())).to_be_visible()
        assert len(gallery(opened(), "error").get_by_label("What happened").input_value()) == 10_000

    @pytest.mark.parametrize("status", [404, 503])
    def test_a_part_that_cannot_be_had_leaves_the_page_as_it_was(self, opened: Open, status: int) -> None:
        context = opened()
        answers: list[int] = []
        context.route("**/inbox/badge", lambda route: route.fulfill(status=status, body="CANARY"))
        context.on("response", lambda response: answers.append(response.status))
        page = gallery(context, "many")
        page.wait_for_load_state("networkidle")
        assert status in answers
        expect(page.locator(".accord-badge")).to_be_empty()

    def test_what_came_meanwhile_is_offered_and_not_put_in(self, opened: Open) -> None:
        page = gallery(opened(), "many")
        expect(page.locator(".accord-news")).to_contain_text("1 new item – Show")
        expect(page.locator("#accord-said")).to_have_text("1 new item")


class TestNames:
    def test_a_name_stands_beside_its_code_where_scripts_run(self, opened: Open) -> None:
        shown = gallery(opened(), "one").locator(".accord-person")
        expect(shown).to_have_text("C-9Q2D7F (Invented Name, to coordinate)")
        without = gallery(opened(java_script_enabled=False), "one")
        expect(without.locator(".accord-person")).to_have_text("C-9Q2D7F")

    def test_in_privacy_view_no_name_is_asked_for(self, opened: Open) -> None:
        seen = Watched.of(opened(privacy=True))
        seen.page.goto("/inbox/gallery/one", wait_until="networkidle")
        expect(seen.page.locator(".accord-person")).to_have_text("C-9Q2D7F")
        assert [url for url in seen.asked if "/names" in url] == []
        expect(seen.page.get_by_role("button", name="Show names")).to_be_visible()


class TestAwayFromTheScreen:
    def test_exit_leaves_nothing_to_see_and_no_way_back_in_any_tab(self, opened: Open) -> None:
        context = opened()
        page, other = gallery(context, "empty"), gallery(context, "one")
        page.goto("/inbox/gallery/one")
        page.get_by_role("link", name="Exit now").click()
        page.wait_for_url("**/session/gone")
        expect(other.get_by_text("R-7F3K")).to_have_count(0)
        page.go_back()
        assert "R-7F3K" not in page.content()

    def test_three_times_shift_exits_and_typing_capitals_does_not(self, opened: Open) -> None:
        page = gallery(opened(), "one")
        page.get_by_label("What happened").focus()
        for letter in "ABCD":
            page.keyboard.press(f"Shift+{letter}")
        assert page.get_by_label("What happened").input_value() == "ABCD"
        for _ in range(3):
            page.keyboard.press("Shift")
        page.wait_for_url("**/session/gone")

    def test_without_scripts_exit_is_a_link(self, opened: Open) -> None:
        page = gallery(opened(java_script_enabled=False), "one")
        page.get_by_role("link", name="Exit now").click()
        page.wait_for_url("**/session/gone")

    def test_two_minutes_before_the_lock_it_warns_and_whoever_is_there_stays(
        self, opened: Open, axe: str, pictures: Path | None
    ) -> None:
        page = opened().new_page()
        page.clock.install()
        page.goto("/inbox/gallery/one")
        warning = page.get_by_role("dialog", name="This screen locks in two minutes")
        page.clock.run_for(12 * 60_000)
        expect(warning).to_be_hidden()
        page.clock.run_for(65_000)
        expect(warning).to_be_visible()
        watching.picture(page, pictures, "gallery-idle")
        assert watching.violations(page, axe) == []
        page.get_by_role("button", name="Stay signed in").click()
        expect(warning).to_be_hidden()
        page.clock.run_for(12 * 60_000)
        expect(page.get_by_text("R-7F3K").first).to_be_visible()

    def test_once_it_locks_nothing_of_the_page_is_left_and_what_was_typed_went_to_the_server(
        self, opened: Open, axe: str, pictures: Path | None
    ) -> None:
        seen = Watched.of(opened())
        page = seen.page
        page.clock.install()
        page.goto("/inbox/gallery/one")
        page.get_by_label("What happened").fill("typed and not sent")
        kept: list[str] = []
        page.on("request", lambda r: kept.append(r.post_data or "") if "/draft" in r.url else None)
        page.clock.run_for(16 * 60_000)
        expect(page.get_by_role("link", name="Go on")).to_be_visible()
        assert page.title() == "Accord"
        for word in ("R-7F3K", "typed and not sent", "Invented Name"):
            assert word not in page.content()
        (sent,) = kept
        assert in_part("facts", "typed and not sent") in sent
        assert in_part("page", "/inbox/gallery/one") in sent
        watching.picture(page, pictures, "gallery-locked")
        assert watching.violations(page, axe) == []

    def test_what_nobody_typed_in_is_not_sent_when_it_locks(self, opened: Open) -> None:
        seen = Watched.of(opened())
        seen.page.clock.install()
        seen.page.goto("/inbox/gallery/one")
        seen.page.clock.run_for(16 * 60_000)
        expect(seen.page.get_by_role("link", name="Go on")).to_be_visible()
        assert [url for url in seen.asked if "/session/draft" in url] == []

    def test_who_works_in_one_tab_is_not_locked_out_of_the_other(self, opened: Open) -> None:
        context = opened()
        context.clock.install()
        idle, busy = gallery(context, "one"), context.new_page()
        idle.clock.run_for(14 * 60_000)
        busy.goto("/inbox/gallery/one")
        idle.clock.run_for(5 * 60_000)
        expect(idle.get_by_text("R-7F3K").first).to_be_visible()

    def test_privacy_view_covers_what_nobody_looks_at(self, opened: Open) -> None:
        page = opened(privacy=True).new_page()
        page.clock.install()
        page.goto("/inbox/gallery/one")
        page.clock.run_for(61_000)
        expect(page.locator("main h1")).to_be_hidden()
        page.keyboard.press("Tab")
        expect(page.locator("main h1")).to_be_visible()
        page.evaluate("() => window.dispatchEvent(new Event('blur'))")
        expect(page.locator("main h1")).to_be_hidden()


class TestWhatCannotBeDone:
    @pytest.mark.parametrize("status", [403, 404, 500])
    def test_is_a_page_for_everybody(
        self, opened: Open, axe: str, pictures: Path | None, status: int
    ) -> None:
        page = opened("es", viewport=NARROW).new_page()
        answer = page.goto(f"/inbox/problem/{status}")
        assert answer is not None
        assert answer.status == status
        watching.picture(page, pictures, f"problem-{status}")
        assert page.locator("html").get_attribute("lang") == "es"
        expect(page.get_by_role("heading", level=1)).to_be_focused()
        assert watching.violations(page, axe) == []
        assert watching.too_wide(page) == 0

    def test_keeps_what_was_typed_to_be_sent_again_with_the_same_key(self, opened: Open) -> None:
        page = gallery(opened(java_script_enabled=False), "one")
        typed = f"{RIGHT_TO_LEFT}\n{LONG[:5_000]}"
        page.get_by_label("What happened").fill(typed)
        form = page.locator('form[action="/inbox/problem/503"]')
        key = form.locator("input[name=key]").input_value()
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.get_by_role("heading", name="Accord cannot do this just now")).to_be_visible()
        assert page.locator(".accord-typed").first.inner_text().strip() == typed.strip()
        again = page.locator('form[action="/inbox/problem/503"]')
        assert again.locator("input[name=key]").input_value() == key
        with page.expect_request("**/inbox/problem/503") as sent:
            page.get_by_role("button", name="Send it again").click()
        assert sent.value.method == "POST"
        assert in_part("key", key) in (sent.value.post_data or "")

    @SIZES
    def test_what_works_now_is_a_page_with_the_checks_for_operators(
        self, opened: Open, fake: FakeSite, axe: str, pictures: Path | None, size: dict[str, int]
    ) -> None:
        seen = Watched.of(opened(who=OPERATOR, viewport=size))
        seen.page.goto("/status")
        watching.picture(seen.page, pictures, f"status-{size['width']}")
        expect(seen.page.get_by_text("Works, but some things come late")).to_be_visible()
        expect(seen.page.get_by_text("12 s behind")).to_be_visible()
        assert watching.findings(seen, axe, fake.site.url) == []
        others = opened().new_page()
        others.goto("/status")
        expect(others.get_by_text("12 s behind")).to_have_count(0)


def test_weighs_little_and_less_the_second_time(opened: Open) -> None:
    context = opened()
    weights = []
    for _ in range(2):
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        came: list[int] = []
        session.on("Network.loadingFinished", lambda event: came.append(event["encodedDataLength"]))  # noqa: B023
        page.goto("/inbox/gallery/one", wait_until="networkidle")
        weights.append(sum(came))
        page.close()
    first, later = weights
    print(f"{first:,} bytes over the wire at first, {later:,} after")
    assert 20_000 < first <= FIRST
    assert later <= LATER
