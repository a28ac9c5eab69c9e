"""Commands per second: the application layer and HTTP, against the bare eventsourcing library, same database."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any
from uuid import uuid4

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from bench.county import County, servers, settings_of
from bench.measuring import in_turn, rate, say
from deploy.local.infrastructure import Infrastructure
from deploy.local.people import BY_HANDLE
from services.referrals.api.app import make_app
from services.referrals.api.calls import Doors
from shared.store.store import datastore
from shared.web.callers import Caller
from shared.web.fakes import FakeVerifier
from shared.web.server import make_server

COUNT = 400


class BareReferral(Aggregate):
    """The least that a referral could be."""

    def __init__(self, sender: str, recipient: str, kind: str, urgency: str) -> None:
        self.sender, self.recipient, self.kind, self.urgency = sender, recipient, kind, urgency
        self.status = "requested"

    @event("Accepted")
    def accept(self, worker: str) -> None:
        """Never called here; it makes the aggregate an honest one."""
        self.status, self.worker = "accepted", worker


class Bare(Application[Any]):
    """The bare library: one aggregate, one save."""

    def request(self) -> None:
        """One command."""
        self.save(
            BareReferral(sender="human-services", recipient="advocacy", kind="advocate", urgency="hours")
        )


def bare(infra: Infrastructure) -> Bare:
    """The library's application in a fresh database of the same server."""
    pool = datastore(infra.fresh_database("accord_audit"), 1).pool.kwargs
    assert isinstance(pool, dict)
    named = {"dbname": "DBNAME", "host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    env = {f"POSTGRES_{name}": str(pool[key]) for key, name in named.items()}
    return Bare(env={"PERSISTENCE_MODULE": "eventsourcing.postgres", "POSTGRES_POOL_SIZE": "8", **env})


class _Open:
    def require(self) -> None:
        """The gate of a figure stands open."""


def main() -> None:
    """Print the figure."""
    with servers() as infra:
        county, library = County(infra), bare(infra)
        case = county.open_case()
        for threads in (1, 4):
            ours, base, ratio = in_turn(
                partial(rate, lambda: county.refer(case), COUNT, threads),
                partial(rate, library.request, COUNT, threads),
            )
            say(f"application layer, {threads} thread(s)", f"{ours:,.0f}/s", f"{base:,.0f}/s", ratio, "≥ 0.6")
        ours, base, ratio = in_turn(
            lambda: rate(lambda: county.refer(case, {"identity": {"name": "Testa Example"}}), COUNT),
            lambda: rate(library.request, COUNT),
        )
        say("the same with one sealed class", f"{ours:,.0f}/s", f"{base:,.0f}/s", ratio, "-")
        over_http(infra, county, library, case)
        library.close()
        county.referrals.close()


def over_http(infra: Infrastructure, county: County, library: Bare, case: str) -> None:
    """The same commands through uvicorn on loopback, one connection for each thread."""
    import httpx2

    worker = BY_HANDLE["worker@human-services"]
    verifier = FakeVerifier({"worker": Caller(str(worker.id), worker.agency, worker.roles)})
    settings = settings_of(infra, "referrals").model_copy(update={"http_port": infra.places.port("bench")})
    doors = Doors(county.referrals, _Open(), lambda: True)
    server = make_server(make_app(doors, verifier, settings, lambda: []), settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    local = threading.local()
    body = {
        "recipient": "advocacy",
        "matter": "dependency",
        "kind": "advocate",
        "urgency": "hours",
        "youth_choice": "agrees",
    }

    def post() -> None:
        if not hasattr(local, "client"):
            local.client = httpx2.Client(base_url=f"http://127.0.0.1:{settings.http_port}", timeout=10)
        headers = {"Authorization": "Bearer worker", "Idempotency-Key": str(uuid4())}
        answer = local.client.post(f"/v1/cases/{case}/referrals", json=body, headers=headers)
        assert answer.status_code == 201, answer.status_code

    for threads in (1, 4):
        ours, base, ratio = in_turn(
            partial(rate, post, COUNT, threads),
            partial(rate, library.request, COUNT, threads),
            rounds=3,
        )
        say(f"through HTTP, {threads} connection(s)", f"{ours:,.0f}/s", f"{base:,.0f}/s", ratio, "-")
    server.should_exit = True
    thread.join(10)


if __name__ == "__main__":
    main()
