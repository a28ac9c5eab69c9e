"""`python -m services.referrals api|intake|relay`: one process of the service."""

from __future__ import annotations

import sys

from shared.process import main
from shared.settings import Settings


def _api(settings: Settings) -> int:
    from services.referrals.api.app import checks, make_app
    from services.referrals.api.calls import Doors
    from services.referrals.bootstrap import bootstrap
    from services.referrals.signing_in.opening import open_desk
    from shared.bus.gate import Gate
    from shared.web.health import Check
    from shared.web.issuers import load_issuers
    from shared.web.server import serve
    from shared.web.tokens import JwtVerifier

    issuers = load_issuers(settings)
    verifier = JwtVerifier(issuers)
    referrals = bootstrap(settings)
    desk = open_desk(settings, issuers, referrals)
    gate = Gate(settings, "referrals")
    doors = Doors(referrals, gate, gate.keeps_up)

    def readiness() -> list[Check]:
        return [*checks(doors), *(Check(*line) for line in gate.checks())]

    try:
        return serve(make_app(doors, verifier, settings, readiness, desk), settings)
    finally:
        gate.close()
        referrals.close()


def _intake(settings: Settings) -> int:
    from services.referrals.intake.process import run

    return run(settings)


def _relay(settings: Settings) -> int:
    from services.referrals.bootstrap import MIGRATIONS
    from shared.bus.relay import run
    from shared.store.migrate import migrate

    migrate(settings.database_url.get_secret_value(), MIGRATIONS)
    return run(settings, "referrals")


PROCESSES = {"api": _api, "intake": _intake, "relay": _relay}


if __name__ == "__main__":
    sys.exit(main("referrals", PROCESSES, sys.argv[1:]))
