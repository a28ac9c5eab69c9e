"""The duties of a case as audit works them out, beside what notifications recorded of them. Pure.

A difference is explained if the record itself says why it is one: notifications recorded it later, an entry changed
it meanwhile, or it is not yet known whether all of it has come. Any other stands for a person to look at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import zip_longest

from services.audit.domain.duties import Owed, Turn
from services.audit.domain.duties_said import VOID, Kind, Notice, Said, Stand
from shared.mou.duties.states import Duty, moments

#: How long notifications may take until it has recorded what follows from an entry or from the time.
PATIENCE = timedelta(minutes=5)
#: The moments of which somebody is reminded before a duty is due.
EARLY = frozenset({"alarm", "warning"})


class Differs(StrEnum):
    """In what the two differ."""

    NOT_OPENED = "not-opened"
    NOT_OWED = "not-owed"
    STATE = "state"
    DUE = "due"
    MET_BY = "met-by"
    NOT_TOLD = "not-told"
    TOLD_WRONGLY = "told-wrongly"


class Why(StrEnum):
    """What explains a difference; none of these, and nothing does."""

    RECORDED_LATER = "recorded-later"
    CHANGED_SINCE = "changed-since"
    NOT_COMPLETE = "not-complete"


class Verdict(StrEnum):
    """What the comparison of one duty came to."""

    AGREES = "agrees"
    EXPLAINED = "explained"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: since when there should be none, what explains it, and by which event.

    `told` is the moment that was or was not told, by the engine's names.
    """

    what: Differs
    since: datetime
    why: Why | None = None
    event: str | None = None
    told: Kind | None = None
    later: datetime | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """A duty: as worked out, None if there is none; as it was recorded, None if it was not; and how they differ."""

    key: str
    duty: Duty | None
    said: Said | None
    differences: Sequence[Difference] = ()

    @property
    def verdict(self) -> Verdict:
        """Whether the two agree; if they do not, whether all of it is explained."""
        if not self.differences:
            return Verdict.AGREES
        return Verdict.EXPLAINED if all(one.why for one in self.differences) else Verdict.DIFFERS

    @property
    def opening(self) -> str:
        """The event that opened it, or is said to have."""
        return self.key.partition(":")[2]


@dataclass(frozen=True)
class Compare:
    """Compares as of `moment`.

    `owed` and `said` are of all that is recorded by now, since what came later may explain what is not there yet;
    of what was recorded before `complete_until` the ledger lacks nothing.
    """

    owed: Owed
    said: Mapping[str, Said]
    moment: datetime
    complete_until: datetime | None

    def all(self) -> list[Compared]:
        """Every duty that is owed, or was recorded, by then; the earliest opened first, then what is not owed."""
        standing = {duty.key: duty for duty in self.owed.standing(self.moment)}
        found = [self._one(key, duty) for key, duty in standing.items()]
        others = [self._one(key, None) for key in self.said if key not in standing]
        return found + [one for one in others if one.said is not None]

    def _one(self, key: str, duty: Duty | None) -> Compared:
        whole = self.said.get(key)
        said = whole.until(self.moment) if whole else None
        if said is not None and not said.stands and not said.notices:
            said = None
        differences = [self._explained(key, one) for one in self._differences(key, said or Said("", "", ""))]
        return Compared(key, duty, said, differences)

    def _differences(self, key: str, said: Said) -> Iterator[Difference]:
        turn = self.owed.turn(key, self.moment)
        stand = said.stands[-1] if said.stands else None
        what = differs(turn.duty if turn else None, stand)
        if what is not None:
            yield Difference(what, turn.since if turn else stand.recorded if stand else self.moment)
        if turn is not None and turn.duty is not None:
            told = {notice.kind for notice in said.notices if stand and notice.revision == stand.revision}
            for since, kind in _to_tell(turn.duty, turn.since, self.moment):
                if kind not in told:
                    yield Difference(Differs.NOT_TOLD, since, told=kind)
        for notice in said.notices:
            if not self._founded(key, notice):
                yield Difference(Differs.TOLD_WRONGLY, notice.recorded, event=notice.event, told=notice.kind)

    def _founded(self, key: str, notice: Notice) -> bool:
        """Whether the moment had come when it was told, and nothing that was recorded by then had met the duty.

        A reminder may cross with the entry that makes it needless: it waits for nothing.
        """
        turns = [turn for turn in self.owed.turns.get(key, ()) if turn.since <= notice.recorded]
        for turn, following in zip_longest(turns, turns[1:]):
            for one in moments(turn.duty) if turn.duty else ():
                stood = following is None or following.since > one.at or one.kind in EARLY
                if (one.kind, one.step) == notice.kind and one.at <= notice.recorded and stood:
                    return True
        return False

    def _explained(self, key: str, one: Difference) -> Difference:
        if one.what is Differs.TOLD_WRONGLY:
            return one
        whole = self.said.get(key) or Said("", "", "")
        turn = self.owed.turn(key, self.moment)
        if (by := self._recorded_later(whole, turn, one)) is not None:
            return replace(one, why=Why.RECORDED_LATER, event=by.event, later=by.recorded)
        after = self.owed.after(key, self.moment)
        last = whole.stands[-1] if whole.stands else None
        soon = after and after[0].since < one.since + PATIENCE
        if soon and differs(after[-1].duty, last) is None:
            return replace(one, why=Why.CHANGED_SINCE, event=after[0].because, later=after[0].since)
        spoke = max([one.since, *(s.recorded for s in whole.stands if s.recorded <= self.moment)])
        if self.complete_until is None or self.complete_until < spoke + PATIENCE:
            return replace(one, why=Why.NOT_COMPLETE)
        return one

    def _recorded_later(self, whole: Said, turn: Turn | None, one: Difference) -> Stand | Notice | None:
        if one.what is Differs.NOT_TOLD:
            later = (notice for notice in whole.notices if notice.recorded > self.moment)
            return next((notice for notice in later if notice.kind == one.told), None)
        stands = (stand for stand in whole.stands if stand.recorded > self.moment)
        return next((stand for stand in stands if differs(turn.duty if turn else None, stand) is None), None)


def differs(duty: Duty | None, stand: Stand | None) -> Differs | None:
    """The first thing in which a duty, as if time stood still, differs from what was said of it, if anything."""
    standing = stand if stand is not None and stand.state != VOID else None
    if duty is None or standing is None:
        if duty is None and standing is None:
            return None
        return Differs.NOT_OWED if duty is None else Differs.NOT_OPENED
    if str(duty.state) != standing.state:
        return Differs.STATE
    if duty.due_at != standing.due_at:
        return Differs.DUE
    if (duty.met_by, duty.met_at) != (standing.met_by, standing.met_at):
        return Differs.MET_BY
    return None


def _to_tell(duty: Duty, since: datetime, moment: datetime) -> Iterator[tuple[datetime, Kind]]:
    """What should have been told by then of a duty that stands so since then, and from when on.

    Of several reminders the last one is enough; none is asked for once it is past due.
    """
    passed = [one for one in moments(duty) if one.at <= moment]
    late = [one for one in passed if one.kind not in EARLY]
    for one in late or passed[-1:]:
        yield max(one.at, since), (one.kind, one.step)
