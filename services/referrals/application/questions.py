"""What is asked of referrals: one thing, a worklist, the MOU in force. Each read of case data is recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from services.referrals.application import repository as repo
from services.referrals.application.handle import not_found
from services.referrals.application.things import Things
from services.referrals.application.views import Viewer, may_know, may_read, opened
from services.referrals.domain.deciding import NO_MOU
from services.referrals.domain.parts import Concern, Matter, Referral
from services.referrals.vault.port import VaultPort
from shared.events import Data, Draft
from shared.events.names import SealedClass, Service, access_topic
from shared.events.types.record import RecordDenied, RecordRead
from shared.mou.document import Mou
from shared.mou.facts import CallerFacts
from shared.mou.load import plain_document
from shared.store.store import Store

#: Reads of one thing stand in a stream of their own.
READS = UUID("8f7a7d34-1f0a-4b7c-8a65-3c1c0d2f9b5e")
QUARTER = 15 * 60
LONGEST_NAME = 120
"""Characters of a name that stands beside a code."""


_PAGE = """ AND r.kind = 'referral'
    AND (%(status)s::text IS NULL OR r.status = %(status)s)
    AND (%(after)s::timestamptz IS NULL OR r.listed > %(after)s)
    ORDER BY r.listed LIMIT %(limit)s"""
_FROM = "SELECT r.state AS referral, m.state AS matter, r.listed FROM parts r JOIN parts m ON m.id = r.stream"
#: What was asked of an agency, and what it asked of others.
WORKLIST = {
    "inbound": f"{_FROM} WHERE r.recipient = %(agency)s{_PAGE}",
    "outbound": f"{_FROM} WHERE r.sender = %(agency)s{_PAGE}",
}


@dataclass(frozen=True)
class Shown:
    """A thing as it is shown to one viewer, with the tag to base a command on."""

    view: dict[str, Any]
    etag: str


@dataclass(frozen=True)
class Questions:
    """Answers questions. Thread-safe. Blocks on the database and the vault."""

    store: Store
    vault: VaultPort
    shelf: repo.MouShelf
    secret: bytes
    now: Callable[[], datetime]

    def show(self, kind: str, thing: str, caller: CallerFacts, correlation: str) -> Shown:
        """One concern, case or referral. Raises Refusal: `not-found` also where it is not the caller's to know,
        `role-may-not` or `purpose-may-not` where they may know of it but not read it so.

        The read is recorded before the answer is given, once per person, case, purpose and quarter of an hour, and
        again where another kind of thing, or more classes, are shown. The record's subject is the case; `about` is
        what was read first.
        """
        with self.store.transaction() as connection:
            viewer = Viewer(caller, self.shelf.in_force(connection, self.now()))
            things = repo.load(connection, kind, thing) if repo.as_uuid(thing) else Things()
            seen = _found(kind, things) and may_know(viewer, kind, things)
            forbidden = may_read(viewer, kind, things) if seen else None
            if seen and forbidden is None:
                also = self._concerns(connection, kind, things)
                view = viewer.view(kind, things)
                view["opened"], classes = opened(viewer, kind, things, self.vault, also)
                shown = Shown(view, viewer.etag(kind, things, self.secret))
                self._record(connection, viewer, kind, things, classes, correlation)
            elif _found(kind, things):
                self._record(connection, viewer, kind, things, None, correlation)
        if not seen:
            raise not_found()
        if forbidden is not None:
            forbidden.require()
        return shown

    def names(
        self, wanted: Sequence[tuple[str, str]], caller: CallerFacts, correlation: str
    ) -> dict[tuple[str, str], str]:
        """The names of youths, by (kind, id) of a concern, case or referral, where the caller may see them.

        Each that is given is recorded as a read of identity, and a thing that the caller may not know of as a
        denial, as `show` records them. Nothing tells whether there is a name that is not given. Blocks on the
        vault, once for each thing.
        """
        found, reads = {}, []
        with self.store.transaction() as connection:
            viewer = Viewer(caller, self.shelf.in_force(connection, self.now()))
            for kind, thing in wanted:
                things = repo.load(connection, kind, thing) if repo.as_uuid(thing) else Things()
                if not _found(kind, things):
                    continue
                known = may_know(viewer, kind, things)
                name = self._name(connection, viewer, kind, things) if known else ""
                if name:
                    found[kind, thing] = name
                if name or not known:
                    reads.append((kind, things, (SealedClass.IDENTITY,) if known else None))
        # Each by itself: two requests that record the same reads in another order would wait for one another.
        for kind, things, classes in reads:
            with self.store.transaction() as connection:
                self._record(connection, viewer, kind, things, classes, correlation)
        return found

    def _name(self, connection: repo.Connection, viewer: Viewer, kind: str, things: Things) -> str:
        if may_read(viewer, kind, things) is not None:
            return ""
        also = self._concerns(connection, kind, things)
        shown, _ = opened(viewer, kind, things, self.vault, also, {SealedClass.IDENTITY})
        return name_in(shown)

    def _concerns(self, connection: repo.Connection, kind: str, things: Things) -> Sequence[Concern]:
        if kind != "case":
            return ()
        ids = [c for m in things.matters for c in m.concerns]
        rows = connection.execute(
            "SELECT state FROM parts WHERE id = ANY(%(ids)s::uuid[]) ORDER BY array_position(%(ids)s::uuid[], id)",
            {"ids": ids},
        ).fetchall()
        return [Concern.model_validate(row["state"]) for row in rows]

    def _record(
        self,
        connection: repo.Connection,
        viewer: Viewer,
        kind: str,
        things: Things,
        classes: tuple[str, ...] | None,
        correlation: str,
    ) -> None:
        """A read (`classes` is what was opened) or a denial (None), once per quarter of an hour."""
        subject, thing = _subject(kind, things), _thing(kind, things)
        self._append(connection, viewer, kind, subject, thing, classes, correlation)

    def record_read(self, caller: CallerFacts, kind: str, about: str, correlation: str) -> None:
        """Record the read of something that is no concern, case or referral, e.g. a dead letter."""
        with self.store.transaction() as connection:
            viewer = Viewer(caller, self.shelf.in_force(connection, self.now()))
            self._append(connection, viewer, kind, about, about, (), correlation)

    def _append(
        self,
        connection: repo.Connection,
        viewer: Viewer,
        kind: str,
        subject: str,
        thing: str,
        classes: tuple[str, ...] | None,
        correlation: str,
    ) -> None:
        now, caller = self.now(), viewer.caller
        # A later read that opens other classes is a read of its own: the record must not say less than was shown.
        what = f"denied-{kind}" if classes is None else "/".join((kind, *classes))
        slot, purpose = int(now.timestamp()) // QUARTER, caller.purpose or ""
        if not repo.first_read(connection, caller.person or "", subject, purpose, what, slot):
            return
        data: Data = (
            RecordDenied(about=thing, about_kind=kind)
            if classes is None
            else RecordRead(about=thing, about_kind=kind, classes=tuple(SealedClass(c) for c in classes))
        )
        draft = Draft(
            id=uuid4(),
            topic=access_topic(Service.REFERRALS),
            source="/services/referrals",
            subject=UUID(subject),
            time=now,
            stream=uuid5(READS, subject),
            commandid=str(uuid4()),
            correlationid=correlation,
            actor=caller.person or "",
            agency=caller.agency,
            purpose=purpose,
            mouversion=viewer.mou.version if viewer.mou else NO_MOU,
            clause="access",
            data=data,
        )
        self.store.append(connection, [draft], {})

    def worklist(
        self, caller: CallerFacts, queue: str, status: str | None, after: datetime | None, limit: int
    ) -> tuple[list[dict[str, Any]], datetime | None, bool]:
        """Referrals of the caller's agency, oldest first, after a moment; the moment of the last of them; and
        whether there may be more now. Raises Refusal if the agency may not read them for this purpose.

        `queue` is `inbound` (asked of the agency) or `outbound` (asked by it). Codes only: nothing is opened.
        """
        with self.store.transaction() as connection:
            viewer = Viewer(caller, self.shelf.in_force(connection, self.now()))
            rows = connection.execute(
                WORKLIST[queue],
                {"agency": caller.agency, "status": status, "after": after, "limit": limit},
            ).fetchall()
        items = []
        for row in rows:
            matter = Matter.model_validate(row["matter"])
            things = Things(referral=Referral.model_validate(row["referral"]), matters=(matter,))
            if may_know(viewer, "referral", things):
                if (forbidden := may_read(viewer, "referral", things)) is not None:
                    forbidden.require()
                view = viewer.view("referral", things)
                items.append({**view, "etag": viewer.etag("referral", things, self.secret)})
        return items, rows[-1]["listed"] if rows else after, len(rows) == limit

    def in_force(self) -> Mou | None:
        """The MOU in force, or None while there is none."""
        with self.store.transaction() as connection:
            return self.shelf.in_force(connection, self.now())

    def mou(self) -> dict[str, Any] | None:
        """The MOU in force: version, since when, who signed, and the document; None while there is none."""
        with self.store.transaction() as connection:
            row = connection.execute(
                "SELECT version, mou, effective, adopted, signed_by, document FROM mou_versions"
                " WHERE effective <= %s ORDER BY adopted DESC LIMIT 1",
                [self.now()],
            ).fetchone()
        return {**row, "document": plain_document(row["document"])} if row else None


def name_in(shown: dict[str, Any]) -> str:
    """The name among opened facts; each, if agencies stated several; empty if none did."""
    facts = [one.get("facts", {}).get("name") for one in shown.get(SealedClass.IDENTITY, {}).get("facts", ())]
    names = [" ".join(name.split()) for name in facts if isinstance(name, str)]
    told = " / ".join(dict.fromkeys(name for name in names if name))
    return told if len(told) <= LONGEST_NAME else f"{told[: LONGEST_NAME - 1]}…"


def _found(kind: str, things: Things) -> bool:
    return bool({"concern": things.concern, "case": things.matters, "referral": things.referral}[kind])


def _thing(kind: str, things: Things) -> str:
    """The id of the thing itself."""
    if kind == "referral" and things.referral is not None:
        return things.referral.id
    if kind == "concern" and things.concern is not None:
        return things.concern.id
    return things.matters[0].case


def _subject(kind: str, things: Things) -> str:
    """The case that the thing belongs to, or the concern itself until it belongs to one."""
    if kind == "concern" and things.concern is not None:
        return things.concern.case or things.concern.id
    return things.matters[0].case
