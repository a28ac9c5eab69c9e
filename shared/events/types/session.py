"""Sessions of people on the pages: when one began and how it ended. No name and no address of a person is here."""

from __future__ import annotations

from typing import ClassVar

from shared.events.data import AgencyCode, Data, Id, RoleCode, Word


class SessionBegun(Data):
    """A person signed in to the pages, for an agency and in these roles."""

    TYPE: ClassVar[str] = "accord.session.begun.v1"
    session: Id
    person: Id
    agency: AgencyCode
    roles: tuple[RoleCode, ...]
    how: Word


class SessionEnded(Data):
    """A person's session on the pages is over.

    `reason`: `exit`, `sign-out`, `lock`, `idle`, `absolute`, `roles-ended` or `removed`.
    """

    TYPE: ClassVar[str] = "accord.session.ended.v1"
    session: Id
    person: Id
    agency: AgencyCode
    reason: Word
