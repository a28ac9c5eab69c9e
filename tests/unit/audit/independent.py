"""An independent fold of a case, written for the tests alone: from exported bytes, with plain dictionaries."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

#: The end of an event type's name, by how far along it is: ten places for each stage.
_BY_STAGE = (
    ("requested",),
    ("received",),
    ("accepted", "rejected"),
    ("started", "held", "resumed"),
    ("completed", "failed", "cancelled"),
    ("entered-in-error",),
)
STAGES = [word for words in _BY_STAGE for word in (*words, *[""] * (10 - len(words)))]
BECAME = {"started": "in-progress", "resumed": "in-progress", "held": "on-hold"}
STAGE = {BECAME.get(w, w): place for place, words in enumerate(_BY_STAGE) for w in words}


def _taken_back(rows: Iterable[tuple[Any, ...]]) -> set[str]:
    return {r[0]["data"]["entry"] for r in rows if r[0]["type"].startswith("accord.referral.") and _entry(r)}


def _entry(row: tuple[Any, ...]) -> str | None:
    entry: str | None = row[0]["data"].get("entry")
    return entry


def _whole_mistake(event: dict[str, Any]) -> str | None:
    """The referral or screening that this event calls a mistake as a whole."""
    if "entered-in-error" not in event["type"] or event["data"].get("entry"):
        return None
    found: str | None = event["data"].get("referral") or event["data"].get("screening")
    return found


def events_of(case: str, values: Iterable[tuple[str, int, bytes]]) -> list[tuple[Any, ...]]:
    """(event, topic, sequence) of everything whose subject is the case or a concern that it linked."""
    every = [(json.loads(v), t, s) for t, s, v in values]
    concerns = {
        e["data"]["concern"]
        for e, _, _ in every
        if e["subject"] == case and e["type"] == "accord.concern.linked.v1"
    }
    return [row for row in every if row[0]["subject"] in {case, *concerns}]


def as_of(  # noqa: C901
    case: str, values: Iterable[tuple[str, int, bytes]], moment: datetime, axis: str
) -> dict[str, Any]:
    """What a case looks like at a moment: a flat picture to compare with."""
    name = "recordedtime" if axis == "recorded" else "time"
    rows = [r for r in events_of(case, values) if datetime.fromisoformat(r[0][name]) <= moment]
    rows.sort(key=lambda r: (r[0][name], r[0]["recordedtime"], r[1], r[2]))
    wrong = _taken_back(rows)
    if axis == "happened":  # what never was so was not so before either: later corrections count as well
        wrong |= _taken_back(every := events_of(case, values))
        about = {id for r in rows for id in (r[0]["data"].get("referral"), r[0]["data"].get("screening"))}
        rows += [r for r in every if r not in rows and _whole_mistake(r[0]) in about - {None}]
    picture: dict[str, Any] = {"lead": None, "agencies": {}, "workers": [], "referrals": {}, "concerns": {}}
    picture["screenings"] = {}
    told: list[tuple[str, str]] = []
    part: set[tuple[str, str]] = set()
    for event, _, _ in rows:
        data, kind = event["data"], event["type"].split(".")[1:3]
        referral = (
            picture["referrals"].setdefault(data["referral"], ["unknown", None])
            if "referral" in data
            else None
        )
        if event["id"] in wrong:
            continue
        if kind == ["case", "opened"]:
            picture["lead"] = picture["lead"] or data["lead"]
            picture["agencies"].setdefault(data["lead"], True)
            part.add((data["lead"], event["stream"]))
        elif kind == ["agency", "joined"]:
            picture["agencies"][data["agency"]] = True
            part.add((data["agency"], event["stream"]))
        elif kind == ["agency", "left"]:  # of one matter: it may still take part in another
            part.discard((data["agency"], event["stream"]))
            picture["agencies"][data["agency"]] = any(agency == data["agency"] for agency, _ in part)
        elif kind == ["worker", "assigned"]:
            picture["workers"].append(data["worker"])
        elif kind == ["concern", "reported"]:
            picture["concerns"].setdefault(data["concern"], "reported")
        elif kind in (["concern", "attached"], ["concern", "linked"]):
            picture["concerns"][data["concern"]] = "attached"
        elif kind == ["screening", "recorded"]:
            picture["screenings"][data["screening"]] = data["band"]
        elif kind == ["screening", "entered-in-error"]:
            picture["screenings"][data["screening"]] = None
        elif kind[0] == "referral" and kind[1] in STAGES:
            if kind[1] == "requested":
                referral[1] = data["recipient"]
            if not (kind[1] == "entered-in-error" and "entry" in data):
                further = STAGES.index(kind[1]) // 10 >= STAGE.get(referral[0], 0)
                referral[0] = BECAME.get(kind[1], kind[1]) if further else referral[0]
        elif kind[0] == "notification":
            told.append((kind[1], data["item"]))
    picture["told"] = sorted(set(told))
    picture["workers"].sort()
    return picture


def picture_of(state: dict[str, Any]) -> dict[str, Any]:
    """The same flat picture, out of an answer of the API."""
    notices = [*state["notices"]]
    for thing in (*state["referrals"], *state["concerns"]):
        notices += thing["notices"]
    told = [("delivered", n["item"]) for n in notices if n["delivered"]]
    told += [("acknowledged", n["item"]) for n in notices if n["acknowledged"]]
    return {
        "lead": state["lead"],
        "agencies": {a["agency"]: a["left"] is None for a in state["agencies"]},
        "workers": sorted(w["worker"] for w in state["workers"]),
        "referrals": {r["referral"]: [r["status"], r["recipient"]] for r in state["referrals"]},
        "concerns": {c["concern"]: c["status"] for c in state["concerns"]},
        "screenings": {s["screening"]: None if s["corrected"] else s["band"] for s in state["screenings"]},
        "told": sorted(set(told)),
    }
