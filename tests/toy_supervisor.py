"""The supervisor over three toy processes, so that it can be tested without the services.

`python tests/toy_supervisor.py --data DIR` supervises; `… run KIND` is a toy process.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path

from deploy.local.lock import AlreadyUp
from deploy.local.processes import Spec
from deploy.local.supervisor import Supervisor, say


class ToySpec(Spec):
    @property
    def command(self) -> list[str]:
        return [sys.executable, str(Path(__file__).absolute()), "run", self.argument]


TABLE = (
    ToySpec("steady", "", "steady", service="referrals", database="accord_referrals"),
    ToySpec("short", "", "short", service="audit", database="accord_audit"),
    ToySpec("disagrees", "", "disagrees", service="notifications", database="accord_notifications"),
)


def _say(**line: object) -> None:
    print(json.dumps(line), file=sys.stderr, flush=True)


def toy(kind: str) -> int:
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: ended.append(number))
    if kind == "disagrees":
        _say(event="store_disagrees", topic="accord.audit.access", remedy="accord repair audit")
        return 6
    _say(event="ready")
    limit = time.monotonic() + (1.0 if kind == "short" else 600.0)
    while not ended and time.monotonic() < limit:
        time.sleep(0.05)
    return 0 if ended else 1


def main() -> int:
    if sys.argv[1] == "run":
        return toy(sys.argv[2])
    try:
        Supervisor(Path(sys.argv[2]), TABLE).run()
    except AlreadyUp as error:
        say(str(error))
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main())
