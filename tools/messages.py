"""What the pages' catalogues must hold: every message of templates and Python, found by babel.

python -m tools.messages        says which Spanish lacks; 1 if any
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir

from shared.web.site.words import FOLDER, read_all

ROOT = Path(__file__).resolve().parent.parent
METHODS = [("**/templates/**.html", "jinja2"), ("**/*.py", "python")]
KEYWORDS = {"_": None, "gettext": None, "N_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
OPTIONS = {"**/templates/**.html": {"trimmed": "true", "silent": "false"}}


def messages() -> Catalog:
    """Every message of what people see, with where it stands. Reads the sources."""
    found = Catalog()
    for top in ("shared", "services"):
        folder = ROOT / top
        for file, line, message, _, context in extract_from_dir(
            folder, method_map=METHODS, options_map=OPTIONS, keywords=KEYWORDS
        ):
            if message and (
                file.endswith(".html")
                or any(place in f"/{file}" for place in ("/pages/", "/people/", "web/site", "mou/editing/"))
            ):
                found.add(message, locations=[(f"{top}/{file}", line)], context=context)
    return found


def missing(language: str) -> list[str]:
    """The messages that a language's catalogues lack, or have only as a guess."""
    known = Catalog(locale=language)
    for one in read_all(FOLDER / language):
        known[one.id] = one
    told = []
    for message in messages():
        if message.id:
            have = known.get(message.id, context=message.context)
            if have is None or have.fuzzy or not _all_there(have.string):
                told.append(message.id[0] if isinstance(message.id, tuple | list) else message.id)
    return told


def superfluous(language: str) -> list[str]:
    """The messages of the catalogues that nothing shows any more, or that stand there twice."""
    left = {(message.id, message.context) for message in messages()}
    told = []
    for message in read_all(FOLDER / language):
        key = (message.id, message.context)
        if key not in left:
            told.append(str(message.id))
        left.discard(key)
    return told


def _all_there(string: object) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


def main() -> int:
    """Say what is missing; 1 if anything is."""
    lacks = missing("es")
    for one in lacks:
        sys.stdout.write(f"{one}\n")
    return 1 if lacks else 0


if __name__ == "__main__":
    raise SystemExit(main())
