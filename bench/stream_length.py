"""What a command costs as its stream grows: flat, since no command reads the stream."""

from __future__ import annotations

import time
from statistics import median

from bench.county import County, servers
from bench.measuring import say

LENGTHS = (10, 1_000, 10_000)
SAMPLE = 200


def main() -> None:
    """Print the figure: a command's median, in turn on cases of each length; the shortest is the baseline."""
    with servers() as infra:
        county = County(infra)
        cases = {}
        for length in LENGTHS:
            cases[length] = county.open_case()
            for _ in range(length - 2):
                county.refer(cases[length])
        took: dict[int, list[float]] = {length: [] for length in LENGTHS}
        for _ in range(SAMPLE):
            for length in LENGTHS:
                began = time.perf_counter()
                county.refer(cases[length])
                took[length].append((time.perf_counter() - began) * 1_000)
        base = median(took[LENGTHS[0]])
        for length in LENGTHS:
            ours = median(took[length])
            say(f"a command on {length:,} events", f"{ours:.2f} ms", f"{base:.2f} ms", ours / base, "≤ 1.5")
        county.referrals.close()


if __name__ == "__main__":
    main()
