"""`python -m tests.unit.web.serving`: a real server with a stream and a slow answer, for test_server.py."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from shared.settings import Settings
from shared.telemetry import configure
from shared.web.app import create_app
from shared.web.fakes import FakeVerifier
from shared.web.server import serve
from shared.web.sse import Sent, last_event_id, sse_response

api = APIRouter()
closed: list[str] = []
sent: asyncio.Queue[Sent] = asyncio.Queue()


@api.get("/ticks")
async def ticks(request: Request) -> StreamingResponse:
    async def events() -> AsyncIterator[Sent]:
        start = int(last_event_id(request) or 0)
        try:
            for number in range(start + 1, start + 4):
                yield Sent(str(number), "tick", {"number": number, "sent": time.monotonic(), "text": "a\nb"})
            while True:
                yield await sent.get()
        finally:
            closed.append("ticks")

    return sse_response(request, events(), heartbeat=0.3)


@api.get("/cut")
async def cut(request: Request) -> StreamingResponse:
    async def events() -> AsyncIterator[Sent]:
        number = int(last_event_id(request) or 0) + 1
        yield Sent(str(number), "tick", {"number": number})

    return sse_response(request, events())


@api.get("/breaks")
async def breaks(request: Request) -> StreamingResponse:
    async def events() -> AsyncIterator[Sent]:
        yield Sent("1", "tick", {})
        raise RuntimeError("CANARY")

    return sse_response(request, events())


@api.post("/send/{number}")
async def send(number: int) -> dict[str, float]:
    now = time.monotonic()
    sent.put_nowait(Sent(str(number), "tick", {"number": number, "sent": now}))
    return {"at": now}


@api.get("/closed")
async def show_closed() -> list[str]:
    return closed


@api.get("/slow")
async def slow(seconds: float) -> dict[str, str]:
    await asyncio.sleep(seconds)
    return {"status": "done"}


if __name__ == "__main__":
    configure("test", "api")
    settings = Settings(http_port=int(os.environ["ACCORD_HTTP_PORT"]))
    made = create_app(
        "test", verifier=FakeVerifier({}), readiness=lambda: [], routers=[api], settings=settings
    )
    raise SystemExit(serve(made, settings))
