"""HTTP as a careful client: a token for each person; a call is tried until it is answered or its time is up."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

import httpx2

from deploy.local.sim.place import Place
from shared.cli.places import local_token

#: Seconds for which one call is tried.
PATIENCE = 60.0
#: Answers that say "again, a little later".
AGAIN = frozenset({429, 503})
TOKEN_SECONDS = 14_400
_PAUSE, _LONGEST_PAUSE = 0.25, 5.0


class NotAnswered(Exception):
    """No final answer within PATIENCE. Names the kind of failure, never a body."""


class Stopped(Exception):
    """The simulation was asked to stop while this waited."""


class Calls:
    """Every service's API, for everybody. Thread-safe. Close it."""

    def __init__(self, place: Place, stop: threading.Event) -> None:
        self._place, self._stop, self.retries = place, stop, 0
        limits = httpx2.Limits(max_connections=64, max_keepalive_connections=64)
        self._http = httpx2.Client(timeout=httpx2.Timeout(30.0, connect=3.0), trust_env=False, limits=limits)
        self._tokens: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def get(
        self, service: str, path: str, person: str, *, purpose: str = "", **params: Any
    ) -> httpx2.Response:
        """Read. Raises NotAnswered, Stopped."""
        return self._asked("GET", service, path, self.signed(person, purpose), params=params)

    def post(
        self,
        service: str,
        path: str,
        person: str,
        headers: Mapping[str, str],
        *,
        purpose: str = "",
        **body: Any,
    ) -> httpx2.Response:
        """Command. `body`: `json` or `content`. Raises NotAnswered, Stopped."""
        return self._asked("POST", service, path, self.signed(person, purpose) | dict(headers), **body)

    def signed(self, person: str, purpose: str = "") -> dict[str, str]:
        """What signs a call in. Asks the issuer, at most 5 s, for a person's first call and every two hours."""
        with self._lock:
            token, made = self._tokens.get(person, ("", 0.0))
            if not token or time.monotonic() > made + TOKEN_SECONDS / 2:
                token = local_token(person, self._place.addresses["issuer"], ttl=TOKEN_SECONDS)
                self._tokens[person] = (token, time.monotonic())
        return {"Authorization": f"Bearer {token}"} | ({"Accord-Purpose": purpose} if purpose else {})

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _asked(
        self, method: str, service: str, path: str, headers: Mapping[str, str], **more: Any
    ) -> httpx2.Response:
        until, last = time.monotonic() + PATIENCE, "no answer"
        while time.monotonic() < until:
            pause = _PAUSE
            try:
                answer = self._http.request(
                    method, self._place.addresses[service] + path, headers=dict(headers), **more
                )
            except httpx2.TransportError as error:
                last = type(error).__name__
            else:
                if answer.status_code not in AGAIN:
                    return answer
                last, said = str(answer.status_code), answer.headers.get("retry-after", "")
                pause = min(float(said), _LONGEST_PAUSE) if said.isdigit() else _PAUSE
            self.retries += 1
            if self._stop.wait(pause):
                raise Stopped
        raise NotAnswered(f"{service}: {last}")
