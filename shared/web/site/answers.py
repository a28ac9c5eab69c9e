"""What a page answers when it cannot be shown, or a form cannot be taken."""

from __future__ import annotations

from html import escape
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from shared.web.problems import Problem
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
from shared.web.site.site import Site
from shared.web.site.visitor import RenewFirst, SignInFirst

SIGN_IN, RENEW = "/sign-in", "/session/renew"
SAFE = ("GET", "HEAD")


def install(app: FastAPI, site: Site) -> None:
    """Let `app` serve pages of `site`. Handlers find `app.state.site`."""
    app.state.site = site
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
        return again_page(request, await typed_in(request), None)
    except ForeignForm:
        return _refused()
    except Problem as problem:
        return problem.response()


async def _renew_first(request: Request, _: Exception) -> Response:
    # 307 has the browser send the form again, first to referrals and then, with a fresh cookie, here.
    status = 303 if request.method in SAFE else 307
    parts = request.url
    here = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return RedirectResponse(with_way_back(RENEW, here), status)


async def _foreign(_: Request, __: Exception) -> Response:
    return _refused()


async def _of_another_session(request: Request, error: Any) -> Response:
    token = error.visitor.form_token if error.visitor else None
    return again_page(request, error.typed, token)


def _refused() -> Response:
    text = (
        "This was not sent from a page of Accord, so nothing was done. Open the page again and send it there."
    )
    return HTMLResponse(_page("Not sent", f"<p>{text}</p>"), 403)


def again_page(request: Request, fields: Fields, token: str | None) -> Response:
    """403 with what was typed, to be sent again by the person: with `token`, or after they have signed in."""
    body = f"{SIGNED_IN if token else SIGN_IN_FIRST}{kept_form(request.url.path, fields, token or '')}"
    return plain("Send it again?", body, 403)


def kept_form(action: str, fields: Fields, token: str) -> str:
    """A form, in HTML, that shows what was typed into another one and sends the same again, with this token."""
    sent = {name: values for name, values in fields.items() if name != TOKEN} | {TOKEN: (token,)}
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, values in sent.items()
        for value in values
    )
    shown = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>"
        for name, values in sent.items()
        if name not in OWN
        for value in values
    )
    send = f'<form method="post" action="{escape(action)}">{hidden}<button>Send it again</button></form>'
    return f"<dl>{shown}</dl>{send}"


SIGNED_IN = "<p>You have signed in again since then. Nothing was sent. Check it and send it again.</p>"
SIGN_IN_FIRST = (
    "<p>You are not signed in, so nothing was sent yet. What you typed is kept on this page.</p>"
    f'<p><a href="{SIGN_IN}" target="_blank" rel="noopener">Sign in</a> in a new tab, then go on here.</p>'
)


def plain(title: str, body: str, status: int = 200) -> HTMLResponse:
    """A page of a few words. `title` and `body` are HTML."""
    return HTMLResponse(_page(title, body), status)


def _page(title: str, body: str) -> str:
    head = f'<meta charset="utf-8"><title>{title}</title><meta name="viewport" content="width=device-width">'
    inner = f"<body><main><h1>{title}</h1>{body}</main></body>"
    return f'<!doctype html><html lang="en"><head>{head}</head>{inner}</html>'
