"""What takes back what: an entry that was undone or entered in error stays recorded, and counts no longer.

By when it was recorded, a correction counts from its own moment on: as of before, the case shows what was believed
then. By what happened, it counts with what it corrects: what never was so was not so on the day before either.
"""

from __future__ import annotations

from collections.abc import Sequence

from services.audit.domain.entry import Axis, Entry
from shared.events.types.act import ActEnteredInError
from shared.events.types.duty import DutyEnteredInError
from shared.events.types.referral import ReferralEnteredInError, ReferralUndone
from shared.events.types.screening import ScreeningEnteredInError


def with_corrections(kept: Sequence[Entry], ordered: Sequence[Entry], axis: Axis) -> list[Entry]:
    """`kept`, the first of `ordered`; on the axis of what happened with the later corrections of what they say.

    That is also the correction of a correction: that a referral was a mistake can be taken back.
    """
    if axis is Axis.RECORDED:
        return list(kept)
    said = {name for entry in kept for name in names_of(entry)}
    waiting = [entry for entry in ordered[len(kept) :] if corrects(entry) is not None]
    later: list[Entry] = []
    while found := [entry for entry in waiting if corrects(entry) in said]:
        later += found
        waiting = [entry for entry in waiting if corrects(entry) not in said]
        said |= {entry.event.envelope.id for entry in found}
    return [*kept, *sorted(later, key=lambda entry: entry.place(axis))]


def names_of(entry: Entry) -> tuple[str, ...]:
    """What a correction may name of the entry: its event, or the referral, screening or record that it is about."""
    data = entry.event.data
    named = (getattr(data, field, None) for field in ("referral", "screening", "record"))
    return (entry.event.envelope.id, *(str(id) for id in named if id is not None))


def corrects(entry: Entry) -> str | None:
    """What the entry takes back: an event; or a referral, a screening or a record as a whole. None: nothing."""
    data = entry.event.data
    if isinstance(data, ReferralUndone):
        return data.entry
    if isinstance(data, ReferralEnteredInError):
        return data.entry or data.referral
    if isinstance(data, ActEnteredInError):
        return data.record
    if isinstance(data, DutyEnteredInError):
        return data.entry
    return data.screening if isinstance(data, ScreeningEnteredInError) else None
