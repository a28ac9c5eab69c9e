"""From what was read to counts: each question that the MOU answers is asked of both versions. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain

from shared.events.names import Purpose
from shared.mou.diff.words import duty_name
from shared.mou.disclosure import disclosable
from shared.mou.document import Mou
from shared.mou.duties.happenings import Happening
from shared.mou.duties.obligations import obligations
from shared.mou.duties.patterns import token
from shared.mou.duties.rules import DutyRule
from shared.mou.duties.states import Duty, State
from shared.mou.facts import CallerFacts, EventFacts, ThingFacts
from shared.mou.routing import recipients
from shared.mou.simulating.acted import Acted, roles_at, roles_that_may
from shared.mou.simulating.results import ActLine, Change, Duties, DutyLine, NoticeLine, SeenLine

#: What a state of a duty is counted as.
COUNTED: Mapping[State, str] = {
    State.OPEN: "still_open",
    State.DUE_SOON: "still_open",
    State.TOLLED: "still_open",
    State.NO_RECORD: "no_record",
    State.CONFIRMED_NOT_DONE: "not_done",
    State.DONE_ON_TIME: "on_time",
    State.DONE_ON_TIME_RECORDED_LATE: "on_time_recorded_late",
    State.DONE_LATE: "late",
    State.WAIVED: "waived",
    State.SUPERSEDED: "superseded",
}
#: Of a duty that a version does not know.
NONE = "none"

#: Rule -> its duties.
Owed = Mapping[str, Sequence[Duty]]


def types_named(mou: Mou) -> frozenset[str]:
    """The event types and acts that the rules of a version wait for."""
    kinds = ((*rule.opens, *rule.closes, *rule.ends) for rule in mou.duties)
    before = (rule.within.before for rule in mou.duties if rule.within and rule.within.before)
    return frozenset(token(pattern) for pattern in chain(*kinds, before))


def owed(history: Sequence[Happening], present: Mou, proposed: Mou, now: datetime) -> tuple[Owed, Owed]:
    """The duties under both versions, as of `now`. Rules that both share are worked out once."""
    before = _owed(history, present, now)
    changed = _changed_rules(present, proposed)
    shared = {rule.id for rule in proposed.duties} - {rule.id for rule in changed}
    after = {rule: found for rule, found in before.items() if rule in shared}
    return before, {**after, **_owed(history, proposed.model_copy(update={"duties": changed}), now)}


def duties(
    before: Owed, after: Owed, present: Mou, proposed: Mou
) -> tuple[tuple[DutyLine, ...], tuple[Change, ...]]:
    """By rule, in the documents' order."""
    lines, changes = [], []
    for rule, mou in _rules(present, proposed):
        was, becomes = (_ends(found.get(rule.id, ())) for found in (before, after))
        moved = _moved(was, becomes)
        changes += [Change(rule=rule.id, was=a, becomes=b, count=n) for (a, b), n in sorted(moved.items())]
        if was or becomes:
            lines.append(
                DutyLine(
                    rule=rule.id,
                    clause=rule.clause,
                    title=duty_name(mou, rule),
                    present=_counts(was.values()),
                    proposed=_counts(becomes.values()),
                    differing=moved.total(),
                )
            )
    return tuple(lines), tuple(changes)


def _owed(history: Sequence[Happening], mou: Mou, now: datetime) -> Owed:
    found: defaultdict[str, list[Duty]] = defaultdict(list)
    if mou.duties:
        for duty in obligations(history, lambda _: mou, now):
            found[duty.rule.id].append(duty)
    return found


def _ends(found: Iterable[Duty]) -> dict[str, str]:
    """Key of a duty -> what it is counted as."""
    return {duty.key: COUNTED[duty.state] for duty in found}


def _changed_rules(present: Mou, proposed: Mou) -> tuple[DutyRule, ...]:
    """Those of the proposal that may come out otherwise."""
    if (present.time_zone, sorted(present.closures)) != (proposed.time_zone, sorted(proposed.closures)):
        return proposed.duties
    known = {rule.id: rule for rule in present.duties}
    return tuple(rule for rule in proposed.duties if known.get(rule.id) != rule)


def _rules(present: Mou, proposed: Mou) -> Iterable[tuple[DutyRule, Mou]]:
    """Each rule once, as the proposal has it; what the proposal lacks comes last."""
    ids = {rule.id for rule in proposed.duties}
    yield from ((rule, proposed) for rule in proposed.duties)
    yield from ((rule, present) for rule in present.duties if rule.id not in ids)


def _moved(was: Mapping[str, str], becomes: Mapping[str, str]) -> Counter[tuple[str, str]]:
    pairs = ((was.get(key, NONE), becomes.get(key, NONE)) for key in {*was, *becomes})
    return Counter(pair for pair in pairs if pair[0] != pair[1])


def _counts(ends: Iterable[str]) -> Duties:
    found = Counter(ends)
    return Duties(opened=found.total(), **found)


def acts(found: Mapping[Acted, int], present: Mou, proposed: Mou) -> tuple[ActLine, ...]:
    """By act and agency: how many of the commands that were carried out a version would refuse."""
    counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for what, count in found.items():
        roles = roles_at(what.agency, present, proposed)
        before, after = (roles_that_may(what, roles, mou) for mou in (present, proposed))
        line = counts[what.act, what.agency]
        line["carried_out"] += count
        line["refused_present"] += count * (not before)
        line["refused_proposed"] += count * (not after)
        line["fewer_roles"] += count * bool(after and before - after)
    keys = ("carried_out", "refused_present", "refused_proposed", "fewer_roles")
    return tuple(
        ActLine(act=act, agency=agency, **{key: line[key] for key in keys})
        for (act, agency), line in sorted(counts.items())
    )


def seen(
    found: Mapping[tuple[ThingFacts, tuple[str, ...]], int], present: Mou, proposed: Mou
) -> tuple[SeenLine, ...]:
    """By agency and class: how many of the facts that were sealed each version opens to it."""
    agencies = {str(party.agency) for mou in (present, proposed) for party in mou.parties}
    counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    things: defaultdict[ThingFacts, Counter[str]] = defaultdict(Counter)
    for (thing, classes), count in found.items():
        things[thing].update(dict.fromkeys(classes, count))
    for thing, classes_of in things.items():
        for agency in agencies:
            ways = [_ways(agency, thing, mou) for mou in (present, proposed)]
            for sealed, count in classes_of.items():
                line = counts[agency, sealed]
                line["facts"] += count
                for name, opened in zip(("present", "proposed"), ways, strict=True):
                    line[name] += count * bool(opened[sealed])
                    line[f"ways_{name}"] += count * opened[sealed]
    return tuple(
        SeenLine(agency=agency, sealed_class=sealed, **line)
        for (agency, sealed), line in sorted(counts.items())
        if line["ways_present"] or line["ways_proposed"]
    )


def _ways(agency: str, thing: ThingFacts, mou: Mou) -> Counter[str]:
    """Class -> in how many ways, by role and purpose, somebody of the agency may open it."""
    ways: Counter[str] = Counter()
    for role in roles_at(agency, mou):
        held = frozenset[str]() if role == "system" else frozenset({role})
        for purpose in Purpose:
            viewer = CallerFacts(agency, held, purpose, role == "system", agency)
            ways.update(one.sealed_class for one in disclosable(viewer, purpose, thing, mou))
    return ways


def notices(found: Mapping[EventFacts, int], present: Mou, proposed: Mou) -> tuple[NoticeLine, ...]:
    """By tier and queue: how many notices of the recorded events each version sends."""
    sent: list[Counter[Sent]] = [Counter(), Counter()]
    for event, count in found.items():
        for counts, mou in zip(sent, (present, proposed), strict=True):
            for one in recipients(event, mou, mou.rota):
                counts[one.tier, one.address] += count
    return beside(*sent)


#: Tier and queue.
Sent = tuple[str, str]


def beside(present: Mapping[Sent, int], proposed: Mapping[Sent, int]) -> tuple[NoticeLine, ...]:
    """Both versions' counts in one line for each tier and queue."""
    return tuple(
        NoticeLine(
            tier=tier,
            recipient=queue,
            present=present.get((tier, queue), 0),
            proposed=proposed.get((tier, queue), 0),
        )
        for tier, queue in sorted({*present, *proposed})
    )
