"""From a request to an order and from an outcome to an answer; the same for every command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from fastapi.responses import JSONResponse

from services.referrals.application.bodies import no_usable_fact, open_sealed, read_body, says_nothing
from services.referrals.application.handle import KeyReused, StaleBasis
from services.referrals.application.orders import Order, Outcome
from services.referrals.application.previewing import Preview, preview
from services.referrals.bootstrap import Referrals
from services.referrals.domain.commands import Command
from shared.errors import Refusal, Undeliverable
from shared.events.reading import parse_json
from shared.mou.facts import CallerFacts
from shared.web.callers import Caller
from shared.web.problems import Problem
from shared.web.trace import Trace

NO_EVENT = "What this states does not fit the 65,535 bytes of one event."


class GatePort(Protocol):
    """Whether commands may be taken: the store and its topic have been compared and agree."""

    def require(self) -> None:
        """Raises TryLater or Disagreement."""


@dataclass(frozen=True)
class Doors:
    """What the routes need."""

    referrals: Referrals
    gate: GatePort
    published: Callable[[], bool]
    """Whether Kafka takes what is appended, as far as is known; if not, an answer is 202."""


@dataclass(frozen=True)
class Asked:
    """A command as it came over HTTP."""

    name: str
    caller: Caller
    trace: Trace
    key: str
    body: Mapping[str, Any]
    thing: str | None = None
    based_on: str | None = None


def carry_out(doors: Doors, asked: Asked) -> Outcome:
    """The outcome of a command. Raises Problem, Refusal (recorded), TryLater, Conflict. Blocks on the databases."""
    doors.gate.require()
    handler = doors.referrals.handler
    try:
        mou = doors.referrals.questions.in_force
        command, flags = read_body(asked.name, asked.body, mou)
        command, unopened = open_sealed(asked.name, command, asked.key, doors.referrals.vault, mou)
        if says_nothing(asked.name, command, mou):
            raise no_usable_fact()
    except Refusal as refusal:
        handler.refuse(_order(asked, Command()), refusal)
        raise
    try:
        outcome = handler.handle(_order(asked, command, (*flags, *unopened)))
    except Undeliverable as error:
        raise (
            Problem("too-large", NO_EVENT) if error.reason == "too-large" else Problem("unreadable")
        ) from None
    except StaleBasis as stale:
        raise _basis(stale) from None
    except KeyReused:
        raise Problem("idempotency-key-reused") from None
    if outcome.refusal is not None:
        raise outcome.refusal
    return outcome


def look_ahead(doors: Doors, asked: Asked) -> Preview:
    """What the agency that a command asks would see. Nothing is written or recorded. Raises as `carry_out`."""
    command, _ = read_body(asked.name, asked.body)
    try:
        return preview(doors.referrals.handler, _order(asked, command))
    except StaleBasis as stale:
        raise _basis(stale) from None


def _basis(stale: StaleBasis) -> Problem:
    return Problem("precondition-required" if stale.missing else "stale")


def _order(asked: Asked, command: Command, flags: tuple[str, ...] = ()) -> Order:
    return Order(
        asked.name,
        asked.thing.lower() if asked.thing else None,
        command,
        CallerFacts.of(asked.caller),
        asked.caller.person,
        asked.key,
        f"/agencies/{asked.caller.agency}",
        str(asked.trace.correlation_id),
        asked.based_on,
        asked.trace.traceparent,
        flags,
    )


#: Kind of thing -> the address of it.
PLACES = {
    "concern": "/v1/concerns/",
    "case": "/v1/cases/",
    "referral": "/v1/referrals/",
    "proposal": "/v1/mou/proposals/",
}


def answer(doors: Doors, outcome: Outcome, makes: str | None, notice: str | None = None) -> JSONResponse:
    """201 with its address for something new, else 200; 202 while it waits to be published."""
    body: dict[str, Any] = {**outcome.made, "events": outcome.events, "flags": outcome.flags}
    if outcome.gaps:
        body["gaps"] = [gap.model_dump() for gap in outcome.gaps]
    if notice:
        body["notice"] = notice
    headers = {"Location": PLACES[makes] + outcome.made[makes]} if makes in PLACES else {}
    status = 201 if makes else 200
    return JSONResponse(body, status if doors.published() else 202, headers=headers)


def parse(raw: bytes) -> Mapping[str, Any]:
    """A request's body as an object. Raises Problem 400, never quoting it."""
    try:
        return parse_json(raw or b"{}")
    except Undeliverable:
        raise Problem("unreadable") from None
