"""A problem as a page: what a browser is shown where a program gets the problem's document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import Request
from starlette.responses import Response

from shared.web.problems import Problem
from shared.web.site.forms import OWN, TOKEN
from shared.web.site.rendering import Pages
from shared.web.site.visitor import Visitor, maybe_visitor
from shared.web.site.words import N_


#: Every value of every field, in order.
Fields = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Told:
    """What people are told: what happened, and what to do next."""

    heading: str
    text: str


_AGAIN = Told(N_("Please try again soon"), N_("This part of Accord does not answer now. Nothing was lost."))
#: By status, for a page says less than a document: 404 for all that the visitor may not know of.
TOLD: Mapping[int, Told] = {
    400: Told(
        N_("This could not be read"), N_("Nothing was done. Go back, look at it once more and send it again.")
    ),
    403: Told(N_("You cannot do this here"), N_("Your role does not allow it. Nothing was done.")),
    404: Told(
        N_("This page is not here"),
        N_("The link may be old, or the page may not be open to you. Look in your inbox, or ask your supervisor."),
    ),
    405: Told(N_("This cannot be opened"), N_("Go back to the page that you came from and use its buttons.")),
    409: Told(
        N_("This changed in the meantime"),
        N_("Someone else was first. Nothing was sent. Open it again to see how it stands now."),
    ),
    413: Told(
        N_("This is too long"),
        N_("Nothing was sent. Go back, make it shorter or send it in two parts."),
    ),
    422: Told(
        N_("One thing needs a change"), N_("Nothing was sent. Go back, look at what you typed and send it again.")
    ),
    429: Told(
        N_("That was a lot at once"), N_("Wait a minute, then try again. Nothing was done the last time.")
    ),
    500: Told(
        N_("Something went wrong on our side"),
        N_("We do not know yet if what you sent was taken. Look before you send it again."),
    ),
    503: _AGAIN,
}
#: What is told as another one is: it comes to the same for a person.
SAME = {412: 409, 428: 409, 415: 400, 401: 403}
#: After one of these the same form may be sent once more as it is: its key keeps it from being done twice.
SENDABLE = frozenset({429, 500, 503})


def told_of(status: int) -> Told:
    """What people are told of a status."""
    return TOLD.get(SAME.get(status, status)) or (_AGAIN if status >= 500 else TOLD[400])


def wants_page(request: Request) -> bool:
    """Whether a person asks with a browser. A program that asks for HTML at /v1 still gets a document."""
    return not request.url.path.startswith("/v1/") and "text/html" in request.headers.get("accept", "")


@dataclass(frozen=True)
class ProblemPages:
    """What `create_app` asks for a page in place of a problem's document."""

    pages: Pages

    def __call__(self, request: Request, problem: Problem) -> Response | None:
        """The page, or None for a program. Never raises: whoever has one problem does not get another."""
        try:
            return self._page(request, problem) if wants_page(request) else None
        except Exception as error:  # noqa: BLE001 - the document says enough; the reason is in the log, without its text
            structlog.get_logger().error("problem_page_failed", error_type=type(error).__name__)
            return None

    def _page(self, request: Request, problem: Problem) -> Response:
        visitor = maybe_visitor(request)
        facts: dict[str, Any] = {
            "problem": told_of(problem.status),
            "detail": problem.detail if "clause" in problem.extensions else "",
            "clause": problem.extensions.get("clause", ""),
            "incident": problem.extensions.get("incident", ""),
            "typed": typed(request),
            "again": _again(request, problem, visitor),
            "status": problem.status,
            "headers": problem.headers,
        }
        if request.headers.get("hx-request"):
            return self.pages.part(request, "problem.html", "short", visitor, **facts)
        return self.pages.answer(request, "problem.html", visitor, **facts)


def typed(request: Request) -> Fields:
    """What the person typed into the form that was sent, if whoever read it left it at `request.state.typed`."""
    fields: Fields = getattr(request.state, "typed", {})
    return {name: values for name, values in fields.items() if name not in OWN and any(values)}


def _again(request: Request, problem: Problem, visitor: Visitor | None) -> Fields:
    """All fields of the same form, with its key, where sending it once more may help; else none."""
    fields: Fields = getattr(request.state, "typed", {})
    if visitor is None or problem.status not in SENDABLE:
        return {}
    return {name: values for name, values in fields.items() if name != TOKEN} | (
        {TOKEN: (visitor.form_token,)} if fields else {}
    )
