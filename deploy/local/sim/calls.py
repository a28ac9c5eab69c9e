"""HTTP as a careful client: a call is signed by whoever makes it, and tried until it is answered."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import httpx2

from deploy.local.sim.browsers import People
from deploy.local.sim.patience import Again
from deploy.local.sim.place import Place


class Calls:
    """Every service's API, for everybody, and everybody's pages. Thread-safe. Close it."""

    def __init__(self, place: Place, stop: threading.Event) -> None:
        self._place, self._again = place, Again(stop)
        self.people = People(place, self._again)
        limits = httpx2.Limits(max_connections=64, max_keepalive_connections=64)
        self._http = httpx2.Client(timeout=httpx2.Timeout(30.0, connect=3.0), trust_env=False, limits=limits)

    @property
    def retries(self) -> int:
        """How often something was asked again."""
        return self._again.retries

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
        """What signs a call in. A person signs in for their first call; a token is asked anew after a while."""
        bearer = {"Authorization": f"Bearer {self.people.token(person)}"}
        return bearer | ({"Accord-Purpose": purpose} if purpose else {})

    def close(self) -> None:
        """Everybody leaves; close the connections."""
        self.people.close()
        self._http.close()

    def _asked(
        self, method: str, service: str, path: str, headers: Mapping[str, str], **more: Any
    ) -> httpx2.Response:
        address = self._place.addresses[service] + path
        return self._again.until_answered(
            service, lambda: self._http.request(method, address, headers=dict(headers), **more)
        )
