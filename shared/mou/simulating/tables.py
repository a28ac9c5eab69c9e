"""A result as tables: plain rows, for a command, a page or a paper to draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from shared.mou.simulating.results import NoticeLine, Result

Row = tuple[str | int, ...]


class Table(NamedTuple):
    """A title, what the columns are called, and rows of texts and numbers. `now → then` where both are told."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


#: The columns of the table of duties: what is counted -> its short name.
HEADS = {
    "opened": "opened",
    "on_time": "on time",
    "on_time_recorded_late": "recorded late",
    "late": "done late",
    "no_record": "no record",
    "not_done": "not done",
    "waived": "waived",
    "superseded": "ended",
    "still_open": "open",
}
#: What a duty is counted as -> how people read it.
WORDS = {
    "on_time": "on time",
    "on_time_recorded_late": "on time, recorded late",
    "late": "done late",
    "no_record": "no record by the due time",
    "not_done": "said not to be done",
    "waived": "waived",
    "superseded": "ended unmet",
    "still_open": "still open",
    "none": "no such duty",
}


def tables(result: Result) -> tuple[Table, ...]:
    """Each question, in the order of reading; of acts, facts and notices only where the versions differ."""
    return (
        _duties(result),
        _changes(result),
        _acts(result),
        _seen(result),
        _notices("Notices of recorded events", result.notices),
        _notices("Notices of duties, before and after their time", result.reminders),
    )


def _both(present: int, proposed: int) -> str:
    return str(present) if present == proposed else f"{present} → {proposed}"


def _duties(result: Result) -> Table:
    rows: tuple[Row, ...] = tuple(
        (
            line.clause,
            line.title,
            *(_both(getattr(line.present, name), getattr(line.proposed, name)) for name in HEADS),
            line.differing,
        )
        for line in result.duties
    )
    return Table("What became of duties", ("clause", "duty", *HEADS.values(), "differ"), rows)


def _changes(result: Result) -> Table:
    titles = {line.rule: line.title for line in result.duties}
    rows = tuple((titles[one.rule], WORDS[one.was], WORDS[one.becomes], one.count) for one in result.changes)
    return Table("Duties that would have ended otherwise", ("duty", "now", "then", "how many"), rows)


def _acts(result: Result) -> Table:
    rows = tuple(
        (
            one.act,
            one.agency,
            one.carried_out,
            _both(one.refused_present, one.refused_proposed),
            one.fewer_roles,
        )
        for one in result.acts
        if one.refused_present != one.refused_proposed or one.fewer_roles
    )
    columns = ("act", "agency", "carried out", "would be refused", "open to fewer roles")
    return Table("Commands that were carried out", columns, rows)


def _seen(result: Result) -> Table:
    rows = tuple(
        (
            one.agency,
            one.sealed_class,
            one.facts,
            _both(one.present, one.proposed),
            _both(one.ways_present, one.ways_proposed),
        )
        for one in result.seen
        if (one.present, one.ways_present) != (one.proposed, one.ways_proposed)
    )
    columns = ("agency", "class", "sealed facts", "could be opened", "by role and purpose")
    return Table("Sealed facts, when they were recorded", columns, rows)


def _notices(title: str, lines: Sequence[NoticeLine]) -> Table:
    rows = tuple(
        (one.tier, one.recipient, _both(one.present, one.proposed))
        for one in lines
        if one.present != one.proposed
    )
    return Table(title, ("tier", "to", "how many"), rows)
