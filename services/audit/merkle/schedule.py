"""Checkpoints on a schedule: a thread of the consumer's process signs each log that has grown."""

from __future__ import annotations

import threading

import structlog

from services.audit.merkle import checkpoints
from services.audit.merkle.refused import keep_refusal
from services.audit.merkle.signing import SigningKey, read_key_file
from services.audit.merkle.trees import Place
from services.audit.session import Session
from shared.errors import Disagreement, TryLater
from shared.settings import Settings


class Schedule:
    """Signs every so many seconds until `stop`, and once more at the end. Nothing waits for it."""

    def __init__(self, settings: Settings, url: str, stop: threading.Event) -> None:
        self._settings, self._session, self._stop = settings, Session(url), stop
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self._log = structlog.get_logger()

    def start(self) -> Schedule:
        """Begin. Does not block."""
        self._thread.start()
        return self

    def close(self) -> None:
        """End, and wait at most 10 s until the last checkpoints are signed."""
        self._stop.set()
        self._thread.join(10)
        self._session.close()

    def _run(self) -> None:
        ended = False
        while not ended:
            ended = self._stop.wait(self._settings.audit_checkpoint_seconds)
            try:
                self.once()
            except TryLater as later:
                self._log.warning("waiting", reason=str(later))
            except Exception as error:  # noqa: BLE001 - nobody starts this thread again: it goes on, and says so
                self._log.error("checkpoint_failed", error_type=type(error).__name__)

    def once(self) -> int:
        """Sign each log that has grown; how many were. Raises TryLater."""
        try:
            key = read_key_file(self._settings.audit_key_file)
        except Disagreement as found:
            self._log.error("checkpoint_refused", kind=found.kind, reason=found.detail, remedy=found.remedy)
            return 0
        with self._session.transaction() as c:
            places = checkpoints.places(c)
        return sum(self._sign(place, key) for place in places)

    def _sign(self, place: Place, key: SigningKey) -> bool:
        try:
            with self._session.transaction() as c:
                before = checkpoints.last(c, place)
                return checkpoints.sign(c, place, key) != before
        except Disagreement as found:
            with self._session.transaction() as c:
                keep_refusal(c, place, found)
            return False
