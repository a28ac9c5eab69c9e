"""The sentences of `diff`: how parts of a document are called, and what is said when they change. Pure.

Sentences stand as messages with named values, as pages' words do. What has no message of its own has a general one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, NamedTuple

from pydantic import BaseModel

from shared.mou.diff.pairing import key_of
from shared.mou.document import Clause, DisclosureRow, MayRule, Mou, RoutingRule
from shared.mou.duties.rules import DutyRule, Holder, Mode, Pattern, Within
from shared.mou.parties import clause_of, party_of
from shared.mou.practice import Window
from shared.mou.telling import holder_in_words, patterns_in_words, time_in_words
from shared.mou.vocabulary import CodeList, Relation

#: The section whose sentences name the clause themselves.
ABOUT_CLAUSES = "clauses"
#: Code -> what the section is called, and the fields of a document that belong to it. In the order of reading.
SECTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "head": (
        "The memorandum itself",
        (
            *("format", "id", "version", "county", "counties", "time_zone", "effective", "term"),
            *("adopted_from", "profile", "otherwise"),
        ),
    ),
    "clauses": ("Clauses", ("clauses",)),
    "parties": ("Parties, and who signs", ("parties", "signatories", "developed_with", "roles")),
    "permissions": ("Who may do what", ("may", "agency_sets", "role_sets", "safety_facts", "undo")),
    "disclosure": ("Who sees what", ("disclosure", "consent_rules")),
    "routing": (
        "Who is told, and how loudly",
        ("routing", "unroutable", "notification_tiers", "escalation", "rota"),
    ),
    "duties": (
        "What is to be done, and by when",
        ("duties", "respond_within", "acts", "told", "closures", "authorities", "waiver_reasons"),
    ),
    "reporting": ("Reporting", ("reporting", "forms")),
    "response": ("Response of the team", ("response_tiers", "conditions", "missing_youth")),
    "services": (
        "Services and lists of codes",
        (
            *(
                "referral_kinds",
                "screening_tools",
                "codes",
                "reject_reasons",
                "cancel_reasons",
                "hold_reasons",
            ),
            *(
                "fail_reasons",
                "outcomes",
                "error_reasons",
                "evaluated_out",
                "close_reasons",
                "outside_agencies",
            ),
        ),
    ),
    "plan": ("The young person's plan", ("plan_elements", "device_agreement")),
    "upkeep": ("Training, keeping and review", ("training", "retention", "annual_review", "sheets")),
}
_NAMED = {field for _, fields in SECTIONS.values() for field in fields}
#: What a later version of the form adds stands here until it has a place of its own.
SECTIONS["other"] = ("Other parts", tuple(name for name in Mou.model_fields if name not in _NAMED))

#: Field -> how people call it, where its own name is not what they would say.
FIELDS: Mapping[str, str] = {
    "may": "permissions",
    "disclosure": "what is disclosed",
    "routing": "notices",
    "otherwise": "the clause that a refusal cites if no rule speaks of it",
    "unroutable": "whoever is told if nobody else can be",
    "effective": "the day on which it takes effect",
    "told": "whom people tell",
    "acts": "what people record of their work",
    "undo": "taking back a mistake",
    "closures": "days on which the court is closed",
    "codes": "codes",
    "evaluated_out": "reasons for evaluating out",
    "reject_reasons": "reasons for declining",
    "cancel_reasons": "reasons for taking a request back",
    "hold_reasons": "reasons for pausing",
    "fail_reasons": "reasons for not finishing",
    "error_reasons": "reasons why an entry is wrong",
    "close_reasons": "reasons for closing a case",
    "respond_within": "times for a first answer",
    "authorities": "authorities to waive a duty or to hold its clock",
    "waiver_reasons": "reasons for waiving a duty",
    "safety_facts": "what is taken whatever is amiss",
    "sheets": "lines of the sheets",
    "es": "the Spanish",
    "says": "the sentence",
    "to": "who is told",
    "owed_by": "who owes it",
    "opens": "what opens it",
    "closes": "what meets it",
    "ends": "what ends it unmet",
    "per": "what it is counted for",
    "starts": "what starts the clock",
    "within": "by when",
    "one_open": "one at a time",
    "warn_before": "how long before it counts as due soon",
    "tier": "how loudly people are told",
    "needs": "what the agency must have to do with it",
    "of": "kinds of thing",
    "developed_with": "who took part in developing it",
    "inbound": "the role that is asked",
    "outbound": "the role that gets answers",
    "escalate": "if nobody records it",
    "row": "the row of the list of duties",
    "kind": "kind",
}
#: A field that counts -> in which unit.
UNITS: Mapping[str, str] = {
    "hours": "hour",
    "first_contact_hours": "hour",
    "after_hours": "hour",
    "closing_may_precede_hours": "hour",
    "alarm_hours": "hour",
    "outer_hours": "hour",
    "warn_before": "hour",
    "court_hours": "hour",
    "minutes": "minute",
    "after_minutes": "minute",
    "again_after_minutes": "minute",
    "days": "day",
    "court_days": "day",
    "months": "month",
    "years": "year",
    "age_from": "year",
    "until_age": "year",
}


class Says(NamedTuple):
    """What is said of a field that changed, that there is now, and that there is no longer."""

    changed: str
    begun: str | None = None
    ended: str | None = None


GENERAL = Says(
    "%(what)s is now %(new)s instead of %(old)s",
    "%(what)s is now %(new)s",
    "%(what)s is no longer given; it was %(old)s",
)
#: Whether there is more, whether there is less -> what is said of a plain list.
REORDERED: Mapping[tuple[bool, bool], str] = {
    (True, True): "%(what)s now has %(more)s instead of %(less)s",
    (True, False): "%(what)s now also has %(more)s",
    (False, True): "%(what)s no longer has %(less)s",
    (False, False): "%(what)s is now written in this order: %(new)s",
}
MOVED = "%(what)s now stands in another order"

#: Field -> what is said of it. `*.` fits a field of that name wherever it stands.
MESSAGES: Mapping[str, Says] = {
    "effective": Says("It takes effect on %(new)s instead of %(old)s"),
    "clauses.text": Says("%(what)s now says %(new)s instead of %(old)s"),
    "clauses.title": Says("%(what)s is now called %(new)s instead of %(old)s"),
    "clauses.id": Says("%(what)s now has the number %(new)s"),
    "clauses.source": Says("%(what)s now names the source %(new)s instead of %(old)s"),
    "may.act": Says("Who was allowed to %(old)s may now %(new)s instead"),
    "duties.within": Says(
        "%(what)s is due %(new)s instead of %(old)s",
        "%(what)s is now due %(new)s",
        "%(what)s is no longer timed; it was due %(old)s",
    ),
    "duties.mode": Says("%(what)s is now %(new)s; before, it was %(old)s"),
    "duties.opens": Says("%(what)s now begins with: %(new)s; before: %(old)s"),
    "duties.closes": Says("%(what)s is now met by: %(new)s; before: %(old)s"),
    "duties.ends": Says("%(what)s now ends unmet with: %(new)s; before: %(old)s"),
    "duties.owed_by": Says("%(what)s is now owed by %(new)s instead of %(old)s"),
    "duties.warn_before": Says("%(what)s counts as due soon %(new)s before, instead of %(old)s"),
    "duties.escalate.after_hours": Says("%(what)s is told %(new)s after the due time instead of %(old)s"),
    "respond_within.hours": Says("%(what)s is answered within %(new)s instead of %(old)s"),
    "undo.minutes": Says("A mistake may be taken back within %(new)s instead of %(old)s"),
    "referral_kinds.first_contact_hours": Says(
        "%(what)s: the young person is met within %(new)s instead of %(old)s",
        "%(what)s: the young person is now met within %(new)s",
    ),
    "annual_review.months": Says("The memorandum is looked at again after %(new)s instead of %(old)s"),
    "training.months": Says(
        "%(what)s: trained again after %(new)s instead of %(old)s",
        "%(what)s: now trained again after %(new)s",
    ),
    "retention.years": Says("%(what)s is kept for %(new)s instead of %(old)s"),
    "routing.tier": Says("%(what)s is told as %(new)s instead of %(old)s"),
    "escalation.after_minutes": Says("%(what)s: after %(new)s instead of %(old)s"),
    "parties.signatory": Says("%(what)s: whether it signs is now %(new)s instead of %(old)s"),
    "parties.lead": Says("%(what)s: whether it leads is now %(new)s instead of %(old)s"),
    "*.clause": Says("%(what)s now rests on clause %(new)s instead of %(old)s"),
    "*.confirmed": Says("%(what)s is now %(new)s; before, it was %(old)s"),
    "*.label": Says("%(what)s is now called %(new)s"),
    "*.signed": Says(
        "%(what)s signed on %(new)s instead of %(old)s",
        "%(what)s signed on %(new)s",
        "%(what)s is no longer said to have signed; that was on %(old)s",
    ),
}
#: List -> what is said of an entry that is new.
ADDED: Mapping[str, str] = {
    "clauses": "%(item)s is new: %(text)s",
    "parties": "%(item)s is now a party",
    "may": "%(who)s may now %(act)s",
    "disclosure": "%(who)s now see %(text)s",
    "duties": "%(item)s is a new duty, %(due)s",
    "routing": "%(item)s is a new notice: %(text)s",
    "*": "%(what)s: %(item)s is new",
}
#: List -> what is said of an entry that is gone.
REMOVED: Mapping[str, str] = {
    "clauses": "%(item)s is gone; it said %(text)s",
    "parties": "%(item)s is no longer a party",
    "may": "%(who)s may no longer %(act)s",
    "disclosure": "%(who)s no longer see %(text)s",
    "duties": "%(item)s is no longer a duty; it was %(due)s",
    "routing": "%(item)s is no longer a notice; it said %(text)s",
    "*": "%(what)s: %(item)s is gone",
}
MODES: Mapping[Mode, str] = {
    Mode.TIMED: "timed",
    Mode.RECORDED: "held open without a time",
    Mode.OFF: "left to others, and not timed",
}
CONFIRMED: Mapping[str, str] = {
    "counsel": "confirmed by counsel",
    "default": "still to be confirmed by counsel",
}
#: What an agency must have to do with a thing, in words.
RELATIONS: Mapping[Relation, str] = {
    Relation.LEAD: "it leads the case",
    Relation.PARTICIPANT: "it takes part in the case",
    Relation.SENDER: "it asked",
    Relation.RECIPIENT: "it was asked",
    Relation.REPORTER: "it reported",
    Relation.OWN_AGENCY: "it is its own",
    Relation.OWN_PERSON: "it is about oneself",
    Relation.ASSIGNED_WORKER: "one is assigned",
    Relation.OWNER_IS_PARTY: "the agency named is a party",
    Relation.RECIPIENT_IS_PARTY: "the agency asked is a party",
    Relation.OUTSIDE_IS_LISTED: "the agency outside is listed",
    Relation.SENDER_FOR_OUTSIDE: "it asked an agency outside",
}


def titled(field: str) -> str:
    """What a part of the document is called, as a sentence begins."""
    called = field_words(field)
    return called[:1].upper() + called[1:]


def field_words(field: str) -> str:
    """What people call a field."""
    return FIELDS.get(field, field.replace("_", " "))


def words(field: str, value: Any) -> str:
    """A value as people read it: with its unit, in quotes if it is a sentence."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and field in UNITS:
        return f"{value} {UNITS[field]}" if value == 1 else f"{value} {UNITS[field]}s"
    if field == "act":
        return str(value).replace("-", " ")
    if isinstance(value, tuple):
        return ", ".join(words("", one) for one in value) or "none"
    if isinstance(value, BaseModel):
        said = [f"{field_words(name)} {words(name, one)}" for name, one in value if one not in (None, (), {})]
        return "; ".join(said)
    text = str(value.value if isinstance(value, Enum) else value)
    return f"“{text.rstrip('.')}”" if " " in text else text or "nothing"


def list_says(messages: Mapping[str, str], field: str, mou: Mou, one: Any) -> tuple[str, dict[str, str]]:
    """The message about an entry that is new or gone, and the values that it needs besides `item`."""
    match one:
        case Clause():
            more = {"text": words("text", one.text)}
        case MayRule():
            more = {"who": _who(one), "act": words("act", one.act)}
        case DisclosureRow():
            more = {"who": _who(one), "text": _disclosed(one)}
        case DutyRule():
            more = {"due": due_in_words(mou, one)}
        case RoutingRule():
            more = {"text": words("reason", one.reason)}
        case _:
            more = {}
    return messages.get(field, messages["*"]), more


def name_of(field: str, mou: Mou, one: BaseModel) -> str:
    """What an entry of a list is called where it is plain which list it is of."""
    if (named := NAMES.get(field)) is not None:
        return named(mou, one)
    said = next((said for name in ("label", "office", "who") if (said := getattr(one, name, None))), None)
    return str(said or key_of(one))


def entry_name(field: str, mou: Mou, one: BaseModel) -> str:
    """The same where it is not plain: with the list, if the name alone does not say it."""
    name = name_of(field, mou, one)
    return name if field in NAMES or "." in field else f"{words('', name)} ({field_words(field)})"


def _member(mou: Mou, one: Any) -> str:
    party = party_of(mou, one.agency)
    return party.name if party else str(one.agency)


def _kind(mou: Mou, one: Any) -> str:
    labels = {entry.code: entry.label for entry in mou.codes.get(CodeList.REFERRAL_KIND, ())}
    return f"{labels.get(one.kind, one.kind)} ({one.kind})"


def duty_name(mou: Mou, duty: DutyRule) -> str:
    """What a duty is called: by its clause's title, and by its own name where the clause has several duties."""
    clause = clause_of(mou, duty.clause)
    title = clause.title if clause else duty.id
    alone = sum(other.clause == duty.clause for other in mou.duties) == 1
    return title if alone else f"{title} ({duty.id.replace('-', ' ')})"


def _who(rule: MayRule | DisclosureRow) -> str:
    held = [RELATIONS.get(need, need.replace("-", " ")) for need in rule.needs if need is not Relation.ANY]
    agencies = "any party" if "any" in rule.agencies else ", ".join(rule.agencies)
    return f"{', '.join(rule.roles).capitalize()} of {agencies}" + (
        f", if {' and '.join(held)}," if held else ""
    )


def _disclosed(row: DisclosureRow) -> str:
    return f"{', '.join(row.classes)} of a {' or '.join(row.of)}, to {', '.join(row.purposes)}"


def due_in_words(mou: Mou, duty: DutyRule) -> str:
    """By when a duty is due, or why it has no time."""
    return f"due {within_in_words(mou, duty.within)}" if duty.within else MODES[duty.mode]


def turned(old: DutyRule, new: DutyRule) -> bool:
    """Whether a duty was turned on or off, and so begins or loses everything that it says."""
    return (old.mode is Mode.OFF) != (new.mode is Mode.OFF)


def turned_says(mou: Mou, new: DutyRule) -> tuple[str, str]:
    """What is said of a duty that was turned on or off, and its `why`."""
    if new.why_off is None:
        return "%(what)s was left to others and is now a duty, %(why)s", due_in_words(mou, new)
    return "%(what)s is now left to others and not timed: %(why)s", words("why_off", new.why_off)


def within_in_words(mou: Mou, within: Within) -> str:
    """How long, short: "in 7 days"."""
    if within.at_once:
        soon, last = within.at_once.alarm_hours, within.at_once.outer_hours
        return f"at once, with a reminder after {words('hours', soon)} and in {words('hours', last)} at the latest"
    for name, unit in (
        ("hours", ""),
        ("days", ""),
        ("months", ""),
        ("court_days", "court "),
        ("court_hours", "court "),
    ):
        if (count := getattr(within, name)) is not None:
            return f"in {words(name, count).replace(' ', f' {unit}')}"
    return time_in_words(mou, within)


def _window(_: Mou, window: Window) -> str:
    return f"{', '.join(window.days) or 'every day'} from {window.opens} to {window.closes}"


def _holder(mou: Mou, holder: Holder) -> str:
    return holder_in_words(mou, holder)


def _patterns(mou: Mou, patterns: tuple[Pattern, ...]) -> str:
    return patterns_in_words(mou, patterns) or "nothing"


#: Field -> how its whole value is told. Where the words of two values are the same, their parts are compared.
ATOMS: Mapping[str, Callable[[Mou, Any], str]] = {
    "duties.within": within_in_words,
    "duties.opens": _patterns,
    "duties.closes": _patterns,
    "duties.ends": _patterns,
    "duties.owed_by": _holder,
    "duties.mode": lambda _, mode: MODES[mode],
    "duties.confirmed": lambda _, confirmed: CONFIRMED[confirmed],
    "clauses.confirmed": lambda _, confirmed: CONFIRMED[confirmed],
    "disclosure.confirmed": lambda _, confirmed: CONFIRMED[confirmed],
    "response_tiers.members.window": _window,
}
#: List -> what one of its entries is called. Others are called by their label, office or code.
NAMES: Mapping[str, Callable[[Mou, Any], str]] = {
    "clauses": lambda _, one: f"Clause {one.id}",
    "duties": duty_name,
    "parties": lambda _, one: str(one.name),
    "signatories": lambda _, one: f"{one.office} ({', '.join(filter(None, (one.agency, one.county)))})",
    "may": lambda _, one: f"The permission to {words('act', one.act)}",
    "disclosure": lambda _, one: f"Seeing {', '.join(one.classes)} of a {' or '.join(one.of)}",
    "routing": lambda _, one: f"The notice {one.id}",
    "respond_within": lambda _, one: f"A referral of urgency {one.urgency}",
    "response_tiers": lambda _, one: str(one.label),
    "response_tiers.members": _member,
    "referral_kinds": _kind,
}
