"""Step 8: the auditor replays the case, before and after the acceptance; and no name came out anywhere."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from deploy.local.demo.expecting import expect, wait_for
from deploy.local.demo.invented import words
from deploy.local.demo.stage import Stage
from deploy.local.demo.telling import short
from services.audit.timeline import for_terminal
from shared.cli.client import Client

AUDITOR = "auditor@county"
_LEDGER_SECONDS = 20.0
#: What the history of the case must hold, in this order.
STORY = (
    "accord.concern.reported.v1",
    "accord.concern.call-stated.v1",
    "accord.concern.attached.v1",
    "accord.case.opened.v1",
    "accord.concern.linked.v1",
    "accord.referral.requested.v1",
    "accord.referral.accepted.v1",
    "accord.screening.recorded.v1",
    "accord.referral.rejected.v1",
    "accord.referral.forwarded.v1",
    "accord.referral.started.v1",
    "accord.referral.held.v1",
    "accord.referral.resumed.v1",
    "accord.referral.undone.v1",
    "accord.referral.entered-in-error.v1",
    "accord.referral.completed.v1",
)


def the_audit(stage: Stage) -> None:
    """History, the state before and after, their difference; then the search for names."""
    audit = stage.doors.api("audit", AUDITOR, "audit")
    stage.who("The county's auditor asks what was recorded of the case, for the purpose of audit.")
    stage.door(f"HTTP, GET /v1/cases/{short(stage.case)}/history")
    history = _history(stage, audit)
    entries = history["entries"]
    _in_order([entry["type"] for entry in entries])
    expect(not history["gaps"], "a history without gaps", f"{len(history['gaps'])} gaps")
    rows = [(e["recorded"][11:23], e["clause"], _place(e), _told(e)) for e in entries]
    stage.tell.table(("recorded", "clause", "topic, partition/sequence", "what"), rows)
    stage.answer(str(history["statement"]))
    stage.tell.line("", f"The ledger is complete until {_moment(history['complete_until'])}.")
    before, after = _before_and_after(stage, audit, [entry["event"] for entry in entries])
    _difference(stage, before["state"], after["state"])
    _corrections(stage, audit, entries)
    _monday(stage, audit, entries)
    _no_names(stage, history, before, after)


def the_picture(stage: Stage) -> None:
    """The case's timeline: a lane for each agency."""
    entries = _history(stage, stage.doors.api("audit", AUDITOR, "audit"))["entries"]
    for line in for_terminal(entries, width=stage.tell.width - 3):
        stage.tell.text(f"   {line}".rstrip())


def _history(stage: Stage, audit: Client) -> dict[str, Any]:
    """The history once the ledger holds all of the story."""
    path = f"/v1/cases/{stage.case}/history"
    wanted = {str(s.value.get("id")) for s in stage.log.all() if s.value.get("subject") == stage.case}

    last: dict[str, Any] = {"missing": len(wanted), "complete": False}

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = audit.get(path).body
        last["missing"] = len(wanted - {entry["event"] for entry in found["entries"]})
        last["complete"] = found["complete"]
        return found if found["complete"] and not last["missing"] else None

    def seen() -> str:
        return f"{last['missing']} of them missing; said to be complete: {last['complete']}"

    return wait_for(look, _LEDGER_SECONDS, f"a complete history of at least {len(wanted)} events", seen, 0.3)


def _in_order(types: list[str]) -> None:
    rest = iter(types)
    missing = next((type for type in STORY if type not in rest), None)
    expect(missing is None, f"{missing} in its place in the history", "it is not there")


def _before_and_after(
    stage: Stage, audit: Client, events: list[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    at = events.index(stage.accepted)
    stage.who("The auditor asks how the case stood just before the acceptance, and just after.")
    asked = f"{short(events[at - 1])}, then {short(stage.accepted)}"
    stage.door(f"HTTP, GET /v1/cases/{short(stage.case)}/state?as_of_event={asked}")
    path = f"/v1/cases/{stage.case}/state"
    before, after = (
        audit.get(path, {"as_of_event": event}).body for event in (events[at - 1], stage.accepted)
    )
    expect(
        after["events"] == before["events"] + 1,
        "one event more afterwards",
        after["events"] - before["events"],
    )
    return before, after


def _difference(stage: Stage, before: dict[str, Any], after: dict[str, Any]) -> None:
    was, now = (_referral(stage, state) for state in (before, after))
    expect(was["status"] == "requested", "a referral that was requested before", was["status"])
    expect(now["status"] == "accepted", "a referral that was accepted after", now["status"])
    expect(
        now["answered"]["event"] == stage.accepted, "the acceptance as its answer", now["answered"]["event"]
    )
    stage.tell.line("before", _words(was))
    stage.tell.line("after", _words(now))
    changed = sorted(name for name in now if name not in ("notices",) and now[name] != was[name])
    said = ", ".join(
        f"{name.replace('_', ' ')}: {_value(was[name])} → {_value(now[name])}" for name in changed
    )
    stage.tell.line("changed", f"of the referral: {said}")
    rest = [name for name in after if name not in ("referrals", "last") and after[name] != before[name]]
    expect(not rest, "nothing else of the case to change", rest)
    stage.checked("Nothing else of the case changed with that event.")


def _corrections(stage: Stage, audit: Client, entries: list[dict[str, Any]]) -> None:
    """As of before a correction the case shows what was believed; after it, what counts. The history keeps both."""
    stage.who(
        "The auditor asks how the referral to the medical hub stood around the mis-click and the wrong entry."
    )
    path = f"/v1/cases/{stage.case}/state"
    stood = []
    for event in (stage.misclick, stage.undone, stage.wrong, stage.corrected):
        state = audit.get(path, {"as_of_event": event}).body["state"]
        stood.append(_referral(stage, state, stage.forwarded)["status"])
    expected = ["failed", "in-progress", "on-hold", "in-progress"]
    expect(stood == expected, " → ".join(expected), " → ".join(stood))
    stage.answer(f"mis-click {stood[0]}, taken back {stood[1]}; wrong entry {stood[2]}, marked {stood[3]}")
    kept = {entry["event"] for entry in entries}
    expect({stage.misclick, stage.wrong} <= kept, "both entries in the history", "one is missing")
    stage.checked("Both wrong entries stand in the history, each with what took it back.")


def _monday(stage: Stage, audit: Client, entries: list[dict[str, Any]]) -> None:
    """On the axis of what happened Monday's screening is there on Tuesday; as recorded it is not."""
    told = next(e for e in entries if e["codes"].get("screening") == stage.monday)
    expect(told["late"], "an entry marked as recorded late", "it is not")
    tuesday = (datetime.fromisoformat(told["happened"]) + timedelta(hours=14)).isoformat()
    stage.who(
        "The auditor asks for the day after Monday, by what had happened and by what had been recorded."
    )
    path, known = f"/v1/cases/{stage.case}/state", {}
    for axis in ("happened", "recorded"):
        state = audit.get(path, {"as_of": tuesday, "axis": axis}).body["state"]
        known[axis] = stage.monday in {one["screening"] for one in state["screenings"]}
    expect(known == {"happened": True, "recorded": False}, "it to have happened, not yet recorded", known)
    stage.answer("the screening had happened, and nothing of it had been recorded")


def _referral(stage: Stage, state: dict[str, Any], referral: str = "") -> dict[str, Any]:
    found = [one for one in state["referrals"] if one["referral"] == (referral or stage.referral)]
    expect(len(found) == 1, "the referral in the state of the case", f"{len(found)} of them")
    return dict(found[0])


def _words(referral: dict[str, Any]) -> str:
    asked = f"{_agency(referral['sender'])} had asked {_agency(referral['recipient'])}"
    answered = referral["answered"]
    if answered is None:
        due = f"Due by {_moment(referral['respond_by'])}."
        return f"{asked}, urgency {referral['urgency']}; nobody had answered yet. {due}"
    late = answered["recorded"] > referral["respond_by"]
    when = f"at {_moment(answered['recorded'])}, {'late' if late else 'in time'}"
    return f"{asked}; {_agency(answered['agency'])} had accepted {when}, under clause {answered['clause']}."


def _no_names(stage: Stage, *answers: dict[str, Any]) -> None:
    """What came out on Kafka, in the feeds, in the receipts and in these answers holds no name of the story."""
    said = [json.dumps(answer).encode() for answer in answers]
    said += [json.dumps(told.item).encode() for feed in stage.feeds.values() for told in feed.all()]
    records = [s.record for reader in (stage.log, *stage.receipts.values()) for s in reader.all()]
    said += [part for r in records for part in (r.key or b"", r.value or b"", *(v for _, v in r.headers))]
    found = sum(word in text for word in words() for text in said)
    expect(found == 0, "no name, address or number of the story in anything that came out", f"{found} places")
    stage.checked(
        f"No name, address or number of the story stands in {len(records)} records, the feeds or these answers."
    )


def _value(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return f"by {_agency(value['agency'])}"
    text = str(value)
    return (
        _moment(text) if text[4:5] == "-" and text[10:11] == "T" else short(text) if len(text) == 36 else text
    )


def _told(entry: dict[str, Any]) -> str:
    """The sentence; of what was recorded late, when it happened as well."""
    late = f" It happened at {_moment(entry['happened'])}: recorded late." if entry["late"] else ""
    return f"{entry['sentence']}{late}"


def _place(entry: dict[str, Any]) -> str:
    return f"{entry['topic'].removeprefix('accord.')} {entry['partition']}/{entry['sequence']}"


def _agency(code: str) -> str:
    return code.replace("-", " ")


def _moment(text: str | None) -> str:
    return f"{text[:19].replace('T', ' ')} UTC" if text else "(not said yet)"
