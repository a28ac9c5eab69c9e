"""A case's story as a picture for the terminal: a lane for each agency, time running down. Plain text, no colour.

Drawn from the entries of a history, the whole one or one as known to an agency. Reads, notices and refused
commands are counted at the foot, not drawn.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.audit.domain.words_life import agency as named

Doc = Mapping[str, Any]

TIME, NARROWEST, WIDEST = 10, 9, 15
TEXT = 34
"""Columns that the sentences need at least."""

#: The past verb of an event's type -> how it is marked on its agency's lane.
MARKS = {
    "reported": "●",
    "opened": "●",
    "requested": "●",
    "forwarded": "●",
    "received": "○",
    "accepted": "✓",
    "started": "✓",
    "resumed": "✓",
    "completed": "✓",
    "rejected": "✕",
    "cancelled": "✕",
    "failed": "✕",
    "evaluated-out": "✕",
    "confirmed-not-done": "✕",
    "waived": "✕",
    "held": "‖",
    "tolled": "‖",
    "joined": "+",
    "left": "-",
    "undone": "↶",
    "entered-in-error": "↶",
}
LEGEND = "● acts or asks   ○ has it in hand   ✓ will do, does or did   ✕ cannot or will not   ─▶ to whom"
#: Nouns of types that are drawn; "event" stands for one of which an agency could not see the type.
DRAWN = frozenset({"concern", "case", "agency", "worker", "referral", "screening", "act", "duty", "event"})
#: Nouns of types that are counted and not drawn, and what they are called.
COUNTED = {
    "notification": ("notice", "notices"),
    "duty": ("step of a duty", "steps of duties"),
    "record": ("read", "reads"),
    "evidence": ("bundle", "bundles"),
    "command": ("refused command", "refused commands"),
    "submission": ("submission that was refused", "submissions that were refused"),
}
#: For terminals that have no such characters.
PLAIN = str.maketrans(
    {"●": "*", "○": "o", "✓": "v", "✕": "x", "‖": "=", "↶": "<", "─": "-", "▶": ">", "◀": "<", "│": "|"}
)


@dataclass(frozen=True)
class Drawn:
    """One event of the picture: when, on whose lane, how marked, towards whom, in words."""

    at: datetime
    lane: str | None
    mark: str
    towards: str | None
    text: str


@dataclass
class Story:
    """What is known of who asked whom, while the entries are gone through."""

    lead: str | None = None
    sides: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)

    def towards(self, entry: Doc, codes: Doc, who: str | None) -> str | None:
        """Whom an event is meant for: the other side of its referral, or the lead agency for a concern."""
        if codes.get("reported_by") and not codes.get("case"):
            return self.lead if self.lead != who else None
        referral = codes.get("referral")
        if referral is None:
            return None
        sender, recipient = self.sides.setdefault(referral, (codes.get("sender"), codes.get("recipient")))
        return recipient if who == sender else sender


def picture(
    entries: Iterable[Doc], width: int = 100, axis: str = "recorded", plain: bool = False
) -> Iterator[str]:
    """The lines of the picture, each at most `width` columns. `plain` keeps to ASCII."""
    told = list(entries)
    drawn = list(_drawn(told, axis))
    for line in (*_lines(drawn, width), *_foot(told, drawn)):
        yield (line.translate(PLAIN) if plain else line).rstrip()


def for_terminal(entries: Iterable[Doc], axis: str = "recorded", width: int | None = None) -> Iterator[str]:
    """The picture as wide as the terminal (100 columns where there is none), in ASCII where it needs that."""
    encoding = (sys.stdout.encoding or "ascii").lower()
    wide = width or shutil.get_terminal_size((100, 24)).columns
    return picture(entries, max(60, min(wide, 160)), axis, plain=not encoding.startswith("utf"))


def _drawn(entries: Sequence[Doc], axis: str) -> Iterator[Drawn]:
    story = Story(next((c["lead"] for e in entries if (c := _codes(e)).get("lead")), None))
    for entry in entries:
        noun, verb = _noun_and_verb(entry)
        if noun in COUNTED or noun not in DRAWN:
            continue
        codes = _codes(entry)
        who = codes.get("agency") if verb in ("joined", "left") else entry.get("agency")
        text = str(entry["sentence"])
        if entry.get("late"):
            other = "happened" if axis == "recorded" else "recorded"
            text += f" ({other.capitalize()} {_moment(entry[other]):%a %-d %b, %H:%M}.)"
        at = _moment(entry.get(axis) or entry["recorded"])
        yield Drawn(at, who, MARKS.get(verb, "●"), story.towards(entry, codes, who), text)


def _codes(entry: Doc) -> dict[str, Any]:
    """The coded facts, by name; where only fields could be seen, those."""
    seen = entry.get("fields") or {}
    found = {path.rpartition("/")[2]: value for path, value in seen.items()}
    found |= {n: name for n, name in (("referral", _id_in(seen)), ("agency", _row_in(found))) if name}
    return {**found, **(entry.get("codes") or {})}


def _id_in(fields: Doc) -> str | None:
    return next((path.split("/")[1] for path in fields if path.startswith("referrals/")), None)


def _row_in(names: Doc) -> str | None:
    return next((name.partition(".")[2] for name in names if name.startswith("agencies.")), None)


def _noun_and_verb(entry: Doc) -> tuple[str, str]:
    parts = (entry.get("type") or "accord.event.recorded").split(".")
    return parts[1], parts[2]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone()


def _lines(drawn: Sequence[Drawn], width: int) -> Iterator[str]:
    lanes = list(dict.fromkeys(a for d in drawn for a in (d.lane, d.towards) if a))
    lane = max(NARROWEST, min(WIDEST, (width - TIME - TEXT) // max(1, len(lanes))))
    text = max(20, width - TIME - lane * len(lanes) - 1)
    yield from _header(lanes, lane)
    day = ""
    for one in drawn:
        if day != (day := f"{one.at:%a %-d %b %Y}"):
            yield f"{'':{TIME}}{_bars(lanes, lane)}"
            yield f"{day} ({one.at:%Z})"
        for number, words in enumerate(textwrap.wrap(one.text, text)):
            row = _row(one, lanes, lane) if number == 0 else _bars(lanes, lane)
            yield f"{f' {one.at:%H:%M:%S}' if number == 0 else '':{TIME}}{row} {words}"


def _header(lanes: Sequence[str], lane: int) -> Iterator[str]:
    titles = [textwrap.wrap(named(a), lane - 1) for a in lanes]
    for row in range(max((len(t) for t in titles), default=0)):
        cells = (t[row] if row < len(t) else "" for t in titles)
        yield " " * TIME + "".join(f"{cell:^{lane}}" for cell in cells)


def _bars(lanes: Sequence[str], lane: int) -> str:
    return "".join(f"{'│':^{lane}}" for _ in lanes)


def _row(one: Drawn, lanes: Sequence[str], lane: int) -> str:
    row = list(_bars(lanes, lane))
    places = {agency: n * lane + (lane - 1) // 2 for n, agency in enumerate(lanes)}
    start, end = places.get(one.lane or ""), places.get(one.towards or "")
    if start is not None and end is not None and start != end:
        step = 1 if end > start else -1
        for place in range(start + step, end - step, step):
            row[place] = "─"
        row[end - step] = "▶" if step > 0 else "◀"
    if start is not None:
        row[start] = one.mark
    return "".join(row)


def _foot(entries: Sequence[Doc], drawn: Sequence[Drawn]) -> Iterator[str]:
    if not drawn:
        yield "Nothing to draw: by then nothing had happened that could be told."
        return
    yield ""
    yield LEGEND
    nouns = [_noun_and_verb(entry)[0] for entry in entries]
    counts = [(nouns.count(n), words) for n, words in COUNTED.items() if n in nouns]
    if counts:
        yield "Not drawn: " + ", ".join(f"{n} {one if n == 1 else many}" for n, (one, many) in counts) + "."
