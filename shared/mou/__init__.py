"""The MOU as data, and the pure functions that read it: who may, who sees, who is told. No clock, no I/O."""

from shared.mou.authority import Permission, may, sees
from shared.mou.disclosure import Disclosure, disclosable
from shared.mou.document import Mou
from shared.mou.facts import CallerFacts, CaseFacts, EventFacts, ThingFacts
from shared.mou.findings import Finding, InvalidMou
from shared.mou.load import (
    adoptable,
    digest_of,
    document_of,
    from_adopted,
    load,
    load_document,
    mou_schema,
    packed_document,
    plain_document,
    validate,
    validate_document,
)
from shared.mou.routing import SILENT, Recipient, recipients
from shared.mou.terms import (
    coded,
    effective_at,
    evaluated_out_reasons,
    reject_reasons,
    respond_within,
    screening_gaps,
    undo_within,
    unsigned,
)
from shared.mou.vocabulary import REASONS, Act

__all__ = [
    "REASONS",
    "SILENT",
    "Act",
    "CallerFacts",
    "CaseFacts",
    "Disclosure",
    "EventFacts",
    "Finding",
    "InvalidMou",
    "Mou",
    "Permission",
    "Recipient",
    "ThingFacts",
    "adoptable",
    "coded",
    "digest_of",
    "disclosable",
    "document_of",
    "effective_at",
    "evaluated_out_reasons",
    "from_adopted",
    "load",
    "load_document",
    "may",
    "mou_schema",
    "packed_document",
    "plain_document",
    "recipients",
    "reject_reasons",
    "respond_within",
    "screening_gaps",
    "sees",
    "undo_within",
    "unsigned",
    "validate",
    "validate_document",
]
