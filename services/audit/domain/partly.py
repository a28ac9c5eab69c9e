"""One sentence for an event of which an agency could see a part only: nothing that its fields do not say. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.audit.domain.words import asked
from services.audit.domain.words_life import agency
from shared.events import Recorded
from shared.events.types.case import AgencyLeft, WorkerAssigned
from shared.events.types.concern import ConcernCallStated
from shared.events.types.referral import ReferralRequested, ReferralResumed

ELSE = "Something was recorded, of which the agency could see only these fields."
SEALED = "Sealed facts were recorded, which the agency could have opened; of the rest it could see nothing."


def partly(event: Recorded, fields: Mapping[str, Any]) -> str:
    """What can be said of `event` to whoever could see only `fields` of it."""
    if not fields:
        return SEALED
    found = PARTLY.get(type(event.data))
    return (found(event.data, {path.rpartition("/")[2] for path in fields}) if found else None) or ELSE


def _left(data: AgencyLeft, names: set[str]) -> str | None:
    return f"{agency(data.agency)} takes part no longer." if f"agencies.{data.agency}" in names else None


def _worker(data: WorkerAssigned, names: set[str]) -> str | None:
    seen = f"workers.{data.worker}" in names
    return f"A person of {agency(data.agency)} works on the case." if seen else None


def _call(data: ConcernCallStated, names: set[str]) -> str | None:
    line = str(data.called_line).replace("-", " ")
    return f"The call to the {line} was stated." if {"called_at", "called_line"} <= names else None


def _requested(data: ReferralRequested, names: set[str]) -> str | None:
    by_name = {"to_worker"} if data.to_worker else set()
    says = {"sender", "recipient", "kind", "urgency", "youth_choice"} | by_name
    return asked(data) if says <= names and not data.outside else None


def _resumed(_: ReferralResumed, names: set[str]) -> str | None:
    return "The youth is served again." if "status" in names else None


#: Event type -> what may be said of it, given the names of the fields that could be seen; None: nothing of it.
PARTLY: Mapping[type, Callable[[Any, set[str]], str | None]] = {
    AgencyLeft: _left,
    WorkerAssigned: _worker,
    ConcernCallStated: _call,
    ReferralRequested: _requested,
    ReferralResumed: _resumed,
}
