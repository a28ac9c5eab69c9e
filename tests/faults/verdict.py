"""The verdict: what was acknowledged against what is there. Pure; every finding names the ids and the place."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.faults.found import Event, Found, Told
from tests.faults.memory import Memory

#: What a feed must hold for an event of this type in this load: (rule, recipient). From the MOU of Alder County.
TOLD: Mapping[str, tuple[tuple[str, str], ...]] = {
    "accord.concern.reported.v1": (("concern-reported", "human-services/screener"),),
    "accord.concern.attached.v1": (("concern-attached-for-reporter", "sheriff/system"),),
    "accord.concern.linked.v1": (("concern-linked", "human-services/social-worker"),),
    "accord.referral.requested.v1": (("referral-requested", "advocacy/advocate"),),
    "accord.referral.accepted.v1": (("referral-accepted", "human-services/social-worker"),),
    "accord.referral.rejected.v1": (("referral-rejected", "human-services/social-worker"),),
}
#: An event type that a thing can have once at most -> the field of its data that names the thing.
ONCE = {
    "accord.concern.reported.v1": "concern",
    "accord.concern.attached.v1": "concern",
    "accord.case.opened.v1": "concern",
    "accord.referral.requested.v1": "referral",
    "accord.referral.accepted.v1": "referral",
    "accord.referral.rejected.v1": "referral",
}
#: The first answer of a command is all it ever does: of these types one event for a command id.
ONE_FOR_A_COMMAND = ("accord.concern.reported.v1", "accord.referral.requested.v1")
#: Ledger rows of this standing have effect; the others are records without one.
WITH_EFFECT = ("first", "hole-before")
#: What may stand out after a relay was paused: the same bytes again. Everything else is a fault of ours.
HARMLESS = frozenset({"repeat"})
SHOWN = 12


@dataclass(frozen=True)
class Line:
    """One line of the table: what must be none, and what of it there is."""

    what: str
    of: int
    wrong: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.what:<58} {len(self.wrong):>6} of {self.of}"


def judge(memory: Memory, found: Found) -> list[Line]:
    """Every line of the table. All is well if no line has anything wrong."""
    acked = memory.events() | _from_receipts(memory, found)
    topic = _by_id(found.events)
    effects = Counter(row.event for row in found.ledger if row.standing in WITH_EFFECT)
    expected = _expected(topic)
    return [
        Line("commands answered by what no fault explains", len(memory.commands), tuple(memory.surprises)),
        _missing("acknowledged events missing from the topic", acked, topic),
        _missing("acknowledged events missing from the ledger", acked, effects),
        Line("records of the topics missing from the ledger", len(found.events), tuple(_not_kept(found))),
        _absent("items missing from the feed", expected, found.items, topic),
        _absent("deliveries missing from notifications' topic", expected, found.delivered, topic),
        Line("items and deliveries that nothing accounts for", len(found.items), tuple(_too_many(found, expected))),
        Line("events with effect twice", len(topic), tuple(_doubled(found, effects))),
        Line("things that happened twice", len(topic), tuple(_happened_twice(topic.values()))),
        Line("submissions without one receipt a record", len(memory.sent), tuple(_receipts(memory, found))),
        Line("submissions whose effect is not once", len(memory.sent), tuple(_effects_of(memory, found))),
        Line("referrals in another state than acknowledged", len(found.referrals), tuple(_states(memory, found))),
        Line("breaks in the order of a topic or a stream", len(found.events), tuple(_disorder(found.events))),
        Line("breaks in the order of the feed", len(found.items), tuple(_feed_disorder(found, topic))),
        Line("findings other than repeats", sum(found.findings.values()), tuple(_findings(found))),
    ]  # fmt: skip


def table(lines: Iterable[Line]) -> str:
    """The lines, and under each what is wrong."""
    shown = []
    for line in lines:
        shown.append(str(line))
        shown += [f"    {one}" for one in line.wrong[:SHOWN]]
        if len(line.wrong) > SHOWN:
            shown.append(f"    … and {len(line.wrong) - SHOWN} more")
    return "\n".join(shown)


def _by_id(events: Iterable[Event]) -> dict[str, Event]:
    found: dict[str, Event] = {}
    for event in events:
        found.setdefault(event.id, event)
    return found


def _from_receipts(memory: Memory, found: Found) -> dict[str, str]:
    """A receipt acknowledges, too."""
    return {
        event: f"{memory.submissions[submission]} (receipt)"
        for submission, receipts in found.receipts.items()
        if submission in memory.submissions
        for receipt in receipts
        for event in receipt.get("events", ())
    }


def _missing(what: str, acked: Mapping[str, str], there: Mapping[str, Any]) -> Line:
    wrong = [f"{event} of {command}" for event, command in acked.items() if event not in there]
    return Line(what, len(acked), tuple(wrong))


def _expected(topic: Mapping[str, Event]) -> set[Told]:
    return {(id, *told) for id, event in topic.items() for told in TOLD.get(event.type, ())}


def _absent(what: str, expected: set[Told], there: Iterable[Told], topic: Mapping[str, Event]) -> Line:
    lacking = sorted(expected - set(there))
    wrong = tuple(f"{event} ({topic[event].type}) for {who} by {rule}" for event, rule, who in lacking)
    return Line(what, len(expected), wrong)


def _too_many(found: Found, expected: set[Told]) -> Iterator[str]:
    for name, there in (("feed", found.items), ("topic", found.delivered)):
        for told, count in Counter(there).items():
            if count > 1 or told not in expected:
                yield f"{told[0]} for {told[2]} by {told[1]}: {count} times in the {name}"


def _not_kept(found: Found) -> Iterator[str]:
    kept = {(row.topic, row.partition, row.offset) for row in found.ledger}
    for event in found.events:
        record = event.record
        if (record.topic, record.partition, record.offset) not in kept:
            yield f"{event.id}: {record.topic}/{record.partition} at {record.offset}"


def _doubled(found: Found, effects: Counter[str]) -> Iterator[str]:
    yield from (f"{event}: {count} rows of the ledger" for event, count in effects.items() if count > 1)
    places = defaultdict(set)
    for event in found.events:
        record = event.record
        places[event.id].add((record.topic, record.partition, record.sequence, record.value))
    yield from (f"{event}: {len(at)} places or forms" for event, at in places.items() if len(at) > 1)


def _happened_twice(events: Iterable[Event]) -> Iterator[str]:
    events = list(events)
    things = Counter(
        (e.type, e.envelope["data"][ONCE[e.type]])
        for e in events
        if e.type in ONCE and e.envelope["data"].get(ONCE[e.type])
    )
    things += Counter(
        (f"{e.type} of one command", e.envelope["commandid"]) for e in events if e.type in ONE_FOR_A_COMMAND
    )
    yield from (f"{thing}: {count} × {kind}" for (kind, thing), count in things.items() if count > 1)


def _receipts(memory: Memory, found: Found) -> Iterator[str]:
    for submission in memory.submissions:
        records, receipts = found.submitted[submission], len(found.receipts.get(submission, ()))
        if records != receipts or not records:
            yield f"{submission}: {records} records, {receipts} receipts"
    for submission in found.receipts.keys() - found.submitted.keys():
        yield f"{submission}: a receipt of no submission"


def _effects_of(memory: Memory, found: Found) -> Iterator[str]:
    for submission, command in memory.submissions.items():
        receipts = found.receipts.get(submission, ())
        said = {tuple(sorted(receipt.get("events", ()))) for receipt in receipts}
        outcomes = {receipt["outcome"] for receipt in receipts}
        if receipts and (len(said) != 1 or () in said or not outcomes <= {"accepted", "accepted-with-flags"}):
            yield f"{submission} ({command}): {sorted(outcomes)}, {len(said)} different answers"


def _states(memory: Memory, found: Found) -> Iterator[str]:
    for done in memory.commands:
        if done.command in ("accept-referral", "reject-referral"):
            wanted = "accepted" if done.command == "accept-referral" else "rejected"
            if found.referrals.get(done.thing) != wanted:
                yield f"{done.thing}: {found.referrals.get(done.thing)}, acknowledged as {wanted}"


def _disorder(events: Iterable[Event]) -> Iterator[str]:
    """Sequences and stream versions dense from their first, recorded times increasing; repeats are skipped."""
    at: dict[tuple[str, int], int] = {}
    times: dict[tuple[str, int], str] = {}
    streams: dict[str, int] = {}
    for event in events:
        record, place = event.record, (event.record.topic, event.record.partition)
        if record.sequence is None:
            yield f"{event.id}: {place} at {record.offset} has no sequence"
            continue
        if record.sequence <= at.get(place, -1):
            continue
        if record.sequence != at.get(place, -1) + 1:
            yield f"{event.id}: {place} goes from sequence {at.get(place, -1)} to {record.sequence}"
        if event.envelope["recordedtime"] <= times.get(place, ""):
            yield f"{event.id}: {place} recorded at or before the one before it"
        stream, version = event.envelope["stream"], int(event.envelope["streamversion"])
        if version != streams.get(stream, 0) + 1:
            yield f"{event.id}: stream {stream} goes from {streams.get(stream, 0)} to {version}"
        at[place], times[place], streams[stream] = record.sequence, event.envelope["recordedtime"], version


def _feed_disorder(found: Found, topic: Mapping[str, Event]) -> Iterator[str]:
    """What one case's people are told comes in the owner's order."""
    last: dict[str, tuple[int, str]] = {}
    for event, _, _ in found.items:
        if event in topic:
            sequence, subject = topic[event].record.sequence or 0, topic[event].envelope["subject"]
            if sequence < last.get(subject, (-1, ""))[0]:
                yield f"{event} came after {last[subject][1]}"
            last[subject] = (sequence, event)


def _findings(found: Found) -> Iterator[str]:
    yield from (f"{count} × {kind}" for kind, count in found.findings.items() if kind not in HARMLESS)
