"""`/calls`: concerns without a call and with one, who outside is still to be reached, and calls about referrals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.referrals.application.listing import Lists
from services.referrals.pages.labels import RESULTS, Labels, in_english
from services.referrals.pages.listing import Card, Cursor, Pager, concern_card
from services.referrals.pages.referral_telling import callers
from services.referrals.pages.wording import LINES, REFERRAL_STATES, Wording
from services.referrals.pages.work import Work
from shared.events.moments import read_moment
from shared.events.names import Purpose
from shared.mou.facts import CallerFacts
from shared.web.site.codes import code_of
from shared.web.site.forms import CheckedForm, own_fields
from shared.web.site.refusing import route_of
from shared.web.site.visitor import CurrentVisitor
from shared.web.trace import CurrentTrace

PAGE = "/calls"


@dataclass(frozen=True)
class Called:
    """A call that was stated."""

    path: str
    code: str
    line: str
    called: datetime


def called_of(view: Mapping[str, Any], wording: Wording) -> Called:
    """The call of a concern."""
    return Called(
        f"/concerns/{view['id']}",
        code_of("concern", view["id"]),
        wording.word(LINES, view.get("called_line", "other")),
        read_moment(view["called_at"]),
    )


def telephoned_of(view: Mapping[str, Any], agency: str, labels: Labels, wording: Wording) -> Called:
    """The last call about a referral: who called whom, and what came of it."""
    call = view["calls"][-1]
    who = dict(callers(view, agency, labels, wording.say))[call["called_by"]]
    result = wording.word(RESULTS, call["result"])
    return Called(
        f"/referrals/{view['id']}",
        code_of("referral", view["id"]),
        f"{who}. {result}.",
        read_moment(call["called_at"]),
    )


def referral_card(view: Mapping[str, Any], wording: Wording) -> Card:
    """A referral to an agency outside, which has no pages of its own."""
    return Card(
        f"/referrals/{view['id']}",
        code_of("referral", view["id"]),
        wording.word(REFERRAL_STATES, view["status"]),
        in_english(Labels(wording.mou).outside(view["outside"])),
        read_moment(view["requested_at"]),
        id=view["id"],
    )


def calls_router(work: Work) -> APIRouter:
    """The call log. Its buttons send what the pages of the things themselves send."""
    pages = work.pages
    router = APIRouter(route_class=route_of(pages))
    lists = Lists(work.doors.referrals.questions)
    pager = Pager(lists, work.doors.referrals.secret)

    @router.get(PAGE)
    def calls(
        request: Request,
        visitor: CurrentVisitor,
        done: UUID | None = None,
        reached: UUID | None = None,
        cursor: Cursor = None,
    ) -> Response:
        """Calls to be made, oldest first; calls that were made, newest first. `done` and `reached`: what was just
        recorded, a concern's call or a referral's."""
        responding = visitor.acting(Purpose.RESPOND)
        viewer = lists.viewer(CallerFacts.of(responding.caller))
        wording = Wording(visitor.language, viewer.mou)
        waiting, hidden = pager.page("not-called", viewer, responding.caller, None)
        made, more = pager.page("called", viewer, responding.caller, cursor)
        outside, _ = pager.page("outside", viewer, responding.caller, None)
        telephoned, _ = pager.page("telephoned", viewer, responding.caller, None)
        agency, labels = str(visitor.caller.agency), Labels(viewer.mou)
        called = [called_of(view, wording) for view in made]
        return pages.answer(
            request,
            "calls.html",
            visitor,
            waiting=[concern_card(view, wording) for view in waiting],
            hidden=hidden is not None,
            outside=[referral_card(view, wording) for view in outside],
            called=called,
            telephoned=[telephoned_of(view, agency, labels, wording) for view in telephoned],
            done=next((one.code for one in called if done and one.path.endswith(str(done))), ""),
            reached=code_of("referral", reached)
            if reached and work.knows("referral", str(reached), responding)
            else "",
            own=lambda: own_fields(visitor, PAGE),
            more=more,
            first=cursor is None,
        )

    @router.post("/calls/referrals/{referral:uuid}")
    def reach(visitor: CurrentVisitor, form: CheckedForm, trace: CurrentTrace, referral: UUID) -> Response:
        """The agency outside was reached by telephone: it has the referral in hand."""
        work.do("receive-referral", visitor.acting(Purpose.RESPOND), form, trace, {}, str(referral))
        return RedirectResponse(f"{PAGE}?reached={referral}", 303)

    return router
