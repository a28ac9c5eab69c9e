"""What referrals keeps beside its streams: parts, first answers, MOU versions, reads. SQL and nothing else."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, TypeVar
from uuid import UUID

import psycopg

from services.referrals.application.orders import Order, Outcome
from services.referrals.application.things import Things
from services.referrals.domain.covers import Person, covers_of, covers_stream
from services.referrals.domain.evolve import KINDS
from services.referrals.domain.governance import roles_stream
from services.referrals.domain.parts import Concern, Matter, Referral
from services.referrals.domain.proposals import Proposal
from services.referrals.domain.sessions import roles_of
from services.referrals.domain.versions import Memorandum, versions_of
from shared.events import Recorded, read
from shared.mou.document import Mou
from shared.mou.load import load_document

Connection = psycopg.Connection[Any]
_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")

#: What to load for an order about a thing of this kind.
LOAD: Mapping[str, str] = {
    "concern": "SELECT kind, state FROM parts WHERE id = %(thing)s AND kind = 'concern'"
    " UNION ALL SELECT kind, state FROM parts WHERE subject = %(case)s AND kind = 'matter'"
    " UNION ALL SELECT m.kind, m.state FROM parts c JOIN parts m ON m.id = (c.state->>'case_stream')::uuid"
    " WHERE c.id = %(thing)s AND c.kind = 'concern' AND %(case)s::uuid IS NULL",
    "case": "SELECT kind, state FROM parts WHERE subject = %(thing)s AND kind = 'matter'",
    "referral": "SELECT r.kind, r.state FROM parts r WHERE r.id = %(thing)s AND r.kind = 'referral'"
    " UNION ALL SELECT m.kind, m.state FROM parts r JOIN parts m ON m.id = r.stream WHERE r.id = %(thing)s",
    "proposal": "SELECT kind, state FROM parts WHERE id = %(thing)s AND kind = 'proposal'",
}
#: Commands about versions of the MOU, which are judged by all that there have been.
OF_VERSIONS = frozenset({"propose-mou", "adopt-proposal", "adopt-mou"})


_MOU = "SELECT version FROM mou_versions WHERE effective <= %(now)s ORDER BY adopted DESC LIMIT 1"
_ANSWER = (
    "SELECT jsonb_build_array(encode(digest, 'hex'), answer) FROM commands"
    " WHERE scope = %(scope)s AND key = %(key)s"
)


def _look(parts: str) -> str:
    return f"SELECT ({_ANSWER}) AS answer, ({_MOU}) AS mou, ({parts}) AS parts"


LOOK: Mapping[str | None, str] = {
    None: _look("NULL::jsonb"),
    **{
        kind: _look(f"SELECT jsonb_agg(jsonb_build_array(kind, state)) FROM ({select}) AS p")  # noqa: S608
        for kind, select in LOAD.items()
    },
}


@dataclass(frozen=True)
class Looked:
    """What an order is judged by: the first answer to its key (with the body's digest), the MOU, the parts."""

    answer: tuple[bytes, Outcome] | None
    mou_version: str | None
    things: Things


def look(connection: Connection, order: Order, kind: str | None, now: datetime) -> Looked:
    """Everything an order is judged by, in one statement. `kind` is what it is about, if anything."""
    thing = order.thing if kind and order.thing and as_uuid(order.thing) else None
    row = connection.execute(
        LOOK[kind if thing and kind in LOAD else None],
        {
            "scope": order.scope,
            "key": order.command_id,
            "now": now,
            "thing": thing,
            "case": getattr(order.command, "case", None),
        },
    ).fetchone()
    assert row is not None, "a select of scalars has one row"
    answer = (bytes.fromhex(row["answer"][0]), Outcome.of_stored(row["answer"][1])) if row["answer"] else None
    if kind == "person" and thing:
        agency, covering = order.caller.agency, getattr(order.command, "covering", thing)
        return Looked(answer, row["mou"], Things(person=person(connection, thing, agency, covering)))
    things = _things(row["parts"] or ())
    if order.name in OF_VERSIONS:
        things = replace(things, memorandum=memorandum(connection))
    return Looked(answer, row["mou"], things)


def person(connection: Connection, id: str, agency: str, covering: str) -> Person:
    """Somebody who may be away: their roles at `agency`, those of who would cover, and the covers for them."""
    streams = {name: UUID(name) for name in (roles_stream(id), roles_stream(covering), covers_stream(id))}
    events: dict[str, list[Recorded]] = {name: [] for name in streams}
    for row in connection.execute(
        "SELECT originator_id, state FROM stored_events WHERE originator_id = ANY(%s)"
        " ORDER BY originator_id, originator_version",
        [list(streams.values())],
    ).fetchall():
        events[str(row["originator_id"])].append(read(bytes(row["state"])))
    covers = events[covers_stream(id)]
    return Person(
        id,
        roles_of(events[roles_stream(id)], agency).held,
        roles_of(events[roles_stream(covering)], agency).held,
        tuple(covers_of(covers)),
        len(covers),
    )


def memorandum(connection: Connection) -> Memorandum:
    """The versions of the MOU there have been, what is proposed, and how long the streams of both are."""
    rows = connection.execute(
        "SELECT originator_id, state FROM stored_events WHERE originator_id IN (SELECT mou FROM mou_versions)"
        " ORDER BY notification_id"
    ).fetchall()
    lengths = Counter(str(row["originator_id"]) for row in rows)
    versions = versions_of(read(bytes(row["state"])) for row in rows)
    return Memorandum(versions, tuple(proposals(connection)), lengths)


def proposals(connection: Connection) -> list[Proposal]:
    """The proposed versions, in the order in which they were put before the parties."""
    rows = connection.execute("SELECT state FROM parts WHERE kind = 'proposal'").fetchall()
    found = [Proposal.model_validate(row["state"]) for row in rows]
    return sorted(found, key=lambda one: (one.proposed_at, one.id))


def load(connection: Connection, kind: str, thing: str) -> Things:
    """The parts of a thing; empty Things if there is none such."""
    rows = connection.execute(LOAD[kind], {"thing": thing, "case": None}).fetchall()
    return _things([(row["kind"], row["state"]) for row in rows])


def _things(rows: Iterable[Sequence[Any]]) -> Things:
    parts = [KINDS[kind].model_validate(state) for kind, state in rows]
    return Things(
        next((p for p in parts if isinstance(p, Concern)), None),
        tuple(sorted((p for p in parts if isinstance(p, Matter)), key=lambda m: (m.opened_at, m.id))),
        next((p for p in parts if isinstance(p, Referral)), None),
        proposal=next((p for p in parts if isinstance(p, Proposal)), None),
    )


P = TypeVar("P", Concern, Matter, Referral)


def parts(connection: Connection, kind: type[P], by: Literal["id", "stream"], ids: Sequence[str]) -> list[P]:
    """The parts of this kind with one of these ids, or in one of these streams."""
    rows = connection.execute(
        f"SELECT state FROM parts WHERE kind = %s AND {by} = ANY(%s::uuid[]) ORDER BY id",  # noqa: S608
        [kind.__name__.lower(), list(ids)],
    ).fetchall()
    return [kind.model_validate(row["state"]) for row in rows]


def events_of(connection: Connection, streams: Sequence[str]) -> list[bytes]:
    """The events of these streams as they were published, in the order in which they were recorded."""
    rows = connection.execute(
        "SELECT state FROM stored_events WHERE originator_id = ANY(%s::uuid[]) ORDER BY notification_id",
        [list(streams)],
    ).fetchall()
    return [bytes(row["state"]) for row in rows]


#: The digest of an answer that was made again from the events: the body is not known any more.
UNKNOWN_DIGEST = b""


def keep_answer_again(connection: Connection, scope: str, key: UUID, outcome: Outcome, at: datetime) -> None:
    """Keep an answer made again from the events of its command, unless the first one is still there."""
    connection.execute(
        "INSERT INTO commands (scope, key, digest, answer, answered) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        [scope, key, UNKNOWN_DIGEST, json.dumps(outcome.stored()), at],
    )


class MouShelf:
    """The MOU in force, and what is proposed, each parsed once. Safe to share between threads."""

    def __init__(self) -> None:
        """Empty: nothing is read before the first question."""
        self._parsed: dict[str, Mou] = {}
        self._proposed: dict[str, Mou] = {}

    def in_force(self, connection: Connection, now: datetime) -> Mou | None:
        """The version adopted last of those in effect at `now`, or None while there is none."""
        row = connection.execute(_MOU, {"now": now}).fetchone()
        return self.version(connection, row["version"]) if row else None

    def first(self, connection: Connection) -> Mou | None:
        """The version adopted first, or None while there is none."""
        row = connection.execute(
            "SELECT version FROM mou_versions ORDER BY adopted, version LIMIT 1"
        ).fetchone()
        return self.version(connection, row["version"]) if row else None

    def version(self, connection: Connection, version: str) -> Mou | None:
        """The document of a version, or None."""
        if version not in self._parsed:
            row = connection.execute(
                "SELECT document FROM mou_versions WHERE version = %s", [version]
            ).fetchone()
            if row is None:
                return None
            self._parsed[version] = load_document(row["document"])
        return self._parsed[version]

    def proposed(self, proposal: Proposal) -> Mou:
        """The document of a proposal; it has been checked."""
        if proposal.id not in self._proposed:
            self._proposed[proposal.id] = load_document(proposal.document)
        return self._proposed[proposal.id]


def secret(connection: Connection, name: str, fresh: bytes) -> bytes:
    """A secret that all processes of the service share; `fresh` becomes it if there is none yet."""
    connection.execute(
        "INSERT INTO secrets (name, value) VALUES (%s, %s) ON CONFLICT (name) DO NOTHING", [name, fresh]
    )
    row = connection.execute("SELECT value FROM secrets WHERE name = %s", [name]).fetchone()
    assert row is not None, "just made"
    return bytes(row["value"])


def first_read(connection: Connection, person: str, about: str, purpose: str, kind: str, slot: int) -> bool:
    """Whether this is the first read of its quarter of an hour; remembers it."""
    made = connection.execute(
        "INSERT INTO reads (person, about, purpose, slot, kind) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING RETURNING slot",
        [person, about, purpose, slot, kind],
    )
    # Not rowcount: in a pipeline it is not known until a result is fetched.
    return made.fetchone() is not None


def has_stream(connection: Connection, stream: UUID) -> bool:
    """Whether any event stands in this stream."""
    row = connection.execute("SELECT 1 FROM stored_events WHERE originator_id = %s LIMIT 1", [stream])
    return row.fetchone() is not None


def forget_reads(connection: Connection, before_slot: int) -> int:
    """Drop what remembers the reads of quarters of an hour that are over; how many."""
    row = connection.execute(
        "WITH gone AS (DELETE FROM reads WHERE slot < %s RETURNING 1) SELECT count(*) AS n FROM gone",
        [before_slot],
    ).fetchone()
    return int(row["n"]) if row else 0


_ATTACHED = (
    "SELECT c.state AS concern, m.state AS matter FROM parts c JOIN parts m"
    " ON m.id = (c.state->>'case_stream')::uuid WHERE c.kind = 'concern' AND "
)


def attached(
    connection: Connection, concern: str | None = None, since: datetime | None = None
) -> list[tuple[Concern, Matter]]:
    """Concerns attached to a case, and the matter of each: this one, or all that changed since then."""
    rows = connection.execute(
        f"{_ATTACHED} (c.id = %(concern)s::uuid OR c.changed >= %(since)s::timestamptz)",
        {"concern": concern, "since": since},
    ).fetchall()
    return [(Concern.model_validate(r["concern"]), Matter.model_validate(r["matter"])) for r in rows]


def as_uuid(text: str) -> UUID | None:
    """The UUID written as `text` in its usual form, or None. Python alone reads many more forms."""
    return UUID(text) if _UUID.fullmatch(text) else None
