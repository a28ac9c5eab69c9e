"""Which command an event was recorded by, and what the MOU is asked about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from shared.mou.authority import may
from shared.mou.document import Mou
from shared.mou.facts import CallerFacts, ThingFacts
from shared.mou.parties import party_of
from shared.mou.simulating.known import Known
from shared.mou.simulating.past import Past
from shared.mou.vocabulary import Act


@dataclass(frozen=True, slots=True)
class Acted:
    """A command that was carried out: which act, for which agency and purpose, on what.

    `person` is the agency's code where whoever did it is assigned to the case, or acted for themself.
    """

    act: Act
    agency: str
    purpose: str
    person: str | None
    thing: ThingFacts


def acted(command: Sequence[Past], known: Known) -> Acted | None:
    """The command by which these events were recorded together; None if nobody has to be allowed to do it.

    `known` is what was known before it.
    """
    opens = next((one for one in command if one.type == OPENED and one.text("concern")), None)
    first = opens or next((one for one in command if one.type in ASKED and one.type != OPENED), None)
    if first is None or not first.stated:
        return None
    act, thing = ASKED[first.type]
    themself = first.text("person") == first.actor
    person = first.agency if themself or known.assigned(first) else None
    return Acted(act, first.agency, first.purpose, person, thing(first, known))


def roles_that_may(what: Acted, roles: Iterable[str], mou: Mou) -> frozenset[str]:
    """Those of `roles` in which the agency's people, or its systems, may do it, flagged or not."""
    return frozenset(role for role in roles if _taken(what, role, mou))


def _taken(what: Acted, role: str, mou: Mou) -> bool:
    answer = may(_caller(what, role), what.act, what.thing, mou)
    return answer.allowed or (what.act in FLAGGED and answer.reason in ("role-may-not", "purpose-may-not"))


#: What is flagged, and not refused, where the agency may and the role or the purpose may not.
FLAGGED = frozenset({Act.RECORD_SCREENING, Act.RECORD_ACT, Act.CONFIRM_DUTY_NOT_DONE})


def roles_at(agency: str, *mous: Mou) -> frozenset[str]:
    """The roles that any of these versions gives the agency; one that stands for none, if it is no party."""
    found = {str(role) for mou in mous if (party := party_of(mou, agency)) for role in party.roles}
    return frozenset(found or {NO_ROLE})


#: Of an agency that is no party.
NO_ROLE = "none"


def _caller(what: Acted, role: str) -> CallerFacts:
    system = role == "system"
    held = frozenset() if system else frozenset({role})
    return CallerFacts(what.agency, held, what.purpose, system, what.person)


Thing = Callable[[Past, Known], ThingFacts]


def _concern(event: Past, known: Known) -> ThingFacts:
    return known.concern(event.text("concern"))


def _case(event: Past, known: Known) -> ThingFacts:
    return known.case(event)


def _referral(event: Past, known: Known) -> ThingFacts:
    return known.referral(event.text("referral"))


def _place(event: Past, known: Known) -> ThingFacts:
    return known.place(event)


def _asking(event: Past, known: Known) -> ThingFacts:
    """A request: who is asked is a part of the question."""
    of = replace(known.case(event), workers=frozenset(), sender=event.agency)
    return _to(event, of)


def _forwarding(event: Past, known: Known) -> ThingFacts:
    return _to(event, known.referral(event.text("referral")))


def _to(event: Past, thing: ThingFacts) -> ThingFacts:
    outside = event.text("outside")
    return replace(thing, recipient=None if outside else event.text("recipient"), outside=outside)


def _entry(event: Past, known: Known) -> ThingFacts:
    """An entry on a referral; the whole of it is the sender's."""
    of = known.referral(event.text("referral"))
    entry = event.text("entry")
    return replace(of, owner=known.made_by(entry) if entry else of.sender)


def _record(event: Past, known: Known) -> ThingFacts:
    made = event.text("record") or event.text("screening") or event.text("entry")
    return replace(known.place(event), owner=known.made_by(made))


def _seat(event: Past, known: Known) -> ThingFacts:
    return replace(known.case(event), owner=event.text("agency"))


def _person(event: Past, _: Known) -> ThingFacts:
    themself = event.text("person") == event.actor
    return ThingFacts("person", owner=event.text("agency"), person=event.agency if themself else None)


def _memorandum(event: Past, _: Known) -> ThingFacts:
    """The document; a signature is a party's, and a comment is of whoever wrote it, unless it came on paper."""
    if event.type == SIGNED:
        return ThingFacts("mou", owner=event.text("party"))
    own = event.text("through") == "web" or event.text("party") == event.agency
    return ThingFacts("mou", owner=event.agency if own else None)


OPENED, SIGNED = "accord.case.opened.v1", "accord.mou.signed.v1"
#: Event type -> the act by which it is recorded, and what the MOU is asked about.
ASKED: Mapping[str, tuple[Act, Thing]] = {
    "accord.concern.reported.v1": (Act.REPORT_CONCERN, _concern),
    "accord.concern.call-stated.v1": (Act.STATE_CALL, _concern),
    "accord.concern.evaluated-out.v1": (Act.EVALUATE_OUT, _concern),
    OPENED: (Act.OPEN_CASE, _concern),
    "accord.concern.attached.v1": (Act.ATTACH_CONCERN, _concern),
    "accord.referral.requested.v1": (Act.REQUEST_REFERRAL, _asking),
    "accord.referral.received.v1": (Act.RECEIVE_REFERRAL, _referral),
    "accord.referral.accepted.v1": (Act.ACCEPT_REFERRAL, _referral),
    "accord.referral.rejected.v1": (Act.REJECT_REFERRAL, _referral),
    "accord.referral.started.v1": (Act.START_REFERRAL, _referral),
    "accord.referral.held.v1": (Act.HOLD_REFERRAL, _referral),
    "accord.referral.resumed.v1": (Act.RESUME_REFERRAL, _referral),
    "accord.referral.completed.v1": (Act.COMPLETE_REFERRAL, _referral),
    "accord.referral.failed.v1": (Act.FAIL_REFERRAL, _referral),
    "accord.referral.cancelled.v1": (Act.CANCEL_REFERRAL, _referral),
    "accord.referral.forwarded.v1": (Act.FORWARD_REFERRAL, _forwarding),
    "accord.referral.information-asked.v1": (Act.ASK_INFORMATION, _referral),
    "accord.referral.information-given.v1": (Act.GIVE_INFORMATION, _referral),
    "accord.referral.call-stated.v1": (Act.STATE_REFERRAL_CALL, _referral),
    "accord.referral.undone.v1": (Act.UNDO_REFERRAL, _entry),
    "accord.referral.entered-in-error.v1": (Act.ENTER_REFERRAL_IN_ERROR, _entry),
    "accord.screening.recorded.v1": (Act.RECORD_SCREENING, _case),
    "accord.screening.entered-in-error.v1": (Act.ENTER_SCREENING_IN_ERROR, _record),
    "accord.act.recorded.v1": (Act.RECORD_ACT, _place),
    "accord.act.entered-in-error.v1": (Act.ENTER_ACT_IN_ERROR, _record),
    "accord.duty.waived.v1": (Act.WAIVE_DUTY, _place),
    "accord.duty.tolled.v1": (Act.TOLL_DUTY, _place),
    "accord.duty.confirmed-not-done.v1": (Act.CONFIRM_DUTY_NOT_DONE, _place),
    "accord.duty.entered-in-error.v1": (Act.ENTER_DUTY_STATEMENT_IN_ERROR, _record),
    "accord.agency.joined.v1": (Act.JOIN_AGENCY, _seat),
    "accord.agency.left.v1": (Act.LEAVE_AGENCY, _seat),
    "accord.worker.assigned.v1": (Act.ASSIGN_WORKER, _seat),
    "accord.role.assigned.v1": (Act.ASSIGN_ROLE, _person),
    "accord.role.ended.v1": (Act.END_ROLE, _person),
    "accord.cover.arranged.v1": (Act.ARRANGE_COVER, _person),
    "accord.cover.ended.v1": (Act.END_COVER, _person),
    "accord.mou.proposed.v1": (Act.PROPOSE_MOU, _memorandum),
    "accord.mou.commented.v1": (Act.COMMENT_MOU, _memorandum),
    "accord.mou.comment-answered.v1": (Act.ANSWER_MOU_COMMENT, _memorandum),
    SIGNED: (Act.SIGN_MOU, _memorandum),
    "accord.mou.adopted.v1": (Act.ADOPT_MOU, _memorandum),
}
