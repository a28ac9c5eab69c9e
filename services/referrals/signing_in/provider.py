"""An OpenID Connect provider, as we are its client: authorization code with PKCE.

joserfc verifies and httpx2 asks, as for bearer tokens; nothing more is needed for these three requests.
"""

from __future__ import annotations

import secrets
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx2
import structlog

from services.referrals.signing_in.under_way import UnderWay
from shared.errors import TryLater
from shared.events.names import Purpose
from shared.settings import Misconfigured, Settings
from shared.web.callers import Caller
from shared.web.issuers import Issuer, SignIn, is_loopback, is_safe
from shared.web.problems import Problem
from shared.web.tokens import LONGEST, FetchKeys, JwtVerifier, caller_of, fetch_jwks

TIMEOUT = 5.0
"""Seconds to wait for the provider, each time."""
DISCOVERED = 3_600.0
"""Seconds after which its discovery document is asked for again."""

Answer = tuple[int, Mapping[str, Any]]
#: (method, address, form, headers) -> status and JSON object. Raises httpx2.HTTPError, ValueError.
Ask = Callable[[str, str, Mapping[str, str] | None, Mapping[str, str]], Awaitable[Answer]]


class NotSignedIn(Exception):
    """The provider's answer signs nobody in. `why` is a word of ours; nothing of the answer is repeated."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


async def ask_provider(
    method: str, address: str, form: Mapping[str, str] | None, headers: Mapping[str, str]
) -> Answer:
    """One request, never led elsewhere. Waits at most TIMEOUT; raises httpx2.HTTPError or ValueError."""
    proxies = not is_loopback(urlsplit(address).hostname)
    async with httpx2.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=proxies) as client:
        answer = await client.request(
            method, address, data=form, headers={**headers, "Accept": "application/json"}
        )
        found = answer.json()
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return answer.status_code, found


@dataclass
class Provider:
    """One issuer whose people can sign in. For one event loop."""

    issuer: Issuer
    client: SignIn
    settings: Settings
    back: str
    """The address on our site that it sends people back to."""
    ask: Ask = ask_provider
    fetch: FetchKeys = fetch_jwks
    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    _found: tuple[float, Mapping[str, Any]] | None = None
    _verifier: JwtVerifier = field(init=False)
    _secret: str = field(init=False, default="", repr=False)

    def __post_init__(self) -> None:
        # An id token is written for the client: the same rules as for a bearer token, with another audience.
        for_us = self.issuer.model_copy(update={"audience": self.client.client_id})
        self._verifier = JwtVerifier([for_us], fetch=self.fetch, now=self.now, monotonic=self.monotonic)
        if self.client.client_secret_file is not None:
            self._secret = _secret(self.client)

    @property
    def name(self) -> str:
        """What stands on the button."""
        return self.client.name or urlsplit(self.issuer.issuer).hostname or ""

    async def start(self, sign_in: UnderWay, hint: str = "") -> str:
        """The address that the browser goes to. Raises TryLater if the provider cannot be asked.

        `hint`: who will probably sign in, as the provider knows them.
        """
        endpoint = await self._endpoint("authorization_endpoint")
        asked = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.back,
            "scope": self.client.scope,
            "state": sign_in.state,
            "nonce": sign_in.nonce,
            "code_challenge": urlsafe_b64encode(sha256(sign_in.verifier.encode()).digest())
            .decode()
            .rstrip("="),
            "code_challenge_method": "S256",
            **({"login_hint": hint} if hint else {}),
        }
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(asked)}"

    async def finish(self, sign_in: UnderWay, code: str, said_issuer: str | None) -> Caller:
        """Who signed in, for the code that came back. Raises NotSignedIn; TryLater."""
        if said_issuer is not None and said_issuer != self.issuer.issuer:
            raise NotSignedIn("other-provider")
        endpoint = await self._endpoint("token_endpoint")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.back,
            "client_id": self.client.client_id,
            "code_verifier": sign_in.verifier,
        }
        try:
            status, answer = await self.ask("POST", endpoint, form, self._own_proof())
        except (httpx2.HTTPError, ValueError) as error:
            raise _away(error) from error
        if status >= 500:
            raise TryLater("the provider does not answer", 10)
        token = answer.get("id_token")
        if status != 200 or not isinstance(token, str) or len(token) > LONGEST:
            raise NotSignedIn("code-refused")
        return await self._caller(token, sign_in)

    async def _caller(self, token: str, sign_in: UnderWay) -> Caller:
        try:
            claims, issuer = await self._verifier.claims(token)
            caller = caller_of(claims, issuer, Purpose.COORDINATE)
        except Problem as problem:
            raise NotSignedIn(problem.slug) from problem
        if not secrets.compare_digest(str(claims.get("nonce")).encode(), sign_in.nonce.encode()):
            raise NotSignedIn("nonce")
        if claims.get("azp", self.client.client_id) != self.client.client_id:
            raise NotSignedIn("token-wrong-audience")
        return caller

    def _own_proof(self) -> dict[str, str]:
        if not self._secret:
            return {}
        pair = f"{quote(self.client.client_id, safe='')}:{quote(self._secret, safe='')}"
        return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}

    async def _endpoint(self, name: str) -> str:
        found = await self._discovered()
        address = found.get(name)
        if not isinstance(address, str) or not is_safe(address, self.settings):
            structlog.get_logger().error("provider_not_usable", reason=name)
            raise TryLater("the provider's discovery document cannot be used", 60)
        return address

    async def _discovered(self) -> Mapping[str, Any]:
        if self._found is not None and self.monotonic() - self._found[0] < DISCOVERED:
            return self._found[1]
        address = f"{self.issuer.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            status, found = await self.ask("GET", address, None, {})
        except (httpx2.HTTPError, ValueError) as error:
            raise _away(error) from error
        if status != 200 or found.get("issuer") != self.issuer.issuer:
            structlog.get_logger().error("provider_not_usable", status=status, reason="issuer")
            raise TryLater("the provider's discovery document cannot be used", 60)
        self._found = (self.monotonic(), found)
        return found


def _away(error: Exception) -> TryLater:
    structlog.get_logger().warning("provider_not_reached", error_type=type(error).__name__)
    return TryLater("the provider does not answer", 10)


def _secret(client: SignIn) -> str:
    assert client.client_secret_file is not None, "asked by the caller"
    try:
        return client.client_secret_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Misconfigured("ACCORD_ISSUERS_FILE names a client_secret_file that cannot be read.") from error


def providers(issuers: list[Issuer], settings: Settings, site_url: str) -> dict[str, Provider]:
    """The providers among `issuers`, by a word that stands in no other's place: its number in the file."""
    return {
        str(place): Provider(issuer, issuer.sign_in, settings, f"{site_url}/sign-in/back")
        for place, issuer in enumerate(issuers)
        if issuer.sign_in is not None
    }
