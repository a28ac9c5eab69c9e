"""An independent fold of a case, to compare audit's answers with: from exported bytes, with plain dictionaries.

It shares nothing with audit's own fold, and with nothing else here: it reads JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

Row = tuple[dict[str, Any], str, int]
"""An event, its topic, its sequence."""
Picture = dict[str, Any]

#: The end of an event type's name, by how far along it is.
_BY_STAGE = (
    ("requested",),
    ("received",),
    ("accepted", "rejected"),
    ("started", "held", "resumed"),
    ("completed", "failed", "cancelled"),
    ("entered-in-error",),
)
STAGES = {word: stage for stage, words in enumerate(_BY_STAGE) for word in words}
BECAME = {"started": "in-progress", "resumed": "in-progress", "held": "on-hold"}
STAGE = {BECAME.get(word, word): stage for word, stage in STAGES.items()}


def events_of(case: str, values: Iterable[tuple[str, int, bytes]]) -> list[Row]:
    """(event, topic, sequence) of everything whose subject is the case or a concern that it linked."""
    every = [(json.loads(v), t, s) for t, s, v in values]
    linked = [e for e, _, _ in every if e["subject"] == case and e["type"] == "accord.concern.linked.v1"]
    subjects = {case, *(e["data"]["concern"] for e in linked)}
    return [row for row in every if row[0]["subject"] in subjects]


def as_of(case: str, values: Iterable[tuple[str, int, bytes]], moment: datetime, axis: str) -> Picture:
    """What a case looks like at a moment: a flat picture to compare with. `axis`: recorded, happened."""
    name, every = "recordedtime" if axis == "recorded" else "time", events_of(case, values)
    rows = [r for r in every if datetime.fromisoformat(r[0][name]) <= moment]
    rows.sort(key=lambda r: (r[0][name], r[0]["recordedtime"], r[1], r[2]))
    wrong = _taken_back(rows)
    if axis == "happened":  # what never was so was not so before either: later corrections count as well
        wrong |= _taken_back(every)
        told_of = {r[0]["data"].get(name) for r in rows for name in _MISTAKEN}
        rows += [r for r in every if r not in rows and _whole_mistake(r[0]) in told_of - {None}]
    return _picture(rows, wrong)


def _picture(rows: Iterable[Row], wrong: set[str]) -> Picture:
    picture: Picture = {"lead": None, "agencies": {}, "workers": [], "referrals": {}, "concerns": {}}
    picture |= {"screenings": {}, "acts": {}, "told": []}
    part: set[tuple[str, str]] = set()
    for event, _, _ in rows:
        data, kind = event["data"], ".".join(event["type"].split(".")[1:3])
        if "referral" in data:
            picture["referrals"].setdefault(data["referral"], ["unknown", None])
        if event["id"] in wrong:
            continue
        if kind in _PART:
            _take_part(picture, part, (data.get("agency") or data["lead"], event["stream"]), kind)
        if kind in _ON:
            _ON[kind](picture, data)
        elif kind.startswith("referral.") and kind.removeprefix("referral.") in STAGES:
            _referral(picture["referrals"][data["referral"]], kind.removeprefix("referral."), data)
        elif kind.startswith("notification."):
            picture["told"].append((kind.removeprefix("notification."), data["item"]))
    picture["told"] = sorted(set(picture["told"]))
    picture["workers"].sort()
    return picture


def _opened(picture: Picture, data: Mapping[str, Any]) -> None:
    picture["lead"] = picture["lead"] or data["lead"]


def _take_part(picture: Picture, part: set[tuple[str, str]], one: tuple[str, str], kind: str) -> None:
    """`part`: which agencies take part in which matter. Who left one may still take part in another."""
    if kind == "agency.left":
        part.discard(one)
        picture["agencies"][one[0]] = any(agency == one[0] for agency, _ in part)
        return
    part.add(one)
    if kind == "agency.joined" or one[0] not in picture["agencies"]:
        picture["agencies"][one[0]] = True


def _concern(picture: Picture, data: Mapping[str, Any], status: str) -> list[Any]:
    """[status, called at] of the concern; what was said of it before its report does not make it reported anew."""
    concern: list[Any] = picture["concerns"].setdefault(data["concern"], ["unknown", None])
    if status not in ("unknown", "reported") or concern[0] == "unknown":
        concern[0] = status
    return concern


def _reported(picture: Picture, data: Mapping[str, Any]) -> None:
    concern = _concern(picture, data, "reported")
    concern[1] = data.get("called_at") or concern[1]


def _called(picture: Picture, data: Mapping[str, Any]) -> None:
    _concern(picture, data, "unknown")[1] = data["called_at"]


_PART = frozenset({"case.opened", "agency.joined", "agency.left"})
#: Event -> what it changes; referrals' own and notifications' are apart.
_ON: Mapping[str, Callable[[Picture, Mapping[str, Any]], object]] = {
    "case.opened": _opened,
    "worker.assigned": lambda p, d: p["workers"].append(d["worker"]),
    "concern.reported": _reported,
    "concern.call-stated": _called,
    "concern.continued": lambda p, d: _concern(p, d, "unknown"),
    "concern.evaluated-out": lambda p, d: _concern(p, d, "evaluated-out"),
    "concern.attached": lambda p, d: _concern(p, d, "attached"),
    "concern.linked": lambda p, d: _concern(p, d, "attached"),
    "screening.recorded": lambda p, d: p["screenings"].update({d["screening"]: d["band"]}),
    "screening.entered-in-error": lambda p, d: p["screenings"].update({d["screening"]: None}),
    "act.recorded": lambda p, d: p["acts"].update({d["record"]: d["act"]}),
    "act.entered-in-error": lambda p, d: p["acts"].update({d["record"]: None}),
}


def _referral(referral: list[Any], said: str, data: Mapping[str, Any]) -> None:
    """[status, recipient] after what was said; out of order it does not lead back to an earlier stage."""
    if said == "requested":
        referral[1] = data["recipient"]
    if said == "entered-in-error" and "entry" in data:
        return
    if STAGES[said] >= STAGE.get(referral[0], 0):
        referral[0] = BECAME.get(said, said)


def _taken_back(rows: Iterable[Row]) -> set[str]:
    """The entries that count no longer."""
    entries = {r[0]["data"].get("entry") for r in rows if r[0]["type"].startswith("accord.referral.")}
    return {entry for entry in entries if entry}


#: What may be called a mistake as a whole, by the field that names it.
_MISTAKEN = ("referral", "screening", "record")


def _whole_mistake(event: dict[str, Any]) -> str | None:
    """The referral, screening or record that this event calls a mistake as a whole."""
    if "entered-in-error" not in event["type"] or event["data"].get("entry"):
        return None
    return next((event["data"][name] for name in _MISTAKEN if name in event["data"]), None)


def picture_of(state: dict[str, Any]) -> Picture:
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
        "concerns": {c["concern"]: [c["status"], c["called_at"]] for c in state["concerns"]},
        "screenings": {s["screening"]: None if s["corrected"] else s["band"] for s in state["screenings"]},
        "acts": {a["record"]: None if a["corrected"] else a["act"] for a in state["acts"]},
        "told": sorted(set(told)),
    }
