"""A duty of the county's own: its clause, what opens and meets it, by when, and whom it falls to. Pure.

Nothing else of the document has to change for it: services time it, show it and explain it from there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from shared.mou.document import Mou
from shared.mou.duties.rules import Per
from shared.mou.editing import choices
from shared.mou.editing.about_duties import (
    HOW_LONG,
    STEP_HOURS,
    STEP_QUEUE,
    WARNED,
    WHICH_CLOCK,
    WHICH_ROLE,
    WHO_OWES,
)
from shared.mou.editing.edits import Add, Edit, Set
from shared.mou.editing.fields import N_, Choice, Field, Form, NotAnAnswer, Question, spanish
from shared.mou.vocabulary import CODE_LENGTH

#: The question's id.
OWN_DUTY = "own-duty"
#: Chosen instead of a code: what is typed beside it becomes a new one.
NEW = Choice("new", N_("Something new, which people will record"))
SOMEBODY_NEW = Choice("new", N_("Somebody who is not on the list yet"))

SOURCE = N_("Where it comes from: a law, a letter, your own policy")
CALL_IT = N_("Say what people will record, like: The tribe was told.")
NAME_THEM = N_("Say whom people tell, like: The young person's tribe.")
CLAUSE_TAKEN = N_("A clause has this number already. Choose another one.")
CLAUSE_FORM = N_("Write a number like 16.1: letters, digits, dots and dashes, sixteen at most.")
_CLAUSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,15}")
#: What an event is about -> what ties a duty that it opens to what meets it.
_TIES = {"concern": Per.CONCERN, "referral": Per.REFERRAL}


def own_duty(mou: Mou) -> Question:
    """The question whose answer adds a duty. Its fields are asked in this order."""
    happening, new = choices.happenings(mou), (*choices.happenings(mou), NEW)
    somebody = (*choices.told(mou), SOMEBODY_NEW)
    clause, duty = f"/clauses/{len(mou.clauses)}", f"/duties/{len(mou.duties)}"
    act, told = f"/acts/{len(mou.acts)}/label", f"/told/{len(mou.told)}/label"
    return Question(
        OWN_DUTY,
        duty,
        N_("A duty of your county's own"),
        (
            Field("says", f"{duty}/says", N_("What is to be done, in one plain sentence"), Form.LONG),
            spanish(duty, None),
            Field("clause", f"{clause}/id", N_("The number of its clause"), Form.TEXT, (next_clause(mou),)),
            Field("title", f"{clause}/title", N_("What the clause is called"), Form.TEXT),
            Field("source", f"{clause}/source", SOURCE, Form.TEXT),
            Field("opens", f"{duty}/opens", N_("What opens it"), Form.ONE, (), new),
            Field(
                "opens_new", act, N_("If what opens it is new: what people record"), Form.TEXT, optional=True
            ),
            Field("closes", f"{duty}/closes", N_("What meets it"), Form.ONE, (), new),
            Field(
                "closes_new", act, N_("If what meets it is new: what people record"), Form.TEXT, optional=True
            ),
            Field("to", f"{duty}/to", N_("Whom it is told to"), Form.ONE, (), somebody, True),
            Field("to_new", told, N_("If they are new: who they are"), Form.TEXT, optional=True),
            Field("ends", f"{duty}/ends", N_("What takes it away unmet"), Form.ONE, (), happening, True),
            Field("length", f"{duty}/within", HOW_LONG, Form.NUMBER),
            Field("clock", f"{duty}/within", WHICH_CLOCK, Form.ONE, ("hours",), choices.CLOCKS),
            Field("agency", f"{duty}/owed_by", WHO_OWES, Form.ONE, (), choices.holders(mou)),
            Field("role", f"{duty}/owed_by/role", WHICH_ROLE, Form.ONE, (), choices.roles(mou), True),
            Field("warn_before", f"{duty}/warn_before", WARNED, Form.NUMBER, optional=True),
            Field("after_hours", f"{duty}/escalate", STEP_HOURS, Form.NUMBER, ("0",), optional=True),
            Field("queue", f"{duty}/escalate", STEP_QUEUE, Form.ONE, (), choices.queues(mou), True),
        ),
        changes=partial(_changes, mou),
    )


def next_clause(mou: Mou) -> str:
    """A number that no clause has: the next chapter's first."""
    chapters = [int(found[0]) for one in mou.clauses if (found := re.match(r"[0-9]+", one.id))]
    return f"{max(chapters, default=0) + 1}.1"


def _changes(mou: Mou, values: Mapping[str, Any]) -> list[Edit]:
    """The clause, then whom people tell and what they record if it is new, then the duty."""
    if errors := _errors(mou, values):
        raise NotAnAnswer(errors)
    clause = {"id": values["clause"], "title": values["title"], "text": values["says"], **_spanish(values)}
    edits: list[Edit] = [Add("/clauses", {**clause, "source": values["source"], "confirmed": "default"})]
    to, further = _told(mou, values)
    edits += further
    opens, further = _happening(mou, values, "opens", None)
    edits += further
    closes, further = _happening(mou, values, "closes", to)
    edits += further
    return list(_once([*edits, _one_more(mou.duties, "/duties", _duty(mou, values, opens, closes, to))]))


def _once(edits: Iterable[Edit]) -> Iterator[Edit]:
    """A list that the document did not have is begun once, and goes on from there."""
    begun: set[str] = set()
    for edit in edits:
        yield Add(edit.path, edit.value[0]) if isinstance(edit, Set) and edit.path in begun else edit
        begun.add(edit.path)


def _errors(mou: Mou, values: Mapping[str, Any]) -> dict[str, str]:
    errors = {}
    if not _CLAUSE.fullmatch(values["clause"]):
        errors["clause"] = CLAUSE_FORM
    elif values["clause"] in {one.id for one in mou.clauses}:
        errors["clause"] = CLAUSE_TAKEN
    for name in ("opens", "closes"):
        if values[name] == NEW.value and not values[f"{name}_new"]:
            errors[f"{name}_new"] = CALL_IT
    if values["to"] == SOMEBODY_NEW.value and not values["to_new"]:
        errors["to_new"] = NAME_THEM
    return errors


def _told(mou: Mou, values: Mapping[str, Any]) -> tuple[str | None, list[Edit]]:
    if values["to"] != SOMEBODY_NEW.value:
        return values["to"], []
    code = code_of(values["to_new"], {entry.code for entry in mou.told})
    entry = {"code": code, "clause": values["clause"], "label": values["to_new"]}
    return code, [_one_more(mou.told, "/told", entry)]


def _happening(
    mou: Mou, values: Mapping[str, Any], name: str, to: str | None
) -> tuple[dict[str, Any], list[Edit]]:
    """The pattern of what opens or meets it, and what the document needs so that people can record it."""
    kind, _, code = values[name].partition(":")
    if kind == "event":
        return {"event": code}, []
    if kind == NEW.value:
        taken = {act.code for act in mou.acts}
        if name == "closes" and values["opens"] == NEW.value:
            taken.add(code_of(values["opens_new"], taken))
        code = code_of(values[f"{name}_new"], taken)
        act: dict[str, Any] = {"code": code, "clause": values["clause"], "label": values[f"{name}_new"]}
        act |= {"to": [to]} if to else {}
        act |= {"about": ["act"]} if name == "closes" and _per(values) is Per.ACT else {}
        return _pattern(code, to), [_one_more(mou.acts, "/acts", act)]
    index, listed = next((index, act) for index, act in enumerate(mou.acts) if act.code == code)
    if to is None or to in listed.to:
        return _pattern(code, to), []
    # An act that is told to nobody yet has no such list.
    further = Add(f"/acts/{index}/to", to) if listed.to else Set(f"/acts/{index}/to", [to])
    return _pattern(code, to), [further]


def _pattern(code: str, to: str | None) -> dict[str, Any]:
    return {"act": code, "where": {"to": [to]}} if to else {"act": code}


def _per(values: Mapping[str, Any]) -> Per:
    """Each opening is a duty of its own, and what meets it says which, or counts for each of the case."""
    kind, _, code = values["opens"].partition(":")
    if kind == "event":
        return _TIES.get(code.split(".")[1], Per.CASE)
    return Per.ACT


def _duty(
    mou: Mou, values: Mapping[str, Any], opens: dict[str, Any], closes: dict[str, Any], to: str | None
) -> dict[str, Any]:
    taken = {duty.id for duty in mou.duties}
    duty: dict[str, Any] = {
        "id": code_of(values["title"], taken),
        "clause": values["clause"],
        "says": values["says"],
        **_spanish(values),
        "source": values["source"],
        "confirmed": "default",
        "mode": "timed",
        "opens": [opens],
        "closes": [closes],
    }
    if values["ends"]:
        kind, _, code = values["ends"].partition(":")
        duty["ends"] = [{kind: code}]
    if (per := _per(values)) is not Per.CASE:
        duty["per"] = per.value
    duty["within"] = {values["clock"]: values["length"]}
    duty["owed_by"] = {name: values[name] for name in ("agency", "role") if values[name]}
    duty |= {"to": [to]} if to else {}
    duty |= {"warn_before": values["warn_before"]} if values["warn_before"] else {}
    if values["queue"]:
        duty["escalate"] = [{"after_hours": values["after_hours"] or 0, "queue": values["queue"]}]
    return duty


def _spanish(values: Mapping[str, Any]) -> dict[str, str]:
    return {"es": values["es"]} if values["es"] else {}


def _one_more(listed: tuple[Any, ...], path: str, value: dict[str, Any]) -> Edit:
    return Add(path, value) if listed else Set(path, [value])


def code_of(label: str, taken: set[str]) -> str:
    """A code made of the label's words, that no other has: "The tribe was told" -> the-tribe-was-told."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain.replace("'", ""))
    while words and not words[0][0].isalpha():
        words = words[1:]
    code = "-".join(words[:6])[: CODE_LENGTH - 4].strip("-") or "own"
    further = (f"{code}-{number}" for number in range(2, len(taken) + 3))
    return code if code not in taken else next(one for one in further if one not in taken)
