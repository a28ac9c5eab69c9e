"""Fixtures of tests on the whole running system."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deploy.local.system import System
from tests.system.doors import Doors


@pytest.fixture
def doors(system: System) -> Iterator[Doors]:
    """Every public door of the running system."""
    made = Doors(system)
    yield made
    made.close()
