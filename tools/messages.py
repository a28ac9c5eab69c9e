"""What the pages' catalogues must hold: every message of templates and Python, found by babel.

python -m tools.messages        says which are missing in es.po; 1 if any is
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
WORDS = ROOT / "shared" / "web" / "site" / "words"
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
            if message and (file.endswith(".html") or "/pages/" in f"/{file}" or "web/site" in file):
                found.add(message, locations=[(f"{top}/{file}", line)], context=context)
    return found


def missing(language: str) -> list[str]:
    """The messages that a language's catalogue lacks, or has only as a guess."""
    with (WORDS / f"{language}.po").open("rb") as file:
        known = read_po(file, locale=language)
    told = []
    for message in messages():
        if message.id:
            have = known.get(message.id, context=message.context)
            if have is None or have.fuzzy or not _all_there(have.string):
                told.append(message.id[0] if isinstance(message.id, tuple | list) else message.id)
    return told


def superfluous(language: str) -> list[str]:
    """The messages of a catalogue that nothing shows any more."""
    used = {(message.id, message.context) for message in messages()}
    with (WORDS / f"{language}.po").open("rb") as file:
        known = read_po(file, locale=language)
    return [str(message.id) for message in known if message.id and (message.id, message.context) not in used]


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
