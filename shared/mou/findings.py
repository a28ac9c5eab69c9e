"""What is wrong with a document: where, what, and what to do. Never the value itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from shared.errors import Refusal


@dataclass(frozen=True, slots=True)
class Finding:
    """`path` is a JSON pointer into the document, `problem` and `remedy` a sentence each.

    `line` and `column` count from 1; None if the document was no text.
    """

    path: str
    problem: str
    remedy: str
    line: int | None = None
    column: int | None = None

    def as_dict(self) -> dict[str, str | int]:
        """For `--json`."""
        return {name: value for name, value in asdict(self).items() if value is not None}


class InvalidMou(Refusal):
    """The document cannot be adopted or used. `findings` has all that is wrong; never empty."""

    def __init__(self, findings: list[Finding]) -> None:
        first = findings[0]
        super().__init__("mou", "invalid-field", first.problem, first.remedy, first.path)
        self.findings = findings
