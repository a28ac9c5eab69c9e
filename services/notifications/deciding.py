"""What a batch of events comes to: items, facts, MOU versions, covers, acknowledgements, and what
is held. No I/O."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from services.notifications.domain.facts import FOLDED, Facts, concerns, evolve
from services.notifications.domain.items import HANDLED, NO_MOU, Item, items_for
from services.notifications.reading import Parsed
from services.notifications.records import Incoming, Place
from shared.errors import TryLater, Undeliverable
from shared.events import Recorded, Unhandled
from shared.events.names import events_topic
from shared.events.types.cover import CoverArranged, CoverEnded
from shared.events.types.mou import MouAdopted
from shared.events.types.notification import NotificationAcknowledged
from shared.mou import InvalidMou, Mou, from_adopted

#: Fields of an event's data by one of which it is of a case or a concern, and may bear on their duties.
SUBJECTS = frozenset({"case", "concern"})


@dataclass
class Decided:
    """The effects of a batch, in order, and where each partition is held."""

    items: list[tuple[Item, Recorded]] = field(default_factory=list)
    changed: dict[str, Facts] = field(default_factory=dict)
    adopted: dict[str, dict[str, object]] = field(default_factory=dict)
    acknowledged: list[tuple[str, str, Recorded]] = field(default_factory=list)
    happenings: list[Recorded] = field(default_factory=list)
    covers: list[Recorded] = field(default_factory=list)
    unhandled: list[tuple[Incoming, str]] = field(default_factory=list)
    unreadable: list[tuple[Incoming, str]] = field(default_factory=list)
    held: dict[Place, tuple[Incoming, str]] = field(default_factory=dict)
    events: int = 0


class Decider:
    """Goes through a batch with what is known. `mou_of` gives a version of the MOU, or None if not here yet."""

    def __init__(
        self,
        known: dict[str, Facts],
        mou_of: Callable[[str], Mou | None],
        referrals: str = events_topic("referrals"),
    ) -> None:
        """`known` grows with what the batch says. Duties are read off what is on the topic `referrals`."""
        self.known, self._mou_of, self._referrals = known, mou_of, referrals
        self._here: dict[str, Mou] = {}
        self.found = Decided()

    def decide(self, batch: Iterable[Parsed]) -> Decided:
        """The effects of `batch`. A failure nobody foresaw holds its partition: it may be ours to mend."""
        for parsed in batch:
            place = parsed.record.place
            if place in self.found.held:
                continue
            try:
                self._one(parsed)
            except TryLater as error:
                self.found.held[place] = (parsed.record, str(error))
            except Exception as error:  # noqa: BLE001 - an exception in an agent would commit past the event
                self.found.held[place] = (parsed.record, f"failed: {type(error).__name__}")
        return self.found

    def _one(self, parsed: Parsed) -> None:
        record, event = parsed.record, parsed.event
        if isinstance(event, Undeliverable):
            self.found.unreadable.append((record, event.reason))
        elif isinstance(event, Recorded) and isinstance(event.data, Unhandled):
            self.found.unhandled.append((record, event.type))
        elif isinstance(event, Recorded):
            self._event(event, record)

    def _event(self, event: Recorded, record: Incoming) -> None:
        self.found.events += 1
        if isinstance(event.data, MouAdopted):
            self._adopted(event.data)
            return
        if isinstance(event.data, NotificationAcknowledged):
            self.found.acknowledged.append((event.data.item, event.envelope.actor, event))
            return
        happening = record.topic == self._referrals and not event.envelope.data.keys().isdisjoint(SUBJECTS)
        if happening and self._mou(event) is None and event.envelope.mouversion != NO_MOU:
            raise TryLater("the event's version of the MOU is not known yet")
        items: list[Item] = []
        changed: dict[str, Facts] = {}
        if event.type in HANDLED or event.type in FOLDED:
            mou = self._mou(event) if event.type in HANDLED else None
            # Its own things only: what else the batch happens to know would make a rebuild differ.
            known = {id: self.known[id] for id in concerns(event) if id in self.known}
            changed = evolve(known, event)
            items = items_for(event, ChainMap(changed, known), mou)
        # All or nothing: what fails above leaves the event as if it had not come.
        self.known |= changed
        self.found.changed |= changed
        self.found.items += [(item, event) for item in items]
        if happening:
            self.found.happenings.append(event)
        if isinstance(event.data, CoverArranged | CoverEnded):
            self.found.covers.append(event)

    def _adopted(self, data: MouAdopted) -> None:
        facts = data.model_dump(mode="json")
        try:
            self._here[data.version] = from_adopted(facts)
        except InvalidMou:
            raise TryLater("this version of Accord cannot read the adopted MOU", 5) from None
        self.found.adopted[data.version] = facts

    def _mou(self, event: Recorded) -> Mou | None:
        version = event.envelope.mouversion
        if version == NO_MOU:
            return None
        return self._here.get(version) or self._mou_of(version)


def ids_needed(batch: Iterable[Parsed]) -> list[str]:
    """The ids of every thing whose facts the batch needs."""
    return sorted({id for parsed in batch if (event := parsed.known) is not None for id in concerns(event)})
