"""A document as one page of HTML that can be read, printed and sent; nothing is loaded from anywhere. Pure."""

from __future__ import annotations

from shared.mou.document import Mou
from shared.mou.papers.html import as_html
from shared.mou.papers.memorandum import memorandum


def page(mou: Mou) -> str:
    """The whole document: who signs, then clause after clause with what is due under each."""
    return as_html(memorandum(mou))
