"""What a history says of concerns, cases and referrals, as the MOU's functions ask it. Folded event by event.

No person is in these facts: a worker stands in them by the agency's code. So facts are alike for many cases, and
what follows from them is worked out once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from shared.mou.facts import ThingFacts
from shared.mou.simulating.past import Past


@dataclass(slots=True)
class _Matter:
    case: str
    lead: str | None
    agencies: set[str]
    reporters: set[str] = field(default_factory=set)
    workers: dict[str, str] = field(default_factory=dict)
    facts: ThingFacts | None = None


@dataclass(frozen=True, slots=True)
class _Referral:
    stream: str
    case: str
    sender: str | None
    recipient: str | None
    outside: str | None
    urgency: str | None


LINKED = "accord.concern.linked.v1"


class Known:
    """Everything known so far. Changed in place by `fold`."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._concerns: dict[str, str | None] = {}
        self._matters: dict[str, _Matter] = {}
        self._cases: dict[str, list[str]] = {}
        self._referrals: dict[str, _Referral] = {}
        #: Event, record or screening -> the agency that made it.
        self._made_by: dict[str, str] = {}

    def fold(self, event: Past) -> None:
        """What the event adds. What it speaks of and nobody told before is left out."""
        step = _STEPS.get(event.type)
        if step is not None:
            step(self, event)
        if event.type.startswith(("accord.referral.", "accord.duty.")):
            self._made_by[event.id] = event.agency
        for name in ("record", "screening"):
            if (made := event.text(name)) is not None:
                self._made_by.setdefault(made, event.agency)

    def concern(self, concern: str | None) -> ThingFacts:
        """Of a concern."""
        reporter = self._concerns.get(concern or "")
        return ThingFacts("concern", reporters=frozenset({reporter} if reporter else ()))

    def case(self, event: Past) -> ThingFacts:
        """Of the matter in whose stream the event is; or of any of its case, where it begins a matter."""
        matter = self._matter(event.stream, event.text("case"))
        return _facts(matter) if matter else ThingFacts("case")

    def referral(self, referral: str | None) -> ThingFacts:
        """Of a referral and its matter."""
        found = self._referrals.get(referral or "")
        if found is None:
            return ThingFacts("referral")
        matter = self._matter(found.stream, found.case)
        of = _facts(matter) if matter else ThingFacts("case")
        recipient = None if found.outside else found.recipient
        return replace(
            of,
            kind="referral",
            sender=found.sender,
            recipient=recipient,
            outside=found.outside,
            reporters=frozenset(),
        )

    def place(self, event: Past) -> ThingFacts:
        """Of whatever the event stands on: a referral, a matter of a case, or a concern."""
        if (referral := event.text("referral")) is not None:
            return self.referral(referral)
        if event.stream in self._matters:
            return self.case(event)
        return self.concern(event.text("concern"))

    def has_place(self, event: Past) -> bool:
        """Whether the event stands on any of these; what is said of the memorandum does not."""
        return event.stream in self._matters or any(
            event.text(name) for name in ("referral", "case", "concern")
        )

    def urgency(self, event: Past) -> str | None:
        """How urgent the referral is that the event is about."""
        found = self._referrals.get(event.text("referral") or "")
        return found.urgency if found else None

    def made_by(self, entry: str | None) -> str | None:
        """The agency that made an entry, a record or a screening."""
        return self._made_by.get(entry or "")

    def assigned(self, event: Past) -> bool:
        """Whether whoever did it is assigned to the case, for the agency that it was done for."""
        matter = self._matter(event.stream, event.text("case"))
        return matter is not None and matter.workers.get(event.actor) == event.agency

    def told_of(self, event: Past) -> ThingFacts:
        """What routing asks: lead and reporters of the case, or who reported the concern; the two agencies of a
        referral."""
        lead, reporters = None, frozenset[str]()
        if event.type.startswith("accord.concern.") and event.type != LINKED:
            reporters = self.concern(event.text("concern")).reporters
        else:
            matters = [self._matters[stream] for stream in self._cases.get(event.text("case") or "", ())]
            lead = next((matter.lead for matter in matters if matter.lead), None)
            reporters = frozenset(agency for matter in matters for agency in matter.reporters)
        found = self._referrals.get(event.text("referral") or "")
        return ThingFacts(
            "thing",
            lead=lead,
            reporters=reporters,
            sender=found.sender if found else None,
            recipient=found.recipient if found else None,
            owner=event.text("agency"),
        )

    def owed_of(self, opening: Past) -> ThingFacts:
        """What decides who owes a duty: of the referral, the concern and the case that its opening names."""
        named = [name for name in map(opening.text, ("referral", "concern", "case", "about")) if name]
        named.append(opening.subject)
        matters = [self._matters[stream] for name in named for stream in self._cases.get(name, ())]
        referral = next((self._referrals[name] for name in named if name in self._referrals), None)
        reporters = {agency for matter in matters for agency in matter.reporters}
        reporters |= {reporter for name in named if (reporter := self._concerns.get(name))}
        own = opening.text("reported_by")
        return ThingFacts(
            "thing",
            lead=next((matter.lead for matter in matters if matter.lead), None),
            reporters=frozenset({own} if own else reporters),
            sender=referral.sender if referral else None,
            recipient=referral.recipient if referral else None,
        )

    def _matter(self, stream: str, case: str | None) -> _Matter | None:
        if stream in self._matters:
            return self._matters[stream]
        streams = self._cases.get(case or "")
        return self._matters[streams[0]] if streams else None

    def _reported(self, event: Past) -> None:
        self._concerns[event.text("concern") or ""] = event.text("reported_by")

    def _opened(self, event: Past) -> None:
        stream, case, lead = (event.text(name) or "" for name in ("case_stream", "case", "lead"))
        self._matters[stream] = _Matter(case, lead, {lead})
        self._cases.setdefault(case, []).append(stream)

    def _linked(self, event: Past) -> None:
        if (matter := self._matter(event.stream, event.text("case"))) is not None:
            matter.reporters.add(event.text("reported_by") or "")
            matter.facts = None

    def _joined(self, event: Past) -> None:
        if (matter := self._matter(event.stream, event.text("case"))) is not None:
            matter.agencies.add(event.text("agency") or "")
            matter.facts = None

    def _left(self, event: Past) -> None:
        if (matter := self._matter(event.stream, event.text("case"))) is not None:
            agency = event.text("agency")
            matter.agencies.discard(agency or "")
            matter.workers = {worker: of for worker, of in matter.workers.items() if of != agency}
            matter.facts = None

    def _assigned(self, event: Past) -> None:
        if (matter := self._matter(event.stream, event.text("case"))) is not None:
            matter.workers[event.text("worker") or ""] = event.text("agency") or ""
            matter.facts = None

    def _requested(self, event: Past) -> None:
        self._referrals[event.text("referral") or ""] = _Referral(
            event.stream,
            event.text("case") or "",
            event.text("sender"),
            event.text("recipient"),
            event.text("outside"),
            event.text("urgency"),
        )


def _facts(matter: _Matter) -> ThingFacts:
    if matter.facts is None:
        matter.facts = ThingFacts(
            "case",
            lead=matter.lead,
            participants=frozenset(matter.agencies),
            reporters=frozenset(matter.reporters),
            workers=frozenset(matter.workers.values()),
        )
    return matter.facts


_STEPS = {
    "accord.concern.reported.v1": Known._reported,
    "accord.case.opened.v1": Known._opened,
    LINKED: Known._linked,
    "accord.agency.joined.v1": Known._joined,
    "accord.agency.left.v1": Known._left,
    "accord.worker.assigned.v1": Known._assigned,
    "accord.referral.requested.v1": Known._requested,
}
