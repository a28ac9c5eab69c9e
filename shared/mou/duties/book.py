"""Histories, read event by event. A book is a value: adding to it gives a new one and leaves the old as it was.

Books that came from one another share one shelf of what was read. The newest adds to it in place; an older one
that is asked, or added to, reads its own part anew. Not safe for several threads at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING

from shared.mou.duties.calendars import Calendar
from shared.mou.duties.happenings import ACT_RECORDED, CORRECTIONS, STATEMENTS, Happening
from shared.mou.duties.lines import (
    EVER,
    KINDS,
    NEVER,
    Fitting,
    Kind,
    Line,
    duties_of,
    opening,
    patterns_of,
    tokens_of,
)
from shared.mou.duties.patterns import Rulebook, rulebook, token, when
from shared.mou.duties.rules import DutyRule, Per
from shared.mou.duties.states import Duty

if TYPE_CHECKING:
    from shared.mou.document import Mou

#: The document of a version. It raises LookupError if there is none here yet, and then nothing was read.
MouOfVersion = Callable[[str], "Mou"]
#: How a happening is found: what ties it, its type or act, and the thing that it names; None if it names none.
Place = tuple[Per, str, str | None]
#: How far `about` is followed from one act to the next.
FOLLOWED = 16
THINGS = tuple(thing for thing in CORRECTIONS.values() if thing is not None)


@dataclass(slots=True, eq=False)
class _Group:
    """A case and the concerns that belong to it."""

    subjects: set[str] = field(default_factory=set)
    lines: dict[tuple[str, Per, str], Line] = field(default_factory=dict)
    #: Everything by its type or act; and of those that a line asked for, by the thing that it names.
    read: defaultdict[str, list[Happening]] = field(default_factory=lambda: defaultdict(list))
    asked: defaultdict[str, set[Per]] = field(default_factory=lambda: defaultdict(set))
    found: defaultdict[Place, list[Happening]] = field(default_factory=lambda: defaultdict(list))
    watched: defaultdict[Place, set[Line]] = field(default_factory=lambda: defaultdict(set))


class Shelf:
    """What was read, found by what a duty asks of it. Changed in place; `Book` is the value that others hold."""

    def __init__(self, mou_of_version: MouOfVersion, history: Iterable[Happening] = ()) -> None:
        self.mou_of_version = mou_of_version
        self.read: dict[str, Happening] = {}
        #: The lines that the last event bears on.
        self.reached: dict[Line, None] = {}
        self._groups: dict[str, _Group] = {}
        self._concerns: set[str] = set()
        self._said: defaultdict[tuple[str, str], list[Happening]] = defaultdict(list)
        self._corrections: defaultdict[str, list[Happening]] = defaultdict(list)
        self._of_thing: defaultdict[str, list[Happening]] = defaultdict(list)
        for what in history:
            self.add(what)

    def add(self, what: Happening) -> bool:
        """Read one more event; False if it was read before. Raises LookupError, and has read nothing."""
        if what.id in self.read:
            return False
        book = self._rulebook(what.mouversion)
        tokens = what.tokens
        opens = book.opened_by(what, tokens).values()
        self.read[what.id] = what
        self.reached = {}
        group = self._group_of(what)
        places = self._places(group, what)
        for name in tokens:
            group.read[name].append(what)
        for place in places:
            group.found[place].append(what)
        self._reread(group, places, what.time)
        self._correct(what)
        if what.type in STATEMENTS:
            self._say(group, what)
        for rule, happened in opens:
            line = self._line(group, rule, self._key(rule.per, what))
            line.openings.append(opening(what, happened, rule, book.calendar))
            self.watch(group, line, rule)
            self._reach(line, NEVER)
        return True

    def duties(self, subject: str | None = None) -> Iterator[Duty]:
        """Every duty, or those of a case and its concerns, as if time stood still."""
        for group in self._chosen(subject):
            for line in group.lines.values():
                yield from self._duties_of(line, group)

    def duties_reached(self) -> Iterator[Duty]:
        """Those on which the last event may bear: a duty among them may be new, or stand as it did."""
        for line in self.reached:
            yield from self._duties_of(line, self._groups[line.openings[0].what.subject])

    def _chosen(self, subject: str | None) -> Iterable[_Group]:
        if subject is not None:
            return [self._groups[subject]] if subject in self._groups else []
        return {id(group): group for group in self._groups.values()}.values()

    def _duties_of(self, line: Line, group: _Group) -> tuple[Duty, ...]:
        if line.duties is None:
            line.duties = duties_of(line, _Reading(self, group))
        return line.duties

    def _reach(self, line: Line, since: datetime = EVER) -> None:
        line.duties, line.since = None, min(line.since, since)
        self.reached[line] = None

    def counts(self, what: Happening) -> bool:
        """Whether no correction that itself counts, recorded after it, takes it back."""
        if not self._corrections:
            return True
        named = (what.id, *filter(None, map(what.text, THINGS)))
        against = (one for name in named for one in self._corrections.get(name, ()))
        return not any(one.order > what.order and self.counts(one) for one in against)

    def statements(self, rule: str, event: str) -> Sequence[Happening]:
        """What was said of the duty that this event opened, as recorded, without what was taken back."""
        said = self._said.get((rule, event))
        return [one for one in said if self.counts(one)] if said else ()

    def rule_of(self, version: str, rule: str) -> tuple[DutyRule, Calendar] | None:
        """The rule in this version, if it is there and not off."""
        book = self._rulebook(version)
        return (book.rules[rule], book.calendar) if rule in book.rules else None

    def _rulebook(self, version: str) -> Rulebook:
        return rulebook(self.mou_of_version(version))

    def _group_of(self, what: Happening) -> _Group:
        """The case with its concerns that this is about; an event that names two of them ties them."""
        concern = what.text("concern")
        if concern is not None:
            self._concerns.add(concern)
        named = {what.subject, what.text("case") or what.subject, concern or what.subject}
        own = self._groups.get(what.subject)
        if own is not None and named <= own.subjects:
            return own
        groups = {self._groups[name] for name in named if name in self._groups} or {_Group()}
        group, *others = sorted(groups, key=lambda one: len(one.lines), reverse=True)
        for other in others:
            self._merge(group, other)
        group.subjects |= named
        self._groups.update(dict.fromkeys(group.subjects, group))
        return group

    def _merge(self, group: _Group, other: _Group) -> None:
        """One group of two; what was asked of either is asked anew."""
        group.subjects |= other.subjects
        for name, read in other.read.items():
            group.read[name].extend(read)
        for key, line in other.lines.items():
            group.lines.setdefault(key, Line(*key)).openings.extend(line.openings)
        group.asked.clear()
        group.found.clear()
        group.watched.clear()
        for line in group.lines.values():
            self._reach(line)
            for one in line.openings:
                self.watch(group, line, one.rule)

    def _line(self, group: _Group, rule: DutyRule, key: str) -> Line:
        name = (rule.id, rule.per, key)
        if name not in group.lines:
            group.lines[name] = Line(*name)
        return group.lines[name]

    def _say(self, group: _Group, what: Happening) -> None:
        rule, event = what.text("rule"), what.text("opening")
        if rule is None or event is None:
            return
        self._said[rule, event].append(what)
        self._said[rule, event].sort(key=lambda one: one.order)
        for line in group.lines.values():
            if line.rule == rule:
                self._reach(line)

    def _correct(self, what: Happening) -> None:
        for field_of_thing in THINGS:
            if (thing := what.text(field_of_thing)) is not None:
                self._of_thing[thing].append(what)
        if what.type not in CORRECTIONS:
            return
        whole = CORRECTIONS[what.type]
        named = what.text("entry") or (what.text(whole) if whole else None)
        if named is not None:
            self._corrections[named].append(what)
            self._corrected(named)

    def _corrected(self, named: str) -> None:
        """Whatever leans on what was taken back, or given back, is read anew."""
        entries = [self.read[named]] if named in self.read else self._of_thing.get(named, [])
        for entry in entries:
            group = self._groups[entry.subject]
            self._reread(group, self._places(group, entry))
            for line in group.lines.values():
                if any(one.what is entry for one in line.openings) or line.rule == entry.text("rule"):
                    self._reach(line)
            further = entry.text("entry") if entry.type in CORRECTIONS else None
            if further in self.read and self.read[further].order < entry.order:
                self._corrected(further)

    def _reread(self, group: _Group, places: Iterable[Place], since: datetime = EVER) -> None:
        for place in places:
            for line in group.watched.get(place, ()):
                self._reach(line, EVER if line.dated else since)

    def _places(self, group: _Group, what: Happening) -> list[Place]:
        asked = group.asked
        return [(per, name, self._named(per, what)) for name in what.tokens for per in asked.get(name, ())]

    def watch(self, group: _Group, line: Line, rule: DutyRule) -> None:
        """From now on the line is reached by what is added where a duty of this rule looks."""
        line.dated = line.dated or any(pattern.at for kind in KINDS for pattern in patterns_of(rule, kind))
        for name in tokens_of(rule):
            if line.per not in group.asked[name]:
                group.asked[name].add(line.per)
                for what in group.read.get(name, ()):
                    group.found[line.per, name, self._named(line.per, what)].append(what)
            for place in _looked(line, name):
                group.watched[place].add(line)

    def _named(self, per: Per, what: Happening) -> str | None:
        """The thing of that kind that it is about; None if it says nothing narrower than its case."""
        about = _about(what)
        match per:
            case Per.CASE:
                return None
            case Per.ACT:
                return self._up(about, acts=True) if about else None
            case Per.REFERRAL:
                return what.text("referral") or (self._referral(about) if about else None)
            case Per.CONCERN:
                return what.text("concern") or (self._concern(about) if about else self._of_concern(what))

    def _referral(self, about: str) -> str:
        """The referral that this is, or is of; itself, where it is of none."""
        last = self._up(about)
        entry = self.read.get(last)
        return (entry and entry.text("referral")) or last

    def _concern(self, about: str) -> str | None:
        """The concern that this is, or is of; None for what is of the case."""
        last = self._up(about)
        entry = self.read.get(last)
        if entry is None:
            return last
        return entry.text("concern") or self._of_concern(entry)

    def _of_concern(self, what: Happening) -> str | None:
        return what.subject if what.subject in self._concerns else None

    def _up(self, about: str, *, acts: bool = False) -> str:
        """What an act is about in the end, following acts about acts; or with `acts`, the first of these acts."""
        for _ in range(FOLLOWED):
            entry = self._entry(about)
            about = entry.id if entry else about
            further = _about(entry) if entry else None
            if further is None or further == about or (acts and self._entry(further) is None):
                break
            about = further
        return about

    def _entry(self, named: str) -> Happening | None:
        """The event of this id, or that of the act that was recorded under it."""
        if named in self.read:
            return self.read[named]
        acts = (one for one in self._of_thing.get(named, ()) if one.type == ACT_RECORDED)
        return next(acts, None)

    def _key(self, per: Per, what: Happening) -> str:
        match per:
            case Per.CASE:
                return ""
            case Per.CONCERN:
                return self._named(per, what) or what.subject
            case Per.REFERRAL:
                return self._named(per, what) or what.id
            case Per.ACT:
                return self._up(what.id, acts=True)


class _Reading:
    """A shelf as one line reads it."""

    def __init__(self, shelf: Shelf, group: _Group) -> None:
        self._shelf, self._group, self._found = shelf, group, group.found
        self._kept: dict[tuple[int, Kind], Fitting] = {}
        self.counts, self.statements = shelf.counts, shelf.statements

    def rule_of(self, line: Line, version: str) -> tuple[DutyRule, Calendar] | None:
        """As `Facts` says; the line is watched for what the rule of that version asks for, too."""
        found = self._shelf.rule_of(version, line.rule)
        if found is not None:
            self._shelf.watch(self._group, line, found[0])
        return found

    def fitting(self, line: Line, rule: DutyRule, kind: Kind) -> Fitting:
        """As `Facts` says."""
        if (id(rule), kind) not in self._kept:
            self._kept[id(rule), kind] = self._fitting(line, rule, kind)
        return self._kept[id(rule), kind]

    def _fitting(self, line: Line, rule: DutyRule, kind: Kind) -> Fitting:
        first: dict[str, tuple[datetime, tuple[datetime, str], Happening]] = {}
        for pattern in patterns_of(rule, kind):
            looked = (self._found.get(place, ()) for place in _looked(line, token(pattern)))
            for what in chain.from_iterable(looked):
                happened = when(pattern, what)
                if happened is None or not self.counts(what):
                    continue
                if what.id not in first or happened < first[what.id][0]:
                    first[what.id] = happened, what.order, what
        return sorted(first.values(), key=lambda one: one[:2])


def _looked(line: Line, name: str) -> tuple[Place, ...]:
    """Where a line looks for this type or act: at its own thing, and at what names none."""
    of_none = (line.per, name, None)
    return ((line.per, name, line.key), of_none) if line.key else (of_none,)


def _about(what: Happening) -> str | None:
    """What it belongs to; None where that is no more than the case or concern that it is recorded on."""
    about = what.text("about")
    return None if about == what.subject else about


@dataclass(frozen=True, slots=True, eq=False)
class Book:
    """A history as read so far: `read` events, in the order in which they came."""

    shelf: Shelf
    read: int

    def opened(self) -> Shelf:
        """The shelf as this book knows it: its own part of it anew, if others added to it since."""
        if self.read == len(self.shelf.read):
            return self.shelf
        history = list(self.shelf.read.values())[: self.read]
        return Shelf(self.shelf.mou_of_version, history)


def empty(mou_of_version: MouOfVersion) -> Book:
    """A book in which nothing was read yet."""
    return Book(Shelf(mou_of_version), 0)


def evolve(book: Book, what: Happening) -> Book:
    """The book with one more event; the same book if it was read before.

    Raises LookupError if the version of the memorandum that it was judged under is not here yet.
    """
    shelf = book.opened()
    return Book(shelf, len(shelf.read)) if shelf.add(what) else book


def reached(book: Book) -> Iterator[Duty]:
    """The duties on which the last event may bear, as if time stood still; `states.at` says how they stand."""
    return book.opened().duties_reached()
