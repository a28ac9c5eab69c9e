"""Bearer tokens: JWTs of the county's issuers, verified with their published keys."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx2
import structlog
from joserfc import jws, jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from shared.errors import TryLater
from shared.events.names import Agency, Purpose, Role
from shared.web.callers import Caller, challenge
from shared.web.issuers import Issuer, is_loopback
from shared.web.problems import Problem

LEEWAY = 30
"""Seconds that clocks may differ."""
REFETCH = 10.0
"""An unknown key id makes us ask the issuer again, at most this often (seconds)."""
TIMEOUT = 3.0
"""Seconds to wait for an issuer's keys."""
LONGEST = 8_192
"""Characters; no token of ours is near it."""

Key = RSAKey | ECKey | OKPKey
FetchKeys = Callable[[str], Awaitable[Mapping[str, Any]]]


async def fetch_jwks(uri: str) -> Mapping[str, Any]:
    """An issuer's key set, over the network. Waits at most TIMEOUT; raises httpx2.HTTPError or ValueError."""
    proxies = not is_loopback(urlsplit(uri).hostname)
    async with httpx2.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=proxies) as client:
        answer = await client.get(uri, headers={"Accept": "application/json"})
        answer.raise_for_status()
        found = answer.json()
    if not isinstance(found, dict):
        raise ValueError("not a key set")
    return found


class Keys:
    """One issuer's public keys by id, kept in memory and asked for again when an id is unknown."""

    def __init__(self, uri: str, fetch: FetchKeys, monotonic: Callable[[], float]) -> None:
        self._uri, self._fetch, self._monotonic = uri, fetch, monotonic
        self._keys: dict[str, Key] = {}
        self._asked: float | None = None
        self._reached = False
        self._lock = asyncio.Lock()

    async def get(self, kid: str) -> Key | None:
        """The key of this id, or None. Raises TryLater if the issuer has never been, or is not, reachable."""
        if kid in self._keys:
            return self._keys[kid]
        async with self._lock:
            if kid not in self._keys and (self._asked is None or self._monotonic() - self._asked >= REFETCH):
                await self._ask()
        if kid not in self._keys and not self._reached:
            raise TryLater("the issuer's keys cannot be fetched", REFETCH)
        return self._keys.get(kid)

    async def _ask(self) -> None:
        self._asked = self._monotonic()
        self._reached = False
        try:
            found = KeySet.import_key_set({"keys": list((await self._fetch(self._uri))["keys"])})
        except (httpx2.HTTPError, JoseError, ValueError, TypeError, KeyError) as error:
            structlog.get_logger().warning("issuer_keys_not_fetched", error_type=type(error).__name__)
            return
        self._reached = True
        asymmetric = [key for key in found.keys if isinstance(key, RSAKey | ECKey | OKPKey)]
        self._keys = {str(key.kid): key for key in asymmetric if key.kid}


class JwtVerifier:
    """The real Verifier. One per process; safe for concurrent requests of one event loop."""

    def __init__(
        self,
        issuers: Sequence[Issuer],
        *,
        fetch: FetchKeys = fetch_jwks,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuers = {issuer.issuer: issuer for issuer in issuers}
        self._keys = {issuer.issuer: Keys(issuer.jwks_uri, fetch, monotonic) for issuer in issuers}
        self._now = now

    async def verify(self, token: str, purpose: Purpose) -> Caller:
        """See Verifier."""
        claims, issuer = await self.claims(token)
        return caller_of(claims, issuer, purpose)

    async def claims(self, token: str) -> tuple[Mapping[str, Any], Issuer]:
        """The verified claims and whose they are. Raises what `verify` raises, except for agency and roles."""
        header, unverified = _opened(token)
        issuer = self._issuers.get(str(unverified.get("iss")))
        if issuer is None:
            raise _bad("token-foreign-issuer")
        if header.get("alg") not in issuer.algorithms:
            raise _bad("token-invalid", "The token's algorithm is not one this county accepts.")
        kid = header.get("kid")
        key = await self._keys[issuer.issuer].get(kid) if isinstance(kid, str) else None
        if key is None:
            raise _bad("token-invalid", "The token names no key of its issuer.")
        try:
            claims = jwt.decode(token, key, algorithms=[str(header["alg"])]).claims
        except (JoseError, ValueError, TypeError) as error:
            raise _bad("token-invalid") from error
        self._check(claims, issuer)
        return claims, issuer

    def _check(self, claims: dict[str, Any], issuer: Issuer) -> None:
        needed = jwt.ClaimsOption(essential=True)
        rules = jwt.JWTClaimsRegistry(
            now=int(self._now()), leeway=LEEWAY, iss=needed, sub=needed, aud=needed, exp=needed, iat=needed
        )
        if "aud" in claims and issuer.audience not in _listed(claims["aud"]):
            raise _bad("token-wrong-audience")
        try:
            rules.validate(claims)
        except ExpiredTokenError as error:
            raise _bad("token-expired") from error
        except InvalidClaimError as error:
            slug = "token-not-yet-valid" if error.claim in {"nbf", "iat"} else "token-invalid"
            raise _bad(slug, "" if slug != "token-invalid" else _CLAIM) from error
        except JoseError as error:
            raise _bad("token-invalid", _CLAIM) from error


_CLAIM = "A claim of the token is missing or not of its kind."


def _opened(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims as they stand, not yet verified: only to choose the issuer and the key."""
    try:
        if len(token) > LONGEST:
            raise ValueError
        opened = jws.extract_compact(token.encode("ascii"))
        claims = json.loads(opened.payload)
        header = opened.headers()
    except (JoseError, ValueError, RecursionError, TypeError) as error:
        raise _bad("token-invalid", "The token is not a signed JWT.") from error
    if not isinstance(claims, dict):
        raise _bad("token-invalid", "The token is not a signed JWT.")
    return dict(header), claims


def _listed(audience: object) -> list[object]:
    return audience if isinstance(audience, list) else [audience]


def caller_of(claims: Mapping[str, Any], issuer: Issuer, purpose: Purpose) -> Caller:
    """The caller whom verified claims name. Roles that the table does not know give no right and are left out.

    Raises Problem 401 if the issuer may not speak for the agency, or a claim is not of its kind.
    """
    agency, roles = claims.get("agency"), claims.get("roles")
    if not isinstance(agency, str) or agency not in set(Agency) or not isinstance(roles, list):
        raise _bad("token-invalid", _CLAIM)
    if Agency(agency) not in issuer.agencies:
        raise _bad("token-wrong-agency")
    try:
        person = str(UUID(str(claims["sub"])))
    except ValueError as error:
        raise _bad("token-invalid", _CLAIM) from error
    known = frozenset(Role(role) for role in roles if isinstance(role, str) and role in set(Role))
    return Caller(person=person, agency=Agency(agency), roles=known, purpose=purpose)


def _bad(slug: str, detail: str = "") -> Problem:
    return Problem(slug, detail, headers=challenge("invalid_token"))
