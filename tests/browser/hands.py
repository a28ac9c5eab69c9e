"""A person at a browser on the running site: what they open, press, follow, type and choose; each is counted."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from playwright.sync_api import Browser, Locator, Page, expect

from shared.web.site.cookie import Language

#: Milliseconds for what goes through Kafka and comes back to a page.
LONG = 30_000
#: A telephone on a poor line: pixels, and bits per second with the milliseconds until something comes.
PHONE = {"width": 360, "height": 740}
LINE_BITS, LINE_WAIT = 400_000, 200
_Found = TypeVar("_Found")


@dataclass
class Hand:
    """One person and their page. `actions` counts what they did; reading and waiting are none."""

    page: Page
    who: str
    actions: int = 0

    def opens(self, path: str) -> Hand:
        """They open an address: a bookmark, or a link in a mail."""
        self.actions += 1
        self.page.goto(path)
        return self

    def follows(self, link: str, within: Locator | None = None) -> Hand:
        """They follow a link by its words."""
        return self._press((within or self.page).get_by_role("link", name=link).first)

    def presses(self, button: str, within: Locator | None = None) -> Hand:
        """They press a button by its words."""
        return self._press((within or self.page).get_by_role("button", name=button).first)

    def opens_up(self, words: str) -> Hand:
        """They open a part of the page that is folded."""
        return self._press(self.page.locator("summary", has_text=words).first)

    def types(self, label: str, text: str) -> Hand:
        """They type into a field, in the place of what stands there."""
        self.actions += 1
        self._fill(self.page.get_by_label(label).first, text)
        return self

    def chooses(self, label: str, option: str) -> Hand:
        """They choose one of a list."""
        self.actions += 1
        self._choose(self.page.get_by_label(label).first, option)
        return self

    def ticks(self, label: str) -> Hand:
        """They tick a box, or choose one of several."""
        self.actions += 1
        self._tick(self.page.get_by_label(label, exact=True).first)
        return self

    def _press(self, what: Locator) -> Hand:
        self.actions += 1
        what.click()
        return self

    def _fill(self, field: Locator, text: str) -> None:
        field.fill(text)

    def _choose(self, choice: Locator, option: str) -> None:
        choice.select_option(label=option)

    def _tick(self, box: Locator) -> None:
        # The design's own box lies over the real one.
        self.page.locator(f'label[for="{box.get_attribute("id")}"]').click()

    def reads(self, words: str | re.Pattern[str], within: Locator | None = None) -> Hand:
        """They read this on the page; it may still be on its way there."""
        found = (within or self.page).get_by_text(words).filter(visible=True)
        expect(found.first).to_be_visible(timeout=LONG)
        return self

    def signs_in(self, to: str = "/inbox") -> Hand:
        """They sign in with the local provider."""
        self.opens(f"/sign-in?{urlencode({'to': to})}")
        self._press(self.page.locator('a[href^="/sign-in/with/"]').first)
        self.is_themselves().page.wait_for_url(f"**{to}")
        return self

    def is_themselves(self) -> Hand:
        """They choose who they are, on the local provider's page of invented people."""
        return self._press(self.page.locator(f'a[href*="/authorize/{self.who}?"]'))

    def finds(self, path: str, words: str | re.Pattern[str]) -> Hand:
        """They open this page, and again until it says this: what comes without scripts to tell of it."""
        said = self.page.locator("main").get_by_text(words).filter(visible=True)
        within(LONG / 1000, lambda: self.opens(path) and said.count())
        return self

    @property
    def place(self) -> str:
        """The path of the page that they see."""
        return str(self.page.evaluate("location.pathname"))


@contextmanager
def hands(
    browser: Browser,
    site: str,
    *people: str,
    phone: bool = False,
    language: Language = "en",
    kind: type[Hand] = Hand,
    **options: Any,
) -> Iterator[list[Hand]]:
    """So many people, each in a browser of their own; on a telephone with a poor line, if `phone`."""
    contexts = []
    locale = {"en": "en-US", "es": "es-US"}[language]
    try:
        made = []
        for who in people:
            more = {"viewport": PHONE, "has_touch": True, "is_mobile": True} if phone else {}
            context = browser.new_context(base_url=site, locale=locale, **(more | options))
            contexts.append(context)
            context.set_default_timeout(LONG)
            page = context.new_page()
            if phone:
                _poor_line(page)
            made.append(kind(page, who))
        yield made
    finally:
        for context in contexts:
            context.close()


def _poor_line(page: Page) -> None:
    bytes_a_second = LINE_BITS // 8
    page.context.new_cdp_session(page).send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": LINE_WAIT,
            "downloadThroughput": bytes_a_second,
            "uploadThroughput": bytes_a_second,
        },
    )


def within(seconds: float, look: Callable[[], _Found]) -> _Found:
    """What is found, once there is something. Fails when there is nothing in time."""
    limit = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < limit, "nothing came in time"
        time.sleep(0.2)
    return found
