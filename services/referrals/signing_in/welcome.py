"""A session for somebody who has shown who they are, whichever way."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from services.referrals.signing_in.desk import Desk
from shared.errors import TryLater
from shared.web.callers import Caller
from shared.web.site.cookie import Language
from shared.web.site.paths import with_way_back
from shared.web.site.visitor import claims_of

KEPT_PAGE = "/session/kept"


def welcome(
    desk: Desk, request: Request, caller: Caller, language: Language, how: str, back: str, correlation: str
) -> Response:
    """The session's cookie, and on to `back`. A session that this browser had ends.

    Raises NoRole, Conflict, TryLater.
    """
    session = desk.sessions.begin(caller, language, how, correlation)
    former = claims_of(request)
    if former is not None:
        desk.sessions.end(former.sid, "sign-out", correlation)
    kept = _has_kept(desk, session.person)
    answer = RedirectResponse(with_way_back(KEPT_PAGE, back) if kept else back, 303)
    desk.put_session(answer, session)
    desk.site.put_passing_cookie(answer, "", 0)
    return answer


def _has_kept(desk: Desk, person: str) -> bool:
    try:
        return desk.drafts.interrupted(person) is not None
    except TryLater:  # the vault is away: it is there for a day, and asked for at the next sign-in
        return False
