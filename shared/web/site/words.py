"""What pages say. A message is its English sentence; `words/es.po` holds the Spanish one."""

from __future__ import annotations

from functools import cache
from gettext import NullTranslations
from pathlib import Path

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


@cache
def catalogue(language: Language) -> Catalogue:
    """The messages of a language. Reads the file once."""
    if language == "en":
        return Catalogue({})
    with (FOLDER / f"{language}.po").open("rb") as file:
        read = read_po(file, locale=language)
    found = {}
    for message in read:
        if message.id and message.string and not message.fuzzy:
            key = message.id[0] if isinstance(message.id, tuple | list) else message.id
            forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
            found[f"{message.context}\x04{key}" if message.context else key] = tuple(forms)
    return Catalogue(found)


def N_(message: str) -> str:
    """Marks a message that is translated where it is shown."""
    return message
