"""A case's duties as text for people, in the host's own time zone; `--json` has the same in full."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from services.audit.pages.duty_words import STATES
from services.audit.shown import Doc, head, when
from services.audit.shown_known import known_head


def duties(answer: Doc) -> Iterator[str]:
    """Each duty: by when, how it stands, why; and in what notifications recorded otherwise."""
    yield from head(answer) if answer["known_to"] is None else known_head(answer)
    for one in answer["duties"]:
        yield ""
        yield from _worked_out(one) if one["owed"] else _not_owed(one)
        for difference in one["differences"]:
            mark = "explained" if difference["explained"] else "DIFFERS"
            yield f"    {mark}: {difference['sentence']}"


def _worked_out(one: Doc) -> Iterator[str]:
    owed = one["owed"]
    yield f"{owed['says']} (clause {owed['clause']})"
    yield f"    {STATES[owed['state']]}{_by_how_much(owed)}"
    yield f"    due {when(owed['due_at'])}: {owed['clock']} ({owed['zone']})"
    yield f"    opened {when(owed['opened_at'])} by event {owed['opened_by']}, owed by {owed['owed_by']}"
    if owed["met_at"]:
        yield f"    done {when(owed['met_at'])}, event {owed['met_by']}"
    for span in owed["held"]:
        yield f"    its clock stood still from {when(span['since'])} until {when(span['until'])}"


def _not_owed(one: Doc) -> Iterator[str]:
    recorded = one["recorded"]
    yield f"Rule {one['rule']}, opened by event {one['opening']}"
    yield f"    recorded as {STATES.get(recorded['state'], recorded['state'])}, due {when(recorded['due_at'])}"


def _by_how_much(owed: Doc) -> str:
    late = owed["late"]
    if late is None:
        return ""
    span = span_in_words(timedelta(seconds=abs(late)))
    return f", {span} {'after' if late > 0 else 'before'} it was due"


def span_in_words(span: timedelta) -> str:
    """2 d 3 h, 3 h 20 min, 45 s: the two largest units."""
    left = int(span.total_seconds())
    found = []
    for unit, seconds in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, seconds)
        found += [f"{count} {unit}"] if count else []
    return " ".join(found[:2]) or "0 s"
