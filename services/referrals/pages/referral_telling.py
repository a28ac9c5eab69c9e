"""A referral's view as its page tells it: stages, history, what changed meanwhile. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.referrals.domain.parts import GOES_ON
from services.referrals.pages.labels import ENTRIES, RESULTS, SHORT, STRUCK, Labels
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


@dataclass(frozen=True)
class Asked:
    """A question on a referral: what is missing, by code; the words of it and of its answer, as far as the viewer
    may read them. `waits`: it has no answer, and one is still of use."""

    missing: tuple[str, ...]
    asked_at: datetime
    words: Mapping[str, Any]
    answered_at: datetime | None
    told: Mapping[str, Any]
    waits: bool


def waiting(view: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The questions that wait for an answer."""
    goes_on = view["status"] in GOES_ON
    return [one for one in view["questions"] if goes_on and "answer" not in one]


def questions(view: Mapping[str, Any]) -> list[Asked]:
    """Every question that counts, oldest first."""
    open_ones = waiting(view)
    return [
        Asked(
            tuple(one["missing"]),
            moment(one["asked_at"]),
            of_events(view, {one["event"]}),
            moment(one["answered_at"]) if "answer" in one else None,
            of_events(view, {one.get("answer")}),
            one in open_ones,
        )
        for one in view["questions"]
    ]


def without_questions(view: Mapping[str, Any]) -> dict[str, Any]:
    """The view without the words of questions and answers, which are shown where they were said."""
    theirs = {one.get(name) for one in view["questions"] for name in ("event", "answer")}
    facts = {fact["event"] for found in view["opened"].values() for fact in found["facts"]}
    return {**view, "opened": of_events(view, facts - theirs)}


def of_events(view: Mapping[str, Any], events: Collection[Any]) -> dict[str, Any]:
    """What is opened of these events, by class."""
    return {
        name: {**found, "facts": facts}
        for name, found in view["opened"].items()
        if (facts := [fact for fact in found["facts"] if fact["event"] in events])
    }


def side(view: Mapping[str, Any], agency: str) -> str:
    """On which side of the referral an agency is."""
    return "sender" if agency == view["sender"] else "recipient"


def callers(view: Mapping[str, Any], agency: str, labels: Labels, said: Said) -> list[tuple[str, str]]:
    """Who may have called whom, to choose from; the reader's own agency first."""
    own = side(view, agency)
    other = "recipient" if own == "sender" else "sender"
    return [(one, _called(view, one, labels, said)) for one in (own, other)]


def _called(view: Mapping[str, Any], by: str, labels: Labels, said: Said) -> str:
    outside = view.get("outside")
    names = {
        "sender": labels.agency(view["sender"]),
        "recipient": labels.outside(outside) if outside else labels.agency(view["recipient"]),
    }
    caller, called = (names["sender"], names["recipient"])[:: 1 if by == "sender" else -1]
    return said(N_("%(caller)s called %(called)s")) % {"caller": caller, "called": called}


def history(view: Mapping[str, Any], labels: Labels, said: Said) -> list[Entry]:
    """Every entry, oldest first. `said` translates."""
    more = _more(view, labels, said)
    return [_entry(step, labels, said, more.get(step["event"], ())) for step in view["steps"]]


def _more(view: Mapping[str, Any], labels: Labels, said: Said) -> dict[str, tuple[str, ...]]:
    """What is said of an entry besides its name, by its event."""
    calls = {
        one["event"]: (
            _called(view, one["called_by"], labels, said),
            said(RESULTS.get(one["result"], one["result"])),
        )
        for one in view["calls"]
    }
    asked = {one["event"]: tuple(map(labels.missing, one["missing"])) for one in view["questions"]}
    return {**calls, **asked}


def _entry(step: Mapping[str, Any], labels: Labels, said: Said, more: tuple[str, ...]) -> Entry:
    recorded, happened = moment(step["recorded"]), moment(step["happened"])
    struck = step.get("struck")
    return Entry(
        f"entry-{step['event']}",
        said(ENTRIES[step["act"]]),
        recorded,
        labels.agency(step["agency"]),
        happened=happened if abs(recorded - happened) > APART else None,
        lines=(said(STRUCK[struck]),) if struck else more,
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
