"""A PostgreSQL that is there and does nothing (SIGSTOP): nobody waits for it for ever."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from deploy.local.places import Places
from deploy.local.postgres import Postgres
from shared.errors import TryLater
from shared.store.connection import Connection, NoAnswer
from shared.store.schema import APPEND, EVENT_STORE
from shared.store.store import Store
from tests.integration.bus_support import draft, eventually

pytestmark = pytest.mark.platform


class Hasty(Connection):
    """As the real one, but for the test's patience."""

    answer_seconds = 1.0


@pytest.fixture
def postgres(platform_folder: Callable[[], Path]) -> Iterator[Postgres]:
    places = Places(platform_folder())
    places.make()
    server = Postgres(places)
    server.start()
    server.wait_ready()
    with psycopg.connect(server.admin_url, autocommit=True) as connection:
        connection.execute((EVENT_STORE + APPEND).encode())
    yield server
    server.stop()
    server.forget()


@pytest.fixture
def store(postgres: Postgres) -> Iterator[Store]:
    made = Store(postgres.admin_url, pool_size=2, connection_class=Hasty)
    yield made
    made.close()


@contextmanager
def frozen(postgres: Postgres) -> Iterator[None]:
    """The server and each of its sessions' processes stand still."""
    assert postgres.child is not None
    server = psutil.Process(postgres.child.pid)
    ours = [server, *server.children(recursive=True)]
    for process in ours:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in ours:
            process.send_signal(signal.SIGCONT)


def works(store: Store) -> bool:
    try:
        store.ping()
    except TryLater:
        return False
    return True


def test_every_caller_is_told_to_try_later_and_all_heals_by_itself(postgres: Postgres, store: Store) -> None:
    store.ping()
    with frozen(postgres):
        for _ in range(4):  # two that have a connection, and two for whom none is left
            began = time.monotonic()
            with pytest.raises(TryLater):
                store.ping()
            assert time.monotonic() - began < 8  # 1 s for an answer, 5 s for a connection
    eventually("the store answers again", lambda: works(store))


def test_an_append_that_got_no_answer_is_there_once_or_not_at_all(postgres: Postgres, store: Store) -> None:
    store.ping()
    with frozen(postgres), pytest.raises(TryLater), store.connection() as connection:
        store.append(connection, [draft()], {})
    eventually("the store answers again", lambda: works(store))
    assert store.unpublished() in (0, 1)


def test_a_call_with_a_limit_of_its_own_keeps_it_and_its_connection(postgres: Postgres) -> None:
    with Hasty.connect(postgres.admin_url, autocommit=True) as connection:
        assert list(connection.notifies(timeout=0.1)) == []
        connection.execute("SELECT pg_sleep(0.1)")
        with pytest.raises(NoAnswer):
            connection.execute("SELECT pg_sleep(3)")
        assert connection.closed
