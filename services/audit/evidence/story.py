"""What the readable report is told from, and how its times, agencies and clauses are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.audit.domain.evidence import CaseStream, Piece
from services.audit.domain.words_life import agency as named
from services.audit.reading import Adopted, in_force, parsed

Doc = Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """For whom the bundle is made: the asker's agency, why, when, and the view that was asked for."""

    agency: str
    purpose: str
    made: datetime
    known_to: str | None = None


@dataclass(frozen=True)
class Story:
    """One bundle's content: the answers as JSON documents, the records, and the versions of the MOU."""

    asked: Asked
    history: Doc
    state: Doc
    pieces: Sequence[Piece]
    streams: Mapping[str, CaseStream]
    mous: Sequence[Piece]
    adopted: Sequence[Adopted]
    key: str
    duties: Sequence[Doc] = ()
    """What was to be done, as `…/duties` of audit works it out; of the auditor's view."""

    @property
    def case(self) -> str:
        """The case's id."""
        return str(self.history["case"])

    @property
    def view(self) -> str | None:
        """The agency whose view it is, in words; None for the auditor's."""
        return named(self.asked.known_to) if self.asked.known_to else None

    @cached_property
    def mou(self) -> Doc:
        """The document in force at the bundle's moment; empty if there was none."""
        at = self.history["as_of"]
        found = in_force(self.adopted, datetime.fromisoformat(at)) if at else None
        return self.document(found) if found else {}

    @staticmethod
    def document(adopted: Adopted) -> Doc:
        """A version's document, opened if it was sent packed; as it is, if this version cannot read it."""
        mou = parsed(adopted)
        return mou.model_dump(mode="json") if mou else adopted.document

    @cached_property
    def zone(self) -> tzinfo:
        """The county's own time zone, as its MOU names it; else UTC."""
        try:
            return ZoneInfo(str(self.mou.get("time_zone", "UTC")))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return UTC

    def when(self, moment: str | datetime | None) -> str:
        """Mon 2 Mar 2026, 08:00:01 PST."""
        if moment is None:
            return "-"
        at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        at = at.astimezone(self.zone)
        return f"{at:%a} {at.day} {at:%b %Y, %H:%M:%S %Z}"

    @cached_property
    def clauses(self) -> Mapping[str, str]:
        """Clause id -> its title, of the newest version that has it."""
        found = [clause for one in self.adopted for clause in self.document(one).get("clauses", ())]
        return {
            str(c["id"]): str(c["title"])
            for c in found
            if isinstance(c, dict) and {"id", "title"} <= c.keys()
        }

    def rule(self, clause: str | None) -> str:
        """The clause and its title: `4.1 (Asking for help)`."""
        if clause is None:
            return "-"
        title = self.clauses.get(clause)
        return f"{clause} ({title})" if title else clause
