"""A pytest plugin for CI: a test that is skipped fails, unless what it needs cannot be had here.

pytest -p tools.no_skips

Only tests marked `containers` may be skipped, and only where no container engine was brought up
(ACCORD_BASE_IMAGE is empty).
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest


def may_be_skipped(markers: set[str]) -> bool:
    """Whether a test with these markers may be skipped here."""
    return "containers" in markers and not os.environ.get("ACCORD_BASE_IMAGE")


def _fail(report: pytest.TestReport | pytest.CollectReport) -> None:
    why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    report.outcome = "failed"
    report.longrepr = f"{report.nodeid} was skipped, and may not be skipped here: {why}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped test into a failed one. An expected failure stays what it is."""
    report = yield
    markers = {marker.name for marker in item.iter_markers()}
    if report.skipped and not hasattr(report, "wasxfail") and not may_be_skipped(markers):
        _fail(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a module that is skipped as a whole into an error: its markers cannot be known."""
    report = yield
    if report.skipped:
        _fail(report)
    return report
