"""One plain sentence for each event. Codes only: whatever is sealed is named by class, never opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.audit.domain import words_duty, words_life
from services.audit.domain.words_life import agency, listed, plain
from shared.events import Recorded, Unhandled
from shared.events.moments import write_moment
from shared.events.types.case import AgencyJoined, AgencyLeft, CaseOpened, WorkerAssigned
from shared.events.types.concern import (
    ConcernAttached,
    ConcernCallStated,
    ConcernContinued,
    ConcernEvaluatedOut,
    ConcernLinked,
    ConcernReported,
)
from shared.events.types.cover import CoverArranged, CoverEnded
from shared.events.types.deadletter import DeadletterRecorded
from shared.events.types.evidence import EvidenceMade, EvidenceOpened
from shared.events.types.mou import (
    MouAdopted,
    MouCommentAnswered,
    MouCommented,
    MouProposed,
    MouSigned,
    MouSuperseded,
)
from shared.events.types.notification import NotificationAcknowledged, NotificationDelivered
from shared.events.types.record import RecordDenied, RecordRead
from shared.events.types.referral import (
    ReferralAccepted,
    ReferralReceived,
    ReferralRejected,
    ReferralRequested,
)
from shared.events.types.role import RoleAssigned, RoleEnded
from shared.events.types.session import SessionBegun, SessionEnded
from shared.events.types.submission import (
    CommandRefused,
    SubmissionReceipted,
    SubmissionRefused,
    SubmissionUnreadable,
)

#: What the youth said, as the end of a sentence.
YOUTH = {
    "agrees": "the youth agrees",
    "declines": "the youth declines",
    "not-yet-asked": "the youth has not been asked yet",
    "not-theirs-to-decide": "this is not the youth's to decide",
}


def sentence(event: Recorded) -> str:
    """What happened, in one sentence."""
    told = ON.get(type(event.data))
    if told is None:
        return f"An event of a type this version does not know ({event.type}); it is kept, and not read here."
    return told(event.envelope.agency, event.data)


def sealed_classes(event: Recorded) -> tuple[str, ...]:
    """The classes of sealed facts that the event carries, by name."""
    sealed = event.envelope.data.get("sealed")
    return tuple(sorted(str(name) for name in sealed)) if isinstance(sealed, dict) else ()


def codes(event: Recorded) -> dict[str, Any]:
    """The coded facts of an event of a known type, without what is sealed and what its flags tell in words; nothing
    of an unknown one."""
    if isinstance(event.data, Unhandled | MouAdopted | MouProposed):
        return {}
    return {k: v for k, v in event.data.written().items() if k not in ("sealed", "gaps")}


def _opened(_: str, d: CaseOpened) -> str:
    kind = "" if str(d.matter) == "none" else f" ({plain(d.matter)})"
    return f"{agency(d.lead)} opened the case{kind} and leads it."


def _joined(_: str, d: AgencyJoined) -> str:
    return f"{agency(d.agency)} joined the case as {plain(d.relation)}."


def _left(_: str, d: AgencyLeft) -> str:
    return f"{agency(d.agency)} left the case: {plain(d.reason)}."


def _worker(_: str, d: WorkerAssigned) -> str:
    return f"{agency(d.agency)} named a {plain(d.role)} for the case."


def _reported(_: str, d: ConcernReported) -> str:
    danger = {"yes": " in immediate danger", "no": " not in immediate danger"}.get(
        str(d.immediate_danger), ""
    )
    signs = f" Signs: {listed(d.signs)}." if d.signs else ""
    flags = f" Flagged: {listed(d.flags)}." if d.flags else ""
    return f"{agency(d.reported_by)} reported a concern about a youth{danger}.{signs}{flags}"


def _call(who: str, d: ConcernCallStated) -> str:
    return f"{agency(who)} stated the call to the {plain(d.called_line)}."


def _continued(who: str, d: ConcernContinued) -> str:
    return f"{agency(who)} stated more than one event holds: part {d.part}."


def _evaluated_out(who: str, d: ConcernEvaluatedOut) -> str:
    return f"{agency(who)} evaluated the concern out: {plain(d.reason)}."


def _attached(who: str, _: ConcernAttached) -> str:
    return f"{agency(who)} attached the concern to the case."


def _linked(_: str, d: ConcernLinked) -> str:
    return f"The case took in the concern that {agency(d.reported_by)} reported."


def asked(d: ReferralRequested) -> str:
    """Who asked whom for what; not whether another referral came before."""
    youth = YOUTH.get(str(d.youth_choice), plain(d.youth_choice))
    to = f"{plain(d.outside)}, outside the network" if d.outside else agency(d.recipient)
    by_name = ", to a worker by name" if d.to_worker else ""
    said = f"{agency(d.sender)} referred the youth to {to}{by_name} ({plain(d.kind)})"
    return f"{said}, urgency {plain(d.urgency)}; {youth}."


def _requested(_: str, d: ReferralRequested) -> str:
    return asked(d) + (" It follows an earlier referral." if d.follows else "")


def _received(who: str, _: ReferralReceived) -> str:
    return f"{agency(who)} has the referral in hand."


def _accepted(who: str, _: ReferralAccepted) -> str:
    return f"{agency(who)} accepted the referral."


def _rejected(who: str, d: ReferralRejected) -> str:
    others = ", ".join(agency(a) for a in d.alternatives)
    return f"{agency(who)} declined the referral: {plain(d.reason)}." + (
        f" Named {others}." if others else ""
    )


def _recipient(text: str) -> str:
    if "/" not in text:
        return "a person"
    who, role = text.split("/", 1)
    return f"the {plain(role)} queue of {agency(who)}"


def _delivered(_: str, d: NotificationDelivered) -> str:
    return f"An item ({plain(d.tier)}) came to {_recipient(d.recipient)}, by rule {d.rule}."


def _acknowledged(who: str, d: NotificationAcknowledged) -> str:
    away = ", for a colleague who was away" if d.cover else ""
    return f"{agency(who)} acknowledged the item of {_recipient(d.recipient)}{away} (rule {d.rule})."


def _read(who: str, d: RecordRead) -> str:
    return f"{agency(who)} read the {plain(d.about_kind)}."


def _denied(who: str, d: RecordDenied) -> str:
    return (
        f"{agency(who)} asked for the {plain(d.about_kind)} and was told that there is none it may know of."
    )


def _command_refused(who: str, d: CommandRefused) -> str:
    return f"{agency(who)} was refused: {plain(d.command)} ({plain(d.reason)})."


def _submission_refused(_: str, d: SubmissionRefused) -> str:
    return f"A submission of {agency(d.submitter)} was refused: {plain(d.command)} ({plain(d.reason)})."


def _unreadable(_: str, d: SubmissionUnreadable) -> str:
    return f"A submission of {agency(d.submitter)} could not be read: {plain(d.reason)}."


def _deadletter(_: str, d: DeadletterRecorded) -> str:
    return f"A record could not be used and was set aside: {plain(d.reason)}."


def _receipted(_: str, d: SubmissionReceipted) -> str:
    return f"A submission of {agency(d.submitter)} got its receipt: {plain(d.outcome)}."


def _role(_: str, d: RoleAssigned) -> str:
    return f"A person became {plain(d.role)} at {agency(d.agency)}."


def _role_ended(_: str, d: RoleEnded) -> str:
    return f"A person is no longer {plain(d.role)} at {agency(d.agency)}: {plain(d.reason)}."


def _cover(_: str, d: CoverArranged) -> str:
    span = f"from {write_moment(d.begins)} until {write_moment(d.until)}"
    return f"A person of {agency(d.agency)} covers for a colleague {span}."


def _cover_ended(_: str, d: CoverEnded) -> str:
    return f"A person of {agency(d.agency)} does not cover for a colleague any more: {plain(d.reason)}."


def _session(_: str, d: SessionBegun) -> str:
    return f"A person of {agency(d.agency)} signed in to the pages ({plain(d.how)})."


def _session_ended(_: str, d: SessionEnded) -> str:
    return f"A session of a person of {agency(d.agency)} ended: {plain(d.reason)}."


def _proposed(who: str, d: MouProposed) -> str:
    return f"{agency(who)} proposed version {d.version} of the MOU."


def _commented(_: str, d: MouCommented) -> str:
    of = f"clause {d.clause} of a proposed version" if d.clause else "a proposed version"
    return f"{agency(d.party)} commented on {of} of the MOU ({plain(d.through)})."


def _comment_answered(who: str, _: MouCommentAnswered) -> str:
    return f"{agency(who)} answered a comment on a proposed version of the MOU."


def _signed(_: str, d: MouSigned) -> str:
    county = f" for {plain(d.county).title()} County" if d.county else ""
    return f"{agency(d.party)} signed a proposed version of the MOU{county} on {d.signed_on.isoformat()}."


def _superseded(_: str, d: MouSuperseded) -> str:
    return f"Version {d.by_version} takes the place of version {d.version} from {write_moment(d.since)} on."


def _adopted(_: str, d: MouAdopted) -> str:
    return f"Version {d.version} of the MOU was adopted, signed by {len(d.signed_by)} agencies."


def _made(who: str, d: EvidenceMade) -> str:
    view = f", as {agency(d.known_to)} could have known it" if d.known_to else ""
    why = f" ({plain(d.reason)})" if d.reason else ""
    return f"{agency(who)} took an evidence bundle of the {plain(d.about_kind)}{view}{why}."


def _evidence_opened(who: str, d: EvidenceOpened) -> str:
    return f"{agency(who)} opened an evidence bundle: {plain(d.outcome)}."


#: Event type -> its sentence. A test holds this against the contract.
ON: Mapping[type, Callable[[str, Any], str]] = {
    CaseOpened: _opened,
    AgencyJoined: _joined,
    AgencyLeft: _left,
    WorkerAssigned: _worker,
    ConcernReported: _reported,
    ConcernCallStated: _call,
    ConcernContinued: _continued,
    ConcernEvaluatedOut: _evaluated_out,
    ConcernAttached: _attached,
    ConcernLinked: _linked,
    ReferralRequested: _requested,
    ReferralReceived: _received,
    ReferralAccepted: _accepted,
    ReferralRejected: _rejected,
    **words_life.ON,
    **words_duty.ON,
    NotificationDelivered: _delivered,
    NotificationAcknowledged: _acknowledged,
    RecordRead: _read,
    RecordDenied: _denied,
    CommandRefused: _command_refused,
    SubmissionRefused: _submission_refused,
    SubmissionUnreadable: _unreadable,
    SubmissionReceipted: _receipted,
    DeadletterRecorded: _deadletter,
    RoleAssigned: _role,
    RoleEnded: _role_ended,
    CoverArranged: _cover,
    CoverEnded: _cover_ended,
    SessionBegun: _session,
    SessionEnded: _session_ended,
    MouProposed: _proposed,
    MouCommented: _commented,
    MouCommentAnswered: _comment_answered,
    MouSigned: _signed,
    MouAdopted: _adopted,
    MouSuperseded: _superseded,
    EvidenceMade: _made,
    EvidenceOpened: _evidence_opened,
}
