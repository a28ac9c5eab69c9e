"""A county with its pages of casework, on a real PostgreSQL: people with cookies, forms as a browser sends them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI
from fastapi.testclient import TestClient

from services.referrals.api.app import checks, make_app
from services.referrals.signing_in.desk import Desk
from services.referrals.signing_in.drafts import Drafts
from services.referrals.signing_in.opening import CASEWORK, TEMPLATES
from services.referrals.signing_in.sessions import Sessions
from services.referrals.signing_in.under_way import SignIns
from shared.settings import Settings
from shared.web.callers import Caller
from shared.web.fakes import FakeVerifier
from shared.web.site.cookie import Language
from shared.web.site.county import county_of
from shared.web.site.fakes import FakeSite
from shared.web.site.rendering import Pages
from tests.integration.referrals_made import PEOPLE, County, county

URL = "http://127.0.0.1"


def app_of(made: County, fake: FakeSite) -> FastAPI:
    """The api of referrals with its pages."""
    settings = Settings(local=True)
    sessions = Sessions(
        made.store, made.referrals.handler.shelf, made.referrals.secret, timedelta(minutes=15), made.clock
    )
    pages = Pages(county_of(settings), TEMPLATES, CASEWORK)
    sign_ins = SignIns(made.store, made.clock)
    desk = Desk(fake.site, fake.key, {}, sign_ins, sessions, Drafts(made.vault), pages)
    return make_app(made.doors, FakeVerifier(PEOPLE), settings, lambda: checks(made.doors), desk)


class Person:
    """Somebody who has signed in: a browser without scripts, in few lines."""

    def __init__(
        self, app: FastAPI, fake: FakeSite, caller: Caller, language: Language, privacy: bool
    ) -> None:
        self.client = TestClient(
            app,
            base_url=fake.site.url,
            follow_redirects=False,
            headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"},
        )
        self.client.cookies.update(fake.cookie(caller, language=language, privacy=privacy))

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def form(self, page: str, action: str) -> dict[str, Any]:
        """The hidden fields of the form of a page that is sent to `action`."""
        return hidden(self.get(page).text, action)

    def post(self, action: str, fields: dict[str, Any]) -> Any:
        return self.client.post(
            action,
            content=urlencode(fields, doseq=True),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )

    def send(self, page: str, action: str = "", **typed: Any) -> Any:
        """Open the page, fill in its form and send it."""
        action = action or page
        return self.post(action, {**self.form(page, action), **typed})

    def follow(self, answer: Any) -> Any:
        assert answer.status_code == 303, answer.text
        return self.get(answer.headers["location"])


def hidden(html: str, action: str) -> dict[str, Any]:
    """The hidden fields of the form sent to `action`."""
    found = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', html, re.DOTALL)
    assert found, f"no form is sent to {action}"
    inputs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', found[0])
    return {name: unescape(value) for name, value in inputs}


def said(answer: Any) -> str:
    """The words of a page's main part."""
    main = re.search(r"<main.*?</main>", answer.text, re.DOTALL)
    assert main, answer.text
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", main[0]).split()))


class Casework:
    """The county, and whoever looks at its pages."""

    def __init__(self, made: County) -> None:
        self.county = made
        self.fake = FakeSite(made.clock, URL)
        self.app = app_of(made, self.fake)
        self.drafts = Drafts(made.vault)

    def person(self, name: str, language: Language = "en", privacy: bool = False) -> Person:
        return Person(self.app, self.fake, PEOPLE[name], language, privacy)


@contextmanager
def casework(infra: Any, folder: Path, adopt: bool = True) -> Iterator[Casework]:
    with county(infra, folder, adopt) as made:
        yield Casework(made)
