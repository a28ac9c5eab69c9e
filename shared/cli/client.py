"""A client of the services' APIs: safe retries, problems as exceptions, pages and streams as iterators."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx2

from shared.cli.failures import ApiProblem, Unreachable
from shared.cli.places import address, bearer, data_directory
from shared.web.issuers import is_loopback

ATTEMPTS = 4
PAUSES = (0.2, 0.5, 1.0)
"""Seconds between attempts; a Retry-After of up to LONGEST_PAUSE is kept instead."""
LONGEST_PAUSE = 3.0
PATIENCE = 60.0
"""Seconds that a stream may stay cut off before the command gives up."""
SILENCE = 45.0
"""Seconds; a stream sends a comment every 15, so a longer silence is a dead connection."""


@dataclass(frozen=True)
class Answer:
    """A good answer. `body` is its JSON document, or bytes if it is no JSON; `etag` goes back as If-Match."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def etag(self) -> str | None:
        """What was seen, for the next command."""
        return self.headers.get("etag")


@dataclass(frozen=True)
class Event:
    """One event of a stream."""

    id: str
    event: str
    data: Any


class Client:
    """One service's API for one caller. Blocks. Raises ApiProblem, Unreachable, SignInNeeded.

    Use it in a `with`. `token` is asked once, at the first call.
    """

    def __init__(
        self,
        base: str,
        token: Callable[[], str] | None,
        *,
        purpose: str | None = None,
        transport: httpx2.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._token, self._purpose, self._sleep, self._monotonic = token, purpose, sleep, monotonic
        self._headers: dict[str, str] | None = None
        self._http = httpx2.Client(
            base_url=base,
            timeout=httpx2.Timeout(30.0, connect=3.0),
            transport=transport,
            trust_env=not is_loopback(urlsplit(base).hostname),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._http.close()

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Answer:
        """Read. `params` without a value are left out."""
        return self._answer("GET", path, params=_given(params))

    def post(
        self,
        path: str,
        body: Any = None,
        *,
        idempotency_key: UUID | str | None = None,
        if_match: str | None = None,
    ) -> Answer:
        """Command. Always carries an Idempotency-Key (a fresh one if none is given), so a retry is safe."""
        headers = {"Idempotency-Key": str(idempotency_key or uuid4())}
        if if_match:
            headers["If-Match"] = if_match
        return self._answer("POST", path, json={} if body is None else body, headers=headers)

    def pages(
        self, path: str, params: Mapping[str, Any] | None = None, items: str = "items"
    ) -> Iterator[Any]:
        """Every item of every page, following `next` (a cursor) until there is none."""
        cursor: str | None = None
        while True:
            page = self.get(path, {**(params or {}), **({"cursor": cursor} if cursor else {})}).body
            yield from page[items]
            following = page.get("next")
            if not following or following == cursor:
                return
            cursor = following

    def stream(
        self,
        path: str,
        *,
        last_event_id: str | None = None,
        params: Mapping[str, Any] | None = None,
        on_open: Callable[[], None] = lambda: None,
    ) -> Iterator[Event]:
        """Events as they come, without end; after a cut it goes on behind the last one seen.

        `on_open` is called each time the service took the call, before its first event.
        """
        cut_off: float | None = None
        while True:
            try:
                for event in self._stream_once(path, last_event_id, params, on_open):
                    last_event_id, cut_off = event.id or last_event_id, None
                    yield event
            except (httpx2.TransportError, httpx2.SSEError):
                pass
            except ApiProblem as problem:
                if problem.status != 503:
                    raise
            cut_off = cut_off if cut_off is not None else self._monotonic()
            if self._monotonic() - cut_off > PATIENCE:
                raise Unreachable("The stream could not be opened again.", "`accord status` shows what runs.")
            self._sleep(1.0)

    def _stream_once(
        self, path: str, last: str | None, params: Mapping[str, Any] | None, on_open: Callable[[], None]
    ) -> Iterator[Event]:
        headers = {
            **self._signed_in(),
            "Accept": "text/event-stream",
            **({"Last-Event-ID": last} if last else {}),
        }
        limits = httpx2.Timeout(SILENCE, connect=3.0)
        with self._http.stream(
            "GET", path, params=_given(params), headers=headers, timeout=limits
        ) as response:
            if response.status_code != 200:
                response.read()
                raise ApiProblem(response.status_code, _document(response))
            on_open()
            for sent in httpx2.EventSource(response):
                if sent.data:
                    yield Event(sent.id, sent.event, json.loads(sent.data))

    def _signed_in(self) -> dict[str, str]:
        if self._headers is None:
            headers = {"Authorization": f"Bearer {self._token()}"} if self._token else {}
            if self._purpose:
                headers["Accord-Purpose"] = self._purpose
            self._headers = headers
        return self._headers

    def _answer(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> Answer:
        for attempt in range(ATTEMPTS):
            last = attempt == ATTEMPTS - 1
            try:
                response = self._http.request(
                    method, path, headers={**self._signed_in(), **(headers or {})}, **more
                )
            except httpx2.TransportError as error:
                if last:
                    raise Unreachable(
                        "The service does not answer.", "`accord status` shows what runs."
                    ) from error
                self._sleep(PAUSES[attempt])
                continue
            pause = _pause(response, attempt)
            if pause is None or last:
                return _good(response)
            self._sleep(pause)
        raise AssertionError("unreachable")  # the last attempt returns or raises


def _pause(response: httpx2.Response, attempt: int) -> float | None:
    """Seconds until the next attempt, or None if this answer is final."""
    if response.status_code not in {429, 503}:
        return None
    asked = response.headers.get("retry-after", "")
    seconds = float(asked) if asked.isdigit() else PAUSES[min(attempt, len(PAUSES) - 1)]
    return seconds if seconds <= LONGEST_PAUSE else None


def _good(response: httpx2.Response) -> Answer:
    if not response.is_success:
        raise ApiProblem(response.status_code, _document(response))
    is_json = response.headers.get("content-type", "application/json").partition(";")[0].endswith("json")
    body = response.json() if is_json and response.content else response.content or None
    return Answer(response.status_code, response.headers, body)


def _document(response: httpx2.Response) -> Mapping[str, Any]:
    try:
        found = response.json()
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"title": f"HTTP {response.status_code}"}


def _given(params: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (params or {}).items() if value is not None}


def connect(
    service: str, *, person: str | None = None, data: Path | None = None, purpose: str | None = None
) -> Client:
    """A client of `service` for a command: address and token from the environment or the data directory."""
    folder = data_directory(data)
    return Client(address(service, folder), lambda: bearer(person, folder), purpose=purpose)
