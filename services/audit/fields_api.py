"""Replay field by field over HTTP: where each value came from, and how two views of a case differ."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.audit import answers, known_answers
from services.audit.asking import AskedView, AsOf, AsOfEvent, KnownTo, cut_of, require_recorded
from services.audit.domain.difference import Difference, difference
from services.audit.domain.entry import Cut
from services.audit.known_answers import DiffAnswer, EventRef, FieldsAnswer, Point, earliest
from services.audit.questions import Questions
from services.audit.views import View, look
from shared.events.names import Agency
from shared.web.callers import CurrentCaller
from shared.web.problems import Problem
from shared.web.trace import CurrentTrace

ToAsOf = Annotated[AsOf, Query(description="The second point: a moment with its offset from UTC; inclusive.")]
ToAsOfEvent = Annotated[AsOfEvent, Query(description="The second point: an event of this case; inclusive.")]
ToKnownTo = Annotated[
    KnownTo, Query(description="The second view is as known to this agency; without it, as the first one.")
]
FieldName = Annotated[
    str,
    Query(
        pattern=r"^[a-z_]{1,40}(/[A-Za-z0-9-]{1,64})?/[a-z_]{1,40}(\.[A-Za-z0-9-]{1,64})?$", max_length=200
    ),
]


def fields_router(questions: Questions) -> APIRouter:
    """Fields, their histories, and differences."""
    router = APIRouter(tags=["cases"])

    @router.get("/v1/cases/{case}/fields", summary="Every field of a case, and the event that last set it")
    def fields(case: UUID, caller: CurrentCaller, trace: CurrentTrace, asked: AskedView) -> FieldsAnswer:
        wanted = [(asked.cut, asked.known_to)]
        (view,) = look(questions, str(case), caller, str(trace.correlation_id), wanted)
        shown = [known_answers.field_view(path, found) for path, found in sorted(view.table.items())]
        refs = view.refs(found.event for found in view.table.values())
        return FieldsAnswer(**view.reach(), fields=shown, set_by=refs)

    @router.get("/v1/cases/{case}/fields/history", summary="Where a field's value came from")
    def field_history(
        case: UUID, caller: CurrentCaller, trace: CurrentTrace, field: FieldName, asked: AskedView
    ) -> known_answers.FieldHistoryAnswer:
        wanted = [(asked.cut, asked.known_to)]
        (view,) = look(questions, str(case), caller, str(trace.correlation_id), wanted)
        values = [known_answers.FieldValue(value=v, set_by=ref) for ref, v in view.history(field)]
        return known_answers.FieldHistoryAnswer(**view.reach(), path=field, values=values)

    @router.get("/v1/cases/{case}/diff", summary="How one view of a case differs from another")
    def diff(
        case: UUID,
        caller: CurrentCaller,
        trace: CurrentTrace,
        asked: AskedView,
        to_as_of: ToAsOf = None,
        to_as_of_event: ToAsOfEvent = None,
        to_known_to: ToKnownTo = None,
    ) -> DiffAnswer:
        one, known_to = asked.cut, asked.known_to
        require_recorded(one.axis, to_known_to)
        other = cut_of(to_as_of, to_as_of_event, one.axis, "to_")
        wanted = [(one, known_to), _second(one, known_to, other, to_known_to)]
        before, after = look(questions, str(case), caller, str(trace.correlation_id), wanted)
        return compared(before, after)

    return router


def _second(one: Cut, known_to: Agency | None, other: Cut, to: Agency | None) -> tuple[Cut, Agency | None]:
    """The second view: at the same point if none is given, as known to the same agency if none is given."""
    pointed = other.as_of is not None or other.as_of_event is not None
    if not pointed and to is None:
        detail = "say what to compare with: a second point (to_as_of, to_as_of_event) or a view (to_known_to)"
        raise Problem("invalid-field", errors=[{"parameter": "to_as_of", "detail": detail}])
    return (other if pointed else one), to or known_to


def compared(before: View, after: View) -> DiffAnswer:
    """How the second view differs from the first."""
    mixed = before.agency is not None or after.agency is not None
    tables = [v.shown if mixed else v.table for v in (before, after)]
    found = difference(*tables)
    return DiffAnswer(
        case=before.replay.case,
        axis=answers.axis_name(before.replay.cut.axis),
        before=_point(before),
        after=_point(after),
        complete_until=earliest(before.replay.complete_until, after.replay.complete_until),
        complete=before.replay.complete and after.replay.complete,
        statement=_statement(found),
        gaps=sorted({gap for v in (before, after) for gap in v.reach()["gaps"]}),
        positions=before.reach()["positions"],
        changes=[known_answers.change_view(d) for d in found],
        set_by=_refs(found, before, after),
    )


def _point(view: View) -> Point:
    reach = view.reach()
    return Point.model_validate({name: reach[name] for name in Point.model_fields})


def _refs(found: list[Difference], before: View, after: View) -> list[EventRef]:
    refs = {r.event: r for r in before.refs(d.before.event for d in found if d.before)}
    for ref in after.refs(d.after.event for d in found if d.after):
        if ref.event not in refs or ref.whole:
            refs[ref.event] = ref
    return sorted(refs.values(), key=lambda ref: ref.recorded)


def _statement(found: list[Difference]) -> str:
    if not found:
        return "The two views are the same."
    fields = "1 field differs" if len(found) == 1 else f"{len(found)} fields differ"
    things = {"/".join(d.path.split("/")[:-1]) for d in found}
    return f"{fields}, in {len(things)} thing{'s' if len(things) > 1 else ''}."
