"""What of a concern, case or referral a viewer may see. Pure. What has no row is not disclosed."""

from __future__ import annotations

from dataclasses import dataclass

from shared.mou.authority import sees
from shared.mou.document import DisclosureRow, Mou
from shared.mou.facts import CallerFacts, CaseFacts
from shared.mou.parties import holds, includes


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A sealed class that may be opened for the viewer, by which clause and on which legal basis."""

    sealed_class: str
    clause: str
    basis: str


def disclosable(viewer: CallerFacts, purpose: str, case: CaseFacts, mou: Mou) -> frozenset[Disclosure]:
    """The classes of `case` that the viewer may see for `purpose`, each once, by the first row that says so.

    `purpose` counts, not the viewer's own. Empty for whoever may not know of it. Raises nothing.
    """
    if not sees(viewer, case, mou):
        return frozenset()
    found: dict[str, Disclosure] = {}
    for row in mou.disclosure:
        if _applies(row, viewer, purpose, case, mou):
            for sealed in row.classes:
                found.setdefault(sealed, Disclosure(str(sealed), row.clause, row.basis))
    return frozenset(found.values())


def _applies(row: DisclosureRow, viewer: CallerFacts, purpose: str, case: CaseFacts, mou: Mou) -> bool:
    return (
        case.kind in row.of
        and purpose in row.purposes
        and includes(row.agencies, mou.agency_sets, frozenset({viewer.agency}))
        and includes(row.roles, mou.role_sets, viewer.all_roles)
        and all(holds(relation, viewer, case, mou) for relation in row.needs)
    )
