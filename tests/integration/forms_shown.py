"""What the forms of a page hold as they are shown: what a browser would send if nobody typed anything."""

from __future__ import annotations

import re
from html.parser import HTMLParser


def stands(page: str) -> dict[str, list[str]]:
    """Every field of the page's main part, with its values."""
    main = re.search(r"<main.*?</main>", page, re.DOTALL)
    assert main, page
    return _Stands(main[0]).values


class _Stands(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self._name = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        kind = given.get("type")
        if tag in ("select", "textarea"):
            self._name = given["name"]
        if tag == "option" and "selected" in given:
            self.values[self._name] = [given["value"]]
        if tag == "input" and kind == "text":
            self.values[given["name"]] = [given["value"]]
        if kind in ("radio", "checkbox") and "checked" in given:
            self.values.setdefault(given["name"], []).append(given["value"])
        self._text = tag == "textarea"

    def handle_data(self, data: str) -> None:
        if self._text:
            self.values[self._name] = [data]
            self._text = False

    _text = False
