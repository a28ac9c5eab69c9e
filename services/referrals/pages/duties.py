"""What is due in a case, in its reader's words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.referrals.domain.duties import Owed
from services.referrals.pages.saying import Line
from services.referrals.pages.wording import Wording
from shared.mou.duties.states import SETTLED, State
from shared.web.site.words import N_

#: State -> what people read, and the sign beside it. "Missed" is said of nothing that a person did not confirm.
STATES: dict[State, tuple[str, str]] = {
    State.OPEN: (N_("To be done"), "due"),
    State.DUE_SOON: (N_("Due soon"), "soon"),
    State.TOLLED: (N_("Its clock stands still"), "due"),
    State.NO_RECORD: (N_("No record by the due time"), "past"),
    State.CONFIRMED_NOT_DONE: (N_("Was not done, as somebody confirmed"), "past"),
    State.DONE_ON_TIME: (N_("Done on time"), "done"),
    State.DONE_ON_TIME_RECORDED_LATE: (N_("Done on time, recorded late"), "done"),
    State.DONE_LATE: (N_("Done late"), "done"),
    State.WAIVED: (N_("Waived"), "done"),
    State.SUPERSEDED: (N_("No longer needed"), "done"),
}


@dataclass(frozen=True)
class Due:
    """A duty as the page shows it. `says` is the memorandum's own sentence, as it was signed in this `version`."""

    says: str
    clause: str
    version: str
    state: str
    sign: str
    agency: str
    due: datetime | None
    met: datetime | None
    said: Sequence[Line] = ()
    offers: Sequence[tuple[str, str]] = ()


#: What was said of a duty, and what its reader may say of it.
Beside = Callable[[Owed], tuple[Sequence[Line], Sequence[tuple[str, str]]]]


def due_of(owed: Sequence[Owed], wording: Wording, beside: Beside) -> tuple[list[Due], list[Due]]:
    """What still needs somebody, the next due first; and what is settled, the last first."""
    told = [(one.duty, _due(one, wording, beside)) for one in owed]
    waits = [(duty, due) for duty, due in told if duty.state not in SETTLED]
    waits.sort(key=lambda pair: (pair[0].due_at is None, pair[0].due_at, pair[0].key))
    done = [due for duty, due in told if duty.state in SETTLED]
    return [due for _, due in waits], done[::-1]


def _due(one: Owed, wording: Wording, beside: Beside) -> Due:
    duty = one.duty
    state, sign = STATES[duty.state]
    agency = wording.agency(one.agency) if one.agency else ""
    rule = (duty.rule.says, duty.rule.clause, duty.mouversion)
    return Due(*rule, wording.say(state), sign, agency, duty.due_at, duty.met_at, *beside(one))
