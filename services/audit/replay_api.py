"""Replay over HTTP: a case's history and state, at a point of either axis, or as an agency could have known it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.audit import answers, known_answers
from services.audit.asking import AsOf, AsOfEvent, ByAxis, KnownTo, cut_of, require_recorded
from services.audit.domain.entry import Axis, Cut
from services.audit.domain.fold import fold
from services.audit.questions import Questions
from services.audit.state_text import answer_text
from services.audit.views import View, look
from shared.web import cursors
from shared.web.callers import Caller, CurrentCaller
from shared.web.trace import CurrentTrace

PAGE = 200


def replay_router(questions: Questions, secret: bytes) -> APIRouter:
    """A case's history and state."""
    router = APIRouter(tags=["cases"])

    @router.get("/v1/cases/{case}/history", summary="What was recorded of a case, in order")
    def history(
        case: UUID,
        caller: CurrentCaller,
        trace: CurrentTrace,
        as_of: AsOf = None,
        as_of_event: AsOfEvent = None,
        axis: ByAxis = Axis.RECORDED,
        known_to: KnownTo = None,
        cursor: Annotated[str | None, Query(max_length=600)] = None,
    ) -> answers.HistoryAnswer | known_answers.KnownHistoryAnswer:
        require_recorded(axis, known_to)
        cut = cut_of(as_of, as_of_event, axis)
        bound = _bound(case, cut, known_to)
        start = 0
        if cursor is not None:
            # The first page settled the moment; the later ones are told for the same.
            moment, start = cursors.decode(secret, caller, bound, cursor)
            cut = Cut(axis, datetime.fromisoformat(moment) if moment else None, cut.as_of_event)
        (view,) = look(questions, str(case), caller, str(trace.correlation_id), [(cut, known_to)])
        told = _entries(view)
        following = _next(secret, caller, bound, view, start, len(told))
        page: Any = {**view.reach(), "entries": _told(view, told[start : start + PAGE]), "next": following}
        kind = answers.HistoryAnswer if known_to is None else known_answers.KnownHistoryAnswer
        return kind.model_validate(page)

    @router.get(
        "/v1/cases/{case}/state",
        summary="A case as it stood, or as an agency could have known it",
        response_model=answers.StateAnswer | known_answers.KnownStateAnswer,
    )
    def state(
        case: UUID,
        caller: CurrentCaller,
        trace: CurrentTrace,
        as_of: AsOf = None,
        as_of_event: AsOfEvent = None,
        axis: ByAxis = Axis.RECORDED,
        known_to: KnownTo = None,
    ) -> Response | answers.StateAnswer | known_answers.KnownStateAnswer:
        require_recorded(axis, known_to)
        cut = cut_of(as_of, as_of_event, axis)
        (view,) = look(questions, str(case), caller, str(trace.correlation_id), [(cut, known_to)])
        if view.knowledge is None and axis is Axis.RECORDED:
            # Written out as it is: a long case is a megabyte, and its parts are mostly written already.
            text = answer_text(view.reach(), view.replay.line, len(view.replay.entries))
            return Response(text, media_type="application/json")
        if view.knowledge is None:
            folded = fold(str(case), view.replay.entries)
            return answers.StateAnswer(**view.reach(), state=answers.case_view(folded))
        things = [known_answers.known_thing(thing) for thing in view.knowledge.things.values()]
        saw = [known_answers.sighting(one) for one in view.knowledge.did_see]
        return known_answers.KnownStateAnswer(**view.reach(), things=things, did_see=saw)

    return router


def _bound(case: UUID, cut: Cut, known_to: str | None) -> dict[str, str]:
    return {
        "case": str(case),
        "axis": cut.axis.value,
        "as_of": str(cut.as_of),
        "event": str(cut.as_of_event),
        "known_to": str(known_to),
    }


def _entries(view: View) -> list[Any]:
    return list(view.replay.entries) if view.knowledge is None else view.knowledge.in_order()


def _told(view: View, page: list[Any]) -> list[Any]:
    if view.knowledge is None:
        return [answers.history_entry(entry) for entry in page]
    return [known_answers.known_entry(view.knowledge, known) for known in page]


def _next(
    secret: bytes, caller: Caller, bound: dict[str, str], view: View, start: int, count: int
) -> str | None:
    if start + PAGE >= count:
        return None
    settled = view.replay.cut.as_of
    return cursors.encode(secret, caller, bound, [settled.isoformat() if settled else None, start + PAGE])
