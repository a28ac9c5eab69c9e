"""Sessions in referrals' own database, each beginning and end an event in the same transaction."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.referrals.application import repository as repo
from services.referrals.application.handle import EVENTS
from services.referrals.domain.deciding import NO_MOU
from services.referrals.domain.governance import roles_stream
from services.referrals.domain.sessions import ABSOLUTE, NOT_NAMED, Over, Session, over, roles_of
from shared.errors import Conflict
from shared.events import Data, Draft, Recorded
from shared.events.names import Purpose, Role, Service, access_topic
from shared.events.types.role import RoleAssigned, RoleEnded
from shared.events.types.session import SessionBegun, SessionEnded
from shared.store.store import Store
from shared.web.callers import Caller
from shared.web.site.cookie import Claims, Language

ACCESS = access_topic(Service.REFERRALS)
SOURCE = f"/services/{Service.REFERRALS}"
CLAUSE = "access"
KEPT = timedelta(days=2)
"""How long a session that is over is remembered, so that what its person preferred is there next time."""
ATTEMPTS = 3
#: Reasons for which a session ends by its person's own act; else Accord ends it.
BY_PERSON = frozenset({"exit", "sign-out", "lock"})

_SELECT = (
    "SELECT id, person, agency, roles, began, seen, language, privacy, ended, reason FROM sessions WHERE"
)
_FIND = f"{_SELECT} id = %s"
_OVER = f"{_SELECT} ended IS NULL AND (seen < %s OR began < %s)"
_END = (
    "UPDATE sessions SET ended = %s, reason = %s WHERE id = %s AND ended IS NULL"
    " RETURNING id, person, agency, roles, began, seen, language, privacy, ended, reason"
)


class NoRole(Exception):
    """The token names no role that the person may act in."""


@dataclass(frozen=True)
class Sessions:
    """Begins, renews and ends sessions. Thread-safe. Blocks on the database; raises TryLater when it is away."""

    store: Store
    shelf: repo.MouShelf
    secret: bytes
    idle: timedelta
    now: Callable[[], datetime]
    new_id: Callable[[], UUID] = uuid4

    def begin(self, caller: Caller, language: Language, how: str, correlation: str) -> Session:
        """A new session; roles that the token gives or no longer names are recorded with it.

        What the person preferred last time goes on. Raises NoRole, Conflict if the roles kept moving.
        """
        for attempt in range(ATTEMPTS):
            try:
                return self._begin(caller, language, how, correlation)
            except Conflict:
                if attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _begin(self, caller: Caller, language: Language, how: str, correlation: str) -> Session:
        named = frozenset(str(role) for role in caller.roles - {Role.SYSTEM})
        stream = UUID(roles_stream(caller.person))
        past = self.store.stream(stream)
        roles = roles_of(past, caller.agency)
        given, gone = roles.with_token(named)
        now, new = self.now(), self.new_id()
        session = Session(
            *(str(new), caller.person, str(caller.agency), named - roles.withdrawn, now, now, language, False)
        )
        with self.store.transaction() as connection:
            draft = self._drafter(connection, caller.person, caller.agency, correlation)
            facts: list[Data] = [
                RoleAssigned(person=caller.person, agency=caller.agency, role=Role(role))
                for role in sorted(given)
            ]
            facts += [
                RoleEnded(person=caller.person, agency=caller.agency, role=Role(role), reason=NOT_NAMED)
                for role in sorted(gone)
            ]
            drafts = [draft(data, EVENTS, stream, now) for data in facts]
            expected = {stream: len(past)} if drafts else {}
            if session.roles:
                session = replace(session, **_preferred(connection, session))
                _insert(connection, session)
                begun = SessionBegun(
                    session=session.id,
                    person=session.person,
                    agency=caller.agency,
                    roles=tuple(Role(role) for role in sorted(session.roles)),
                    how=how,
                )
                drafts.append(draft(begun, ACCESS, new, now))
            self.store.append(connection, drafts, expected)
        if not session.roles:
            raise NoRole
        return session

    def renew(self, session_id: str, *, by_person: bool, correlation: str) -> Session | Over:
        """The session, going on, or why and since when it is over; its end is recorded if it was not yet.

        `by_person`: the request shows that its person is there, so idleness counts from now.
        """
        now = self.now()
        with self.store.transaction() as connection:
            session = _find(connection, session_id)
        if session is None:
            return Over(now, "removed")
        if session.ended is not None:
            return Over(session.ended, session.reason or "ended")
        finding = over(session, now, self.idle, self.held(session.person, session.agency))
        if finding is not None:
            self.end(session.id, finding.reason, correlation, at=finding.at)
            return finding
        if by_person:
            with self.store.transaction() as connection:
                connection.execute(
                    "UPDATE sessions SET seen = greatest(seen, %s) WHERE id = %s AND ended IS NULL",
                    [now, session_id],
                )
            session = replace(session, seen=now)
        return session

    def prefer(self, session_id: str, *, language: str | None = None, privacy: bool | None = None) -> None:
        """Change what the session's person sees."""
        with self.store.transaction() as connection:
            connection.execute(
                "UPDATE sessions SET language = coalesce(%s, language), privacy = coalesce(%s, privacy)"
                " WHERE id = %s AND ended IS NULL",
                [language, privacy, session_id],
            )

    def end(self, session_id: str, reason: str, correlation: str, at: datetime | None = None) -> bool:
        """End the session and record it, if it goes on; whether it did. `at`: since when, if not now."""
        with self.store.transaction() as connection:
            row = connection.execute(_END, [at or self.now(), reason, session_id]).fetchone()
            if row is None:
                return False
            session = _session(row)
            draft = self._drafter(connection, session.person, session.agency, correlation)
            ended = SessionEnded(
                session=session.id, person=session.person, agency=session.agency, reason=reason
            )
            self.store.append(
                connection, [draft(ended, ACCESS, UUID(session.id), session.ended or self.now())], {}
            )
        return True

    def end_all(self, person: str, agency: str, reason: str, correlation: str) -> int:
        """End all sessions of a person at an agency; how many went on."""
        with self.store.transaction() as connection:
            rows = connection.execute(
                "SELECT id FROM sessions WHERE person = %s AND agency = %s AND ended IS NULL",
                [person, agency],
            ).fetchall()
        return sum(self.end(str(row["id"]), reason, correlation) for row in rows)

    def held(self, person: str, agency: str) -> frozenset[str]:
        """The roles that a person holds at an agency now."""
        return roles_of(self.store.stream(UUID(roles_stream(person))), agency).held

    def has_ended(self, session_id: str) -> bool:
        """Whether the session is over, or not known here."""
        with self.store.transaction() as connection:
            row = connection.execute(
                "SELECT 1 AS there FROM sessions WHERE id = %s AND ended IS NULL", [session_id]
            ).fetchone()
        return row is None

    def sweep(self) -> int:
        """End what is over without its person having come back; forget old ones; how many ended."""
        now = self.now()
        with self.store.transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE ended < %s", [now - KEPT])
            rows = connection.execute(_OVER, [now - self.idle, now - ABSOLUTE]).fetchall()
        ended = 0
        for session in map(_session, rows):
            finding = over(session, now, self.idle, session.roles)
            if finding is not None:
                ended += self.end(session.id, finding.reason, str(self.new_id()), at=finding.at)
        return ended

    def claims(self, session: Session) -> Claims:
        """What the session's cookie says from now on."""
        return Claims(
            sub=session.person,
            agency=session.agency,
            roles=session.roles,
            sid=session.id,
            form=self._form_token(session.id),
            language=session.language,
            privacy=session.privacy,
            iat=int(self.now().timestamp()),
            exp=int(session.locks(self.idle).timestamp()),
        )

    def _form_token(self, session_id: str) -> str:
        digest = hmac.new(self.secret, b"form-token/" + session_id.encode(), hashlib.sha256).digest()
        return urlsafe_b64encode(digest[:18]).decode()

    def _drafter(
        self, connection: repo.Connection, person: str, agency: str, correlation: str
    ) -> Callable[[Data, str, UUID, datetime], Draft]:
        mou = self.shelf.in_force(connection, self.now())
        command = str(self.new_id())

        def draft(data: Data, topic: str, stream: UUID, time: datetime) -> Draft:
            by_person = isinstance(data, SessionBegun) or getattr(data, "reason", "") in BY_PERSON
            return Draft(
                id=self.new_id(),
                topic=topic,
                source=SOURCE,
                subject=UUID(person),
                time=time,
                stream=stream,
                commandid=command,
                correlationid=correlation,
                actor=person if by_person else Service.REFERRALS,
                agency=agency,
                purpose=Purpose.COORDINATE,
                mouversion=mou.version if mou else NO_MOU,
                clause=CLAUSE,
                data=data,
            )

        return draft


def fold_again(connection: repo.Connection, events: Iterable[Recorded]) -> int:
    """After a repair: sessions that an older copy of the table takes for going on, or does not know, end as the
    events say; how many. Those without an end are known again, and end by the clock."""
    changed = 0
    for event in events:
        data, at = event.data, event.envelope.time
        if isinstance(data, SessionBegun):
            session = Session(
                *(data.session, data.person, str(data.agency), frozenset(map(str, data.roles)), at, at),
                *("en", False),
            )
            changed += _insert(connection, session)
        elif isinstance(data, SessionEnded):
            row = connection.execute(
                "UPDATE sessions SET ended = %s, reason = %s WHERE id = %s AND ended IS NULL RETURNING id",
                [at, data.reason, data.session],
            ).fetchone()
            changed += row is not None
    return changed


def _insert(connection: repo.Connection, session: Session) -> int:
    row = connection.execute(
        "INSERT INTO sessions (id, person, agency, roles, began, seen, language, privacy)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id",
        [
            *(session.id, session.person, session.agency, sorted(session.roles)),
            *(session.began, session.seen, session.language, session.privacy),
        ],
    ).fetchone()
    return int(row is not None)


def _find(connection: repo.Connection, session_id: str) -> Session | None:
    row = connection.execute(_FIND, [session_id]).fetchone()
    return _session(row) if row else None


def _preferred(connection: repo.Connection, session: Session) -> dict[str, Any]:
    """Language and privacy view of the person's last session, if it is remembered."""
    row = connection.execute(
        "SELECT language, privacy FROM sessions WHERE person = %s ORDER BY began DESC LIMIT 1",
        [session.person],
    ).fetchone()
    return dict(row) if row else {}


def _session(row: dict[str, Any]) -> Session:
    return Session(
        **{**row, "id": str(row["id"]), "person": str(row["person"]), "roles": frozenset(row["roles"])}
    )
