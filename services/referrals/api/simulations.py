"""What-if over HTTP: begin a simulation of a proposed version, see how far it is, read what it found."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from services.referrals.api.calls import Doors
from services.referrals.application.simulations import Busy, OtherBody, Run, Simulations
from shared.events.moments import write_moment
from shared.mou.facts import CallerFacts
from shared.mou.findings import InvalidMou
from shared.mou.load import load_document
from shared.web.callers import CurrentCaller
from shared.web.preconditions import idempotency_key
from shared.web.problems import Problem, invalid, retry_after
from shared.web.trace import CurrentTrace

BUSY_SECONDS = 10
FORGOTTEN = "There is no such simulation of yours. A restart of the service forgets them: ask again."


class Asked(BaseModel):
    """What to simulate: a document, packed as `accord mou adopt` sends it or plain, and beside which version."""

    model_config = ConfigDict(extra="forbid")

    document: dict[str, Any]
    against: Annotated[str | None, Field(max_length=40)] = None


def simulations_router(doors: Doors) -> APIRouter:
    """Begin and find simulations. Handlers run in threads and may block."""
    router = APIRouter(tags=["questions"])
    simulations = Simulations(doors.referrals.questions)

    @router.post(
        "/v1/mou/simulations",
        summary="What a proposed version of the MOU would make of the recorded history (coordinator)",
        operation_id="simulate-mou",
        status_code=202,
    )
    def begin(
        asked: Asked,
        caller: CurrentCaller,
        trace: CurrentTrace,
        key: Annotated[str, Depends(idempotency_key)],
        response: Response,
    ) -> dict[str, Any]:
        """It changes nothing, and tells counts only. One runs at a time."""
        try:
            proposed = load_document(asked.document)
        except InvalidMou as error:
            found = f"cannot be used: {len(error.findings)} finding(s); accord mou validate FILE says them"
            raise invalid(found, pointer="/document") from None
        try:
            facts, correlation = CallerFacts.of(caller), str(trace.correlation_id)
            run = simulations.begin(proposed, asked.against, facts, key, correlation)
        except Busy:
            detail = "Another simulation is running; this service runs one at a time."
            raise Problem("too-many-requests", detail, headers=retry_after(BUSY_SECONDS)) from None
        except OtherBody:
            raise Problem("idempotency-key-reused") from None
        response.headers["Location"] = f"/v1/mou/simulations/{run.id}"
        return _told(run)

    @router.get("/v1/mou/simulations/{simulation}", summary="How far a simulation is, and what it found")
    def found(simulation: str, caller: CurrentCaller) -> dict[str, Any]:
        """For whoever began it. `result` is there once `state` is `done`."""
        run = simulations.found(simulation.lower(), CallerFacts.of(caller))
        if run is None:
            raise Problem("not-found", FORGOTTEN)
        return _told(run)

    return router


def _told(run: Run) -> dict[str, Any]:
    result = run.result.model_dump(mode="json") if run.result else None
    return {
        "simulation": run.id,
        "state": run.state,
        "present": run.present,
        "proposed": run.proposed,
        "began": write_moment(run.began),
        "read": run.read,
        "events": run.total,
        "result": result,
    }
