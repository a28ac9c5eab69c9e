"""In CI a skip fails the run, unless it belongs elsewhere; with one process and with pytest-xdist's several."""

from __future__ import annotations

import os

import pytest

#: A skip whose reason starts so is right where it happened: the test needs another place.
ELSEWHERE = "elsewhere:"


class Skips:
    """A plugin that fails a run in which something was skipped that should not have been, and names it.

    Reports of tests come to the process that began the run, wherever the tests ran, so it is the one that judges.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._fail = os.environ.get("CI") == "true" and not config.getoption("--allow-skips")
        self._unexpected: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not hasattr(report, "wasxfail"):
            self._look_at(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._look_at(report)

    def _look_at(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            if not reason.removeprefix("Skipped: ").startswith(ELSEWHERE):
                self._unexpected.append(f"{report.nodeid}: {reason}")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._fail and self._unexpected:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._fail and self._unexpected:
            terminalreporter.section("skipped, which fails the run in CI", red=True)
            for line in self._unexpected:
                terminalreporter.line(line)
