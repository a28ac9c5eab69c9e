"""A county whose referrals are answered on pages: the app on a real PostgreSQL, and people with cookies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Response
from fastapi.testclient import TestClient

from services.referrals.api.app import checks, make_app
from services.referrals.pages.work import Work
from services.referrals.signing_in.desk import Desk
from services.referrals.signing_in.drafts import Drafts
from services.referrals.signing_in.opening import CASEWORK, TEMPLATES
from services.referrals.signing_in.sessions import Sessions
from services.referrals.signing_in.under_way import SignIns
from shared.settings import Settings
from shared.web.callers import Caller
from shared.web.fakes import FakeVerifier
from shared.web.site.county import county_of
from shared.web.site.fakes import FakeSite
from shared.web.site.rendering import Pages
from tests.integration.referrals_made import PEOPLE, County, county

Fields = Mapping[str, str | Sequence[str]]


def _no_badge() -> Response:
    """What the inbox of notifications shows in the navigation where nothing is new."""
    return Response("", media_type="text/html")


class Reader:
    """Somebody at the pages. `read` gives the last page's words; forms are sent as they were rendered."""

    def __init__(self, app: FastAPI, fake: FakeSite, caller: Caller, **cookie: Any) -> None:
        self.client = TestClient(app, base_url=fake.site.url, follow_redirects=False)
        self.client.headers.update({"Accept": "text/html", "Sec-Fetch-Site": "same-origin"})
        self.client.cookies.update(fake.cookie(caller, **cookie))
        self.person = caller.person
        self.page, self.path, self.url = "", "", ""

    def get(self, path: str, status: int = 200) -> str:
        return self._came(self.client.get(path), status)

    def _came(self, answer: Any, status: int) -> str:
        while answer.status_code == 303:
            answer = self.client.get(answer.headers["location"])
        assert answer.status_code == status, (answer.status_code, answer.text[:3_000])
        self.page, self.path, self.url = answer.text, str(answer.url.path), str(answer.url)
        return self.page

    def form(self, action: str) -> dict[str, list[str]]:
        """The hidden fields of the form of the last page that goes to `action`."""
        found = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', self.page, re.DOTALL)
        assert found, f"no form to {action}"
        hidden: dict[str, list[str]] = {}
        for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', found[1]):
            hidden.setdefault(name, []).append(unescape(value))
        return hidden

    def fill(self, action: str, typed: Fields | None = None, status: int = 200) -> str:
        """Fill in that form and send it, as a browser without scripts does."""
        return self.send(action, {**self.form(action), **(typed or {})}, status)

    def send(self, action: str, fields: Fields, status: int = 200) -> str:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(fields, doseq=True)
        return self._came(self.client.post(action, content=body, headers=headers), status)

    @property
    def words(self) -> str:
        """What the main part of the last page says."""
        main = self.page.partition("<main")[2].partition(">")[2].partition("</main>")[0]
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())


class Pagewise:
    """The county, and its app with pages."""

    def __init__(self, made: County, fake: FakeSite | None = None) -> None:
        self.county = made
        self.fake = fake or FakeSite(made.clock)
        settings = Settings(local=True, site_county="Alder County (fictional)")
        shelf, secret = made.referrals.handler.shelf, made.referrals.secret
        sessions = Sessions(made.store, shelf, secret, timedelta(minutes=15), made.clock)
        sign_ins, drafts = SignIns(made.store, made.clock), Drafts(made.vault)
        pages = Pages(county_of(settings), TEMPLATES, CASEWORK)
        self.desk = Desk(self.fake.site, self.fake.key, {}, sign_ins, sessions, drafts, pages)
        verifier = FakeVerifier(PEOPLE)
        self.app = make_app(made.doors, verifier, settings, lambda: checks(made.doors), self.desk)
        self.work = Work(made.doors, self.desk)
        self.app.add_api_route("/inbox/badge", _no_badge)

    def reader(self, who: str, **cookie: Any) -> Reader:
        return Reader(self.app, self.fake, PEOPLE[who], **cookie)

    def act(self, referral: str, act: str, who: str, *, status: int = 200, **body: Any) -> None:
        """Do it over the API, as another window would."""
        path = f"/v1/referrals/{referral}"
        answer = self.county.post(f"{path}/{act}", body, who, etag=self.county.etag(path, who))
        assert answer.status_code == status, answer.text


@contextmanager
def pagewise(infra: Any, folder: Path) -> Iterator[Pagewise]:
    with county(infra, folder) as made:
        yield Pagewise(made)
