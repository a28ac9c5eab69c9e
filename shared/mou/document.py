"""The MOU as a document: frozen, closed models. `check.py` holds what one field alone cannot say.

Closed when read, too, other than events: a reader that skipped a condition it does not know would widen
what the county agreed.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from shared.events.names import Agency, EvaluatedOut, Purpose, Role, SealedClass, Urgency
from shared.events.types.notification import Tier
from shared.mou.agreement import (
    AdoptedFrom,
    AnnualReview,
    Confirmed,
    Form,
    Retention,
    RoleMeaning,
    Signatory,
    Term,
    TookPart,
    Training,
)
from shared.mou.duties.rules import CountyAct, DutyRule
from shared.mou.parts import ClauseId, Code, EventType, Label, Name, Part, Queue, Sentence, Source, Version
from shared.mou.practice import (
    ConsentRule,
    DeviceAgreement,
    EscalationStep,
    MissingYouth,
    NotificationTier,
    PlanElement,
    ReferralKind,
    ReportingRule,
    Rescreen,
    ResponseTier,
    SheetLine,
)
from shared.mou.safety import Flag, SafetyFacts
from shared.mou.vocabulary import (
    Act,
    CodeList,
    Kind,
    Profile,
    QueueRole,
    Relation,
    Target,
)

#: The version of a screening tool: "2.0", or one word. Never a date.
ToolVersion = Annotated[str, StringConstraints(pattern=r"^([0-9]{1,2}\.[0-9]{1,2}|[a-z]{2,12})$")]


class Sourced(Part):
    """What counsel confirms, or what is a default until then. Earlier documents say `counsel_confirmed`."""

    confirmed: Confirmed = "default"

    @model_validator(mode="before")
    @classmethod
    def _earlier(cls, written: Any) -> Any:
        if not isinstance(written, dict) or type(written.get("counsel_confirmed")) is not bool:
            return written
        rest = {name: value for name, value in written.items() if name != "counsel_confirmed"}
        return {"confirmed": "counsel" if written["counsel_confirmed"] else "default", **rest}


class Clause(Sourced):
    """A clause: what it is called, what it says in one plain sentence, where it comes from. Every rule cites
    one, and so has a sentence, a source and a hint for whoever edits it."""

    id: ClauseId
    title: Annotated[str, StringConstraints(min_length=3, max_length=80)]
    text: Sentence
    es: Sentence | None = None
    source: Source
    hint: Sentence | None = None


class Party(Part):
    """An agency of the MOU. `inbound` is the role whose queue gets what the agency is asked; `outbound` the
    role whose queue gets the answers to what it asked. An agency without `inbound` cannot be asked."""

    agency: Agency
    name: Annotated[str, StringConstraints(min_length=2, max_length=80)]
    clause: ClauseId
    signatory: bool
    community: bool = False
    lead: bool = False
    roles: tuple[Role, ...] = Field(min_length=1)
    inbound: Role | None = None
    outbound: Role | None = None


class MayRule(Part):
    """Who may do an act: any of `agencies`, in any of `roles`, with every relation of `needs`, for any of
    `purposes` (none listed: any). Names of sets may stand for codes; `any` is every party, every role."""

    clause: ClauseId
    act: Act
    agencies: tuple[Name, ...] = ("any",)
    roles: tuple[Name, ...] = Field(min_length=1)
    needs: tuple[Relation, ...] = Field(default=(Relation.ANY,), min_length=1)
    purposes: tuple[Purpose, ...] = ()


class DisclosureRow(Sourced):
    """A cell of the matrix: these viewers see these sealed classes, of these kinds of thing, for these
    purposes, if their agency has this relation to it. What has no row is not disclosed."""

    clause: ClauseId
    agencies: tuple[Name, ...] = Field(min_length=1)
    roles: tuple[Name, ...] = Field(min_length=1)
    of: tuple[Kind, ...] = Field(min_length=1)
    needs: tuple[Relation, ...] = Field(min_length=1)
    purposes: tuple[Purpose, ...] = Field(min_length=1)
    classes: tuple[SealedClass, ...] = Field(min_length=1)
    basis: Annotated[str, StringConstraints(min_length=4, max_length=200)]


class RoutingRule(Part):
    """Who is told of an event, how loudly and why. `agency` is a relation to the event or an agency's code;
    `role` a role, or `inbound` / `outbound` of that party (not needed if a worker is told); with `if_flagged`, only
    where the event carries one of these flags."""

    id: Name
    clause: ClauseId
    event: EventType
    agency: Target | Agency
    role: QueueRole | Role | None = None
    tier: Tier
    act_now_if_urgency: tuple[Urgency, ...] = ()
    act_now_if_band: tuple[Name, ...] = ()
    act_now_if_flagged: bool = False
    if_flagged: tuple[Flag, ...] = ()
    not_to_the_actor: bool = False
    needs_acknowledgement: bool = False
    reason: Sentence
    es: Sentence | None = None


class CodedReason(Part):
    """A reason, outcome or agency that is chosen from a list, so that it can be counted and holds no free text."""

    code: Name
    clause: ClauseId
    label: Label


class EvaluatedOutReason(Part):
    """A reason why a concern is not opened as a case here."""

    code: EvaluatedOut
    clause: ClauseId
    label: Label


class ListedCode(Part):
    """A code of one of the county's lists: what may stand in clear in a field, since it names no person."""

    code: Code
    clause: ClauseId
    label: Label
    es: Label | None = None


class ScreeningTool(Part):
    """A tool that a youth is screened with, e.g. the CSE-IT: its versions and its bands, by code."""

    code: Name
    clause: ClauseId
    label: Label
    versions: tuple[ToolVersion, ...] = Field(min_length=1)
    bands: tuple[Name, ...] = Field(min_length=2)
    age_from: int | None = Field(default=None, ge=0, le=21)
    rescreen: Rescreen | None = None


class Authority(Part):
    """On what a duty may be waived, or its clock made to stand still: a court's order, a supervisor's decision.

    `allows`  what may be done on it
    `roles`   who may go by it, of those who may do the act at all
    `duties`  of which rules; none named: of any
    """

    code: Code
    clause: ClauseId
    label: Label
    allows: tuple[Literal[Act.WAIVE_DUTY, Act.TOLL_DUTY], ...] = Field(min_length=1)
    roles: tuple[Name, ...] = ("any",)
    duties: tuple[Name, ...] = ()


class ResponseTime(Part):
    """How many elapsed hours the agency that was asked has for its first answer."""

    urgency: Urgency
    hours: int = Field(ge=1, le=8760)
    clause: ClauseId


class Undo(Part):
    """For how many minutes a person may take back what they did by mistake."""

    minutes: int = Field(ge=0, le=60)
    clause: ClauseId


class Gap(Part):
    """Which queue is told, as act-now, if a rule names an agency or queue that is not there."""

    queue: Queue
    clause: ClauseId


class Mou(Part):
    """One version of the memorandum of understanding of one county, or of several together.

    `accord-mou-2` says all that a county signs; `accord-mou-1`, which has fewer parts, stays readable for good.
    """

    format: Literal["accord-mou-1", "accord-mou-2"]
    id: UUID
    version: Version
    county: Annotated[str, StringConstraints(min_length=2, max_length=80)]
    #: The counties, by their codes in shared/mou/law/counties.yaml; `county` is what people call them together.
    counties: tuple[Name, ...] = ()
    time_zone: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    effective: date
    adopted_from: AdoptedFrom | None = None
    term: Term | None = None
    profile: Profile
    #: The clause that a refusal cites if no rule speaks of it: what is not allowed is refused.
    otherwise: ClauseId
    clauses: tuple[Clause, ...] = Field(min_length=1)
    parties: tuple[Party, ...] = Field(min_length=1)
    signatories: tuple[Signatory, ...] = ()
    developed_with: tuple[TookPart, ...] = ()
    roles: tuple[RoleMeaning, ...] = ()
    agency_sets: dict[Name, tuple[Agency, ...]] = Field(default_factory=dict)
    role_sets: dict[Name, tuple[Role, ...]] = Field(default_factory=dict)
    may: tuple[MayRule, ...]
    disclosure: tuple[DisclosureRow, ...]
    routing: tuple[RoutingRule, ...]
    unroutable: Gap
    reject_reasons: tuple[CodedReason, ...]
    evaluated_out: tuple[EvaluatedOutReason, ...]
    #: Lists that came later are empty in earlier documents, whose rules then allow none of these acts.
    cancel_reasons: tuple[CodedReason, ...] = ()
    hold_reasons: tuple[CodedReason, ...] = ()
    fail_reasons: tuple[CodedReason, ...] = ()
    outcomes: tuple[CodedReason, ...] = ()
    error_reasons: tuple[CodedReason, ...] = ()
    outside_agencies: tuple[CodedReason, ...] = ()
    authorities: tuple[Authority, ...] = ()
    waiver_reasons: tuple[CodedReason, ...] = ()
    #: What is taken whatever is amiss; an earlier document has none, and the law's own list stands.
    safety_facts: SafetyFacts | None = None
    screening_tools: tuple[ScreeningTool, ...] = ()
    respond_within: tuple[ResponseTime, ...]
    #: A field whose list is missing has no code that is known.
    codes: dict[CodeList, tuple[ListedCode, ...]] = Field(default_factory=dict)
    undo: Undo
    rota: dict[Queue, tuple[UUID, ...]] = Field(default_factory=dict)
    #: What is to be done, by when, and who is to do it; `shared.mou.duties` computes what stands open.
    duties: tuple[DutyRule, ...] = ()
    #: What people do outside Accord and record in it, and whom they tell of it.
    acts: tuple[CountyAct, ...] = ()
    told: tuple[ListedCode, ...] = ()
    #: Days on which this county's court is closed besides the state's judicial holidays.
    closures: tuple[date, ...] = ()
    reporting: tuple[ReportingRule, ...] = ()
    response_tiers: tuple[ResponseTier, ...] = ()
    #: On what a party's place on a team may depend.
    conditions: tuple[ListedCode, ...] = ()
    missing_youth: MissingYouth | None = None
    referral_kinds: tuple[ReferralKind, ...] = ()
    close_reasons: tuple[CodedReason, ...] = ()
    consent_rules: tuple[ConsentRule, ...] = ()
    forms: tuple[Form, ...] = ()
    training: tuple[Training, ...] = ()
    notification_tiers: tuple[NotificationTier, ...] = ()
    escalation: tuple[EscalationStep, ...] = ()
    plan_elements: tuple[PlanElement, ...] = ()
    sheets: tuple[SheetLine, ...] = ()
    device_agreement: DeviceAgreement | None = None
    retention: tuple[Retention, ...] = ()
    annual_review: AnnualReview | None = None
