"""What a page answers when it cannot be shown, or a form cannot be taken."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from shared.web.problems import Problem, told
from shared.web.site.forms import (
    OWN,
    TOKEN,
    Fields,
    ForeignForm,
    FormOfAnotherSession,
    require_own_origin,
    typed_in,
)
from shared.web.site.paths import path_of, way_back, with_way_back
from shared.web.site.rendering import Pages
from shared.web.site.site import Site
from shared.web.site.visitor import RenewFirst, SignInFirst, Visitor

SIGN_IN, RENEW = "/sign-in", "/session/renew"
SAFE = ("GET", "HEAD")


def install(app: FastAPI, site: Site, pages: Pages) -> None:
    """Let `app` serve pages of `site`. Handlers find `app.state.site` and `app.state.pages`."""
    app.state.site, app.state.pages = site, pages
    app.add_exception_handler(SignInFirst, _sign_in_first)
    app.add_exception_handler(RenewFirst, _renew_first)
    app.add_exception_handler(ForeignForm, _foreign)
    app.add_exception_handler(FormOfAnotherSession, _of_another_session)


def lead_to(request: Request, path: str) -> Response:
    """303 to `path`; a page that htmx changes in part is led there as a whole."""
    if request.headers.get("hx-request"):
        return Response(status_code=204, headers={"HX-Redirect": path})
    return RedirectResponse(path, 303)


async def _sign_in_first(request: Request, _: Exception) -> Response:
    if request.method in SAFE:
        return lead_to(request, with_way_back(SIGN_IN, way_back(path_of(request))))
    try:
        require_own_origin(request)
        return again_page(request, request.url.path, await typed_in(request), None, status=403)
    except ForeignForm:
        return _refused(request)
    except Problem as problem:
        return told(request, problem)


async def _renew_first(request: Request, _: Exception) -> Response:
    # 307 has the browser send the form again, first to referrals and then, with a fresh cookie, here.
    status = 303 if request.method in SAFE else 307
    parts = request.url
    here = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return RedirectResponse(with_way_back(RENEW, here), status)


async def _foreign(request: Request, _: Exception) -> Response:
    return _refused(request)


async def _of_another_session(request: Request, error: Any) -> Response:
    return again_page(request, request.url.path, error.typed, error.visitor, "other-session", status=403)


def _refused(request: Request) -> Response:
    pages: Pages = request.app.state.pages
    return pages.answer(request, "not-sent.html", status=403)


def again_page(
    request: Request,
    action: str,
    fields: Fields,
    visitor: Visitor | None,
    why: str = "",
    *,
    status: int = 200,
    back: str = "",
) -> Response:
    """What was typed, to be sent to `action` again by the person: in this visitor's session, or, without one, after
    they have signed in. `why`: `locked` or `other-session`."""
    pages: Pages = request.app.state.pages
    token = (visitor.form_token if visitor else "",)
    sent = {name: values for name, values in fields.items() if name != TOKEN} | {TOKEN: token}
    pairs = [(name, value) for name, values in sent.items() for value in values]
    shown = [value for name, value in pairs if name not in OWN and value.strip()]
    return pages.answer(
        request,
        "send-again.html",
        visitor,
        status=status,
        action=action,
        hidden=pairs,
        shown=shown,
        why=why,
        back=back,
    )
