"""The one-page sheet of a role: everything on it is read off the document. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.events.names import Role, Urgency
from shared.mou.document import Mou
from shared.mou.duties.rules import DutyRule, Holder, Pattern
from shared.mou.papers.owing import falls_to, owed_by
from shared.mou.papers.paper import Block, Heading, Items, Line, Paper, Span, lead, plain, quiet, said, strong
from shared.mou.papers.sharing import agencies_of, seen, seen_by_nobody, seen_by_others, short_name
from shared.mou.parties import clause_of, includes
from shared.mou.practice import Member, ReferralKind, ResponseTier
from shared.mou.telling import HOURS, clock_in_words, patterns_in_words, told_in_words
from shared.mou.vocabulary import CodeList
from shared.mou.words import Words

#: The roles that the county hands sheets to, as the command and the address call them.
ROLES: dict[str, Role] = {
    "social-worker": Role.SOCIAL_WORKER,
    "probation-officer": Role.PROBATION_OFFICER,
    "advocate": Role.ADVOCATE,
    "law-enforcement": Role.DEPUTY,
}
#: The type is set as large as the page allows; smaller than the last size nobody reads it.
SIZES = tuple(quarter / 4 for quarter in range(42, 29, -1))
#: The parts of the document's own lines, in the order in which they stand on the sheet.
FIRST: dict[str, str] = {
    "first": "At once",
    "call": "Whom you call",
    "say": "What you say to the young person",
    "never": "What is never done",
}
MODES: dict[str, str] = {
    "in-person": "in person",
    "telephone": "by telephone",
    "on-call": "on call",
    "in-meeting": "in the meeting",
    "by-record": "by record",
}
URGENCIES: dict[Urgency, str] = {
    Urgency.HOURS: "needed within hours:",
    Urgency.DAY: "within a day:",
    Urgency.DAYS: "within days:",
    Urgency.ROUTINE: "routine:",
}


def sheet(mou: Mou, role: str, words: Words) -> Paper:
    """The sheet of a role of ROLES. Raises KeyError for another one."""
    held = ROLES[role]
    own = [block for part, title in FIRST.items() for block in _own(mou, held, words, part, title)]
    rest = [*_duties(mou, held, words), *_answers(mou, held, words), *_teams(mou, held, words)]
    rest += [*_helpers(mou, words), *_inbox(mou, held, words), *_sharing(mou, held, words)]
    rest += _own(mou, held, words, "record", "Where you record it")
    return Paper(
        title=words("Cheat sheet: {role}", role=words(role.replace("-", " "))),
        language=words.language,
        version=mou.version,
        dated=mou.effective,
        head=(tuple(_head(mou, words)),),
        blocks=(*own, *rest),
        form="sheet",
        sizes=SIZES,
        pages=1,
    )


def _head(mou: Mou, words: Words) -> Iterator[Span]:
    asked = sum(clause.confirmed == "default" for clause in mou.clauses)
    yield strong(f"{mou.county}. ")
    yield plain(words("Memorandum {version}, in effect from ", version=mou.version))
    yield Span(mou.effective.isoformat(), "date")
    yield plain(
        words(
            ". Numbers in brackets are its clauses; where this sheet and a clause differ, the clause holds."
        )
    )
    yield plain(words(" Hours run through nights and weekends; days and months end with their last day."))
    yield plain(
        words(
            " County counsel has still to confirm {open} of {all} clauses.", open=asked, all=len(mou.clauses)
        )
    )
    if words.language != "en":
        yield plain(words(" What the county has not translated stands in its own words."))


def _own(mou: Mou, role: Role, words: Words, part: str, title: str) -> Iterator[Block]:
    """The document's own lines for this part of the sheet."""
    lines = [
        (said(words, one.says, one.es), quiet(f"\u00a0[{one.clause}]"))
        for one in mou.sheets
        if one.part == part and includes(one.roles, mou.role_sets, frozenset({str(role)}))
    ]
    yield from _section(words(title), lines)


def _section(title: str, lines: Sequence[Line]) -> Iterator[Block]:
    if lines:
        yield Heading((plain(title),))
        yield Items(tuple(lines))


def _duties(mou: Mou, role: Role, words: Words) -> Iterator[Block]:
    """What the role owes, by what opens it; notices that differ in whom they go to stand as one."""
    opened: dict[str, dict[Same, list[DutyRule]]] = {}
    for duty in owed_by(mou, role):
        opening = patterns_in_words(mou, tuple(_shortened(one, words) for one in duty.opens), words)
        opened.setdefault(opening, {}).setdefault(_same(duty), []).append(duty)
    if opened:
        yield Heading((plain(words("What you owe, and by when")),))
    for opening, groups in opened.items():
        lines = [_owed(mou, duties, words) for duties in groups.values()]
        when = words("When: {what}", what=opening)
        if len(lines) > 1:
            yield Heading((plain(when),), level=3)
            yield Items(tuple(lines))
        else:
            yield Items(((lead(f"{when}. "), *lines[0]),))


def _shortened(pattern: Pattern, words: Words) -> Pattern:
    """The pattern with the long lists of codes left out, which `accord mou explain` shows."""
    where = {
        name: values if len(values) <= FEW else (words("any of a list"),)
        for name, values in pattern.where.items()
    }
    return pattern.model_copy(update={"where": where})


#: So many codes are still read; more are a list.
FEW = 3
#: What duties have in common that one sentence, their clause's, says for all of them.
Same = tuple[object, ...]


def _same(duty: DutyRule) -> Same:
    acts = {pattern.act for pattern in duty.closes}
    if not duty.to or None in acts:
        return (duty.id,)
    return (duty.clause, duty.within.model_dump_json() if duty.within else None, frozenset(acts))


def _owed(mou: Mou, duties: list[DutyRule], words: Words) -> Line:
    first = duties[0]
    by_when = clock_in_words(mou, first.within, words)[0] if first.within else words("without a time")
    sentence = _sentence(mou, duties, words)
    told = [
        told_in_words(mou, (code,), words) for code in dict.fromkeys(to for duty in duties for to in duty.to)
    ]
    unsaid = [whom for whom in told if whom.lower() not in sentence.text.lower()]
    to = words(" To: {whom}.", whom=", ".join(unsaid)) if unsaid else ""
    return (
        sentence,
        strong(f" {_capital(by_when)}."),
        plain(to + words(" Record: {what}.", what=_recorded(mou, first, words))),
        quiet(f"\u00a0[{first.clause}]"),
    )


def _sentence(mou: Mou, duties: list[DutyRule], words: Words) -> Span:
    clause = clause_of(mou, duties[0].clause) if len(duties) > 1 else None
    return said(words, clause.text, clause.es) if clause else said(words, duties[0].says, duties[0].es)


def _recorded(mou: Mou, duty: DutyRule, words: Words) -> str:
    """What one records to meet it, without whom it went to."""
    acts = [one.model_copy(update={"where": {}}) for one in duty.closes if one.act]
    return patterns_in_words(mou, tuple(acts) or duty.closes, words)


def _answers(mou: Mou, role: Role, words: Words) -> Iterator[Block]:
    """How soon people of the role answer, if their agency is asked."""
    if any(party.inbound == role for party in mou.parties):
        times = (f"{words(URGENCIES[one.urgency])} {_hours(one.hours, words)}" for one in mou.respond_within)
        clauses = dict.fromkeys(one.clause for one in mou.respond_within)
        line: Line = (strong("; ".join(times)), quiet(f"\u00a0[{', '.join(clauses)}]"))
        yield from _section(words("How soon your agency answers when it is asked"), [line])


def _teams(mou: Mou, role: Role, words: Words) -> Iterator[Block]:
    """Who comes in person: the teams on which an agency of the role has a place."""
    own = agencies_of(mou, role)
    tiers = [tier for tier in mou.response_tiers if any(one.mode == "in-person" for one in tier.members)]
    lines = [_team(mou, tier, words) for tier in tiers if any(one.agency in own for one in tier.members)]
    yield from _section(words("Who comes"), lines)


def _team(mou: Mou, tier: ResponseTier, words: Words) -> Line:
    modes = dict.fromkeys(one.mode for one in tier.members)
    by_mode = (
        f"{words(MODES[mode])}: {', '.join(_member(mou, one, words) for one in tier.members if one.mode == mode)}"
        for mode in modes
    )
    return (
        strong(f"{words.of(tier.label, tier.es)}: "),
        plain("; ".join(by_mode)),
        quiet(f"\u00a0[{tier.clause}]"),
    )


def _member(mou: Mou, member: Member, words: Words) -> str:
    conditions = {entry.code: words.of(entry.label, entry.es) for entry in mou.conditions}
    name = short_name(mou, member.agency)
    if member.condition not in conditions:
        return name
    condition = conditions[member.condition]
    return f"{name} ({condition[:1].lower()}{condition[1:]})"


def _helpers(mou: Mou, words: Words) -> Iterator[Block]:
    """Whom to ask for what cannot wait a day."""
    kinds = {
        entry.code: words.of(entry.label, entry.es) for entry in mou.codes.get(CodeList.REFERRAL_KIND, ())
    }
    lines = [
        _helper(mou, one, kinds.get(one.kind, one.kind), words)
        for one in mou.referral_kinds
        if one.urgency is Urgency.HOURS and one.receivers
    ]
    yield from _section(words("Whom you ask for what cannot wait"), lines)


def _helper(mou: Mou, kind: ReferralKind, label: str, words: Words) -> Line:
    outside = {entry.code: entry.label for entry in mou.outside_agencies}
    names = ", ".join(outside.get(code) or short_name(mou, code) for code in kind.receivers)
    hours = kind.first_contact_hours
    met = words("; met within {time}", time=_hours(hours, words)) if hours else ""
    return (strong(f"{label}: "), plain(f"{names}{met}"), quiet(f"\u00a0[{kind.clause}]"))


def _inbox(mou: Mou, role: Role, words: Words) -> Iterator[Block]:
    """What Accord tells people of the role, and goes on telling until one of them has it in hand."""
    lines = [
        (said(words, rule.reason, rule.es), quiet(f"\u00a0[{rule.clause}]"))
        for rule in mou.routing
        if rule.needs_acknowledgement
        and rule.role is not None
        and falls_to(mou, Holder(agency=rule.agency, role=rule.role), role)
    ]
    yield from _section(words("What comes to you and waits until you take it in hand"), lines)


def _sharing(mou: Mou, role: Role, words: Words) -> Iterator[Block]:
    yield from _section(words("What you may see"), list(seen(mou, role, words)))
    others = [*seen_by_others(mou, role, words), *seen_by_nobody(mou, words)]
    yield from _section(words("What you may share, and with whom"), others)


def _hours(hours: int, words: Words) -> str:
    return words.many(hours, *HOURS)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
