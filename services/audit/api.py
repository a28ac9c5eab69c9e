"""Audit over HTTP: history and state of a case, how far the ledger reaches, what stands out in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, FastAPI, Query
from pydantic import AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError

from services.audit import answers
from services.audit.access import may_read_findings
from services.audit.domain.entry import Axis, Cut, Entry
from services.audit.domain.fold import fold
from services.audit.merkle.api import checkpoint_router, proof_router
from services.audit.merkle.asking import Proofs
from services.audit.questions import NoSuchEvent, NotYours, Questions, Replay
from shared.mou import CallerFacts
from shared.settings import Settings
from shared.web import cursors
from shared.web.app import create_app
from shared.web.callers import Caller, CurrentCaller, Verifier
from shared.web.health import Readiness
from shared.web.problems import Problem
from shared.web.trace import CurrentTrace

PAGE = 200
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}T.*", re.ASCII)


def _written_out(text: Any) -> Any:
    """ISO 8601 only: a bare number would be read as seconds since 1970."""
    if isinstance(text, str) and not _ISO.fullmatch(text):
        raise PydanticCustomError("moment", "must be a date and time such as 2026-03-03T14:15:00-08:00")
    return text


AsOf = Annotated[
    Annotated[AwareDatetime, BeforeValidator(_written_out)] | None,
    Query(description="A moment with its offset from UTC (encode + as %2B); inclusive. Without it: all."),
]
AsOfEvent = Annotated[UUID | None, Query(description="An event of this case; inclusive. Instead of as_of.")]
ByAxis = Annotated[
    Axis, Query(description="By when it was recorded, or by when it is said to have happened.")
]


def make_app(
    questions: Questions,
    verifier: Verifier,
    settings: Settings,
    readiness: Readiness,
    secret: bytes,
    proofs: Proofs,
) -> FastAPI:
    """The API of audit. `secret` closes its cursors."""
    routers = [
        cases_router(questions, secret),
        ledger_router(questions),
        checkpoint_router(proofs),
        proof_router(proofs),
    ]
    return create_app("audit", verifier=verifier, readiness=readiness, routers=routers, settings=settings)


def cases_router(questions: Questions, secret: bytes) -> APIRouter:
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
        cursor: Annotated[str | None, Query(max_length=600)] = None,
    ) -> answers.HistoryAnswer:
        cut = _cut(as_of, as_of_event, axis)
        bound = {
            "case": str(case),
            "axis": axis.value,
            "as_of": str(cut.as_of),
            "event": str(cut.as_of_event),
        }
        start = 0
        if cursor is not None:
            # The first page settled the moment; the later ones are told for the same.
            moment, start = cursors.decode(secret, caller, bound, cursor)
            cut = Cut(axis, datetime.fromisoformat(moment) if moment else None, cut.as_of_event)
        replay = _replay(questions, str(case), caller, cut, str(trace.correlation_id))
        page = replay.entries[start : start + PAGE]
        following = None
        if start + PAGE < len(replay.entries):
            pinned = replay.cut.as_of.isoformat() if replay.cut.as_of else None
            following = cursors.encode(secret, caller, bound, [pinned, start + PAGE])
        told = [answers.history_entry(entry) for entry in page]
        return answers.HistoryAnswer(**_reach(replay), entries=told, next=following)

    @router.get("/v1/cases/{case}/state", summary="A case as it stood")
    def state(
        case: UUID,
        caller: CurrentCaller,
        trace: CurrentTrace,
        as_of: AsOf = None,
        as_of_event: AsOfEvent = None,
        axis: ByAxis = Axis.RECORDED,
    ) -> answers.StateAnswer:
        cut = _cut(as_of, as_of_event, axis)
        replay = _replay(questions, str(case), caller, cut, str(trace.correlation_id))
        folded = fold(str(case), replay.entries)
        return answers.StateAnswer(**_reach(replay), state=answers.case_view(folded))

    return router


def ledger_router(questions: Questions) -> APIRouter:
    """How far the ledger reaches, and what stands out. For the county's auditor and operator."""
    router = APIRouter(tags=["ledger"])

    @router.get("/v1/ledger/positions", summary="How far the ledger reaches")
    def positions(caller: CurrentCaller) -> answers.PositionsAnswer:
        _require_county(caller)
        with questions.snapshot() as reader:
            return answers.PositionsAnswer.model_validate(
                {"complete_until": reader.complete_until(), "positions": reader.positions()}
            )

    @router.get("/v1/findings", summary="What stands out in the log of record")
    def findings(
        caller: CurrentCaller,
        after: Annotated[int, Query(ge=0, lt=2**63)] = 0,
        limit: Annotated[int, Query(ge=1, le=200)] = 100,
    ) -> answers.FindingsAnswer:
        _require_county(caller)
        with questions.snapshot() as reader:
            found = reader.findings(after, limit)
        following = found[-1]["id"] if len(found) == limit else None
        return answers.FindingsAnswer.model_validate({"findings": found, "next": following})

    return router


def _cut(as_of: datetime | None, as_of_event: UUID | None, axis: Axis) -> Cut:
    if as_of is not None and as_of_event is not None:
        detail = "cannot stand beside as_of: give one of the two"
        raise Problem("invalid-field", errors=[{"parameter": "as_of_event", "detail": detail}])
    return Cut(axis, _in_utc(as_of) if as_of else None, str(as_of_event) if as_of_event else None)


def _in_utc(moment: datetime) -> datetime:
    try:
        return max(moment.astimezone(UTC), EARLIEST)
    except OverflowError:  # an offset that leads out of the years 1 to 9999
        return EARLIEST if moment.year < 2 else LATEST


def _replay(questions: Questions, case: str, caller: Caller, cut: Cut, correlation: str) -> Replay:
    try:
        return questions.replay(case, CallerFacts.of(caller), cut, correlation)
    except NotYours as error:
        raise Problem("not-found") from error
    except NoSuchEvent as error:
        detail = "is not an event of this case"
        raise Problem("invalid-field", errors=[{"parameter": "as_of_event", "detail": detail}]) from error


def _reach(replay: Replay) -> dict[str, Any]:
    entries: Sequence[Entry] = replay.entries
    return {
        "case": replay.case,
        "axis": answers.axis_name(replay.cut.axis),
        "as_of": replay.as_of,
        "as_of_event": replay.cut.as_of_event,
        "complete_until": replay.complete_until,
        "complete": replay.complete,
        "mouversion": replay.mouversion,
        "events": len(entries),
        "statement": replay.statement,
        "gaps": replay.gaps,
        "positions": replay.positions,
    }


def _require_county(caller: Caller) -> None:
    if not may_read_findings(CallerFacts.of(caller)):
        raise Problem("not-found")
