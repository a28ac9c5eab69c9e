"""What pages say. A message is its English sentence; the files of `words/es` hold the Spanish ones."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from gettext import NullTranslations
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from shared.web.site.cookie import Language

FOLDER = Path(__file__).parent / "words"


class Catalogue(NullTranslations):
    """Messages of one language. One that is missing is shown in English: a test demands them all."""

    def __init__(self, messages: dict[str, tuple[str, ...]]) -> None:
        super().__init__()
        self._messages = messages

    def gettext(self, message: str) -> str:
        """The message in this language."""
        return self._messages.get(message, (message,))[0]

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """The message for so many. English and Spanish have the same two forms."""
        forms = self._messages.get(singular, (singular, plural))
        return forms[0] if number == 1 else forms[-1]

    def pgettext(self, context: str, message: str) -> str:
        """The message where a word alone means several things."""
        return self._messages.get(f"{context}\x04{message}", (message,))[0]


def read_all(folder: Path) -> Iterator[Message]:
    """Every message of a language's catalogues: one file for each area of the pages."""
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            yield from (message for message in read_po(file, locale=folder.name) if message.id)


@cache
def catalogue(language: Language) -> Catalogue:
    """The messages of a language. Reads its files once."""
    if language == "en":
        return Catalogue({})
    found = {}
    for message in read_all(FOLDER / language):
        if message.string and not message.fuzzy:
            key = message.id[0] if isinstance(message.id, tuple | list) else message.id
            forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
            found[f"{message.context}\x04{key}" if message.context else key] = tuple(forms)
    return Catalogue(found)


def N_(message: str) -> str:
    """Marks a message that is translated where it is shown."""
    return message
