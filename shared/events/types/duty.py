"""What people say of a duty besides meeting it: it is waived, its clock stands still, it was not done."""

from __future__ import annotations

from typing import ClassVar

from shared.events.data import Data, Id, Word
from shared.events.gaps import Gaps
from shared.events.moments import Moment


class DutyWaived(Data):
    """An authority of the MOU's list lifted one duty: the rule, and the event that opened it. The envelope's clause
    is the authority's.

    On a concern that belongs to no case yet, `case` is left out; so in each of these.
    """

    TYPE: ClassVar[str] = "accord.duty.waived.v1"
    rule: Word
    opening: Id
    authority: Word
    reason: Word
    concern: Id | None = None
    case: Id | None = None


class DutyTolled(Data):
    """The clock of one duty stands still from `begins` on and before `until`.

    Without `until` it stands still until another event says so of the same `begins`.
    """

    TYPE: ClassVar[str] = "accord.duty.tolled.v1"
    rule: Word
    opening: Id
    authority: Word
    begins: Moment
    until: Moment | None = None
    concern: Id | None = None
    case: Id | None = None


class DutyConfirmedNotDone(Data):
    """A person said that it was not done. Only then is a duty called missed; a later record still counts."""

    TYPE: ClassVar[str] = "accord.duty.confirmed-not-done.v1"
    rule: Word
    opening: Id
    concern: Id | None = None
    case: Id | None = None
    flags: tuple[Word, ...] = ()
    gaps: Gaps = None


class DutyEnteredInError(Data):
    """A statement on a duty (`entry`, the id of its event) was a mistake. It stays, and counts no longer."""

    TYPE: ClassVar[str] = "accord.duty.entered-in-error.v1"
    entry: Id
    reason: Word
    concern: Id | None = None
    case: Id | None = None
