"""Whoever has only the sheet can answer; what the sheet answers is what the engine says.

Each question is answered twice: worked out by the engine, on a history or a viewer that is made up for it, and read
off the words of the sheet. Neither looks at how the other one is made.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from alder import TEXT
from duty_county import CONCERN, happened, here, reported

from shared.mou import CaseFacts, EventFacts, disclosable, load, may, recipients, respond_within
from shared.mou.duties.obligations import obligations
from shared.mou.facts import CallerFacts
from shared.mou.papers.paper import text_of
from shared.mou.papers.sharing import CLASSES
from shared.mou.papers.sheet import ROLES, sheet
from shared.mou.parties import clause_of
from shared.mou.words import words_of

THEN = "2026-03-04 10:00"
ON_TEAM = CaseFacts(
    "case", lead="human-services", participants=frozenset({"probation", "advocacy", "sheriff"})
)
ASKED = CaseFacts("referral", lead="human-services", sender="human-services", recipient="advocacy")


# Worked out by the engine


def duties(mou, *history):
    """What is owed right after this history, by the clause of each."""
    return obligations(history, lambda _: mou, here(THEN) + timedelta(minutes=1))


def hours(mou, clause, *history):
    """In how many hours what this clause asks for is due."""
    (due,) = {duty.due_at for duty in duties(mou, *history) if duty.rule.clause == clause}
    return (due - here(THEN)).total_seconds() / 3600


def days(mou, clause, *history):
    """At the end of which day it is due, counted from the day on which it began."""
    (due,) = {duty.due_at for duty in duties(mou, *history) if duty.rule.clause == clause}
    zone = ZoneInfo(mou.time_zone)
    last = due.astimezone(zone)
    assert (last + timedelta(microseconds=1)).time() == datetime.min.time()
    return (last.date() - here(THEN).astimezone(zone).date()).days


def told(mou, *history):
    """Whom they are told to, as the document calls them."""
    labels = {entry.code: entry.label for entry in mou.told}
    return {labels[code] for duty in duties(mou, *history) for code in duty.rule.to}


def shown(mou, agency, role, thing):
    """What a viewer is shown of a thing, for coordination."""
    viewer = CallerFacts(agency, frozenset({role}))
    return {CLASSES[found.sealed_class] for found in disclosable(viewer, "coordinate", thing, mou)}


def shown_to_nobody(mou):
    """The classes that no party is shown of anything, whatever its role, its relation and its purpose."""
    things = [
        CaseFacts(
            kind, lead=lead, participants=everyone, sender=who, recipient=who, reporters=frozenset({who})
        )
        for kind in ("concern", "case", "referral")
        for everyone in [frozenset(str(party.agency) for party in mou.parties)]
        for lead in ["human-services"]
        for who in sorted(everyone)
    ]
    opened = {
        found.sealed_class
        for thing in things
        for party in mou.parties
        for role in party.roles
        for purpose in ("coordinate", "respond", "report", "support", "audit")
        for found in disclosable(CallerFacts(str(party.agency), frozenset({role})), purpose, thing, mou)
    }
    return {CLASSES[sealed] for sealed in CLASSES if sealed not in opened}


def waits_for(mou, kind, thing, role):
    """Why somebody of the role has to take something in hand when this happens; nobody: an empty set."""
    found = recipients(EventFacts(f"accord.{kind}.v1", thing), mou, {})
    return {one.reason for one in found if one.needs_ack and one.queue and one.queue.endswith(f"/{role}")}


def before_what(mou, clause, *history):
    """Before what this has to be done: the act that, once it is recorded, is the moment when it was due."""
    then = (here(THEN) + timedelta(hours=2)).isoformat()
    found = set()
    for act in mou.acts:
        owed = obligations(
            [*history, happened(act.code, then)], lambda _: mou, here(THEN) + timedelta(days=1)
        )
        found |= {act.label for duty in owed if duty.rule.clause == clause and duty.due_at == here(then)}
    return found


# Read off the sheet


def entry(text, clause, *words):
    """The one line of this clause that has these words."""
    (line,) = [
        line
        for line in text.splitlines()
        if line.endswith(f"[{clause}]") and all(word in line for word in words)
    ]
    return line


def bold_time(line):
    """The time of a line: its last "within so many"."""
    return int(re.findall(r"[Ww]ithin (\d+) (?:hour|day|month)s?", line)[-1])


def of(line):
    """What a line says is seen, after its colon."""
    return set(line.rpartition(": ")[2].rpartition("\u00a0")[0].split(", "))


def named(text, *clauses):
    """Whom the document tells, as far as the lines of these clauses name them."""
    lines = [line for line in text.splitlines() if line.endswith(tuple(f"[{clause}]" for clause in clauses))]
    # Of the young person every line speaks; nobody tells them that they are missing.
    labels = {entry.label for entry in load(TEXT).told if entry.code != "youth"}
    return {label for label in labels if any(label.lower() in line.lower() for line in lines)}


@dataclass(frozen=True)
class Question:
    """What is asked, whose sheet it is, both ways to the answer, and a change of the document that changes it."""

    asks: str
    role: str
    derived: Any
    read: Any
    change: tuple[str, str]


QUESTIONS = [
    Question(
        "I have seen something. In how many hours must I have called, at the latest?",
        "probation-officer",
        lambda mou: hours(mou, "8.1", reported(THEN)),
        lambda text: bold_time(entry(text, "8.1", "telephone")),
        (
            "within: {at_once: {alarm_hours: 1, outer_hours: 4}}\n    closes_itself",
            "within: {at_once: {alarm_hours: 1, outer_hours: 3}}\n    closes_itself",
        ),
    ),
    Question(
        "And in how many must the written report be sent?",
        "advocate",
        lambda mou: hours(mou, "8.2", reported(THEN)),
        lambda text: bold_time(entry(text, "8.2")),
        ("per: concern\n    within: {hours: 36}", "per: concern\n    within: {hours: 30}"),
    ),
    Question(
        "A young person is missing. Whom do I tell?",
        "social-worker",
        lambda mou: told(mou, happened("youth-missing", THEN)),
        lambda text: named(text, "10.1", "10.2", "10.3"),
        ("    to: [casa]\n", "    to: [relatives]\n"),
    ),
    Question(
        "In how many hours are law enforcement and NCMEC told that a young person is missing?",
        "social-worker",
        lambda mou: hours(mou, "10.1", happened("youth-missing", THEN)),
        lambda text: bold_time(entry(text, "10.1", "missing", "Record")),
        (
            "{at_once: {alarm_hours: 2, outer_hours: 24}}\n    closing_may",
            "{at_once: {alarm_hours: 2, outer_hours: 12}}\n    closing_may",
        ),
    ),
    Question(
        "The young person is back. In how many hours does somebody listen?",
        "social-worker",
        lambda mou: hours(mou, "10.4", happened("returned", THEN)),
        lambda text: bold_time(entry(text, "10.4")),
        ("within: {hours: 48}", "within: {hours: 60}"),
    ),
    Question(
        "The hotline said ten days. At the end of which day must I have seen the young person?",
        "social-worker",
        lambda mou: days(mou, "8.9", happened("screened-ten-days", THEN, on=CONCERN, concern=CONCERN)),
        lambda text: bold_time(entry(text, "8.9", "ten-day")),
        ("within: {days: 10}", "within: {days: 8}"),
    ),
    Question(
        "I am a probation officer on the team. What am I shown of the case?",
        "probation-officer",
        lambda mou: shown(mou, "probation", "probation-officer", ON_TEAM),
        lambda text: of(entry(text, "6.3", "on whose team your agency is")),
        ("classes: [identity, contact], basis: WIC 18951", "classes: [identity], basis: WIC 18951"),
    ),
    Question(
        "My agency is asked for help. What am I shown of the referral?",
        "advocate",
        lambda mou: shown(mou, "advocacy", "advocate", ASKED),
        lambda text: of(entry(text, "6.4", "that your agency was asked by")),
        (
            "classes: [identity, contact, narrative],\n     basis: WIC 827",
            "classes: [identity, contact],\n     basis: WIC 827",
        ),
    ),
    Question(
        "What is shown to nobody at all?",
        "law-enforcement",
        shown_to_nobody,
        lambda text: {
            line.removeprefix("Nobody: ") for line in text.splitlines() if line.startswith("Nobody: ")
        },
        (
            "purposes: [respond, coordinate], classes: [health]",
            "purposes: [respond, coordinate], classes: [narrative]",
        ),
    ),
    Question(
        "My agency is asked for something needed within hours. In how many does it answer?",
        "advocate",
        lambda mou: respond_within("hours", mou) / timedelta(hours=1),
        lambda text: int(re.search(r"needed within hours: (\d+) hour", entry(text, "4.4"))[1]),
        ("{urgency: hours, hours: 2, ", "{urgency: hours, hours: 3, "),
    ),
    Question(
        "A referral of ours was declined. What waits for me?",
        "social-worker",
        lambda mou: waits_for(mou, "referral.rejected", ASKED, "social-worker"),
        lambda text: {line.partition("\u00a0[")[0] for line in text.splitlines() if line.endswith("[4.5]")},
        (
            "The agency you asked cannot help; the young person still needs somebody.",
            "The agency you asked cannot help.",
        ),
    ),
    Question(
        "An interview is planned. Before what do I explain what stays confidential?",
        "advocate",
        lambda mou: before_what(mou, "8.12", happened("interview-planned", THEN)),
        lambda text: {re.search(r"Before this: (.*?)\.", entry(text, "8.12", "Record"))[1]},
        (
            "within: {before: {act: interview-begun}}\n    owed_by: {agency: advocacy",
            "within: {before: {act: team-met}}\n    owed_by: {agency: advocacy",
        ),
    ),
]


def sheet_of(mou, role, language="en"):
    return text_of(sheet(mou, role, words_of(language)))


def changed(change):
    old, new = change
    assert old in TEXT
    return load(TEXT.replace(old, new))


@pytest.mark.parametrize("question", [pytest.param(each, id=each.asks) for each in QUESTIONS])
class TestWhoeverHasOnlyTheSheet:
    def test_answers_as_the_engine_does(self, question):
        mou = load(TEXT)
        assert question.read(sheet_of(mou, question.role)) == question.derived(mou)

    def test_a_change_of_the_document_changes_both(self, question):
        before, after = load(TEXT), changed(question.change)
        assert question.derived(after) != question.derived(before)
        assert question.read(sheet_of(after, question.role)) == question.derived(after)

    def test_a_sheet_that_says_something_else_is_noticed(self, question):
        forged = sheet_of(changed(question.change), question.role)
        assert question.read(forged) != question.derived(load(TEXT))


@pytest.mark.parametrize("role", ROLES)
class TestEverySheet:
    def test_holds_each_duty_that_the_engine_says_falls_to_the_role(self, role):
        mou, text = load(TEXT), sheet_of(load(TEXT), role)
        for duty in mou.duties:
            if duty.owed_by and duty.owed_by.role == ROLES[role]:
                assert duty.says in text or clause_of(mou, duty.clause).text in text

    def test_says_where_to_record_by_the_clause_that_lets_the_role_record(self, role):
        mou = load(TEXT)
        clauses = {one.clause for one in mou.sheets if one.part == "record"}
        for party in mou.parties:
            if ROLES[role] in party.roles:
                thing = CaseFacts("case", lead="human-services", participants=frozenset({str(party.agency)}))
                viewer = CallerFacts(str(party.agency), frozenset({str(ROLES[role])}))
                assert may(viewer, "record-act", thing, mou).clause in clauses

    def test_says_that_there_is_no_arrest_or_that_the_young_person_is_not_in_trouble(self, role):
        mou = load(TEXT)
        clauses = [one.id for one in mou.clauses if "647(b)" in one.source]
        assert any(f"[{clause}]" in sheet_of(mou, role) for clause in clauses)

    def test_tells_the_young_person_of_their_rights_and_of_their_choice(self, role):
        text = sheet_of(load(TEXT), role)
        said = text.partition("What you say to the young person")[2].partition("What is never done")[0]
        assert "right to an advocate and to a support person" in said
        assert "You decide" in said

    def test_in_spanish_says_the_same_clauses_in_the_same_order(self, role):
        mou = load(TEXT)
        cited = [re.findall(r"\[([0-9.]+)\]", sheet_of(mou, role, language)) for language in ("en", "es")]
        assert cited[0] == cited[1]

    def test_leaves_out_what_is_owed_by_others(self, role):
        text = sheet_of(load(TEXT), role)
        others = {
            "social-worker": "8.12",
            "probation-officer": "10.4",
            "advocate": "8.4",
            "law-enforcement": "10.2",
        }
        assert f"[{others[role]}]" not in text.partition("What you owe")[2]
