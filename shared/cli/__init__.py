"""The command `accord`: every package's commands, found through the entry-point group `accord.commands`.

Each entry point is a function `register(app: typer.Typer) -> None`. It should import what is slow inside its
commands, since all are loaded at each start.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

import typer

from shared.cli.failures import ApiProblem, CommandFailed, ExitCode
from shared.cli.output import emit_json, say

GROUP = "accord.commands"


def build(points: Iterable[EntryPoint]) -> tuple[typer.Typer, list[str]]:
    """The app with all commands that could be loaded, and a line for each package that could not."""
    app = typer.Typer(
        name="accord",
        help="The hand-overs between the agencies of a county's MOU, as events to replay and prove.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_root)
    broken = []  # one package's fault must not take away the others' commands
    for point in sorted(points, key=lambda p: p.name):
        try:
            point.load()(app)
        except Exception as error:
            if os.environ.get("ACCORD_DEBUG"):
                raise
            broken.append(
                f"The commands of {point.name} are missing: {type(error).__name__} in {point.value}."
            )
    return app, broken


def _root() -> None:
    """See `accord COMMAND --help`."""


def run(app: typer.Typer, broken: list[str], arguments: list[str]) -> int:
    """Run one command and return its exit code. Prints a failure's line and hint on stderr."""
    try:
        app(args=arguments, prog_name="accord")
        code = ExitCode.OK.value
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else ExitCode.OK.value
    except CommandFailed as failure:
        return _failed(failure, arguments)
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - people get a line, not a traceback
        return _unexpected(error)
    if broken and (code == ExitCode.USAGE or not arguments or "--help" in arguments):
        for line in broken:
            say(line)
        say("Set ACCORD_DEBUG=1 to see why.")
    return code


def _failed(failure: CommandFailed, arguments: list[str]) -> int:
    if isinstance(failure, ApiProblem) and "--json" in arguments:
        emit_json(failure.document)
    say(f"accord: {failure.text}")
    for line in filter(None, failure.hint.split("\n")):
        say(f"  {line}")
    return int(failure.exit_code)


def _unexpected(error: Exception) -> int:
    """The error's text may quote data, so only its kind is shown."""
    if os.environ.get("ACCORD_DEBUG"):
        raise error
    say(f"accord: something unexpected went wrong ({type(error).__name__}).")
    say("  Set ACCORD_DEBUG=1 and run it again to see where.")
    return ExitCode.UNEXPECTED.value


def main() -> None:
    """The entry point of `accord`."""
    app, broken = build(entry_points(group=GROUP))
    sys.exit(run(app, broken, sys.argv[1:]))
