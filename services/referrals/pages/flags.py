"""What is flagged on a record, in its reader's words, with the clause, its sentence and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from services.referrals.pages.labels import FLAGS as OF_REFERRALS
from services.referrals.pages.wording import FIELDS, Wording
from shared.errors import Refusal
from shared.mou.gaps import NO_CLAUSE, told
from shared.web.site.words import N_

#: Flags by what stands before their field.
OF_FIELDS = {
    "missing": N_("Not said: %(what)s"),
    "unreadable": N_("Kept as it was typed, since it is not in the usual form: %(what)s"),
    "unknown-code": N_("Kept as it was typed, since it is not on the county's list: %(what)s"),
    "ahead": N_("Lies in the future as it was typed: %(what)s"),
    "unopenable": N_("Came locked and could not be opened: %(what)s"),
    "envelope": N_("A part of the message around it was not right."),
    "continued": N_("It is long and is kept in several parts, all of them here."),
}
FLAGS: Mapping[str, str] = {
    "unknown-field": N_("Something that has no field of its own is kept with what was told."),
    "unknown-class": N_("Something that has no field of its own is kept with what was told."),
    "not-kept": N_("A part could not be kept. Ask who reported it."),
    "clear-on-kafka": N_("It came unlocked and was locked here."),
    "not-a-party": N_("The agency has not signed the memorandum."),
    "role-not-listed": N_("Whoever recorded it has a role that does not usually do so."),
    "purpose-not-listed": N_("It was recorded for a purpose that is not usual."),
    "no-mou-in-force": N_("No memorandum was in force."),
    "matter-not-of-case": N_("The case has no such matter. It stands in another one."),
    "tool-not-listed": N_("The screening tool is not on the county's list."),
    "version-not-listed": N_("The version of the tool is not on the county's list."),
    "band-not-listed": N_("The band is not one of the tool's."),
    "trigger-not-listed": N_("What led to it is not on the county's list."),
    "act-not-listed": N_("What was done is not on the county's list."),
    "to-not-listed": N_("Whom it was told to is not on the county's list."),
    "duty-not-known": N_("There is no such duty that was known."),
    "duty-settled": N_("The duty was done or lifted by then."),
    "offence-not-recorded": N_("What was called an offence by the young person was not recorded."),
    **OF_REFERRALS,
}


@dataclass(frozen=True)
class Flagged:
    """Flags that tell the same: what each says, and the sentence and remedy of their clause."""

    says: list[str]
    clause: str
    sentence: str
    remedy: str


def flagged(flags: Iterable[str], wording: Wording) -> list[Flagged]:
    """What these flags tell, those of one clause and remedy together, in their order."""
    found: dict[tuple[str, str, str], Flagged] = {}
    for one in told(dict.fromkeys(flags), wording.mou):
        key = (one.clause, one.sentence, one.remedy)
        group = found.setdefault(key, Flagged([], "" if one.clause == NO_CLAUSE else one.clause, *key[1:]))
        if (said := say_flag(one.flag, wording)) not in group.says:
            group.says.append(said)
    return list(found.values())


def say_flag(flag: str, wording: Wording) -> str:
    """What a flag says."""
    kind, _, field = flag.partition(".")
    if flag not in FLAGS and kind in OF_FIELDS:
        return wording.say(OF_FIELDS[kind], what=wording.word(FIELDS, field))
    return wording.word(FLAGS, flag)


class OfClause(str):
    """What is said at a field of a form, with the clause under which the form came back."""

    clause: str
    sentence: str

    @classmethod
    def of(cls, message: str, refusal: Refusal) -> OfClause:
        """The message of the page, which is its remedy, and the refusal's clause with its sentence."""
        made = cls(message)
        made.clause, made.sentence = refusal.clause, refusal.sentence or ""
        return made


def at_fields(errors: Mapping[str, str], say: Callable[[str], str]) -> dict[str, str]:
    """The messages in the reader's words, by field; what the memorandum says stands behind them, in English."""
    return {name: _with_clause(message, say(message)) for name, message in errors.items()}


def _with_clause(message: str, said: str) -> str:
    if not isinstance(message, OfClause) or not message.sentence:
        return said
    place = "" if message.clause == NO_CLAUSE else f" (MOU {message.clause})"
    return Markup('{} <span lang="en">{}{}</span>').format(said, message.sentence, place)
