"""Person first: a youth who may have been exploited is a youth, in everything that we write ourselves."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: What we do not call a person, and what we say instead. Beginnings of words.
INSTEAD = {
    "victim": "a youth who may have been exploited",
    "prostitut": "a youth who may have been exploited",
    "runaway": "a missing youth",
    "delinquents": "youth with a delinquency matter",
    "addict": "a youth with a substance-use need",
    "promiscu": "say what was observed",
    "illegals": "say what the matter is",
}
#: Titles of statutes and of institutions, quoted as they are.
QUOTED = (
    "Victims of Trafficking and Violence Protection Act",
    "Justice for Victims of Trafficking Act",
    "victim services",
)
ENDINGS = {".md", ".py", ".yaml", ".yml", ".html", ".txt", ".j2", ".toml"}
#: These files hold the words on purpose.
EXEMPT = {"tests/contract/test_words.py", "tests/unit/pages/test_page_words.py"}
_WORDS = re.compile(r"\b(" + "|".join(INSTEAD) + r")\w*", re.IGNORECASE)


def wrong_words(text: str) -> list[str]:
    for title in QUOTED:
        text = text.replace(title, "")
    return [match.group(0) for match in _WORDS.finditer(text)]


def prose() -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=30)
    names = [name for name in listed.stdout.decode().split("\0") if Path(name).suffix in ENDINGS]
    return [name for name in names if name not in EXEMPT and (ROOT / name).is_file()]


def test_no_text_of_ours_calls_a_person_by_what_was_done_to_them() -> None:
    names = prose()
    assert {"README.md", "docs/events/README.md"} <= set(names)
    found = {name: wrong_words((ROOT / name).read_text(encoding="utf-8")) for name in names}
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize("word", sorted(INSTEAD))
def test_each_word_would_be_found(word: str) -> None:
    assert wrong_words(f"The {word.capitalize()}s' case") != []


def test_the_title_of_a_statute_may_be_quoted() -> None:
    assert wrong_words("See the Justice for Victims of Trafficking Act of 2015.") == []
    assert wrong_words("The victim of trafficking") == ["victim"]
