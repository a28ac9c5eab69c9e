"""What papers say besides the document's own sentences, by language. A message is its English sentence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from babel.messages.pofile import read_po

Language = Literal["en", "es"]
_FOLDER = Path(__file__).parent / "papers"


@dataclass(frozen=True, slots=True)
class Words:
    """The messages of one language. One that is missing is said in English: a test demands them all."""

    language: Language
    messages: dict[str, tuple[str, ...]]

    def __call__(self, message: str, **values: object) -> str:
        """The message in this language, with `{name}` filled in."""
        return self.messages.get(message, (message,))[0].format(**values)

    def many(self, count: int, one: str, several: str) -> str:
        """So many of something: `one` and `several` hold `{count}`."""
        forms = self.messages.get(one, (one, several))
        return (forms[0] if count == 1 else forms[-1]).format(count=count)

    def of(self, text: str, translated: str | None) -> str:
        """A sentence of the document: as it was translated there, or else as the county wrote it."""
        return translated if translated and self.language != "en" else text


ENGLISH = Words("en", {})


@cache
def words_of(language: Language) -> Words:
    """The words of a language. Reads its file once."""
    if language == "en":
        return ENGLISH
    with (_FOLDER / f"{language}.po").open("rb") as file:
        found = {}
        for message in read_po(file, locale=language):
            if message.id and message.string:
                key, *_ = message.id if isinstance(message.id, tuple | list) else (message.id,)
                several = isinstance(message.string, tuple | list)
                found[key] = tuple(message.string) if several else (str(message.string),)
    return Words(language, found)
