"""The outermost layer of every API: headers, size limit, trace, the access line, and the last resort."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import ExitStack

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.problems import Problem, retry_after, told, unexpected
from shared.web.shares import AtOnce
from shared.web.trace import continued

LARGEST_BODY = 65_535
"""Bytes; also the largest event."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

#: Set on every answer that does not set them itself. An API answer is never shown as a page, framed or kept.
SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

ENDING = "The service is ending. Repeat the request with the same Idempotency-Key."

#: Asked every second or so by supervisors; a line for each would bury the rest.
QUIET = frozenset({"/livez", "/readyz"})


class Edge:
    """Pure ASGI middleware, so that streams pass through it unbuffered."""

    def __init__(self, app: ASGIApp, most: int, clock: Callable[[], float] = time.perf_counter) -> None:
        self.app, self.clock = app, clock
        self._at_once = AtOnce(most)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. Never raises for an HTTP request that has not begun its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope.setdefault("state", {})["trace"] = continued(headers.get("traceparent"))
        work = ExitStack()
        answer = _Answer(send, work)
        began = self.clock()
        try:
            await self._answered(scope, headers, receive, answer, work)
        finally:
            work.close()
            _log(scope, answer.status, self.clock() - began)

    async def _answered(
        self, scope: Scope, headers: Headers, receive: Receive, answer: _Answer, work: ExitStack
    ) -> None:
        try:
            if scope["path"] not in QUIET:
                self._at_once.require_room()
            work.enter_context(self._at_once.one_more())
            if _announced(headers) > LARGEST_BODY:
                raise Problem("too-large")
            await self.app(scope, _limited(receive), answer)
        except Problem as problem:
            if answer.status is not None:
                raise
            await told(Request(scope), problem)(scope, receive, answer)
        except asyncio.CancelledError:
            # uvicorn cancels what outlasts the drain; whoever waits gets an answer that says how to go on.
            if answer.status is not None or not scope["app"].state.draining.is_set():
                raise
            ending = Problem("try-later", ENDING, headers=retry_after(1))
            await told(Request(scope), ending)(scope, receive, answer)
        except Exception as error:  # noqa: BLE001 - the last resort: nothing of it may reach the caller or the log
            failure = unexpected(error)
            if answer.status is None:
                await told(Request(scope), failure)(scope, receive, answer)


class _Answer:
    """`send`, which adds the security headers and remembers the status. A stream that has begun is work no more."""

    def __init__(self, send: Send, work: ExitStack) -> None:
        self._send, self._work = send, work
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            if headers.get("content-type", "").startswith("text/event-stream"):
                self._work.close()
        await self._send(message)


def _announced(headers: Headers) -> int:
    length = headers.get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 19 else LARGEST_BODY + 1


def _limited(receive: Receive) -> Receive:
    """Counts what arrives, for a body that does not announce its length."""
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > LARGEST_BODY:
            raise HTTPException(413)  # the one kind that FastAPI's body reader lets pass
        return message

    return counted


def _log(scope: Scope, status: int | None, seconds: float) -> None:
    """The route's template and never the path, which may hold what somebody typed."""
    route = getattr(scope.get("route"), "path", None) or "unknown"
    if route in QUIET and status == 200:
        return
    method = scope["method"] if scope["method"] in METHODS else "OTHER"
    caller = scope["state"].get("caller")
    structlog.get_logger().info(
        "request_answered",
        route=route,
        method=method,
        status=status,
        seconds=round(seconds, 6),
        agency=caller.agency.value if caller else None,
    )
