"""A person at a browser on the running site: what they open, press, follow, type and choose; each is counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Browser, Locator, Page, expect

from shared.web.site.cookie import Language

#: Milliseconds for what goes through Kafka and comes back to a page.
LONG = 30_000
#: A telephone on a poor line: pixels, and bits per second with the milliseconds until something comes.
PHONE = {"width": 360, "height": 740}
LINE_BITS, LINE_WAIT = 400_000, 200


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
        self.actions += 1
        (within or self.page).get_by_role("link", name=link).first.click()
        return self

    def presses(self, button: str, within: Locator | None = None) -> Hand:
        """They press a button by its words."""
        self.actions += 1
        (within or self.page).get_by_role("button", name=button).first.click()
        return self

    def opens_up(self, words: str) -> Hand:
        """They open a part of the page that is folded."""
        self.actions += 1
        self.page.locator("summary", has_text=words).first.click()
        return self

    def types(self, label: str, text: str) -> Hand:
        """They type into a field."""
        self.actions += 1
        self.page.get_by_label(label).first.fill(text)
        return self

    def chooses(self, label: str, option: str) -> Hand:
        """They choose one of a list."""
        self.actions += 1
        self.page.get_by_label(label).first.select_option(label=option)
        return self

    def ticks(self, label: str) -> Hand:
        """They tick a box, or choose one of several."""
        self.actions += 1
        box = self.page.get_by_label(label, exact=True).first
        # The design's own box lies over the real one.
        self.page.locator(f'label[for="{box.get_attribute("id")}"]').click()
        return self

    def reads(self, words: str | re.Pattern[str], within: Locator | None = None) -> Hand:
        """They read this on the page; it may still be on its way there."""
        found = (within or self.page).get_by_text(words).filter(visible=True)
        expect(found.first).to_be_visible(timeout=LONG)
        return self

    def signs_in(self, to: str = "/inbox") -> Hand:
        """They choose who they are, on the page of the local provider."""
        self.opens(f"/sign-in?{urlencode({'to': to})}")
        self.page.locator('a[href^="/sign-in/with/"]').first.click()
        self.page.locator(f'a[href*="/authorize/{self.who}?"]').click()
        self.page.wait_for_url(f"**{to}")
        self.actions += 2
        return self

    @property
    def place(self) -> str:
        """The path of the page that they see."""
        return str(self.page.evaluate("location.pathname"))


@contextmanager
def hands(
    browser: Browser, site: str, *people: str, phone: bool = False, language: Language = "en", **options: Any
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
            made.append(Hand(page, who))
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
