"""Sealed facts as a page tells them: opened, withheld from this reader, forgotten, or never recorded. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from services.referrals.pages.wording import CLASSES, FACTS, Wording

State = Literal["told", "withheld", "forgotten", "not-recorded"]


@dataclass(frozen=True)
class Told:
    """One class of sealed facts: its name, what may be told of it line by line, and by which clause."""

    label: str
    state: State
    lines: tuple[tuple[str, str], ...] = ()
    clause: str = ""
    basis: str = ""


def told(
    view: Mapping[str, Any], wording: Wording, expected: Collection[str], may_open: Collection[str]
) -> list[Told]:
    """Each class that the thing holds, and each that it should (`expected`). `view` is what `Questions.show` gives;
    of a case, `classes` stand with its matters. Whoever may not open a class is not told that it is empty."""
    held = [view["classes"]] if "classes" in view else [m["classes"] for m in view["matters"]]
    withheld = {name for one in held for name in one["withheld"]}
    opened: Mapping[str, Any] = view["opened"]
    found = []
    for name, label in CLASSES.items():
        title = wording.say(label)
        if name in opened:
            found.append(_opened(title, opened[name], wording))
        elif name in withheld or (name in expected and name not in may_open):
            found.append(Told(title, "withheld"))
        elif name in expected:
            found.append(Told(title, "not-recorded"))
    return found


def _opened(label: str, shown: Mapping[str, Any], wording: Wording) -> Told:
    facts = [one["facts"] for one in shown["facts"] if "facts" in one]
    lines = tuple(line for one in facts for line in _lines(one, wording))
    lost = len(facts) < len(shown["facts"])
    state: State = "forgotten" if lost and not lines else "told"
    return Told(label, state, lines, shown["clause"], shown["basis"])


def _lines(facts: Mapping[str, Any], wording: Wording, above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in facts.items():
        label = wording.word(FACTS, name)
        label = f"{above}: {label}" if above else label
        if isinstance(value, Mapping):
            yield from _lines(value, wording, label)
        else:
            yield label, ", ".join(map(str, value)) if isinstance(value, list) else str(value)
