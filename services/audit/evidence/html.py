"""HTML in exactly the form in which a browser writes it back: the page compares its own text with what was signed.

So: lower-case names, attributes in double quotes without special characters, every element closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def text(value: object) -> str:
    """As text between tags."""
    return str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\xa0", " ")


def element(name: str, inside: str, **attributes: str) -> str:
    """An element; `inside` is HTML. A trailing underscore of an attribute's name is dropped."""
    given = "".join(f' {key.rstrip("_")}="{value}"' for key, value in attributes.items())
    return f"<{name}{given}>{inside}</{name}>"


def paragraph(said: object) -> str:
    """Plain text as a paragraph."""
    return element("p", text(said))


def heading(said: str, level: int, id: str) -> str:
    """A heading that can be pointed to."""
    return element(f"h{level}", text(said), id=id)


def listed(lines: Iterable[object], kind: str = "ul") -> str:
    """Plain lines as a list."""
    return element(kind, "".join(element("li", text(line)) for line in lines))


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with its caption; the cells are HTML, the first of a row is its header."""
    head = "".join(element("th", text(one), scope="col") for one in columns)
    body = "".join(element("tr", _cells(row)) for row in rows)
    inside = (
        element("caption", text(caption)) + element("thead", element("tr", head)) + element("tbody", body)
    )
    return element("div", element("table", inside), class_="wide", tabindex="0", role="group")


def _cells(row: Sequence[str]) -> str:
    first, *rest = row
    return element("th", first, scope="row") + "".join(element("td", one) for one in rest)


def facts(caption: str, rows: Iterable[tuple[str, str]]) -> str:
    """A table of two columns: what, and its value as HTML."""
    return table(caption, ("What", "Value"), [(text(name), value) for name, value in rows])
