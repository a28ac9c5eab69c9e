"""The Faust worker. Faust carries events and time, never truth: what was applied, and how far, is in PostgreSQL.

No tables (they drop events), at least once, no transactions; see `docs/architecture.md`. Offsets committed to
Kafka serve its lag figures only: on each assignment every partition is read from its stored position.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from typing import Any

import faust
import structlog
from faust.types import TP

from services.notifications.pump import Consumer, Pump, Waiting
from services.notifications.records import Incoming, Place, Sources
from shared.bus.record import sequence_of
from shared.settings import Settings
from shared.store.positions import Position

GROUP = "accord.notifications.feed"
#: Seconds in which Faust's own fetching comes to rest after its flow is stopped; it polls once a second.
REST = 1.2

log = structlog.get_logger()

Positions = Callable[[], Mapping[Place, Position]]


def make_app(settings: Settings, group: str = GROUP) -> Any:
    """The Faust app, not started: no web, no topic of its own, a static member id per worker slot."""
    login: Any = None
    if settings.kafka_username:
        login = faust.SASLCredentials(
            username=settings.kafka_username,
            password=settings.kafka_password.get_secret_value(),
            mechanism="SCRAM-SHA-256",
        )
    servers = settings.kafka_bootstrap_servers.split(",")
    return faust.App(
        group,
        broker=[f"kafka://{server}" for server in servers],
        broker_credentials=login,
        broker_commit_interval=0.3,
        broker_session_timeout=6.0,
        broker_heartbeat_interval=1.5,
        consumer_group_instance_id=f"{group}-{settings.worker_slot}",
        consumer_auto_offset_reset="earliest",
        datadir=tempfile.gettempdir(),
        key_serializer="raw",
        stream_wait_empty=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        value_serializer="raw",
        web_enabled=False,
    )


class Stream:
    """Faust's consumer, and the pump behind it."""

    def __init__(
        self,
        app: Any,
        sources: Sources,
        positions: Positions,
        make_pump: Callable[[Consumer], Pump],
    ) -> None:
        """`positions` gives what is stored and blocks: it is called in a thread."""
        self.app, self._positions = app, positions
        self.pump = make_pump(Consumer(self._reseek, self._pause))
        self.assigned = asyncio.Event()
        self._from_start: frozenset[Place] = frozenset()
        app.agent(app.topic(*sources.topics, value_serializer="raw", key_serializer="raw"), name="feed")(
            self._forward
        )
        app.on_rebalance_complete.connect(self._take_over_seeking)

    async def _forward(self, stream: Any) -> None:
        """Hands on each record unread. It cannot fail on one: an exception here would commit past it."""
        async for event in stream.noack().events():
            message = event.message
            headers = message.headers
            pairs = headers.items() if isinstance(headers, Mapping) else headers or ()
            record = Incoming(
                message.topic, message.partition, message.offset, sequence_of(pairs), message.value or b""
            )
            await self.pump.put(Waiting(record, event.ack))

    def _take_over_seeking(self, *_: Any, **__: Any) -> None:
        # With the store behind Faust's committed offset and no new record, nothing would ever be read again.
        self.app.consumer.seek_to_committed = self._seek_to_stored
        self.pump.forget()
        self.assigned.set()

    async def _seek_to_stored(self) -> dict[Any, int]:
        """In place of Faust's own seek to its committed offsets. Looks at the last applied record once more:
        if the log was restored and another record lies there, its sequence tells."""
        consumer = self.app.consumer
        places = [TP(tp.topic, tp.partition) for tp in consumer.assignment()]
        if not places:
            return {}
        stored = await asyncio.to_thread(self._positions)
        ends = await consumer.highwaters(*places)
        offsets = {tp: self._offset(tp, stored, ends.get(tp) or 0) for tp in places}
        await consumer.seek_wait(offsets)
        log.info("partitions_positioned", count=len(offsets))
        return offsets

    def _offset(self, tp: Any, stored: Mapping[Place, Position], end: int) -> int:
        place = (tp.topic, tp.partition)
        position = stored.get(place)
        if position is None or place in self._from_start or not 0 <= position.offset < end:
            return 0
        return position.offset

    async def _reseek(self, start: frozenset[Place]) -> None:
        consumer = self.app.consumer
        self._from_start = start
        consumer.stop_flow()
        try:
            # Seeking while Faust hands out a fetch lets it drop what is read again as old.
            await asyncio.sleep(REST)
            consumer.resume_partitions({TP(*tp) for tp in consumer.assignment()})
            await consumer.perform_seek()
        finally:
            consumer.resume_flow()
            self._from_start = frozenset()

    def _pause(self, place: Place) -> None:
        self.app.consumer.pause_partitions({TP(*place)})

    def behind(self) -> dict[Place, int]:
        """The end of each assigned partition (the offset after its last record), as far as Faust has seen it."""
        consumer = self.app.consumer
        ends = {(tp.topic, tp.partition): consumer.highwater(tp) for tp in consumer.assignment()}
        return {place: end for place, end in ends.items() if end is not None}
