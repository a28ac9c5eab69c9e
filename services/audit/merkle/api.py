"""Proof over HTTP: checkpoints, inclusion and consistency, verification. For the county's auditor and operator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Path, Query

from services.audit.access import may_read_findings
from services.audit.domain.proof.base64s import encoded
from services.audit.merkle import answers
from services.audit.merkle.asking import NotThere, Proofs
from services.audit.merkle.checkpoints import Signed
from services.audit.merkle.trees import Place
from services.audit.merkle.verifying import Problem as Wrong
from services.audit.merkle.verifying import Step
from shared.mou import CallerFacts
from shared.web.callers import Caller, CurrentCaller
from shared.web.problems import Problem

Topic = Annotated[str, Path(max_length=249)]
Partition = Annotated[int, Path(ge=0, lt=2**31)]
Size = Annotated[
    int | None, Query(ge=1, lt=2**63, description="Of how many entries; the newest signed if not given.")
]


def checkpoint_router(proofs: Proofs) -> APIRouter:
    """Signed checkpoints: those that are kept, and one more on demand."""
    router = APIRouter(tags=["proof"])

    @router.get("/v1/checkpoints", summary="The newest signed checkpoint of each log")
    def newest(caller: CurrentCaller) -> answers.CheckpointsAnswer:
        _require_county(caller)
        return _checkpoints(proofs, proofs.newest())

    @router.post(
        "/v1/checkpoints", summary="Sign each log as it is now; one that has not grown is not signed again"
    )
    def sign(caller: CurrentCaller) -> answers.CheckpointsAnswer:
        _require_county(caller)
        signed, refused = proofs.sign_all()
        told = [
            answers.Refused(topic=place[0], partition=place[1], kind=found.kind, detail=found.detail)
            for place, found in refused
        ]
        return _checkpoints(proofs, signed).model_copy(update={"refused": told})

    @router.get("/v1/checkpoints/{topic}/{partition}", summary="A signed checkpoint of one log")
    def checkpoint(
        topic: Topic, partition: Partition, caller: CurrentCaller, size: Size = None
    ) -> answers.CheckpointView:
        _require_county(caller)
        with _there():
            return _checkpoint(proofs.checkpoint((topic, partition), size))

    return router


def proof_router(proofs: Proofs) -> APIRouter:
    """Proofs, and verification."""
    router = APIRouter(tags=["proof"])

    @router.get("/v1/ledger/{topic}/{partition}/inclusion", summary="Proof that a record is in a log")
    def inclusion(
        topic: Topic,
        partition: Partition,
        caller: CurrentCaller,
        sequence: Annotated[int, Query(ge=0, lt=2**63)],
        size: Size = None,
    ) -> answers.InclusionAnswer:
        _require_county(caller)
        with _there():
            proven = proofs.inclusion((topic, partition), sequence, size)
        return answers.InclusionAnswer(
            topic=topic,
            partition=partition,
            sequence=sequence,
            size=proven.size,
            leaf_hash=encoded(proven.part),
            proof=[encoded(one) for one in proven.proof],
            root=encoded(proven.root),
            note=proven.note,
        )

    @router.get("/v1/ledger/{topic}/{partition}/consistency", summary="Proof that a log only grew")
    def consistency(
        topic: Topic,
        partition: Partition,
        caller: CurrentCaller,
        old_size: Annotated[int, Query(ge=1, lt=2**63)],
        size: Size = None,
    ) -> answers.ConsistencyAnswer:
        _require_county(caller)
        with _there():
            proven = proofs.consistency((topic, partition), old_size, size)
        return answers.ConsistencyAnswer(
            topic=topic,
            partition=partition,
            old_size=old_size,
            old_root=encoded(proven.part),
            size=proven.size,
            root=encoded(proven.root),
            proof=[encoded(one) for one in proven.proof],
            note=proven.note,
        )

    @router.post("/v1/verify", summary="Verify ledger, trees and everything signed, step by step")
    def verify(caller: CurrentCaller, asked: answers.VerifyRequest) -> answers.VerifyAnswer:
        _require_county(caller)
        begin = asked.begin
        with _there():
            place, step, after = proofs.verify(
                ((begin.topic, begin.partition), begin.sequence) if begin else None
            )
        return _verified(place, step, after)

    return router


@contextmanager
def _there() -> Iterator[None]:
    try:
        yield
    except NotThere as error:
        raise Problem("not-found") from error


def _require_county(caller: Caller) -> None:
    if not may_read_findings(CallerFacts.of(caller)):
        raise Problem("not-found")


def _checkpoints(proofs: Proofs, signed: list[Signed]) -> answers.CheckpointsAnswer:
    views = [_checkpoint(one) for one in signed]
    return answers.CheckpointsAnswer(key=str(proofs.read_key().verifier), checkpoints=views)


def _checkpoint(one: Signed) -> answers.CheckpointView:
    topic, partition = one.place
    return answers.CheckpointView(
        topic=topic,
        partition=partition,
        size=one.size,
        root=encoded(one.root),
        note=one.note,
        signed=one.signed,
    )


def _verified(place: Place | None, step: Step, after: tuple[Place, int] | None) -> answers.VerifyAnswer:
    following = answers.Place(topic=after[0][0], partition=after[0][1], sequence=after[1]) if after else None
    return answers.VerifyAnswer(
        topic=place[0] if place else None,
        partition=place[1] if place else None,
        verified=step.entries,
        size=step.size,
        signed=step.signed,
        checkpoints=step.checkpoints,
        problems=[_problem(one) for one in step.problems],
        next=following,
    )


def _problem(one: Wrong) -> answers.ProblemView:
    return answers.ProblemView(
        kind=one.kind,
        topic=one.place[0],
        partition=one.place[1],
        sequence=one.sequence,
        offset=one.offset,
        detail=one.detail,
    )
