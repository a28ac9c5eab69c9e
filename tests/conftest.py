"""Options, skips and shared fixtures."""

from __future__ import annotations

import os

import pytest

from tests.platform_fixtures import KAFKA_WAYS, fresh_database, fresh_topic, infra, platform_folder, system

__all__ = ["fresh_database", "fresh_topic", "infra", "platform_folder", "system"]

_UNEXPECTED_SKIPS = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--faults-full", action="store_true", help="at least 30 kills and pauses, not the short run"
    )
    parser.addoption("--allow-skips", action="store_true", help="a skipped test does not fail the run in CI")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_UNEXPECTED_SKIPS] = []


def skips_fail(config: pytest.Config) -> bool:
    """In CI a skip fails the run, unless its reason starts with `elsewhere:`."""
    return os.environ.get("CI") == "true" and not config.getoption("--allow-skips")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not reason.removeprefix("Skipped: ").startswith("elsewhere:"):
            item.config.stash[_UNEXPECTED_SKIPS].append(f"{item.nodeid}: {reason}")
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    if skips_fail(session.config) and session.config.stash[_UNEXPECTED_SKIPS]:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for way in config.stash.get(KAFKA_WAYS, []):
        terminalreporter.line(f"Kafka of these tests: {way}")
    unexpected = config.stash[_UNEXPECTED_SKIPS]
    if skips_fail(config) and unexpected:
        terminalreporter.section("skipped, which fails the run in CI", red=True)
        for line in unexpected:
            terminalreporter.line(line)
