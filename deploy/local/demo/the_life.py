"""Steps 6 and 7: a screening; a referral declined, forwarded and served; and what was wrong is put right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from deploy.local.demo.expecting import expect
from deploy.local.demo.first_half import tell_opened
from deploy.local.demo.invented import MEDICAL
from deploy.local.demo.stage import Stage
from deploy.local.demo.telling import listed, short

WORKER, NURSE, INTAKE = "worker@human-services", "nurse@public-health", "intake@medical-hub"
HUB = "medical-hub"


def a_long_way(stage: Stage) -> None:
    """A screening; public health declines; the medical hub accepts, starts, pauses, goes on and completes."""
    _screening(stage)
    _declined(stage)
    _forwarded(stage)
    _served(stage)


def _screening(stage: Stage) -> None:
    stage.who(
        "The social worker screened the youth with the CSE-IT: the band is recorded, no item and no answer."
    )
    stage.door(f"HTTP, POST /v1/cases/{short(stage.case)}/screenings, Idempotency-Key")
    api = stage.doors.api("referrals", WORKER)
    body = {"tool": "cse-it", "tool_version": "2.0", "band": "clear-concern", "trigger": "new-information"}
    made = api.post(f"/v1/cases/{stage.case}/screenings", body)
    screening = str(made.body["screening"])
    expect(made.body["flags"] == [], "a screening without flags", made.body["flags"])
    stage.answer(f"{made.status}, screening {short(screening)}: clear concern")
    stage.published("accord.screening.recorded.v1", lambda s: s.data.get("screening") == screening)
    item = stage.told(WORKER, "screening-recorded", stage.case)
    expect(item["tier"] == "act-now", "an item to act on now (clear concern)", item["tier"])


def _declined(stage: Stage) -> None:
    number = uuid4()
    stage.who("The social worker asks public health for a check-up; urgency: days. The youth agrees.")
    stage.door(
        f"HTTP, POST /v1/cases/{short(stage.case)}/referrals; sealed: {listed(c.value for c in MEDICAL)}"
    )
    body: dict[str, Any] = {"recipient": "public-health", "matter": "dependency", "kind": "med-well"}
    body |= {"urgency": "days", "youth_choice": "agrees", "sealed": stage.doors.seal(number, MEDICAL)}
    api = stage.doors.api("referrals", WORKER)
    made = api.post(f"/v1/cases/{stage.case}/referrals", body, idempotency_key=number)
    stage.declined = str(made.body["referral"])
    stage.published("accord.referral.requested.v1", lambda s: s.data.get("referral") == stage.declined)
    stage.told(NURSE, "referral-requested", stage.declined)
    stage.who("Public health has no capacity: it declines with the coded reason, and names the medical hub.")
    answer = _do(stage, NURSE, stage.declined, "reject", {"reason": "no-capacity", "alternatives": [HUB]})
    stage.rejection = str(answer["events"][0])
    item = stage.told(WORKER, "referral-rejected", stage.declined)
    expect(item["needs_acknowledgement"], "an item to be taken in hand", item["needs_acknowledgement"])


def _forwarded(stage: Stage) -> None:
    number = uuid4()
    stage.who("The social worker goes on to the medical hub. The youth was asked again, and agrees.")
    body = {"recipient": HUB, "youth_choice": "agrees", "sealed": stage.doors.seal(number, MEDICAL)}
    path = f"/v1/referrals/{stage.declined}"
    api = stage.doors.api("referrals", WORKER)
    stage.door(f"HTTP, POST /v1/referrals/{short(stage.declined)}/forward, If-Match, Idempotency-Key")
    made = api.post(f"{path}/forward", body, idempotency_key=number, if_match=api.get(path).etag)
    stage.forwarded = str(made.body["referral"])
    stage.answer(
        f"{made.status}, a new referral {short(stage.forwarded)} that follows {short(stage.declined)}"
    )
    stage.published("accord.referral.forwarded.v1", lambda s: s.data.get("forwarded_to") == stage.forwarded)
    stage.published("accord.referral.requested.v1", lambda s: s.data.get("follows") == stage.declined)
    stage.told(INTAKE, "referral-requested", stage.forwarded)
    first, second = api.get(path).body, api.get(f"/v1/referrals/{stage.forwarded}").body
    chain = (first["forwarded_to"], second["follows"])
    expect(chain == ([stage.forwarded], stage.declined), "each to name the other", chain)
    declined = stage.doors.api("referrals", NURSE, "respond").get(path).body
    expect("forwarded_to" not in declined, "nothing of that for public health, which declined", "it is told")
    stage.checked("The chain is kept; public health, which declined, does not see where it went.")


def _served(stage: Stage) -> None:
    stage.who("The hub's intake nurse reads what is asked, and accepts.")
    read = stage.doors.api("referrals", INTAKE, "respond").get(f"/v1/referrals/{stage.forwarded}")
    tell_opened(stage, read.body, {"identity", "health"})
    _do(stage, INTAKE, stage.forwarded, "accept", {})
    stage.told(WORKER, "referral-accepted", stage.forwarded)
    stage.who("The hub's own system says that the service began: the same command, over Kafka.")
    etag = stage.doors.api("referrals", f"system@{HUB}").get(f"/v1/referrals/{stage.forwarded}").etag
    sent = stage.submit(HUB, "start-referral", {}, about=stage.forwarded, based_on=etag)
    stage.receipted(HUB, sent, "accepted")
    stage.published("accord.referral.started.v1", lambda s: s.data.get("referral") == stage.forwarded)
    stage.told(WORKER, "referral-started", stage.forwarded)
    for act, body, type, rule, who in (
        ("hold", {"reason": "placement-change"}, "held", "held", "The youth is being moved: the hub pauses."),
        ("resume", {}, "resumed", "resumed", "The youth is there again, and so is the nurse she chose."),
    ):
        stage.who(who)
        _do(stage, INTAKE, stage.forwarded, act, body)
        stage.published(f"accord.referral.{type}.v1", lambda s: s.data.get("referral") == stage.forwarded)
        stage.told(WORKER, f"referral-{rule}", stage.forwarded)


def put_right(stage: Stage) -> None:
    """A mis-click, a wrong entry, an end; and a fact of Monday that is recorded today."""
    _misclick(stage)
    _wrong_entry(stage)
    _completed(stage)
    _monday(stage)


def _misclick(stage: Stage) -> None:
    stage.who("The nurse presses the wrong button: “could not be given”. A moment later she takes it back.")
    failed = _do(stage, INTAKE, stage.forwarded, "fail", {"reason": "unable-to-locate", "attempts": 1})
    stage.misclick = str(failed["events"][0])
    stage.told(WORKER, "referral-failed", stage.forwarded)
    undone = _do(stage, INTAKE, stage.forwarded, "undo", {})
    stage.undone = str(undone["events"][0])
    stage.published("accord.referral.undone.v1", lambda s: s.data.get("entry") == stage.misclick)
    stage.told(WORKER, "referral-undone-for-sender", stage.forwarded)
    _stands(stage, "in-progress")


def _wrong_entry(stage: Stage) -> None:
    stage.who(
        "The nurse pauses the wrong youth's referral, and finds out later: the entry is marked as an error."
    )
    held = _do(stage, INTAKE, stage.forwarded, "hold", {"reason": "youth-missing"})
    stage.wrong = str(held["events"][0])
    body = {"entry": stage.wrong, "reason": "wrong-youth"}
    marked = _do(stage, INTAKE, stage.forwarded, "enter-in-error", body)
    stage.corrected = str(marked["events"][0])
    stage.published("accord.referral.entered-in-error.v1", lambda s: s.data.get("entry") == stage.wrong)
    stage.told(WORKER, "referral-entered-in-error-for-sender", stage.forwarded)
    _stands(stage, "in-progress")
    shown = stage.doors.api("referrals", WORKER).get(f"/v1/referrals/{stage.forwarded}").body["steps"]
    struck = {one["event"]: one.get("struck") for one in shown}
    expect(struck[stage.wrong] == "entered-in-error", "the entry marked as an error", struck[stage.wrong])
    stage.checked("Both entries stay in the record; the referral is what the others say.")


def _completed(stage: Stage) -> None:
    stage.who("The check-up is done: the hub completes the referral, with its outcome.")
    _do(stage, INTAKE, stage.forwarded, "complete", {"outcome": "completed", "attempts": 2})
    stage.published("accord.referral.completed.v1", lambda s: s.data.get("referral") == stage.forwarded)
    stage.told(WORKER, "referral-completed", stage.forwarded)
    _stands(stage, "completed")


def _monday(stage: Stage) -> None:
    monday = _last_monday()
    stage.who(
        f"The advocate screened the youth on Monday, {monday:%d %B}, and records it today: both times are kept."
    )
    stage.door(f"HTTP, POST /v1/cases/{short(stage.case)}/screenings, screened_at: Monday")
    api = stage.doors.api("referrals", "advocate@advocacy")
    body = {
        "tool": "cse-it",
        "tool_version": "brief",
        "band": "possible-concern",
        "screened_at": monday.isoformat(),
    }
    made = api.post(f"/v1/cases/{stage.case}/screenings", body)
    stage.monday = str(made.body["screening"])
    seen = stage.published("accord.screening.recorded.v1", lambda s: s.data.get("screening") == stage.monday)
    happened, recorded = (datetime.fromisoformat(seen.value[name]) for name in ("time", "recordedtime"))
    expect(happened == monday, "Monday as when it happened", f"{happened:%A}")
    expect(recorded - happened > timedelta(hours=1), "today as when it was recorded", f"{recorded:%A}")
    stage.tell.line("", f"happened {happened:%A %H:%M}, recorded {recorded:%A %H:%M} UTC")


def _last_monday() -> datetime:
    """Monday at ten in the morning, UTC; never today."""
    now = datetime.now(UTC)
    ago = now.weekday() or 7
    return (now - timedelta(days=ago)).replace(hour=10, minute=0, second=0, microsecond=0)


def _do(stage: Stage, person: str, referral: str, act: str, body: dict[str, Any]) -> dict[str, Any]:
    """One command of a person, based on what they read; told."""
    api, path = stage.doors.api("referrals", person, "respond"), f"/v1/referrals/{referral}"
    stage.door(f"HTTP, POST /v1/referrals/{short(referral)}/{act}, If-Match")
    done = api.post(f"{path}/{act}", body, if_match=api.get(path).etag)
    expect(done.status in (200, 202), "200 OK", done.status)
    return dict(done.body)


def _stands(stage: Stage, status: str) -> None:
    """Both sides see the same."""
    for person in (WORKER, INTAKE):
        shown = stage.doors.api("referrals", person, "respond").get(f"/v1/referrals/{stage.forwarded}").body
        expect(shown["status"] == status, f"{status} for {person}", shown["status"])
    stage.answer(f"both sides see it as {status.replace('-', ' ')}")
