"""Problem details (RFC 9457): one exception, and what each of our failures is answered with.

No answer repeats a submitted value. `AccordError` texts are written by us and hold none (shared/errors.py);
texts of anything else are never sent.
"""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import uuid4

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from shared.errors import AccordError, Conflict, Disagreement, Refusal, TryLater, Undeliverable
from shared.mou.gaps import NO_CLAUSE, OF_ITSELF
from shared.web.problem_types import BY_SLUG
from shared.web.validation import known_names, problem_of

MEDIA_TYPE = "application/problem+json"
#: Told of what is not there and of what is not the caller's to know: the same.
NOT_THERE = {
    "clause": NO_CLAUSE,
    "sentence": OF_ITSELF,
    "remedy": "Check the id. If your agency takes part, ask the lead agency's coordinator.",
}


class Problem(Exception):
    """An answer that is a problem. `slug` is in the table; status and title come from it.

    `extensions` are further members of the answer: `clause`, `sentence`, `remedy`, `reason`, `errors`, `incident`.
    Neither they nor `detail` may hold what the caller sent.
    """

    def __init__(
        self,
        slug: str,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        **extensions: Any,
    ) -> None:
        kind = BY_SLUG[slug]
        extensions = {**(NOT_THERE if slug == "not-found" else {}), **extensions}
        self.slug, self.status, self.title = slug, kind.status, kind.title
        self.detail = detail or kind.example
        self.headers = dict(headers or {})
        self.extensions = {name: value for name, value in extensions.items() if value is not None}
        super().__init__(self.detail)

    def document(self) -> dict[str, Any]:
        """The answer's JSON document."""
        head = {"type": f"/problems/{self.slug}", "title": self.title, "status": self.status}
        return {**head, "detail": self.detail, **self.extensions}

    def response(self) -> Response:
        """The answer itself."""
        body = json.dumps(self.document(), ensure_ascii=True).encode()
        return Response(body, self.status, media_type=MEDIA_TYPE, headers=self.headers)


#: A Refusal's reason -> its HTTP status. A service adds its own through `create_app(refusals=…)`.
#: A reason that stands in neither is a matter of state: 409.
REFUSAL_STATUS: dict[str, int] = {
    "not-allowed": 403,
    "not-a-party": 403,
    "not-a-participant": 403,
    "not-assigned": 403,
    "not-the-lead-agency": 403,
    "not-the-receiving-agency": 403,
    "not-the-reporting-agency": 403,
    "not-the-sending-agency": 403,
    "not-your-agency": 403,
    "not-your-entry": 403,
    "not-yourself": 403,
    "role-may-not": 403,
    "purpose-may-not": 403,
    "not-found": 404,
    "invalid-field": 422,
    "authority-not-listed": 422,
    "class-not-shown": 422,
    "no-such-duty": 422,
    "no-such-entry": 422,
    "no-such-question": 422,
    "not-a-colleague": 422,
    "other-agency-not-a-party": 422,
    "too-far-ahead": 422,
}

_GENERAL = {403: "not-allowed", 404: "not-found", 409: "refused", 422: "invalid-field"}


def of_refusal(refusal: Refusal, statuses: Mapping[str, int]) -> Problem:
    """The problem that answers a refusal: its own type if it has a page, else its status's general one."""
    status = statuses.get(refusal.reason, 409)
    if status == 404:  # clause and reason would tell that it exists
        return Problem("not-found")
    slug = refusal.reason if refusal.reason in BY_SLUG else _GENERAL.get(status, "refused")
    errors = [{"pointer": refusal.field, "detail": refusal.detail}] if refusal.field is not None else None
    return Problem(
        slug,
        refusal.detail,
        clause=refusal.clause,
        sentence=refusal.sentence,
        reason=refusal.reason,
        remedy=refusal.remedy,
        errors=errors,
    )


def invalid(
    detail: str, *, pointer: str | None = None, parameter: str | None = None, header: str | None = None
) -> Problem:
    """422 for one field that a handler found wrong; `detail` says what it must be, never what was sent."""
    places = {"pointer": pointer, "parameter": parameter, "header": header}
    named = {name: value for name, value in places.items() if value is not None}
    return Problem("invalid-field", errors=[{**named, "detail": detail}])


def retry_after(seconds: float) -> dict[str, str]:
    """The header `Retry-After`, in whole seconds and at least one."""
    return {"Retry-After": str(max(1, math.ceil(seconds)))}


def of_error(error: AccordError) -> Problem:
    """The problem that answers any of our failures except Refusal."""
    if isinstance(error, Conflict):
        return Problem("conflict")
    if isinstance(error, TryLater):
        return Problem("try-later", headers=retry_after(error.seconds))
    if isinstance(error, Disagreement):
        return Problem("stores-disagree", remedy=error.remedy, headers=retry_after(30))
    if isinstance(error, Undeliverable):
        return Problem("unreadable", reason=error.reason)
    return unexpected(error)


def unexpected(error: BaseException) -> Problem:
    """A failure nobody foresaw: a fresh incident id in answer and log, never the failure's text."""
    incident = str(uuid4())
    structlog.get_logger().error(
        "request_failed", incident=incident, error_type=type(error).__name__, where=_where(error)
    )
    return Problem("unexpected", incident=incident)


def _where(error: BaseException) -> str:
    """File and line of the deepest frame: enough to find the fault, and no value in it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f"{'/'.join(trace.tb_frame.f_code.co_filename.split('/')[-3:])}:{trace.tb_lineno}"


#: What a plain HTTP status is called here, for answers that the framework makes.
SLUG_OF_STATUS = {
    400: "unreadable",
    401: "token-missing",
    403: "not-allowed",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    412: "stale",
    413: "too-large",
    415: "unsupported-media-type",
    422: "invalid-field",
    428: "precondition-required",
    429: "too-many-requests",
    500: "unexpected",
    503: "try-later",
}


def of_http(error: HTTPException) -> Problem:
    """The problem for a status that the framework or a handler raised; its text is not used."""
    kept = {
        name: value
        for name, value in (error.headers or {}).items()
        if name.lower() in {"allow", "retry-after"}
    }
    slug = SLUG_OF_STATUS.get(error.status_code)
    if slug is None:
        slug = "unreadable" if error.status_code < 500 else "try-later"
    return Problem(slug, headers=kept)


#: `app.state.problem_page`: a problem as a page for people, or None where a program asks.
ProblemPage = Callable[[Request, Problem], Response | None]


def told(request: Request, problem: Problem) -> Response:
    """The answer: a page where the app has one and a person asks, else the problem's document."""
    page: ProblemPage | None = getattr(request.app.state, "problem_page", None)
    return (page(request, problem) if page else None) or problem.response()


Handler = Callable[[Request, Any], Awaitable[Response]]


def install(app: FastAPI, refusals: Mapping[str, int] | None = None) -> None:
    """Let `app` answer every failure with a problem. `refusals` adds to REFUSAL_STATUS, or overrides it."""
    statuses = {**REFUSAL_STATUS, **(refusals or {})}

    async def refusal(request: Request, error: Refusal) -> Response:
        return told(request, of_refusal(error, statuses))

    async def problem(request: Request, error: Problem) -> Response:
        return told(request, error)

    async def ours(request: Request, error: AccordError) -> Response:
        return told(request, of_error(error))

    async def http(request: Request, error: HTTPException) -> Response:
        return told(request, of_http(error))

    async def validation(request: Request, error: RequestValidationError) -> Response:
        slug, detail, errors = problem_of(error.errors(), known_names(request.app))
        return told(request, Problem(slug, detail, errors=errors))

    handlers: dict[type[Exception], Handler] = {
        Problem: problem,
        Refusal: refusal,
        AccordError: ours,
        RequestValidationError: validation,
        HTTPException: http,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
