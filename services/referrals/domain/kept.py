"""What a report states and no field can take is kept with its narrative, where a screener reads it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.events.names import SealedClass

#: Under this name of the class `narrative`.
AS_SUBMITTED = "as_submitted"


def keep_as_submitted(clear: Mapping[Any, Mapping[str, Any]], more: Mapping[str, Any]) -> dict[Any, Any]:
    """`clear` with `more` in its narrative. What stands there under the same name already is kept beside it."""
    narrative = dict(clear.get(SealedClass.NARRATIVE, {}))
    known = narrative.get(AS_SUBMITTED)
    if isinstance(known, dict) and not known.keys() & more.keys():
        narrative[AS_SUBMITTED] = {**known, **more}
    else:
        name = next(n for n in _names() if n not in narrative)
        narrative[name] = dict(more)
    return {**clear, SealedClass.NARRATIVE: narrative}


def _names() -> Any:
    yield AS_SUBMITTED
    count = 2
    while True:
        yield f"{AS_SUBMITTED}_{count}"
        count += 1
