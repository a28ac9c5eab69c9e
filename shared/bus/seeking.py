"""Where in a partition the record of a sequence lies: offsets do not tell, since repeats may lie between."""

from __future__ import annotations

from time import monotonic
from typing import Any

from shared.bus.clients import kafka_away
from shared.bus.record import sequence_of
from shared.errors import TryLater

#: How many records one step of the search goes back.
STEP = 500
#: Seconds for reading one record.
LONGEST = 10.0


def seek_near(consumer: Any, place: Any, sequence: int, begin: int, end: int) -> None:
    """From the tail back to the last place where a record at or before `sequence` lies; seek there.

    Early by some records is harmless: what is known is skipped. `begin` and `end` are the partition's offsets;
    `consumer` is assigned to `place` alone. Blocks up to 10 s for each step. Raises TryLater.
    """
    at = begin if sequence < 0 else end
    while at > begin:
        at = max(begin, at - STEP)
        found = sequence_of(_first(consumer, place, at).headers)
        if found is not None and found <= sequence:
            break
    consumer.seek(place, at)


def _first(consumer: Any, place: Any, offset: int) -> Any:
    consumer.seek(place, offset)
    until = monotonic() + LONGEST
    while monotonic() < until:
        with kafka_away():
            found = consumer.poll(timeout_ms=200, max_records=1).get(place)
        if found:
            return found[0]
    raise TryLater("Kafka is too slow: a record could not be read within 10 s")
