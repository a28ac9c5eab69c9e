"""Evidence over HTTP: a bundle of a case, handed out as a zip; and that one was opened."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.audit.asking import Moment, cut_of
from services.audit.domain.entry import Axis
from services.audit.evidence.making import Bundle, Evidence
from services.audit.questions import NotYours
from shared.events.names import Agency, EvidenceReason
from shared.web.callers import CurrentCaller
from shared.web.problems import Problem
from shared.web.trace import CurrentTrace

ZIP = "application/zip"
ZIPPED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A BagIt bag, zipped; docs/evidence.md",
        "content": {ZIP: {"schema": {"type": "string", "format": "binary"}}},
        "headers": {
            "Accord-Bundle": {
                "description": "What names the bundle: SHA-256 of its tag manifest.",
                "schema": {"type": "string"},
            }
        },
    }
}


class Since(BaseModel):
    """A checkpoint that somebody kept: which log, and how many entries it had."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    topic: str = Field(max_length=249)
    partition: int = Field(ge=0, lt=2**31)
    size: int = Field(ge=1, lt=2**63)


class EvidenceRequest(BaseModel):
    """At which point, by when things were recorded, and as known to whom. Without any: all of it, for the auditor.

    `since`: checkpoints that were kept elsewhere; the bundle then proves that the logs have only grown since.
    `reason` is kept with the fact that the bundle was made.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    as_of: Moment | None = None
    as_of_event: UUID | None = None
    known_to: Agency | None = None
    reason: EvidenceReason | None = None
    since: Annotated[list[Since], Field(max_length=200)] = []


class EvidenceOpenedRequest(BaseModel):
    """Which bundle was opened, and what was found: all of it fits, or there are problems."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bundle: Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
    outcome: Literal["fits", "problems"]


def handed_out(case: UUID, made: Bundle) -> Response:
    """The bundle as a file to keep."""
    name = f'attachment; filename="accord-evidence-{case}.zip"'
    headers = {"Content-Disposition": name, "Accord-Bundle": made.digest}
    return Response(made.zip, media_type=ZIP, headers=headers)


def evidence_router(evidence: Evidence) -> APIRouter:
    """Bundles. A repeat is a further bundle, and a further fact about the case; nothing else changes."""
    router = APIRouter(tags=["evidence"])

    @router.post(
        "/v1/cases/{case}/evidence",
        summary="A bundle that proves a case to whoever has nothing of ours",
        response_class=Response,
        responses=ZIPPED,
    )
    def make(case: UUID, asked: EvidenceRequest, caller: CurrentCaller, trace: CurrentTrace) -> Response:
        cut = cut_of(asked.as_of, asked.as_of_event, Axis.RECORDED)
        since = [((one.topic, one.partition), one.size) for one in asked.since]
        correlation, reason = str(trace.correlation_id), asked.reason
        return handed_out(
            case, evidence.make(str(case), caller, correlation, cut, asked.known_to, since, reason)
        )

    @router.post(
        "/v1/cases/{case}/evidence/opened", summary="State that a bundle was opened", status_code=204
    )
    def opened(
        case: UUID, asked: EvidenceOpenedRequest, caller: CurrentCaller, trace: CurrentTrace
    ) -> Response:
        try:
            evidence.opened(str(case), caller, str(trace.correlation_id), asked.bundle, asked.outcome)
        except NotYours as error:
            raise Problem("not-found") from error
        return Response(status_code=204)

    return router
