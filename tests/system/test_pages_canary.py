"""A name, a birth date and an address on the pages of the running system, in a browser that writes to disk.

Shown to one who may see the name, they are in no title, address, storage, cache or file of the browser, and gone
after Exit; to one who may not, a thing is as one that is not there (UX criteria 16, 28, 29).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, Response, expect, sync_playwright

from deploy.local.people import BY_HANDLE
from deploy.local.system import System
from tests.browser.browsing import chromium
from tests.canary import Canary, Hit
from tests.faults.found import read_topics
from tests.system.doors import Doors
from tests.system.test_canary_everywhere import SCREENER, WORKER, Planted, story

pytestmark = [pytest.mark.platform, pytest.mark.timeout(420)]
ACCESS = "accord.referrals.access"
STRANGER = "advocate@shelter"
#: Everything that a page can put by in a browser.
KEPT = """async () => JSON.stringify([
  {...localStorage}, {...sessionStorage}, document.cookie, history.state,
  await indexedDB.databases(), await caches?.keys(),
])"""


@dataclass
class Played:
    """What was planted, and the things that it was planted in."""

    planted: Planted
    canary: Canary
    concern: str
    case: str
    referral: str


@pytest.fixture(scope="module")
def played(system: System) -> Iterator[Played]:
    planted, doors = Planted(), Doors(system)
    concern, referral = story(doors, planted)
    case = doors.http("referrals", "GET", f"/v1/referrals/{referral}", WORKER).json()["case"]
    yield Played(planted, Canary(planted.all), concern, case, referral)
    doors.close()


Open = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def opened(system: System) -> Iterator[Open]:
    """A browser with a folder of its own."""
    if chromium(whole=True) is None:
        pytest.skip("elsewhere: no Chromium that keeps a profile is installed here")
    with sync_playwright() as playwright:

        def of(folder: Path, **options: Any) -> BrowserContext:
            context = playwright.chromium.launch_persistent_context(
                str(folder),
                executable_path=chromium(whole=True),
                args=["--no-sandbox", "--disable-dev-shm-usage"],
                base_url=system.url("site"),
                **options,
            )
            context.set_default_timeout(30_000)
            return context

        yield of


def sign_in(context: BrowserContext, who: str, to: str = "/inbox") -> Page:
    page = context.new_page()
    page.goto(f"/sign-in?as={who}&to={to}")
    page.get_by_role("link", name="Go on as").click()
    page.wait_for_url(f"**{to}")
    return page


def none(hits: list[Hit]) -> None:
    assert not hits, "\n".join(f"{hit.where}: {hit.form}" for hit in hits[:20])


def showings(system: System, case: str, who: str) -> list[dict[str, Any]]:
    """The reads of this case's identity by this person that stand on Kafka, once there is one."""
    limit = time.monotonic() + 30
    while True:
        events = [json.loads(record.value or b"{}") for record in read_topics(system.infra, [ACCESS])]
        found = [
            event
            for event in events
            if event["type"] == "accord.record.read.v1"
            and (event["subject"], event["actor"]) == (case, str(BY_HANDLE[who].id))
            and event["data"].get("classes") == ["identity"]
        ]
        if found or time.monotonic() > limit:
            return found
        time.sleep(0.3)


class TestToOneWhoMaySeeTheName:
    def test_it_is_shown_and_kept_nowhere_in_the_browser(
        self, system: System, played: Played, opened: Open, tmp_path: Path
    ) -> None:
        context, answers = opened(tmp_path), []
        context.on("response", lambda answer: answers.append(answer))
        page = sign_in(context, SCREENER)
        named = page.get_by_text(f"({played.planted.name})").first
        expect(named).to_be_visible()
        kept = page.evaluate(KEPT)
        addresses = " ".join(answer.url for answer in answers)
        for what in (page.title(), page.url, kept, addresses):
            none(played.canary.search_text(what, "the browser"))
        assert kept_by_browsers(answers) == []
        assert showings(system, played.case, SCREENER)

        page.goto("/inbox/all")
        expect(named).to_be_visible()
        page.get_by_role("link", name="Exit now").click()
        page.wait_for_url("**/session/gone")
        page.go_back()  # to /inbox: Exit took the place of the page that it was pressed on
        expect(page.get_by_role("link", name="Sign in with the invented people")).to_be_visible()
        none(played.canary.search_text(page.content(), "after Back"))
        assert played.concern not in page.content()
        context.close()
        assert any(tmp_path.rglob("History")), "it wrote what it writes"
        none(played.canary.search_folder(tmp_path))

    def test_it_is_covered_in_privacy_view_and_gone_from_the_page_when_it_locks(
        self, played: Played, opened: Open, tmp_path: Path
    ) -> None:
        context = opened(tmp_path)
        page = sign_in(context, SCREENER)
        expect(page.get_by_text(f"({played.planted.name})").first).to_be_visible()
        page.get_by_role("button", name="Cover names").click()
        expect(page.get_by_role("button", name="Show names")).to_be_visible()
        page.wait_for_load_state("networkidle")
        none(played.canary.search_text(page.content(), "in privacy view"))
        page.get_by_role("button", name="Show names").click()
        expect(page.get_by_text(f"({played.planted.name})").first).to_be_visible()
        page.get_by_role("button", name="Lock").click()
        expect(page.get_by_text("The screen is locked.")).to_be_visible()
        none(played.canary.search_text(page.content(), "locked"))
        context.close()

    def test_without_scripts_there_is_the_code(self, played: Played, opened: Open, tmp_path: Path) -> None:
        context = opened(tmp_path, java_script_enabled=False)
        page = sign_in(context, SCREENER)
        expect(page.locator(".accord-person").first).to_be_visible()
        none(played.canary.search_text(page.content(), "without scripts"))
        context.close()


class TestToOneWhoMayNot:
    def test_no_page_holds_it_and_each_is_as_that_of_a_thing_that_is_not_there(
        self, played: Played, opened: Open, tmp_path: Path
    ) -> None:
        context = opened(tmp_path)
        page = sign_in(context, STRANGER)
        none(played.canary.search_text(page.content(), "inbox"))
        things = {"concern": played.concern, "case": played.case, "referral": played.referral}
        for path in ("/concerns/{concern}", "/cases/{case}", "/referrals/{referral}", "/timeline/{case}"):
            seen = shown(page, path, things)
            nothing = shown(page, path, {kind: str(uuid4()) for kind in things})
            none(played.canary.search_text(seen[1], path))
            assert seen == nothing, path
        for kind, thing in things.items():
            asked = [context.request.get(f"/names?of={kind}/{one}").json() for one in (thing, uuid4())]
            assert asked == [{}, {}], kind
        context.close()
        none(played.canary.search_folder(tmp_path))


def kept_by_browsers(answers: list[Response]) -> list[str]:
    """Answers, but for style and scripts, that a browser may keep."""
    pages = [answer for answer in answers if "/assets/" not in answer.url and answer.status != 303]
    assert len(pages) > 2
    return [a.url for a in pages if a.headers.get("cache-control") not in ("no-store", "no-cache")]


def shown(page: Page, path: str, things: dict[str, str]) -> tuple[int, str]:
    """The status and the words of a page about one of these things."""
    answer = page.goto(path.format(**things))
    assert answer is not None
    return answer.status, page.locator("main").inner_text()
