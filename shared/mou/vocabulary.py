"""The words that a MOU document is written in. A county chooses among them; it never adds one."""

from __future__ import annotations

from enum import StrEnum


class Act(StrEnum):
    """What a caller may do. One name for each command and each kind of read."""

    REPORT_CONCERN = "report-concern"
    STATE_CALL = "state-call"
    OPEN_CASE = "open-case"
    ATTACH_CONCERN = "attach-concern"
    EVALUATE_OUT = "evaluate-out"
    REQUEST_REFERRAL = "request-referral"
    RECEIVE_REFERRAL = "receive-referral"
    ACCEPT_REFERRAL = "accept-referral"
    REJECT_REFERRAL = "reject-referral"
    START_REFERRAL = "start-referral"
    HOLD_REFERRAL = "hold-referral"
    RESUME_REFERRAL = "resume-referral"
    COMPLETE_REFERRAL = "complete-referral"
    FAIL_REFERRAL = "fail-referral"
    CANCEL_REFERRAL = "cancel-referral"
    FORWARD_REFERRAL = "forward-referral"
    ASK_INFORMATION = "ask-information"
    GIVE_INFORMATION = "give-information"
    STATE_REFERRAL_CALL = "state-referral-call"
    UNDO_REFERRAL = "undo-referral"
    ENTER_REFERRAL_IN_ERROR = "enter-referral-in-error"
    RECORD_SCREENING = "record-screening"
    ENTER_SCREENING_IN_ERROR = "enter-screening-in-error"
    RECORD_ACT = "record-act"
    ENTER_ACT_IN_ERROR = "enter-act-in-error"
    WAIVE_DUTY = "waive-duty"
    TOLL_DUTY = "toll-duty"
    CONFIRM_DUTY_NOT_DONE = "confirm-duty-not-done"
    ENTER_DUTY_STATEMENT_IN_ERROR = "enter-duty-statement-in-error"
    JOIN_AGENCY = "join-agency"
    LEAVE_AGENCY = "leave-agency"
    ASSIGN_WORKER = "assign-worker"
    ASSIGN_ROLE = "assign-role"
    END_ROLE = "end-role"
    ARRANGE_COVER = "arrange-cover"
    END_COVER = "end-cover"
    PROPOSE_MOU = "propose-mou"
    COMMENT_MOU = "comment-mou"
    ANSWER_MOU_COMMENT = "answer-mou-comment"
    SIGN_MOU = "sign-mou"
    ADOPT_MOU = "adopt-mou"
    READ_CASE = "read-case"
    READ_CONCERN = "read-concern"
    READ_REFERRAL = "read-referral"
    READ_SCREENING = "read-screening"
    READ_ACT = "read-act"
    READ_HISTORY = "read-history"
    SIMULATE_MOU = "simulate-mou"
    READ_DEADLETTER = "read-deadletter"


class Relation(StrEnum):
    """What the caller's agency, or the person, has to do with the thing. `ThingFacts` says it."""

    ANY = "any"
    LEAD = "lead"
    PARTICIPANT = "participant"
    SENDER = "referral-sender"
    RECIPIENT = "referral-recipient"
    REPORTER = "reporter"
    OWN_AGENCY = "own-agency"
    OWN_PERSON = "own-person"
    OWNER_IS_PARTY = "owner-is-party"
    RECIPIENT_IS_PARTY = "recipient-is-party"
    OUTSIDE_IS_LISTED = "outside-is-listed"
    SENDER_FOR_OUTSIDE = "sender-for-outside"
    ASSIGNED_WORKER = "assigned-worker"


class Profile(StrEnum):
    """How much the shared database may hold of a youth (WIC 18961.5(c))."""

    LOCATOR = "locator"
    COORDINATION = "coordination"


class Kind(StrEnum):
    """The kinds of thing whose sealed classes the disclosure matrix speaks of."""

    CONCERN = "concern"
    CASE = "case"
    REFERRAL = "referral"


class Target(StrEnum):
    """Whose queue a routing rule names, by its relation to the event; besides an agency's own code."""

    LEAD = "lead"
    SENDER = "referral-sender"
    RECIPIENT = "referral-recipient"
    REPORTER = "reporter"
    SUBMITTER = "submitter"
    OWNER = "owner"
    WORKER = "worker"


class QueueRole(StrEnum):
    """Which queue of an agency, where a rule names no role; each party says whose these are."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class CodeList(StrEnum):
    """The lists of codes that stand in clear on kept topics, each named by the field that holds one of it."""

    SIGNS = "signs"
    EXPLOITATION_KIND = "exploitation_kind"
    REFERRAL_KIND = "kind"
    NEEDS = "needs"
    MISSING = "missing"
    RELATION = "relation"
    LEAVE_REASON = "leave_reason"
    END_ROLE_REASON = "end_role_reason"
    TRIGGER = "trigger"


#: What a code looks like: no capital letter, no space. The form alone does not keep a name out; the list does.
CODE_FORM = r"^[a-z][a-z0-9]*(-[a-z0-9]+){0,7}$"
CODE_LENGTH = 48

#: What a youth's safety depends on: never refused for want of authority, and no document can change that
#: (DESIGN 1, rule 4). Whatever is unusual is a flag.
SAFETY_ACTS = frozenset({Act.REPORT_CONCERN})

#: The reasons a `Permission` may give for a refusal, with what each means. Over HTTP all are 403.
REASONS: dict[str, str] = {
    "not-allowed": "No rule of the MOU gives this to the caller's agency.",
    "not-a-party": "The caller's agency is not a party to this MOU.",
    "not-the-lead-agency": "Only the lead agency may.",
    "not-a-participant": "Only an agency that takes part in the case may.",
    "not-the-sending-agency": "Only the agency that sent the referral may.",
    "not-the-receiving-agency": "Only the agency that was asked may.",
    "not-the-reporting-agency": "Only the agency that reported the concern may.",
    "not-your-agency": "Only for the caller's own agency.",
    "not-yourself": "Only for oneself, or by the agency's administrator.",
    "not-assigned": "Only a worker assigned to it may.",
    "other-agency-not-a-party": "The agency named is not a party that can take this on.",
    "role-may-not": "The caller's agency may, but not in this role.",
    "purpose-may-not": "Not for the purpose that was stated, or no purpose was stated.",
}
