"""Values of fields as people read them. Codes are English, as the MOU is; ids are shown as codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.audit.domain.seeing import HAPPENING
from services.audit.domain.words_life import plain
from services.audit.pages.titles import CODES, FIELDS, SECTIONS
from shared.events.names import Agency
from shared.web.site.codes import code_of
from shared.web.site.cookie import Language
from shared.web.site.county import County
from shared.web.site.times import absolute
from shared.web.site.words import N_, catalogue

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T.*Z")
#: Field -> the kind of thing that its id names; without a row it is a person's.
_KINDS = {"case": "case", "concern": "concern", "concerns": "concern"} | dict.fromkeys(
    ("follows", "forwarded_to", "referral"), "referral"
)
_KINDS |= {"stream": "matter", "event": "event", "item": "notice"}
_AGENCIES = frozenset(str(agency) for agency in Agency)
YES, NO = N_("Yes"), N_("No")


@dataclass(frozen=True)
class Reader:
    """One reader's words: their language, the county's clock, and what the MOU calls its agencies."""

    language: Language
    county: County
    names: Mapping[str, str]

    def __call__(self, message: str) -> str:
        """A message of the catalogues."""
        return catalogue(self.language).gettext(message)

    def agency(self, code: str) -> str:
        """An agency by its name."""
        return self.names.get(code, plain(code).capitalize())

    def moment(self, moment: datetime) -> str:
        """A moment on the county's clock."""
        return absolute(moment, self.county.zone, self.language)

    def field(self, name: str, section: str = "") -> str:
        """What a field is called: of a table in a thing, with the row."""
        plain_name, _, row = name.partition(".")
        known = FIELDS.get(f"{section}/{plain_name}") or FIELDS.get(plain_name)
        label = self(known) if known else plain(plain_name)
        return f"{label}: {self._text(plain_name, row)}" if row else label

    def thing(self, section: str, id: str) -> str:
        """What a thing of the state is called: its section and its code."""
        _, one, kind = SECTIONS.get(section, (section, section, ""))
        return f"{self(one)} {self.code(kind, id)}".strip()

    def code(self, kind: str, id: str) -> str:
        """The code of a thing; of an agency its name."""
        if kind == "agency":
            return self.agency(id)
        return code_of(kind, id) if _ID.fullmatch(id) else id

    def path(self, path: str) -> str:
        """What a field is called with the thing that it is of."""
        section, _, rest = path.partition("/")
        id, _, name = rest.rpartition("/")
        return f"{self.thing(section, id)}: {self.field(name, section)}"

    def value(self, name: str, value: Any) -> str:
        """A field's value in words."""
        if isinstance(value, list):
            return ", ".join(self.value(name, one) for one in value)
        if isinstance(value, dict):
            return self._table(value)
        if isinstance(value, bool):
            return self(YES if value else NO)
        return self._text(name.partition(".")[0], value) if isinstance(value, str) else str(value)

    def _table(self, value: Mapping[str, Any]) -> str:
        if value.keys() >= HAPPENING:
            return f"{self.agency(value['agency'])}, {self.moment(datetime.fromisoformat(value['happened']))}"
        told = (
            f"{self.field(n)}: {self.value(n, v)}" for n, v in value.items() if v is not None and n != "entry"
        )
        return "; ".join(told)

    def _text(self, name: str, text: str) -> str:
        return self._word(name, text) or plain(text)

    def coded(self, name: str, value: Any) -> bool:
        """Whether the value's words are those of the MOU's codes, which are English."""
        if isinstance(value, list):
            return any(self.coded(name, one) for one in value)
        return isinstance(value, str) and self._word(name.partition(".")[0], value) is None

    def _word(self, name: str, text: str) -> str | None:
        """The text in the reader's words, if there are any."""
        if (word := CODES.get(name, {}).get(text)) is not None:
            return self(word)
        if _MOMENT.fullmatch(text):
            return self.moment(datetime.fromisoformat(text))
        if _ID.fullmatch(text):
            return code_of(_KINDS.get(name, "person"), text)
        queue, slash, role = text.partition("/")
        if queue in self.names or queue in _AGENCIES:
            return f"{self.agency(queue)}, {plain(role)}" if slash else self.agency(queue)
        return None
