"""The pump while Faust moves partitions about."""

from __future__ import annotations

import asyncio

from services.notifications.pump import Consumer, Pump, Waiting
from services.notifications.records import Applied, Incoming, Stood

PLACE = ("accord.referrals.events", 0)


def record(sequence: int) -> Incoming:
    return Incoming(*PLACE, sequence, sequence, b"{}")


async def until(done, seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not done():
            await asyncio.sleep(0.01)


async def rebalanced() -> list[list[int]]:
    """Two records are applied while a rebalance lets go of them and a third one is read."""
    loop, seen, pump = asyncio.get_running_loop(), [], None

    async def nothing(_: object) -> None: ...

    async def rebalance() -> None:
        pump.forget()
        await pump.put(Waiting(record(2), lambda: None))
        while pump._come:
            pump._lane_of(pump._come.popleft())

    def apply(batch):
        seen.append([r.sequence for r in batch[PLACE]])
        if len(seen) == 1:
            asyncio.run_coroutine_threadsafe(rebalance(), loop).result(5)
        return Applied(stood={PLACE: Stood(taken=len(batch[PLACE]))})

    pump = Pump(apply, Consumer(nothing, lambda _: None))
    for sequence in (0, 1):
        await pump.put(Waiting(record(sequence), lambda: None))
    running = asyncio.create_task(pump.run())
    try:
        await until(lambda: len(seen) == 2 or running.done())
        if running.done():
            running.result()
    finally:
        running.cancel()
        pump.close()
    return seen


def test_what_is_read_during_a_rebalance_is_neither_lost_nor_taken_for_what_was_applied():
    assert asyncio.run(rebalanced()) == [[0, 1], [2]]


async def repositioned_by_two() -> tuple[int, int]:
    under_way, most, times = 0, 0, 0

    async def reseek(_):
        nonlocal under_way, most, times
        under_way, times = under_way + 1, times + 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1

    pump = Pump(lambda _: Applied(), Consumer(reseek, lambda _: None))
    try:
        await asyncio.gather(pump.reposition(), pump.reposition())
    finally:
        pump.close()
    return most, times


def test_two_who_want_to_read_again_take_turns_for_each_stops_the_flow_of_records():
    assert asyncio.run(repositioned_by_two()) == (1, 2)
