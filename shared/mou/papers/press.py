"""The program that sets one paper, in a process of its own: `python -m shared.mou.papers.press` (see pdf.py).

Reads the paper as JSON on stdin, writes the PDF to stdout; what goes wrong stands on stderr, with exit code 1.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import typst

TEMPLATE = Path(__file__).with_name("paper.typ")


def main() -> None:
    """Sets the paper in the largest size of type by which it fits its pages."""
    asked = json.load(sys.stdin)
    try:
        pdf = _pdf(asked["paper"], asked["timestamp"])
    except (typst.TypstError, ValueError) as error:
        sys.exit(getattr(error, "message", str(error)))
    sys.stdout.buffer.write(pdf)


def _pdf(paper: dict[str, object], timestamp: int) -> bytes:
    source = TEMPLATE.read_bytes()
    sizes, pages = paper["sizes"], paper["pages"]
    for size in sizes if isinstance(sizes, list) else []:
        press = typst.Compiler(
            source,
            font_paths=typst.Fonts(include_system_fonts=False),
            ignore_system_fonts=True,
            sys_inputs={"paper": json.dumps(paper), "size": str(size)},
        )
        if pages is None or json.loads(press.query("<pages>", field="value", one=True)) <= pages:
            pdf = press.compile(input=source, format="pdf", pdf_standards="ua-1", timestamp=timestamp)
            assert isinstance(pdf, bytes)
            return pdf
    raise ValueError(f"does not fit on {pages} page(s)")


if __name__ == "__main__":
    main()
