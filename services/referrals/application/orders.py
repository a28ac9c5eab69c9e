"""What the edges hand to the application and what it hands back, and the table of commands."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from services.referrals.domain import (
    acts,
    asking,
    cases,
    concerns,
    corrections,
    covers,
    governance,
    referrals,
    screenings,
    serving,
)
from services.referrals.domain import commands as c
from services.referrals.domain.covers import Person
from services.referrals.domain.deciding import At
from services.referrals.domain.facts import Fact
from services.referrals.domain.parts import Concern, Matter, Referral
from shared.errors import Refusal
from shared.events import Data
from shared.mou.document import Mou
from shared.mou.facts import CallerFacts

#: Keys that are no UUID become one, so that no text of a caller's choosing stands on an event.
KEYS = UUID("0b6e9f2e-3a53-4b0e-8f0f-0e4f1c6c2a07")
#: Said with every answer to a report or to a stated call, through either door.
NOTICE = (
    "This record does not replace the call: a mandated reporter telephones the hotline at once."
    " State the call when it is made."
)


@dataclass(frozen=True)
class Order:
    """A command as an edge received it. `key` is the idempotency key, or the submission's id."""

    name: str
    thing: str | None
    command: c.Command
    caller: CallerFacts
    person: str
    key: str
    source: str
    correlation: str
    based_on: str | None = None
    traceparent: str | None = None
    flags: tuple[str, ...] = ()
    over_kafka: bool = False

    @property
    def scope(self) -> str:
        """Whose keys these are: agency and caller."""
        return f"{self.caller.agency}/{self.person}"

    @property
    def command_id(self) -> UUID:
        """The key as a UUID: itself if it is one."""
        try:
            return UUID(self.key)
        except ValueError:
            return uuid5(KEYS, f"{self.scope}/{self.key}")

    def digest(self, secret: bytes) -> bytes:
        """Tells another body under the same key; keyed, so that it cannot be guessed back."""
        body = self.command.model_dump(mode="json")
        text = json.dumps([self.name, self.thing, body], sort_keys=True).encode()
        return hmac.new(secret, text, hashlib.sha256).digest()


@dataclass(frozen=True)
class Outcome:
    """The answer to an order: what it made, or why it was refused. Stored, and given again to a repeat."""

    command: str
    made: Mapping[str, str] = field(default_factory=dict)
    events: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    refusal: Refusal | None = None
    repeated: bool = False

    def stored(self) -> dict[str, Any]:
        """The answer as JSON."""
        refusal = self.refusal
        said = refusal and {
            name: getattr(refusal, name) for name in ("clause", "reason", "detail", "remedy", "field")
        }
        return {
            "command": self.command,
            "made": dict(self.made),
            "events": list(self.events),
            "flags": list(self.flags),
            "refusal": said,
        }

    @classmethod
    def of_stored(cls, answer: Mapping[str, Any]) -> Outcome:
        """The answer that was stored for the first of these."""
        refusal = Refusal(**answer["refusal"]) if answer["refusal"] else None
        return cls(
            answer["command"],
            answer["made"],
            tuple(answer["events"]),
            tuple(answer["flags"]),
            refusal,
            repeated=True,
        )


def made_of(stated: Sequence[Data]) -> dict[str, str]:
    """Ids of the things that the caller addressed or made, by kind."""
    made: dict[str, str] = {}
    for data in stated:
        for kind in ("concern", "case", "referral", "screening", "record", "person", "cover", "mou"):
            value = getattr(data, kind, None)
            if isinstance(value, str):
                made[kind] = value
    return made


def flags_of(stated: Sequence[Data]) -> tuple[str, ...]:
    """What is unusual about them."""
    return tuple(flag for data in stated for flag in getattr(data, "flags", ()))


@dataclass(frozen=True)
class Things:
    """What was loaded for an order: the concern; the matters of the case; the referral and its matter; a person."""

    concern: Concern | None = None
    matters: tuple[Matter, ...] = ()
    referral: Referral | None = None
    person: Person | None = None

    @property
    def attached_to(self) -> Matter | None:
        """The matter that the concern is attached to, if it is."""
        stream = self.concern and self.concern.case_stream
        return next((m for m in self.matters if m.stream == stream), None)

    def matter(self, name: str | None = None) -> Matter:
        """The matter of this name, or any if there is none such."""
        named = [m for m in self.matters if m.matter == name]
        return (named or list(self.matters))[0]


Decide = Callable[[Things, Any, At, tuple[str, ...], Mou | None], list[Fact]]


@dataclass(frozen=True)
class Spec:
    """A command: its body, what it is about, whether it must say what it is based on, and how it is decided."""

    body: type[c.Command]
    thing: str | None
    needs_based_on: bool
    decide: Decide


def _concern(things: Things) -> Concern:
    assert things.concern is not None, "loaded by the spec's kind"
    return things.concern


def _referral(things: Things) -> tuple[Referral, Matter]:
    assert things.referral is not None, "loaded by the spec's kind"
    return things.referral, things.matters[0]


def _person(things: Things) -> Person:
    assert things.person is not None, "loaded by the spec's kind"
    return things.person


def _own(things: Things, at: At) -> list[Matter]:
    """The matters that the caller's agency takes part in: of others it is not told that there are any."""
    return [m for m in things.matters if at.caller.agency in (m.lead, *m.agencies)]


def _matter_in(things: Things, body: c.OfMatter, at: At) -> Matter:
    """The matter that is meant. Raises Refusal where it is not clear: who takes part in one may not see another."""
    own = _own(things, at)
    meant = [m for m in own if body.matter in (None, m.matter)]
    if not own or len(meant) == 1:
        return (meant or things.matters)[0]
    detail = "Which matter of the case is meant has to be said." if meant else "The case has no such matter."
    raise Refusal("none", "invalid-field", detail, "Its matters stand in the case: read it again.", "/matter")


def _asked_in(things: Things, body: c.RequestReferral, at: At) -> Matter:
    """The matter that is named; where the case has none such yet, one that the caller's agency takes part in."""
    named = [m for m in things.matters if m.matter == body.matter]
    return (named or _own(things, at) or list(things.matters))[0]


def _recorded_in(things: Things, body: c.RecordScreening | c.RecordAct, at: At) -> Matter:
    """The matter that is named, else the first one that the caller's agency takes part in."""
    own = _own(things, at)
    named = [m for m in own if m.matter == body.matter]
    return (named or own or list(things.matters))[0]


def _unclear(things: Things, body: c.RecordScreening | c.RecordAct, at: At) -> tuple[str, ...]:
    """It is taken all the same (DESIGN 1, rule 4): that its matter was not said is flagged."""
    return ("missing.matter",) if body.matter is None and len(_own(things, at)) > 1 else ()


def _screened(things: Things, screening: str) -> Matter:
    """The matter that holds the screening, or any."""
    return next((m for m in things.matters if screening in m.screenings), things.matter())


def _on_record(things: Things, record: str) -> acts.Place:
    """The place that holds the record of an act: the concern, or the matter of the case, or any."""
    if things.concern is not None:
        return acts.on_concern(things.concern, things.attached_to)
    return acts.in_case(next((m for m in things.matters if record in m.acts), things.matter()))


def _answering(body: type[c.Command], decide: Callable[[Referral, Matter, Any, At], list[Fact]]) -> Spec:
    """A command on a referral that is based on what was read of it."""
    return Spec(body, "referral", True, lambda t, given, at, *_: decide(*_referral(t), given, at))


def _of_matter(body: type[c.OfMatter], decide: Callable[[Matter, Any, At], list[Fact]]) -> Spec:
    """A command on one matter of a case, based on what was read of the case."""
    return Spec(body, "case", True, lambda t, given, at, *_: decide(_matter_in(t, given, at), given, at))


def _document(mou: Mou | None) -> Mou:
    assert mou is not None, "validated before deciding"
    return mou


#: The commands of referrals, over HTTP and Kafka alike.
COMMANDS: Mapping[str, Spec] = {
    "report-concern": Spec(
        c.ReportConcern, None, False, lambda t, body, at, flags, _: concerns.report(body, at, flags)
    ),
    "state-call": Spec(
        c.StateCall,
        "concern",
        False,
        lambda t, body, at, flags, _: concerns.state_call(_concern(t), t.attached_to, body, at, flags),
    ),
    "open-case": Spec(
        c.OpenCase, "concern", True, lambda t, body, at, *_: concerns.open_case(_concern(t), body, at)
    ),
    "attach-concern": Spec(
        c.AttachConcern,
        "concern",
        True,
        lambda t, body, at, *_: concerns.attach(_concern(t), t.matter(body.matter), body, at),
    ),
    "evaluate-out": Spec(
        c.EvaluateOut, "concern", True, lambda t, body, at, *_: concerns.evaluate_out(_concern(t), body, at)
    ),
    "request-referral": Spec(
        c.RequestReferral,
        "case",
        False,
        lambda t, body, at, *_: referrals.request(_asked_in(t, body, at), body, at),
    ),
    "receive-referral": Spec(
        c.ReceiveReferral,
        "referral",
        False,
        lambda t, body, at, *_: referrals.receive(*_referral(t), body, at),
    ),
    "accept-referral": _answering(c.AcceptReferral, referrals.accept),
    "reject-referral": _answering(c.RejectReferral, referrals.reject),
    "start-referral": _answering(c.StartReferral, serving.start),
    "hold-referral": _answering(c.HoldReferral, serving.hold),
    "resume-referral": _answering(c.ResumeReferral, serving.resume),
    "complete-referral": _answering(c.CompleteReferral, serving.complete),
    "fail-referral": _answering(c.FailReferral, serving.fail),
    "cancel-referral": _answering(c.CancelReferral, serving.cancel),
    "forward-referral": _answering(c.ForwardReferral, referrals.forward),
    "ask-information": _answering(c.AskInformation, asking.ask),
    "give-information": _answering(c.GiveInformation, asking.give),
    "state-referral-call": Spec(
        c.StateReferralCall, "referral", False, lambda t, body, at, *_: asking.call(*_referral(t), body, at)
    ),
    "undo-referral": _answering(c.UndoReferral, corrections.undo),
    "enter-referral-in-error": _answering(c.EnterReferralInError, corrections.enter_in_error),
    "record-screening": Spec(
        c.RecordScreening,
        "case",
        False,
        lambda t, body, at, flags, _: screenings.record(
            _recorded_in(t, body, at), body, at, (*flags, *_unclear(t, body, at))
        ),
    ),
    "enter-screening-in-error": Spec(
        c.EnterScreeningInError,
        "case",
        True,
        lambda t, body, at, *_: screenings.enter_in_error(_screened(t, body.screening), body, at),
    ),
    "record-act": Spec(
        c.RecordAct,
        "case",
        False,
        lambda t, body, at, flags, _: acts.record(
            acts.in_case(_recorded_in(t, body, at)), body, at, (*flags, *_unclear(t, body, at))
        ),
    ),
    "record-concern-act": Spec(
        c.RecordAct,
        "concern",
        False,
        lambda t, body, at, flags, _: acts.record(
            acts.on_concern(_concern(t), t.attached_to), body, at, flags
        ),
    ),
    "enter-act-in-error": Spec(
        c.EnterActInError,
        "case",
        True,
        lambda t, body, at, *_: acts.enter_in_error(_on_record(t, body.record), body, at),
    ),
    "enter-concern-act-in-error": Spec(
        c.EnterActInError,
        "concern",
        True,
        lambda t, body, at, *_: acts.enter_in_error(_on_record(t, body.record), body, at),
    ),
    "join-agency": _of_matter(c.JoinAgency, cases.join),
    "leave-agency": _of_matter(c.LeaveAgency, cases.leave),
    "assign-worker": _of_matter(c.AssignWorker, cases.assign_worker),
    "assign-role": Spec(c.AssignRole, None, False, lambda t, body, at, *_: governance.assign_role(body, at)),
    "end-role": Spec(c.EndRole, None, False, lambda t, body, at, *_: governance.end_role(body, at)),
    "arrange-cover": Spec(
        c.ArrangeCover, "person", False, lambda t, body, at, *_: covers.arrange(_person(t), body, at)
    ),
    "end-cover": Spec(c.EndCover, "person", False, lambda t, body, at, *_: covers.end(_person(t), body, at)),
    "adopt-mou": Spec(
        c.AdoptMou,
        None,
        False,
        lambda t, body, at, flags, mou: governance.adopt(body, _document(mou), at),
    ),
}
