"""Options, skips, how tests are spread over processes, and shared fixtures."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import settings

from tests.platform_fixtures import KAFKA_WAYS, fresh_database, fresh_topic, infra, platform_folder
from tests.skips import Skips
from tests.spreading import group_of, in_order, random_names

# How long an example takes is no matter of right or wrong; a busy machine takes longer.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

__all__ = ["fresh_database", "fresh_topic", "infra", "platform_folder"]


@pytest.fixture(autouse=True)
def _log_as_it_was() -> Iterator[None]:
    """A command that a test calls sets up the log of the process, which is also that of the next test."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.configure(**before)
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--faults-full", action="store_true", help="at least 30 kills and pauses, not the short run"
    )
    parser.addoption("--allow-skips", action="store_true", help="a skipped test does not fail the run in CI")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[KAFKA_WAYS] = []
    config.pluginmanager.register(Skips(config))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    named = {item.nodeid.partition("::")[0]: item.path for item in items}
    random = random_names([item.nodeid for item in items], lambda file: named[file].read_text("utf-8"))
    if random:
        raise pytest.UsageError("These tests have another name in each run: " + "; ".join(random))
    if hasattr(config, "workerinput"):
        items[:] = in_order(items, [item.nodeid for item in items])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return Groups(config, log)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["kafka_ways"] = session.config.stash[KAFKA_WAYS]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[KAFKA_WAYS] += getattr(node, "workeroutput", {}).get("kafka_ways", [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for way in dict.fromkeys(config.stash[KAFKA_WAYS]):
        terminalreporter.line(f"Kafka of these tests: {way}")
