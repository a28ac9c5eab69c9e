"""`python -m services.notifications api|worker|relay`: one process of the service."""

from __future__ import annotations

import sys

from shared.process import main
from shared.settings import Settings


def _api(settings: Settings) -> int:
    from services.notifications.api import make_app
    from services.notifications.bootstrap import bootstrap, checks
    from shared.bus.gate import Gate
    from shared.store.store import system_clock
    from shared.web.health import Check
    from shared.web.issuers import load_issuers
    from shared.web.server import serve
    from shared.web.tokens import JwtVerifier

    verifier = JwtVerifier(load_issuers(settings))
    parts = bootstrap(settings)
    gate = Gate(settings, "notifications")

    def readiness() -> list[Check]:
        return [*checks(parts.feed, system_clock()), *(Check(*line) for line in gate.checks())]

    try:
        app = make_app(parts.feed, parts.hub, gate, verifier, settings, readiness, parts.secret)
        return serve(app, settings)
    finally:
        gate.close()
        parts.close()


def _worker(settings: Settings) -> int:
    import asyncio
    import gc

    from services.notifications.bootstrap import prepare
    from services.notifications.worker import Worker
    from shared.store.store import system_clock

    prepare(settings)
    # What is imported stays: looking through it again and again costs a fifth of the catch-up rate.
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    return asyncio.run(Worker(settings, system_clock).run())


def _relay(settings: Settings) -> int:
    from services.notifications.bootstrap import prepare
    from shared.bus.relay import run

    prepare(settings)
    return run(settings, "notifications")


PROCESSES = {"api": _api, "worker": _worker, "relay": _relay}


if __name__ == "__main__":
    sys.exit(main("notifications", PROCESSES, sys.argv[1:]))
