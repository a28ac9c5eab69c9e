"""Of what a document does not speak: event types, acts, lists. Pure; nothing of it is an error."""

from __future__ import annotations

from collections.abc import Iterator

from shared.events import TYPES
from shared.mou.document import Mou
from shared.mou.duties.rules import Mode, Pattern
from shared.mou.routing import SILENT, TOLD_BY_DUTIES
from shared.mou.vocabulary import Act


def coverage(mou: Mou) -> dict[str, list[str]]:
    """What no rule speaks of, by kind.

    `event`  a type that is told to nobody, though not on purpose, and that no duty waits for
    `act`    something that nobody may do
    `told`   an act of the county's that opens, meets and ends no duty
    """
    patterns = list(_patterns(mou))
    routed = {rule.event for rule in mou.routing} | {pattern.event for pattern in patterns}
    allowed = {rule.act for rule in mou.may}
    waited = {pattern.act for pattern in patterns}
    return {
        "event": sorted(set(TYPES) - routed - set(SILENT) - TOLD_BY_DUTIES),
        "act": sorted(set(Act) - allowed),
        "told": sorted({act.code for act in mou.acts} - waited),
    }


def _patterns(mou: Mou) -> Iterator[Pattern]:
    for duty in mou.duties:
        if duty.mode is not Mode.OFF:
            yield from (*duty.opens, *duty.closes, *duty.ends)
            if duty.within and duty.within.before:
                yield duty.within.before
