"""What can be asked over HTTP can be asked on the command line, at the same address (DESIGN 1, rule 6)."""

from __future__ import annotations

import re

from services.referrals.api.commands import ROUTES
from services.referrals.application.table import COMMANDS as ORDERS
from services.referrals.cli.things import COMMANDS, DUE_IN, ON_DUTIES, home_of

#: Addresses with a command of their own: `concern report`, `referral request`, `mou propose`; roles have none.
OTHERWISE = {"/v1/concerns", "/v1/cases/{}/referrals", "/v1/roles", "/v1/roles/end"} | {
    "/v1/mou/versions",
    "/v1/mou/proposals",
    "/v1/mou/proposals/{}/comments",
    "/v1/mou/proposals/{}/comments/answer",
    "/v1/mou/proposals/{}/signatures",
    "/v1/mou/proposals/{}/adopt",
}


def on_the_command_line():
    below = [*COMMANDS.items(), *((kind, ON_DUTIES) for kind in DUE_IN)]
    return {
        f"{home_of(group, '{}')}/{path}": (makes, needs)
        for group, commands in below
        for _, path, makes, needs, _ in commands
    }


def over_http():
    return {re.sub(r"\{\w+\}", "{}", route.path): route for route in ROUTES}


def test_every_address_has_a_command_and_every_command_an_address():
    assert set(on_the_command_line()) == set(over_http()) - OTHERWISE


def test_a_command_reads_first_where_its_address_needs_to_know_what_it_is_based_on():
    routes = over_http()
    for path, (_, needs) in on_the_command_line().items():
        assert needs == ORDERS[routes[path].command].needs_based_on, path


def test_every_order_has_exactly_one_address():
    assert sorted(route.command for route in ROUTES) == sorted(ORDERS)
