"""What flags and refusals tell: clause, the clause's sentence, and what to do. Pure.

The county's document speaks first; where it has no rule for a flag, Accord's own words stand, under clause `none`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.mou.document import Mou
from shared.mou.law import safety_facts
from shared.mou.parties import clause_of
from shared.mou.safety import GapRule, SafetyFacts, kind_of

#: The clause of what no clause speaks of.
NO_CLAUSE = "none"
#: Told of a refusal under no clause.
OF_ITSELF = "Accord itself asks for this; no clause of the memorandum speaks of it."
_ASK = "Ask the lead agency's coordinator if it matters to the case."
#: Every flag, by what stands before its point -> what it tells without a rule of the document, and what to do.
FLAGS: Mapping[str, tuple[str, str]] = {
    "missing": ("Something that should be said was not said.", "Say it as soon as you know it."),
    "unreadable": (
        "A field was not in its form; what it said is kept, sealed.",
        "State it anew in the form that the API's documents show.",
    ),
    "unknown-field": (
        "There was a field that no field of Accord stands for; what it said is kept, sealed.",
        "Use the fields of the API's documents.",
    ),
    "unknown-class": (
        "Facts came under a class that there is not; they are kept, sealed.",
        "Use the classes of the API's documents.",
    ),
    "unknown-code": (
        "A code was not on the county's list; it is kept, sealed.",
        "Choose one of the county's list: accord mou show.",
    ),
    "ahead": (
        "A time lay ahead of Accord's clock; it is kept as it was said.",
        "State when it happened, with its UTC offset.",
    ),
    "unopenable": (
        "A sealed part could not be opened with the county's key.",
        "Seal it anew to the key of GET /v1/keys, and say it by telephone if it is urgent.",
    ),
    "continued": ("It was longer than one event holds and goes on in the next.", "Nothing is to be done."),
    "not-kept": ("A part could not be kept, not even sealed.", "Say it anew, or by telephone."),
    "clear-on-kafka": (
        "Identifying facts came in clear; they were sealed on arrival.",
        "Seal them to the key of GET /v1/keys.",
    ),
    "envelope": (
        "An attribute of the submission's envelope was wrong.",
        "See the submission's schema in docs/asyncapi.json.",
    ),
    "not-a-party": (
        "The agency has not signed the memorandum.",
        "Ask the lead agency how to become a party.",
    ),
    "role-not-listed": (
        "The caller's role does not usually do this.",
        "Let somebody in a listed role look at it: accord mou show.",
    ),
    "purpose-not-listed": (
        "It was done for a purpose that is not listed.",
        "State one of the listed purposes.",
    ),
    "no-mou-in-force": (
        "No memorandum was in force.",
        "The lead agency's coordinator adopts one: accord mou adopt FILE.",
    ),
    "matter-not-of-case": ("The case has no such matter; it stands in another of its matters.", _ASK),
    "tool-not-listed": ("The screening tool is not on the county's list.", _ASK),
    "version-not-listed": ("The version of the tool is not on the county's list.", _ASK),
    "band-not-listed": ("The band is not one of the tool's.", _ASK),
    "trigger-not-listed": ("What led to the screening is not on the county's list.", _ASK),
    "act-not-listed": ("The act is not on the county's list.", _ASK),
    "to-not-listed": ("It was told to somebody who is not on the act's list.", _ASK),
    "acceptance-not-recorded": (
        "That the agency accepted was not recorded before.",
        "Nothing is to be done: it counts as accepted from now on.",
    ),
    "start-not-recorded": (
        "When the service began was not recorded before.",
        "State it with the agency that asked, if it matters.",
    ),
    "resumption-not-recorded": (
        "When the service went on was not recorded before.",
        "State it with the agency that asked, if it matters.",
    ),
    "duty-not-known": ("There is no such duty that you can see.", "Read what is due, and name one of it."),
    "duty-settled": (
        "The duty was done, waived or no longer needed by then.",
        "If that record is wrong, mark it as entered in error.",
    ),
    "offence-not-recorded": (
        "What was called an offence by the young person was not recorded anywhere.",
        "Nothing is to be done: the report stands, as a report of a child who may have been exploited.",
    ),
}
UNUSUAL = ("Something about it is unusual.", _ASK)


@dataclass(frozen=True, slots=True)
class Told:
    """What one flag tells. `opens` are the ids of the duties that close the gap."""

    flag: str
    clause: str
    sentence: str
    remedy: str
    opens: tuple[str, ...] = ()


def told(flags: Iterable[str], mou: Mou | None) -> list[Told]:
    """What each of these flags tells, in their order. Raises nothing."""
    return [_told(flag, mou) for flag in flags]


def sentence_of(clause: str, mou: Mou | None) -> str:
    """The sentence of a clause of the document; Accord's own where there is none such."""
    found = clause_of(mou, clause) if mou else None
    return found.text if found else OF_ITSELF


def safety_rule(mou: Mou | None) -> SafetyFacts:
    """What is taken whatever is amiss: as the document has it; where none does, as Accord's own list has it."""
    return (mou.safety_facts if mou else None) or safety_facts()


def gap_rule(flag: str, mou: Mou | None) -> GapRule | None:
    """The document's rule for the flag: its own, or that of its kind; None if it has neither."""
    rules = {rule.flag: rule for rule in mou.safety_facts.gaps} if mou and mou.safety_facts else {}
    return rules.get(flag) or rules.get(kind_of(flag))


def _told(flag: str, mou: Mou | None) -> Told:
    rule = gap_rule(flag, mou)
    if rule is not None:
        return Told(flag, rule.clause, sentence_of(rule.clause, mou), rule.remedy, rule.opens)
    sentence, remedy = FLAGS.get(kind_of(flag), UNUSUAL)
    return Told(flag, NO_CLAUSE, sentence, remedy)
