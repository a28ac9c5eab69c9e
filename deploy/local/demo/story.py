"""The story as a table of steps, and playing it: the first step that does not show what it should ends it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.demo.audit_step import the_audit, the_picture
from deploy.local.demo.doors import Doors
from deploy.local.demo.evidence_step import carried_away
from deploy.local.demo.expecting import Unexpected
from deploy.local.demo.first_half import a_concern, taken_in_hand, the_mou
from deploy.local.demo.knowledge_step import what_each_could_know
from deploy.local.demo.proof_step import proven
from deploy.local.demo.rebuild_step import rebuilt
from deploy.local.demo.second_half import a_referral, bad_submissions
from deploy.local.demo.stage import Stage
from deploy.local.demo.telling import Teller
from deploy.local.demo.the_life import a_long_way, put_right
from shared.cli.failures import ApiProblem, CommandFailed, ExitCode
from shared.errors import AccordError


@dataclass(frozen=True)
class Step:
    """One step of the story."""

    title: str
    play: Callable[[Stage], None]


STEPS: tuple[Step, ...] = (
    Step("The county has a memorandum of understanding", the_mou),
    Step("The sheriff's system reports a concern", a_concern),
    Step("Human services takes it in hand", taken_in_hand),
    Step("A referral, and its answer", a_referral),
    Step("Two bad submissions, and nothing stops", bad_submissions),
    Step("Declined, forwarded, served", a_long_way),
    Step("What was wrong is put right", put_right),
    Step("The auditor asks", the_audit),
    Step("What each could have known", what_each_could_know),
    Step("Proof", proven),
    Step("Evidence, carried away", carried_away),
    Step("Rebuilt from Kafka", rebuilt),
    Step("The story as a picture", the_picture),
)


class StepFailed(CommandFailed):
    """A step did not show what it should."""

    exit_code = ExitCode.FOUND_PROBLEMS

    def __init__(self, step: str, expected: str, seen: str, logs: Path) -> None:
        hint = f"expected: {expected}\nseen: {seen}\nlogs: {logs}"
        super().__init__(f"the demo failed in {step}", hint)


def play(
    doors: Doors, tell: Teller, logs: Path, steps: Sequence[Step] = STEPS, *, own: bool = False
) -> Stage:
    """Play the story. Blocks; every wait has a limit. Raises StepFailed naming the step.

    `own`: on a platform that is there for it alone.
    """
    began = time.monotonic()
    name = "opening the feeds and topics to watch"
    try:
        stage = Stage.set(doors, tell, own)
        for number, step in enumerate(steps, 1):
            name = f"step {number} of {len(steps)}, “{step.title}”"
            tell.heading(f"{number}. {step.title}")
            step.play(stage)
    except Unexpected as unexpected:
        raise StepFailed(name, unexpected.expected, unexpected.seen, logs) from unexpected
    except ApiProblem as problem:
        seen = f"HTTP {problem.status}, {problem.slug or 'no problem type'}"
        raise StepFailed(name, "the service to do as it was asked", seen, logs) from problem
    except (CommandFailed, AccordError) as error:
        raise StepFailed(name, "an answer", f"{type(error).__name__}: {error}", logs) from error
    except (KeyError, IndexError, TypeError, ValueError) as error:
        # Its text may quote what was read.
        raise StepFailed(name, "an answer of the documented form", type(error).__name__, logs) from error
    tell.text(f"\nAll {len(steps)} steps showed what they should, in {time.monotonic() - began:.1f} s.")
    return stage
