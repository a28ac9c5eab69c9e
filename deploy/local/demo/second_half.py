"""Steps 4 and 5: a referral and its answer; two bad submissions, and that nothing stopped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from deploy.local.demo.expecting import expect, wait_for
from deploy.local.demo.first_half import acknowledge, tell_opened
from deploy.local.demo.invented import FURTHER, REFERRAL
from deploy.local.demo.stage import Stage, place_of
from deploy.local.demo.telling import listed, short
from deploy.local.people import BY_HANDLE
from shared.cli.client import Client

ADVOCATE = "advocate@advocacy"
#: Who may answer a referral: its recipient only.
CLAUSE_OF_ANSWERS = "4.2"
_REPORT = "accord.submission.report-concern.v1"
_INBOUND = "/v1/referrals"
_MOST_PAGES = 200


def a_referral(stage: Stage) -> None:
    """The social worker refers the youth; the advocate accepts; both sides are told."""
    system = stage.doors.api("referrals", "system@advocacy")
    _, cursor = _inbound(system, None)
    _request(stage)
    item = stage.told(ADVOCATE, "referral-requested", stage.referral)
    expect(item["tier"] == "act-now", "an item to act on now (urgency hours)", item["tier"])
    expect(bool(item["respond_by"]), "by when an answer is due", "no time")
    stage.tell.line("", f"An answer is due by {item['respond_by'][:16].replace('T', ' ')} UTC.")
    _found_by_system(stage, system, cursor)
    acknowledge(stage, stage.doors.api("notifications", ADVOCATE), item, "An advocate has it in hand.")
    _accept(stage)


def _request(stage: Stage) -> None:
    stage.who("The social worker refers the youth to the advocacy agency; urgency: hours. The youth agrees.")
    number = uuid4()
    stage.door(
        f"HTTP, POST /v1/cases/{short(stage.case)}/referrals, Idempotency-Key; sealed to the county's key: "
        f"{', '.join(cls.value for cls in REFERRAL)} (with the numbers it has elsewhere)"
    )
    body = {
        "recipient": "advocacy",
        "matter": "dependency",
        "kind": "advocacy",
        "needs": ["safety-planning", "accompaniment"],
        "urgency": "hours",
        "youth_choice": "agrees",
        "sealed": stage.doors.seal(number, REFERRAL),
    }
    api, path = stage.doors.api("referrals", "worker@human-services"), f"/v1/cases/{stage.case}/referrals"
    made = api.post(path, body, idempotency_key=number)
    expect(made.status in (201, 202), "201 Created", made.status)
    stage.referral = str(made.body["referral"])
    stage.answer(f"{made.status}, referral {short(stage.referral)}")
    again = api.post(path, body, idempotency_key=number)
    expect(
        again.body["referral"] == stage.referral,
        "the first answer again for the same key",
        "another referral",
    )
    stage.checked("Sent again with the same key: the same referral, not a second one.")
    stage.published("accord.referral.requested.v1", lambda s: s.data.get("referral") == stage.referral)


def _found_by_system(stage: Stage, system: Client, cursor: str | None) -> None:
    stage.who("The advocacy agency's own system asks what is new for it since it last asked.")
    stage.door("HTTP, GET /v1/referrals?queue=inbound&cursor=…")

    def look() -> tuple[list[dict[str, Any]], str | None] | None:
        items, following = _inbound(system, cursor)
        return (items, following) if any(one["id"] == stage.referral for one in items) else None

    items, following = wait_for(look, 10.0, "the referral in the agency's worklist", every=0.2)
    found = next(one for one in items if one["id"] == stage.referral)
    expect(found["status"] == "requested", "a referral that is requested", found["status"])
    later, _ = _inbound(system, following)
    expect(
        all(one["id"] != stage.referral for one in later),
        "nothing twice behind the next cursor",
        "it came twice",
    )
    stage.answer(
        f"{len(items)} new: {short(stage.referral)}, {found['status']}, urgency {found['urgency']}; then nothing"
    )


def _inbound(system: Client, cursor: str | None) -> tuple[list[dict[str, Any]], str | None]:
    """Everything behind the cursor, page by page, and the cursor behind the last of it."""
    items: list[dict[str, Any]] = []
    for _ in range(_MOST_PAGES):
        page = system.get(_INBOUND, {"queue": "inbound", "cursor": cursor}).body
        items += page["items"]
        cursor = page["cursor"] or cursor
        if not page["next"]:
            break
    return items, cursor


def _accept(stage: Stage) -> None:
    stage.who("The advocate reads the referral, and accepts it.")
    api = stage.doors.api("referrals", ADVOCATE, "support")
    path = f"/v1/referrals/{stage.referral}"
    read = api.get(path)
    stage.door(
        f"HTTP, GET /v1/referrals/{short(stage.referral)}, for the purpose of support; POST …/accept, If-Match"
    )
    tell_opened(stage, read.body, {"identity", "narrative"})
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    body = {"worker": str(BY_HANDLE[ADVOCATE].id), "first_contact_by": soon}
    accepted = api.post(f"{path}/accept", body, if_match=read.etag)
    expect(accepted.status in (200, 202), "200 OK", accepted.status)
    seen = stage.published("accord.referral.accepted.v1", lambda s: s.data.get("referral") == stage.referral)
    stage.accepted = str(seen.value["id"])
    expect(stage.accepted in accepted.body["events"], "the answer to name its event", accepted.body["events"])
    stage.told("worker@human-services", "referral-accepted", stage.referral, seen.at)


def bad_submissions(stage: Stage) -> None:
    """One that cannot be read, one that the MOU forbids; then a good one."""
    _unreadable(stage)
    _forbidden(stage)
    _still_running(stage)


def _unreadable(stage: Stage) -> None:
    stage.who("The sheriff's system sends a record that breaks off half-way: it is no JSON.")
    number = uuid4()
    text = f'{{"specversion": "1.0", "id": "{number}", "type": "{_REPORT}", "data": {{"signs'
    sent = stage.doors.submit_bytes("sheriff", text.encode(), number)
    stage.submitted.append(("sheriff", sent))
    stage.door(f"Kafka, {place_of(sent)}")
    receipt = stage.receipt("sheriff", sent)
    where = (receipt["outcome"], receipt["topic"], receipt["partition"], receipt["offset"])
    expected = ("unreadable", sent.topic, sent.partition, sent.offset)
    expect(where == expected, "a receipt “unreadable” that says where the record lies", where)
    stage.tell.line("receipt", f"unreadable ({receipt['reason']}): {place_of(sent)}")
    stage.tell.line("", f"“{receipt['notice']}”")

    def same(data: dict[str, Any]) -> bool:
        return (data.get("topic"), data.get("offset")) == (sent.topic, sent.offset)

    letter = stage.published("accord.deadletter.recorded.v1", lambda s: same(s.data))
    told = stage.published("accord.submission.unreadable.v1", lambda s: same(s.data))
    expect(told.data["deadletter"] == letter.data["deadletter"], "one dead letter", "two different ones")
    item = stage.told("coordinator@human-services", "unreadable", str(letter.data["deadletter"]), sent.at)
    expect(item["tier"] == "act-now", "an item to act on now, since it may be about a child", item["tier"])


def _forbidden(stage: Stage) -> None:
    stage.who(
        "Human services' system tries to answer the referral that it made itself. It may see it, not answer it."
    )
    read = stage.doors.api("referrals", "system@human-services").get(f"/v1/referrals/{stage.referral}")
    sent = stage.submit("human-services", "accept-referral", {}, about=stage.referral, based_on=read.etag)
    receipt = stage.receipt("human-services", sent)
    expect(receipt["outcome"] == "refused", "a refusal", receipt["outcome"])
    expect(receipt["clause"] == CLAUSE_OF_ANSWERS, f"clause {CLAUSE_OF_ANSWERS}", receipt["clause"])
    expect(bool(receipt["remedy"]), "what to do instead", "nothing")
    stage.tell.line(
        "receipt", f"refused under clause {receipt['clause']} ({receipt['reason']}): {receipt['notice']}"
    )
    stage.tell.line("", f"What to do: {receipt['remedy']}")
    stage.published("accord.submission.refused.v1", lambda s: s.data.get("submission") == str(sent.id))
    stage.told("system@human-services", "submission-refused", None, sent.at)
    now = stage.doors.api("referrals", ADVOCATE, "support").get(f"/v1/referrals/{stage.referral}").body
    expect(now["status"] == "accepted", "the referral as it was", now["status"])


def _still_running(stage: Stage) -> None:
    stage.who(
        "Nothing stopped: the sheriff's system reports a further concern, behind the one that could not be read."
    )
    body = {"immediate_danger": "unknown", "signs": ["controlling-adult"], "age_years": 15}
    sent = stage.submit("sheriff", "report-concern", body, facts=FURTHER)
    receipt = stage.receipted("sheriff", sent, "accepted", "accepted-with-flags")
    further = str(receipt["report"])
    stage.published("accord.concern.reported.v1", lambda s: s.data.get("concern") == further)
    stage.told("screener@human-services", "concern-reported", further, sent.at)
    stage.who("The screener knows the youth: the further concern is attached to the case.")
    api, path = stage.doors.api("referrals", "screener@human-services", "respond"), f"/v1/concerns/{further}"
    etag = api.get(path).etag
    stage.door("HTTP, POST …/attach, If-Match")
    api.post(f"{path}/attach", {"case": stage.case, "matter": "dependency"}, if_match=etag)
    stage.published("accord.concern.linked.v1", lambda s: s.data.get("concern") == further)
    stage.one_receipt_each()
    count = len(stage.submitted)
    agencies = listed(sorted({agency for agency, _ in stage.submitted}))
    stage.checked(f"{count} submissions of {agencies}, {count} receipts: exactly one each.")
