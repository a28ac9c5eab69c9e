"""What a county decides in a document, as a list of questions in the document's order. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from shared.mou.document import Clause, DisclosureRow, Mou, RoutingRule
from shared.mou.duties.rules import CountyAct
from shared.mou.editing import choices
from shared.mou.editing.about_duties import about_duty
from shared.mou.editing.about_head import about_head
from shared.mou.editing.fields import N_, Field, Form, Question, spanish
from shared.mou.telling import event_in_words

CONFIRMED = N_("How it stands with it")


def questions(mou: Mou) -> list[Question]:
    """What a county goes through: the head, then each rule that has a hint or that nobody has confirmed."""
    return [one for one in every_question(mou) if one.confirmed != "counsel" or one.hint]


def every_question(mou: Mou) -> list[Question]:
    """Every question, those about rules that are confirmed and about who is told as well."""
    return [
        *about_head(mou),
        *(_about_clause(index, clause) for index, clause in enumerate(mou.clauses)),
        *(_about_row(index, row) for index, row in enumerate(mou.disclosure)),
        *(_about_telling(mou, index, rule) for index, rule in enumerate(mou.routing)),
        *_about_times(mou),
        *(_about_act(mou, index, act) for index, act in enumerate(mou.acts)),
        *(about_duty(mou, index, duty) for index, duty in enumerate(mou.duties)),
    ]


def question_of(mou: Mou, id: str) -> Question | None:
    """The question with this id, or None."""
    return next((one for one in every_question(mou) if one.id == id), None)


def confirming(path: str, confirmed: str) -> Field:
    """Whether counsel has confirmed what stands at this place."""
    return Field("confirmed", f"{path}/confirmed", CONFIRMED, Form.ONE, (confirmed,), choices.CONFIRMED)


def _about_clause(index: int, clause: Clause) -> Question:
    path = f"/clauses/{index}"
    return Question(
        f"clause-{clause.id}",
        path,
        f"{clause.id} {clause.title}",
        (
            Field("title", f"{path}/title", N_("What it is called"), Form.TEXT, (clause.title,)),
            Field(
                "text", f"{path}/text", N_("What it says, in one plain sentence"), Form.LONG, (clause.text,)
            ),
            spanish(path, clause.es),
            Field("source", f"{path}/source", N_("Where it comes from"), Form.TEXT, (clause.source,)),
            confirming(path, clause.confirmed),
        ),
        (clause.text,),
        clause.hint,
        clause.source,
        clause.id,
        clause.confirmed,
    )


def _about_row(index: int, row: DisclosureRow) -> Question:
    path = f"/disclosure/{index}"
    seen = ", ".join(row.classes).replace("_", " ")
    of = ", ".join(row.of)
    who = ", ".join((*row.agencies, *row.roles))
    return Question(
        f"disclosure-{index + 1}",
        path,
        f"{row.clause} {seen} ({of})",
        (
            Field("basis", f"{path}/basis", N_("The law that allows it"), Form.TEXT, (row.basis,)),
            confirming(path, row.confirmed),
        ),
        (f"{who}: {seen} ({of}); {', '.join(row.needs)}; {', '.join(row.purposes)}",),
        None,
        row.basis,
        row.clause,
        row.confirmed,
    )


def _about_telling(mou: Mou, index: int, rule: RoutingRule) -> Question:
    path = f"/routing/{index}"
    role = Field(
        "role", f"{path}/role", N_("Whose queue there"), Form.ONE, _as(rule.role), choices.roles(mou), True
    )
    agency = Field(
        "agency", f"{path}/agency", N_("Who is told"), Form.ONE, (rule.agency,), choices.receivers(mou)
    )
    return Question(
        f"told-{rule.id}",
        path,
        rule.reason,
        (
            agency,
            role,
            Field("tier", f"{path}/tier", N_("How loudly"), Form.ONE, (rule.tier,), choices.TIERS),
            Field("reason", f"{path}/reason", N_("The sentence that says why"), Form.LONG, (rule.reason,)),
            spanish(path, rule.es),
        ),
        (event_in_words(rule.event),),
        clause=rule.clause,
        confirmed="counsel",
    )


def _about_act(mou: Mou, index: int, act: CountyAct) -> Question:
    path = f"/acts/{index}"
    label = Field("label", f"{path}/label", N_("What people do and record"), Form.TEXT, (act.label,))
    to = Field("to", f"{path}/to", N_("Whom they tell"), Form.SEVERAL, act.to, choices.told(mou), True)
    return Question(
        f"act-{act.code}",
        path,
        f"{act.clause} {act.label}",
        (label, spanish(path, act.es), to),
        (act.label,),
        act.hint,
        clause=act.clause,
        confirmed="counsel",
    )


def _about_times(mou: Mou) -> Iterator[Question]:
    for index, time in enumerate(mou.respond_within):
        path = f"/respond_within/{index}"
        hours = Field(
            "hours", f"{path}/hours", N_("Hours for the first answer"), Form.NUMBER, (str(time.hours),)
        )
        yield Question(
            f"answer-{time.urgency}",
            path,
            f"{time.clause} {time.urgency}",
            (hours,),
            clause=time.clause,
            confirmed="counsel",
        )
    minutes = Field(
        "minutes",
        "/undo/minutes",
        N_("Minutes in which a mistake can be taken back"),
        Form.NUMBER,
        (str(mou.undo.minutes),),
    )
    yield Question(
        "undo", "/undo", f"{mou.undo.clause} undo", (minutes,), clause=mou.undo.clause, confirmed="counsel"
    )


def _as(value: str | None) -> tuple[str, ...]:
    return () if value is None else (value,)
