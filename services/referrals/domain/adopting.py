"""A version of the MOU comes into force: what has to be there before, and whose place it takes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.referrals.domain.commands import Command
from services.referrals.domain.commands_mou import AdoptMou, AdoptProposal
from services.referrals.domain.deciding import At, permit
from services.referrals.domain.facts import Fact
from services.referrals.domain.memorandum import fact_of, require_new, require_open
from services.referrals.domain.proposals import Proposal
from services.referrals.domain.versions import Memorandum
from shared.errors import Refusal
from shared.events.names import Agency
from shared.events.types.mou import MouAdopted, MouSuperseded
from shared.mou.document import Mou
from shared.mou.facts import ThingFacts
from shared.mou.terms import Signer, effective_at, signers, unsigned


def adopt_proposal(
    proposal: Proposal, memorandum: Memorandum, command: AdoptProposal, document: Mou, at: At
) -> list[Fact]:
    """A proposed version comes into force, commented on, answered and signed. Raises Refusal."""
    clause = permit(at, "adopt-mou", ThingFacts("mou")).clause
    require_open(proposal, clause)
    require_new(memorandum, proposal.proposes, clause)
    _require_answered(memorandum, proposal.based_on, _clause_of(at, "answer-mou-comment", clause))
    missing = still_to_sign(proposal, document)
    if missing:
        detail = f"{len(missing)} of the document's signatories have not signed."
        remedy = f"Adopt it once these have signed: {', '.join(one.words for one in missing)}."
        raise Refusal(_clause_of(at, "sign-mou", clause), "not-signed-by-all", detail, remedy)
    in_force = at.mou.version if at.mou else None
    if proposal.based_on != in_force:
        detail = "Another version came into force since this one was begun."
        remedy = f"Take up what changed in {in_force}, and propose it anew under a version of its own."
        raise Refusal(clause, "based-on-another", detail, remedy)
    signed_by = dict.fromkeys(Agency(one.party) for one in proposal.signatures)
    more = {"proposal": proposal.id, "pdf_digest": command.pdf_digest, "board_item": command.board_item}
    return _adopted(memorandum, document, proposal.document, tuple(signed_by), more, clause, command, at)


def adopt(memorandum: Memorandum, command: AdoptMou, document: Mou, at: At) -> list[Fact]:
    """A version comes into force that was not proposed here; `document` is `command.document`, validated.

    Raises Refusal. The same is asked of it as of a proposal, as far as it can be known without one.
    """
    clause = permit(at, "adopt-mou", ThingFacts("mou")).clause
    require_new(memorandum, document.version, clause)
    if memorandum.proposed(document.version) is not None:
        detail, remedy = (
            "This version is proposed here.",
            "Adopt the proposal, with its comments and signatures.",
        )
        raise Refusal(clause, "mou-version-proposed", detail, remedy, "/document/version")
    in_force = at.mou.version if at.mou else None
    _require_answered(memorandum, in_force, _clause_of(at, "answer-mou-comment", clause))
    signing = _clause_of(at, "sign-mou", clause)
    missing = unsigned(document, command.signed_by)
    if missing:
        detail = f"{len(missing)} signatory parties of the document did not sign."
        remedy = f"Adopt it once these have signed: {', '.join(missing)}."
        raise Refusal(signing, "not-signed-by-all", detail, remedy, "/signed_by")
    undated = [one for one in signers(document) if one.county and not one.signed]
    if undated:
        detail = "The document covers several counties, and does not say when each of their offices signed."
        remedy = f"Write `signed` in the document, or propose it and record who signs: {undated[0].words}."
        raise Refusal(signing, "not-signed-by-all", detail, remedy, "/document/signatories")
    more = {"pdf_digest": command.pdf_digest, "board_item": command.board_item}
    return _adopted(memorandum, document, command.document, command.signed_by, more, clause, command, at)


def still_to_sign(proposal: Proposal, document: Mou) -> list[Signer]:
    """The document's signatories of whom no signature is recorded, in its order."""
    signed = {one.of for one in proposal.signatures}
    return [one for one in signers(document) if one.of not in signed]


def _adopted(
    memorandum: Memorandum,
    document: Mou,
    text: dict[str, Any],
    signed_by: tuple[Agency, ...],
    more: Mapping[str, str | None],
    clause: str,
    command: Command,
    at: At,
) -> list[Fact]:
    """The adoption, and for each version whose place it takes that it does."""
    mou, since = str(document.id), max(effective_at(document), at.now)
    data = MouAdopted.model_validate(
        {
            "mou": mou,
            "version": document.version,
            "effective": effective_at(document),
            "signed_by": signed_by,
            "document": text,
            **more,
        }
    )
    facts = [fact_of(data, mou, mou, clause, command, at)]
    for one in memorandum.versions:
        if one.until is None or one.until > since:
            said = MouSuperseded(version=one.version, by_version=document.version, since=since)
            facts.append(fact_of(said, one.mou, one.mou, clause, command, at))
    return facts


def _clause_of(at: At, act: str, otherwise: str) -> str:
    """The clause that speaks of an act which has to come first; `otherwise`, if none does."""
    rules = at.mou.may if at.mou else ()
    return next((rule.clause for rule in rules if rule.act == act), otherwise)


def _require_answered(memorandum: Memorandum, based_on: str | None, clause: str) -> None:
    waiting = memorandum.unanswered(based_on)
    if waiting:
        named = ", ".join(_named(p, c.party, c.clause) for p, c in waiting[:5])
        more = f" and {len(waiting) - 5} more" if len(waiting) > 5 else ""
        detail = (
            f"{len(waiting)} comments have no answer yet."
            if len(waiting) > 1
            else "A comment has no answer yet."
        )
        raise Refusal(clause, "comments-unanswered", detail, f"Answer first: {named}{more}.")


def _named(proposal: Proposal, party: str, clause: str | None) -> str:
    return f"{party} on {f'clause {clause} of ' if clause else ''}{proposal.proposes}"
