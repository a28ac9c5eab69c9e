"""Steps 1 to 3: the MOU, a concern comes in, human services takes it in hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.local.demo.expecting import expect, wait_for
from deploy.local.demo.invented import REPORT, REPORTER
from deploy.local.demo.stage import Stage
from deploy.local.demo.telling import listed, short
from deploy.local.first_steps import EARLIER
from shared.cli.failures import ApiProblem

PARTIES = {
    "human-services",
    "probation",
    "behavioral-health",
    "public-health",
    "juvenile-court",
    "office-of-education",
    "sheriff",
    "medical-hub",
    "advocacy",
    "shelter",
}
#: In every receipt of a report.
HOTLINE = "This record does not replace the call"
_MOU_SECONDS = 30.0


def the_mou(stage: Stage) -> None:
    """The county's memorandum is in force; everybody may read it."""
    api = stage.doors.api("referrals", "coordinator@county")

    def in_force() -> dict[str, Any] | None:
        try:
            found = dict(api.get("/v1/mou").body)
            return None if found["version"] in EARLIER else found
        except ApiProblem as problem:
            if problem.status != 404:
                raise
            return None

    mou = wait_for(in_force, _MOU_SECONDS, "an MOU in force", every=0.2)
    parties = {party["agency"]: party["name"] for party in mou["document"]["parties"]}
    expect(parties.keys() >= PARTIES, "the county's ten agencies as parties", sorted(parties))
    stage.who(
        f"Alder County (fictional) adopted its memorandum, version {mou['version']}, on {mou['adopted'][:10]}."
    )
    stage.door("HTTP, GET /v1/mou")
    signed = [parties[agency] for agency in mou["signed_by"]]
    expect(len(signed) >= 2, "at least two signatures", len(signed))
    stage.tell.line("signed", f"{listed(signed)}.")
    others = [name for agency, name in parties.items() if agency not in mou["signed_by"]]
    stage.tell.line("named", f"{listed(others)}, without a signature of their own.")


def a_concern(stage: Stage) -> None:
    """The sheriff's system reports; it gets one receipt, and states the call."""
    stage.who("The sheriff's system reports a concern about a youth who may have been exploited.")
    body = {
        "immediate_danger": "no",
        "exploitation_kind": "sexual",
        "signs": ["unexplained-absence", "controlling-adult"],
        "age_years": 15,
        "known_since": _ago(hours=2),
    }
    sent = stage.submit("sheriff", "report-concern", body, facts=REPORT)
    receipt = stage.receipted("sheriff", sent, "accepted", "accepted-with-flags")
    stage.concern = str(receipt["report"])
    notice = str(receipt.get("notice"))
    expect(notice.startswith(HOTLINE), "the sentence that this does not replace the call", "another, or none")
    stage.tell.line("", f"“{notice}”")
    seen = stage.published("accord.concern.reported.v1", lambda s: s.data.get("concern") == stage.concern)
    expect(seen.value["id"] in receipt["events"], "the receipt to name its event", receipt["events"])
    stage.told("screener@human-services", "concern-reported", stage.concern, sent.at)
    stage.one_receipt_each()
    stage.checked("Exactly one receipt: no second one came within a second.")
    stage.who("The deputy has called the hotline; the sheriff's system states when, and with whom (sealed).")
    call = {"called_at": _ago(minutes=4), "called_line": "hotline"}
    stated = stage.submit("sheriff", "state-call", call, facts=REPORTER, about=stage.concern)
    stage.receipted("sheriff", stated, "accepted")
    stage.published("accord.concern.call-stated.v1", lambda s: s.data.get("concern") == stage.concern)


def taken_in_hand(stage: Stage) -> None:
    """The screener acknowledges, reads and opens a case."""
    person = "screener@human-services"
    feed = stage.doors.api("notifications", person)
    item = (
        stage.feeds[person]
        .wait(
            lambda t: t.item.get("rule") == "concern-reported" and t.item["about"]["id"] == stage.concern,
            "the concern",
        )
        .item
    )
    expect(item["tier"] == "act-now", "an item to act on now", item["tier"])
    acknowledge(stage, feed, item, "A screener of human services has the concern in hand.")
    stage.who("The screener reads it.")
    api = stage.doors.api("referrals", person, "respond")
    read = api.get(f"/v1/concerns/{stage.concern}")
    stage.door(f"HTTP, GET /v1/concerns/{short(stage.concern)}, for the purpose of responding")
    tell_opened(stage, read.body, {"identity", "narrative", "reporter"})
    stage.who("The screener opens a case with the concern.")
    stage.door("HTTP, POST …/open-case, If-Match: what was read")
    opened = api.post(f"/v1/concerns/{stage.concern}/open-case", {"matter": "dependency"}, if_match=read.etag)
    expect(opened.status in (201, 202), "201 Created", opened.status)
    stage.case = str(opened.body["case"])
    stage.answer(f"{opened.status}, case {short(stage.case)}; the matter is dependency.")
    for type in ("accord.concern.attached.v1", "accord.case.opened.v1", "accord.concern.linked.v1"):
        stage.published(type, lambda s: s.data.get("case") == stage.case)
    stage.told("system@sheriff", "concern-attached-for-reporter", None)


def acknowledge(stage: Stage, feed: Any, item: dict[str, Any], who: str) -> None:
    """Acknowledge an item, told; who did is on the item and on Kafka."""
    stage.who(who)
    stage.door("HTTP, POST /v1/feed/items/…/acknowledge")
    answer = feed.post(f"/v1/feed/items/{item['id']}/acknowledge").body
    expect(answer["acknowledged"] is not None, "who acknowledged it", "nobody")
    stage.published("accord.notification.acknowledged.v1", lambda s: s.data.get("item") == item["id"])


def tell_opened(stage: Stage, view: dict[str, Any], wanted: set[str]) -> None:
    """Which classes were opened for this reader, by which clause; never what stands in them."""
    opened = view["opened"]
    expect(wanted <= opened.keys(), f"{listed(sorted(wanted))} opened", sorted(opened))
    for cls, shown in opened.items():
        facts = [fact for fact in shown["facts"] if "facts" in fact]
        expect(bool(facts), f"facts of class {cls}", "none that could be opened")
    clauses = sorted({str(shown["clause"]) for shown in opened.values()})
    stage.answer(f"opened for this reader under clause {listed(clauses)}: {listed(opened)} (not shown here)")
    if withheld := view.get("classes", {}).get("withheld"):
        stage.tell.line("", f"kept shut for this reader: {listed(withheld)}")


def _ago(**past: float) -> str:
    return (datetime.now(UTC) - timedelta(**past)).isoformat()
