"""What a command writes: its events, what they make of the parts, adopted MOU versions, the answer for repeats."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.referrals.application.orders import Order, Outcome
from services.referrals.application.repository import Connection
from services.referrals.domain.evolve import KINDS, evolve, moments_of, part_of
from services.referrals.domain.parts import Part, Referral
from shared.events import Draft, Recorded, read
from shared.events.moments import write_moment
from shared.events.types.mou import MouAdopted
from shared.store.append import earliest, to_append


@dataclass(frozen=True)
class Became:
    """A part as a command left it: by which of its events (from 1), and by which in the part's own stream.

    `stamps`: the places in it where the recorded time of an event stands, and of which.
    """

    part: Part
    event: int | None = None
    own: int | None = None
    stamps: Mapping[tuple[str, ...], int] = field(default_factory=dict)


def record(
    connection: Connection,
    order: Order,
    digest: bytes,
    outcome: Outcome,
    drafts: Sequence[Draft],
    loaded: Sequence[Part],
    now: datetime,
    expected: Mapping[UUID, int],
) -> None:
    """Append `drafts`, store what they make of the parts, and the answer for repeats: all or nothing.

    One statement, which alone is a transaction. Ends as Conflict if a part that was looked at moved meanwhile, or
    a stream from its `expected` version, or if the key was answered meanwhile: the second is then a repeat. Blocks
    as `append` does. Raises Undeliverable if an event is too large.
    """
    seen = [{"id": part.id, "changed": write_moment(part.changed)} for part in loaded]
    connection.execute(
        "SELECT record_command(%s, %s::jsonb, %s::jsonb, %s::jsonb, %s::jsonb, %s, %s, %s, %s::jsonb)",
        [
            *(earliest(drafts, now), to_append(drafts, expected)),
            *(json.dumps(seen), _rows(fold(loaded, drafts, now)), json.dumps(_adopted(drafts))),
            *(order.scope, order.command_id, digest, json.dumps(outcome.stored())),
        ],
    )


def fold(loaded: Iterable[Part], drafts: Sequence[Draft], now: datetime) -> list[Became]:
    """What `drafts` make of the parts. When and as which version they are recorded, the append knows."""
    became = {part.id: Became(part) for part in loaded}
    for n, draft in enumerate(drafts, start=1):
        event = read(draft.seal_bytes(now, 0))
        place = part_of(event)
        if place is None:
            continue
        before = became.get(place[1])
        part = evolve(before.part if before else None, event)
        if part is not None:
            before = before or Became(part)
            own = n if part.stream == event.envelope.stream else before.own
            stamps = {**before.stamps, **dict.fromkeys(moments_of(part, event), n)}
            became[place[1]] = Became(part, n, own, stamps)
    return [one for one in became.values() if one.event]


def store(connection: Connection, parts: Iterable[Part]) -> None:
    """Write parts as they are."""
    connection.execute("SELECT write_parts(%s::jsonb, '{}')", [_rows(map(Became, parts))])


def _rows(became: Iterable[Became]) -> str:
    """Parts as rows in JSON; a part's own JSON is made once, by pydantic, and stands in it as it is."""
    return f"[{','.join(map(_row, became))}]"


def _row(became: Became) -> str:
    part = became.part
    kind = next(name for name, model in KINDS.items() if type(part) is model)
    row: dict[str, Any] = {"id": part.id, "kind": kind, "stream": part.stream, "subject": part.subject}
    row |= {"event": became.event, "own": became.own}
    row["stamps"] = [{"place": place, "event": n} for place, n in became.stamps.items()]
    if isinstance(part, Referral):
        row |= {"sender": part.sender, "recipient": part.recipient, "status": part.status.value}
    return f'{json.dumps(row)[:-1]},"state":{part.model_dump_json()}}}'


def _adopted(drafts: Sequence[Draft]) -> list[dict[str, Any]]:
    """The adopted MOU versions among them, as rows in JSON."""
    return [
        {
            **draft.data.model_dump(
                mode="json", include={"version", "mou", "effective", "signed_by", "document"}
            ),
            "event": n,
        }
        for n, draft in enumerate(drafts, start=1)
        if isinstance(draft.data, MouAdopted)
    ]


def keep_mou(connection: Connection, event: Recorded) -> None:
    """Keep the document of an adopted MOU version."""
    if isinstance(event.data, MouAdopted):
        data, at = event.data, event.envelope.recordedtime
        connection.execute(
            "INSERT INTO mou_versions (version, mou, effective, adopted, signed_by, document)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (version) DO NOTHING",
            [
                *(data.version, data.mou, data.effective, at),
                *(json.dumps([str(a) for a in data.signed_by]), json.dumps(data.document)),
            ],
        )


def rebuild(connection: Connection, events: Iterable[Recorded]) -> int:
    """Drop every part and MOU version and fold them anew from all events, in recorded order. Returns parts."""
    connection.execute("TRUNCATE parts, mou_versions")
    parts: dict[str, Part] = {}
    for event in events:
        keep_mou(connection, event)
        place = part_of(event)
        if place is None:
            continue
        changed = evolve(parts.get(place[1]), event)
        if changed is not None:
            first = place[1] not in parts
            parts[place[1]] = changed
            if first:
                store(connection, [changed])
    store(connection, list(parts.values()))
    return len(parts)
