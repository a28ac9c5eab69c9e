"""A small invented county: a few cases at once, several versions of the MOU, every kind of act. By seed."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from shared.events.names import MOU_TOPIC, Agency, SealedClass, access_topic
from shared.events.types.concern import ConcernAttached, ConcernCallStated, ConcernLinked, ConcernReported
from shared.events.types.mou import MouAdopted
from shared.events.types.record import RecordDenied, RecordRead
from shared.events.types.submission import CommandRefused
from shared.mou import Mou, load, packed_document
from tests.unit.audit.made import Case, Log

ALDER = Path("deploy/local/alder-county.yaml")
PARTIES = tuple(str(a) for a in Agency if a != Agency.COUNTY)
#: Probation takes part in nothing here, so there is always an agency that never knew.
ACTIVE = tuple(a for a in PARTIES if a != "probation")


@cache
def versions() -> tuple[Mou, ...]:
    """Alder's; one in which a reporter may not read its concern; one in which participants read referrals."""
    text = ALDER.read_text()
    referrals = (
        '  - {clause: "4.6", act: read-referral, agencies: [team], roles: [workers], needs: [participant],\n'
        "     purposes: [coordinate]}\n"
        '  - {clause: "4.6", act: read-referral, roles: [workers], needs: [assigned-worker]}\n'
    )
    rows = (
        '  - {clause: "6.4", agencies: [team], roles: [workers], of: [referral], needs: [participant],\n'
        "     purposes: [coordinate], classes: [narrative, health, substance_use], basis: WIC 18961.7 (invented)}\n"
    )
    wide = text.replace("may:\n", "may:\n" + referrals, 1).replace("disclosure:\n", "disclosure:\n" + rows, 1)
    wide = wide.replace("needed: true", "needed: false")  # as if no consent were needed for what it discloses
    reporter = '  - {clause: "3.6", act: read-concern, roles: [workers], needs: [reporter]'
    narrow = text.replace(reporter, reporter.replace("needs: [reporter]", "needs: [reporter, lead]"))
    assert wide != text != narrow
    named = re.compile(r"^version: .*$", re.MULTILINE)
    return tuple(load(named.sub(f"version: alder-{n}", t)) for n, t in enumerate((text, narrow, wide), 1))


def canary(event_class: str, number: int) -> str:
    """A sealed part that is recognised wherever it turns up."""
    return f"eyJ.canary-{event_class}-{number}"


@dataclass
class County:
    """Cases over one log, and the versions of the MOU that were adopted: (recorded, effective, MOU)."""

    log: Log
    chance: random.Random
    cases: list[Case] = field(default_factory=list)
    adopted: list[tuple[datetime, datetime, Mou]] = field(default_factory=list)
    planted: int = 0
    recipients: dict[str, str] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    stories: dict[str, list[str]] = field(default_factory=dict)
    questions: dict[str, list[str]] = field(default_factory=dict)

    def sealed(self, *, most: int = 3) -> dict[str, str]:
        """Sealed parts of some classes, each with a canary of its own."""
        self.planted += 1
        classes = self.chance.sample(list(SealedClass), self.chance.randrange(1, most + 1))
        return {str(c): canary(c, self.planted) for c in classes}

    def adopt(self, mou: Mou, later: timedelta = timedelta()) -> None:
        """A version comes to be known now and into force `later`."""
        effective = self.log.now + later
        data = MouAdopted(
            mou=str(mou.id),
            version=mou.version,
            effective=effective,
            signed_by=("human-services",),
            document=packed_document(mou),
        )
        self.log.add(data, str(mou.id), str(mou.id), topic=MOU_TOPIC, agency="county")
        self.adopted.append((self.log.now, effective, mou))

    def report(self, case: Case, by: str) -> None:
        """Another agency's concern about the same youth, taken in by the case."""
        concern = self.log.id()
        where = {"subject": concern, "stream": concern}
        facts: dict[str, Any] = {"concern": concern, "youth": self.log.id(), "reported_by": by}
        facts |= {"signs": (f"sign-of-{by}",), "age_years": 15, "sealed": self.sealed()}
        self.log.add(ConcernReported(**facts), **where, agency=by)
        called = {"called_at": self.log.now, "called_line": "hotline", "sealed": self.sealed(most=1)}
        self.log.add(ConcernCallStated(concern=concern, **called), **where, agency=by)
        attached = {"case": case.case, "case_stream": case.stream, "matter": "dependency"}
        self.log.add(ConcernAttached(concern=concern, **attached), **where)
        linked = {"concern_version": 3, "reported_by": by, "classes": ("identity",)}
        self.log.add(ConcernLinked(case=case.case, concern=concern, **linked), **case.on)

    def read(self, case: Case, by: str) -> None:
        """Somebody read the case, or was denied it."""
        where = {"subject": case.case, "stream": self.log.id(), "topic": access_topic("referrals")}
        if self.chance.random() < 0.3:
            denied = RecordDenied(about=case.case, about_kind="case")
            self.log.add(denied, **where, agency=by, source="/services/referrals")
        else:
            read = RecordRead(about=case.case, about_kind="case", classes=("identity",))
            self.log.add(read, **where, agency=by, source="/services/referrals")

    def act(self) -> None:
        """Something happens."""
        case, who = self.chance.choice(self.cases), self.chance.choice(ACTIVE)
        matter = self.chance.choice([*case.matters])
        match self.chance.randrange(12):
            case 0 | 1:
                self.refer(case, who, matter)
            case 2 | 3 if case.referrals:
                self.answer(case, self.chance.choice(case.referrals))
            case 9 | 10 if case.referrals:
                self.live(case, self.chance.choice(case.referrals))
            case 11:
                self.screen(case, who, matter)
            case 4 | 5 | 6:
                self.chance.choice((case.join, case.leave, case.assign))(who, matter)
            case 7:
                self.chance.choice((self.report, self.read))(case, who)
            case _:
                self.tell(case, who)

    def refer(self, case: Case, to: str, matter: str) -> None:
        """One agency asks another."""
        sender = self.chance.choice([a for a in ACTIVE if a != to])
        sealed = self.sealed()
        referral = case.refer(to, sender=sender, sealed=sealed, by=sender, matter=matter)
        self.recipients[referral] = to

    def answer(self, case: Case, referral: str) -> None:
        """The agency that was asked says that it has the referral in hand; or, once, what it answers."""
        said = self.chance.choice((case.receive, case.accept, case.reject))
        if said == case.receive or referral not in self.answered:
            said(referral, by=self.recipients[referral])
        if said != case.receive:
            self.answered.add(referral)

    def live(self, case: Case, referral: str) -> None:
        """The next step of a referral, one that is taken back at once, or the next agency that is asked."""
        by, story = self.recipients[referral], self.stories.setdefault(referral, self.story())
        match self.chance.randrange(6):
            case 4:
                self.talk(case, referral)
            case 0:
                to = self.chance.choice(ACTIVE)
                self.recipients[case.forward(referral, to)] = to
            case 1 if story[:1] == ["started"]:
                entry = case.say("started", referral, by=by)
                self.log.now += timedelta(seconds=self.chance.choice((0, 30)))
                take_back = self.chance.choice((case.undo, case.wrong))
                take_back(referral, entry, by=by)
            case _ if story:
                case.say(story.pop(0), referral, by=by)

    def talk(self, case: Case, referral: str) -> None:
        """A question, which may be taken back or answered, or a call."""
        by, asked = self.recipients[referral], self.questions.setdefault(referral, [])
        match self.chance.randrange(4):
            case 0 if asked:
                case.tell_more(referral, asked.pop(), sealed=self.sealed())
            case 1 if asked:
                self.chance.choice((case.undo, case.wrong))(referral, asked.pop(), by=by)
            case 2:
                case.call(referral, self.chance.choice(("reached", "no-answer")), by=by)
            case _:
                missing = (self.chance.choice(("age", "consent", "language")),)
                asked.append(case.ask(referral, by=by, missing=missing, sealed=self.sealed(most=1)))

    def story(self) -> list[str]:
        """How a referral's service goes, each step once."""
        end = self.chance.choice(("completed", "failed", "cancelled", "in-error"))
        return self.chance.choice(([end], ["started", end], ["started", "held", "resumed", end]))

    def screen(self, case: Case, by: str, matter: str) -> None:
        """A screening; sometimes one that is marked as wrong."""
        screening = case.screen(self.chance.choice(("clear-concern", "no-concern")), matter, agency=by)
        if self.chance.random() < 0.3:
            case.not_screened(screening)

    def tell(self, case: Case, who: str) -> None:
        """An item in a feed, or a command that was refused."""
        if self.chance.random() < 0.3 and case.referrals:
            refused = CommandRefused(
                command="accept",
                reason="illegal",
                about=self.chance.choice(case.referrals),
                about_kind="referral",
            )
            stream = self.log.id()
            self.log.add(refused, stream, stream, agency=who, source="/services/referrals")
        else:
            about = self.chance.choice(list(case.events))
            of_concern = about in ("reported", "attached")
            case.told(about, f"{who}/supervisor", case.concern if of_concern else "", acknowledge=True)


def county(seed: int, acts: int = 40) -> County:
    """Two cases, acts on both, three versions of the MOU, some in force later than they are known.

    The first case has a second matter before long.
    """
    chance = random.Random(seed)
    made = County(Log(seed), chance)
    when = {0: versions()[0]} if chance.random() < 0.8 else {}
    when |= {chance.randrange(5, acts): versions()[1], chance.randrange(5, acts): versions()[2]}
    made.cases = [Case(made.log, made.sealed()).open() for _ in range(2)]
    for step in range(acts):
        if step in when:
            made.adopt(when[step], timedelta(seconds=chance.choice((0, 7, 19))))
        if step == acts // 5:
            made.cases[0].further()
        made.act()
    return made
