from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import pytest
import structlog
from fastapi import APIRouter, Depends, FastAPI, Header
from fastapi.testclient import TestClient
from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.errors import Conflict, Disagreement, Refusal, TryLater, Undeliverable
from shared.events.names import Agency, Role
from shared.settings import Settings
from shared.web.app import Check, create_app
from shared.web.callers import Caller, CurrentCaller
from shared.web.fakes import FakeVerifier
from shared.web.preconditions import idempotency_key, names, require_if_match
from shared.web.problems import Problem
from shared.web.trace import CurrentTrace

THING = "1f0a6c52-5a0c-4b4e-9e53-2c1a4d0f6b7e"
CALLER = Caller("c1a7f2d4-93f5-4c0b-8a4e-2f7f4be0a9c2", Agency.SHERIFF, frozenset({Role.SYSTEM}))
SIGNED_IN = {"Authorization": "Bearer sheriff"}
COMMAND = {**SIGNED_IN, "Idempotency-Key": "key-1", "If-Match": '"now"'}
GOOD = {"urgency": "hours", "about": {"case": THING}, "at": "2026-03-03T14:15:00-08:00"}

FAILURES = {
    "refusal": Refusal("4.2", "already-answered", "It was answered.", "Read it again."),
    "authority": Refusal("4.2", "not-the-receiving-agency", "Only the receiver.", "Ask it.", field="/by"),
    "hidden": Refusal("4.2", "not-found", "There is one.", "None."),
    "own": Refusal("9.9", "of-this-service", "Not so.", "Do otherwise."),
    "conflict": Conflict("CANARY"),
    "later": TryLater("CANARY", seconds=2.5),
    "disagreement": Disagreement("ahead", "CANARY", "accord repair referrals"),
    "undeliverable": Undeliverable("no-envelope", "CANARY"),
    "unexpected": RuntimeError("CANARY"),
}


class About(BaseModel):
    model_config = ConfigDict(extra="forbid")
    case: UUID


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")
    urgency: Literal["hours", "day"]
    about: About
    at: AwareDatetime
    many: dict[str, int] = {}


def router() -> APIRouter:
    api = APIRouter()

    @api.post("/v1/things/{thing}/change")
    def change(
        thing: UUID,
        body: Body,
        caller: CurrentCaller,
        key: Annotated[str, Depends(idempotency_key)],
        based_on: Annotated[str, Depends(require_if_match)],
        limit: int = 10,
    ) -> dict[str, datetime]:
        if not names(based_on, '"now"'):
            raise Problem("stale")
        return {"at": body.at}

    @api.get("/v1/failures/{kind}")
    def fail(kind: str, level: Annotated[int, Header(alias="Accord-Level")] = 0) -> None:
        raise FAILURES[kind]

    own = {"name": "Accord-Purpose", "in": "header", "description": "The route's own.", "schema": {}}

    @api.get("/v1/me", openapi_extra={"parameters": [own]})
    async def me(caller: CurrentCaller, trace: CurrentTrace) -> dict[str, str]:
        return {"agency": caller.agency, "purpose": caller.purpose, "traceparent": trace.traceparent}

    return api


@pytest.fixture
def checks() -> list[Check]:
    return [Check("database", "ok")]


@pytest.fixture
def app(checks: list[Check]) -> FastAPI:
    return create_app(
        "test",
        verifier=FakeVerifier({"sheriff": CALLER}),
        readiness=lambda: checks,
        routers=[router()],
        settings=Settings(),
        refusals={"of-this-service": 422},
    )


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app)


@pytest.fixture
def lines() -> Iterator[list[dict[str, object]]]:
    with structlog.testing.capture_logs() as captured:
        yield captured  # type: ignore[misc]
