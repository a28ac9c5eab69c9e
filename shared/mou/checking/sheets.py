"""Checks of what the one-page sheets take from the document: its own lines, and its sentences in Spanish."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from shared.events.names import Role
from shared.mou.document import Mou
from shared.mou.findings import Finding
from shared.mou.parties import ANY

#: A time that a line states itself, which a change of its duty would leave as it is.
TIME = re.compile(r"\b\d+[ -](?:hours?|days?|months?|horas?|días?|mes(?:es)?)\b", re.IGNORECASE)
#: What may have the same in Spanish beside it.
SENTENCES = ("says", "text", "reason", "label")


def check_sheets(mou: Mou) -> list[Finding]:
    """What is wrong with these, in their order. Raises nothing."""
    return [*_lines(mou), *_copied("", mou.model_dump(mode="json"))]


def _lines(mou: Mou) -> Iterator[Finding]:
    known = {ANY, *mou.role_sets, *Role}
    for index, line in enumerate(mou.sheets):
        path = f"/sheets/{index}"
        if not known.issuperset(line.roles):
            yield Finding(f"{path}/roles", "names neither a role nor a set of roles", "See /role_sets.")
        for name, said in (("says", line.says), ("es", line.es)):
            if said and TIME.search(said):
                remedy = "Leave it out: the times of duties stand on the sheet by themselves."
                yield Finding(f"{path}/{name}", "states a time of its own", remedy)


def _copied(path: str, value: Any) -> Iterator[Finding]:
    if isinstance(value, dict):
        if value.get("es") is not None and value["es"] in [value.get(name) for name in SENTENCES]:
            yield Finding(f"{path}/es", "is the English sentence again", "Translate it, or leave it out.")
        for key, inner in value.items():
            yield from _copied(f"{path}/{key}", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _copied(f"{path}/{index}", inner)
