"""A case's events as a timeline shows them: which there are, which the filters leave, in the reader's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from services.audit import answers, known_answers
from services.audit.domain.corrections import corrects, names_of
from services.audit.domain.entry import Axis
from services.audit.domain.entry import Entry as Event
from services.audit.domain.knowledge import KnownEvent
from services.audit.pages.titles import KINDS, kind_of, title_of
from services.audit.pages.values import Reader
from services.audit.views import View
from shared.web.site.codes import code_of
from shared.web.site.components import Choice, Entry, Facet

#: Fields of a partly seen event that are told, at most.
MOST_LINES = 12
#: Referrals that can be filtered by, at most.
MOST_REFERRALS = 20
#: Kinds of events that are taken back, and that take back.
CORRECTED = frozenset({"referrals", "screenings", "acts"})
#: Recorded so soon after it happened, an event is told with one time.
NEARLY = timedelta(minutes=1)


class Row(NamedTuple):
    """An event of a view, and what the filters ask of it: nothing that the view does not tell."""

    event: Event
    known: KnownEvent | None
    agency: str
    kind: str
    referral: str
    read: bool
    whole: bool = True

    @property
    def id(self) -> str:
        """The event's id."""
        return self.event.event.envelope.id


def rows_of(view: View) -> list[Row]:
    """Every event of the view, in its order."""
    if view.knowledge is None:
        return [_row(entry, None, entry.event.envelope.type) for entry in view.replay.entries]
    knowledge = view.knowledge
    return [
        _row(known.entry, known, known.entry.event.envelope.type if knowledge.whole(known) else None)
        for known in knowledge.in_order()
    ]


def _row(entry: Event, known: KnownEvent | None, type: str | None) -> Row:
    if type is None:
        paths = known.fields if known else ()
        referral = next((path.split("/")[1] for path in paths if path.startswith("referrals/")), "")
        return Row(entry, known, "", "other", referral, read=False, whole=False)
    referral = getattr(entry.event.data, "referral", None) or ""
    read = type.startswith("accord.record.")
    return Row(entry, known, entry.event.envelope.agency, kind_of(type), referral, read)


@dataclass(frozen=True)
class Chosen:
    """What the filters leave: of each, nothing chosen means all. Reads are left out unless asked for."""

    agencies: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    referrals: frozenset[str] = frozenset()
    reads: bool = False

    def keeps(self, row: Row) -> bool:
        """Whether the row is shown."""
        return (
            (not self.agencies or row.agency in self.agencies)
            and (row.kind in self.kinds or not self.kinds or row.read)
            and (not self.referrals or row.referral in self.referrals)
            and (self.reads or not row.read)
        )

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """As parameters of an address."""
        many = (("agency", self.agencies), ("kind", self.kinds), ("referral", self.referrals))
        found = [(name, value) for name, values in many for value in sorted(values)]
        return (*found, *((("reads", "on"),) if self.reads else ()))


def facets(rows: Iterable[Row], chosen: Chosen, say: Reader, legends: Sequence[str]) -> tuple[Facet, ...]:
    """What to filter by, and how many rows there are of each. `legends`: agency, kind, referral, reads."""
    listed = list(rows)
    agencies = Counter(row.agency for row in listed if row.agency)
    kinds = Counter(row.kind for row in listed if not row.read)
    referrals = Counter(row.referral for row in listed if row.referral)
    reads = sum(1 for row in listed if row.read)

    by_kind = Counter({kind: kinds[kind] for kind in KINDS if kinds[kind]})
    return (
        Facet("agency", legends[0], choices(agencies, chosen.agencies, say.agency)),
        Facet("kind", legends[1], choices(by_kind, chosen.kinds, lambda kind: say(KINDS[kind][0]))),
        Facet(
            "referral",
            legends[2],
            choices(_last(referrals), chosen.referrals, lambda id: code_of("referral", id)),
        ),
        Facet("reads", legends[3], (Choice("on", legends[3], reads, chosen.reads),)),
    )


def choices(
    counts: Mapping[str, int], taken: frozenset[str], label: Callable[[str], str]
) -> tuple[Choice, ...]:
    """The choices of a facet; what was chosen and matches nothing is there, too, to be taken back."""
    gone = {value: 0 for value in sorted(taken) if value not in counts}
    return tuple(Choice(value, label(value), n, value in taken) for value, n in {**counts, **gone}.items())


def _last(counts: Counter[str]) -> Counter[str]:
    """The referrals that came last: a filter of hundreds helps nobody."""
    return Counter(dict(list(counts.items())[-MOST_REFERRALS:]))


@dataclass(frozen=True)
class Telling:
    """How rows of one view become entries. `place` gives the page of an event.

    `later` and `earlier` are the corrections of the view: event -> what took it back, event -> what it takes back.
    """

    view: View
    say: Reader
    place: Callable[[str], str]
    later: Mapping[str, str]
    earlier: Mapping[str, str]
    short: bool = False

    @classmethod
    def of(
        cls, view: View, rows: Iterable[Row], say: Reader, place: Callable[[str], str], short: bool = False
    ) -> Telling:
        """With the corrections among all rows of the view that it tells whole."""
        whole = [row for row in rows if row.whole and row.kind in CORRECTED]
        first: dict[str, str] = {}
        for row in whole:
            for name in names_of(row.event):
                first.setdefault(name, row.id)
        found = ((first.get(corrects(row.event) or ""), row.id) for row in whole)
        later = {back: by for back, by in found if back is not None and back != by}
        return cls(view, say, place, later, {by: event for event, by in later.items()}, short)

    def entry(self, row: Row) -> Entry:
        """The row as a timeline shows it: of an agency's, what `/v1` tells of it."""
        if row.known is None or self.view.knowledge is None:
            told = answers.history_entry(row.event)
            return self._whole(row.id, told, told.agency, told.clause)
        seen = known_answers.known_entry(self.view.knowledge, row.known)
        if seen.whole:
            return self._whole(row.id, seen, seen.agency or "")
        lines = [f"{self.say.path(path)}: {self._was(path, value)}" for path, value in seen.fields.items()]
        return Entry(
            f"e-{row.id}",
            self.say(title_of(None)),
            seen.recorded,
            "",
            lines=tuple(lines[:MOST_LINES]),
            path=self.place(row.id),
            said=seen.sentence,
        )

    def _was(self, path: str, value: object) -> str:
        return "–" if value is None else self.say.value(path.rpartition("/")[2], value)

    def _whole(
        self, id: str, told: answers.HistoryEntry | known_answers.KnownEntry, agency: str, clause: str = ""
    ) -> Entry:
        later, earlier = self.later.get(id), self.earlier.get(id)
        return Entry(
            f"e-{id}",
            self.say(title_of(told.type)),
            told.recorded,
            self.say.agency(agency),
            happened=self._happened(told),
            clause="" if self.short else clause,
            path=self.place(id),
            corrected=self.place(later) if later else "",
            corrects=self.place(earlier) if earlier else "",
            said="" if self.short else told.sentence,
        )

    def _happened(self, told: answers.HistoryEntry | known_answers.KnownEntry) -> datetime | None:
        """The second time, where it tells more than the first."""
        if told.happened is None or self.view.replay.cut.axis is Axis.HAPPENED:
            return told.happened
        return told.happened if not self.short and told.recorded - told.happened > NEARLY else None
