"""An act: what a party did outside Accord and the MOU speaks of: a notice, a form, an interview, a meeting."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Annotated, ClassVar

from pydantic import BeforeValidator

from shared.events.data import Data, Id, MatterCode, Sealed, Unrecognised, Word, _code
from shared.events.gaps import Gaps
from shared.events.moments import Moment


class Method(StrEnum):
    """How it was done."""

    TELEPHONE = "telephone"
    IN_PERSON = "in-person"
    FORM = "form"
    ELECTRONIC = "electronic"
    OTHER = "other"


MethodCode = Annotated[Method | Unrecognised, BeforeValidator(partial(_code, Method))]


class ActRecorded(Data):
    """A party did what the MOU speaks of: which act of its list, when, to whom, how. The record is not the act.

    On a concern that belongs to no case yet, `case` is left out. A code that the MOU does not list stands as
    `not-listed`, and is flagged. A number under which the act stands elsewhere is sealed.
    """

    TYPE: ClassVar[str] = "accord.act.recorded.v1"
    record: Id
    act: Word
    done_at: Moment
    concern: Id | None = None
    case: Id | None = None
    matter: MatterCode | None = None
    to: Word | None = None
    method: MethodCode | None = None
    about: Id | None = None
    flags: tuple[Word, ...] = ()
    gaps: Gaps = None
    sealed: Sealed


class ActEnteredInError(Data):
    """An act was recorded in error, for a coded reason. The record stays, and counts no longer."""

    TYPE: ClassVar[str] = "accord.act.entered-in-error.v1"
    record: Id
    reason: Word
    concern: Id | None = None
    case: Id | None = None
