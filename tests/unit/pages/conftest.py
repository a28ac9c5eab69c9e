from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from shared.events.names import Agency, Role
from shared.settings import Settings
from shared.web.callers import Caller
from shared.web.site.fakes import FakeSite
from tests.browser.gallery import make_gallery

#: A browser's own headers, as far as they matter here.
BROWSER = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Site": "same-origin"}
Open = Callable[..., TestClient]


@pytest.fixture
def fake() -> FakeSite:
    return FakeSite()


@pytest.fixture
def opened(fake: FakeSite) -> Open:
    """A client of the gallery, signed in with these roles; without roles, not signed in."""

    def open(*roles: Role, **more: object) -> TestClient:
        client = TestClient(make_gallery(fake, Settings()), base_url=fake.site.url, headers=BROWSER)
        if roles:
            caller = Caller(str(uuid4()), Agency.PROBATION, frozenset(roles))
            client.cookies.update(fake.cookie(caller, **more))  # type: ignore[arg-type]
        return client

    return open
