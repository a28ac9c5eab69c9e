"""What is really there afterwards, seen from outside: the topics, the ledger's logs, the feeds, the receipts."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from deploy.local.people import PEOPLE
from deploy.local.sim.calls import Calls
from deploy.local.sim.checks import Place, Told
from deploy.local.sim.lines import Line
from deploy.local.sim.patience import NotAnswered
from deploy.local.sim.place import Place as Platform
from services.audit.domain.proof import NotProven, VerifierKey, signed_checkpoint
from services.audit.domain.proof.base64s import decoded
from shared.bus import clients
from shared.bus.record import Record
from shared.bus.topics import kept_topics
from shared.errors import TryLater, Undeliverable
from shared.events.moments import read_moment
from shared.events.names import receipts_topic
from shared.events.reading import parse_json
from shared.settings import Settings

AUDITOR = "auditor@county"
#: Seconds without a record after which reading a topic has failed.
SILENCE = 30.0
#: Attributes without which a record is no event.
NEEDED = frozenset({"id", "type", "subject", "stream", "streamversion", "recordedtime", "time", "data"})
#: Findings that are no fault: the same bytes published again after a relay was paused.
HARMLESS = frozenset({"repeat"})


def export(platform: Platform) -> Iterator[tuple[Record, Mapping[str, Any]]]:
    """Every record of every kept topic up to now, with its event. Blocks; raises TryLater."""
    for record in read(platform.login("audit"), [topic.name for topic in kept_topics()]):
        yield record, event_of(record)


def event_of(record: Record) -> Mapping[str, Any]:
    """The event in a record; empty if there is none that can be read."""
    try:
        event = parse_json(record.value or b"")
    except Undeliverable:
        return {}
    return event if event.keys() >= NEEDED else {}


def read(settings: Settings, topics: list[str]) -> Iterator[Record]:
    """Every record of these topics up to now, each partition in order. Blocks; raises TryLater."""
    consumer = clients.consumer(settings, max_poll_records=5_000)
    try:
        places = clients.partitions_of(consumer, topics)
        consumer.assign(places)
        with clients.kafka_away():
            consumer.seek_to_beginning(*places)
            ends, heard = consumer.end_offsets(places), time.monotonic()
        while any(consumer.position(place, timeout_ms=5_000) < end for place, end in ends.items()):
            with clients.kafka_away():
                polled = consumer.poll(timeout_ms=500)
            heard = time.monotonic() if polled else heard
            if time.monotonic() > heard + SILENCE:
                raise TryLater(f"Kafka gave nothing for {SILENCE:.0f} s")
            for place, records in polled.items():
                yield from (Record.from_kafka(r) for r in records if r.offset < ends[place])
    finally:
        consumer.close()


def receipts(platform: Platform, agencies: set[str]) -> Iterator[tuple[str, Record]]:
    """Every receipt of these agencies, each read with the agency's own login; and the agency."""
    for agency in sorted(agencies):
        for record in read(platform.login(agency), [receipts_topic(agency)]):
            yield agency, record


def count_receipts(records: Iterator[tuple[str, Record]]) -> Counter[bytes]:
    """Submission (16 bytes) -> its receipts."""
    return Counter(UUID(json.loads(r.value or b"")["data"]["submission"]).bytes for _, r in records)


@dataclass(frozen=True)
class Auditor:
    """Audit's public doors, as the county's auditor uses them. Raises NotAnswered."""

    calls: Calls

    def complete_until(self) -> datetime | None:
        """Until when the ledger is complete."""
        said = self._get("/v1/ledger/positions")["complete_until"]
        return read_moment(said) if said else None

    def signed(self) -> tuple[dict[Place, tuple[int, bytes]], list[str]]:
        """Each log as it is signed now: size and root; and those that could not be proven."""
        answer = self._post("/v1/checkpoints", None)
        key, found, wrong = VerifierKey.parse(answer["key"]), {}, []
        for one in answer["checkpoints"]:
            place = (one["topic"], one["partition"])
            found[place] = (int(one["size"]), decoded(one["root"]))
            try:
                note = signed_checkpoint(one["note"], one["note"].split("\n", 1)[0], [key])
            except NotProven as error:
                wrong.append(f"{place[0]}/{place[1]}: {error}")
            else:
                if (note.size, note.root) != found[place]:
                    wrong.append(f"{place[0]}/{place[1]}: its note is of another tree")
        wrong += [f"{one['topic']}/{one['partition']}: {one['detail']}" for one in answer["refused"]]
        return found, wrong

    def verify(self) -> tuple[int, list[str]]:
        """What `accord audit verify` does: entries verified, and what does not fit."""
        begin, verified, wrong = None, 0, []
        while True:
            step = self._post("/v1/verify", {"begin": begin})
            verified += step["verified"]
            wrong += [
                f"{p['topic']}/{p['partition']} at {p['sequence']}: {p['kind']}" for p in step["problems"]
            ]
            begin = step["next"]
            if begin is None:
                return verified, wrong

    def findings(self, after: int = 0) -> Iterator[dict[str, Any]]:
        """What stands out in the log of record, behind the finding of this number."""
        following: int | None = after
        while following is not None:
            page = self._get("/v1/findings", after=following, limit=200)
            yield from page["findings"]
            following = page["next"]

    def state(self, case: str, moment: datetime, axis: str) -> Mapping[str, Any] | None:
        """A case's state as of a moment; None if there is no answer."""
        path = f"/v1/cases/{case}/state"
        answer = self.calls.get(
            "audit", path, AUDITOR, purpose="audit", as_of=moment.isoformat(), axis=axis
        )  # fmt: skip
        if answer.status_code != 200:
            return None
        state: Mapping[str, Any] = answer.json()["state"]
        return state

    def duties(self, case: str) -> Mapping[str, Any] | None:
        """A case's duties now, beside what notifications recorded of them; None if there is no answer."""
        answer = self.calls.get("audit", f"/v1/cases/{case}/duties", AUDITOR, purpose="audit")
        return dict(answer.json()) if answer.status_code == 200 else None

    def _get(self, path: str, **params: Any) -> dict[str, Any]:
        return _body(self.calls.get("audit", path, AUDITOR, purpose="audit", **params))

    def _post(self, path: str, body: Any) -> dict[str, Any]:
        return _body(self.calls.post("audit", path, AUDITOR, {}, purpose="audit", json=body or {}))


def _body(answer: Any) -> dict[str, Any]:
    if not answer.is_success:
        raise NotAnswered(f"audit: {answer.status_code}")
    return dict(answer.json())


def verification_line(verified: int, wrong: list[str], new: list[dict[str, Any]]) -> Line:
    """I6: nothing that verification finds, and no finding since we began."""
    stand_out = (
        f"finding {one['id']}: {one['kind']} in {one['topic']}/{one['partition']}"
        for one in new
        if one["kind"] not in HARMLESS
    )
    what = "entries, checkpoints and findings that do not fit"
    return Line.saying(what, "I6", verified, [*wrong, *stand_out])


def feeds(calls: Calls) -> tuple[dict[str, Told], frozenset[str]]:
    """Every item in anybody's feed, and the recipients whose feed somebody reads. Raises NotAnswered."""
    found: dict[str, Told] = {}
    recipients: set[str] = set()
    for person in PEOPLE:
        recipients |= {str(person.id), *(f"{person.agency}/{role}" for role in person.roles)}
        cursor: str | None = None
        while True:
            params: dict[str, Any] = {"limit": 200} | ({"cursor": cursor} if cursor else {})
            answer = calls.get("notifications", "/v1/feed", person.handle, **params)
            if answer.status_code != 200:
                raise NotAnswered(f"a feed: {answer.status_code}")
            page = answer.json()
            found |= {i["id"]: (i["event"], i["rule"], i["recipient"]) for i in page["items"]}
            cursor = page["next"]
            if cursor is None:
                break
    return found, frozenset(recipients)
