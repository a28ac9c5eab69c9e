"""Makes the golden file of every event type that has none yet. It never changes one that is there.

python tools/golden.py

A golden file is the exact bytes of an event as it was published. SHA256SUMS beside them names every one there
ever was; a test compares both ways.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from shared.events.examples import EXAMPLES

GOLDEN = Path(__file__).resolve().parent.parent / "tests" / "contract" / "golden"


def main() -> int:
    """Write what is missing and add its line to SHA256SUMS."""
    GOLDEN.mkdir(parents=True, exist_ok=True)
    sums = GOLDEN / "SHA256SUMS"
    lines = sums.read_text().splitlines() if sums.is_file() else []
    for name, example in EXAMPLES.items():
        path = GOLDEN / f"{name}.json"
        if not path.exists():
            path.write_bytes(example.value())
            lines.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}")
            sys.stdout.write(f"{path.name}\n")
    sums.write_text("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
