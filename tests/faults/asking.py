"""Asking over HTTP as a careful client does: one idempotency key for a command, tried until it is answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx2

from deploy.local.system import System

#: Seconds for which one command is tried; longer than any fault may last.
PATIENCE = 90.0
#: Answers that say "again, a little later".
AGAIN = frozenset({429, 503})
TOKEN_SECONDS = 14_400


class NotAnswered(Exception):
    """No final answer within PATIENCE."""


class Surprise(Exception):
    """An answer that no fault explains. Names the command and the status, never a body."""


@dataclass
class Tokens:
    """One long-lived token for each person: the issuer may be killed meanwhile. Thread-safe."""

    system: System
    _known: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def headers(self, person: str, purpose: str = "") -> dict[str, str]:
        """What signs a request in."""
        with self._lock:
            if person not in self._known:
                self._known[person] = self.system.token(person, ttl=TOKEN_SECONDS)
        signed = {"Authorization": f"Bearer {self._known[person]}"}
        return signed | ({"Accord-Purpose": purpose} if purpose else {})


class Asker:
    """One thread's connection to referrals. `retries` counts what had to be asked again."""

    def __init__(self, system: System, tokens: Tokens) -> None:
        self._base, self._tokens = system.url("referrals"), tokens
        self._http = httpx2.Client(timeout=httpx2.Timeout(15.0, connect=3.0), trust_env=False)
        self.retries = 0

    def command(
        self, person: str, path: str, body: Mapping[str, Any], *, etag: str = "", purpose: str = "",
        key: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        """The body of the 2xx answer. Raises NotAnswered, Surprise."""
        headers = self._tokens.headers(person, purpose) | {"Idempotency-Key": key or str(uuid4())}
        if etag:
            headers["If-Match"] = etag
        return dict(self._asked("POST", path, headers, body).json())

    def etag(self, person: str, path: str) -> str:
        """What the person sees now, for If-Match."""
        return str(self._asked("GET", path, self._tokens.headers(person)).headers["etag"])

    def get(self, path: str) -> Any:
        """A public document."""
        return self._asked("GET", path, {}).json()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _asked(
        self, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, Any] | None = None
    ) -> httpx2.Response:
        until, last = time.monotonic() + PATIENCE, "no answer"
        while time.monotonic() < until:
            try:
                answer = self._http.request(method, self._base + path, json=body, headers=dict(headers))
            except httpx2.TransportError as error:
                last = type(error).__name__
            else:
                if answer.is_success:
                    return answer
                last = f"{answer.status_code} {_problem(answer)}"
                if answer.status_code not in AGAIN:
                    raise Surprise(f"{method} {path}: {last}")
            self.retries += 1
            time.sleep(0.25)
        raise NotAnswered(f"{method} {path}: {last}")


def _problem(answer: httpx2.Response) -> str:
    try:
        found = answer.json()
    except ValueError:
        return ""
    return str(found.get("type") or "").rsplit("/", 1)[-1] + " " + str(found.get("reason") or "")
