"""A paper as PDF: tagged (PDF/UA-1), with its fonts in it, the same bytes for the same paper."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time

from shared.mou.papers.paper import Paper

#: A paper takes well under a second; what takes longer is not going to end.
TIME_LIMIT_SECONDS = 20.0


class Unprintable(Exception):
    """It cannot be set; says why in words for people."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A PDF, and how many pages it has."""

    pdf: bytes
    pages: int


def as_pdf(paper: Paper) -> Printed:
    """The PDF. Blocks for as long as it is set, at most TIME_LIMIT_SECONDS. Raises Unprintable.

    The process that sets it gets the paper and none of our settings, and is ended at the limit.
    """
    day = datetime.combine(paper.dated, time(), UTC)
    asked = json.dumps({"paper": asdict(paper), "timestamp": int(day.timestamp())}, default=str)
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-m", "shared.mou.papers.press"],
            input=asked.encode(),
            capture_output=True,
            timeout=TIME_LIMIT_SECONDS,
            env={},
        )
    except subprocess.TimeoutExpired:
        raise Unprintable("It took too long to set.") from None
    if done.returncode:
        *_, last = ["nothing was said", *done.stderr.decode(errors="replace").splitlines()]
        raise Unprintable(f"It cannot be set: {last}.")
    return Printed(done.stdout, int(done.stderr))
