"""The people of a county at their browsers: each signs in once, before anything else; then pages and a token."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlsplit

import httpx2

from deploy.local.signing_in import follow, is_person, sign_in, token_of
from deploy.local.sim.patience import Again
from deploy.local.sim.place import Place
from shared.cli.failures import SignInNeeded
from shared.cli.places import local_token

#: Seconds that a token of an agency's system is asked for, and after which anybody's is asked anew.
SYSTEM_SECONDS, TOKEN_SECONDS = 14_400, 1_800
Fields = Mapping[str, str | Sequence[str]]


class NoForm(Exception):
    """The page has no such form: what the plan foresees is not offered. Names its address, never what it says."""


@dataclass
class Browser:
    """One person's browser, without scripts. Used by one thread at a time; blocks as `again` does. Close it."""

    handle: str
    site: str
    again: Again
    lock: threading.Lock = field(default_factory=threading.Lock)
    """Held while a page is opened and its form sent."""
    signing: threading.Lock = field(default_factory=threading.Lock)
    """Held while the person signs in, or a token is asked for."""
    token: str = ""
    since: float = 0.0
    _http: httpx2.Client = field(init=False)

    def __post_init__(self) -> None:
        headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
        self._http = httpx2.Client(
            timeout=httpx2.Timeout(30.0, connect=3.0), trust_env=False, headers=headers
        )

    def begin(self) -> None:
        """Sign in, as a person does."""
        self.again.until_answered(self.handle, lambda: self._signed_in())

    def get(self, path: str) -> httpx2.Response:
        """The page at the end of the way there; whoever was too long away signs in again."""
        for _ in range(2):
            page = self.again.until_answered(
                path, lambda: follow(self._http, self._http.get(self.site + path))
            )
            if not str(page.url).startswith(f"{self.site}/sign-in"):
                break
            self.begin()
        return page

    def send(self, path: str, fields: Fields) -> httpx2.Response:
        """Send a form; the page that it leads to. A repeat of the same fields is taken once."""
        given = {name: value if isinstance(value, str) else list(value) for name, value in fields.items()}
        return self.again.until_answered(
            path, lambda: follow(self._http, self._http.post(self.site + path, data=given))
        )

    def end(self) -> None:
        """Leave: the session ends, if one began. Whether it did is not looked at."""
        try:
            if self._http.cookies:
                self._http.get(f"{self.site}/session/exit")
        except httpx2.TransportError:
            pass
        finally:
            self._http.close()

    def _signed_in(self) -> httpx2.Response:
        try:
            sign_in(self._http, self.site, self.handle)
        except SignInNeeded:
            return httpx2.Response(503)
        return httpx2.Response(200)


class People:
    """Everybody who acts, each at a browser of their own. Thread-safe. Close it."""

    def __init__(self, place: Place, again: Again) -> None:
        self._place, self._again = place, again
        self._browsers: dict[str, Browser] = {}
        self._lock = threading.Lock()

    def token(self, handle: str) -> str:
        """What signs a call in: a person has signed in to the pages before. An agency's system is no person."""
        one = self._known(handle)
        with one.signing:
            if not one.since:
                self._begin(one)
            if not one.token or time.monotonic() > one.since + TOKEN_SECONDS:
                one.token, one.since = self._asked(handle), time.monotonic()
            return one.token

    def browser(self, handle: str) -> Browser:
        """Their browser, signed in. Hold its `lock` while you use it."""
        one = self._known(handle)
        with one.signing:
            if not one.since:
                self._begin(one)
        return one

    def close(self) -> None:
        """Everybody leaves."""
        for one in self._browsers.values():
            one.end()

    def _known(self, handle: str) -> Browser:
        with self._lock:
            if handle not in self._browsers:
                self._browsers[handle] = Browser(handle, self._place.addresses["site"], self._again)
            return self._browsers[handle]

    def _begin(self, one: Browser) -> None:
        if is_person(one.handle):
            one.begin()
        one.since = time.monotonic()

    def _asked(self, handle: str) -> str:
        issuer = self._place.addresses["issuer"]
        return (
            token_of(handle, issuer) if is_person(handle) else local_token(handle, issuer, ttl=SYSTEM_SECONDS)
        )


def form_on(page: httpx2.Response, action: str) -> dict[str, list[str]]:
    """The hidden fields of the form that goes to `action`, as the page has them. Raises NoForm."""
    found = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page.text, re.DOTALL)
    if found is None:
        raise NoForm(f"{urlsplit(str(page.url)).path} was answered {page.status_code}, without that form")
    hidden: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', found[1]):
        hidden.setdefault(name, []).append(unescape(value))
    return hidden
