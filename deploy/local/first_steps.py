"""What a new data directory needs once the services are ready: Alder County adopts its MOU."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from deploy.local.places import bare_environment

DOCUMENT = Path(__file__).parent / "alder-county.yaml"
#: Versions of Alder County's document that this one follows; on kept data it is adopted after them.
EARLIER = frozenset({"alder-2026.1", "alder-2026.2", "alder-2026.3"})
COORDINATOR = "coordinator@human-services"
_COMMAND_SECONDS = 30.0
_LIMIT_SECONDS = 60.0


class FirstSteps:
    """Runs once per supervisor, beside its loop, and only through public interfaces."""

    def __init__(self, data: Path, tell: Callable[[str], None]) -> None:
        self._data, self._tell = data, tell
        self._thread: threading.Thread | None = None
        #: Set when there is no more to do, done or given up.
        self.finished = threading.Event()

    def begin(self, referrals: str) -> None:
        """Begin, if it has not begun yet. Does not block."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, args=(referrals,), daemon=True)
            self._thread.start()

    def _run(self, referrals: str) -> None:
        try:
            self._adopt_once(referrals)
        finally:
            self.finished.set()

    def _adopt_once(self, referrals: str) -> None:
        limit = time.monotonic() + _LIMIT_SECONDS
        while time.monotonic() < limit:
            status, version = self._in_force(referrals)
            needed = status == 404 or version in EARLIER
            if (status == 200 and not needed) or (needed and self._adopt()):
                return
            time.sleep(0.3)
        self._tell(
            f"the MOU could not be adopted: `accord mou adopt {DOCUMENT} --as {COORDINATOR}` shows why"
        )

    def _in_force(self, referrals: str) -> tuple[int, str]:
        """The status that the question for the MOU is answered with (0: no answer), and the version in force."""
        import httpx2

        from shared.cli.failures import CommandFailed
        from shared.cli.places import address, local_token

        try:
            token = local_token(COORDINATOR, address("issuer", self._data))
            with httpx2.Client(timeout=5.0, trust_env=False) as client:
                answer = client.get(f"{referrals}/v1/mou", headers={"Authorization": f"Bearer {token}"})
        except (CommandFailed, httpx2.HTTPError):
            return 0, ""
        return answer.status_code, answer.json()["version"] if answer.status_code == 200 else ""

    def _adopt(self) -> bool:
        from shared.mou.load import load

        signed = [p.agency for p in load(DOCUMENT.read_text("utf-8")).parties if p.signatory]
        command = [sys.executable, "-c", "from shared.cli import main; main()", "mou", "adopt", str(DOCUMENT)]
        command += [part for agency in signed for part in ("--signed-by", str(agency))]
        command += ["--as", COORDINATOR, "--data", str(self._data)]
        try:
            done = subprocess.run(
                command, env=bare_environment(), capture_output=True, timeout=_COMMAND_SECONDS
            )
        except subprocess.TimeoutExpired:
            return False
        if done.returncode == 0:
            self._tell("Alder County (fictional) adopted its MOU")
        return done.returncode == 0
