"""A view of a case as the story of a bundle: the answers as JSON, and how much of each record is given. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.audit import answers, known_answers
from services.audit.domain.entry import Entry
from services.audit.domain.evidence import CaseStream, Piece, pieces, streams
from services.audit.domain.fold import fold
from services.audit.domain.proof.index import OF_MOU, RAW
from services.audit.duties import Duties
from services.audit.duty_answers import duties_answer
from services.audit.evidence.story import Asked, Story
from services.audit.reading import adopted_by, concern_of, in_force, parsed
from services.audit.views import View


def story_of(
    view: View, adoptions: Sequence[Entry], elsewhere: Mapping[str, frozenset[int]], asked: Asked, key: str
) -> Story:
    """The story. `adoptions` adopted every version of the MOU; those known by the view's moment are told.

    `elsewhere` are versions of the case's streams that the ledger holds for other things. `key` is the public key.
    """
    replay, at = view.replay, view.replay.as_of
    known = [entry for entry in adoptions if at is not None and entry.recorded <= at]
    adopted = [adopted_by(entry) for entry in known]
    mou = parsed(in_force(adopted, at)) if at is not None else None
    given = pieces(replay.entries, view.knowledge, mou)
    of_case = streams(given, _subjects(replay.case, replay.entries), elsewhere)
    return Story(
        asked=asked,
        history=_history(view),
        state=_state(view),
        pieces=given,
        streams={**of_case, **_mou_streams(known)},
        mous=[Piece(entry, RAW) for entry in known],
        adopted=adopted,
        key=key,
        duties=_duties(view),
    )


def _subjects(case: str, entries: Sequence[Entry]) -> frozenset[str]:
    own = (entry for entry in entries if entry.event.envelope.subject == case)
    return frozenset({case, *(concern for e in own if (concern := concern_of(e.event)) is not None)})


def _mou_streams(adoptions: Sequence[Entry]) -> dict[str, CaseStream]:
    last: dict[str, int] = {}
    for entry in adoptions:
        stream = entry.event.envelope.stream
        last[stream] = max(last.get(stream, 0), entry.event.version)
    return {id: CaseStream(f"m{n}", OF_MOU, last[id], id) for n, id in enumerate(sorted(last), 1)}


def _history(view: View) -> dict[str, Any]:
    reach, knowledge = view.reach(), view.knowledge
    if knowledge is None:
        entries = [answers.history_entry(entry) for entry in view.replay.entries]
        return answers.HistoryAnswer(**reach, entries=entries).model_dump(mode="json")
    known = [known_answers.known_entry(knowledge, one) for one in knowledge.in_order()]
    return known_answers.KnownHistoryAnswer(**reach, entries=known).model_dump(mode="json")


def _duties(view: View) -> list[dict[str, Any]]:
    """As worked out by what the view holds. What notifications recorded of them is in the history."""
    if view.knowledge is not None:
        return []
    told = duties_answer(Duties(view, view)).duties
    return [duty.owed.model_dump(mode="json") for duty in told if duty.owed is not None]


def _state(view: View) -> dict[str, Any]:
    reach, knowledge = view.reach(), view.knowledge
    if knowledge is None:
        state = answers.case_view(fold(view.replay.case, view.replay.entries))
        return answers.StateAnswer(**reach, state=state).model_dump(mode="json")
    things = [known_answers.known_thing(thing) for thing in knowledge.things.values()]
    saw = [known_answers.sighting(one) for one in knowledge.did_see]
    return known_answers.KnownStateAnswer(**reach, things=things, did_see=saw).model_dump(mode="json")
