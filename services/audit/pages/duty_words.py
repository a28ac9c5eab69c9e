"""How a duty differs from what notifications recorded of it, and what explains that, in either language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from services.audit.domain.duties_compared import Compared, Difference, Differs, Why
from services.audit.domain.duties_said import VOID
from shared.mou.duties.states import State
from shared.web.site.words import N_

#: Translates a message; writes a moment.
Say = Callable[[str], str]
When = Callable[[datetime], str]

#: State -> what people read. "Missed" is said of nothing that a person did not confirm.
STATES: Mapping[str, str] = {
    State.OPEN: N_("To be done"),
    State.DUE_SOON: N_("Due soon"),
    State.TOLLED: N_("Its clock stands still"),
    State.NO_RECORD: N_("No record by the due time"),
    State.CONFIRMED_NOT_DONE: N_("Was not done, as somebody confirmed"),
    State.DONE_ON_TIME: N_("Done on time"),
    State.DONE_ON_TIME_RECORDED_LATE: N_("Done on time, recorded late"),
    State.DONE_LATE: N_("Done late"),
    State.WAIVED: N_("Waived"),
    State.SUPERSEDED: N_("No longer needed"),
    VOID: N_("Not a duty any more"),
}
DIFFERS: Mapping[Differs, str] = {
    Differs.NOT_OPENED: N_("The record opens it. Notifications did not record that."),
    Differs.NOT_OWED: N_("Notifications recorded it. Nothing in the record opens it."),
    Differs.STATE: N_("By the record it is: %(owed)s. Notifications recorded: %(recorded)s."),
    Differs.DUE: N_("By the record it is due %(owed)s. Notifications recorded: due %(recorded)s."),
    Differs.MET_BY: N_("Another entry meets it than the one that notifications recorded."),
    Differs.NOT_TOLD: N_("Notifications did not record this: %(told)s."),
    Differs.TOLD_WRONGLY: N_("Notifications recorded this, and by the record it was not so: %(told)s."),
}
#: What time brings -> what people read.
TOLD: Mapping[str, str] = {
    "alarm": N_("it should be done at once, and is not on record"),
    "warning": N_("it is due soon"),
    "past-due": N_("there is no record by the due time"),
    "escalation": N_("there is still no record, and somebody further was told"),
}
EXPLAINED: Mapping[Why | None, str] = {
    Why.RECORDED_LATER: N_("It recorded the same later: %(moment)s."),
    Why.CHANGED_SINCE: N_("An entry changed it before notifications could: %(moment)s."),
    Why.NOT_COMPLETE: N_("It is not known yet whether all of it has come."),
    None: N_("Nothing in the record explains this. A person must look at it."),
}
NO_TIME = N_("at no set time")


def told(one: Compared, difference: Difference, say: Say, when: When) -> str:
    """In what the two differ."""
    owed = recorded = ""
    stand = one.said.stands[-1] if one.said and one.said.stands else None
    if difference.what is Differs.DUE:
        owed, recorded = (
            when(held.due_at) if held and held.due_at else say(NO_TIME) for held in (one.duty, stand)
        )
    elif one.duty and stand:
        owed, recorded = (say(STATES.get(str(state), str(state))) for state in (one.duty.state, stand.state))
    kind = difference.told[0] if difference.told else ""
    given = {"owed": owed, "recorded": recorded, "told": say(TOLD[kind]) if kind else ""}
    return say(DIFFERS[difference.what]) % given


def explained(difference: Difference, say: Say, when: When) -> str:
    """What explains it, or that nothing does."""
    moment = when(difference.later) if difference.later else ""
    return say(EXPLAINED[difference.why]) % {"moment": moment}
