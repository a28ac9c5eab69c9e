"""Every sentence of the pages is there in both languages, person first and plain."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared.web.site.words import FOLDER, catalogue, read_all
from tools.messages import ROOT, messages, missing, superfluous

#: UX 4, Wording: nobody is called a victim, a prostitute, an offender or a case; nothing is a failure or refused.
NEVER = {
    "en": r"victims?|prostitut\w*|offenders?|perpetrators?|runaways?|delinquents?|failed|refused|overdue|abused?",
    "es": r"víctimas?|prostitut\w*|delincuentes?|agresor\w*|fugitiv\w*|fracas\w*|rechaz\w*|vencid[oa]s?",
}
GRADE = 8.0


def said(language: str) -> list[str]:
    if language == "en":
        forms = [message.id for message in messages() if message.id]
    else:
        forms = [message.string for message in read_all(FOLDER / language)]
    return [one for form in forms for one in (form if isinstance(form, tuple | list) else (form,))]


def test_each_message_is_there_in_spanish_and_none_is_left_over() -> None:
    assert len(said("en")) > 20
    assert missing("es") == []
    assert superfluous("es") == []


@pytest.mark.parametrize("language", NEVER)
def test_words_are_person_first(language: str) -> None:
    listed = re.compile(rf"\b({NEVER[language]})\b", re.IGNORECASE)
    assert [text for text in said(language) if listed.search(text) or "!" in text] == []


def test_a_listed_word_would_be_found() -> None:
    assert re.search(rf"\b({NEVER['en']})\b", "The Victim was told", re.IGNORECASE)


@pytest.mark.parametrize("language", NEVER)
def test_what_is_put_in_stands_in_both_languages(language: str) -> None:
    spanish = catalogue("es")
    for message in messages():
        for one in message.id if isinstance(message.id, tuple | list) else (message.id,):
            names = set(re.findall(r"%\((\w+)\)", one))
            assert names == set(re.findall(r"%\((\w+)\)", spanish.gettext(one))) or isinstance(
                message.id, tuple | list
            )


def test_sentences_can_be_read_with_eight_years_of_school() -> None:
    sentences = [text for text in said("en") if text.count(" ") >= 5]
    assert sentences
    assert grade(" ".join(text.rstrip(".") + "." for text in sentences)) <= GRADE


def grade(text: str) -> float:
    """Flesch and Kincaid's grade, with syllables counted as groups of vowels."""
    plain = re.sub(r"%\(\w+\)[sd]", "thing", text)
    words = re.findall(r"[A-Za-z']+", plain)
    sentences = max(1, len(re.findall(r"[.?:]", plain)))
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", word.lower().removesuffix("e")))) for word in words)
    return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59


#: What stands in templates as it is: names, and what operators read, which is English as the commands are.
AS_IT_IS = {"Accord", "English", "Español", "en", "es", "MOU"}
FOR_OPERATORS = {"status.html"}
_SHOWN = re.compile(r"\b(?:aria-label|alt|title|placeholder)=\"([^\"]*)\"")


def outside_of_the_catalogue(template: str) -> list[str]:
    """Words of a template that nobody can translate."""
    plain = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", template, flags=re.DOTALL)
    texts = [*_SHOWN.findall(plain), re.sub(r"<[^>]*>", " ", plain)]
    return [word for text in texts for word in re.findall(r"[^\W\d_]{2,}", text) if word not in AS_IT_IS]


def templates() -> list[Path]:
    found = [
        path for top in ("shared", "services", "deploy") for path in (ROOT / top).rglob("templates/*.html")
    ]
    return [path for path in found if path.name not in FOR_OPERATORS]


@pytest.mark.parametrize("path", templates(), ids=lambda path: path.name)
def test_a_template_says_nothing_that_is_in_no_catalogue(path: Path) -> None:
    assert outside_of_the_catalogue(path.read_text("utf-8")) == []


def test_a_word_outside_of_the_catalogue_would_be_found() -> None:
    assert outside_of_the_catalogue('<p title="Hello {{ name }}">{{ _("Hi") }} there</p>') == [
        "Hello",
        "there",
    ]
