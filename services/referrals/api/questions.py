"""What can be asked of referrals over HTTP."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.referrals.api.calls import Doors
from services.referrals.application.covering import Covering
from services.referrals.application.owing import Owing
from services.referrals.application.standing import Standing
from services.referrals.domain.covers import Cover
from services.referrals.domain.duties import Owed, Said
from services.referrals.domain.parts import ReferralStatus
from shared.events.export_schemas import schema_of
from shared.events.moments import read_moment, write_moment
from shared.events.registry import TYPES
from shared.mou.authority import may
from shared.mou.facts import CallerFacts, ThingFacts
from shared.web import cursors
from shared.web.callers import CurrentCaller
from shared.web.problems import Problem
from shared.web.trace import CurrentTrace

#: A status to look for; `none` is no status that a referral is found in.
Status = Literal[
    "requested",
    "received",
    "accepted",
    "rejected",
    "in-progress",
    "on-hold",
    "completed",
    "cancelled",
    "failed",
    "entered-in-error",
]
KINDS = {"concerns": "concern", "cases": "case", "referrals": "referral"}


def questions_router(doors: Doors) -> APIRouter:
    """One thing, the worklist, the county's key, the MOU in force, a dead letter."""
    router = APIRouter(tags=["questions"])
    questions, vault = doors.referrals.questions, doors.referrals.vault

    @router.get("/v1/keys", summary="The county's public submission keys (JWK set)")
    def keys() -> dict[str, Any]:
        return vault.county_jwks()

    @router.get("/v1/mou", summary="The MOU in force")
    def mou(caller: CurrentCaller) -> dict[str, Any]:
        found = questions.mou()
        if found is None:
            raise Problem(
                "not-found", "No MOU is in force. The coordinator adopts one: accord mou adopt FILE."
            )
        times = {name: write_moment(found[name]) for name in ("effective", "adopted")}
        return {**found, **times, "mou": str(found["mou"])}

    @router.get("/v1/referrals", summary="Referrals asked of your agency, or by it")
    def worklist(
        caller: CurrentCaller,
        queue: Annotated[Literal["inbound", "outbound"], Query()],
        status: Annotated[Status | None, Query()] = None,
        cursor: Annotated[str | None, Query(max_length=600)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> dict[str, Any]:
        """Oldest first. `cursor` goes on behind the last of these, also later; `next` only if there is more now."""
        secret = doors.referrals.secret
        bound = {"queue": queue, "status": status or ""}
        after = read_moment(cursors.decode(secret, caller, bound, cursor)) if cursor else None
        wanted = ReferralStatus(status).value if status else None
        items, last, more = questions.worklist(CallerFacts.of(caller), queue, wanted, after, limit)
        following = cursors.encode(secret, caller, bound, write_moment(last)) if last else None
        return {"items": items, "cursor": following, "next": following if more else None}

    @router.get("/v1/people/{person}/covers", summary="Who covers for a person, and for whom they do")
    def covers(person: UUID, caller: CurrentCaller) -> dict[str, Any]:
        """Those in force or to come, for the person themself and for their agency's administrator."""
        covering = Covering(questions.store, questions.shelf, questions.now)
        found = covering.shown(str(person), CallerFacts.of(caller))
        return {"items": [_cover(cover, questions.now()) for cover in found]}

    @router.get("/v1/deadletters/{letter}", summary="A submission that could not be read (coordinator)")
    def deadletter(letter: UUID, caller: CurrentCaller, trace: CurrentTrace) -> dict[str, Any]:
        facts = CallerFacts.of(caller)
        with doors.referrals.store.transaction() as connection:
            in_force = questions.shelf.in_force(connection, questions.now())
        if in_force is None:
            raise Problem("not-found")
        may(facts, "read-deadletter", ThingFacts("deadletter"), in_force).require()
        found = vault.show_deadletter(letter)
        if found is None:
            raise Problem("not-found")
        questions.record_read(facts, "deadletter", str(letter), str(trace.correlation_id))
        value = base64.b64encode(found.value or b"").decode()
        known = found.letter
        return {
            "deadletter": str(known.id),
            "topic": known.topic,
            "partition": known.partition,
            "offset": known.offset,
            "reason": known.reason,
            "size": known.size,
            "sha256": known.sha256,
            "expires_at": write_moment(known.expires_at),
            "value_base64": value,
        }

    for plural, kind in KINDS.items():
        router.add_api_route(
            f"/v1/{plural}/{{thing}}",
            _show(doors, kind),
            summary=f"One {kind}, as you may see it",
            operation_id=f"read-{kind}",
        )
    return router


def _cover(cover: Cover, now: datetime) -> dict[str, Any]:
    return {
        "cover": cover.id,
        "person": cover.person,
        "covering": cover.covering,
        "agency": cover.agency,
        "begins": write_moment(cover.begins),
        "until": write_moment(cover.until),
        "in_force": cover.in_force(now),
    }


def contract_router() -> APIRouter:
    """The event contract, for readers of the topics."""
    router = APIRouter(tags=["contract"])

    @router.get(
        "/schemas/{type_name}.json", summary="The JSON Schema of an event type: an event's `dataschema`"
    )
    def schema(type_name: str) -> dict[str, Any]:
        if type_name not in TYPES:
            raise Problem("not-found")
        return schema_of(type_name)

    return router


def _show(doors: Doors, kind: str) -> Any:
    def show(thing: str, caller: CurrentCaller, trace: CurrentTrace, response: Response) -> dict[str, Any]:
        shown = doors.referrals.questions.show(
            kind, thing.lower(), CallerFacts.of(caller), str(trace.correlation_id)
        )
        response.headers["ETag"] = shown.etag
        return {**shown.view, "etag": shown.etag}

    return show


def duties_router(doors: Doors) -> APIRouter:
    """What is due in a case, and on a concern."""
    router = APIRouter(tags=["questions"])
    questions = doors.referrals.questions

    @router.get("/v1/cases/{case}/duties", summary="What is due in a case, and what became of it")
    def duties(case: str, caller: CurrentCaller, trace: CurrentTrace) -> dict[str, Any]:
        """The duties that the caller may see, the earliest opened first. A read of the case, and recorded so."""
        asking = CallerFacts.of(caller)
        questions.show("case", case, asking, str(trace.correlation_id))
        return _standing(Owing(questions).in_case(case, asking))

    @router.get("/v1/concerns/{concern}/duties", summary="What is due on a concern, and what became of it")
    def on_concern(concern: str, caller: CurrentCaller, trace: CurrentTrace) -> dict[str, Any]:
        """The duties of one concern, likewise. A read of the concern, and recorded so."""
        asking = CallerFacts.of(caller)
        questions.show("concern", concern, asking, str(trace.correlation_id))
        return _standing(Owing(questions).on_concern(concern, asking))

    return router


def _standing(found: Standing) -> dict[str, Any]:
    return {"items": [_due(one, [s for s in found.said if s.duty in one.keys]) for one in found.owed]}


def _due(one: Owed, said: Sequence[Said]) -> dict[str, Any]:
    """A duty, with its clause, its plain sentence, what became of it, and what was said of it."""
    duty, rule = one.duty, one.duty.rule
    times = {
        "opened_at": duty.opened_at,
        "due_at": duty.due_at,
        "alarm_at": duty.alarm_at,
        "met_at": duty.met_at,
    }
    return {
        "duty": duty.key,
        "rule": rule.id,
        "clause": rule.clause,
        "says": rule.says,
        "source": rule.source,
        "confirmed": rule.confirmed,
        "state": duty.state,
        "owed_by": one.agency,
        "to": list(rule.to),
        "about": duty.matter,
        "opened_by": duty.opened_by,
        "met_by": duty.met_by,
        "mouversion": duty.mouversion,
        "said": [_said(statement) for statement in said],
        **{name: write_moment(at) if at else None for name, at in times.items()},
    }


def _said(one: Said) -> dict[str, Any]:
    """A statement on a duty: what was said, by whom, on which authority, and whether it was a mistake."""
    times = {"time": one.time, "recorded_at": one.recorded_at, "begins": one.begins, "until": one.until}
    return {
        "entry": one.entry,
        "said": one.kind.split(".")[2],
        "agency": one.agency,
        "clause": one.clause,
        "authority": one.authority,
        "reason": one.reason,
        "flags": list(one.flags),
        "entered_in_error": one.struck,
        **{name: write_moment(at) if at else None for name, at in times.items()},
    }
