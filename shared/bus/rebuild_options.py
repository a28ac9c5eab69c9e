"""What can be asked of a rebuild. Light: the command line reads it at every start."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer


class Reason(StrEnum):
    """Why somebody switches to a generation that differs: a code, since it is kept."""

    LIVE_ALTERED = "live-was-altered"
    LIVE_INCOMPLETE = "live-was-incomplete"
    LOG_RESTORED = "log-was-restored"
    NEWER_VERSION = "newer-version"


@dataclass(frozen=True)
class Options:
    """`anew`: let go of what an earlier command built. `keep`: the tables that the new ones take the place of.

    `reason`: switch although they differ, if an earlier command has shown the differences.
    """

    anew: bool = False
    keep: bool = False
    reason: Reason | None = None


Anew = Annotated[bool, typer.Option("--anew", help="Let go of what an earlier, unfinished rebuild has.")]
Keep = Annotated[bool, typer.Option("--keep", help="Keep the tables that the new ones take the place of.")]
Anyway = Annotated[
    Reason | None,
    typer.Option("--switch-anyway", help="Switch although they differ, as a rebuild before has shown; kept."),
]
