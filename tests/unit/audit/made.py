"""Hand-made events for audit's tests: a log as the relays would publish it, from facts alone."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.audit.domain.entry import Entry
from shared.events import Data, Draft, read
from shared.events.names import access_topic, events_topic
from shared.events.types.case import AgencyJoined, AgencyLeft, CaseOpened, WorkerAssigned
from shared.events.types.concern import ConcernAttached, ConcernLinked, ConcernReported
from shared.events.types.notification import NotificationAcknowledged, NotificationDelivered
from shared.events.types.referral import (
    ReferralAccepted,
    ReferralCallStated,
    ReferralCancelled,
    ReferralCompleted,
    ReferralEnteredInError,
    ReferralFailed,
    ReferralForwarded,
    ReferralHeld,
    ReferralInformationAsked,
    ReferralInformationGiven,
    ReferralReceived,
    ReferralRejected,
    ReferralRequested,
    ReferralResumed,
    ReferralStarted,
    ReferralUndone,
)
from shared.events.types.screening import ScreeningEnteredInError, ScreeningRecorded
from shared.store.append import partition_of

REFERRALS, NOTIFICATIONS = events_topic("referrals"), events_topic("notifications")
ACCESS = access_topic("referrals")
MONDAY = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Made:
    """A record as a relay would publish it."""

    topic: str
    partition: int
    sequence: int
    key: bytes
    value: bytes

    @property
    def headers(self) -> list[tuple[str, bytes]]:
        content = b"application/cloudevents+json; charset=UTF-8"
        return [("content-type", content), ("sequence", b"%020d" % self.sequence)]

    @property
    def entry(self) -> Entry:
        return Entry(self.topic, self.partition, self.sequence, self.sequence, read(self.value))


@dataclass
class Log:
    """Appends events one after another; each is recorded a second after the one before."""

    seed: int = 1
    now: datetime = MONDAY
    mouversion: str = "2026.1"
    made: list[Made] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self._versions: dict[str, int] = defaultdict(int)
        self._sequences: dict[tuple[str, int], int] = defaultdict(int)

    def id(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def add(
        self,
        data: Data,
        subject: str,
        stream: str,
        agency: str = "human-services",
        topic: str = REFERRALS,
        ago: timedelta = timedelta(seconds=2),
        **changes: Any,
    ) -> str:
        """Append one event; its id. `ago` is how long before it was recorded it happened."""
        self.now += timedelta(seconds=1)
        draft = Draft(
            id=UUID(self.id()),
            topic=topic,
            source=changes.get("source", f"/agencies/{agency}"),
            subject=UUID(subject),
            time=self.now - ago,
            stream=UUID(stream),
            commandid=self.id(),
            correlationid=self.id(),
            actor=self.id(),
            agency=agency,
            purpose="coordinate",
            mouversion=self.mouversion,
            clause="4.1",
            data=data,
        )
        self._versions[stream] += 1
        value = draft.seal_bytes(changes.get("recorded", self.now), self._versions[stream])
        partition = partition_of(topic, subject)
        sequence = self._sequences[topic, partition]
        self._sequences[topic, partition] += 1
        self.made.append(Made(topic, partition, sequence, subject.encode(), value))
        return str(draft.id)

    def entries(self) -> list[Entry]:
        return [m.entry for m in self.made]


@dataclass
class Case:
    """The story of issue 3 as events: a concern, a case with it, a referral, its answer, who was told."""

    log: Log
    sealed: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        log = self.log
        self.case, self.stream, self.concern, self.youth = log.id(), log.id(), log.id(), log.id()
        self.referrals: list[str] = []
        self.events: dict[str, str] = {}
        self.matters: dict[str, str] = {self.stream: "dependency"}
        self.stream_of: dict[str, str] = {}

    def open(self) -> Case:
        log, to_concern, to_case = self.log, {"subject": self.concern, "stream": self.concern}, self.on
        facts: dict[str, Any] = {"concern": self.concern, "youth": self.youth, "reported_by": "sheriff"}
        reported = ConcernReported(
            **facts, immediate_danger="no", signs=("older-partner",), sealed=self.sealed
        )
        self.events["reported"] = log.add(reported, **to_concern, agency="sheriff")
        self.told("reported", "human-services/screener", subject=self.concern)
        attached = ConcernAttached(
            concern=self.concern, case=self.case, case_stream=self.stream, matter="dependency"
        )
        self.events["attached"] = log.add(attached, **to_concern)
        opened = CaseOpened(
            case=self.case,
            case_stream=self.stream,
            matter="dependency",
            youth=self.youth,
            lead="human-services",
            concern=self.concern,
        )
        self.events["opened"] = log.add(opened, **to_case)
        linked = ConcernLinked(case=self.case, concern=self.concern, concern_version=2, reported_by="sheriff")
        self.events["linked"] = log.add(linked, **to_case)
        return self

    @property
    def on(self) -> dict[str, str]:
        return {"subject": self.case, "stream": self.stream}

    def further(self, matter: str = "delinquency") -> str:
        """A further matter of the case; its stream."""
        stream = self.log.id()
        facts: dict[str, Any] = {"case": self.case, "case_stream": stream, "youth": self.youth}
        self.log.add(CaseOpened(**facts, matter=matter, lead="human-services"), self.case, stream)
        self.matters[stream] = matter
        return stream

    def of(self, thing: str = "") -> dict[str, str]:
        """Where an event of the matter stands: by its stream, by a referral in it, or in the first one."""
        return {"subject": self.case, "stream": self.stream_of.get(thing, thing or self.stream)}

    def refer(self, to: str = "advocacy", by: str = "human-services", matter: str = "", **facts: Any) -> str:
        referral, stream = self.log.id(), matter or self.stream
        self.stream_of[referral] = stream
        asked: dict[str, Any] = {"referral": referral, "case": self.case, "matter": self.matters[stream]}
        asked |= {"sender": "human-services", "recipient": to, "kind": "advocate", "urgency": "hours"}
        asked |= {"respond_by": self.log.now + timedelta(hours=2), "youth_choice": "agrees"}
        asked |= {"sealed": {"narrative": "eyJ.a.b.c.d"}} | facts
        self.events[f"requested {referral}"] = self.log.add(
            ReferralRequested(**asked), **self.of(referral), agency=by
        )
        self.referrals.append(referral)
        self.told(f"requested {referral}", f"{to}/supervisor")
        return referral

    def receive(self, referral: str, by: str = "advocacy", **when: Any) -> str:
        return self.log.add(
            ReferralReceived(referral=referral, case=self.case), **self.of(referral), agency=by, **when
        )

    def accept(self, referral: str, by: str = "advocacy", **when: Any) -> str:
        return self.log.add(
            ReferralAccepted(referral=referral, case=self.case), **self.of(referral), agency=by, **when
        )

    def reject(self, referral: str, by: str = "advocacy", **when: Any) -> str:
        facts: dict[str, Any] = {"referral": referral, "case": self.case, "reason": "no-capacity"}
        return self.log.add(ReferralRejected(**facts, sealed={}), **self.of(referral), agency=by, **when)

    def say(self, kind: str, referral: str, by: str = "advocacy", **when: Any) -> str:
        """One of the later steps of a referral."""
        said = {"referral": referral, "case": self.case}
        facts: dict[str, Data] = {
            "started": ReferralStarted(**said),
            "held": ReferralHeld(**said, reason="waitlist"),
            "resumed": ReferralResumed(**said),
            "completed": ReferralCompleted(**said, outcome="completed", attempts=2),
            "failed": ReferralFailed(**said, reason="unable-to-locate"),
            "cancelled": ReferralCancelled(**said, reason="need-met"),
            "in-error": ReferralEnteredInError(**said, reason="wrong-youth"),
        }
        return self.log.add(facts[kind], **self.of(referral), agency=by, **when)

    def undo(self, referral: str, event: str, by: str = "advocacy", **when: Any) -> str:
        taken_back = ReferralUndone(referral=referral, case=self.case, entry=event, act="accept-referral")
        return self.log.add(taken_back, **self.of(referral), agency=by, **when)

    def wrong(self, referral: str, event: str, by: str = "advocacy", **when: Any) -> str:
        facts: dict[str, Any] = {"referral": referral, "case": self.case, "reason": "wrong-entry"}
        wrong = ReferralEnteredInError(**facts, entry=event, act="start-referral")
        return self.log.add(wrong, **self.of(referral), agency=by, **when)

    def ask(self, referral: str, by: str = "advocacy", **more: Any) -> str:
        facts: dict[str, Any] = {"missing": ("language",), "sealed": {}} | more
        asked = ReferralInformationAsked(referral=referral, case=self.case, **facts)
        return self.log.add(asked, **self.of(referral), agency=by)

    def tell_more(self, referral: str, question: str, by: str = "human-services", **more: Any) -> str:
        facts: dict[str, Any] = {"question": question, "sealed": {"narrative": "eyJ.a.b.c.d"}} | more
        told = ReferralInformationGiven(referral=referral, case=self.case, **facts)
        return self.log.add(told, **self.of(referral), agency=by)

    def call(self, referral: str, result: str = "reached", by: str = "advocacy") -> str:
        facts: dict[str, Any] = {"called_at": self.log.now, "called_by": "recipient", "result": result}
        called = ReferralCallStated(referral=referral, case=self.case, **facts)
        return self.log.add(called, **self.of(referral), agency=by)

    def forward(self, referral: str, to: str) -> str:
        after = self.refer(to, matter=self.stream_of[referral], follows=referral)
        facts: dict[str, Any] = {"referral": referral, "case": self.case, "forwarded_to": after}
        self.log.add(ReferralForwarded(**facts, recipient=to), **self.of(referral))
        return after

    def screen(self, band: str = "clear-concern", matter: str = "", **when: Any) -> str:
        screening, stream = self.log.id(), matter or self.stream
        self.stream_of[screening] = stream
        facts: dict[str, Any] = {"screening": screening, "case": self.case, "matter": self.matters[stream]}
        one = ScreeningRecorded(
            **facts, tool="cse-it", tool_version="2.0", band=band, screened_at=self.log.now
        )
        self.log.add(one, **self.of(screening), **when)
        return screening

    def not_screened(self, screening: str) -> str:
        wrong = ScreeningEnteredInError(screening=screening, case=self.case, reason="wrong-youth")
        return self.log.add(wrong, **self.of(screening))

    def join(self, agency: str, matter: str = "") -> str:
        data = AgencyJoined(case=self.case, agency=agency, relation="serving")
        return self.log.add(data, **self.of(matter))

    def leave(self, agency: str, matter: str = "") -> str:
        data = AgencyLeft(case=self.case, agency=agency, reason="service-ended")
        return self.log.add(data, **self.of(matter))

    def assign(self, agency: str, matter: str = "") -> str:
        facts: dict[str, Any] = {"case": self.case, "agency": agency, "worker": self.log.id()}
        return self.log.add(WorkerAssigned(**facts, role="social-worker"), **self.of(matter))

    def told(self, about: str, recipient: str, subject: str = "", acknowledge: bool = False) -> str:
        subject = subject or self.case
        item, where = self.log.id(), {"subject": subject, "topic": NOTIFICATIONS}
        facts: dict[str, Any] = {"item": item, "event": self.events[about], "rule": "new-for-you"}
        facts |= {"recipient": recipient}
        stream = self.log.id()
        delivered = NotificationDelivered(**facts, tier="act-now", channel="feed")
        told = self.log.add(
            delivered, **where, stream=stream, agency="county", source="/services/notifications"
        )
        if acknowledge:
            self.log.add(
                NotificationAcknowledged(**facts),
                **where,
                stream=stream,
                agency=recipient.split("/")[0],
                source="/services/notifications",
            )
        return told
