"""Who may read a case's history; and that they did, or were denied, as an event of audit's own."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from shared.events import Data, Draft
from shared.events.names import Agency, Purpose, Role, Service, access_topic
from shared.events.types.record import RecordDenied, RecordRead
from shared.mou import CallerFacts, Mou, ThingFacts, may
from shared.store.store import Store

#: Names the streams of reads: one for each case.
READS = UUID("6f0c1f5e-0f5b-5d55-9a42-2a1f0d9c7b11")
QUARTER = 900
"""Seconds; within one, the same read is recorded once."""
NO_MOU = "none"
"""The `mouversion` of what is recorded before any MOU is adopted."""


def may_read_history(caller: CallerFacts, mou: Mou | None) -> bool:
    """The MOU decides; until one is in the ledger, the county's auditor may, for the purpose of audit."""
    if mou is not None:
        return may(caller, "read-history", ThingFacts("case"), mou).allowed
    return caller.agency == Agency.COUNTY and Role.AUDITOR in caller.roles and caller.purpose == Purpose.AUDIT


def may_read_findings(caller: CallerFacts) -> bool:
    """What stands out in the ledger names no case: the county's auditor and operator."""
    return caller.agency == Agency.COUNTY and bool({Role.AUDITOR, Role.OPERATOR} & set(caller.roles))


def record(
    store: Store, caller: CallerFacts, case: str, *, denied: bool, mouversion: str, correlation: str
) -> None:
    """Append that the caller read the case, or was denied it; once per quarter of an hour.

    Blocks on the database. Raises TryLater.
    """
    now = store.now()
    with store.transaction() as c:
        if not _first(c, caller, case, "denied" if denied else "read", now):
            return
        data: Data = (
            RecordDenied(about=case, about_kind="case")
            if denied
            else RecordRead(about=case, about_kind="case", classes=())
        )
        store.append(c, [_draft(caller, case, data, now, mouversion, correlation)], {})


def read_lately(store: Store, person: str, most: int) -> list[str]:
    """The cases that a person read last, newest first. Blocks on the database; raises TryLater."""
    with store.transaction() as c:
        rows = c.execute(
            "SELECT about::text AS about FROM reads WHERE person = %s AND kind = 'read'"
            " GROUP BY about ORDER BY max(slot) DESC, about LIMIT %s",
            [person, most],
        ).fetchall()
    return [row["about"] for row in rows]


def keep(
    store: Store, caller: CallerFacts, case: str, data: Data, *, mouversion: str, correlation: str
) -> None:
    """Append what the caller did with evidence of the case; each time it is done. Blocks; raises TryLater."""
    with store.transaction() as c:
        store.append(c, [_draft(caller, case, data, store.now(), mouversion, correlation)], {})


def _draft(
    caller: CallerFacts, case: str, data: Data, now: datetime, mouversion: str, correlation: str
) -> Draft:
    return Draft(
        id=uuid4(),
        topic=access_topic(Service.AUDIT),
        source=f"/services/{Service.AUDIT}",
        subject=UUID(case),
        time=now,
        stream=uuid5(READS, case),
        commandid=str(uuid4()),
        correlationid=correlation,
        actor=caller.person or "",
        agency=caller.agency,
        purpose=caller.purpose or "",
        mouversion=mouversion,
        clause="access",
        data=data,
    )


def _first(c: Any, caller: CallerFacts, case: str, kind: str, now: datetime) -> bool:
    made = c.execute(
        "INSERT INTO reads (person, about, purpose, slot, kind) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING RETURNING slot",
        [caller.person, case, caller.purpose, int(now.timestamp()) // QUARTER, kind],
    )
    return made.fetchone() is not None
