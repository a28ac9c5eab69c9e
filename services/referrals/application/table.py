"""The table of commands: what each takes, what it is about, and how it is decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.referrals.application.things import (
    Things,
    concern_of,
    matter_asked,
    matter_meant,
    matter_recorded,
    matter_screened,
    memorandum_of,
    person_of,
    place_of_duty,
    place_of_record,
    proposal_of,
    referral_of,
    unclear,
)
from services.referrals.domain import (
    acts,
    adopting,
    asking,
    cases,
    concerns,
    corrections,
    covers,
    duties,
    governance,
    memorandum,
    referrals,
    screenings,
    serving,
)
from services.referrals.domain import commands as c
from services.referrals.domain import commands_mou as m
from services.referrals.domain.deciding import At
from services.referrals.domain.facts import Fact
from services.referrals.domain.parts import Matter, Referral
from shared.mou.document import Mou

Decide = Callable[[Things, Any, At, tuple[str, ...], Mou | None], list[Fact]]


@dataclass(frozen=True)
class Spec:
    """A command: its body, what it is about, whether it must say what it is based on, and how it is decided.

    `of_duties`: for that, what is due is loaded as well.
    """

    body: type[c.Command]
    thing: str | None
    needs_based_on: bool
    decide: Decide
    of_duties: bool = False


def _answering(body: type[c.Command], decide: Callable[[Referral, Matter, Any, At], list[Fact]]) -> Spec:
    """A command on a referral that is based on what was read of it."""
    return Spec(body, "referral", True, lambda t, given, at, *_: decide(*referral_of(t), given, at))


def _of_matter(body: type[c.OfMatter], decide: Callable[[Matter, Any, At], list[Fact]]) -> Spec:
    """A command on one matter of a case, based on what was read of the case."""
    return Spec(body, "case", True, lambda t, given, at, *_: decide(matter_meant(t, given, at), given, at))


def _on_duties(thing: str) -> dict[str, Spec]:
    """The commands on the duties of a case, or of a concern, by the name of what is said."""

    def waive(t: Things, body: Any, at: At, *_: Any) -> list[Fact]:
        owed = t.owed.get(body.duty)
        return duties.waive(place_of_duty(t, owed, at), owed, body, at)

    def toll(t: Things, body: Any, at: At, *_: Any) -> list[Fact]:
        owed = t.owed.get(body.duty)
        return duties.toll(place_of_duty(t, owed, at), owed, body, at)

    def not_done(t: Things, body: Any, at: At, flags: tuple[str, ...], _: Any) -> list[Fact]:
        owed = t.owed.get(body.duty)
        return duties.confirm_not_done(place_of_duty(t, owed, at), owed, body, at, flags)

    def in_error(t: Things, body: Any, at: At, *_: Any) -> list[Fact]:
        said = t.said.get(body.entry)
        return duties.enter_in_error(place_of_duty(t, said, at), said, body, at)

    return {
        "waive": Spec(c.WaiveDuty, thing, True, waive, of_duties=True),
        "toll": Spec(c.TollDuty, thing, True, toll, of_duties=True),
        "not-done": Spec(c.ConfirmDutyNotDone, thing, False, not_done, of_duties=True),
        "in-error": Spec(c.EnterDutyStatementInError, thing, True, in_error, of_duties=True),
    }


_OF_CASE, _OF_CONCERN = _on_duties("case"), _on_duties("concern")


def _document(mou: Mou | None) -> Mou:
    assert mou is not None, "read before deciding"
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
        lambda t, body, at, flags, _: concerns.state_call(concern_of(t), t.attached_to, body, at, flags),
    ),
    "open-case": Spec(
        c.OpenCase, "concern", True, lambda t, body, at, *_: concerns.open_case(concern_of(t), body, at)
    ),
    "attach-concern": Spec(
        c.AttachConcern,
        "concern",
        True,
        lambda t, body, at, *_: concerns.attach(concern_of(t), t.matter(body.matter), body, at),
    ),
    "evaluate-out": Spec(
        c.EvaluateOut, "concern", True, lambda t, body, at, *_: concerns.evaluate_out(concern_of(t), body, at)
    ),
    "request-referral": Spec(
        c.RequestReferral,
        "case",
        False,
        lambda t, body, at, *_: referrals.request(matter_asked(t, body, at), body, at),
    ),
    "receive-referral": Spec(
        c.ReceiveReferral,
        "referral",
        False,
        lambda t, body, at, *_: referrals.receive(*referral_of(t), body, at),
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
        c.StateReferralCall, "referral", False, lambda t, body, at, *_: asking.call(*referral_of(t), body, at)
    ),
    "undo-referral": _answering(c.UndoReferral, corrections.undo),
    "enter-referral-in-error": _answering(c.EnterReferralInError, corrections.enter_in_error),
    "record-screening": Spec(
        c.RecordScreening,
        "case",
        False,
        lambda t, body, at, flags, _: screenings.record(
            matter_recorded(t, body, at), body, at, (*flags, *unclear(t, body, at))
        ),
    ),
    "enter-screening-in-error": Spec(
        c.EnterScreeningInError,
        "case",
        True,
        lambda t, body, at, *_: screenings.enter_in_error(matter_screened(t, body.screening), body, at),
    ),
    "record-act": Spec(
        c.RecordAct,
        "case",
        False,
        lambda t, body, at, flags, _: acts.record(
            acts.in_case(matter_recorded(t, body, at)), body, at, (*flags, *unclear(t, body, at))
        ),
    ),
    "record-concern-act": Spec(
        c.RecordAct,
        "concern",
        False,
        lambda t, body, at, flags, _: acts.record(
            acts.on_concern(concern_of(t), t.attached_to), body, at, flags
        ),
    ),
    "enter-act-in-error": Spec(
        c.EnterActInError,
        "case",
        True,
        lambda t, body, at, *_: acts.enter_in_error(place_of_record(t, body.record), body, at),
    ),
    "enter-concern-act-in-error": Spec(
        c.EnterActInError,
        "concern",
        True,
        lambda t, body, at, *_: acts.enter_in_error(place_of_record(t, body.record), body, at),
    ),
    "waive-duty": _OF_CASE["waive"],
    "toll-duty": _OF_CASE["toll"],
    "confirm-duty-not-done": _OF_CASE["not-done"],
    "enter-duty-statement-in-error": _OF_CASE["in-error"],
    "waive-concern-duty": _OF_CONCERN["waive"],
    "toll-concern-duty": _OF_CONCERN["toll"],
    "confirm-concern-duty-not-done": _OF_CONCERN["not-done"],
    "enter-concern-duty-statement-in-error": _OF_CONCERN["in-error"],
    "join-agency": _of_matter(c.JoinAgency, cases.join),
    "leave-agency": _of_matter(c.LeaveAgency, cases.leave),
    "assign-worker": _of_matter(c.AssignWorker, cases.assign_worker),
    "assign-role": Spec(c.AssignRole, None, False, lambda t, body, at, *_: governance.assign_role(body, at)),
    "end-role": Spec(c.EndRole, None, False, lambda t, body, at, *_: governance.end_role(body, at)),
    "arrange-cover": Spec(
        c.ArrangeCover, "person", False, lambda t, body, at, *_: covers.arrange(person_of(t), body, at)
    ),
    "end-cover": Spec(
        c.EndCover, "person", False, lambda t, body, at, *_: covers.end(person_of(t), body, at)
    ),
    "propose-mou": Spec(
        m.ProposeMou,
        None,
        False,
        lambda t, body, at, _, mou: memorandum.propose(memorandum_of(t), body, _document(mou), at),
    ),
    "comment-mou": Spec(
        m.CommentMou,
        "proposal",
        False,
        lambda t, body, at, _, mou: memorandum.comment(proposal_of(t), body, _document(mou), at),
    ),
    "answer-mou-comment": Spec(
        m.AnswerMouComment,
        "proposal",
        True,
        lambda t, body, at, *_: memorandum.answer(proposal_of(t), body, at),
    ),
    "sign-mou": Spec(
        m.SignMou,
        "proposal",
        False,
        lambda t, body, at, _, mou: memorandum.sign(proposal_of(t), body, _document(mou), at),
    ),
    "adopt-proposal": Spec(
        m.AdoptProposal,
        "proposal",
        True,
        lambda t, body, at, _, mou: adopting.adopt_proposal(
            proposal_of(t), memorandum_of(t), body, _document(mou), at
        ),
    ),
    "adopt-mou": Spec(
        m.AdoptMou,
        None,
        False,
        lambda t, body, at, _, mou: adopting.adopt(memorandum_of(t), body, _document(mou), at),
    ),
}
