"""A plan's vocabulary: a step, its door, and what may be wrong with it on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from shared.events.names import SealedClass

#: Facts by class, invented.
Facts = Mapping[SealedClass, Mapping[str, Any]]


class Door(StrEnum):
    """How a command reaches the county."""

    HTTP = "http"
    KAFKA = "kafka"
    PAGES = "pages"


class Fault(StrEnum):
    """What is wrong with a command on purpose."""

    MALFORMED = "malformed"
    STALE = "stale"
    NO_BASIS = "no-basis"
    NO_KEY = "no-key"
    KEY_REUSED = "key-reused"
    FORBIDDEN = "forbidden"
    UNKNOWN = "unknown"
    BAD_CODE = "bad-code"
    AHEAD = "ahead"
    ILLEGAL = "illegal"


@dataclass(frozen=True)
class Must:
    """How a faulty command must end: status and problem over HTTP; outcome and reason (None: any) over Kafka."""

    status: int
    problem: str
    outcome: str = "refused"
    reason: str | None = None


#: docs/problems says what each of them means.
MUST: Mapping[Fault, Must] = {
    Fault.MALFORMED: Must(400, "unreadable", "unreadable"),
    Fault.STALE: Must(412, "stale", reason="stale"),
    Fault.NO_BASIS: Must(428, "precondition-required", reason="precondition-required"),
    Fault.NO_KEY: Must(400, "idempotency-key-missing"),
    Fault.KEY_REUSED: Must(422, "idempotency-key-reused", reason="idempotency-key-reused"),
    Fault.FORBIDDEN: Must(403, "not-allowed"),
    Fault.UNKNOWN: Must(404, "not-found", reason="not-found"),
    Fault.BAD_CODE: Must(422, "invalid-field"),
    Fault.AHEAD: Must(422, "invalid-field", reason="too-far-ahead"),
    Fault.ILLEGAL: Must(409, "refused", reason="illegal-transition"),
}


@dataclass(frozen=True)
class Act:
    """A command's address, whether it is based on what was read, and the field that says when it happened."""

    path: str
    based: bool = False
    keyed: bool = False
    time: str = "time"
    read: str = ""
    """Where its basis is read."""


def _on_referral(act: str) -> Act:
    return Act(f"/v1/referrals/{{about}}/{act}", based=True, read="/v1/referrals/{about}")


def _on_concern(act: str, *, keyed: bool = False) -> Act:
    return Act(f"/v1/concerns/{{about}}/{act}", based=True, keyed=keyed, read="/v1/concerns/{about}")


def _on_case(act: str) -> Act:
    return Act(f"/v1/cases/{{about}}/{act}", based=True, read="/v1/cases/{about}")


#: The commands that are played; docs/openapi/referrals.json is what they must agree with.
ACTS: Mapping[str, Act] = {
    "report-concern": Act("/v1/concerns", keyed=True),
    "state-call": Act("/v1/concerns/{about}/calls", keyed=True, time="called_at"),
    "open-case": _on_concern("open-case", keyed=True),
    "attach-concern": _on_concern("attach"),
    "evaluate-out": _on_concern("evaluate-out"),
    "request-referral": Act("/v1/cases/{about}/referrals", keyed=True),
    "join-agency": _on_case("agencies"),
    "leave-agency": _on_case("agencies/leave"),
    "assign-worker": _on_case("workers"),
    "record-screening": Act("/v1/cases/{about}/screenings", keyed=True, time="screened_at"),
    "enter-screening-in-error": _on_case("screenings/enter-in-error"),
    "record-act": Act("/v1/cases/{about}/acts", keyed=True, time="done_at"),
    "enter-act-in-error": _on_case("acts/enter-in-error"),
    "record-concern-act": Act("/v1/concerns/{about}/acts", keyed=True, time="done_at"),
    "enter-concern-act-in-error": _on_concern("acts/enter-in-error"),
    "receive-referral": Act("/v1/referrals/{about}/receive"),
    "accept-referral": _on_referral("accept"),
    "reject-referral": _on_referral("reject"),
    "start-referral": _on_referral("start"),
    "hold-referral": _on_referral("hold"),
    "resume-referral": _on_referral("resume"),
    "complete-referral": _on_referral("complete"),
    "fail-referral": _on_referral("fail"),
    "cancel-referral": _on_referral("cancel"),
    "forward-referral": Act(
        "/v1/referrals/{about}/forward", based=True, keyed=True, read="/v1/referrals/{about}"
    ),
    "ask-information": _on_referral("ask-information"),
    "give-information": _on_referral("give-information"),
    "state-referral-call": Act("/v1/referrals/{about}/calls", keyed=True, time="called_at"),
    "undo-referral": _on_referral("undo"),
    "enter-referral-in-error": _on_referral("enter-in-error"),
}
#: What is posted to ask and changes nothing.
ASKED = frozenset({"simulate-mou"})
#: Commands that are not played: they would change the county for everybody who uses this platform; or they are
#: about what is due, which the county here does not read.
NOT_PLAYED = frozenset(
    {
        *("propose-mou", "comment-mou", "answer-mou-comment", "sign-mou", "adopt-proposal", "adopt-mou"),
        *("assign-role", "end-role", "arrange-cover", "end-cover"),
        *("waive-duty", "toll-duty", "confirm-duty-not-done", "enter-duty-statement-in-error"),
        *("waive-concern-duty", "toll-concern-duty", "confirm-concern-duty-not-done"),
        "enter-concern-duty-statement-in-error",
    }
)
#: A receipt does not name what these make, so whoever needs it asks over HTTP.
HTTP_ONLY = frozenset({"record-screening", "record-act", "record-concern-act"})
#: Not a command on referrals: somebody takes an item of their feed in hand.
ACKNOWLEDGE = "acknowledge"


@dataclass(frozen=True)
class Step:
    """One thing that somebody does. Things are named by labels within the case; the player knows their ids.

    `label` names the step, so that a later one can point to its entry; `about` and `makes` name things; `refs` are
    fields of the body that take the id of a label. `wait` and `ago` are seconds: before the step, at realtime, and
    how long before it is recorded it happened (0: now). `again`: it is given a second time, to the same effect.
    `key_of`: it comes under the key of the step of this label.
    """

    label: str
    act: str
    actor: str
    door: Door = Door.HTTP
    about: str = ""
    makes: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)
    refs: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0
    ago: float = 0.0
    fault: Fault | None = None
    again: bool = False
    key_of: str = ""

    @property
    def agency(self) -> str:
        """Whose step it is."""
        return self.actor.partition("@")[2]


@dataclass(frozen=True)
class Plan:
    """What is done about one youth, in order. `arrives`: seconds after the first plan at realtime."""

    number: int
    arrives: float
    steps: tuple[Step, ...]
