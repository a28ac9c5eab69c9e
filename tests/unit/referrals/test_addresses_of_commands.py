"""The addresses of the commands, before anything behind them is asked: no database."""

from __future__ import annotations

from types import SimpleNamespace
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from services.referrals.api.app import make_app
from services.referrals.api.calls import Doors
from services.referrals.api.commands import ROUTES
from services.referrals.application.table import COMMANDS
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


KEYED = {route.command for route in ROUTES if route.needs_key}


class TestHowARepeatIsKnown:
    def test_is_asked_of_all_that_make_something_and_of_those_whose_repeat_would_be_a_further_fact(self):
        made = {"report-concern", "open-case", "request-referral", "forward-referral", "record-screening"}
        made |= {"record-act", "record-concern-act", "arrange-cover", "propose-mou", "comment-mou"}
        again = {"state-call", "state-referral-call", "assign-role", "end-role"}
        again |= {"confirm-duty-not-done", "confirm-concern-duty-not-done"}
        assert made | {"adopt-mou"} | again == KEYED

    def test_is_asked_of_every_command_that_has_neither_a_basis_nor_a_state_that_refuses_its_repeat(self):
        unbased = {route.command for route in ROUTES} - {route.command for route in BASED}
        assert unbased - KEYED == {"receive-referral", "end-cover", "sign-mou"}

    @pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.command)
    def test_is_needed_where_the_contract_of_the_api_says_so_and_nowhere_else(self, client, route):
        described = client.get("/openapi.json").json()["paths"][route.path]["post"]["parameters"]
        [required] = [one["required"] for one in described if one["name"] == "Idempotency-Key"]
        assert required is route.needs_key
        answered = asked(client, route, **SIGNED_IN, **{"If-Match": '"x"'})
        assert (answered == (400, "idempotency-key-missing")) is required
