"""The process that reads every agency's submissions topic. No agency holds up another."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import structlog

from services.referrals.bootstrap import Referrals, bootstrap
from services.referrals.intake.rewound import look_behind
from services.referrals.intake.taking import Taker
from services.referrals.intake.upkeep import Upkeep
from shared.bus import clients
from shared.bus.deadletters import Streak
from shared.bus.gate import Gate
from shared.bus.record import Record
from shared.errors import Conflict, Disagreement, TryLater
from shared.events.names import Agency, submissions_topic
from shared.settings import Settings
from shared.store.positions import all_positions
from shared.store.pulse import Hold, Place, Pulse

#: Too many dead letters in a row hold an agency's topic for so long; one record is tried each time after that.
HELD_SECONDS = 60.0
#: What cannot be done for so long is said to the operator; the topic stays where it is.
REPORT_AFTER = 600.0
TOPICS: Mapping[str, Agency] = {submissions_topic(agency): agency for agency in Agency}

log = structlog.get_logger()


@dataclass
class Line:
    """How one agency's topic stands: the offset last taken, dead letters in a row, until when it rests, since when
    it waits and for what."""

    taken: int = -1
    streak: Streak = field(default_factory=Streak)
    rests_until: float = 0.0
    waits_since: float | None = None
    waits_for: str = ""
    reported: bool = False

    def hold(self, now: float, behind: int) -> Hold | None:
        """Why the topic rests just now, if it does. `behind`: how many of its records are not taken."""
        if self.waits_since is not None:
            return Hold(self.waits_for)
        if self.streak.too_many and (self.rests_until > now or behind):
            return Hold(
                f"{self.streak.length} records in a row could not be read; one a minute is tried", urgent=True
            )
        return None


@dataclass
class Intake:
    """Takes records from the consumer, one transaction each. Not thread-safe."""

    consumer: Any
    taker: Taker
    pulse: Pulse
    monotonic: Callable[[], float] = time.monotonic
    lines: dict[str, Line] = field(default_factory=lambda: {topic: Line() for topic in TOPICS})

    def assign(self, referrals: Referrals) -> None:
        """Read on behind the stored positions; the offsets that Kafka keeps are not used."""
        with referrals.store.transaction() as connection:
            positions = all_positions(connection, TOPICS)
        partitions = clients.partitions_of(self.consumer, TOPICS)
        self.consumer.assign(partitions)
        for partition in partitions:
            known = positions.get((partition.topic, partition.partition))
            if known is None or known.offset < 0:
                self.consumer.seek_to_beginning(partition)
            else:
                self.lines[partition.topic].taken = known.offset
                self.consumer.seek(partition, known.offset + 1)
        for partition in partitions:
            known = positions.get((partition.topic, partition.partition))
            if known is not None and known.offset >= 0:
                line = self.lines[partition.topic]
                line.taken = look_behind(
                    self.consumer, partition, known, referrals, TOPICS[partition.topic], self.say
                )
        self.say()

    def say(self) -> None:
        """Once a second: that it lives, how far it is behind, and which topics rest. Blocks a moment; see Pulse."""
        if not self.pulse.due():
            return
        now, behind = self.monotonic(), {p: self._behind(p) for p in self.consumer.assignment()}
        holds = {(p.topic, p.partition): self.lines[p.topic].hold(now, n) for p, n in behind.items()}
        said: dict[Place, Hold] = {place: hold for place, hold in holds.items() if hold}
        self.pulse.say(sum(behind.values()), None, said)

    def _behind(self, partition: Any) -> int:
        end = self.consumer.highwater(partition)
        return 0 if end is None else max(0, end - 1 - self.lines[partition.topic].taken)

    def poll(self) -> None:
        """One round: at most 0.2 s of waiting, then what came, topic by topic. Raises TryLater if Kafka is away."""
        self._wake()
        self.say()
        with clients.kafka_away():
            batches = self.consumer.poll(timeout_ms=200, max_records=200)
        for partition, records in batches.items():
            for found in records:
                self.say()
                if not self._take(partition, Record.from_kafka(found)):
                    break

    def _wake(self) -> None:
        rested = [p for p in self.consumer.paused() if self.lines[p.topic].rests_until <= self.monotonic()]
        if rested:
            self.consumer.resume(*rested)

    def _take(self, partition: Any, record: Record) -> bool:
        """Whether to go on with this topic in this round."""
        line = self.lines[record.topic]
        try:
            good = self.taker.take(record, TOPICS[record.topic])
        except (TryLater, Conflict) as later:
            line.waits_for = str(later)
            self._again(partition, record, line, getattr(later, "seconds", 1.0))
            return False
        line.taken = record.offset
        line.waits_since, line.reported = None, False
        if line.streak.note(good):
            log.error("agency_held_up", topic=record.topic, count=line.streak.length, seconds=HELD_SECONDS)
            self._rest(partition, record.offset + 1, line, HELD_SECONDS)
            return False
        return True

    def _again(self, partition: Any, record: Record, line: Line, seconds: float) -> None:
        now = self.monotonic()
        line.waits_since = line.waits_since or now
        if now - line.waits_since > REPORT_AFTER and not line.reported:
            line.reported = True
            log.error("held_up", topic=record.topic, offset=record.offset, seconds=now - line.waits_since)
        self._rest(partition, record.offset, line, seconds)

    def _rest(self, partition: Any, offset: int, line: Line, seconds: float) -> None:
        line.rests_until = self.monotonic() + seconds
        self.consumer.pause(partition)
        self.consumer.seek(partition, offset)


def run(settings: Settings) -> int:
    """Take submissions until SIGTERM. Returns the exit code: 6 if the store and its topics disagree."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    referrals = bootstrap(settings, pool_size=2)
    gate = Gate(settings, "referrals")
    try:
        with closing(Pulse(settings.database_url.get_secret_value(), "intake")) as pulse:
            return _until_stopped(settings, referrals, gate, pulse, stop)
    except Disagreement as found:
        log.error("store_and_log_disagree", kind=found.kind, remedy=found.remedy)
        return 6
    finally:
        gate.close()
        referrals.close()


def _until_stopped(
    settings: Settings, referrals: Referrals, gate: Gate, pulse: Pulse, stop: threading.Event
) -> int:
    while not stop.is_set():
        try:
            gate.require()
            # "none": a position that the topic does not have is looked into, at the next assignment.
            consumer = clients.consumer(settings, auto_offset_reset="none")
        except TryLater as later:
            pulse.say(None, str(later))
            stop.wait(min(later.seconds, 1.0))
            continue
        try:
            _read_on(Intake(consumer, Taker(referrals, referrals.store.now), pulse), referrals, gate, stop)
        except TryLater as later:
            log.warning("intake_waits", reason=str(later))
            pulse.say(None, str(later))
            stop.wait(1.0)
        finally:
            consumer.close()
    log.info("stopped", exit_code=0)
    return 0


def _read_on(intake: Intake, referrals: Referrals, gate: Gate, stop: threading.Event) -> None:
    intake.assign(referrals)
    upkeep = Upkeep(referrals)
    log.info("ready")
    while not stop.is_set():
        gate.require()
        upkeep.if_due()
        intake.poll()
