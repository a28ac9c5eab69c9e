"""The duties of a case over HTTP: worked out anew, and compared with what notifications recorded."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from services.audit.asking import Asked, AsOf, AsOfEvent, KnownTo, cut_of
from services.audit.domain.entry import Axis, Cut
from services.audit.duties import Duties
from services.audit.duty_answers import DutiesAnswer, duties_answer
from services.audit.questions import Questions
from services.audit.views import look
from shared.web.callers import CurrentCaller
from shared.web.problems import Problem
from shared.web.trace import CurrentTrace


def _asked(as_of: AsOf = None, as_of_event: AsOfEvent = None, known_to: KnownTo = None) -> Asked:
    return Asked(cut_of(as_of, as_of_event, Axis.RECORDED), known_to)


AskedDuties = Annotated[Asked, Depends(_asked)]


def duties_router(questions: Questions) -> APIRouter:
    """What is owed in a case."""
    router = APIRouter(tags=["cases"])

    @router.get("/v1/cases/{case}/duties", summary="What was to be done in a case, and what became of it")
    def duties(case: UUID, caller: CurrentCaller, trace: CurrentTrace, asked: AskedDuties) -> DutiesAnswer:
        wanted = [(asked.cut, asked.known_to), (Cut(), None)]
        view, whole = look(questions, str(case), caller, str(trace.correlation_id), wanted)
        if view.nothing:
            raise Problem("not-found")
        return duties_answer(Duties(view, whole))

    return router
