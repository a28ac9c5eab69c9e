"""Fixtures of tests on the whole running system."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.system import System
from tests.system.doors import Doors


@pytest.fixture(scope="package")
def system(platform_folder: Callable[[], Path]) -> Iterator[System]:
    """The whole platform with every service, ready, with Alder County's MOU adopted; one for these tests.

    It ends with the last of them, since it is never idle. Tests that kill, pause, hold or restore something start
    a System of their own.
    """
    with System(platform_folder()) as whole:
        whole.wait_first_steps()
        yield whole
    whole.infra.remove()


@pytest.fixture
def doors(system: System) -> Iterator[Doors]:
    """Every public door of the running system."""
    made = Doors(system)
    yield made
    made.close()
