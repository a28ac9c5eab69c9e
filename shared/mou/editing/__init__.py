"""Changes to a document's text at their place: whatever is not changed, comments and all, stays byte for byte."""

from __future__ import annotations

from shared.mou.editing.edits import Add, CannotEdit, Edit, Remove, Set, changed

__all__ = ["Add", "CannotEdit", "Edit", "Remove", "Set", "changed"]
