"""`python3 verify.py`: verifies the bundle it lies in, or another. Ends 0 if it fits, 6 if not, 2 for usage."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ..domain.proof.bundle import verify_bundle
from ..domain.proof.errors import NotProven
from ..domain.proof.keys import VerifierKey
from ..domain.proof.outside import Outside, read_kept, read_root
from .reading import Unreadable, read_bundle
from .telling import told

OK, USAGE, FOUND_PROBLEMS = 0, 2, 6
KEPT = 10_000_000


def main(arguments: Sequence[str], here: Path) -> int:
    """Verify and tell. Returns the exit code. Reads files; no network."""
    parser = argparse.ArgumentParser(prog="verify.py", description="Verify an evidence bundle, offline.")
    parser.add_argument(
        "path", nargs="?", type=Path, default=here, help="folder or zip; without it, this folder"
    )
    parser.add_argument("--key", help="the public key to trust, name+id+base64, got by another way")
    parser.add_argument(
        "--checkpoint", action="append", type=Path, default=[], help="a file with checkpoints kept elsewhere"
    )
    parser.add_argument(
        "--root", action="append", default=[], help="topic/partition=root, got by another way"
    )
    asked = parser.parse_args(arguments)
    try:
        outside = outside_of(asked.key, asked.checkpoint, asked.root)
    except (NotProven, OSError) as error:
        sys.stderr.write(f"verify.py: {error if isinstance(error, NotProven) else 'a file cannot be read'}\n")
        return USAGE
    try:
        verdict = verify_bundle(read_bundle(asked.path), outside)
    except Unreadable as error:
        sys.stdout.write(f"DOES NOT FIT: it is not an evidence bundle that is safe to read. {error}\n")
        return FOUND_PROBLEMS
    sys.stdout.writelines(line + "\n" for line in told(verdict))
    return OK if verdict.fits else FOUND_PROBLEMS


def outside_of(key: str | None, checkpoints: Sequence[Path], roots: Sequence[str]) -> Outside:
    """What was given to verify by. Raises NotProven, OSError."""
    notes: list[str] = []
    for path in checkpoints:
        with path.open("rb") as file:
            notes += read_kept(file.read(KEPT))
    return Outside(VerifierKey.parse(key) if key else None, notes, [read_root(one) for one in roots])
