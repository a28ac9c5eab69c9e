"""Chromium without a window, opening one file with no network; what the page then says."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from html import unescape
from pathlib import Path

#: Debian's Chromium without any window draws the same pages in about half the time. It keeps no profile.
SHELL = "chromium-headless-shell"
WHOLE = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 90


def chromium(whole: bool = False) -> str | None:
    """Where it is, if it is there. `whole`: one that writes a profile as a person's browser does."""
    names = WHOLE if whole else (SHELL, *WHOLE)
    return next((found for name in names if (found := shutil.which(name))), None)


def _run(*arguments: str) -> str:
    browser = chromium()
    assert browser, "asked only where there is one"
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(
            [
                browser,
                "--headless",
                "--no-sandbox",  # a container has no user namespaces to make one of; the page is ours
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                # Whatever it would look up anywhere it cannot find.
                "--host-resolver-rules=MAP * ~NOTFOUND",
                "--proxy-server=http://127.0.0.1:9",
                f"--user-data-dir={profile}",
                "--virtual-time-budget=20000",
                *arguments,
            ],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )
    return done.stdout


def document(page: Path) -> str:
    """The page's HTML, once its script has run."""
    return _run("--dump-dom", page.as_uri())


def verdict(page: Path) -> tuple[str, str]:
    """How the page looks (its class), and what it says at its top, in words."""
    found = re.search(r'<div id="verdict" class="(\w+)"[^>]*>(.*?)</div>', document(page), re.DOTALL)
    assert found, "the page has no verdict"
    return found[1], unescape(re.sub(r"<[^>]+>", " ", found[2]))
