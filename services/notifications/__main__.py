"""`python -m services.notifications api|worker|relay`: one process of the service."""

from __future__ import annotations

import sys

import structlog

from shared import telemetry
from shared.errors import TryLater
from shared.memory import give_back_large_blocks
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


def main(arguments: list[str]) -> int:
    """Run the named process until SIGTERM. Returns its exit code."""
    if len(arguments) != 1 or arguments[0] not in PROCESSES:
        sys.stderr.write(f"usage: python -m services.notifications {'|'.join(PROCESSES)}\n")
        return 2
    settings = Settings()
    telemetry.configure("notifications", arguments[0], settings.log_level)
    give_back_large_blocks()
    try:
        return PROCESSES[arguments[0]](settings)
    except TryLater as later:
        remedy = "It is started again; see accord doctor."
        structlog.get_logger().error("cannot_start", reason=str(later), remedy=remedy)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
