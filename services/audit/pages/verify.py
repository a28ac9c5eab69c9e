"""Proof on pages: that a case's events are what was signed, and that the county's whole log is."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import RedirectResponse, Response

from services.audit.access import may_read_findings
from services.audit.merkle.asking import NotThere, Proofs
from services.audit.merkle.of_case import check
from services.audit.merkle.trees import Place
from services.audit.merkle.verifying import Problem as Wrong
from services.audit.merkle.verifying import Step
from services.audit.pages.desk import Desk
from services.audit.pages.titles import title_of
from services.audit.pages.wanted import Wanted
from shared.mou import CallerFacts
from shared.web.problems import Problem
from shared.web.site.forms import CheckedForm
from shared.web.site.refusing import route_of
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.trace import CurrentTrace

#: A page checks for so long, and then offers to go on.
SECONDS = 15.0
#: Events that do not fit and are named, at most.
NAMED = 50
NOTE = "text/plain; charset=utf-8"
Topic = Annotated[str, Path(max_length=249)]
Partition = Annotated[int, Path(ge=0, lt=2**31)]


@dataclass
class Log:
    """What the check has found of one log so far."""

    name: str
    entries: int = 0
    size: int = 0
    signed: int = 0
    checkpoints: int = 0


def verify_router(desk: Desk, proofs: Proofs) -> APIRouter:
    """`/verify`: for those whom `/v1` lets verify; and `/verify/{case}`, for those of them who may replay it."""
    router = APIRouter(route_class=route_of(desk.pages))

    @router.get("/verify")
    def show(request: Request, visitor: CurrentVisitor, done: str = "") -> Response:
        """The newest signed checkpoint of each log."""
        _require(visitor)
        return desk.pages.answer(
            request, "verify.html", visitor, signed=proofs.newest(), done=done if done in DONE else ""
        )

    @router.post("/verify")
    def sign(visitor: CurrentVisitor, form: CheckedForm) -> Response:
        """Sign each log as it is now."""
        _require(visitor)
        _, refused = proofs.sign_all()
        return RedirectResponse(f"/verify?done={'not-signed' if refused else 'signed'}", 303)

    @router.get("/verify/check")
    def check_all(
        request: Request,
        visitor: CurrentVisitor,
        topic: Annotated[str, Query(max_length=249)] = "",
        partition: Annotated[int, Query(ge=0, lt=2**31)] = 0,
        sequence: Annotated[int, Query(ge=0, lt=2**63)] = 0,
    ) -> Response:
        """Every log: signatures, tree and records; from a place on, as far as the time of one page goes."""
        _require(visitor)
        begin = ((topic, partition), sequence) if topic else None
        try:
            logs, wrong, following = _checked(proofs, begin)
        except NotThere as error:
            raise Problem("not-found") from error
        return desk.pages.answer(
            request,
            "verified.html",
            visitor,
            logs=[(one.name, one.entries, one.size, one.signed, one.checkpoints) for one in logs],
            wrong=wrong[:NAMED],
            many=len(wrong),
            begun=begin is not None,
            following=following,
        )

    @router.get("/verify/checkpoint/{topic}/{partition}")
    def checkpoint(topic: Topic, partition: Partition, visitor: CurrentVisitor) -> Response:
        """A log's newest checkpoint, to keep."""
        _require(visitor)
        try:
            found = proofs.checkpoint((topic, partition), None)
        except NotThere as error:
            raise Problem("not-found") from error
        name = f'attachment; filename="{topic}-{partition}-{found.size}.txt"'
        return Response(found.note, media_type=NOTE, headers={"Content-Disposition": name, **KEPT})

    @router.get("/verify/{case}")
    def case(case: UUID, request: Request, visitor: CurrentVisitor, trace: CurrentTrace) -> Response:
        """Whether each event of a case is what was signed."""
        _require(visitor)
        (page,) = desk.open(str(case), visitor, trace, Wanted())
        found = check(proofs, page.view.replay.entries)
        named = [
            (
                page.numbers[one.entry.event.envelope.id],
                page.of_event(one.entry.event.envelope.id),
                page.say(title_of(one.entry.event.type)),
                one.why,
            )
            for one in found.bad[:NAMED]
        ]
        places = sorted({(e.topic, e.partition) for e in page.view.replay.entries})
        return desk.pages.answer(
            request,
            "verify_case.html",
            visitor,
            page=page,
            reach=page.view.reach(),
            found=found,
            named=named,
            places=places,
        )

    return router


#: What `/verify` may be told that has happened.
DONE = ("signed", "not-signed")
KEPT = {"Cache-Control": "no-store"}


def _require(visitor: Visitor) -> None:
    if not may_read_findings(CallerFacts.of(visitor.caller)):
        raise Problem("not-found")


def _checked(
    proofs: Proofs, begin: tuple[Place, int] | None
) -> tuple[list[Log], list[Wrong], tuple[Place, int] | None]:
    """Each log, what does not fit, and where to go on. Raises NotThere."""
    logs: dict[Place, Log] = {}
    wrong: list[Wrong] = []
    until = time.monotonic() + SECONDS
    while True:
        place, step, begin = proofs.verify(begin)
        if place is not None:
            _add(logs.setdefault(place, Log(f"{place[0]}, {place[1]}")), step)
        wrong += step.problems
        if begin is None or time.monotonic() > until:
            return list(logs.values()), wrong, begin


def _add(log: Log, step: Step) -> None:
    log.entries += step.entries
    log.size, log.signed, log.checkpoints = step.size, step.signed, step.checkpoints
