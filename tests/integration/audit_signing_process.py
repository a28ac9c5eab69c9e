"""The schedule of checkpoints as a process of its own, for a test that kills it."""

from __future__ import annotations

import threading

from services.audit.merkle.schedule import Schedule
from shared import telemetry
from shared.settings import Settings


def main() -> None:
    settings = Settings()
    telemetry.configure("audit", "consumer")
    Schedule(settings, settings.database_url.get_secret_value(), threading.Event()).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
