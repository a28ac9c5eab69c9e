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
from shared.web.problems import Problem
from shared.web.site.rendering import Pages
from shared.web.site.visitor import maybe_visitor
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
    "try-later": (N_("Accord cannot do this just now"), N_("Nothing was lost. Try again in a moment.")),
    "stores-disagree": (
        N_("Accord cannot do this just now"),
        N_("Its operator has to look first. Call instead."),
    ),
}
UNKNOWN = (N_("This did not work"), N_("Nothing was saved. Try again. If it stays so, ask for help."))


def route_of(pages: Pages) -> type[APIRoute]:
    """For `APIRouter(route_class=…)`: its routes answer a failure with a page, never with JSON."""

    class PageRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            plain = super().get_route_handler()

            async def handler(request: Request) -> Response:
                try:
                    return await plain(request)
                except (Problem, AccordError, HTTPException, RequestValidationError) as error:
                    return refused(pages, request, problem_of(error))

            return handler

    return PageRoute


def problem_of(error: Exception) -> Problem:
    """The problem that the API would answer with."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Refusal):
        return problems.of_refusal(error, problems.REFUSAL_STATUS)
    if isinstance(error, HTTPException):
        return problems.of_http(error)
    return problems.of_error(error) if isinstance(error, AccordError) else Problem("invalid-field")


def refused(pages: Pages, request: Request, problem: Problem) -> Response:
    """The page that says what is wrong and what to do; it repeats nothing that was sent."""
    heading, remedy = WORDS.get(problem.slug, UNKNOWN)
    return pages.answer(
        request,
        "problem.html",
        maybe_visitor(request),
        status=problem.status,
        headers=problem.headers,
        heading=heading,
        remedy=remedy,
        incident=problem.extensions.get("incident"),
    )
