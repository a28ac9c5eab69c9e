"""What flags tell whoever caused them, beside the facts that carry them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from services.referrals.domain.facts import Fact
from services.referrals.domain.portions import length
from shared.events.gaps import Gap
from shared.events.sealing import MAX_SEALED
from shared.mou.document import Mou
from shared.mou.gaps import told

#: Characters that the words of an event's gaps may have beside sealed facts of any length.
ROOM = 1_500


def explained(facts: Sequence[Fact], mou: Mou | None) -> tuple[list[Fact], tuple[Gap, ...]]:
    """The facts with what their flags tell, and all of that.

    An event that is nearly full holds only the clause of each flag: never is a fact lost to words about it.
    """
    done: list[Fact] = []
    gaps: list[Gap] = []
    for fact in facts:
        found = gaps_of(getattr(fact.data, "flags", ()), mou)
        gaps += found
        kept = found if _fit(found, fact) else [Gap(flag=gap.flag, clause=gap.clause) for gap in found]
        done.append(replace(fact, data=fact.data.model_copy(update={"gaps": tuple(kept)})) if kept else fact)
    return done, tuple(gaps)


def gaps_of(flags: Sequence[str], mou: Mou | None) -> list[Gap]:
    """What each flag tells under the document."""
    return [
        Gap(flag=one.flag, clause=one.clause, sentence=one.sentence, remedy=one.remedy)
        for one in told(flags, mou)
    ]


def _fit(gaps: Sequence[Gap], fact: Fact) -> bool:
    size = sum(len(json.dumps(gap.model_dump())) for gap in gaps)
    return size <= ROOM + MAX_SEALED - length(fact.seal)
