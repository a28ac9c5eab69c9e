"""Fixtures of the tests on one service's log: servers of their own, since they need its topics empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.infrastructure import Infrastructure
from tests.integration.bus_support import Log


@pytest.fixture(scope="session")
def bus_infra(platform_folder: Callable[[], Path]) -> Iterator[Infrastructure]:
    infra = Infrastructure(platform_folder(), external=False).start()
    yield infra
    infra.remove()


@pytest.fixture
def log(bus_infra: Infrastructure) -> Iterator[Log]:
    made = Log(bus_infra)
    yield made
    made.end()
