"""Names beside codes: on any page of the site, for who may see them, each showing recorded as a read."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import StringConstraints
from starlette.responses import JSONResponse, Response

from services.referrals.pages.work import Work
from shared.events.names import Purpose
from shared.mou.facts import CallerFacts
from shared.web.site.codes import code_of
from shared.web.site.refusing import route_of
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.trace import CurrentTrace, Trace

#: As many as one request may ask for: its address must still do as a way back, if the cookie is renewed first.
MOST = 20
Kind = Literal["concern", "case", "referral"]
_UUID = r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}"
Named = Annotated[str, StringConstraints(pattern=rf"^(concern|case|referral)/{_UUID}$")]
Thing = Annotated[str, StringConstraints(pattern=rf"^{_UUID}$")]
#: What a page reads for; a page says it of itself, as a program does with `Accord-Purpose`.
PagePurpose = Annotated[Literal["coordinate", "respond", "audit"], Query()]


def names_router(work: Work) -> APIRouter:
    """`/names`. A visitor in privacy view is given none, and no read is recorded."""
    router = APIRouter(route_class=route_of(work.pages))

    @router.get("/names")
    def several(
        visitor: CurrentVisitor,
        trace: CurrentTrace,
        of: Annotated[list[Named], Query(min_length=1, max_length=MOST)],
        purpose: PagePurpose = "coordinate",
    ) -> Response:
        """The names that the visitor may see, by what was asked for; what is left out stays a code."""
        wanted = [(kind, id) for kind, _, id in (one.partition("/") for one in dict.fromkeys(of))]
        found = _names(work, visitor.acting(Purpose(purpose)), trace, wanted)
        return JSONResponse({f"{kind}/{id}": name for (kind, id), name in found.items()})

    @router.get("/names/{kind}/{thing}")
    def one(
        kind: Kind,
        thing: Thing,
        request: Request,
        visitor: CurrentVisitor,
        trace: CurrentTrace,
        purpose: PagePurpose = "coordinate",
    ) -> Response:
        """The code, and the name beside it."""
        found = _names(work, visitor.acting(Purpose(purpose)), trace, [(kind, thing)])
        name = found.get((kind, thing), "")
        return work.pages.part(request, "name.html", "name", visitor, code=code_of(kind, thing), name=name)

    return router


def _names(
    work: Work, visitor: Visitor, trace: Trace, wanted: list[tuple[str, str]]
) -> dict[tuple[str, str], str]:
    if visitor.privacy:
        return {}
    caller = CallerFacts.of(visitor.caller)
    return work.doors.referrals.questions.names(wanted, caller, str(trace.correlation_id))
