"""What was to be done in the case by the report's moment, as a table: of the auditor's view only. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from services.audit.evidence.html import heading, paragraph, table, text
from services.audit.evidence.story import Doc, Story
from services.audit.pages.duty_words import STATES
from services.audit.shown_duties import span_in_words

COLUMNS = ("What", "Under which clause", "By when", "Its clock", "Its clock began", "What became of it")


def owed(story: Story) -> Iterator[str]:
    """The section. Of an agency's view nothing is told: what met a duty may be withheld from it."""
    if story.view:
        return
    yield heading("What was to be done by then", 2, "owed")
    if not story.duties:
        yield paragraph("No rule of the memorandum asked for anything by then.")
        return
    yield paragraph(
        "Worked out from the records of this bundle by the memorandum’s rules. That there is no record by the due"
        " time is no word on whether it was done."
    )
    yield table("Every duty, one a line", COLUMNS, [_row(story, duty) for duty in story.duties])


def _row(story: Story, duty: Doc) -> list[str]:
    cells = (
        duty["says"],
        story.rule(duty["clause"]),
        story.when(duty["due_at"]) if duty["due_at"] else "at no set time",
        f"{duty['clock']} ({duty['zone']})",
        story.when(duty["opened_at"]),
        _became(story, duty),
    )
    return [text(cell) for cell in cells]


def _became(story: Story, duty: Doc) -> str:
    state, late = STATES[duty["state"]], duty["late"]
    done = f" ({story.when(duty['met_at'])})" if duty["met_at"] else ""
    if late is None:
        return state + done
    span = span_in_words(timedelta(seconds=abs(late)))
    return f"{state}{done}, {span} {'after' if late > 0 else 'before'} it was due"
