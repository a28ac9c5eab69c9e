"""A county's own document, begun from another one. Pure."""

from __future__ import annotations

from uuid import UUID

from shared.mou.document import Mou
from shared.mou.editing.edits import Edit, Set, changed


def begun(text: str, mou: Mou, id: UUID, document: str | None) -> str:
    """The text with an id of its own, and with where it comes from, if that has a name."""
    edits: list[Edit] = [Set("/id", str(id))]
    if document is not None:
        edits.append(Set("/adopted_from", {"document": document, "version": mou.version}, behind="effective"))
    return changed(text, *edits)
