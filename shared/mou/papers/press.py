"""The program that sets one paper, in a process of its own: `python -m shared.mou.papers.press` (see pdf.py).

Reads the paper as JSON on stdin, writes the PDF to stdout and the number of its pages to stderr; what goes wrong
stands there instead, with exit code 1.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import typst

TEMPLATE = Path(__file__).with_name("paper.typ")


def main() -> None:
    """Sets the paper in the largest size of type by which it fits its pages, or in the smallest."""
    asked = json.load(sys.stdin)
    try:
        pdf, pages = _pdf(asked["paper"], asked["timestamp"])
    except typst.TypstError as error:
        sys.exit(error.message)
    sys.stdout.buffer.write(pdf)
    sys.stderr.write(str(pages))


def _pdf(paper: dict[str, Any], timestamp: int) -> tuple[bytes, int]:
    for size in paper["sizes"]:
        press = _press(paper, size)
        pages = _pages(press)
        if pages <= (paper["pages"] or math.inf):
            break
    pdf = press.compile(format="pdf", pdf_standards="ua-1", timestamp=timestamp)
    if not isinstance(pdf, bytes):
        raise TypeError(f"a PDF is bytes, not {type(pdf).__name__}")
    return pdf, pages


def _press(paper: dict[str, Any], size: float) -> typst.Compiler:
    return typst.Compiler(
        TEMPLATE,
        font_paths=typst.Fonts(include_system_fonts=False),
        ignore_system_fonts=True,
        sys_inputs={"paper": json.dumps(paper), "size": str(size)},
    )


def _pages(press: typst.Compiler) -> int:
    return int(press.query("<pages>", field="value", one=True))


if __name__ == "__main__":
    main()
