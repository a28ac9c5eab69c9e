"""What is asked about a duty: its sentence, whether it is timed, how long, on which clock, who is told. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from shared.mou.document import Mou
from shared.mou.duties.rules import DutyRule, Mode, Within
from shared.mou.editing import choices
from shared.mou.editing.edits import Edit, Set
from shared.mou.editing.fields import N_, Field, Form, NotAnAnswer, Question, spanish
from shared.mou.telling import duty_in_words

HOW_LONG = N_("How long")
WHICH_CLOCK = N_("On which clock")
REMINDER = N_("Hours until somebody is reminded")
AT_THE_LATEST = N_("Hours at the latest")
WHO_OWES = N_("Who does it")
WHICH_ROLE = N_("In which role there")
WHOM = N_("Who is told")
WARNED = N_("Hours before it is due at which somebody is warned")
STEP_HOURS = N_("Hours after it was due")
STEP_QUEUE = N_("Who is told then")
SAY_WHY = N_("Say why it is off.")
SAY_HOW_LONG = N_("Say how long it may take, and on which clock.")


def about_duty(mou: Mou, index: int, duty: DutyRule) -> Question:
    """A duty of the document; an answer writes only what differs."""
    path = f"/duties/{index}"
    fields = (
        Field(
            "says", f"{path}/says", N_("What is to be done, in one plain sentence"), Form.LONG, (duty.says,)
        ),
        spanish(path, duty.es),
        _mode(path, duty),
        Field(
            "why_off",
            f"{path}/why_off",
            N_("Why it is off, if it is"),
            Form.LONG,
            _text(duty.why_off),
            optional=True,
        ),
        *_clock(path, duty.within),
        *_holder(mou, path, duty),
        Field("to", f"{path}/to", WHOM, Form.SEVERAL, tuple(duty.to), choices.told(mou), True),
        Field(
            "warn_before", f"{path}/warn_before", WARNED, Form.NUMBER, _text(duty.warn_before), optional=True
        ),
        *_steps(mou, path, duty),
        Field(
            "confirmed",
            f"{path}/confirmed",
            N_("How it stands with it"),
            Form.ONE,
            (duty.confirmed,),
            choices.CONFIRMED,
        ),
    )
    return Question(
        f"duty-{duty.id}",
        path,
        f"{duty.clause} {duty.id.replace('-', ' ').capitalize()}",
        fields,
        tuple(line.strip() for line in duty_in_words(mou, duty)),
        duty.hint,
        duty.source,
        duty.clause,
        duty.confirmed,
        partial(_changes, path, duty),
    )


def _mode(path: str, duty: DutyRule) -> Field:
    """A duty that nothing opens cannot be more than off."""
    whole = bool(duty.opens and duty.closes and duty.owed_by)
    offered = choices.MODES if whole else choices.MODES[-1:]
    return Field("mode", f"{path}/mode", N_("Whether it is timed"), Form.ONE, (duty.mode,), offered)


def _clock(path: str, within: Within | None) -> Iterator[Field]:
    if within is not None and within.at_once:
        outer, alarm = within.at_once.outer_hours, within.at_once.alarm_hours
        yield Field("alarm", f"{path}/within/at_once/alarm_hours", REMINDER, Form.NUMBER, (str(alarm),))
        yield Field("outer", f"{path}/within/at_once/outer_hours", AT_THE_LATEST, Form.NUMBER, (str(outer),))
    elif within is None or within.before is None:
        clock = next((name for name, value in within if value is not None), None) if within else None
        length = getattr(within, clock) if clock else None
        yield Field("length", f"{path}/within", HOW_LONG, Form.NUMBER, _text(length), optional=True)
        yield Field("clock", f"{path}/within", WHICH_CLOCK, Form.ONE, _text(clock), choices.CLOCKS, True)


def _holder(mou: Mou, path: str, duty: DutyRule) -> Iterator[Field]:
    if duty.owed_by is None:
        return
    agency, role = duty.owed_by.agency, duty.owed_by.role
    yield Field("agency", f"{path}/owed_by/agency", WHO_OWES, Form.ONE, (agency,), choices.holders(mou))
    yield Field("role", f"{path}/owed_by/role", WHICH_ROLE, Form.ONE, _text(role), choices.roles(mou), True)


def _steps(mou: Mou, path: str, duty: DutyRule) -> Iterator[Field]:
    for index, step in enumerate(duty.escalate):
        place, after, number = f"{path}/escalate/{index}", str(step.after_hours), index + 1
        hours = Field(f"hours_{index}", f"{place}/after_hours", STEP_HOURS, Form.NUMBER, (after,))
        queue = Field(
            f"queue_{index}", f"{place}/queue", STEP_QUEUE, Form.ONE, (step.queue,), choices.queues(mou)
        )
        yield from (replace(one, number=number) for one in (hours, queue))


def _changes(path: str, duty: DutyRule, values: Mapping[str, Any]) -> list[Edit]:
    """Only what was changed: a default that nobody wrote stays unwritten."""
    written = duty.model_dump(mode="json", exclude_none=True, exclude_unset=True)
    wanted = dict(written)
    for name in ("says", "es", "mode", "why_off", "to", "warn_before", "confirmed"):
        _put(wanted, duty, name, values[name])
    if values["mode"] != Mode.OFF:
        wanted.pop("why_off", None)
    elif not values["why_off"]:
        raise NotAnAnswer({"why_off": SAY_WHY})
    if within := _within(values, written.get("within")):
        wanted["within"] = within
    if values["mode"] == Mode.RECORDED:
        wanted.pop("within", None)
    elif values["mode"] == Mode.TIMED and "within" not in wanted:
        raise NotAnAnswer({"length": SAY_HOW_LONG})
    if duty.owed_by is not None:
        wanted["owed_by"] = {name: values[name] for name in ("agency", "role") if values[name] is not None}
    if duty.escalate:
        wanted["escalate"] = [
            {"after_hours": values[f"hours_{number}"], "queue": values[f"queue_{number}"]}
            for number in range(len(duty.escalate))
        ]
    return [] if wanted == written else [Set(path, wanted)]


def _put(wanted: dict[str, Any], duty: DutyRule, name: str, value: Any) -> None:
    before = getattr(duty, name)
    if value == (list(before) if isinstance(before, tuple) else before):
        return
    if value is None or value == []:
        wanted.pop(name, None)
    else:
        wanted[name] = value


def _within(values: Mapping[str, Any], before: dict[str, Any] | None) -> dict[str, Any] | None:
    if "outer" in values:
        return {"at_once": {"alarm_hours": values["alarm"], "outer_hours": values["outer"]}}
    if values.get("length") is not None and values.get("clock") is not None:
        return {values["clock"]: values["length"]}
    return before if "length" not in values else None


def _text(value: object) -> tuple[str, ...]:
    return () if value is None else (str(value),)
