"""The pages of the problem types; `python -m shared.web.problem_pages [--check] docs/problems`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from shared.web.problem_types import TYPES, ProblemType

#: Which further members an answer of a type carries; see the class Problem.
_MORE: dict[str, dict[str, Any]] = {
    "invalid-field": {
        "errors": [{"pointer": "/urgency", "detail": "must be 'hours', 'day', 'days' or 'routine'"}]
    },
    "refused": {"clause": "4.2", "reason": "already-answered", "remedy": "Read the referral again."},
    "not-allowed": {
        "clause": "4.2",
        "reason": "not-the-receiving-agency",
        "remedy": "Ask that agency to answer.",
    },
    "stores-disagree": {"remedy": "accord repair referrals"},
    "unexpected": {"incident": "5d0c9f0e-7e7b-4a53-9a34-0d3ed8b6f0a1"},
}


def page(kind: ProblemType) -> str:
    """The page of one problem type, as Markdown."""
    document = {
        "type": f"/problems/{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": kind.example,
    }
    example = json.dumps({**document, **_MORE.get(kind.slug, {})}, indent=2)
    return (
        f"# {kind.title}\n\n`/problems/{kind.slug}`, HTTP status {kind.status}\n\n"
        f"## Cause\n\n{kind.cause}\n\n## What to do\n\n{kind.fix}\n\n"
        f"## Example\n\n```json\n{example}\n```\n"
    )


def index() -> str:
    """The list of all problem types, as Markdown."""
    rows = "".join(f"| {kind.status} | [{kind.slug}]({kind.slug}.md) | {kind.title} |\n" for kind in TYPES)
    intro = (
        "Every error answer of Accord's APIs is a problem document (RFC 9457,"
        " `application/problem+json`). Its `type`"
        " is the address of a page on the same service. No answer repeats a value that was sent.\n"
    )
    return f"# Problems\n\n{intro}\n| status | type | title |\n|--|--|--|\n{rows}"


def pages() -> dict[str, str]:
    """File name -> text of every page."""
    return {"README.md": index(), **{f"{kind.slug}.md": page(kind) for kind in TYPES}}


def exports() -> dict[str, str]:
    """The pages by their path from the repository's root, for `accord events export`."""
    return {f"docs/problems/{name}": text for name, text in pages().items()}


def drift(folder: Path) -> list[str]:
    """Names of pages that are missing, different, or of no known type."""
    wanted = pages()
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` say which differ (exit 6)."""
    folder = Path(next((a for a in arguments if not a.startswith("-")), "docs/problems"))
    if "--check" in arguments:
        differing = drift(folder)
        for name in differing:
            sys.stderr.write(
                f"{folder / name}: not what the table says; run python -m shared.web.problem_pages\n"
            )
        return 6 if differing else 0
    folder.mkdir(parents=True, exist_ok=True)
    for name in drift(folder):
        (folder / name).unlink(missing_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
