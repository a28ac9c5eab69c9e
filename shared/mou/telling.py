"""What a document says, in plain sentences, for people who do not read YAML. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared.mou.checking import references
from shared.mou.document import Clause, Mou
from shared.mou.duties.rules import DutyRule, Holder, Mode, Pattern, Within
from shared.mou.parties import party_of
from shared.mou.terms import CODED
from shared.mou.vocabulary import Target
from shared.mou.words import ENGLISH, Words

#: A relation to the case -> how people say it.
RELATED: dict[str, str] = {
    Target.LEAD: "the case's lead agency",
    Target.SENDER: "the agency that asked",
    Target.RECIPIENT: "the agency that was asked",
    Target.REPORTER: "the agency that reported",
    Target.SUBMITTER: "the agency whose message it was",
    Target.OWNER: "the agency whose seat it is",
    Target.WORKER: "the worker who is named",
}
#: How Accord treats a clause, by what cites it; the first that fits is said.
TREATMENT: dict[str, str] = {
    "timed": "Accord works out by when it is due.",
    "recorded": "Accord holds it open until it is recorded, without a time.",
    "enforced": "Accord enforces it: what it does not allow is refused.",
    "told": "Accord tells people by it.",
    "off": "Accord does not time it, and says why.",
    "listed": "Accord holds it as data, and refuses or times nothing by it.",
    "explained": "Accord only explains it.",
}
#: The parts by which something is refused or not shown.
ENFORCED = {
    *("may", "disclosure", "otherwise", "undo", "parties", "evaluated_out", "codes"),
    *("authorities", "safety_facts"),
    *CODED,
} - {"close_reasons"}


def explained(mou: Mou, clause: Clause) -> list[str]:
    """What a clause says and what follows from it: a sentence a line."""
    lines = [f"{clause.id} {clause.title}", clause.text, f"Source: {clause.source}."]
    lines += [
        "County counsel has confirmed it."
        if clause.confirmed == "counsel"
        else "Counsel has still to confirm it."
    ]
    lines += [f"To whoever edits it: {clause.hint}"] if clause.hint else []
    lines += [TREATMENT[treatment(mou, clause)]]
    for duty in mou.duties:
        if duty.clause == clause.id:
            lines += ["", *duty_in_words(mou, duty)]
    return lines


def treatment(mou: Mou, clause: Clause) -> str:
    """How Accord treats a clause: a word of TREATMENT."""
    return treatments(mou)[clause.id]


def treatments(mou: Mou) -> dict[str, str]:
    """How Accord treats each clause, by its id: a word of TREATMENT."""
    parts: dict[str, set[str]] = {clause.id: set() for clause in mou.clauses}
    for path, cited in references(mou):
        parts.setdefault(cited, set()).add(path.split("/")[1])
    return {
        clause.id: _treated({duty.mode for duty in mou.duties if duty.clause == clause.id}, parts[clause.id])
        for clause in mou.clauses
    }


def _treated(modes: set[Mode], parts: set[str]) -> str:
    found = {
        "timed": Mode.TIMED in modes or "respond_within" in parts,
        "recorded": Mode.RECORDED in modes,
        "enforced": bool(parts & ENFORCED),
        "told": bool(parts & {"routing", "unroutable"}),
        "off": Mode.OFF in modes,
        "listed": bool(parts),
    }
    return next((word for word, holds in found.items() if holds), "explained")


def duty_in_words(mou: Mou, duty: DutyRule) -> list[str]:
    """A duty: what, by when, what opens and meets it, who owes it, and where it stands in the law."""
    row = f"{duty.row}, " if duty.row else ""
    lines = [f"{duty.says} ({row}{duty.source})"]
    if duty.why_off is not None:
        return [*lines, f"  Not timed: {duty.why_off}"]
    by_when = time_in_words(mou, duty.within) if duty.within else "without a time"
    lines += [f"  By when: {by_when}."]
    lines += [
        f"  Opens: {patterns_in_words(mou, duty.opens)}.",
        f"  Is met by: {patterns_in_words(mou, duty.closes)}.",
    ]
    lines += [f"  Ends unmet: {patterns_in_words(mou, duty.ends)}."] if duty.ends else []
    lines += [f"  Owed by: {holder_in_words(mou, duty.owed_by)}."] if duty.owed_by else []
    lines += [f"  Told to: {told_in_words(mou, duty.to)}."] if duty.to else []
    return lines + ([f"  Afterwards: {duty.afterwards}"] if duty.afterwards else [])


def time_in_words(mou: Mou, within: Within, words: Words = ENGLISH) -> str:
    """How long, and on which clock: "within 36 hours, nights and weekends included"."""
    time, note = clock_in_words(mou, within, words)
    return f"{time}, {words(note)}" if note else time


def clock_in_words(mou: Mou, within: Within, words: Words = ENGLISH) -> tuple[str, str]:
    """How long, and how its clock counts, which a page may say once for all: its message, or nothing."""
    if within.at_once:
        outer = words.many(within.at_once.outer_hours, *HOURS)
        return words("at once, within {hours} at the latest", hours=outer), ""
    if within.before:
        return words("before this: {what}", what=_pattern(mou, within.before, words)), ""
    clocks = [
        (within.hours, HOURS, "within {time}", "nights and weekends included"),
        (within.days, DAYS, "within {time}", "by the end of the last one"),
        (within.months, MONTHS, "within {time}", "by the end of the day"),
        (within.court_days, DAYS, "within {time} on which the court sits", ""),
        (within.court_hours, HOURS, "within {time}, without days on which the court does not sit", ""),
    ]
    count, unit, time, note = next((*clock,) for clock in clocks if clock[0] is not None)
    return words(time, time=words.many(count or 0, *unit)), note


#: One and several of what a clock counts.
HOURS = ("{count} hour", "{count} hours")
DAYS = ("{count} day", "{count} days")
MONTHS = ("{count} month", "{count} months")


def holder_in_words(mou: Mou, holder: Holder) -> str:
    """An agency by its name, or by its relation to the case, and the role there."""
    party = party_of(mou, holder.agency)
    agency = party.name if party else RELATED.get(holder.agency, holder.agency)
    labels = {meaning.role: meaning.label for meaning in mou.roles}
    if holder.role is None or holder.role not in labels:
        return agency
    return f"{agency} ({holder.role.replace('-', ' ')})"


def patterns_in_words(mou: Mou, patterns: tuple[Pattern, ...], words: Words = ENGLISH) -> str:
    """What happens, if any of these fits: "Concern reported; or Reported by telephone"."""
    said = dict.fromkeys(_pattern(mou, pattern, words) for pattern in patterns)
    return words("; or ").join(said)


def _pattern(mou: Mou, pattern: Pattern, words: Words = ENGLISH) -> str:
    labels = {act.code: words.of(act.label, act.es) for act in mou.acts}
    what = (
        labels.get(pattern.act or "", pattern.act)
        if pattern.act
        else words(event_in_words(pattern.event or ""))
    )
    where = (f"({_where(mou, field, values, words)})" for field, values in pattern.where.items())
    return " ".join([str(what), *where])


def event_in_words(event: str) -> str:
    """A type of event: "Referral requested"."""
    _, thing, happened, _ = event.split(".")
    return f"{thing} {happened.replace('-', ' ')}".capitalize()


def _where(mou: Mou, field: str, values: tuple[Any, ...], words: Words) -> str:
    if field == "to":
        return told_in_words(mou, tuple(map(str, values)), words)
    return f"{words(_plain(field))}: {', '.join(str(value) for value in values)}"


def _plain(field: str) -> str:
    return field.replace("_", " ")


def told_in_words(mou: Mou, codes: tuple[str, ...], words: Words = ENGLISH) -> str:
    """Whom these codes of the document's `told` stand for."""
    labels = {entry.code: words.of(entry.label, entry.es) for entry in mou.told}
    return ", ".join(labels.get(code, code) for code in codes)


def told_whole(mou: Mou) -> Iterator[str]:
    """The whole document as people read it: clause after clause, in its order."""
    yield f"Memorandum of understanding of {mou.county}, version {mou.version}"
    yield f"In effect from {mou.effective.isoformat()}" + (
        f" until {mou.term.until}" if mou.term and mou.term.until else ""
    )
    for clause in mou.clauses:
        yield ""
        yield from explained(mou, clause)
