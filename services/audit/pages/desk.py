"""What every page of a case works with: views of it out of one ledger, in the words of who reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from services.audit.access import may_read_findings
from services.audit.domain.entry import Cut, Entry
from services.audit.pages.values import Reader
from services.audit.pages.wanted import Wanted, address
from services.audit.questions import Questions
from services.audit.reading import Adopted, parsed
from services.audit.views import View, look
from shared.events.names import Agency
from shared.mou import CallerFacts
from shared.web.site.codes import code_of
from shared.web.site.cookie import Language
from shared.web.site.rendering import Pages
from shared.web.site.times import exact
from shared.web.site.visitor import Visitor
from shared.web.trace import Trace


@dataclass(frozen=True)
class Bar:
    """The bar over a case: which moment is shown, and where it leads. Numbers are those of the whole case."""

    moment: datetime
    event: int
    of: int
    before: str
    after: str
    now: str
    typed: str
    """What stands in its field: the moment, where it is not now."""


@dataclass(frozen=True)
class Page:
    """A case as one page shows it: the view that was asked for, beside all of it by the same axis."""

    case: str
    asked: Wanted
    view: View
    whole: View
    say: Reader
    verifies: bool = False
    """Whether its reader may verify the county's logs."""

    @property
    def path(self) -> str:
        """The address of its timeline, without parameters."""
        return f"/timeline/{self.case}"

    @property
    def code(self) -> str:
        """Its code."""
        return code_of("case", self.case)

    @property
    def known_to(self) -> str:
        """The agency's name whose view it is; empty: the auditor's."""
        return self.say.agency(self.asked.known_to.value) if self.asked.known_to else ""

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Event -> its number in the whole case, from 1."""
        return {e.event.envelope.id: n for n, e in enumerate(self.whole.replay.entries, 1)}

    def to(self, more: str = "", *pairs: tuple[str, str]) -> str:
        """The address of a page of this case, of the same view."""
        return address(f"{self.path}{more}", *self.asked.all, *pairs)

    def of_event(self, event: str) -> str:
        """The address of an event of this view."""
        return self.to(f"/event/{event}")

    def elsewhere(self, top: str) -> str:
        """The case's address under another first segment; evidence takes the view along. Empty if not theirs."""
        if top == "/verify" and not self.verifies:
            return ""
        pairs = [pair for pair in self.asked.all if pair[0] != "axis"] if top == "/evidence" else []
        return address(f"{top}/{self.case}", *pairs)

    @property
    def reached(self) -> int:
        """How many events of the whole case the view reaches over."""
        entries, asked = self.whole.replay.entries, self.asked
        if asked.event:
            return self.numbers.get(asked.event, 0)
        if asked.until is None:
            return len(entries)
        return sum(1 for entry in entries if entry.at(asked.axis) <= asked.until)

    def bar(self, more: str = "") -> Bar:
        """The bar over the page of this case at `more`."""
        entries, reached, asked = self.whole.replay.entries, self.reached, self.asked
        moment = self.view.replay.as_of or self.whole.replay.as_of
        assert moment is not None, "a case has events"

        def beside(place: int) -> str:
            if not 0 <= place < len(entries):
                return ""
            return address(f"{self.path}{more}", ("as_of_event", _id(entries[place])), *asked.view)

        now = address(f"{self.path}{more}", *asked.view) if asked.past else ""
        after = beside(reached) if asked.past else ""
        typed = asked.typed or (exact(moment, self.say.county.zone) if asked.past else "")
        return Bar(moment, reached, len(entries), beside(reached - 2), after, now, typed)


def _id(entry: Entry) -> str:
    return entry.event.envelope.id


@dataclass(frozen=True)
class Desk:
    """Looks cases up for pages. Thread-safe; blocks on the database."""

    questions: Questions
    pages: Pages

    def open(self, case: str, visitor: Visitor, trace: Trace, *asked: Wanted) -> list[Page]:
        """Pages of one case, out of the same ledger; the read is recorded. Raises Problem as `/v1` does.

        That an agency could not have known of the case is told to whoever may see the case itself.
        """
        wanted: list[tuple[Cut, Agency | None]] = [(one.cut, one.known_to) for one in asked]
        whole = (Cut(asked[0].axis), None)
        *views, all = look(self.questions, case, visitor.caller, str(trace.correlation_id), [*wanted, whole])
        say = self.reader(visitor.language, all.replay.adopted)
        verifies = may_read_findings(CallerFacts.of(visitor.caller))
        return [Page(case, one, view, all, say, verifies) for one, view in zip(asked, views, strict=True)]

    def reader(self, language: Language, adopted: Sequence[Adopted]) -> Reader:
        """The words of a reader; agencies are called what the newest MOU calls them."""
        mou = parsed(adopted[-1]) if adopted else None
        names = {str(party.agency): party.name for party in mou.parties} if mou else {}
        return Reader(language, self.pages.county, names)
