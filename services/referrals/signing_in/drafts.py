"""What was typed and not sent: kept sealed in the vault, for its person alone, for a day."""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import UUID

from services.referrals.vault.port import VaultPort
from shared.web.site.forms import Fields

#: Where a form is kept that was sent when its session was over. Each person has one such place.
INTERRUPTED = "interrupted"


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
        """Keep a form that came when its session was over."""
        self.vault.keep_draft(UUID(person), INTERRUPTED, _packed({"": (form.action,), **form.fields}))

    def interrupted(self, person: str) -> Interrupted | None:
        """The form that was interrupted last, if it is kept."""
        kept = self.vault.draft(UUID(person), INTERRUPTED)
        if kept is None:
            return None
        fields = _unpacked(kept)
        (action,) = fields.pop("")
        return Interrupted(action, fields)

    def resume(self, person: str) -> None:
        """The interrupted form was sent, or is not wanted: forget it."""
        self.vault.drop_draft(UUID(person), INTERRUPTED)


def _packed(fields: Fields) -> bytes:
    return json.dumps({name: list(values) for name, values in fields.items()}).encode("ascii")


def _unpacked(kept: bytes) -> dict[str, tuple[str, ...]]:
    return {name: tuple(values) for name, values in json.loads(kept).items()}
