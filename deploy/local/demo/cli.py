"""`accord demo`: start the platform, play the story, tell it; stay up until Ctrl-C."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.cli.options import Data

if TYPE_CHECKING:
    from deploy.local.demo.stage import Stage
    from deploy.local.demo.telling import Teller
    from deploy.local.runfile import Run

_LOOK = 0.3
#: Whom the story shows, and how to look at the county with their eyes.
_PEOPLE = (
    ("screener@human-services", "takes concerns in hand"),
    ("worker@human-services", "a social worker; leads the case"),
    ("coordinator@human-services", "looks at what could not be read"),
    ("advocate@advocacy", "answers referrals"),
    ("auditor@county", "replays cases"),
)
#: Three of them whose pages show the story from three sides.
_AT_THE_SITE = ("screener@human-services", "advocate@advocacy", "auditor@county")


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("demo", help="Start everything, play the story of one referral, and tell it.")(demo)


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Stop by itself; exit 0 only if all was as it should.")
    ] = False,
    data: Data = None,
) -> None:
    """Exit 0 if every step showed what it should, 6 if one did not (it is named), 7 if nothing could start."""
    from deploy.local.demo.doors import Doors
    from deploy.local.demo.platform import platform
    from deploy.local.demo.story import play
    from deploy.local.demo.telling import Teller
    from deploy.local.places import default_data_dir

    folder = data.absolute() if data else default_data_dir()
    tell = Teller()
    with platform(folder) as (infra, run, ours):
        doors = Doors(infra, run.addresses)
        try:
            stage = play(doors, tell, folder / "logs", own=ours)
        finally:
            doors.close()
        # Ctrl-C is the way to end it from the moment that it says so.
        with contextlib.suppress(KeyboardInterrupt):
            if not once:
                _tell_what_now(tell, stage, run, folder, ours)
                if ours:
                    _stay(folder, run)


def _tell_what_now(tell: Teller, stage: Stage, run: Run, folder: Path, ours: bool) -> None:
    from deploy.local.people import BY_HANDLE
    from deploy.local.places import default_data_dir

    more = "" if folder == default_data_dir() else f" --data {folder}"
    tell.heading("Now look for yourself")
    for name, address in run.addresses.items():
        tell.line(name[:9] if name != "notifications" else "feeds", address)
    if "site" in run.addresses:
        tell.heading("Three people at the site, each in a browser window of their own")
        for handle in _AT_THE_SITE:
            tell.line("open", f"{run.addresses['site']}/sign-in?as={handle}")
            tell.line("as", f"{BY_HANDLE[handle].words}: {dict(_PEOPLE)[handle]}")
        tell.text("   (a browser keeps one session: take another browser, or a private window, for the next)")
    tell.heading("Who can sign in")
    tell.table(("person", "who"), _PEOPLE)
    tell.text("   (accord token --list shows everybody; none of them exists)")
    tell.heading("In another terminal")
    for line in (
        "accord feed follow --as screener@human-services",
        f"accord case show {stage.case} --as worker@human-services",
        f"accord audit history {stage.case} --as auditor@county",
        "accord status",
    ):
        tell.text(f"   .venv/bin/{line}{more}")
    tell.text(f'   curl -H "Authorization: Bearer $(.venv/bin/accord token --as advocate@advocacy{more})" \\')
    tell.text(f"        '{run.addresses['referrals']}/v1/referrals?queue=inbound'")
    tell.text(
        "\nEverything stays up until Ctrl-C." if ours else "\nEverything stays up: `accord down` stops it."
    )


def _stay(folder: Path, run: Run) -> None:
    """While the platform runs. Raises NotUp if it ends by itself."""
    from deploy.local.cli import NotUp
    from deploy.local.runfile import is_running

    while is_running(run):
        time.sleep(_LOOK)
    raise NotUp("The platform ended by itself.", f"Its logs are in {folder / 'logs'}.")
