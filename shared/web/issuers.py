"""Which issuers a service trusts, and for which agencies."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from shared.events.names import Agency
from shared.settings import Misconfigured, Settings

#: Asymmetric only: with a shared secret whoever verifies could also sign.
ALGORITHMS = frozenset(
    {"ES256", "ES384", "ES512", "EdDSA", "Ed25519", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"}
)


class SignIn(BaseModel):
    """How people of an issuer sign in to the pages: what it knows us as (OpenID Connect, authorization code).

    Its endpoints are those of its discovery document. Without `client_secret_file` we are a public client; PKCE is
    used in both cases. `name` stands on the button of the sign-in page.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: str = Field(min_length=1)
    client_secret_file: Path | None = None
    name: str = Field("", max_length=80)
    scope: str = "openid"


class Issuer(BaseModel):
    """One issuer: its keys, the audience it writes for us, and the agencies it may speak for.

    `sign_in`: people can sign in to the pages with it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str = Field(min_length=1)
    jwks_uri: str = Field(min_length=1)
    audience: str = Field(min_length=1)
    algorithms: frozenset[str] = Field(min_length=1)
    agencies: frozenset[Agency] = Field(min_length=1)
    sign_in: SignIn | None = None

    @field_validator("algorithms")
    @classmethod
    def _asymmetric(cls, value: frozenset[str]) -> frozenset[str]:
        if not value <= ALGORITHMS:
            raise ValueError("only asymmetric algorithms")
        return value

    @model_validator(mode="after")
    def _tokens_apart(self) -> Issuer:
        if self.sign_in is not None and self.sign_in.client_id == self.audience:
            raise ValueError("an id token would be a bearer token: client_id must not be the audience")
        return self


def is_loopback(host: str | None) -> bool:
    """Whether `host` is this machine only: `localhost` or a loopback address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def load_issuers(settings: Settings) -> list[Issuer]:
    """The issuers in ACCORD_ISSUERS_FILE. Reads one file; raises Misconfigured."""
    path = settings.issuers_file
    if path is None:
        raise Misconfigured(
            "ACCORD_ISSUERS_FILE is not set. Name the JSON file that lists the trusted issuers."
        )
    try:
        issuers = [
            Issuer.model_validate(entry) for entry in json.loads(Path(path).read_text(encoding="utf-8"))
        ]
    except (OSError, ValueError, TypeError) as error:
        what = error.errors()[0]["type"] if isinstance(error, ValidationError) else type(error).__name__
        raise Misconfigured(
            f"ACCORD_ISSUERS_FILE cannot be used ({what}). It must be a JSON list of objects with issuer,"
            " jwks_uri, audience, algorithms (asymmetric only), agencies and, for pages, sign_in."
        ) from error
    if len({issuer.issuer for issuer in issuers}) != len(issuers) or not issuers:
        raise Misconfigured("ACCORD_ISSUERS_FILE must name at least one issuer, and none twice.")
    for issuer in issuers:
        _check_transport(issuer, settings)
    return issuers


def is_safe(address: str, settings: Settings) -> bool:
    """https, or, on the local platform alone, http from and to this machine."""
    parts = urlsplit(address)
    only_here = settings.local and is_loopback(settings.http_host) and is_loopback(parts.hostname)
    return parts.scheme == "https" or (parts.scheme == "http" and only_here)


def _check_transport(issuer: Issuer, settings: Settings) -> None:
    for address in (issuer.issuer, issuer.jwks_uri):
        if not is_safe(address, settings):
            raise Misconfigured(
                "ACCORD_ISSUERS_FILE names an issuer without https. That is allowed only with"
                " ACCORD_LOCAL=1, a"
                " loopback ACCORD_HTTP_HOST and a loopback issuer."
            )
