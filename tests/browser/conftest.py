"""A browser for all tests of pages, and servers for their apps."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser

from deploy.local.child import free_port
from deploy.local.system import System
from shared.web.site.fakes import FakeSite
from tests.browser import watching
from tests.browser.browsing import chromium

#: Makes the app of a site.
Make = Callable[[FakeSite], FastAPI]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium, one for all tests of this folder.

    It ends with them: its event loop runs in this thread, where no other test could then run one of its own.
    """
    if chromium() is None:
        pytest.skip("elsewhere: no Chromium is installed here")
    with watching.a_browser() as found:
        yield found


@pytest.fixture(scope="package")
def system(platform_folder: Callable[[], Path]) -> Iterator[System]:
    """The whole platform, for tests that walk over all of it. It ends with this folder, since it is never idle."""
    with System(platform_folder()) as whole:
        whole.wait_first_steps()
        yield whole
    whole.infra.remove()


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core's source."""
    return watching.axe()


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """Where pictures of pages go: the folder in ACCORD_PICTURES, if somebody wants to look at them."""
    given = os.environ.get("ACCORD_PICTURES")
    return Path(given) if given else None


@contextmanager
def served(app: FastAPI, port: int) -> Iterator[None]:
    """The app on this port of this machine, from when it answers."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < until, "the app was not served within 20 s"
        time.sleep(0.02)
    yield
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[[Make], FakeSite]]:
    """Serve an app on this machine until the module's end."""
    with ExitStack() as running:

        def begin(make: Make) -> FakeSite:
            port = free_port()
            fake = FakeSite(url=f"http://127.0.0.1:{port}")
            running.enter_context(served(make(fake), port))
            return fake

        yield begin
