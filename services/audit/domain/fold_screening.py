"""What each event makes of a screening."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.audit.domain.state import CaseState, Happening, Screening
from shared.events.types.screening import ScreeningEnteredInError, ScreeningRecorded


def _screened(state: CaseState, what: Happening, data: ScreeningRecorded, stream: str) -> None:
    one = state.screenings.setdefault(data.screening, Screening(data.screening))
    one.stream, one.agency = stream, what.agency
    one.tool, one.tool_version, one.band = data.tool, data.tool_version, data.band
    one.trigger, one.screened_at, one.flags, one.recorded = data.trigger, data.screened_at, data.flags, what


def _not_screened(state: CaseState, what: Happening, data: ScreeningEnteredInError, _: str) -> None:
    one = state.screenings.setdefault(data.screening, Screening(data.screening))
    one.corrected, one.reason = what, data.reason


ON: Mapping[type, Callable[[CaseState, Happening, Any, str], None]] = {
    ScreeningRecorded: _screened,
    ScreeningEnteredInError: _not_screened,
}
