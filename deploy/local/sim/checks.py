"""The checks over the exported topics. Pure: each sees every record once, in each partition's order, and then says.

Of a record they keep its id and place, some hundred bytes; the values of sampled cases are kept by `as_of.py`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from deploy.local.sim.lines import Line
from deploy.local.sim.planted import Planted
from services.audit.domain.proof import Frontier, leaf, leaf_hash
from services.audit.domain.proof.leaf import framed_headers
from shared.bus.record import Record

Place = tuple[str, int]
DELIVERED = "accord.notification.delivered.v1"
ACKNOWLEDGED = "accord.notification.acknowledged.v1"
BEGUN = "accord.session.begun.v1"


class Check(Protocol):
    """Sees the records of the kept topics, and says what is wrong with them."""

    def see(self, record: Record, event: Mapping[str, Any]) -> None:
        """One record, and the event in it."""

    def lines(self) -> Iterator[Line]:
        """What is to be said, after the last."""


def place_of(record: Record) -> Place:
    """Topic and partition."""
    return record.topic, record.partition


def _at(place: Place, sequence: int | None) -> str:
    return f"{place[0]}/{place[1]} at {sequence}"


@dataclass
class Accepted:
    """I1: what was acknowledged is in the topics, and within the size that the ledger's signed log has."""

    events: Mapping[bytes, str]
    commands: Mapping[bytes, str]
    """Those of which only the key is known."""
    items: frozenset[str]
    sizes: Mapping[Place, int]
    _seen: set[bytes] = field(default_factory=set)
    _beyond: list[str] = field(default_factory=list)
    _in_hand: set[str] = field(default_factory=set)

    def see(self, record: Record, event: Mapping[str, Any]) -> None:
        """See Check."""
        id, command = UUID(event["id"]).bytes, _uuid(event.get("commandid"))
        if id in self.events or command in self.commands:
            self._seen |= {id, command}
            if (record.sequence or 0) >= self.sizes.get(place_of(record), 0):
                self._beyond.append(
                    f"{event['id']} ({event['type']}): {_at(place_of(record), record.sequence)}"
                )
        if event["type"] == ACKNOWLEDGED:
            self._in_hand.add(str(event["data"]["item"]))

    def lines(self) -> Iterator[Line]:
        """See Check."""
        known = {**self.events, **self.commands}
        missing = (f"{UUID(bytes=id)} of {act}" for id, act in known.items() if id not in self._seen)
        of = len(known)
        yield Line.saying("acknowledged events missing from the topics", "I1", of, missing)
        yield Line.saying("acknowledged events beyond what the ledger holds", "I1", of, self._beyond)
        lost = self.items - self._in_hand
        yield Line.saying("acknowledged items without their event", "I1", len(self.items), sorted(lost))


@dataclass
class SignedIn:
    """What this run's people did, they did after signing in to the pages: a session of theirs had begun."""

    events: Mapping[bytes, str]
    commands: Mapping[bytes, str]
    people: frozenset[str]
    _acts: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    _begun: dict[str, str] = field(default_factory=dict)

    def see(self, record: Record, event: Mapping[str, Any]) -> None:
        """See Check."""
        actor, at = event.get("actor", ""), str(event["recordedtime"])
        if event["type"] == BEGUN:
            person = str(event["data"]["person"])
            self._begun[person] = min(at, self._begun.get(person, at))
        ours = UUID(event["id"]).bytes in self.events or _uuid(event.get("commandid")) in self.commands
        if ours and actor in self.people:
            self._acts[actor].append((at, event["id"]))

    def lines(self) -> Iterator[Line]:
        """See Check."""
        wrong = (
            f"{id}: by {actor}, who had not signed in"
            for actor, acts in self._acts.items()
            for at, id in acts
            if at < self._begun.get(actor, "~")
        )
        of = sum(map(len, self._acts.values()))
        yield Line.saying("acts of people who had not signed in to the pages", "-", of, wrong)


def _uuid(text: object) -> bytes:
    """A command's id as it is kept; empty where it is none."""
    try:
        return UUID(str(text)).bytes
    except ValueError:
        return b""


@dataclass
class Roots:
    """I1, I6: the ledger's signed logs are the topics, byte for byte: the same root from our own copy."""

    signed: Mapping[Place, tuple[int, bytes]]
    _trees: dict[Place, Frontier] = field(default_factory=lambda: defaultdict(Frontier))
    _roots: dict[Place, bytes] = field(default_factory=dict)

    def see(self, record: Record, event: Mapping[str, Any]) -> None:
        """See Check."""
        place, tree = place_of(record), self._trees[place_of(record)]
        size = self.signed.get(place, (0, b""))[0]
        if record.sequence != tree.size or tree.size >= size:
            return  # a repeat; a hole, which Order names; or what came after the signing
        tree.append(leaf_hash(leaf(record.key, framed_headers(record.headers), record.value)))
        if tree.size == size:
            self._roots[place] = tree.root

    def lines(self) -> Iterator[Line]:
        """See Check."""
        wrong = []
        for place, (size, root) in sorted(self.signed.items()):
            if self._roots.get(place) != root:
                what = "has another root" if place in self._roots else "is longer than what its topic holds"
                wrong.append(f"{place[0]}/{place[1]}: the signed log of {size} entries {what}")
        yield Line.saying(
            "logs of the ledger that are not their topic, byte for byte", "I1", len(self.signed), wrong
        )


@dataclass
class Once:
    """I2: each event id stands at one place; a repeat of a record has the same sequence and bytes."""

    _known: dict[bytes, int] = field(default_factory=dict)
    _wrong: list[str] = field(default_factory=list)

    def see(self, record: Record, event: Mapping[str, Any]) -> None:
        """See Check."""
        place = place_of(record)
        here = hash((place, record.sequence, record.value))
        if self._known.setdefault(UUID(event["id"]).bytes, here) != here:
            self._wrong.append(f"{event['id']}: again, {_at(place, record.sequence)}")

    def lines(self) -> Iterator[Line]:
        """See Check."""
        yield Line.saying("events that are there twice", "I2", len(self._known), self._wrong)


#: An item: (event, rule, recipient).
Told = tuple[str, str, str]


@dataclass
class ToldOnce:
    """I2: one item for an event, rule and person, in the topic and in the feeds; and each is in both."""

    feeds: Mapping[str, Told]
    """Item -> what it is, as the feeds of everybody show it."""
    seen_by_somebody: frozenset[str]
    """Recipients whose feed somebody here can read."""
    _delivered: dict[str, Told] = field(default_factory=dict)
    _times: Counter[Told] = field(default_factory=Counter)

    def see(self, record: Record, event: Mapping[str, Any]) -> None:
        """See Check."""
        if event["type"] == DELIVERED:
            data = event["data"]
            if data["item"] not in self._delivered:
                self._times[data["event"], data["rule"], data["recipient"]] += 1
            self._delivered[data["item"]] = (data["event"], data["rule"], data["recipient"])

    def lines(self) -> Iterator[Line]:
        """See Check."""
        twice = (f"{e} for {who} by {rule}: {n} items" for (e, rule, who), n in self._times.items() if n > 1)
        yield Line.saying("items that are there twice", "I2", len(self._delivered), twice)
        yield Line.saying("items that feed and topic do not agree on", "I2", len(self.feeds), self._apart())

    def _apart(self) -> Iterator[str]:
        for item, told in self.feeds.items():
            if self._delivered.get(item) != told:
                yield f"{item} for {told[2]} by {told[1]}: in a feed, and not so in the topic"
        for item, told in self._delivered.items():
            if item not in self.feeds and told[2] in self.seen_by_somebody:
                yield f"{item} for {told[2]} by {told[1]}: in the topic, and in no feed"


@dataclass
class Order:
    """I3: sequences and versions are dense, recorded time grows, people are told in the owner's order."""

    _at: dict[Place, int] = field(default_factory=dict)
    _times: dict[Place, str] = field(default_factory=dict)
    _streams: dict[bytes, int] = field(default_factory=dict)
    _owners: dict[bytes, int] = field(default_factory=dict)
    _wrong: list[str] = field(default_factory=list)
    _told: list[tuple[bytes, bytes]] = field(default_factory=list)

    def see(self, record: Record, event: Mapping[str, Any]) -> None:
        """See Check."""
        place, sequence, last = place_of(record), record.sequence, self._at.get(place_of(record), -1)
        if sequence is None:
            self._wrong.append(f"{event['id']}: {place[0]}/{place[1]} has a record without a sequence")
        elif sequence > last:
            self._continues(place, sequence, last, event)

    def _continues(self, place: Place, sequence: int, last: int, event: Mapping[str, Any]) -> None:
        id, stream, version = event["id"], UUID(event["stream"]).bytes, int(event["streamversion"])
        if sequence != last + 1:
            self._wrong.append(f"{id}: {place[0]}/{place[1]} goes from {last} to {sequence}")
        if event["recordedtime"] <= self._times.get(place, ""):
            self._wrong.append(f"{id}: {_at(place, sequence)} is recorded at or before the one before it")
        if version != self._streams.get(stream, 0) + 1:
            before = self._streams.get(stream, 0)
            self._wrong.append(f"{id}: its stream goes from version {before} to {version}")
        self._at[place], self._times[place], self._streams[stream] = sequence, event["recordedtime"], version
        if event["type"] == DELIVERED:
            self._told.append((UUID(event["data"]["event"]).bytes, UUID(event["subject"]).bytes))
        else:
            self._owners[UUID(id).bytes] = sequence

    def lines(self) -> Iterator[Line]:
        """See Check."""
        yield Line.saying(
            "breaks in the order of a topic or a stream", "I3", sum(self._at.values()), self._wrong
        )
        yield Line.saying(
            "items that came before an earlier one of their case", "I3", len(self._told), self._early()
        )

    def _early(self) -> Iterator[str]:
        last: dict[bytes, int] = {}
        for event, subject in self._told:
            sequence = self._owners.get(event, -1)
            if sequence < last.get(subject, -1):
                yield f"{UUID(bytes=event)} of {UUID(bytes=subject)}"
            last[subject] = max(sequence, last.get(subject, -1))


def receipts_line(submitted: Mapping[bytes, int], receipts: Mapping[bytes, int]) -> Line:
    """Each record on a submissions topic has one receipt."""
    wrong = (
        f"{UUID(bytes=number)}: {records} records, {receipts.get(number, 0)} receipts"
        for number, records in submitted.items()
        if receipts.get(number, 0) != records
    )
    return Line.saying(
        "submissions without exactly one receipt a record", "I2", sum(submitted.values()), wrong
    )


def over(records: Iterable[tuple[Record, Mapping[str, Any]]], checks: Iterable[Check]) -> list[Line]:
    """What the checks say of these records, each with its event; an empty one stands for what could not be read."""
    every, raw = list(checks), (Roots, Planted)
    count, unreadable = 0, list[str]()
    for record, event in records:
        count += 1
        if not event:
            unreadable.append(f"{record.topic}/{record.partition} at {record.offset}")
        for check in every:
            if event or isinstance(check, raw):
                check.see(record, event)
    told = [line for check in every for line in check.lines()]
    return [*told, Line.saying("records of the kept topics that are no event", "I3", count, unreadable)]
