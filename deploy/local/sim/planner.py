"""From a seed to a county's plan: what is done about each youth, by whom, through which door. Pure; no clock."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from deploy.local.sim.habits import Habits, habits
from deploy.local.sim.invented import facts
from deploy.local.sim.referral_plan import refer
from deploy.local.sim.steps import ACKNOWLEDGE, Plan
from deploy.local.sim.writing import LEAD, SCREENER, WORKER, Writing
from shared.events.names import SealedClass

_IDENTITY, _NARRATIVE = SealedClass.IDENTITY, SealedClass.NARRATIVE
DAY = 86_400.0


def plans(seed: int, cases: int, tables: Habits | None = None) -> Iterator[Plan]:
    """The plans of so many youths, one at a time. The same for the same seed, whatever else is planned."""
    known, arrives, chance = tables or habits(), 0.0, random.Random(f"{seed}/arrivals")
    for number in range(cases):
        yield Plan(number, arrives, plan(seed, number, known).steps)
        arrives += known.wait(chance, "waits.between-concerns")


def plan(seed: int, number: int, tables: Habits) -> Plan:
    """One youth's plan, arriving at once."""
    case = _Case(Writing(random.Random(f"{seed}/{number}"), tables, number))
    case.write()
    return Plan(number, 0.0, tuple(case.w.steps))


@dataclass
class _Case:
    """One youth's case, being planned."""

    w: Writing
    reporter: str = ""

    def write(self) -> None:
        """From the first concern on."""
        self.report("concern-1")
        became = self.w.pick("concern.became")
        if became != "opened":
            self.screened("evaluate-out", "concern-1", {"reason": self.w.pick("concern.evaluated_out")})
        if became == "evaluated-out":
            return
        matter = self.w.pick("case.matter")
        self.screened("open-case", "concern-1", {"matter": matter}, makes="case")
        self.team()
        self.screenings()
        self.done()
        for _ in range(int(self.w.pick("referral.each"))):
            refer(self.w, matter)
        if self.w.happens("concern.further"):
            self.report("concern-2")
            self.screened("attach-concern", "concern-2", {"matter": matter}, refs={"case": "case"})
        self.leave()

    def report(self, concern: str) -> None:
        """A concern; perhaps the call, and a screener who takes the item in hand."""
        w, table = self.w, "concern"
        self.reporter = agency = w.pick("concern.reported_by", frozenset(self._others()))
        body = {
            "immediate_danger": w.pick(f"{table}.immediate_danger"),
            "exploitation_kind": w.pick(f"{table}.exploitation_kind"),
            "signs": sorted({w.pick(f"{table}.signs") for _ in range(2)}),
            "age_years": int(w.pick(f"{table}.age_years")),
        }
        clear = facts(w.number, _IDENTITY, _NARRATIVE)
        w.say("report-concern", w.person(agency), makes=concern, body=body, facts=clear)
        if w.happens("concern.call_stated"):
            w.say("state-call", w.person(agency), about=concern, body={"called_line": "hotline"}, late=True)
        if w.happens("concern.done"):
            self.recorded("written-report-sent", w.person(agency), concern, "record-concern-act")
        if w.happens("concern.acknowledged"):
            w.say(ACKNOWLEDGE, SCREENER, about=concern)

    def _others(self) -> set[str]:
        return {*self.w.table("concern.reported_by")} - {self.reporter}

    def screened(
        self,
        act: str,
        concern: str,
        body: dict[str, str],
        makes: str = "",
        refs: dict[str, str] | None = None,
    ) -> None:
        """A screener's decision; the agency that reported might try it, and may not."""
        forbidden = self.w.person(self.reporter)
        self.w.say(act, SCREENER, about=concern, makes=makes, body=body, refs=refs, forbidden=forbidden)

    def team(self) -> None:
        """Who works on the case, and which agencies join."""
        w = self.w
        for _ in range(int(w.pick("case.joins"))):
            agency = w.pick("case.may_join")
            if agency not in w.team:
                w.say("join-agency", WORKER, about="case", body={"agency": agency})
                w.team.append(agency)
                w.joined.append(agency)
        if w.happens("case.worker_named"):
            worker = {"worker": w.person_id(WORKER), "role": "social-worker"}
            w.say("assign-worker", WORKER, about="case", body=worker)

    def screenings(self) -> None:
        """Bands recorded by agencies of the team; now and then one that was wrong."""
        w = self.w
        for n in range(1, int(w.pick("case.screenings")) + 1):
            actor, name = w.person(w.chance.choice(w.team)), f"screening-{n}"
            body = {"tool": "cse-it", "tool_version": "brief", "band": w.pick("case.band")}
            w.say("record-screening", actor, about="case", makes=name, body=body, late=True)
            if w.happens("case.screening_wrong"):
                reason = {"reason": w.pick("reasons.error")}
                w.say("enter-screening-in-error", actor, about="case", body=reason, refs={"screening": name})

    def done(self) -> None:
        """What human services did outside Accord and records."""
        for _ in range(int(self.w.pick("case.done"))):
            self.recorded(self.w.pick("case.acts"), WORKER, "case", "record-act")

    def recorded(self, act: str, actor: str, about: str, command: str) -> None:
        """An act on record; now and then a record that was wrong."""
        w, wrong = self.w, "enter-act-in-error" if command == "record-act" else "enter-concern-act-in-error"
        name = f"record-{sum(step.act == command for step in w.steps) + 1}-of-{about}"
        body = {"act": act, "method": "form" if act == "written-report-sent" else "in-person"}
        w.say(command, actor, about=about, makes=name, body=body, late=True)
        if w.happens("case.done_wrong" if about == "case" else "concern.done_wrong"):
            w.say(wrong, actor, about=about, body={"reason": w.pick("reasons.error")}, refs={"record": name})

    def leave(self) -> None:
        """Agencies that joined, and whose part is done."""
        for agency in self.w.joined:
            if self.w.happens("case.leaves"):
                body = {"agency": agency, "reason": self.w.pick("reasons.leave")}
                self.w.say("leave-agency", WORKER, about="case", body=body)
        assert LEAD in self.w.team, "the lead agency never leaves"
