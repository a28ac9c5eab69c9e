"""A referral's view as its page tells it: stages, history, what changed meanwhile. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.referrals.pages.labels import ENTRIES, SHORT, STRUCK, Labels
from shared.events.moments import read_moment
from shared.web.site.components import Entry
from shared.web.site.words import N_

#: Translates.
Said = Callable[[str], str]
ASKED, ENDED = N_("Asked"), N_("Ended")
#: The stages of a referral that goes its way, by the status that each stands for.
WAY = ("requested", "received", "accepted", "in-progress", "completed")
#: Statuses in which it left that way, or that stand in place of one of it.
INSTEAD = {"on-hold": "in-progress", "failed": "completed"}
#: In these an answer is awaited.
WAITS = ("requested", "received")
#: The act whose reason a referral has that stands so.
REASON_OF = {
    "rejected": "reject-referral",
    "on-hold": "hold-referral",
    "failed": "fail-referral",
    "cancelled": "cancel-referral",
    "entered-in-error": "enter-referral-in-error",
}
#: A step that happened so long before it was recorded is shown with both times.
APART = timedelta(minutes=1)


def stages(status: str) -> tuple[tuple[str, ...], int]:
    """The names of the stages, and which of them (from 1) is the present one."""
    place = INSTEAD.get(status, status)
    if place not in WAY:
        return (ASKED, SHORT[status]), 2
    names = [SHORT[one] for one in WAY[:-1]] + [ENDED]
    at = WAY.index(place)
    if status not in WAY or status == WAY[-1]:
        names[at] = SHORT[status]
    return tuple(names), at + 1


@dataclass(frozen=True)
class Due:
    """How an answer stands: `state` as the component has it, `text` with the relative time of `at`."""

    state: str
    text: str
    at: datetime


#: So long before its answer is due, a referral says so.
SOON = timedelta(hours=4)


def due(view: Mapping[str, Any], now: datetime) -> Due | None:
    """Whether the answer came, or when it is due; None where none is awaited any more."""
    if view.get("answered_at"):
        return Due("done", N_("Answered %(time)s"), moment(view["answered_at"]))
    if view["status"] not in WAITS:
        return None
    at = moment(view["respond_by"])
    if at < now:
        return Due("past", N_("Answer was due %(time)s"), at)
    return Due("soon" if at - now <= SOON else "due", N_("Answer is due %(time)s"), at)


def why(view: Mapping[str, Any], labels: Labels) -> str:
    """The reason that was given for how it stands, by its name on the MOU's list."""
    act = REASON_OF.get(view["status"])
    return labels.reason(act, view["reason"]) if act and view.get("reason") else ""


def moment(text: str | datetime) -> datetime:
    """A moment of a view."""
    return text if isinstance(text, datetime) else read_moment(text)


def history(view: Mapping[str, Any], labels: Labels, said: Said) -> list[Entry]:
    """Every entry, oldest first. `said` translates."""
    return [_entry(step, labels, said) for step in view["steps"]]


def _entry(step: Mapping[str, Any], labels: Labels, said: Said) -> Entry:
    recorded, happened = moment(step["recorded"]), moment(step["happened"])
    struck = step.get("struck")
    return Entry(
        f"entry-{step['event']}",
        said(ENTRIES[step["act"]]),
        recorded,
        labels.agency(step["agency"]),
        happened=happened if abs(recorded - happened) > APART else None,
        lines=(said(STRUCK[struck]),) if struck else (),
    )


def changes(
    view: Mapping[str, Any], seen: str, labels: Labels, said: Said
) -> Sequence[tuple[str, str, datetime]]:
    """What was entered after the moment `seen` (as a view's `changed` has it): what, by which agency, when."""
    since = _since(seen)
    new = [
        (said(ENTRIES[step["act"]]), labels.agency(step["agency"]), moment(step["recorded"]))
        for step in view["steps"]
        if since is not None and moment(step["recorded"]) > since
    ]
    if new:
        return new
    struck = [step for step in view["steps"] if step.get("struck")]
    who = labels.agency(struck[-1]["agency"]) if struck else labels.agency(view["recipient"])
    return [(said(N_("An entry was taken back or changed")), who, moment(view["changed"]))]


def _since(seen: str) -> datetime | None:
    try:
        return read_moment(seen)
    except ValueError:
        return None


def lines(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Facts of a class as (name, text). What stands in our own field for words has no name."""
    return [("" if name == "text" else _named(name), _text(value)) for name, value in facts.items()]


def _named(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{_named(str(name))}: {_text(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return "; ".join(_text(one) for one in value)
    return str(value)
