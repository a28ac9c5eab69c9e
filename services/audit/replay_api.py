"""Replay over HTTP: a case's history and state, at a point of either axis, or as an agency could have known it."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.audit import answers, known_answers
from services.audit.asking import Asked, AskedView
from services.audit.domain.entry import Axis, Cut, Entry
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
        asked: AskedView,
        cursor: Annotated[str | None, Query(max_length=600)] = None,
    ) -> answers.HistoryAnswer | known_answers.KnownHistoryAnswer:
        cut, bound = asked.cut, _bound(case, asked)
        after: list[Any] | None = None
        if cursor is not None:
            # The first page settled the moment; the later ones are told for the same.
            moment, after = cursors.decode(secret, caller, bound, cursor)
            cut = Cut(cut.axis, datetime.fromisoformat(moment) if moment else None, cut.as_of_event)
        (view,) = look(questions, str(case), caller, str(trace.correlation_id), [(cut, asked.known_to)])
        told = _entries(view)
        start = 0 if after is None else _behind(view, told, after)
        page = told[start : start + PAGE]
        following = _next(secret, caller, bound, view, page) if len(told) > start + PAGE else None
        answer: Any = {**view.reach(), "entries": _told(view, page), "next": following}
        kind = answers.HistoryAnswer if asked.known_to is None else known_answers.KnownHistoryAnswer
        return kind.model_validate(answer)

    @router.get(
        "/v1/cases/{case}/state",
        summary="A case as it stood, or as an agency could have known it",
        response_model=answers.StateAnswer | known_answers.KnownStateAnswer,
    )
    def state(
        case: UUID, caller: CurrentCaller, trace: CurrentTrace, asked: AskedView
    ) -> Response | answers.StateAnswer | known_answers.KnownStateAnswer:
        wanted = [(asked.cut, asked.known_to)]
        (view,) = look(questions, str(case), caller, str(trace.correlation_id), wanted)
        if view.knowledge is None and asked.cut.axis is Axis.RECORDED:
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


def _bound(case: UUID, asked: Asked) -> dict[str, str]:
    return {
        "case": str(case),
        "axis": asked.cut.axis.value,
        "as_of": str(asked.cut.as_of),
        "event": str(asked.cut.as_of_event),
        "known_to": str(asked.known_to),
    }


def _entries(view: View) -> list[Any]:
    return list(view.replay.entries) if view.knowledge is None else view.knowledge.in_order()


def _told(view: View, page: list[Any]) -> list[Any]:
    if view.knowledge is None:
        return [answers.history_entry(entry) for entry in page]
    return [known_answers.known_entry(view.knowledge, known) for known in page]


def _place(view: View, told: Any) -> tuple[datetime, datetime, str, int, int, int]:
    entry: Entry = told if view.knowledge is None else told.entry
    return entry.place(view.replay.cut.axis)


def _behind(view: View, told: list[Any], after: list[Any]) -> int:
    """Where what comes behind the last entry of the page before begins.

    By its place and not by its number: while pages are read, what was recorded earlier may come from another topic.
    """
    place = (*map(datetime.fromisoformat, after[:2]), *after[2:])
    return bisect_right(told, place, key=lambda one: _place(view, one))


def _next(secret: bytes, caller: Caller, bound: dict[str, str], view: View, page: list[Any]) -> str:
    settled = view.replay.cut.as_of
    at, recorded, *rest = _place(view, page[-1])
    place = [at.isoformat(), recorded.isoformat(), *rest]
    return cursors.encode(secret, caller, bound, [settled.isoformat() if settled else None, place])
