"""Documents made from the code: collected from every package, written, and checked for drift.

A package says what it exports by an entry point of the group `accord.exports`: a function without arguments
that returns {path from the repository's root: text}. It must give the same texts each time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from shared.events.export_pages import catalogue_page, event_page
from shared.events.export_schemas import schema_of
from shared.events.registry import TYPES

GROUP = "accord.exports"

#: Folders that hold nothing but exports: any other file in them is drift.
OWNED = ("docs/schemas", "docs/events", "docs/openapi", "docs/problems")

Exporter = Callable[[], Mapping[str, str]]


def pretty(document: Mapping[str, Any]) -> str:
    """A JSON document as it is committed. Keys keep their order."""
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def exports() -> dict[str, str]:
    """What this package exports: schemas and pages of the event types."""
    pages = {"docs/events/README.md": catalogue_page()}
    for name in TYPES:
        pages[f"docs/events/{name}.md"] = event_page(name)
        pages[f"docs/schemas/{name}.json"] = pretty(schema_of(name))
    return pages


def exporters() -> list[Exporter]:
    """Every package's exporter. Raises what an exporter's module raises when it cannot be imported."""
    points = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    return [point.load() for point in points]


def collect(packages: Iterable[Exporter]) -> dict[str, str]:
    """All texts by path. Raises ValueError if two packages export the same path."""
    texts: dict[str, str] = {}
    for export in packages:
        for path, text in export().items():
            if path in texts:
                raise ValueError(f"{path} is exported twice")
            texts[path] = text
    return texts


def drift(root: Path, texts: Mapping[str, str]) -> dict[str, str]:
    """Path -> what is wrong with the committed file; empty when all are what the code says."""
    found = {path: _difference(root / path, text) for path, text in texts.items()}
    extra = {path: "nothing exports it" for path in _committed(root) if path not in texts}
    return {path: why for path, why in sorted({**found, **extra}.items()) if why}


def write(root: Path, texts: Mapping[str, str]) -> list[str]:
    """Make the committed files what the code says. Returns the paths written or deleted."""
    changed = drift(root, texts)
    for path in changed:
        target = root / path
        if path not in texts:
            target.unlink()
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(texts[path], encoding="utf-8")
    return list(changed)


def _difference(path: Path, text: str) -> str:
    if not path.is_file():
        return "missing"
    return "" if path.read_text(encoding="utf-8") == text else "differs"


def _committed(root: Path) -> list[str]:
    files = (path for folder in OWNED for path in (root / folder).rglob("*") if path.is_file())
    return [path.relative_to(root).as_posix() for path in files]
