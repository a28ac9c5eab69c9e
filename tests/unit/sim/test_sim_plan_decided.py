"""Whole plans decided by the county's own rules, without a door: what is right is taken, what is wrong refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.local.people import BY_HANDLE
from deploy.local.sim.habits import habits
from deploy.local.sim.planner import plan, plans
from deploy.local.sim.steps import ACKNOWLEDGE, ACTS, Door, Fault, Step
from services.referrals.api.app import STATUSES
from services.referrals.application.bodies import read_body
from services.referrals.application.orders import made_of
from services.referrals.application.table import COMMANDS
from services.referrals.application.things import Things
from services.referrals.application.views import Viewer, may_know, may_read
from services.referrals.domain.parts import Concern, Matter, Referral
from shared.errors import Refusal
from shared.mou.facts import CallerFacts
from tests.mou.alder import MOU
from tests.unit.referrals.made import Log, at

#: Found by a door before anybody decides.
AT_THE_DOOR = frozenset({Fault.MALFORMED, Fault.STALE, Fault.NO_BASIS, Fault.NO_KEY, Fault.KEY_REUSED})


def caller_of(step: Step) -> CallerFacts:
    person = BY_HANDLE[step.actor]
    over_kafka = step.door is Door.KAFKA
    roles = frozenset({"system"}) if over_kafka else frozenset(map(str, person.roles))
    who = f"kafka of {person.agency}" if over_kafka else str(person.id)
    return CallerFacts(str(person.agency), roles, "coordinate", over_kafka or "system" in roles, who)


@dataclass
class Desk:
    """The events of one youth, and what they came to."""

    log: Log = field(default_factory=Log)
    ids: dict[str, str] = field(default_factory=dict)

    def things(self, step: Step) -> Things:
        kind = COMMANDS[step.act].thing
        parts = list(self.log.parts.values())
        matters = tuple(p for p in parts if isinstance(p, Matter))
        if kind is None:
            return Things()
        part: Any = self.log.parts.get(self.ids[step.about])
        if kind == "concern":
            return Things(concern=part, matters=matters)
        return Things(matters=matters, referral=part if isinstance(part, Referral) else None)

    def decide(self, step: Step) -> list[Any]:
        """What is decided of the step. Raises Refusal."""
        body: dict[str, Any] = {**step.body, **{name: self.ids[label] for name, label in step.refs.items()}}
        now = self.log.now + timedelta(seconds=len(self.log.events))
        if step.fault is Fault.AHEAD:
            body[ACTS[step.act].time] = now + timedelta(hours=1)
        elif step.ago:
            body[ACTS[step.act].time] = now - timedelta(seconds=step.ago)
        if step.facts:
            body["clear"] = {str(cls): dict(said) for cls, said in step.facts.items()}
        command, flags = read_body(step.act, body)
        assert flags == (), (step, flags)
        caller, things = caller_of(step), self.things(step)
        self.look(step, Viewer(caller, MOU), things)
        return COMMANDS[step.act].decide(things, command, at(caller, now), flags, None)

    def look(self, step: Step, viewer: Viewer, things: Things) -> None:
        """What somebody bases a command on, they may read."""
        kind = COMMANDS[step.act].thing
        if kind is not None:
            assert may_know(viewer, kind, things) == (step.fault is not Fault.UNKNOWN), step
            if ACTS[step.act].based and step.fault is not Fault.UNKNOWN:
                assert may_read(viewer, kind, things) is None, step

    def take(self, step: Step) -> None:
        facts = self.decide(step)
        events = self.log.append(facts, caller_of(step))
        made = made_of([fact.data for fact in facts])
        self.ids[step.label] = events[0].envelope.id
        if step.makes:
            self.ids[step.makes] = made[step.makes.partition("-")[0]]

    def refuse(self, step: Step) -> None:
        try:
            self.decide(step)
        except Refusal as refusal:
            found = (STATUSES.get(refusal.reason, 409), refusal.reason)
        else:
            raise AssertionError(f"not refused: {step}")
        wanted = {
            Fault.FORBIDDEN: found[0] == 403,
            Fault.BAD_CODE: found[0] == 422,
            Fault.AHEAD: found == (422, "too-far-ahead"),
            Fault.ILLEGAL: found == (409, "illegal-transition"),
        }
        assert wanted[step.fault or Fault.STALE], (step, found)

    def work(self, steps: tuple[Step, ...]) -> None:
        for step in steps:
            if step.act == ACKNOWLEDGE or step.fault in AT_THE_DOOR:
                continue
            if step.fault is Fault.UNKNOWN:
                self.look(step, Viewer(caller_of(step), MOU), self.things(step))
            elif step.fault is None:
                self.take(step)
            else:
                self.refuse(step)


def test_in_two_hundred_cases_everything_right_is_taken_and_everything_wrong_is_refused_as_planned() -> None:
    for one in plans(1, 200):
        Desk().work(one.steps)


@given(st.integers(min_value=0, max_value=2**32))
@settings(deadline=None, max_examples=40)
def test_so_it_is_for_any_seed(seed: int) -> None:
    Desk().work(plan(seed, 0, habits()).steps)


def test_a_case_of_every_kind_of_thing_is_left_behind() -> None:
    left: set[type] = set()
    for one in plans(1, 5):
        desk = Desk()
        desk.work(one.steps)
        left |= {type(part) for part in desk.log.parts.values()}
    assert left == {Concern, Matter, Referral}
