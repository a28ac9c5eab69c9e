"""A referral against a model that knows nothing of its table: a paper list of entries, some crossed out.

Whatever four people do in whatever order, at whatever pace: the referral stands as the paper says, each refusal is
one that the paper foresees, and folding its events anew gives the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.referrals.domain.commands import EnterReferralInError
from services.referrals.domain.evolve import evolve
from services.referrals.domain.parts import Matter
from shared.errors import Refusal
from tests.unit.referrals.made import (
    ADVOCATE,
    BODIES,
    REFERRAL_ACTS,
    SCREENER,
    SHELTER,
    Log,
    a_referral,
    at,
)

COLLEAGUE = replace(ADVOCATE, person="8e0bb9a6-2f0a-4f8e-9d0e-5b1c7f3f6d11")
PEOPLE = {"advocate": ADVOCATE, "colleague": COLLEAGUE, "screener": SCREENER, "shelter": SHELTER}
ASKED, ASKING = {"advocate", "colleague"}, {"screener"}

NO_QUESTION = "8e0bb9a6-2f0a-4f8e-9d0e-5b1c7f3f6d12"
#: How a person of the county would put it: while the referral stands so, this may be said of it, by these people.
STILL_OPEN = {"requested", "received", "accepted", "in-progress", "on-hold"}
SAID = {
    "receive": ({"requested"}, ASKED),
    "accept": ({"requested", "received"}, ASKED),
    "reject": ({"requested", "received"}, ASKED),
    "start": ({"requested", "received", "accepted"}, ASKED),
    "hold": ({"accepted", "in-progress"}, ASKED),
    "resume": ({"on-hold"}, ASKED),
    "complete": (STILL_OPEN, ASKED),
    "fail": (STILL_OPEN, ASKED),
    "cancel": (STILL_OPEN, ASKING),
    "forward": ({"rejected", "failed"}, ASKING),
    "ask": (STILL_OPEN, ASKED),
    "tell": (STILL_OPEN, ASKING),
    "call": (
        STILL_OPEN | {"rejected", "completed", "failed", "cancelled", "entered-in-error"},
        ASKED | ASKING,
    ),
}
#: What a person says -> the command, where it is not called so.
COMMANDS = {
    "in-error": "enter-referral-in-error",
    "ask": "ask-information",
    "tell": "give-information",
    "call": "state-referral-call",
}
BECOMES = {
    "receive": "received",
    "accept": "accepted",
    "reject": "rejected",
    "start": "in-progress",
    "hold": "on-hold",
    "resume": "in-progress",
    "complete": "completed",
    "fail": "failed",
    "cancel": "cancelled",
    "in-error": "entered-in-error",
}


@dataclass
class Line:
    """A line on the paper."""

    act: str
    who: str
    when: datetime
    event: str
    crossed_out: bool = False
    about: str = ""


def decided(decide, *arguments):
    """What a decision gives: its facts, or its refusal."""
    try:
        return decide(*arguments), None
    except Refusal as refused:
        return (), refused


class Paper(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.log = Log()
        self.referral = a_referral("requested", self.log)[0].id
        self.lines: list[Line] = []
        self.forwarded = 0
        self.joined_by: str | None = None

    # --- what the paper says

    def says(self) -> str:
        counting = [line.act for line in self.lines if not line.crossed_out and line.act in BECOMES]
        return BECOMES[counting[-1]] if counting else "requested"

    def open_questions(self) -> list[str]:
        """Asked, not crossed out, and no answer to it that counts."""
        counting = [line for line in self.lines if not line.crossed_out]
        told = {line.about for line in counting if line.act == "tell"}
        return [line.event for line in counting if line.act == "ask" and line.event not in told]

    def clock(self) -> datetime:
        return self.log.now + timedelta(seconds=len(self.log.events) + 1)

    def tried(self, act: str, person: str, body=None) -> str | None:
        """The event that came of it, or None where it was refused, with a clause and a remedy."""
        caller = PEOPLE[person]
        part, matter = self.log.parts[self.referral], self.log.one(Matter)
        name = COMMANDS.get(act, f"{act}-referral")
        facts, refused = decided(
            REFERRAL_ACTS[name], part, matter, body or BODIES[name], at(caller, self.clock())
        )
        if refused is not None:
            assert (bool(refused.clause), bool(refused.remedy)) == (True, True)
            return None
        [first, *_] = self.log.append(facts, caller)
        return first.envelope.id

    # --- what people do

    @rule(act=st.sampled_from(sorted(SAID)), person=st.sampled_from(sorted(PEOPLE)))
    def say(self, act, person):
        when, by = SAID[act]
        expected = self.says() in when and person in by
        about, body = "", None
        if act == "tell":
            about = next(iter(self.open_questions()), "")
            expected = expected and bool(about)
            body = BODIES["give-information"].model_copy(update={"question": about or NO_QUESTION})
        event = self.tried(act, person, body)
        assert (event is not None) == expected, (self.says(), act, person)
        if event:
            when_recorded = self.log.events[-1].envelope.recordedtime
            self.lines.append(Line(act, person, when_recorded, event, about=about))
            self.forwarded += act == "forward"

    @rule(person=st.sampled_from(sorted(PEOPLE)))
    def take_back(self, person):
        counting = [line for line in self.lines if not line.crossed_out]
        last = counting[-1] if counting else None
        possible = (
            last is not None
            and last.who == person
            and last.act != "forward"
            and self.clock() <= self.recorded(last) + timedelta(minutes=10)
        )
        event = self.tried("undo", person)
        assert (event is not None) == possible, (self.says(), last, person)
        if event:
            last.crossed_out = True

    @rule(person=st.sampled_from(sorted(PEOPLE)), place=st.integers(0, 6))
    @precondition(lambda self: self.lines)
    def mark_a_line_as_wrong(self, person, place):
        line = self.lines[place % len(self.lines)]
        own = PEOPLE[line.who].agency == PEOPLE[person].agency
        possible = (
            own and not line.crossed_out and line.act != "forward" and self.says() != "entered-in-error"
        )
        body = EnterReferralInError(reason="wrong-entry", entry=line.event)
        assert (self.tried("in-error", person, body) is not None) == possible
        line.crossed_out = line.crossed_out or possible

    @rule(person=st.sampled_from(sorted(PEOPLE)))
    def mark_all_of_it_as_wrong(self, person):
        possible = person == "screener" and self.says() != "entered-in-error"
        event = self.tried("in-error", person)
        assert (event is not None) == possible
        if event:
            self.lines.append(Line("in-error", person, self.clock(), event))

    @rule(minutes=st.sampled_from([1, 4, 11]))
    def time_passes(self, minutes):
        self.log.now += timedelta(minutes=minutes)

    def recorded(self, line: Line) -> datetime:
        return next(e.envelope.recordedtime for e in self.log.events if e.envelope.id == line.event)

    # --- what must hold

    @invariant()
    def the_referral_stands_as_the_paper_says(self):
        part = self.log.parts[self.referral]
        assert part.status == self.says()
        assert len(part.forwarded_to) == self.forwarded
        open_questions = self.open_questions() if self.says() in STILL_OPEN else []
        assert [question.event for question in part.open_questions] == open_questions
        calls = [line.event for line in self.lines if line.act == "call" and not line.crossed_out]
        assert [call.event for call in part.calls] == calls
        assert [s.struck is not None for s in part.steps] == [line.crossed_out for line in self.lines]

    @invariant()
    def the_agency_is_in_the_case_as_long_as_an_entry_says_that_it_serves(self):
        serving = {"accept", "start", "complete"}
        counts = any(line.act in serving and not line.crossed_out for line in self.lines)
        if all(line.act != "in-error" for line in self.lines):
            assert ("advocacy" in self.log.one(Matter).agencies) == counts

    @invariant()
    def folding_its_events_anew_gives_the_same(self):
        part = None
        for event in self.log.events:
            if getattr(event.data, "referral", None) == self.referral:
                part = evolve(part, event)
        assert part == self.log.parts[self.referral]


def test_whatever_people_do_the_referral_stands_as_the_paper_says():
    run_state_machine_as_test(
        Paper, settings=settings(max_examples=60, stateful_step_count=25, deadline=None)
    )
