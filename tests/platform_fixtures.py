"""Fixtures for tests on real Kafka and real PostgreSQL; `tests/conftest.py` makes them known to all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.infrastructure import Infrastructure

#: Which of its three ways the Kafka of these tests came: the environment, a container, the local platform.
KAFKA_WAYS = pytest.StashKey[list[str]]()


def say_which_kafka(config: pytest.Config, way: str) -> None:
    """Show it at the end of the run."""
    config.stash.setdefault(KAFKA_WAYS, []).append(way)


@pytest.fixture(scope="session")
def platform_folder() -> Iterator[Callable[[], Path]]:
    """Make folders that PostgreSQL's user can reach (pytest's own are closed to others); gone at the end."""
    made: list[Path] = []

    def make() -> Path:
        folder = Path(tempfile.mkdtemp(prefix="accord-test-"))
        folder.chmod(0o711)
        made.append(folder)
        return folder

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def infra(platform_folder: Callable[[], Path], request: pytest.FixtureRequest) -> Iterator[Infrastructure]:
    """Kafka and PostgreSQL with Accord's topics, users, rights and databases: one for the whole run.

    Tests that kill a server, or need the county's topics empty, make an Infrastructure of their own.
    """
    infrastructure = Infrastructure(platform_folder()).start()
    say_which_kafka(request.config, infrastructure.kafka_way)
    yield infrastructure
    infrastructure.remove()


@pytest.fixture
def fresh_database(infra: Infrastructure) -> Iterator[Callable[[str], str]]:
    """`fresh_database("accord_referrals")` is the address of an empty database of that login; dropped."""
    made: list[str] = []

    def make(name: str) -> str:
        made.append(infra.fresh_database(name))
        return made[-1]

    yield make
    for url in made:
        infra.drop_database(url)


@pytest.fixture
def fresh_topic(infra: Infrastructure) -> Callable[..., str]:
    """`fresh_topic(writer=…, readers=…, partitions=…)` is the name of an empty kept topic."""
    return infra.fresh_topic
