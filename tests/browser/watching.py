"""A real browser on our pages: what it asks for, what it complains of, what axe and a keyboard find."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.browsing import chromium
from tools import npm

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: What axe cannot decide by itself, and what we decided on looking.
DECIDED = {
    "color-contrast": "Words on the county's colour are checked when the settings are read; all others are plain.",
}
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
SMALLEST_TARGET = 24


def axe() -> str:
    """axe-core's source, pinned with the other assets."""
    place = npm.installed(Path(__file__).parents[2] / "tools" / "assets")
    return (place / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


@contextmanager
def a_browser() -> Iterator[Browser]:
    """Chromium without a window."""
    with sync_playwright() as playwright:
        # A container has no user namespaces to make a sandbox of; the pages are ours.
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@dataclass
class Watched:
    """One page, and what the browser did for it."""

    page: Page
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, context: BrowserContext) -> Watched:
        """A new page of this context."""
        page = context.new_page()
        watched = cls(page)
        page.on("request", lambda request: watched.asked.append(request.url))
        page.on("console", lambda said: watched._heard(said.type, said.text))
        page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        return watched

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def foreign(self, url: str) -> list[str]:
        """Requests that went elsewhere than to the site."""
        own = urlsplit(url).netloc
        return [one for one in self.asked if urlsplit(one).netloc != own]


def violations(page: Page, source: str, undecided: Collection[str] = DECIDED) -> list[str]:
    """What axe finds, and what it leaves open without our having decided it."""
    page.evaluate(source)
    found: dict[str, Any] = page.evaluate(
        "given => axe.run(document, given)",
        # Of the other results it need not work out where each element stands: half of its time.
        {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations", "incomplete"]},
    )
    told = [_told(one) for one in found["violations"]]
    return told + [f"open: {_told(one)}" for one in found["incomplete"] if one["id"] not in undecided]


def _told(one: dict[str, Any]) -> str:
    return f"{one['id']}: {one['help']}: " + json.dumps([node["target"] for node in one["nodes"]][:5])


def too_wide(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    return int(
        page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


QUESTIONS = Path(__file__).with_suffix(".js").read_text("utf-8")


def _asked(page: Page, question: str, *given: Any) -> Any:
    return page.evaluate(f"given => ({QUESTIONS}).{question}(...given)", list(given))


def focused(page: Page) -> dict[str, Any]:
    """What has the focus: `what` it is, and whether it is `outlined`, or `covered` by something else."""
    found: dict[str, Any] = _asked(page, "focused")
    return found


def keyboard_misses(page: Page) -> list[str]:
    """What Tab does not reach, reaches without showing it, or reaches under something else."""
    wanted: list[str] = _asked(page, "reachable")
    page.evaluate("() => { document.activeElement.blur(); window.scrollTo(0, 0); }")
    seen: dict[str, dict[str, Any]] = {}
    for _ in range(len(wanted) + 3):
        page.keyboard.press("Tab")
        now = focused(page)
        if now["id"]:
            seen[now["id"]] = now
    missed = [f"not reached: {one}" for one in wanted if one not in seen]
    unseen = [f"no visible focus: {one['what']}" for one in seen.values() if not one["outlined"]]
    covered = [f"covered: {one['what']}" for one in seen.values() if one["covered"]]
    return missed + unseen + covered


def small_targets(page: Page) -> list[str]:
    """Targets under 24 × 24 pixels that are not words in a sentence (WCAG 2.2, 2.5.8)."""
    found: list[str] = _asked(page, "small", SMALLEST_TARGET)
    return found


def cut_off_when_spaced(page: Page) -> list[str]:
    """What hides a part of its words once lines, words and letters have the spacing of WCAG 1.4.12."""
    found: list[str] = _asked(page, "spaced")
    return found


def findings(seen: Watched, source: str, url: str) -> list[str]:
    """All that is wrong with a page for somebody: axe, width, keyboard, targets, foreign requests, complaints.

    A report of the content security policy is a complaint on the console.
    """
    page = seen.page
    wide = too_wide(page)
    return [
        *violations(page, source),
        *([f"{wide} pixels too wide"] if wide else []),
        *(f"too small: {one}" for one in small_targets(page)),
        *keyboard_misses(page),
        *(f"asked elsewhere: {one}" for one in seen.foreign(url)),
        *(f"complained: {one}" for one in seen.complaints),
    ]


def picture(page: Page, folder: Path | None, name: str) -> None:
    """A picture of the whole page, where somebody wants to look at it."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(folder / f"{name}.png"), full_page=True)
