"""Why a command ends without its result, and the exit code that says so.

CommandFailed
├── ApiProblem    a service answered with a problem: the code depends on its type
├── Unreachable   no service answered: 7
├── SignInNeeded  no token: 8
└── Usage         the command line or a file it names is not as it must be: 2
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any


class ExitCode(IntEnum):
    """What scripts read. Changing one is a breaking change."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    NOT_FOUND = 3
    CONFLICT = 4
    REFUSED = 5
    FOUND_PROBLEMS = 6
    UNREACHABLE = 7
    SIGN_IN = 8


class CommandFailed(Exception):
    """A command's end with one line for people and a hint what to do."""

    exit_code: int = ExitCode.UNEXPECTED

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.text, self.hint = text, hint


class Unreachable(CommandFailed):
    """No service answered."""

    exit_code = ExitCode.UNREACHABLE


class SignInNeeded(CommandFailed):
    """There is no token to call with."""

    exit_code = ExitCode.SIGN_IN


class Usage(CommandFailed):
    """The command line, or a file it names, is not as it must be."""

    exit_code = ExitCode.USAGE


#: Problem types whose meaning is "look again and decide again"; another 409 is a refusal.
_CONFLICTS = frozenset({"conflict", "stale", "precondition-required"})

_CODES: Mapping[int, ExitCode] = {
    401: ExitCode.SIGN_IN,
    404: ExitCode.NOT_FOUND,
    429: ExitCode.UNREACHABLE,
    502: ExitCode.UNREACHABLE,
    503: ExitCode.UNREACHABLE,
    504: ExitCode.UNREACHABLE,
}


class ApiProblem(CommandFailed):
    """A service's problem document (RFC 9457); `document` is all of it."""

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        self.status, self.document = status, dict(document)
        self.slug = str(document.get("type", "")).rpartition("/")[2]
        super().__init__(
            str(document.get("detail") or document.get("title") or f"HTTP {status}"), self._hint()
        )
        self.exit_code = self._code()

    def _code(self) -> ExitCode:
        if self.slug in _CONFLICTS:
            return ExitCode.CONFLICT
        if self.status in _CODES:
            return _CODES[self.status]
        return ExitCode.REFUSED if 400 <= self.status < 500 else ExitCode.UNEXPECTED

    def _hint(self) -> str:
        lines = [
            f"{self._place(error)}: {error.get('detail', '')}" for error in self.document.get("errors") or []
        ]
        if self.document.get("clause"):
            sentence = f": {self.document['sentence']}" if self.document.get("sentence") else ""
            lines.append(f"MOU clause {self.document['clause']}{sentence}")
        lines += [str(self.document[name]) for name in ("remedy",) if self.document.get(name)]
        if self.document.get("incident"):
            lines.append(f"incident {self.document['incident']}")
        return "\n".join(lines)

    @staticmethod
    def _place(error: Mapping[str, Any]) -> str:
        return str(
            next((error[name] for name in ("pointer", "parameter", "header") if error.get(name)), "the body")
        )
