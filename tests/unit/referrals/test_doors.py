"""The addresses of the commands, before anything behind them is asked: no database."""

from __future__ import annotations

from types import SimpleNamespace
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from services.referrals.api.app import make_app
from services.referrals.api.calls import Doors
from services.referrals.api.commands import ROUTES
from services.referrals.application.orders import COMMANDS
from shared.events.names import Agency, Role
from shared.settings import Settings
from shared.web.callers import Caller
from shared.web.fakes import FakeVerifier

DEPUTY = Caller(str(uuid4()), Agency.SHERIFF, frozenset({Role.DEPUTY}))
SIGNED_IN = {"Authorization": "Bearer deputy"}
BASED = [route for route in ROUTES if COMMANDS[route.command].needs_based_on]


@pytest.fixture(scope="module")
def client() -> TestClient:
    behind = SimpleNamespace(questions=None, vault=None)
    doors = Doors(behind, SimpleNamespace(require=lambda: None), lambda: True)  # type: ignore[arg-type]
    app = make_app(doors, FakeVerifier({"deputy": DEPUTY}), Settings(), lambda: [])
    return TestClient(app, raise_server_exceptions=False)


def path_of(route) -> str:
    return "/".join(str(uuid4()) if part.startswith("{") else part for part in route.path.split("/"))


def asked(client, route, **headers):
    answer = client.post(path_of(route), headers=headers, content=b"{}")
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


class TestWhoAsksIsLookedAtFirst:
    @pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.command)
    def test_without_a_token_it_is_401_whatever_else_is_missing(self, client, route):
        assert asked(client, route) == (401, "token-missing")
        assert asked(client, route, Authorization="Bearer nobody") == (401, "token-invalid")

    @pytest.mark.parametrize("route", BASED, ids=lambda route: route.command)
    @pytest.mark.parametrize("tag", [None, "*", ""])
    def test_then_what_it_is_based_on(self, client, route, tag):
        headers = SIGNED_IN | ({"If-Match": tag} if tag is not None else {})
        assert asked(client, route, **headers) == (428, "precondition-required")
