"""The consumer as a process: from settings to a loop that waits for what is away, and ends on request."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from contextlib import closing
from itertools import count
from typing import TypeVar

import structlog

from services.audit.beats import Beat
from services.audit.bootstrap import prepare
from services.audit.consumer import Consumer
from services.audit.ledger import Ledger
from services.audit.merkle.schedule import Schedule
from services.audit.records import RawRecord
from services.audit.session import Session
from services.audit.source import Source
from shared.bus import beats
from shared.bus.topics import kept_topics
from shared.errors import TryLater, Undeliverable
from shared.events.names import Service, beats_topic
from shared.settings import Settings
from shared.store.pulse import Pulse

T = TypeVar("T")
BEATS = {beats_topic(service): service.value for service in Service}
KEPT = frozenset(topic.name for topic in kept_topics())
#: Looks at Kafka or the database at the start, before the supervisor is to start us again.
TRIES = 60
#: Objects made and not yet freed before Python looks for cycles among the newest (700 by default); after how many
#: such looks it looks among the older ones, too, and after how many of these among all.
COLLECT_AFTER = (200_000, 5, 2)
#: Looks after which a topic that the ledger holds, and Kafka does not show, counts as gone.
GONE_AFTER = 5


def collect_seldom() -> None:
    """Let Python look for cycles seldom: a batch is tens of thousands of objects without one, and the looking took
    half the time of a record. What a start has made is looked at no more, so that looking at all else is cheap."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def run(settings: Settings, stop: threading.Event) -> int:
    """Consume until `stop`. Returns 0. Raises TryLater if Kafka or the database does not come within a minute."""
    collect_seldom()
    url = patiently(lambda: prepare(settings), stop)
    if url:
        with closing(Pulse(url, "consumer")) as pulse:
            session, schedule = Session(url), Schedule(settings, url, stop).start()
            try:
                while not stop.is_set() and _consume(settings, Ledger(session), pulse, stop):
                    pass
            finally:
                session.close()
                schedule.close()
    structlog.get_logger().info("stopped", exit_code=0)
    return 0


def _consume(settings: Settings, ledger: Ledger, pulse: Pulse, stop: threading.Event) -> bool:
    """Consume until `stop`, or True once topics came or went. One of the ledger's that is gone is a finding."""

    def waits(later: TryLater) -> None:
        pulse.say(None, str(later))

    known, tries = patiently(ledger.topics, stop, waits) or frozenset(), count()
    topics = [*sorted(KEPT), *BEATS]
    source = patiently(
        lambda: Source(settings, topics, known if next(tries) >= GONE_AFTER else ()), stop, waits
    )
    if source is None:
        return False
    try:
        patiently(lambda: ledger.gone(source.gone), stop, waits)
        return Consumer(source, ledger, beat_topics=BEATS, read_beat=read_beat, stop=stop, pulse=pulse).run()
    finally:
        source.close()


def patiently(
    make: Callable[[], T], stop: threading.Event, waits: Callable[[TryLater], None] = lambda _: None
) -> T | None:
    """What `make` gives once it can; None if `stop` came first. Tells `waits` of each failure.

    Raises TryLater after TRIES.
    """
    for attempt in range(1, TRIES + 1):
        try:
            return make()
        except TryLater as later:
            if attempt == TRIES:
                raise
            structlog.get_logger().warning("waiting", reason=str(later), attempt=attempt)
            waits(later)
            if stop.wait(min(later.seconds, 1.0)):
                return None
    return None


def read_beat(record: RawRecord) -> Beat | None:
    """The beat in a record of a beats topic, or None if it is none."""
    try:
        beat = beats.read_beat(record.value)
    except Undeliverable:
        structlog.get_logger().warning("beat_unreadable", topic=record.topic, offset=record.offset)
        return None
    # A service also publishes what the ledger does not keep (receipts, outboxes): it has no word in this.
    sequences = {place: last for place, last in beat.sequences.items() if place[0] in KEPT}
    return Beat(BEATS[record.topic], beat.before, sequences)
