"""What the relay does with the start-up comparison, before any server is asked."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from shared.bus import clients
from shared.bus.compare import Verdict
from shared.bus.relay import Relay
from shared.errors import Disagreement
from shared.settings import Settings


class Lease:
    """A lease that was released properly, over a store of ten events."""

    def __init__(self) -> None:
        self.saved: list[int] = []
        self.released = False

    def release(self) -> None:
        self.released = True

    def take_over(self) -> bool:
        return True

    def id_before(self, missing: Sequence[tuple[str, int, int]]) -> int:
        return min((sequence for _, _, sequence in missing), default=10)

    def save(self, published: int, released: bool = False) -> None:
        self.saved.append(published)

    def say_published(self) -> None:
        return None


def start(monkeypatch: pytest.MonkeyPatch, *found: Verdict, lease: Lease | None = None) -> Lease:
    lease = lease or Lease()
    relay = Relay(Settings(), "audit", lease)  # type: ignore[arg-type]
    monkeypatch.setattr(relay, "_compare", lambda stop: list(found))
    made: Any = object()
    monkeypatch.setattr(clients, "producer", lambda settings: made)
    relay.start(threading.Event())
    return lease


@pytest.mark.parametrize("row", ["kafka-ahead", "other-bytes"])
def test_a_relay_whose_store_and_log_disagree_does_not_start(
    monkeypatch: pytest.MonkeyPatch, row: Any
) -> None:
    lease = Lease()
    with pytest.raises(Disagreement) as raised:
        start(monkeypatch, Verdict("t", 0, "equal", 9, 9), Verdict("t", 1, row, 4, 4), lease=lease)
    assert raised.value.kind == row
    assert lease.released, "it sent nothing, so the next one need not wait"


def test_a_relay_whose_log_is_behind_goes_on_after_what_the_log_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    behind = (Verdict("t", 0, "kafka-behind", 3, 9), Verdict("t", 1, "equal", 2, 2))
    assert start(monkeypatch, *behind).saved == [4]


def test_a_relay_whose_log_has_everything_sends_nothing_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert start(monkeypatch, Verdict("t", 0, "equal", 9, 9)).saved == [10]
