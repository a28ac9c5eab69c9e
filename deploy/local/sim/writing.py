"""Writing a plan down step by step, with the slips that people make: late, twice, wrongly, out of turn."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from deploy.local.people import BY_HANDLE
from deploy.local.sim.habits import Habits
from deploy.local.sim.invented import NO_CODE
from deploy.local.sim.steps import ACKNOWLEDGE, ACTS, HTTP_ONLY, Door, Facts, Fault, Step

LEAD = "human-services"
SCREENER, WORKER = "screener@human-services", "worker@human-services"
#: An agency that has no part in anything here: to it, nothing exists.
STRANGER = "officer@juvenile-court"
#: Taken whatever they say and however they say it (DESIGN 1, rule 4), so little can be wrong with them.
LENIENT = frozenset({"report-concern", "state-call", "record-screening", "record-act", "record-concern-act"})
#: A call that was made; whenever it is said to have been is taken.
CALLS = frozenset({"state-call", "state-referral-call"})
HOUR = 3_600.0
#: A mis-click is taken back within the MOU's minutes; a person needs no longer than this (seconds).
SOON = 60.0


@dataclass
class Writing:
    """The steps so far, and what they depend on: who is on the team, how many things there are."""

    chance: random.Random
    tables: Habits
    number: int
    steps: list[Step] = field(default_factory=list)
    team: list[str] = field(default_factory=lambda: [LEAD])
    joined: list[str] = field(default_factory=list)
    referrals: int = 0

    def pick(self, table: str, among: frozenset[str] | None = None) -> str:
        """One name of a table of weights."""
        return self.tables.pick(self.chance, table, among)

    def happens(self, share: str) -> bool:
        """Whether something of this share happens."""
        return self.tables.happens(self.chance, share)

    def table(self, path: str) -> Any:
        """A table of the county."""
        return self.tables.table(path)

    def person(self, agency: str) -> str:
        """Who acts for the agency."""
        return str(self.tables.table("people")[agency])

    def person_id(self, handle: str) -> str:
        """The random id of a person."""
        return str(BY_HANDLE[handle].id)

    def say(
        self,
        act: str,
        actor: str,
        *,
        about: str = "",
        makes: str = "",
        body: Mapping[str, Any] | None = None,
        facts: Facts | None = None,
        refs: Mapping[str, str] | None = None,
        forbidden: str = "",
        late: bool = False,
    ) -> Step:
        """The next step, and before it perhaps one that must be refused. Over Kafka the agency's system acts.

        `forbidden` is somebody who knows of the thing and may not do this; `late`: it may be recorded long after.
        """
        step = Step(
            f"step-{len(self.steps) + 1}", act, actor, self._door(act, actor), about, makes,
            body or {}, facts or {}, refs or {}, self.tables.wait(self.chance, "waits.step"),
        )  # fmt: skip
        if step.door is Door.KAFKA:
            step = replace(step, actor=f"system@{step.agency}")
        reused = act != ACKNOWLEDGE and self.happens("slips.bad") and self._wrongly(step, forbidden)
        if late and self.happens("slips.late"):
            step = replace(step, ago=HOUR * float(self.pick("slips.late_hours")))
        elif act in CALLS:
            step = replace(step, ago=60.0)
        if act != ACKNOWLEDGE and self.happens("slips.again"):
            step = replace(step, again=True)
        if not reused and self._on_pages(step):
            step = replace(step, door=Door.PAGES)
        done = self._add(step)
        if reused:
            self.wrong(done, Fault.KEY_REUSED, key_of=done.label)
        return done

    def follow(self, step: Step, act: str, body: Mapping[str, Any], refs: Mapping[str, str]) -> Step:
        """What the same person does at once: taking back, or marking what was wrong. What was done on a page is
        followed by a call; all else goes through the same door."""
        wait = min(self.tables.wait(self.chance, "waits.soon"), SOON)
        door = Door.HTTP if step.door is Door.PAGES else step.door
        follows = replace(step, act=act, door=door, makes="", body=body, facts={}, refs=refs, wait=wait)
        return self._add(replace(follows, ago=0.0, again=False, fault=None))

    def wrong(self, step: Step, fault: Fault, **changes: Any) -> Step:
        """A step that must be refused, and makes nothing. On a page it could not be done at all."""
        if step.door is Door.PAGES:
            step = replace(step, door=Door.HTTP)
        return self._add(replace(step, makes="", fault=fault, ago=0.0, again=False, **changes))

    def _add(self, step: Step) -> Step:
        self.steps.append(replace(step, label=f"step-{len(self.steps) + 1}"))
        return self.steps[-1]

    def _on_pages(self, step: Step) -> bool:
        """Whether it is done on pages, if that can be: just now, once, and with what their forms ask for."""
        share = float(self.table("pages.share").get(step.act, 0.0))
        fits = step.door is Door.HTTP and not step.again and not step.ago and not step.refs
        return self.chance.random() < share and fits and "to_worker" not in step.body

    def _door(self, act: str, actor: str) -> Door:
        share = self.table("kafka").get(actor.partition("@")[2], 0.0)
        over_kafka = act not in (ACKNOWLEDGE, *HTTP_ONLY) and self.chance.random() < share
        return Door.KAFKA if over_kafka else Door.HTTP

    def _wrongly(self, step: Step, forbidden: str) -> bool:
        """The same command, wrong in one way, before the right one; True if it is to come after it."""
        fault = Fault(self.pick("bad", frozenset(_possible(step, forbidden))))
        if fault is Fault.KEY_REUSED:
            return True
        if fault is Fault.FORBIDDEN:
            self.wrong(step, fault, actor=forbidden, door=Door.HTTP)
        elif fault is Fault.UNKNOWN:
            self.wrong(step, fault, actor=STRANGER, door=Door.HTTP, facts={})
        elif fault is Fault.BAD_CODE:
            self.wrong(step, fault, body={**step.body, _coded(step): NO_CODE})
        else:
            self.wrong(step, fault)
        return False


def _coded(step: Step) -> str:
    return next((name for name in ("reason", "outcome", "kind") if name in step.body), "")


def _possible(step: Step, forbidden: str) -> set[Fault]:
    """What can be wrong with this step so that it must be refused."""
    act, http = ACTS[step.act], step.door is Door.HTTP
    found = {Fault.MALFORMED}
    if act.based:
        found |= {Fault.STALE, Fault.NO_BASIS}
    if act.keyed and http:
        found |= {Fault.NO_KEY, Fault.KEY_REUSED}
    if forbidden:
        found.add(Fault.FORBIDDEN)
    if step.about and step.act != "state-call":
        found.add(Fault.UNKNOWN)
    if step.act not in LENIENT | CALLS:
        found |= {Fault.AHEAD} | ({Fault.BAD_CODE} if _coded(step) else set())
    return found
