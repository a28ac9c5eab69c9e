"""Papers of the memorandum as PDF: printed once, and kept for as long as they are the same."""

from __future__ import annotations

from threading import Lock

from shared.mou.papers.paper import Paper
from shared.mou.papers.pdf import as_pdf


class Press:
    """Prints one paper at a time and keeps those printed last. One for each process; its threads share it."""

    KEPT = 16

    def __init__(self) -> None:
        self._lock = Lock()
        self._printed: dict[Paper, bytes] = {}

    def pdf(self, paper: Paper) -> bytes:
        """The PDF. Blocks while it, or another one, is printed. Raises Unprintable."""
        with self._lock:
            if paper not in self._printed:
                printed = as_pdf(paper).pdf
                if len(self._printed) >= self.KEPT:
                    del self._printed[next(iter(self._printed))]
                self._printed[paper] = printed
            return self._printed[paper]


def to_keep(name: str) -> dict[str, str]:
    """The header by which a browser keeps an answer as a file of this name."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}
