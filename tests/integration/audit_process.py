"""A consumer of given topics as a process of its own, for tests that kill it: `… BATCH TOPIC…`."""

from __future__ import annotations

import signal
import sys
import threading

from services.audit.consumer import Consumer
from services.audit.ledger import Ledger
from services.audit.session import Session
from services.audit.source import Source
from shared import telemetry
from shared.settings import Settings


def main(batch: int, topics: list[str]) -> None:
    settings, stop = Settings(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    telemetry.configure("audit", "consumer")
    source, session = Source(settings, topics), Session(settings.database_url.get_secret_value())
    consumer = Consumer(
        source, Ledger(session), beat_topics=(), read_beat=lambda _: None, stop=stop, batch=batch
    )
    consumer.run()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
