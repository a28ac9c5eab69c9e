"""What is due next, and how the duty of an item came out, in their reader's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.notifications.domain.duties import VOID
from services.notifications.due import Due
from shared.mou.duties.states import State
from shared.web.site.codes import code_of
from shared.web.site.words import N_

#: State of an open duty -> what people read, and the sign beside it.
STATES: dict[str, tuple[str, str]] = {
    State.OPEN: (N_("To be done"), "due"),
    State.DUE_SOON: (N_("Due soon"), "soon"),
    State.TOLLED: (N_("Its clock stands still"), "due"),
    State.NO_RECORD: (N_("No record by the due time"), "past"),
}
#: State of a duty whose item asks for nothing any more -> what people read. One that is open has another due time.
SETTLED: dict[str, str] = {
    State.OPEN: N_("It is due at another time now"),
    State.TOLLED: N_("Its clock stands still"),
    State.DONE_ON_TIME: N_("Done on time"),
    State.DONE_ON_TIME_RECORDED_LATE: N_("Done on time, recorded late"),
    State.DONE_LATE: N_("Done late"),
    State.WAIVED: N_("Waived"),
    State.SUPERSEDED: N_("No longer needed"),
    State.CONFIRMED_NOT_DONE: N_("Was not done, as somebody confirmed"),
    VOID: N_("No longer needed"),
}


@dataclass(frozen=True)
class Next:
    """A duty as the inbox shows it. `says` is the memorandum's own sentence, as it was signed."""

    says: str
    clause: str
    state: str
    sign: str
    due: datetime | None
    code: str
    path: str
    names: str


def next_of(one: Due) -> Next:
    """The duty in words."""
    state, sign = STATES[one.state]
    about = f"{one.about_kind}/{one.about}"
    code = code_of(one.about_kind, one.about)
    return Next(
        one.says,
        one.clause,
        state,
        sign,
        one.due_at,
        code,
        f"/{one.about_kind}s/{one.about}",
        f"/names/{about}",
    )
