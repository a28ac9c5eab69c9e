"""A case at a point, seen whole or as known to one agency: what the answers of replay are made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from services.audit import answers
from services.audit.domain.entry import Cut
from services.audit.domain.fields import Field, history_of, trace
from services.audit.domain.knowing import known_to
from services.audit.domain.knowledge import Knowledge
from services.audit.domain.seeing import is_shown, shown_value
from services.audit.domain.words_life import agency as named
from services.audit.known_answers import EventRef, event_ref, known_ref
from services.audit.questions import NoSuchEvent, NotYours, Questions, Replay
from services.audit.reading import schedule
from shared.events.names import Agency
from shared.mou import CallerFacts
from shared.web.callers import Caller
from shared.web.problems import Problem

GAPS = "The ledger lacks events of this case: the agency may have known more."


@dataclass(frozen=True)
class View:
    """One view of a case. Without an agency it is the auditor's: everything."""

    replay: Replay
    agency: Agency | None

    @cached_property
    def knowledge(self) -> Knowledge | None:
        """What the agency could have known at the point of the view; None for the auditor's view."""
        if self.agency is None:
            return None
        entries, at = self.replay.entries, self.replay.as_of
        if at is None:
            return Knowledge(self.agency)
        return known_to(self.agency, self.replay.case, entries, schedule(self.replay.adopted), at)

    @property
    def nothing(self) -> bool:
        """Whether it is the view of an agency that could not have known of the case."""
        return self.knowledge is not None and not self.knowledge

    @cached_property
    def table(self) -> Mapping[str, Field]:
        """Every field of the view."""
        if self.knowledge is not None:
            return self.knowledge.table()
        return trace(self.replay.case, self.replay.entries).table()

    @property
    def shown(self) -> Mapping[str, Field]:
        """The view as it is compared with an agency's: what any agency may be shown."""
        if self.knowledge is not None:
            return self.table
        return {p: Field(shown_value(f.value), f.event) for p, f in self.table.items() if _is_shown(p)}

    def history(self, path: str) -> list[tuple[EventRef, Any]]:
        """Every value that a field had, and the event that set it."""
        if self.knowledge is None:
            found = history_of(self.replay.case, self.replay.entries, path)
            return [(event_ref(entry), value) for entry, value in found]
        known = (k for k in self.knowledge.in_order() if path in k.fields)
        return [(known_ref(self.knowledge, k), k.fields[path]) for k in known]

    def refs(self, events: Iterable[str]) -> list[EventRef]:
        """These events, as far as the view's agency could know them, in recorded order."""
        wanted = set(events)
        if self.knowledge is not None:
            told = [k for k in self.knowledge.in_order() if k.entry.event.envelope.id in wanted]
            return [known_ref(self.knowledge, k) for k in told]
        return [event_ref(e) for e in self.replay.entries if e.event.envelope.id in wanted]

    def reach(self) -> dict[str, Any]:
        """What the answer covers."""
        replay, known = self.replay, self.knowledge
        statement, gaps, events = replay.statement, replay.gaps, len(replay.entries)
        if known is not None and self.agency is not None:
            events = len(known.events)
            statement, gaps = _statement(self.agency, events), [GAPS] if gaps else []
        return {
            "case": replay.case,
            "axis": answers.axis_name(replay.cut.axis),
            "as_of": replay.as_of,
            "as_of_event": replay.cut.as_of_event,
            "known_to": self.agency,
            "complete_until": replay.complete_until,
            "complete": replay.complete,
            "mouversion": replay.mouversion,
            "events": events,
            "statement": statement,
            "gaps": gaps,
            "positions": replay.positions,
        }


def _is_shown(path: str) -> bool:
    section, _, rest = path.partition("/")
    return is_shown(section, rest.rpartition("/")[2])


def _statement(agency: Agency, events: int) -> str:
    noun = "1 event" if events == 1 else f"{events} events"
    return f"{named(agency)} could have known of {noun} of this case by then."


def look(
    questions: Questions,
    case: str,
    caller: Caller,
    correlation: str,
    wanted: Sequence[tuple[Cut, Agency | None]],
) -> list[View]:
    """Views of one case out of the same ledger. Raises Problem 404, 422, 503.

    404 also where all views are those of agencies that could not have known of the case: then it is answered as
    if there were no such case.
    """
    facts = CallerFacts.of(caller)
    # For an agency "all of it" ends now: when the last event came is not for every agency to know.
    cuts = [replace(cut, present=agency is not None) for cut, agency in wanted]
    try:
        replays = questions.replays(case, facts, cuts, correlation)
    except NotYours as error:
        raise Problem("not-found") from error
    except NoSuchEvent as error:
        whole = [(Cut(cut.axis), agency) for cut, agency in wanted]
        look(questions, case, caller, correlation, whole)  # 404 comes before 422
        parameter = ("as_of_event", "to_as_of_event")[error.place]
        errors = [{"parameter": parameter, "detail": "is not an event of this case"}]
        raise Problem("invalid-field", errors=errors) from error
    views = [View(replay, agency) for replay, (_, agency) in zip(replays, wanted, strict=True)]
    if all(view.nothing for view in views):
        raise Problem("not-found")
    return views
