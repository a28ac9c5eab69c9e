"""`/livez`: the process runs. `/readyz`: it can do its work, and if not, what to do about it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

LONGEST_CHECK = 4.0
"""Seconds; a check that takes longer has failed."""


@dataclass(frozen=True)
class Check:
    """One thing this process needs. `detail` and `remedy` hold no secret and no submitted value.

    `process`: the other process of the service that this is about. Its failure is shown, and is no reason to
    take this one out of service.
    """

    name: str
    status: Literal["ok", "warn", "fail"]
    detail: str = ""
    remedy: str = ""
    process: str = ""


Readiness = Callable[[], list[Check]]


async def checked(readiness: Readiness) -> list[Check]:
    """The checks' results; if the checks themselves fail or take too long, that is a failed check."""
    try:
        return await asyncio.wait_for(run_in_threadpool(readiness), LONGEST_CHECK)
    except TimeoutError:
        late = f"The checks took longer than {LONGEST_CHECK:g} s."
        return [Check("readiness", "fail", late, "Look at the database and Kafka with `accord doctor`.")]
    except Exception as error:  # noqa: BLE001 - whatever it is, the answer is "not ready", without its text
        return [
            Check("readiness", "fail", f"The checks failed: {type(error).__name__}.", "Run `accord doctor`.")
        ]


def health_router(readiness: Readiness) -> APIRouter:
    """The two addresses. `readiness` runs in a thread and may block."""
    router = APIRouter(tags=["health"])

    @router.get("/livez", summary="The process runs")
    async def livez() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz", summary="Ready for work, or what is missing", response_model=None)
    async def readyz() -> JSONResponse:
        checks = await checked(readiness)
        failed = any(check.status == "fail" and not check.process for check in checks)
        body = {"status": "fail" if failed else "ok", "checks": [asdict(check) for check in checks]}
        return JSONResponse(body, 503 if failed else 200, headers={"Retry-After": "1"} if failed else None)

    return router
