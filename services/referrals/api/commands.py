"""The commands over HTTP: one table of addresses, one handler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from services.referrals.api.calls import Asked, Doors, answer, carry_out, parse
from services.referrals.application.orders import NOTICE
from services.referrals.application.table import COMMANDS
from shared.web.callers import CurrentCaller, current_caller
from shared.web.preconditions import idempotency_key, require_if_match
from shared.web.trace import CurrentTrace


@dataclass(frozen=True)
class Route:
    """A command's address. `makes` is the kind of thing that a success makes, if any; `states_anew`, that a
    repeat would be a further fact, since neither its basis nor the state of things shows that it came before."""

    path: str
    command: str
    summary: str
    makes: str | None = None
    states_anew: bool = False

    @property
    def needs_key(self) -> bool:
        """Whether a caller must say how a repeat is known."""
        return self.makes is not None or self.states_anew


ROUTES = (
    Route(
        "/v1/concerns", "report-concern", "Tell the county of a youth who may have been exploited", "concern"
    ),
    Route("/v1/concerns/{concern}/calls", "state-call", "State the telephone call", states_anew=True),
    Route("/v1/concerns/{concern}/open-case", "open-case", "Open a case with the concern", "case"),
    Route("/v1/concerns/{concern}/attach", "attach-concern", "Attach the concern to a case"),
    Route("/v1/concerns/{concern}/evaluate-out", "evaluate-out", "Evaluate the concern out, with a code"),
    Route("/v1/cases/{case}/referrals", "request-referral", "Refer the youth to another agency", "referral"),
    Route("/v1/cases/{case}/agencies", "join-agency", "An agency takes part in the case"),
    Route("/v1/cases/{case}/agencies/leave", "leave-agency", "An agency takes part no longer"),
    Route("/v1/cases/{case}/workers", "assign-worker", "Name who works on the case"),
    Route("/v1/referrals/{referral}/receive", "receive-referral", "Say that the referral is in hand"),
    Route("/v1/referrals/{referral}/accept", "accept-referral", "Accept the referral"),
    Route("/v1/referrals/{referral}/reject", "reject-referral", "Say that the agency cannot take it"),
    Route("/v1/referrals/{referral}/start", "start-referral", "Say that the service began"),
    Route("/v1/referrals/{referral}/hold", "hold-referral", "Say that it cannot go on for now"),
    Route("/v1/referrals/{referral}/resume", "resume-referral", "Say that it goes on"),
    Route("/v1/referrals/{referral}/complete", "complete-referral", "Say that it has ended, and how"),
    Route("/v1/referrals/{referral}/fail", "fail-referral", "Say that it could not be given to its end"),
    Route("/v1/referrals/{referral}/cancel", "cancel-referral", "Take the request back"),
    Route("/v1/referrals/{referral}/forward", "forward-referral", "Go on to another agency", "referral"),
    Route("/v1/referrals/{referral}/ask-information", "ask-information", "Say what has to be known first"),
    Route("/v1/referrals/{referral}/give-information", "give-information", "Answer what was asked about it"),
    Route(
        "/v1/referrals/{referral}/calls", "state-referral-call", "State a telephone call", states_anew=True
    ),
    Route("/v1/referrals/{referral}/undo", "undo-referral", "Take back one's own last entry"),
    Route(
        "/v1/referrals/{referral}/enter-in-error",
        "enter-referral-in-error",
        "Mark an entry, or the whole referral, as wrong",
    ),
    Route("/v1/cases/{case}/screenings", "record-screening", "Record the band of a screening", "screening"),
    Route(
        "/v1/cases/{case}/screenings/enter-in-error",
        "enter-screening-in-error",
        "Mark a screening as recorded in error",
    ),
    Route("/v1/cases/{case}/acts", "record-act", "Record an act done outside Accord", "record"),
    Route(
        "/v1/cases/{case}/acts/enter-in-error",
        "enter-act-in-error",
        "Mark the record of an act as made in error",
    ),
    Route(
        "/v1/concerns/{concern}/acts",
        "record-concern-act",
        "Record an act done outside Accord, on a concern",
        "record",
    ),
    Route(
        "/v1/concerns/{concern}/acts/enter-in-error",
        "enter-concern-act-in-error",
        "Mark the record of an act on a concern as made in error",
    ),
    Route("/v1/cases/{case}/duties/waive", "waive-duty", "Waive a duty, on a listed authority"),
    Route(
        "/v1/cases/{case}/duties/toll", "toll-duty", "Let a duty's clock stand still, on a listed authority"
    ),
    Route(
        "/v1/cases/{case}/duties/not-done",
        "confirm-duty-not-done",
        "Say that a duty was not done",
        states_anew=True,
    ),
    Route(
        "/v1/cases/{case}/duties/enter-in-error",
        "enter-duty-statement-in-error",
        "Mark a statement on a duty as made in error",
    ),
    Route("/v1/concerns/{concern}/duties/waive", "waive-concern-duty", "Waive a duty of a concern"),
    Route(
        "/v1/concerns/{concern}/duties/toll",
        "toll-concern-duty",
        "Let the clock of a concern's duty stand still",
    ),
    Route(
        "/v1/concerns/{concern}/duties/not-done",
        "confirm-concern-duty-not-done",
        "Say that a duty of a concern was not done",
        states_anew=True,
    ),
    Route(
        "/v1/concerns/{concern}/duties/enter-in-error",
        "enter-concern-duty-statement-in-error",
        "Mark a statement on a concern's duty as made in error",
    ),
    Route("/v1/roles", "assign-role", "A person holds a role from now on", states_anew=True),
    Route("/v1/roles/end", "end-role", "A person holds a role no longer", states_anew=True),
    Route("/v1/people/{person}/covers", "arrange-cover", "A colleague covers for a person", "cover"),
    Route("/v1/people/{person}/covers/end", "end-cover", "A cover is over from now on"),
    Route("/v1/mou/proposals", "propose-mou", "Put a version of the MOU before the parties", "proposal"),
    Route("/v1/mou/proposals/{proposal}/comments", "comment-mou", "Comment on a proposed version", "comment"),
    Route(
        "/v1/mou/proposals/{proposal}/comments/answer",
        "answer-mou-comment",
        "Answer a comment in plain words",
    ),
    Route("/v1/mou/proposals/{proposal}/signatures", "sign-mou", "An office of a party has signed"),
    Route("/v1/mou/proposals/{proposal}/adopt", "adopt-proposal", "Adopt the proposed version"),
    Route("/v1/mou/versions", "adopt-mou", "Adopt a version of the MOU that was not proposed here", "mou"),
)


async def _raw(request: Request) -> bytes:
    return await request.body()


def commands_router(doors: Doors) -> APIRouter:
    """Every command of `ROUTES`. Handlers run in threads and may block."""
    router = APIRouter(tags=["commands"])
    for route in ROUTES:
        body = COMMANDS[route.command].body.model_json_schema(ref_template="#/components/schemas/{model}")
        router.add_api_route(
            route.path,
            _handler(doors, route),
            methods=["POST"],
            summary=route.summary,
            operation_id=route.command,
            status_code=201 if route.makes else 200,
            dependencies=[Depends(current_caller), *_needed(route)],
            openapi_extra=_described(route, body),
        )
    return router


def _described(route: Route, body: dict[str, Any]) -> dict[str, Any]:
    """What OpenAPI says of the body and headers; FastAPI does not parse them, so that we can be lenient."""
    definitions = body.pop("$defs", {})
    inlined = _inline(body, definitions)
    names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    parameters = [
        {"name": n, "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
        for n in names
    ]
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": route.needs_key,
        "schema": {"type": "string"},
    }
    basis = {"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}}
    purpose = {"name": "Accord-Purpose", "in": "header", "required": False, "schema": {"type": "string"}}
    needs = [basis] if COMMANDS[route.command].needs_based_on else []
    return {
        "parameters": [*parameters, key, *needs, purpose],
        "requestBody": {"required": True, "content": {"application/json": {"schema": inlined}}},
    }


def _inline(schema: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _inline(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
        return {name: _inline(inner, definitions) for name, inner in schema.items()}
    if isinstance(schema, list):
        return [_inline(inner, definitions) for inner in schema]
    return schema


def _needed(route: Route) -> list[Any]:
    """What else is looked at before the body, but only once it is known who asks."""
    basis = [Depends(require_if_match)] if COMMANDS[route.command].needs_based_on else []
    return [*basis, Depends(idempotency_key)] if route.needs_key else basis


def _handler(doors: Doors, route: Route) -> Callable[..., JSONResponse]:
    spec = COMMANDS[route.command]

    def handle(
        request: Request, caller: CurrentCaller, trace: CurrentTrace, raw: Annotated[bytes, Depends(_raw)]
    ) -> JSONResponse:
        key = (
            idempotency_key(request)
            if route.needs_key or "Idempotency-Key" in request.headers
            else str(uuid4())
        )
        asked = Asked(
            route.command,
            caller,
            trace,
            key,
            parse(raw),
            request.path_params.get(spec.thing) if spec.thing else None,
            request.headers.get("If-Match"),
        )
        outcome = carry_out(doors, asked)
        notice = NOTICE if route.command in ("report-concern", "state-call") else None
        return answer(doors, outcome, route.makes, notice)

    return handle
