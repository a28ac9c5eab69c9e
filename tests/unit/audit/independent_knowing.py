"""As known to an agency, worked out anew for the tests alone: from exported bytes, with plain dictionaries.

The long way: after every event the whole case is built from its beginning and looked at. Nothing of audit's domain
is used; the MOU's own functions are, since they define what may be seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from shared.mou import CallerFacts, Mou, ThingFacts, disclosable, may, sees
from tests.unit.audit.independent_stages import further

Adopted = Sequence[tuple[datetime, datetime, Mou]]
Rows = list[tuple[dict[str, Any], str, int]]
PURPOSES = ("coordinate", "respond", "report", "audit", "support", "court-order", "break-glass")


def rows_of(case: str, values: Iterable[tuple[str, int, bytes]]) -> Rows:
    """Everything about the case, in recorded order: its own, its concerns', and what names any of its things."""
    every = [(json.loads(v), t, s) for t, s, v in values]
    concerns = {
        e["data"]["concern"]
        for e, _, _ in every
        if e["subject"] == case and e["type"] == "accord.concern.linked.v1"
    }
    referrals = {e["data"].get("referral") for e, _, _ in every if e["subject"] == case}
    things = {case, *concerns, *referrals} - {None}
    rows = [r for r in every if r[0]["subject"] in {case, *concerns} or r[0]["data"].get("about") in things]
    return sorted(rows, key=lambda r: (r[0]["recordedtime"], r[1], r[2]))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def in_force(adopted: Adopted, moment: datetime) -> Mou | None:
    found = [m for recorded, effective, m in adopted if recorded <= moment and effective <= moment]
    return found[-1] if found else None


def build(rows: Rows) -> dict[tuple[str, str], dict[str, Any]]:  # noqa: C901
    """Every thing of the case after these rows: what agencies can be shown of it, and `_…` for what it takes."""
    things: dict[tuple[str, str], dict[str, Any]] = {}

    def thing(kind: str, id: str) -> dict[str, Any]:
        return things.setdefault((kind, id), {"_sealed": {}})

    back = ("accord.referral.undone.v1", "accord.referral.entered-in-error.v1")
    gone = {e["data"].get("entry") for e, _, _ in rows if e["type"] in back} - {None}
    for e, _, _ in rows:
        d, kind, when = e["data"], e["type"].removeprefix("accord.").removesuffix(".v1"), e["time"]
        if e["id"] in gone:
            continue
        if kind.startswith("concern.") and kind != "concern.linked":
            it = thing("concerns", d["concern"])
        elif kind.startswith("referral."):
            it = thing("referrals", d["referral"])
        elif kind.startswith(("case.", "agency.", "worker.")) or kind == "concern.linked":
            it = thing("matters", e["stream"])
        elif kind.startswith("screening."):
            it = thing("screenings", d["screening"])
        elif kind.startswith("notification."):
            it = thing("notices", d["item"])
        else:
            continue
        for name in d.get("sealed", {}):
            it["_sealed"].setdefault(name, []).append(e["id"])
            it["sealed"] = list(it["_sealed"])
        match kind:
            case "concern.reported":
                it.update(status="reported", reported=when, reported_by=d["reported_by"])
                copy = "immediate_danger exploitation_kind signs age_years known_since called_at called_line flags"
                it.update({n: d[n] for n in copy.split() if d.get(n) not in (None, [])})
            case "concern.call-stated":
                it.update(called_at=d["called_at"], called_line=d["called_line"])
            case "concern.attached":
                it.update(status="attached", case=d["case"])
            case "concern.linked":
                it[f"concerns.{d['concern']}"] = d["reported_by"]
                concern = thing("concerns", d["concern"])
                concern["status"] = "attached"
                concern.setdefault("reported_by", d["reported_by"])
            case "case.opened":
                it.update(matter=d["matter"], lead=d["lead"], opened=when)
                it.setdefault(f"agencies.{d['lead']}", "lead")
            case "agency.joined":
                it[f"agencies.{d['agency']}"] = d["relation"]
            case "agency.left":
                theirs = [n for n, v in it.items() if n.startswith("workers.") and v == d["agency"]]
                for name in (f"agencies.{d['agency']}", *theirs):
                    it.pop(name, None)
            case "worker.assigned":
                it[f"workers.{d['worker']}"] = d["agency"]
            case "referral.requested":
                further(it, "requested")
                it.update(requested=when, _stream=e["stream"])
                copy = "matter sender recipient kind needs urgency respond_by youth_choice outside follows"
                it.update({n: d[n] for n in copy.split() if d.get(n) not in (None, [])})
            case "referral.received":
                it["received"] = when
                further(it, "received")
            case "referral.accepted":
                further(it, "accepted")
                it.update(answered=when)
                it.update({n: d[n] for n in ("worker", "first_contact_by") if n in d})
            case "referral.rejected":
                further(it, "rejected")
                it.update(answered=when, reason=d["reason"])
                if d.get("alternatives"):
                    it["alternatives"] = d["alternatives"]
            case "referral.started":
                further(it, "in-progress")
                it.update(started=when)
                it.update({n: d[n] for n in ("worker",) if n in d})
            case "referral.held":
                further(it, "on-hold")
                it.update(held=when, reason=d["reason"])
                it.update({"held_until": d["until"]} if "until" in d else {})
            case "referral.resumed":
                further(it, "in-progress")
                it.setdefault("started", when)
                it.pop("reason", None)
                it.pop("held_until", None)
            case "referral.completed" | "referral.failed" | "referral.cancelled":
                further(it, kind.partition(".")[2])
                it.update(ended=when)
                for name in (
                    "reason",
                    "held_until",
                    *(() if kind == "referral.cancelled" else ("attempts",)),
                ):
                    it.pop(name, None)
                it.update({n: d[n] for n in ("reason", "outcome", "attempts") if n in d})
            case "referral.entered-in-error" if d.get("entry") is None:
                further(it, "entered-in-error")
                it.update(reason=d["reason"])
            case "referral.forwarded":
                it["forwarded_to"] = [*it.get("forwarded_to", []), d["forwarded_to"]]
            case "referral.information-asked" | "referral.information-given":
                said = "asked" if kind.endswith("asked") else "told"
                it.setdefault(f"_{said}", {})[e["id"] if said == "asked" else d["question"]] = d
                it[said] = when
                waits = [
                    c
                    for q, a in it.get("_asked", {}).items()
                    if q not in it.get("_told", {})
                    for c in a["missing"]
                ]
                it["missing"] = list(dict.fromkeys(waits))
                if not waits:
                    del it["missing"]
            case "referral.call-stated":
                it.update({n: d[n] for n in ("called_at", "called_by", "result")})
            case "screening.recorded":
                it.update(agency=e["agency"], _stream=e["stream"])
                copy = "tool tool_version band trigger screened_at flags"
                it.update({n: d[n] for n in copy.split() if d.get(n) not in (None, [])})
            case "screening.entered-in-error":
                it["reason"] = d["reason"]
            case "notification.delivered":
                it.update(
                    {n: d[n] for n in ("recipient", "rule", "event", "tier", "channel")}, delivered=when
                )
            case "notification.acknowledged":
                it.update({n: d[n] for n in ("recipient", "rule", "event")})
                it.setdefault("acknowledged", when)
    return things


def rows_in(thing: dict[str, Any], table: str) -> dict[str, Any]:
    return {n.partition(".")[2]: v for n, v in thing.items() if n.startswith(f"{table}.")}


def facts(things: dict[tuple[str, str], dict[str, Any]], key: tuple[str, str]) -> ThingFacts:
    it = things[key]
    if key[0] == "concerns":
        return ThingFacts("concern", reporters=frozenset({it["reported_by"]} if "reported_by" in it else ()))
    matter = it if key[0] == "matters" else things.get(("matters", it.get("_stream", "")), {})
    more: dict[str, Any] = {
        "lead": matter.get("lead"),
        "participants": frozenset(rows_in(matter, "agencies")),
        "workers": frozenset(rows_in(matter, "workers")),
    }
    if key[0] in ("matters", "screenings"):
        return ThingFacts("case", reporters=frozenset(rows_in(matter, "concerns").values()), **more)
    outside = it.get("outside")
    recipient = None if outside else it.get("recipient")
    return ThingFacts("referral", sender=it.get("sender"), recipient=recipient, outside=outside, **more)


def viewers(agency: str, mou: Mou, people: set[str]) -> list[CallerFacts]:
    found = [p for p in mou.parties if p.agency == agency]
    roles = frozenset({*map(str, found[0].roles), "system"}) if found else frozenset()
    return [
        CallerFacts(agency, roles, purpose, True, person)
        for purpose in PURPOSES
        for person in ([None, *sorted(people)] if found else [])
    ]


def view(  # noqa: C901
    rows: Rows, agency: str, mou: Mou | None
) -> tuple[dict[tuple[str, str], dict[str, Any]], set[tuple[str, str, str, str]]]:
    """What the agency is shown now: things with their fields; and sealed facts that it can open."""
    things = build(rows)
    people = {e["data"]["worker"] for e, _, _ in rows if e["type"] == "accord.worker.assigned.v1"}
    people = {
        p
        for p in people
        if any(e["data"].get("worker") == p and e["data"].get("agency") == agency for e, _, _ in rows)
    }
    actors = {
        e["actor"] for e, _, _ in rows if e["source"].startswith("/agencies/") and e["agency"] == agency
    }
    visible: dict[tuple[str, str], dict[str, Any]] = {}
    opens: set[tuple[str, str, str, str]] = set()

    def shown(key: tuple[str, str]) -> None:
        asked = key[0] != "referrals" or agency in (facts(things, key).sender, facts(things, key).lead)
        hidden = () if asked else ("follows", "forwarded_to")
        visible[key] = {n: v for n, v in things[key].items() if n not in hidden and n[0] != "_"}

    def opened(key: tuple[str, str], classes: Iterable[str]) -> None:
        held = things.get(key, {"_sealed": {}})["_sealed"]
        opens.update((*key, str(c), event) for c in classes for event in held.get(str(c), ()))

    matters = [k for k in things if k[0] == "matters"]
    for key in things:
        if key[0] == "notices":
            to = things[key]["recipient"]
            if to.split("/")[0] == agency or to in people | actors:
                shown(key)
            continue
        thing = facts(things, key)
        if mou is None:
            if key[0] != "screenings" and (agency in thing.reporters or agency == thing.lead):
                shown(key)
            continue
        for viewer in viewers(agency, mou, people | actors):
            asked = [facts(things, k) for k in matters] if key[0] == "matters" else [thing]
            if sees(viewer, thing, mou) and any(
                may(viewer, f"read-{thing.kind}", t, mou).allowed for t in asked
            ):
                if key[0] == "screenings":
                    if may(viewer, "read-screening", thing, mou).allowed:
                        shown(key)
                    continue
                shown(key)
                classes = [d.sealed_class for d in disclosable(viewer, viewer.purpose or "", thing, mou)]
                opened(key, classes)
                for concern in rows_in(things[key], "concerns") if key[0] == "matters" else ():
                    opened(("concerns", concern), classes)
    return visible, opens


def is_own(e: dict[str, Any], agency: str) -> bool:
    acts = ("record.read", "command.refused", "submission.refused", "notification.acknowledged")
    if e["agency"] != agency or e["type"] == "accord.record.denied.v1" or e["source"] == "/services/audit":
        return False
    return e["source"] == f"/agencies/{agency}" or any(e["type"] == f"accord.{a}.v1" for a in acts)


def knew(
    case: str, values: Iterable[tuple[str, int, bytes]], agency: str, moment: datetime, adopted: Adopted
) -> tuple[dict[str, Any], set[tuple[str, str, str, str]], bool]:
    """Field -> value as last known; sealed facts it could have opened; whether it knew of the case at all."""
    rows = [r for r in rows_of(case, values) if at(r[0]["recordedtime"]) <= moment]
    turns = {max(recorded, effective) for recorded, effective, _ in adopted}
    steps = [(at(r[0]["recordedtime"]), 1, n) for n, r in enumerate(rows)]
    steps += [(turn, 0, -1) for turn in turns if turn <= moment]
    known: dict[tuple[str, str], dict[str, Any]] = {}
    opens: set[tuple[str, str, str, str]] = set()
    said, done = False, 0
    for when, _, number in sorted(steps):
        before = build(rows[:done])
        done = max(done, number + 1)
        visible, can_open = view(rows[:done], agency, in_force(adopted, when))
        for key, fields in visible.items():
            known[key] = fields
        opens |= can_open
        if number >= 0 and is_own(rows[number][0], agency):
            said = True
            opens |= stated(rows[number][0], known, before, build(rows[:done]), set(visible))
    fields = {f"{k[0]}/{k[1]}/{n}": v for k, it in known.items() for n, v in it.items()}
    return fields, opens, said or bool(known) or bool(opens)


def stated(
    e: dict[str, Any],
    known: dict[tuple[str, str], dict[str, Any]],
    before: dict[tuple[str, str], dict[str, Any]],
    after: dict[tuple[str, str], dict[str, Any]],
    visible: set[tuple[str, str]],
) -> set[tuple[str, str, str, str]]:
    """What the agency said itself it knows, seen or not. Returns the sealed facts it wrote."""
    wrote = set()
    for key, thing in after.items():
        was = before.get(key, {})
        changed = {n for n in thing.keys() | was.keys() if thing.get(n) != was.get(n) and n[0] != "_"}
        if key not in visible:
            for name in changed:
                if name in thing:
                    known.setdefault(key, {})[name] = thing[name]
                else:
                    known.get(key, {}).pop(name, None)
        wrote |= {(*key, c, e["id"]) for c, events in thing["_sealed"].items() if e["id"] in events}
    return wrote
