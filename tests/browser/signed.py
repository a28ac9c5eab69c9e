"""Browsers of people who have signed in, each with cookies of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext

from shared.web.callers import Caller
from shared.web.site.cookie import Language
from shared.web.site.fakes import FakeSite

#: Opens a browser for somebody, by their name in the test.
Open = Callable[..., BrowserContext]
#: Milliseconds that a page has to show what is waited for.
PATIENCE = 20_000


@contextmanager
def signed_in_at(browser: Browser, site: FakeSite, people: Mapping[str, Caller]) -> Iterator[Open]:
    """Browsers for these people of a site; closed at the end."""
    contexts: list[BrowserContext] = []
    url = site.site.url

    def of(who: str, language: Language = "en", **options: Any) -> BrowserContext:
        context = browser.new_context(base_url=url, **options)
        cookie = site.cookie(people[who], language=language)
        context.add_cookies([{"name": n, "value": v, "url": url} for n, v in cookie.items()])
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return context

    yield of
    for context in contexts:
        context.close()
