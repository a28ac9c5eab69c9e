"""Inviting, accepting, signing in and removing in real browsers: by keyboard, without scripts, with a passkey."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import APIRouter, FastAPI, Response
from playwright.sync_api import Browser, BrowserContext, Page, expect

from deploy.local.infrastructure import Infrastructure
from services.referrals.people.desk import people_of
from shared.web.site.fakes import FakeSite
from tests.browser import watching
from tests.browser.keys import Keys
from tests.browser.watching import NARROW, WIDE, Watched
from tests.integration.bus_support import eventually
from tests.integration.people_made import Mailbox, cookie_of, mailbox
from tests.integration.referrals_made import county
from tests.integration.signing_in_made import Place

pytestmark = pytest.mark.platform
SHELTER = "shelter"


class Site:
    """The pages of a county whose shelter has no provider, and its people's mail."""

    def __init__(self, place: Place, box: Mailbox) -> None:
        self.place, self.box, self.url = place, box, place.site.url
        self.people = people_of(place.desk)

    def mail(self, address: str, letters: int) -> None:
        """Wait until somebody has so many letters; the api sends them by itself."""
        eventually(f"{letters} letters to somebody", lambda: len(self.box.to(address)) == letters)

    def link(self, address: str) -> str:
        """The path in the invitation that somebody got."""
        self.mail(address, 1)
        return self.box.link(address)

    def code(self, address: str, letters: int = 2) -> str:
        """The code that somebody got in the last of so many letters."""
        self.mail(address, letters)
        return self.box.code(address)


def inbox() -> APIRouter:
    """Another service's page, as far as these need it."""
    router = APIRouter()
    for path in ("/inbox", "/inbox/badge"):
        router.add_api_route(path, lambda: Response(), methods=["GET"])
    return router


@pytest.fixture(scope="module")
def site(
    infra: Infrastructure,
    tmp_path_factory: pytest.TempPathFactory,
    serve: Callable[[Callable[[FakeSite], FastAPI]], FakeSite],
) -> Iterator[Site]:
    folder, made = tmp_path_factory.mktemp("people-pages"), []

    def app(fake: FakeSite) -> FastAPI:
        # Browsers make passkeys for a name, not for a number.
        made.append(Place(counted, folder, fake.site.url.replace("127.0.0.1", "localhost"), mail=port))
        made[0].app.include_router(inbox())
        return made[0].app

    with county(infra, folder) as counted, mailbox() as (box, port):
        serve(app)
        yield Site(made[0], box)


@pytest.fixture
def address() -> str:
    return f"ruth-{uuid4().hex[:8]}@harbor.example"


@pytest.fixture
def opened(browser: Browser, site: Site) -> Iterator[Callable[..., BrowserContext]]:
    """A browser of its own, of somebody who has signed in with these roles, or of nobody yet."""
    contexts: list[BrowserContext] = []

    def of(*roles: str, **options: Any) -> BrowserContext:
        context = browser.new_context(base_url=site.url, **options)
        if roles:
            cookie = cookie_of(site.place, str(uuid4()), SHELTER, *roles)
            context.add_cookies([{"name": "accord-local", "value": cookie, "url": site.url}])
        context.set_default_timeout(20_000)
        contexts.append(context)
        return context

    yield of
    for context in contexts:
        context.close()


Open = Callable[..., BrowserContext]


def invite(page: Page, address: str) -> None:
    page.goto("/people")
    page.get_by_role("link", name="Invite a person").click()
    page.get_by_label("Their e-mail address at work").fill(address)
    page.get_by_text("Advocate", exact=True).click()
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_role("heading", name="The invitation is on its way")).to_be_visible()


def accept(page: Page, site: Site, address: str) -> None:
    """From the mail to the inbox: two actions."""
    page.goto(site.link(address))
    page.get_by_role("button", name="Accept and go on").click()
    page.wait_for_url(f"{site.url}/inbox")


def ask_for_code(page: Page, site: Site, address: str) -> str:
    page.goto("/sign-in")
    page.get_by_role("link", name="Sign in with a code or a passkey").click()
    page.get_by_label("Your e-mail address").fill(address)
    page.get_by_role("button", name="Send me a code").click()
    return site.code(address)


class TestWithoutScripts:
    def test_somebody_is_invited_comes_in_comes_again_with_a_code_and_is_removed(
        self, site: Site, opened: Open, address: str
    ) -> None:
        admin = opened("agency-admin", java_script_enabled=False).new_page()
        invite(admin, address)
        context = opened(java_script_enabled=False)
        page = context.new_page()
        accept(page, site, address)
        context.clear_cookies()
        code = ask_for_code(page, site, address)
        page.get_by_label("Code").fill(code)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(f"{site.url}/inbox")
        admin.goto("/people")
        card = admin.get_by_role("listitem").filter(has_text=address)
        card.get_by_role("button", name="Remove now").click()
        expect(admin.get_by_role("heading", name="This person has no access any more")).to_be_visible()
        assert address not in admin.content()
        page.goto("/cases/1")
        assert "/sign-in" in page.url
        admin.get_by_role("button", name="Undo this").click()
        expect(admin.get_by_role("link", name=address)).to_be_visible()


class TestByKeyboard:
    def test_a_code_is_asked_for_and_typed(self, site: Site, opened: Open, address: str) -> None:
        invite(opened("agency-admin").new_page(), address)
        accept(opened().new_page(), site, address)
        page = opened().new_page()
        page.goto("/sign-in/own")
        page.get_by_label("Your e-mail address").focus()
        page.keyboard.type(address)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Type your code")).to_be_visible()
        page.get_by_label("Code").focus()
        page.keyboard.type("00000000")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Please look at one thing")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_label("Code")).to_be_focused()
        page.keyboard.type(site.code(address))
        page.keyboard.press("Enter")
        page.wait_for_url(f"{site.url}/inbox")


def with_device(page: Page) -> None:
    """A device that makes passkeys and asks its person for a finger, who gives it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


class TestAPasskey:
    def test_is_made_with_the_invitation_and_signs_in_without_a_code_by_keyboard_alone(
        self, site: Site, opened: Open, address: str
    ) -> None:
        invite(opened("agency-admin").new_page(), address)
        context = opened()
        page = context.new_page()
        with_device(page)
        ruth = Keys(page, "ruth")
        ruth.opens(site.link(address)).presses("Accept and make a passkey")
        ruth.presses("Make a passkey on this device")
        expect(page.get_by_role("heading", name="Your passkey is ready")).to_be_focused()
        context.clear_cookies()
        ruth.opens("/sign-in/own?to=/cases/1").presses("Sign in with a passkey")
        page.wait_for_url(f"{site.url}/cases/1")
        begun = site.place.events("session.begun", agency=SHELTER)
        assert begun[-1].data.how == "passkey"

    def test_that_was_dropped_or_is_of_somebody_removed_opens_nothing(
        self, site: Site, opened: Open, address: str
    ) -> None:
        admin = opened("agency-admin").new_page()
        invite(admin, address)
        context = opened()
        page = context.new_page()
        with_device(page)
        accept(page, site, address)
        page.goto("/people/passkey")
        page.get_by_role("button", name="Make a passkey on this device").click()
        expect(page.get_by_text("You have one passkey.")).to_be_visible()
        admin.goto("/people")
        admin.get_by_role("listitem").filter(has_text=address).get_by_role(
            "button", name="Remove now"
        ).click()
        context.clear_cookies()
        page.goto("/sign-in/own")
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.get_by_role("heading", name="This passkey does not open Accord")).to_be_focused()
        admin.get_by_role("button", name="Undo this").click()
        expect(admin.get_by_role("heading", name="This person has access again")).to_be_visible()
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url(f"{site.url}/inbox")
        page.goto("/people/passkey")
        page.get_by_role("button", name="Drop all my passkeys").click()
        expect(page.get_by_text("You have no passkey yet.")).to_be_visible()
        context.clear_cookies()
        page.goto("/sign-in/own")
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.get_by_role("heading", name="This passkey does not open Accord")).to_be_visible()


def tomorrow(site: Site) -> str:
    return (site.place.now() + timedelta(days=1)).strftime("%Y-%m-%d")


def absence(opened: Open, site: Site, **options: Any) -> tuple[Page, Page, str]:
    """The pages of somebody who will be away and of their colleague, and the colleague's code."""
    away, colleague = (opened("advocate", **options) for _ in range(2))
    pages = [context.new_page() for context in (away, colleague)]
    for page in pages:
        page.goto("/people/away")
    code = pages[1].get_by_text("Your own code is").inner_text().split()[4].rstrip(".")
    pages[0].reload()
    return pages[0], pages[1], code


class TestWhoIsAway:
    def test_arranges_and_ends_a_cover_by_keyboard_and_the_colleague_sees_it(
        self, site: Site, opened: Open
    ) -> None:
        page, colleague, code = absence(opened, site)
        page.get_by_label("Who covers").focus()
        page.keyboard.type(code)
        page.keyboard.press("Tab")
        expect(page.get_by_label("From")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.type("soon")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Please look at one thing")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_label("Until")).to_be_focused()
        page.keyboard.press("Control+A")
        page.keyboard.type(tomorrow(site))
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="The cover is arranged")).to_be_focused()
        expect(page.get_by_role("heading", name=f"{code} (Advocate) covers")).to_be_visible()
        colleague.reload()
        expect(colleague.get_by_role("heading", name="You cover for P-")).to_be_visible()
        page.get_by_role("button", name="End now").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="The cover has ended")).to_be_focused()
        colleague.reload()
        expect(colleague.get_by_text("No cover is arranged.")).to_be_visible()

    def test_does_so_without_scripts(self, site: Site, opened: Open) -> None:
        page, _, code = absence(opened, site, java_script_enabled=False)
        page.get_by_label("Who covers").select_option(label=f"{code} (Advocate)")
        page.get_by_role("button", name="Arrange the cover").click()
        expect(page.get_by_role("heading", name="Please look at one thing")).to_be_visible()
        assert page.get_by_label("Who covers").input_value()
        page.get_by_label("Until").fill(tomorrow(site))
        page.get_by_role("button", name="Arrange the cover").click()
        expect(page.get_by_role("heading", name="The cover is arranged")).to_be_visible()
        page.get_by_role("button", name="End now").click()
        expect(page.get_by_role("heading", name="The cover has ended")).to_be_visible()


class TestForEverybody:
    @pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1280", "320"])
    def test_axe_keyboard_and_a_small_screen(
        self,
        site: Site,
        opened: Open,
        address: str,
        axe: str,
        pictures: Path | None,
        size: dict[str, int],
    ) -> None:
        admin = Watched.of(opened("agency-admin", "supervisor", viewport=size))
        invite(admin.page, address)
        person = site.people.accounts.here(SHELTER, address)
        assert person is not None
        anybody = Watched.of(opened(viewport=size))
        looked = [
            (admin, "/people", "people"),
            (admin, "/people/invite", "people-invite"),
            (admin, f"/people/{person.person}", "person"),
            (admin, f"/people/{person.person}/away", "away-of-a-person"),
            (admin, "/people/away", "away"),
            (anybody, "/sign-in", "sign-in"),
            (anybody, "/sign-in/own", "own-sign-in"),
            (anybody, "/sign-in/own/code", "own-code"),
            (anybody, site.link(address), "invitation"),
            (anybody, "/sign-in/invited/over", "invitation-over"),
        ]
        for seen, path, name in looked:
            seen.page.goto(path)
            self._look(seen, axe, site.url, pictures, f"{name}-{size['width']}")
        admin.page.goto("/people/invite")
        admin.page.get_by_role("button", name="Send the invitation").click()
        self._look(admin, axe, site.url, pictures, f"people-invite-errors-{size['width']}")
        admin.page.goto(f"/people/{person.person}/away")
        colleague = admin.page.get_by_label("Who covers").get_by_role("option").nth(1)
        admin.page.get_by_label("Who covers").select_option(colleague.inner_text())
        admin.page.get_by_role("button", name="Arrange the cover").click()
        self._look(admin, axe, site.url, pictures, f"away-errors-{size['width']}")
        admin.page.get_by_label("Until").fill(tomorrow(site))
        admin.page.get_by_role("button", name="Arrange the cover").click()
        self._look(admin, axe, site.url, pictures, f"away-arranged-{size['width']}")
        accept(anybody.page, site, address)
        anybody.page.goto("/people/passkey")
        self._look(anybody, axe, site.url, pictures, f"own-passkeys-{size['width']}")

    def _look(self, seen: Watched, axe: str, url: str, pictures: Path | None, name: str) -> None:
        watching.picture(seen.page, pictures, name)
        # The browser tells of each answer that is none of 2xx; these are pages all the same.
        found = [one for one in watching.findings(seen, axe, url) if "status of 4" not in one]
        assert found == []
