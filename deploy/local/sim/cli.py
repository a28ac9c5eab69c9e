"""`accord sim`: play a simulated county on the local platform, and check what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from deploy.local.sim.speeds import Speed
from shared.cli.failures import CommandFailed, ExitCode
from shared.cli.options import Data, Json

if TYPE_CHECKING:
    from deploy.local.sim.telling import Result

Cases = Annotated[int, typer.Option("--cases", min=1, max=1_000_000, help="How many youths.")]
Seed = Annotated[int, typer.Option("--seed", help="The same plan for the same seed.")]
How = Annotated[Speed, typer.Option("--speed", help="Wait as people would, or play as fast as it is taken.")]
AtOnce = Annotated[
    int, typer.Option("--at-once", min=1, max=64, help="Commands that are under way at a time.")
]


class SimStopped(CommandFailed):
    """Ctrl-C: said where it stood."""

    exit_code = 130


class NotSimulated(CommandFailed):
    """The platform went away for longer than the simulator waits."""

    exit_code = ExitCode.UNREACHABLE


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("sim", help="Play a simulated county on the local platform, and check what came of it.")(sim)


def sim(
    cases: Cases = 100,
    seed: Seed = 1,
    speed: How = Speed.MAX,
    at_once: AtOnce = 8,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Exit 0 if every check holds, 6 if one does not (it is named), 7 if the platform is away, 130 after Ctrl-C."""
    from deploy.local.sim.patience import NotAnswered
    from deploy.local.sim.playing import play
    from shared.cli.places import data_directory
    from shared.errors import TryLater

    try:
        result = play(data_directory(data), cases, seed, speed, at_once)
    except (NotAnswered, TryLater) as error:
        raise NotSimulated(
            f"The platform does not answer: {error}.", "`accord status` shows what runs."
        ) from error
    _end(result, as_json)


def _end(result: Result, as_json: bool) -> None:
    from shared.cli.output import emit_json, say

    if as_json:
        emit_json(result.as_dict())
    else:
        result.tell()
    broken = sum(bool(line.wrong) for line in result.lines)
    say(f"{broken} of {len(result.lines)} checks do not hold." if broken else "Every check holds.")
    if broken:
        raise typer.Exit(ExitCode.FOUND_PROBLEMS)
