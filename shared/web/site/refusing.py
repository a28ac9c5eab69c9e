"""When a page cannot be shown or a form cannot be taken, a person reads why and what to do, in their language."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from shared.errors import AccordError, Refusal
from shared.web import problems
from shared.web.problems import Problem, ProblemPage, unexpected
from shared.web.site.forms import OWN, TOKEN, Fields, ForeignForm, FormOfAnotherSession, typed_in
from shared.web.site.rendering import Pages
from shared.web.site.visitor import RenewFirst, SignInFirst, maybe_visitor
from shared.web.site.words import N_

#: What people read for each kind of problem; the rest is said by UNKNOWN.
WORDS: dict[str, tuple[str, str]] = {
    "not-found": (
        N_("This page is not here"),
        N_("It is not there, or it is not for you. Check the address."),
    ),
    "not-allowed": (
        N_("You may see this, but not do it"),
        N_("Ask your supervisor who in your agency may do it."),
    ),
    "conflict": (
        N_("Somebody changed this just now"),
        N_("Nothing was saved. Open the page again and look first."),
    ),
    "stale": (
        N_("Somebody changed this meanwhile"),
        N_("Nothing was saved. Open the page again and look first."),
    ),
    "too-large": (N_("This is too long"), N_("Nothing was saved. Make the text shorter and send it again.")),
    "invalid-field": (
        N_("Something on this page is not right"),
        N_("Nothing was saved. Go back and check it."),
    ),
    "too-many-requests": (N_("Too much at once"), N_("Wait a minute, then try again.")),
    "unexpected": (
        N_("Something went wrong on our side"),
        N_("We do not know yet if what you sent was taken. Look before you send it again."),
    ),
    "try-later": (N_("Accord cannot do this just now"), N_("Nothing was lost. Try again in a moment.")),
    "stores-disagree": (
        N_("Accord cannot do this just now"),
        N_("Its operator has to look first. Call instead."),
    ),
}
UNKNOWN = (N_("This did not work"), N_("Nothing was saved. Try again. If it stays so, ask for help."))
#: After one of these the same form may be sent as it is: its key keeps it from being done twice.
SENDABLE = frozenset({429, 500, 503})
#: Answered elsewhere, with the way to sign in or with the form itself (answers.py).
ELSEWHERE = (SignInFirst, RenewFirst, ForeignForm, FormOfAnotherSession)


def route_of(pages: Pages) -> type[APIRoute]:
    """For `APIRouter(route_class=…)`: its routes answer a failure with a page, never with JSON."""

    class PageRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            plain = super().get_route_handler()

            async def handler(request: Request) -> Response:
                try:
                    return await plain(request)
                except ELSEWHERE:
                    raise
                except Exception as error:  # noqa: BLE001 - what nobody foresaw is a page, too, and keeps what was typed
                    return refused(pages, request, problem_of(error), await _typed(request))

            return handler

    return PageRoute


def page_for(pages: Pages) -> ProblemPage:
    """For `create_app(…, problem_page=…)`: what fails before it comes to a page's route, asked by a browser."""

    def page(request: Request, problem: Problem) -> Response | None:
        if request.url.path.startswith("/v1/") or "text/html" not in request.headers.get("accept", ""):
            return None
        try:
            return refused(pages, request, problem)
        except Exception as error:  # noqa: BLE001 - whoever has one problem does not get another
            unexpected(error)
            return None

    return page


def problem_of(error: Exception) -> Problem:
    """The problem that the API would answer with."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Refusal):
        return problems.of_refusal(error, problems.REFUSAL_STATUS)
    if isinstance(error, HTTPException):
        return problems.of_http(error)
    if isinstance(error, RequestValidationError):
        return Problem("invalid-field")
    return problems.of_error(error) if isinstance(error, AccordError) else unexpected(error)


async def _typed(request: Request) -> Fields:
    """The form that was sent, where one was and it can be read."""
    if request.method != "POST":
        return {}
    try:
        return await typed_in(request)
    except Problem:
        return {}


def refused(pages: Pages, request: Request, problem: Problem, fields: Fields | None = None) -> Response:
    """The page that says what is wrong and what to do.

    To its own person, in its own session, it shows what was typed (`fields`), so that nothing is lost; where
    that may help, to be sent again with the same key.
    """
    visitor = maybe_visitor(request)
    heading, remedy = WORDS.get(problem.slug, UNKNOWN)
    own = visitor is not None and bool(fields) and (fields or {}).get(TOKEN) == (visitor.form_token,)
    kept = fields if own and fields else {}
    facts: dict[str, Any] = {
        "status": problem.status,
        "headers": problem.headers,
        "heading": heading,
        "remedy": remedy,
        "detail": problem.detail if problem.slug != "not-found" and problem.extensions.get("clause") else "",
        "clause": problem.extensions.get("clause", ""),
        "sentence": problem.extensions.get("sentence", ""),
        "advice": problem.extensions.get("remedy", ""),
        "incident": problem.extensions.get("incident"),
        "typed": {name: values for name, values in kept.items() if name not in OWN and any(values)},
        "again": kept if problem.status in SENDABLE else {},
    }
    if request.headers.get("hx-request"):
        return pages.part(request, "problem.html", "short", visitor, **facts)
    return pages.answer(request, "problem.html", visitor, **facts)
