"""`python -m services.audit api|consumer|relay`: one process of the service."""

from __future__ import annotations

import signal
import sys
import threading

import structlog

from shared.errors import Disagreement
from shared.process import main
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


if __name__ == "__main__":
    sys.exit(main("audit", PROCESSES, sys.argv[1:]))
