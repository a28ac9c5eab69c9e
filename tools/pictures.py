"""Makes the pictures of docs/pictures anew: plays the demo on data of its own and looks at the pages.

python -m tools.pictures        exit 0; 1 if a picture is too heavy. Takes some minutes; needs Chromium.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser

from deploy.local.demo.doors import Doors
from deploy.local.demo.platform import platform
from deploy.local.demo.story import play
from deploy.local.demo.telling import Teller
from tests.browser.watching import a_browser

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
LARGEST = 120_000
"""Bytes; README is read on poor lines, too."""
SIZE = {"width": 1280, "height": 800}


@dataclass(frozen=True)
class Picture:
    """What is seen by whom. `path` may hold `{case}`; `ready` is a part of the page that comes last, and `top` the
    one that the picture begins with."""

    name: str
    person: str
    path: str
    ready: str
    top: str = "header"


PICTURES = (
    Picture("inbox", "worker@human-services", "/inbox", ".accord-person bdi"),
    Picture("timeline", "auditor@county", "/timeline/{case}", ".accord-timeline", "#events"),
)


def main() -> int:
    """Play, look, and say how large each picture is."""
    with (
        tempfile.TemporaryDirectory(prefix="accord-pictures-") as folder,
        platform(Path(folder)) as (infra, run, ours),
    ):
        doors = Doors(infra, run.addresses)
        try:
            case = play(doors, Teller(), Path(folder) / "logs", own=ours).case
        finally:
            doors.close()
        with a_browser() as browser:
            sizes = [taken(browser, run.addresses["site"], one, case) for one in PICTURES]
    return 1 if any(size > LARGEST for size in sizes) else 0


def taken(browser: Browser, site: str, wanted: Picture, case: str) -> int:
    """Take a picture; its size in bytes. Waits at most 30 s for the page."""
    context = browser.new_context(viewport=SIZE, base_url=site)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"/sign-in?as={wanted.person}&to={wanted.path.format(case=case)}")
    page.get_by_role("link", name="Go on as").click()
    page.locator(wanted.ready).first.wait_for()
    page.locator(wanted.top).first.evaluate("part => part.scrollIntoView()")
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{wanted.name}.png"
    page.screenshot(path=str(path))
    context.close()
    size = path.stat().st_size
    sys.stdout.write(f"{path.relative_to(Path.cwd())}: {size} bytes\n")
    return size


if __name__ == "__main__":
    raise SystemExit(main())
