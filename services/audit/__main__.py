"""`python -m services.audit api|consumer|relay`: one process of the service."""

from __future__ import annotations

import signal
import sys
import threading

import structlog

from shared import telemetry
from shared.errors import Disagreement, TryLater
from shared.memory import give_back_large_blocks
from shared.settings import Settings

#: The supervisor does not start it again.
NEEDS_OPERATOR = 6


def _api(settings: Settings) -> int:
    from services.audit.api import make_app
    from services.audit.bootstrap import bootstrap, checks
    from shared.bus.gate import Gate
    from shared.web.health import Check
    from shared.web.issuers import load_issuers
    from shared.web.server import serve
    from shared.web.tokens import JwtVerifier

    verifier = JwtVerifier(load_issuers(settings))
    gate = Gate(settings, "audit")
    try:
        audit = bootstrap(settings, gate.require)
        try:

            def readiness() -> list[Check]:
                return [*checks(audit.store), *(Check(*line) for line in gate.checks())]

            app = make_app(audit.questions, verifier, settings, readiness, audit.secret, audit.proofs)
            return serve(app, settings)
        finally:
            audit.close()
    finally:
        gate.close()


def _consumer(settings: Settings) -> int:
    from services.audit.running import run

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        return run(settings, stop)
    except Disagreement as found:
        log = structlog.get_logger()
        log.error("store_and_log_disagree", kind=found.kind, reason=found.detail, remedy=found.remedy)
        return NEEDS_OPERATOR


def _relay(settings: Settings) -> int:
    from services.audit.bootstrap import prepare
    from shared.bus.relay import run

    prepare(settings)
    return run(settings, "audit")


PROCESSES = {"api": _api, "consumer": _consumer, "relay": _relay}


def main(arguments: list[str]) -> int:
    """Run the named process until SIGTERM. Returns its exit code."""
    if len(arguments) != 1 or arguments[0] not in PROCESSES:
        sys.stderr.write(f"usage: python -m services.audit {'|'.join(PROCESSES)}\n")
        return 2
    settings = Settings()
    telemetry.configure("audit", arguments[0], settings.log_level)
    give_back_large_blocks()
    try:
        return PROCESSES[arguments[0]](settings)
    except TryLater as later:
        remedy = "It is started again; see accord doctor."
        structlog.get_logger().error("cannot_start", reason=str(later), remedy=remedy)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
