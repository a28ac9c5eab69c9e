"""What each event makes of the record of an act that was done outside Accord."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.audit.domain.fold_referral import sealed_of
from services.audit.domain.state import Act, CaseState, Happening
from shared.events.types.act import ActEnteredInError, ActRecorded


def _recorded(state: CaseState, what: Happening, data: ActRecorded, stream: str) -> None:
    one = state.acts.setdefault(data.record, Act(data.record))
    one.stream, one.agency, one.concern = stream, what.agency, data.concern
    one.act, one.to, one.about = data.act, data.to, data.about
    one.method = str(data.method) if data.method else None
    one.done_at, one.flags, one.recorded = data.done_at, data.flags, what
    one.sealed = sealed_of(one.sealed, data)


def _in_error(state: CaseState, what: Happening, data: ActEnteredInError, _: str) -> None:
    one = state.acts.setdefault(data.record, Act(data.record))
    one.corrected, one.reason = what, data.reason


ON: Mapping[type, Callable[[CaseState, Happening, Any, str], None]] = {
    ActRecorded: _recorded,
    ActEnteredInError: _in_error,
}
