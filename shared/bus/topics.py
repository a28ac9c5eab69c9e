"""Every topic that Accord has, with its settings, its one writer and who may read it (DESIGN 3, Topics)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shared.events import names
from shared.events.names import Agency, Service

DAY_MS = 24 * 60 * 60 * 1000
FOREVER = -1

#: Our producers refuse before the broker does: a refusal by the broker poisons an idempotent producer.
MAX_REQUEST_BYTES = 70_000


@dataclass(frozen=True)
class Topic:
    """One topic. `writer` is the only principal that may write it; `retention_ms` -1 is for ever."""

    name: str
    partitions: int
    retention_ms: int
    max_message_bytes: int
    writer: str
    readers: frozenset[str]

    @property
    def kept(self) -> bool:
        """Whether the topic is part of the county's internal record and kept for ever."""
        return self.retention_ms == FOREVER

    def config(self) -> dict[str, str]:
        """The broker's settings for this topic."""
        return {
            "cleanup.policy": "delete",
            "retention.ms": str(self.retention_ms),
            "retention.bytes": "-1",
            "message.timestamp.type": "LogAppendTime",
            "max.message.bytes": str(self.max_message_bytes),
        }


def _kept(name: str, writer: str) -> Topic:
    return Topic(name, names.partitions(name), FOREVER, 128 * 1024, writer, frozenset(Service))


def all_topics(agencies: Iterator[str] | tuple[str, ...] = tuple(Agency)) -> tuple[Topic, ...]:
    """Every topic of a county with these agencies. No agency is a reader or writer of a kept topic."""
    services = frozenset(str(s) for s in Service)
    topics = [_kept(names.MOU_TOPIC, Service.REFERRALS)]
    for service in Service:
        if service is not Service.AUDIT:
            topics.append(_kept(names.events_topic(service), service))
        topics.append(_kept(names.access_topic(service), service))
        topics.append(_kept(names.deadletters_topic(service), service))
        topics.append(Topic(names.beats_topic(service), 1, DAY_MS, 128 * 1024, service, services))
    for agency in agencies:
        month, small = 30 * DAY_MS, 128 * 1024
        own, referrals = frozenset({str(agency)}), Service.REFERRALS
        topics += [
            Topic(
                names.submissions_topic(agency),
                1,
                month,
                2 * 1024 * 1024,
                agency,
                frozenset({str(referrals)}),
            ),
            Topic(names.receipts_topic(agency), 1, month, small, referrals, own | {str(referrals)}),
            Topic(
                names.outbox_topic(agency), 1, month, small, Service.NOTIFICATIONS, own | {"notifications"}
            ),
        ]
    return tuple(topics)


def kept_topics() -> tuple[Topic, ...]:
    """The topics that the ledger keeps byte for byte."""
    return tuple(t for t in all_topics() if t.kept)
