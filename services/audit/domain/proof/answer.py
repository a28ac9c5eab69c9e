"""What an evidence bundle answers: history, state and MOU versions, against the records that are given whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .bag import Members, Problem
from .errors import NotProven
from .index import EXTRACT, HISTORY, MOU, OF_MOU, RAW, STATE, Index, Row, read_json


@dataclass(frozen=True, slots=True)
class Opened:
    """A record that is given whole, and what it says."""

    row: Row
    event: Mapping[str, Any]


def answer_problems(
    members: Members, index: Index, opened: Sequence[Opened], bad: frozenset[str]
) -> Iterator[Problem]:
    """What does not fit. Files in `bad` were named already and are not looked into again."""
    if HISTORY not in bad:
        yield from _history_problems(members, index, opened)
    for path in sorted({HISTORY, STATE} - bad):
        yield from _covers_problems(members, index, path)
    yield from _mou_problems(members, opened, bad)


#: Of a history's entry -> of the event it tells.
_SAID = {
    "event": "id",
    "type": "type",
    "happened": "time",
    "recorded": "recordedtime",
    "agency": "agency",
    "actor": "actor",
    "clause": "clause",
    "mouversion": "mouversion",
    "purpose": "purpose",
    "source": "source",
    "stream": "stream",
}


def _history_problems(members: Members, index: Index, opened: Sequence[Opened]) -> Iterator[Problem]:
    try:
        entries = read_json(members.get(HISTORY, b""))["entries"]
        told = {entry["event"]: entry for entry in entries}
        if len(told) != len(entries):
            raise NotProven("it tells an event twice")
    except (NotProven, KeyError, TypeError) as error:
        yield Problem(HISTORY, f"cannot be read as a history: {error}")
        return
    rows = {row.event for row in index.rows if row.given in (RAW, EXTRACT)}
    rows -= {row.event for row in index.given(RAW, OF_MOU)}
    for event in sorted(map(str, rows - set(told))):
        yield Problem(HISTORY, f"leaves out event {event}, of which the record is here")
    for event in sorted(map(str, set(told) - rows)):
        yield Problem(HISTORY, f"tells event {event}, of which there is no record here")
    for one in opened:
        entry = told.get(one.row.event)
        if entry is not None:
            yield from _entry_problems(entry, one)


def _entry_problems(entry: Mapping[str, Any], one: Opened) -> Iterator[Problem]:
    wrong = [name for name, said in _SAID.items() if name in entry and entry[name] != one.event.get(said)]
    data = one.event.get("data")
    facts = {k: v for k, v in data.items() if k != "sealed"} if isinstance(data, dict) else {}
    codes = entry.get("codes")
    if isinstance(codes, dict) and any(codes[k] != facts.get(k) for k in codes if k in facts):
        wrong.append("codes")
    if wrong:
        text = (
            f"says something else than the record {one.row.file}: {', '.join(wrong)} of event {one.row.event}"
        )
        yield Problem(HISTORY, text)


#: What both answers say of what they cover, as the index does.
COVERS = ("case", "as_of", "as_of_event", "mouversion", "complete_until", "complete", "gaps", "known_to")


def _covers_problems(members: Members, index: Index, path: str) -> Iterator[Problem]:
    try:
        answer = read_json(members.get(path, b""))
        if not isinstance(answer, dict):
            raise NotProven("it is no answer")
        for name in COVERS:
            if answer.get(name) != index.document.get(name):
                raise NotProven(f"{name} is not what the index says")
    except NotProven as error:
        yield Problem(path, f"is not what this bundle is about: {error}")


def _mou_problems(members: Members, opened: Sequence[Opened], bad: frozenset[str]) -> Iterator[Problem]:
    adopted = [one.event.get("data", {}).get("document") for one in opened if _adopts(one)]
    for path in sorted(members):
        if path.startswith(MOU) and path not in bad:
            try:
                if read_json(members[path]) not in adopted:
                    raise NotProven("no record here adopts it")
            except NotProven as error:
                yield Problem(path, f"is not a version of the MOU that was adopted: {error}")


def _adopts(one: Opened) -> bool:
    return one.event.get("type") == "accord.mou.adopted.v1" and isinstance(one.event.get("data"), dict)
