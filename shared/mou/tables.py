"""The rules and lists of a document as tables, for `accord mou show`."""

from __future__ import annotations

from shared.cli.output import emit_fields, emit_table, say
from shared.mou.document import Mou, Party
from shared.mou.load import digest_of
from shared.mou.terms import CODED, coded


def emit_tables(mou: Mou) -> None:
    """Writes every table of the document, each under its name."""
    emit_fields(_head(mou))
    say("\nParties")
    emit_table(["agency", "name", "clause", "signs", "lead"], [_party(party) for party in mou.parties])
    say("\nWho signs")
    emit_table(
        ["agency", "county", "office", "signed", "clause"],
        [(s.agency, s.county, s.office, s.signed, s.clause) for s in mou.signatories],
    )
    say("\nWho may do what")
    emit_table(
        ["act", "agencies", "roles", "needs", "purposes", "clause"],
        [(r.act, r.agencies, r.roles, r.needs, r.purposes or ("any",), r.clause) for r in mou.may],
    )
    say("\nWho sees which sealed facts")
    emit_table(
        ["classes", "of", "agencies", "roles", "needs", "purposes", "clause", "basis"],
        [
            (r.classes, r.of, r.agencies, r.roles, r.needs, r.purposes, r.clause, r.basis)
            for r in mou.disclosure
        ],
    )
    say("\nWho is told")
    emit_table(
        ["event", "agency", "role", "how", "clause", "why"],
        [(r.event, r.agency, r.role, r.tier, r.clause, r.reason) for r in mou.routing],
    )
    _lists(mou)


def _lists(mou: Mou) -> None:
    say("\nWho is on which team")
    emit_table(
        ["team", "agency", "how", "days", "hours", "condition", "clause"],
        [
            (
                *(tier.label, m.agency, m.mode, m.window.days or ("any",)),
                *(f"{m.window.opens}-{m.window.closes}", m.condition, tier.clause),
            )
            for tier in mou.response_tiers
            for m in tier.members
        ],
    )
    say("\nWhat people do outside Accord and record, and whom they tell")
    emit_table(["act", "means", "told to", "clause"], [(a.code, a.label, a.to, a.clause) for a in mou.acts])
    emit_table(["told", "means", "clause"], [(t.code, t.label, t.clause) for t in mou.told])
    say("\nCodes")
    emit_table(
        ["field", "code", "means", "clause"],
        [(name, c.code, c.label, c.clause) for name, codes in mou.codes.items() for c in codes],
    )
    say("\nCoded reasons, outcomes and agencies outside")
    emit_table(
        ["list", "code", "clause", "label"],
        [(part, r.code, r.clause, r.label) for part in CODED for r in coded(mou, part).values()],
    )


def _head(mou: Mou) -> dict[str, str]:
    open_points = sum(clause.confirmed == "default" for clause in mou.clauses)
    return {
        "county": mou.county,
        "version": mou.version,
        "effective": mou.effective.isoformat(),
        "profile": mou.profile.value,
        "digest": digest_of(mou),
        "counsel": f"{open_points} of {len(mou.clauses)} clauses are still to be confirmed",
    }


def _party(party: Party) -> tuple[str, ...]:
    signs, lead = ("yes" if party.signatory else "no"), ("yes" if party.lead else "")
    return (party.agency, party.name, party.clause, signs, lead)
