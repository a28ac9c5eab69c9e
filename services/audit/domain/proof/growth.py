"""That a bundle's logs begin with what they were at earlier sizes: what kept checkpoints are compared with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .bag import Members, Problem
from .errors import NotProven
from .index import CONSISTENCY, Index, hash_of, read_json
from .proofs import verify_consistency

Growth = Mapping[tuple[str, int], bytes]
"""(log, earlier size) -> the root that the log had then, proven."""


def read_growth(members: Members, index: Index, problems: list[Problem]) -> dict[tuple[str, int], bytes]:
    """The earlier roots that are proven here; what is not goes into `problems`."""
    found: dict[tuple[str, int], bytes] = {}
    try:
        for log, size, root, proof in _said(read_json(members.get(CONSISTENCY, b""))):
            if log not in index.logs:
                raise NotProven("it is about a log that is not in the index")
            verify_consistency(size, root, index.logs[log].size, index.logs[log].root, proof)
            found[log, size] = root
    except (NotProven, AttributeError, KeyError, TypeError, ValueError) as error:
        text = str(error) if isinstance(error, NotProven) else "it is not as it must be"
        problems.append(Problem(CONSISTENCY, f"does not prove how the logs grew: {text}"))
    return found


def _said(document: object) -> Iterator[tuple[str, int, bytes, list[bytes]]]:
    if not isinstance(document, dict):
        raise NotProven("it is not as it must be")
    for log, sizes in document.items():
        for size, one in sizes.items():
            if not size.isdecimal() or len(size) > 19:
                raise NotProven("it is not as it must be")
            yield log, int(size), hash_of(one["root"]), [hash_of(part) for part in one["proof"]]
