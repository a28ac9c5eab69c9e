"""What the steps share: the doors, what is watched, and the ids that one step hands to the next."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from deploy.local.demo.doors import Doors, Submitted
from deploy.local.demo.expecting import expect
from deploy.local.demo.telling import Teller, short
from deploy.local.demo.watching import FeedStream, Records, Seen, Told
from shared.events.names import Service, access_topic, deadletters_topic, events_topic

#: Whose feeds stand open while the story plays.
WATCHED = (
    "screener@human-services",
    "worker@human-services",
    "coordinator@human-services",
    "advocate@advocacy",
    "nurse@public-health",
    "intake@medical-hub",
    "system@sheriff",
    "system@human-services",
)
#: A second receipt would come within this (seconds).
ONE_RECEIPT_SECONDS = 1.0
_OUTCOMES = {"accepted-with-flags": "accepted, with flags"}


@dataclass
class Stage:
    """One playing of the story."""

    doors: Doors
    tell: Teller
    log: Records
    """The log of record, read with the login of audit, as the ledger does."""
    receipts: dict[str, Records]
    feeds: dict[str, FeedStream]
    own: bool = False
    """Whether the platform was started for this story alone."""
    submitted: list[tuple[str, Submitted]] = field(default_factory=list)
    concern: str = ""
    case: str = ""
    referral: str = ""
    accepted: str = ""
    """The event of the acceptance."""
    declined: str = ""
    """The referral that public health declined."""
    forwarded: str = ""
    """The referral to the medical hub that follows it."""
    rejection: str = ""
    """The event of the decline."""
    misclick: str = ""
    """The event that was taken back, and the one that took it back."""
    undone: str = ""
    wrong: str = ""
    """The event that was marked as entered in error, and the one that marked it."""
    corrected: str = ""
    monday: str = ""
    """The screening of Monday that was recorded today."""

    @classmethod
    def set(cls, doors: Doors, tell: Teller, own: bool) -> Stage:
        """Open everything that is watched and wait until it is open. Blocks; raises Unexpected."""
        events = [events_topic(service) for service in (Service.REFERRALS, Service.NOTIFICATIONS)]
        events += [deadletters_topic(Service.REFERRALS), access_topic(Service.AUDIT)]
        log = doors.records(Service.AUDIT, *events)
        receipts = {agency: doors.receipts(agency) for agency in ("sheriff", "human-services", "medical-hub")}
        feeds = {person: doors.feed(person) for person in WATCHED}
        for reader in (log, *receipts.values()):
            reader.wait_begun()
        for feed in feeds.values():
            feed.wait_open()
        return cls(doors, tell, log, receipts, feeds, own)

    def who(self, text: str) -> None:
        """Who does what."""
        self.tell.line("who", text)

    def door(self, text: str) -> None:
        """Through which door."""
        self.tell.line("door", text)

    def answer(self, text: str) -> None:
        """What was answered."""
        self.tell.line("answer", text)

    def checked(self, text: str) -> None:
        """What was checked besides."""
        self.tell.line("checked", text)

    def published(self, type: str, wanted: Callable[[Seen], bool]) -> Seen:
        """The event of this type that came out on Kafka, told. Blocks; raises Unexpected."""
        seen = self.log.wait(lambda s: s.type == type and wanted(s), f"{type} on Kafka")
        record = seen.record
        place = f"{record.topic}, partition {record.partition}, sequence {record.sequence}"
        self.tell.line("kafka", f"{type}  →  {place}")
        return seen

    def told(self, person: str, rule: str, about: str | None, since: float | None = None) -> dict[str, Any]:
        """The item of this rule about this thing in the person's open stream, told; `since`: how long that took.

        Blocks; raises Unexpected.
        """
        found = self.feeds[person].wait(lambda told: _is(told, rule, about), f"an item by rule {rule}")
        item = found.item
        took = "" if since is None else f", {(found.at - since) * 1000:.0f} ms later"
        reason = item["reason"][:1].lower() + item["reason"][1:].rstrip(".")
        self.tell.line(
            "told", f"{item['recipient']} through the open stream{took}: {item['tier']}, “{reason}”"
        )
        return item

    def submit(self, agency: str, command: str, body: dict[str, Any], **more: Any) -> Submitted:
        """Publish a submission as the agency's system does, told."""
        sent = self.doors.submit(agency, command, body, **more)
        self.submitted.append((agency, sent))
        sealed = ", ".join(cls.value for cls in more.get("facts") or {})
        shut = f"; sealed to the county's key: {sealed}" if sealed else ""
        self.door(f"Kafka, {place_of(sent)}{shut}")
        return sent

    def receipt(self, agency: str, sent: Submitted) -> dict[str, Any]:
        """The submission's receipt. Blocks; raises Unexpected."""
        wanted = f"a receipt for {agency}'s submission {short(sent.id)}"
        return self.receipts[agency].wait(lambda s: s.data.get("submission") == str(sent.id), wanted).data

    def receipted(self, agency: str, sent: Submitted, *outcomes: str) -> dict[str, Any]:
        """The submission's receipt, told. Blocks; raises Unexpected if its outcome is none of `outcomes`."""
        receipt = self.receipt(agency, sent)
        outcome = str(receipt["outcome"])
        expect(
            outcome in outcomes,
            f"a receipt that says {' or '.join(outcomes)}",
            f"{outcome}, {receipt.get('reason')}",
        )
        more = [f"your report is {short(receipt['report'])}"] if receipt.get("report") else []
        more += [f"flags: {', '.join(receipt['flags'])}"] if receipt.get("flags") else []
        self.tell.line("receipt", "; ".join([_OUTCOMES.get(outcome, outcome), *more]))
        return receipt

    def one_receipt_each(self) -> None:
        """Raises Unexpected unless every submission so far has exactly one receipt. Blocks up to a second."""
        newest = max((sent.at for _, sent in self.submitted), default=0.0)
        time.sleep(max(0.0, newest + ONE_RECEIPT_SECONDS - time.monotonic()))
        for agency, sent in self.submitted:
            count = sum(s.data.get("submission") == str(sent.id) for s in self.receipts[agency].all())
            expect(count == 1, f"exactly one receipt for {agency}'s submission {short(sent.id)}", count)


def place_of(sent: Submitted) -> str:
    """Where a submission lies."""
    return f"{sent.topic}, partition {sent.partition}, offset {sent.offset}"


def _is(told: Told, rule: str, about: str | None) -> bool:
    item = told.item
    if told.kind != "item" or item.get("rule") != rule:
        return False
    return about is None or (item.get("about") or {}).get("id") == about
