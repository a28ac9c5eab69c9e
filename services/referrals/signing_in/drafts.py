"""What was typed and not sent: kept sealed in the vault, for its person alone, for a day."""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import UUID

from services.referrals.vault.port import VaultPort
from shared.web.site.forms import Fields

#: Where forms are kept that were sent when their session was over. No page has this path.
INTERRUPTED = "interrupted"
MOST = 10
"""Such forms of one person; of more the oldest goes."""


@dataclass(frozen=True)
class Interrupted:
    """A form that was sent when the session was over: where to, and all its fields."""

    action: str
    fields: Fields


@dataclass(frozen=True)
class Drafts:
    """Drafts by person and page. Thread-safe. Blocks on the vault; raises TryLater when it is away."""

    vault: VaultPort

    def keep(self, person: str, page: str, typed: Fields) -> None:
        """Keep what a person typed into the form of a page, instead of what was kept before."""
        self.vault.keep_draft(UUID(person), page, _packed(typed))

    def of(self, person: str, page: str) -> Fields:
        """What was typed into the form of this page, to be shown in it again; empty if nothing is kept."""
        kept = self.vault.draft(UUID(person), page)
        return _unpacked(kept) if kept else {}

    def sent(self, person: str, page: str) -> None:
        """The form of this page was sent: forget the draft."""
        self.vault.drop_draft(UUID(person), page)

    def interrupt(self, person: str, form: Interrupted) -> None:
        """Keep a form that came when its session was over, behind those that are kept already."""
        forms = [*self._interrupted(person), form][-MOST:]
        self._keep_interrupted(person, forms)

    def interrupted(self, person: str) -> Interrupted | None:
        """The first of the forms that were interrupted and are kept."""
        return next(iter(self._interrupted(person)), None)

    def resume(self, person: str) -> None:
        """That one was sent: forget it."""
        self._keep_interrupted(person, self._interrupted(person)[1:])

    def _interrupted(self, person: str) -> list[Interrupted]:
        kept = self.vault.draft(UUID(person), INTERRUPTED)
        found = json.loads(kept) if kept else []
        return [Interrupted(action, _fields(fields)) for action, fields in found]

    def _keep_interrupted(self, person: str, forms: list[Interrupted]) -> None:
        if not forms:
            self.vault.drop_draft(UUID(person), INTERRUPTED)
            return
        packed = [(form.action, {n: list(v) for n, v in form.fields.items()}) for form in forms]
        self.vault.keep_draft(UUID(person), INTERRUPTED, json.dumps(packed).encode("ascii"))


def _packed(fields: Fields) -> bytes:
    return json.dumps({name: list(values) for name, values in fields.items()}).encode("ascii")


def _unpacked(kept: bytes) -> dict[str, tuple[str, ...]]:
    return _fields(json.loads(kept))


def _fields(found: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(values) for name, values in found.items()}
