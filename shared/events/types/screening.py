"""A screening: what a tool said of a youth, as a band. What was asked and answered stays with whoever screened."""

from __future__ import annotations

from typing import ClassVar

from shared.events.data import Data, Id, MatterCode, Word
from shared.events.gaps import Gaps
from shared.events.moments import Moment


class ScreeningRecorded(Data):
    """An agency screened the youth with a tool, e.g. the CSE-IT: tool, version, band, when. Never an item's text.

    A band says how great the concern is. It is no evidence, and no band ends the duty to report (PC 11166).
    A code that the MOU does not list stands as `not-listed`, and is flagged.
    """

    TYPE: ClassVar[str] = "accord.screening.recorded.v1"
    screening: Id
    case: Id
    matter: MatterCode
    tool: Word
    band: Word
    screened_at: Moment
    tool_version: Word | None = None
    trigger: Word | None = None
    flags: tuple[Word, ...] = ()
    gaps: Gaps = None


class ScreeningEnteredInError(Data):
    """A screening was recorded in error, for a coded reason. It stays recorded, and counts no longer."""

    TYPE: ClassVar[str] = "accord.screening.entered-in-error.v1"
    screening: Id
    case: Id
    reason: Word
