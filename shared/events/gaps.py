"""What a flag tells whoever caused it, as an event, a receipt or an answer carries it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from shared.events.data import Word


class Gap(BaseModel):
    """A flag of the same event, with its clause, the clause's sentence and what to do, as the MOU then had them.

    `clause` is `none` where no clause speaks of it. An event that had no room for the words holds the clause alone;
    its sentence stands in the event's version of the MOU.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    flag: Word
    clause: str
    sentence: str | None = None
    remedy: str | None = None


#: What the flags of an event tell, in their order; absent where there are none, and in events of earlier writers.
Gaps = tuple[Gap, ...] | None
