"""An independent fold of a case, written for the tests alone: from exported bytes, with plain dictionaries."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any


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
    picture: dict[str, Any] = {"lead": None, "agencies": {}, "workers": [], "referrals": {}, "concerns": {}}
    answered, told = set(), []
    for event, _, _ in rows:
        data, kind = event["data"], event["type"].split(".")[1:3]
        referral = (
            picture["referrals"].setdefault(data["referral"], ["unknown", None])
            if "referral" in data
            else None
        )
        if kind == ["case", "opened"]:
            picture["lead"] = picture["lead"] or data["lead"]
            picture["agencies"].setdefault(data["lead"], True)
        elif kind == ["agency", "joined"]:
            picture["agencies"][data["agency"]] = True
        elif kind == ["agency", "left"]:
            picture["agencies"][data["agency"]] = False
        elif kind == ["worker", "assigned"]:
            picture["workers"].append(data["worker"])
        elif kind == ["concern", "reported"]:
            picture["concerns"].setdefault(data["concern"], "reported")
        elif kind in (["concern", "attached"], ["concern", "linked"]):
            picture["concerns"][data["concern"]] = "attached"
        elif kind == ["referral", "requested"]:
            referral[1] = data["recipient"]
            referral[0] = "requested" if referral[0] == "unknown" else referral[0]
        elif kind == ["referral", "received"] and data["referral"] not in answered:
            referral[0] = "received"
        elif kind in (["referral", "accepted"], ["referral", "rejected"]):
            answered.add(data["referral"])
            referral[0] = kind[1]
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
        "told": sorted(set(told)),
    }
