"""How the tests are spread over pytest-xdist's workers (`make test`): what shares a platform stays together.

A worker runs one group at a time, in the order of the tests; a group is a file, but for those below. Each worker
has a Kafka and a PostgreSQL of its own (the session fixtures), so tests of two workers never meet on a server.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

#: Files that are one group, since they share a running system that takes long to start.
TOGETHER = {
    "tests/system/test_proof.py": "the running system",
    "tests/system/test_readme.py": "the running system",
    "tests/system/test_rebuild.py": "the running system",
    "tests/system/test_submissions_bad_input.py": "the running system",
    "tests/system/test_sim.py": "the running system",
    "tests/browser/test_flows.py": "the running site",
    "tests/browser/test_own_rule.py": "the running site",
    "tests/browser/test_story.py": "the running site",
}
#: Files whose tests are dealt out to this many groups, for they share little and take long.
DEALT = {"tests/mutants/test_mutants.py": 2}
#: Groups that take longest begin first, so that no worker is left with one of them at the end.
FIRST = (
    "tests/system/test_recovery_on_the_running_system.py",
    "the running system",
    "tests/mutants/test_mutants.py 0",
    "tests/mutants/test_mutants.py 1",
    "tests/integration/test_notifications_worker.py",
    "tests/integration/test_relay.py",
    "tests/integration/test_recovery_rows.py",
    "tests/integration/test_platform_system.py",
    "the running site",
    "tests/system/test_canary_everywhere.py",
    "tests/system/test_demo.py",
    "tests/containers/test_kafka_image.py",
    "tests/integration/test_platform_supervisor.py",
)

_Item = TypeVar("_Item")


def group_of(nodeid: str) -> str:
    """The group of a test: all of it runs on one worker."""
    file, _, test = nodeid.partition("::")
    if file in DEALT:
        return f"{file} {_number(test) % DEALT[file]}"
    return TOGETHER.get(file, file)


def _number(test: str) -> int:
    """The same for a test in every process and every run, unlike `hash`."""
    return sum(map(ord, test))


def in_order(items: Sequence[_Item], nodeids: Sequence[str]) -> list[_Item]:
    """The tests, those of `FIRST` first; the rest, and those of one group, as they were."""
    rank = {group: n for n, group in enumerate(FIRST)}
    pairs = sorted(zip(nodeids, items, strict=True), key=lambda pair: rank.get(group_of(pair[0]), len(rank)))
    return [item for _, item in pairs]


_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def random_names(nodeids: Sequence[str], text_of: Callable[[str], str]) -> list[str]:
    """The tests with an id in their names that does not stand in their file (`text_of` gives its text).

    It is another one in each worker, and workers whose tests have other names run none of them.
    """
    return [
        nodeid
        for nodeid in nodeids
        if any(found not in text_of(nodeid.partition("::")[0]) for found in _UUID.findall(nodeid))
    ]
