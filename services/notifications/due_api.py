"""What is due next, over HTTP: the duties of the queues of the caller's roles."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.notifications.answers import PLACES, About, moment_or_none, viewer_of
from services.notifications.due import Due, DueNext
from shared.events.moments import write_moment
from shared.web import cursors
from shared.web.callers import CurrentCaller


class DutyLinks(BaseModel):
    """Addresses on the referrals service."""

    about: str
    rule: str


class OpenDuty(BaseModel):
    """What is to be done, by whom and until when. `says` is the memorandum's own sentence.

    `state`: `open`, `due-soon`, `tolled` (its clock stands still), or `no-record-by-due-time`: the time is past and
    nothing is on record, which is no word on whether it was done.
    """

    duty: UUID
    rule: str
    says: str
    clause: str
    mouversion: str
    state: str
    opened_at: str
    due_at: str | None
    recipient: str
    about: About
    opening: UUID
    links: DutyLinks


class DutyPage(BaseModel):
    """A page, the soonest due first. `next` is there if there is more."""

    duties: list[OpenDuty]
    next: str | None


def duties_router(due: DueNext, secret: bytes) -> APIRouter:
    """What is due next. `secret` closes the cursors."""
    router = APIRouter(tags=["feed"])

    @router.get("/v1/feed/duties", summary="What the queues of your roles have to do, soonest due first")
    def duties(
        caller: CurrentCaller,
        cursor: Annotated[str | None, Query(max_length=600)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> DutyPage:
        bound = {"page": "duties"}
        after = None
        if cursor:
            at, id = cursors.decode(secret, caller, bound, cursor)
            after = at, UUID(id)
        found = due.page(viewer_of(caller), after, limit + 1)
        more = None
        if len(found) > limit:
            last = found[limit - 1]
            at = write_moment(last.due_at) if last.due_at else "infinity"
            more = cursors.encode(secret, caller, bound, [at, str(last.duty)])
        return DutyPage(duties=[_open(one) for one in found[:limit]], next=more)

    return router


def _open(one: Due) -> OpenDuty:
    return OpenDuty(
        duty=one.duty,
        rule=one.rule,
        says=one.says,
        clause=one.clause,
        mouversion=one.mouversion,
        state=one.state,
        opened_at=write_moment(one.opened_at),
        due_at=moment_or_none(one.due_at),
        recipient=one.queue,
        about=About(kind=one.about_kind, id=one.about),
        opening=one.opening,
        links=DutyLinks(about=PLACES[one.about_kind].format(id=one.about), rule="/v1/mou"),
    )
