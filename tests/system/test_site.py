"""The site of the running platform, by a browser without scripts: signing in, the lock, the exit."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx2
import pytest

from deploy.local.people import BY_HANDLE
from deploy.local.system import System
from tests.faults.found import read_topics

pytestmark = [pytest.mark.platform, pytest.mark.timeout(420)]
WORKER = "worker@human-services"
ACCESS = "accord.referrals.access"
FRESH = 3.0
"""Seconds for which services here take a cookie without asking; in a county 180."""
#: Opens to whoever has signed in, and leads on.
OWN = "/session/kept?to=/status"


@pytest.fixture(scope="module")
def system(platform_folder: Callable[[], Path]) -> Iterator[System]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACCORD_SITE_FRESH_SECONDS", str(FRESH))
        with System(platform_folder()) as whole:
            whole.wait_first_steps()
            yield whole
    whole.infra.remove()


class Browser:
    """A browser without scripts: it keeps cookies and follows what leads it."""

    def __init__(self, system: System) -> None:
        self.http = httpx2.Client(
            base_url=system.url("site"), trust_env=False, timeout=20, follow_redirects=True
        )

    def link(self, page: Any, start: str) -> str:
        """The first link of a page that begins so."""
        links = [unescape(one) for one in re.findall(r'href="([^"]+)"', page.text)]
        return next(one for one in links if one.startswith(start))

    def sign_in(self, handle: str = WORKER, to: str = "/status") -> Any:
        choose = self.http.get(self.link(self.http.get(f"/sign-in?to={to}"), "/sign-in/with/"))
        assert "Choose an invented person" in choose.text
        return self.http.get(str(choose.url.join(self.link(choose, f"/authorize/{handle}?"))))

    @property
    def cookies(self) -> dict[str, str]:
        return dict(self.http.cookies)

    @property
    def signed_in(self) -> bool:
        answer = self.http.get(OWN, follow_redirects=False)
        return bool(answer.headers["location"] == "/status")


@pytest.fixture
def browser(system: System) -> Iterator[Browser]:
    made = Browser(system)
    yield made
    made.http.close()


def told(system: System, kind: str, person: str) -> list[dict[str, Any]]:
    """What stands on Kafka of a person's sessions, once there is something."""
    limit = time.monotonic() + 20
    while True:
        events = [json.loads(record.value or b"{}") for record in read_topics(system.infra, [ACCESS])]
        of_kind = [event["data"] for event in events if event["type"] == f"accord.session.{kind}.v1"]
        found = [data for data in of_kind if data["person"] == person]
        if found or time.monotonic() > limit:
            return found
        time.sleep(0.3)


def opens(system: System, cookies: dict[str, str]) -> bool:
    """Whether notifications shows the inbox to this cookie, asked directly."""
    with httpx2.Client(base_url=system.url("notifications"), trust_env=False, cookies=cookies) as client:
        answer = client.get("/inbox", follow_redirects=False)
    assert answer.status_code in (200, 303), answer.text
    return answer.status_code == 200


class TestAPersonOnTheSite:
    def test_signs_in_opens_a_page_and_leaves(self, system, browser):
        who = str(BY_HANDLE[WORKER].id)
        assert not browser.signed_in
        assert browser.sign_in(to="/inbox").url.path == "/inbox"
        assert browser.signed_in
        time.sleep(FRESH + 1)
        assert browser.http.get("/inbox").url.path == "/inbox", "renewed on the way"
        cookies = browser.cookies
        assert opens(system, cookies)

        left = browser.http.get("/session/exit")
        assert (left.url.path, "Accord" in left.text) == ("/session/gone", False)
        assert not browser.signed_in
        thief = Browser(system)
        thief.http.cookies.update(cookies)
        assert not thief.signed_in
        refused = thief.http.get("/session/renew?to=/inbox", follow_redirects=False)
        assert refused.headers["location"] == "/sign-in?to=/inbox&why=exit"
        time.sleep(FRESH)
        assert not opens(system, cookies)

        [begun] = told(system, "begun", who)
        [ended] = told(system, "ended", who)
        assert (begun["session"], begun["roles"]) == (ended["session"], ["social-worker"])
        assert ended["reason"] == "exit"

    def test_locks_the_screen_and_comes_back_to_the_page(self, browser):
        page = browser.sign_in("supervisor@human-services", to="/inbox")
        token = re.search(r'name="form-token" value="([^"]+)"', page.text)
        assert token is not None
        body = urlencode({"form-token": token[1], "key": str(uuid4()), "page": "/inbox"})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        locked = browser.http.post("/session/lock", content=body, headers=headers)
        assert (locked.url.path, locked.url.params["to"]) == ("/sign-in", "/inbox")
        assert browser.http.get("/inbox").url.path == "/sign-in"
        assert browser.sign_in("supervisor@human-services", to="/inbox").url.path == "/inbox"

    def test_cannot_post_from_another_site(self, browser):
        browser.sign_in("officer@probation")
        body = urlencode({"form-token": "x" * 24, "key": str(uuid4()), "page": "/inbox"})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://evil.example"}
        assert browser.http.post("/session/lock", content=body, headers=headers).status_code == 403
        assert browser.signed_in

    def test_finds_the_sites_address_in_status_and_doctor(self, system):
        assert system.url("site") in system.accord("status").stdout
        lines = system.accord("doctor").stdout
        assert re.search(r"ok\s+site\b", lines), lines

    def test_is_told_which_part_is_missing_and_can_leave_all_the_same(self, system, browser):
        browser.sign_in("deputy@sheriff")
        system.hold("referrals-api")
        try:
            answer = browser.http.get("/cases/1")
            assert answer.status_code == 503
            assert "Signing in, reports, cases and referrals do not answer now" in answer.text
            assert browser.http.get("/status").status_code == 200
            assert browser.http.get("/session/exit").status_code == 200
            assert browser.cookies == {}
        finally:
            system.release("referrals-api")
