"""Whole documents to begin from: the California template, and one of three counties that sign together."""

from __future__ import annotations

from importlib.resources import files

#: Name -> what it is for.
DOCUMENTS = {
    "california-csec": "The template: every duty of the law and of usual protocols, each with its source.",
    "three-counties": "Three fictional counties with one memorandum; social services, probation and health sign.",
}


def text_of(name: str) -> str:
    """The YAML text of a document of `DOCUMENTS`. Raises KeyError."""
    if name not in DOCUMENTS:
        raise KeyError(name)
    return files(__name__).joinpath(f"{name}.yaml").read_text("utf-8")
