"""The one cookie: a JWT, signed with the site's key, that says who looks at pages and until when.

Referrals alone has the private key and makes it; every service verifies it with the public keys.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.events.data import Id
from shared.events.names import Agency, Role
from shared.settings import Misconfigured

AUDIENCE = "accord-pages"
ALGORITHM = "ES256"
LONGEST = 4_096
"""Characters; browsers keep no longer cookie."""
LEEWAY = timedelta(seconds=30)
"""How far the clocks of two services may be apart."""

Language = Literal["en", "es"]


class Claims(BaseModel):
    """What the cookie says. `iat` is when it was made; at `exp` the session locks. Seconds since 1970.

    `sid` names the session; `form` is what its forms must carry, and stands in no event and no log.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sub: Id
    agency: Agency
    roles: frozenset[Role]
    sid: Id
    form: str = Field(min_length=16, max_length=100)
    language: Language = "en"
    privacy: bool = False
    iat: int
    exp: int

    def lasts(self, now: datetime) -> bool:
        """Whether it may open a page at `now` at all."""
        return self.iat <= (now + LEEWAY).timestamp() and now.timestamp() < self.exp

    def fresh(self, now: datetime, seconds: float) -> bool:
        """Whether it lasts and was made at most `seconds` ago; if not, referrals must be asked."""
        return self.lasts(now) and now.timestamp() - self.iat <= seconds

    @property
    def ends(self) -> datetime:
        """When the session locks."""
        return datetime.fromtimestamp(self.exp, UTC)


@dataclass(frozen=True)
class SiteKeys:
    """The site's public keys. More than one while the key is being changed."""

    known: tuple[ECKey, ...]

    def read(self, cookie: str) -> Claims | None:
        """What a genuine cookie says, also one whose time is over; None if it is not genuine. Never raises."""
        if len(cookie) > LONGEST:
            return None
        try:
            token = jwt.decode(cookie, KeySet(list(self.known)), algorithms=[ALGORITHM])
            facts = dict(token.claims)
            return Claims.model_validate(facts) if facts.pop("aud", None) == AUDIENCE else None
        except (JoseError, ValidationError, ValueError, TypeError, RecursionError):
            return None


@dataclass(frozen=True)
class SiteKey:
    """The site's private key. Only referrals' api is given it."""

    key: ECKey

    def write(self, claims: Claims) -> str:
        """The cookie's value."""
        facts = claims.model_dump(mode="json") | {"aud": AUDIENCE, "roles": sorted(claims.roles)}
        header = {"alg": ALGORITHM, "kid": str(self.key.kid)}
        return jwt.encode(header, facts, self.key, algorithms=[ALGORITHM])

    @property
    def public(self) -> SiteKeys:
        """What verifies its cookies."""
        return SiteKeys((ECKey.import_key(self.key.as_dict(private=False)),))


def new_key() -> SiteKey:
    """A fresh random key."""
    return SiteKey(
        ECKey.generate_key("P-256", {"kid": secrets.token_urlsafe(12), "use": "sig", "alg": ALGORITHM})
    )


def create_key_files(private: Path, public: Path) -> None:
    """Make the site's key: `private` (0600, must not exist) and the JWK set `public`. Does file I/O."""
    made = new_key().key
    with open(os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(made.as_dict(private=True), file)
    public.write_text(json.dumps({"keys": [made.as_dict(private=False)]}), encoding="utf-8")


def load_key(path: Path | None) -> SiteKey:
    """The key in ACCORD_SITE_KEY_FILE. Reads one file; raises Misconfigured."""
    if path is None:
        raise Misconfigured(
            "ACCORD_SITE_KEY_FILE is not set. Name the file with the site's private key (JWK)."
        )
    key = _keys(path, "ACCORD_SITE_KEY_FILE", lambda found: [found])[0]
    if not key.is_private or not key.kid:
        raise Misconfigured("ACCORD_SITE_KEY_FILE must be a private P-256 key with a kid, as a JWK.")
    return SiteKey(key)


def load_keys(path: Path | None) -> SiteKeys:
    """The keys in ACCORD_SITE_KEYS_FILE. Reads one file; raises Misconfigured."""
    if path is None:
        raise Misconfigured("ACCORD_SITE_KEYS_FILE is not set. Name the JWK set with the site's public keys.")
    found = _keys(path, "ACCORD_SITE_KEYS_FILE", lambda found: found["keys"])
    if not found or any(key.is_private or not key.kid for key in found):
        raise Misconfigured("ACCORD_SITE_KEYS_FILE must be a JWK set of public P-256 keys, each with a kid.")
    return SiteKeys(tuple(found))


def _keys(path: Path, setting: str, of: Any) -> list[ECKey]:
    try:
        entries: Iterable[Any] = of(json.loads(path.read_text(encoding="utf-8")))
        keys = [ECKey.import_key(entry) for entry in entries]
    except (OSError, ValueError, TypeError, KeyError, JoseError) as error:
        raise Misconfigured(f"{setting} cannot be used ({type(error).__name__}).") from error
    if any(key.curve_name != "P-256" for key in keys):
        raise Misconfigured(f"{setting} holds a key that is not on P-256.")
    return keys
