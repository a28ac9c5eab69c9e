"""The site of the running platform, by a browser without scripts: signing in, the lock, the exit."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx2
import pytest

from deploy.local.people import BY_HANDLE
from deploy.local.system import System
from tests.faults.found import read_topics

pytestmark = pytest.mark.platform
WORKER = "worker@human-services"
ACCESS = "accord.referrals.access"
#: Opens to whoever has signed in, and leads on.
OWN = "/session/kept?to=/help"


class Browser:
    """A browser without scripts: it keeps cookies and follows what leads it."""

    def __init__(self, system: System) -> None:
        self.site = system.url("site")
        self.http = httpx2.Client(base_url=self.site, trust_env=False, timeout=20, follow_redirects=True)

    def link(self, page: Any, start: str) -> str:
        """The first link of a page that begins so."""
        [link, *_] = [
            unescape(one) for one in re.findall(r'href="([^"]+)"', page.text) if one.startswith(start)
        ]
        return str(link)

    def sign_in(self, handle: str = WORKER, to: str = "/help") -> Any:
        choose = self.http.get(self.link(self.http.get(f"/sign-in?to={to}"), "/sign-in/with/"))
        assert "Choose an invented person" in choose.text
        assert "password" in choose.text
        return self.http.get(str(choose.url.join(self.link(choose, f"/authorize/{handle}?"))))

    def kept_cookies(self) -> dict[str, str]:
        return dict(self.http.cookies)

    @property
    def signed_in(self) -> bool:
        answer = self.http.get(OWN, follow_redirects=False)
        return answer.headers["location"] == "/help"


@pytest.fixture
def browser(system: System) -> Iterator[Browser]:
    made = Browser(system)
    yield made
    made.http.close()


def told(system: System, kind: str, person: str, least: int = 1) -> list[dict[str, Any]]:
    """What stands on Kafka of a person's sessions."""
    limit = time.monotonic() + 20
    while True:
        events = [json.loads(record.value or b"{}") for record in read_topics(system.infra, [ACCESS])]
        of_kind = [event["data"] for event in events if event["type"] == f"accord.session.{kind}.v1"]
        found = [data for data in of_kind if data["person"] == person]
        if len(found) >= least or time.monotonic() > limit:
            return found
        time.sleep(0.3)


class TestAPersonOnTheSite:
    def test_signs_in_locks_and_leaves(self, system, browser):
        who = str(BY_HANDLE[WORKER].id)
        assert not browser.signed_in
        assert browser.sign_in().url.path == "/help"
        assert browser.signed_in
        cookies = browser.kept_cookies()
        time.sleep(1.1)
        assert browser.http.get("/session/renew?to=/help").url.path == "/help"
        assert browser.signed_in
        assert browser.kept_cookies() != cookies

        left = browser.http.get("/session/exit")
        assert (left.url.path, "Accord" in left.text) == ("/session/gone", False)
        assert not browser.signed_in
        thief = Browser(system)
        thief.http.cookies.update(cookies)
        assert not thief.signed_in
        refused = thief.http.get("/session/renew?to=/inbox", follow_redirects=False)
        assert refused.headers["location"] == "/sign-in?to=/inbox&why=ended"

        [begun] = told(system, "begun", who)
        [ended] = told(system, "ended", who)
        assert (begun["session"], begun["roles"]) == (ended["session"], ["social-worker"])
        assert ended["reason"] == "exit"

    def test_finds_the_site_named_by_status_and_doctor(self, system):
        assert system.url("site") in system.accord("status").stdout
        lines = system.accord("doctor").stdout
        assert re.search(r"ok\s+site\b", lines), lines

    def test_cannot_post_from_another_site(self, system, browser):
        browser.sign_in("officer@probation")
        body = urlencode({"form-token": "x" * 24, "key": str(uuid4()), "page": "/inbox"})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://evil.example"}
        assert browser.http.post("/session/lock", content=body, headers=headers).status_code == 403
        assert browser.signed_in
