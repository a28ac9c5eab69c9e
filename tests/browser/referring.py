"""A county whose pages of referrals are served to real browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from playwright.sync_api import Browser, BrowserContext

from shared.web.site.cookie import Language
from shared.web.site.fakes import FakeSite
from tests.integration.casework_made import app_of
from tests.integration.refer_made import Pagewise
from tests.integration.referrals_made import PEOPLE, County, county

Open = Callable[..., BrowserContext]


@contextmanager
def referring(infra: Any, folder: Path, serve: Callable[..., FakeSite]) -> Iterator[Pagewise]:
    """The county and its pages, until the end."""
    with county(infra, folder) as made:
        found: list[Pagewise] = []

        def make(fake: FakeSite) -> FastAPI:
            found.append(Pagewise(made, fake))
            return found[0].app

        serve(make)
        yield found[0]


def casework_site(made: County, serve: Callable[..., FakeSite]) -> FakeSite:
    """The pages of cases and concerns, served."""

    def make(fake: FakeSite) -> FastAPI:
        app = app_of(made, fake)
        # The badge is another service's: here it has nothing to say.
        app.add_api_route("/inbox/badge", lambda: PlainTextResponse(""))
        return app

    return serve(make)


@contextmanager
def signing_in(browser: Browser, site: FakeSite) -> Iterator[Open]:
    """Opens browsers of people who have signed in; they are closed at the end."""
    contexts: list[BrowserContext] = []

    def of(who: str, language: Language = "en", **options: Any) -> BrowserContext:
        context = browser.new_context(base_url=site.site.url, **options)
        cookie = site.cookie(PEOPLE[who], language=language)
        context.add_cookies([{"name": n, "value": v, "url": site.site.url} for n, v in cookie.items()])
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context

    yield of
    for context in contexts:
        context.close()
