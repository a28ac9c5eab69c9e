"""What one field alone cannot say: references, completeness, and what no county may change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from shared.events import TYPES
from shared.events.names import EvaluatedOut, Role, Urgency
from shared.mou.checking.agreement import check_agreement
from shared.mou.checking.duties import check_duties
from shared.mou.checking.lists import check_lists
from shared.mou.checking.safety import check_safety
from shared.mou.checking.sheets import check_sheets
from shared.mou.document import Mou
from shared.mou.findings import Finding
from shared.mou.law import locator
from shared.mou.parties import ANY, members, party_of
from shared.mou.routing import MUST_BE_TOLD, SILENT, TOLD_BY_DUTIES
from shared.mou.terms import CODED
from shared.mou.vocabulary import SAFETY_ACTS, Act, Profile, Relation, Target

#: Roles that never see a case: they advise or run machines (MOU steering, survivor advisors).
NO_CASES = frozenset({Role.ADVISORY_BOARD, Role.OPERATOR})
#: Relations of a named recipient: what travels point to point, not through a shared database.
POINT_TO_POINT = frozenset({Relation.SENDER, Relation.RECIPIENT, Relation.REPORTER})


def check(mou: Mou) -> list[Finding]:
    """Everything that is wrong with a well-formed document, in its order. Raises nothing."""
    return [
        *_clauses(mou),
        *_unique(mou),
        *_parties(mou),
        *_sets(mou),
        *_names(mou),
        *_may(mou),
        *_disclosure(mou),
        *_routing(mou),
        *_queues(mou),
        *_complete(mou),
        *_bands(mou),
        *check_agreement(mou),
        *check_duties(mou),
        *check_lists(mou),
        *check_safety(mou),
        *check_sheets(mou),
    ]


def _clauses(mou: Mou) -> Iterator[Finding]:
    known = {clause.id for clause in mou.clauses}
    for path, clause in references(mou):
        if clause not in known:
            yield Finding(path, "names a clause that is not in the table of clauses", "Add it to /clauses.")


def references(mou: Mou) -> Iterator[tuple[str, str]]:
    """Every place that cites a clause, as a pointer, and the clause."""
    yield from _references("", mou.model_dump(mode="json", exclude={"clauses"}))


def _references(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("clause", "otherwise") and isinstance(inner, str):
                yield f"{path}/{key}", inner
            else:
                yield from _references(f"{path}/{key}", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _references(f"{path}/{index}", inner)


def _unique(mou: Mou) -> Iterator[Finding]:
    tables: dict[str, list[str]] = {
        "/clauses": [clause.id for clause in mou.clauses],
        "/parties": [party.agency for party in mou.parties],
        "/routing": [rule.id for rule in mou.routing],
        **{f"/{part}": [reason.code for reason in getattr(mou, part)] for part in CODED},
        "/screening_tools": [tool.code for tool in mou.screening_tools],
        "/evaluated_out": [reason.code for reason in mou.evaluated_out],
        **{f"/{part}": [one.code for one in getattr(mou, part)] for part in CODES_ONCE},
        **{f"/{part}": [one.id for one in getattr(mou, part)] for part in IDS_ONCE},
        "/respond_within": [entry.urgency for entry in mou.respond_within],
        **{f"/codes/{name}": [entry.code for entry in codes] for name, codes in mou.codes.items()},
    }
    for path, keys in tables.items():
        for index in _repeats(keys):
            yield Finding(f"{path}/{index}", "says again what an entry above says", "Keep one of the two.")


#: Lists in which each code, or each id, stands once.
CODES_ONCE = (
    "acts",
    "authorities",
    "told",
    "conditions",
    "forms",
    "training",
    "plan_elements",
    "response_tiers",
)
IDS_ONCE = ("duties", "reporting", "consent_rules", "retention")


def _repeats(keys: list[str]) -> list[int]:
    return [index for index, key in enumerate(keys) if key in keys[:index]]


def _parties(mou: Mou) -> Iterator[Finding]:
    if Counter(party.lead for party in mou.parties)[True] != 1:
        yield Finding("/parties", "does not name exactly one lead agency", "Set `lead: true` on one party.")
    for index, party in enumerate(mou.parties):
        for side in ("inbound", "outbound"):
            role = getattr(party, side)
            if role is not None and role not in party.roles:
                yield Finding(
                    f"/parties/{index}/{side}", "is not a role of this party", "Add it to its roles."
                )


def _sets(mou: Mou) -> Iterator[Finding]:
    agencies = {str(party.agency) for party in mou.parties}
    for name, codes in mou.agency_sets.items():
        if name == ANY or name in agencies:
            yield Finding(
                f"/agency_sets/{name}", "is the name of an agency, or `any`", "Choose another name."
            )
        if not agencies.issuperset(codes):
            yield Finding(f"/agency_sets/{name}", "holds an agency that is no party", "Add it to /parties.")
    for name in mou.role_sets:
        if name == ANY or name in set(Role):
            yield Finding(f"/role_sets/{name}", "is the name of a role, or `any`", "Choose another name.")


def _names(mou: Mou) -> Iterator[Finding]:
    agencies = {ANY, *mou.agency_sets, *(str(party.agency) for party in mou.parties)}
    roles = {ANY, *mou.role_sets, *set(Role)}
    rows: list[tuple[str, Any]] = [(f"/may/{i}", rule) for i, rule in enumerate(mou.may)]
    rows += [(f"/disclosure/{i}", row) for i, row in enumerate(mou.disclosure)]
    for path, row in rows:
        if not agencies.issuperset(row.agencies):
            yield Finding(f"{path}/agencies", "names neither a party nor a set of parties", "See /parties.")
        if not roles.issuperset(row.roles):
            yield Finding(f"{path}/roles", "names neither a role nor a set of roles", "See /role_sets.")


def _may(mou: Mou) -> Iterator[Finding]:
    for act in sorted(SAFETY_ACTS - {rule.act for rule in mou.may}):
        yield Finding("/may", f"has no rule for {act}", f"Add a rule for {act}, open to every agency.")
    for index, rule in enumerate(mou.may):
        if rule.act.startswith("read-") and _reaches(rule.roles, mou) & NO_CASES:
            yield _no_cases(f"/may/{index}/roles")


def _disclosure(mou: Mou) -> Iterator[Finding]:
    for index, row in enumerate(mou.disclosure):
        path = f"/disclosure/{index}"
        if ANY in row.agencies or ANY in row.roles:
            yield Finding(path, "opens sealed facts to `any`", "Name the agencies and the roles.")
        elif _reaches(row.roles, mou) & NO_CASES:
            yield _no_cases(f"{path}/roles")
        if set(row.needs) <= {Relation.ANY}:
            yield Finding(f"{path}/needs", "needs no relation to the case", "Name the relation it needs.")
        if not locator().classes.issuperset(row.classes):
            yield from _further_classes(path, row.basis, set(row.needs), mou.profile)


def _further_classes(path: str, basis: str, needs: set[Relation], profile: Profile) -> Iterator[Finding]:
    if basis.startswith(locator().basis):
        yield Finding(f"{path}/basis", "is the basis of locator facts only", "Cite this class's own basis.")
    if profile is Profile.LOCATOR and not needs & POINT_TO_POINT:
        remedy = "Give it to a named recipient only, or adopt the profile `coordination`."
        yield Finding(f"{path}/classes", "is more than a locator MOU may share", remedy)


def _reaches(roles: Iterable[str], mou: Mou) -> frozenset[str]:
    named = members(roles, mou.role_sets)
    return frozenset(Role) if ANY in named else named


def _no_cases(path: str) -> Finding:
    return Finding(path, "reaches a role that never sees a case", f"Leave out {', '.join(sorted(NO_CASES))}.")


def _routing(mou: Mou) -> Iterator[Finding]:
    for index, rule in enumerate(mou.routing):
        path = f"/routing/{index}"
        if rule.event not in TYPES:
            yield Finding(f"{path}/event", "is no event type", "See `accord events catalogue`.")
        elif rule.event in SILENT:
            yield Finding(f"{path}/event", "is told to nobody on purpose", "Remove the rule.")
        elif rule.event in TOLD_BY_DUTIES:
            remedy = "Remove the rule; see `owed_by` and `escalate` of the duty."
            yield Finding(f"{path}/event", "is told to whom the duty's own rule names", remedy)
        if (rule.role is None) != (rule.agency is Target.WORKER):
            yield Finding(f"{path}/role", "is needed, except for `worker`", "Name the role that is told.")
        if rule.agency not in set(Target) and party_of(mou, rule.agency) is None:
            yield Finding(f"{path}/agency", "is no party", "Add it to /parties, or name a relation.")
    told = {rule.event for rule in mou.routing if rule.needs_acknowledgement}
    for event in sorted(_must_be_told(mou) - told):
        remedy = "Add a rule with `needs_acknowledgement: true`: a youth may be waiting."
        yield Finding("/routing", f"tells nobody of {event}", remedy)


def _must_be_told(mou: Mou) -> frozenset[str]:
    """A question is told wherever a document lets agencies ask one; earlier documents do not."""
    asks = any(rule.act is Act.ASK_INFORMATION for rule in mou.may)
    return MUST_BE_TOLD | ({"accord.referral.information-asked.v1"} if asks else set())


def _queues(mou: Mou) -> Iterator[Finding]:
    queues = [("/unroutable/queue", mou.unroutable.queue), *((f"/rota/{queue}", queue) for queue in mou.rota)]
    for path, queue in queues:
        agency, role = queue.split("/")
        party = party_of(mou, agency)
        if party is None or role not in party.roles:
            yield Finding(
                path.replace(queue, queue.replace("/", "~1")), "is no queue of a party", "See /parties."
            )


def _complete(mou: Mou) -> Iterator[Finding]:
    wanted: dict[str, set[str]] = {
        "/evaluated_out": {*EvaluatedOut} - {reason.code for reason in mou.evaluated_out},
        "/respond_within": {*Urgency} - {entry.urgency for entry in mou.respond_within},
        "/reject_reasons": set() if mou.reject_reasons else {"any"},
        **{f"/{part}": {"any"} for part in _lists_needed(mou) if not getattr(mou, part)},
    }
    for path, missing in wanted.items():
        if missing:
            yield Finding(path, f"has no entry for {', '.join(sorted(missing))}", "Add what is missing.")


#: Act -> the list of the document that it chooses from.
CHOOSES: dict[Act, str] = {
    Act.CANCEL_REFERRAL: "cancel_reasons",
    Act.HOLD_REFERRAL: "hold_reasons",
    Act.FAIL_REFERRAL: "fail_reasons",
    Act.COMPLETE_REFERRAL: "outcomes",
    Act.ENTER_REFERRAL_IN_ERROR: "error_reasons",
    Act.ENTER_SCREENING_IN_ERROR: "error_reasons",
    Act.WAIVE_DUTY: "waiver_reasons",
    Act.ENTER_DUTY_STATEMENT_IN_ERROR: "error_reasons",
    Act.RECORD_SCREENING: "screening_tools",
}


def _lists_needed(mou: Mou) -> list[str]:
    acts = {rule.act for rule in mou.may}
    return list(dict.fromkeys(part for act, part in CHOOSES.items() if act in acts))


def _bands(mou: Mou) -> Iterator[Finding]:
    known = {band for tool in mou.screening_tools for band in tool.bands}
    for index, rule in enumerate(mou.routing):
        if not known.issuperset(rule.act_now_if_band):
            path = f"/routing/{index}/act_now_if_band"
            yield Finding(path, "names a band that no screening tool has", "See /screening_tools.")
