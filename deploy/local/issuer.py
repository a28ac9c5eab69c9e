"""The local platform's own issuer of tokens: `python -m deploy.local.issuer`. Never part of a deployment.

It is an OpenID Connect provider, too (choosing.py). It gives a token to whoever asks from this machine, so it
starts only with ACCORD_LOCAL=1 and listens on loopback. A county uses its own provider instead.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey
from pydantic import BaseModel, ConfigDict, Field
from starlette.middleware.trustedhost import TrustedHostMiddleware

from deploy.local.catching import Catcher
from deploy.local.choosing import CLIENT, Choosing
from deploy.local.people import BY_HANDLE, PEOPLE, Person
from shared.events.names import Agency
from shared.process import run
from shared.settings import Misconfigured, Settings
from shared.web.app import Check, create_app
from shared.web.fakes import FakeVerifier
from shared.web.issuers import is_loopback
from shared.web.problems import Problem
from shared.web.server import serve

AUDIENCE = "accord"
ALGORITHM = "ES256"
LIFETIME = 3_600
"""Seconds that a token is good for, unless the request says otherwise."""


def issuer_url(port: int) -> str:
    """The issuer's address, which is also its name in tokens."""
    return f"http://127.0.0.1:{port}"


def issuers_document(port: int) -> list[dict[str, Any]]:
    """What ACCORD_ISSUERS_FILE must hold for services to trust the local issuer on `port`."""
    url = issuer_url(port)
    return [
        {
            "issuer": url,
            "jwks_uri": f"{url}/jwks.json",
            "audience": AUDIENCE,
            "algorithms": [ALGORITHM],
            "agencies": [agency.value for agency in Agency],
            "sign_in": {"client_id": CLIENT, "name": "the invented people of this laptop"},
        }
    ]


def load_key(data: Path) -> ECKey:
    """The signing key in DATA/secrets/issuer-key.json (0600); made at the first start. Does file I/O."""
    path = data / "secrets" / "issuer-key.json"
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = ECKey.generate_key("P-256", {"kid": secrets.token_urlsafe(12), "use": "sig", "alg": ALGORITHM})
        fresh = path.with_suffix(f".{os.getpid()}")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(key.as_dict(private=True), file)
        os.replace(fresh, path)  # whole or not at all
    return ECKey.import_key(json.loads(path.read_text(encoding="utf-8")))


class TokenRequest(BaseModel):
    """Who wants a token. `ttl` (seconds, may be negative) and `audience` exist to test refusals."""

    model_config = ConfigDict(extra="forbid")

    person: Annotated[str, Field(max_length=100)]
    ttl: Annotated[int, Field(ge=-86_400, le=86_400)] = LIFETIME
    audience: Annotated[str, Field(min_length=1, max_length=200)] = AUDIENCE


def token(
    key: ECKey,
    issuer: str,
    person: Person,
    now: int,
    ttl: int = LIFETIME,
    audience: str = AUDIENCE,
    nonce: str | None = None,
) -> str:
    """A signed token for `person`. `now` in seconds since 1970. With the `nonce` of a sign-in: an id token."""
    issued = min(now, now + ttl)
    claims = {
        "iss": issuer,
        "sub": str(person.id),
        "aud": audience,
        "agency": person.agency.value,
        "roles": sorted(person.roles),
        "iat": issued,
        "nbf": issued,
        "exp": now + ttl,
        "jti": str(uuid4()),
    } | ({"nonce": nonce} if nonce is not None else {})
    return jwt.encode({"alg": ALGORITHM, "kid": str(key.kid)}, claims, key, algorithms=[ALGORITHM])


def router(key: ECKey, issuer: str, now: Callable[[], float], site: str = "") -> APIRouter:
    """The issuer's addresses. `site` is where people are sent back to when they have signed in."""
    api = APIRouter()

    def sign(person: Person, nonce: str, client: str) -> str:
        return token(key, issuer, person, int(now()), ttl=300, audience=client, nonce=nonce)

    def access(person: Person) -> str:
        return token(key, issuer, person, int(now()))

    choosing = Choosing(issuer, f"{site}/sign-in/back", sign, access, now)
    api.add_api_route("/authorize", choosing.authorize, methods=["GET"], summary="Choose a person")
    api.add_api_route("/authorize/{handle}", choosing.choose, methods=["GET"], summary="A code for a person")
    api.add_api_route("/oidc/token", choosing.exchange, methods=["POST"], summary="An id token for a code")

    @api.get("/.well-known/openid-configuration", summary="What this issuer is")
    async def configuration() -> dict[str, Any]:
        return {
            "issuer": issuer,
            "jwks_uri": f"{issuer}/jwks.json",
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/oidc/token",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "authorization_response_iss_parameter_supported": True,
            "scopes_supported": ["openid"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
        }

    @api.get("/jwks.json", summary="The public key")
    async def jwks() -> dict[str, Any]:
        return {"keys": [key.as_dict(private=False)]}

    @api.get("/people", summary="Who can sign in here")
    async def people() -> list[dict[str, Any]]:
        return [
            {"person": p.handle, "sub": str(p.id), "agency": p.agency, "roles": sorted(p.roles)}
            for p in PEOPLE
        ]

    @api.post("/token", summary="A token for one of the invented people")
    async def give(body: TokenRequest) -> dict[str, Any]:
        person = BY_HANDLE.get(body.person)
        if person is None:
            errors = [{"pointer": "/person", "detail": "is none of the people that GET /people lists"}]
            raise Problem("invalid-field", errors=errors)
        text = token(key, issuer, person, int(now()), body.ttl, body.audience)
        return {"access_token": text, "token_type": "Bearer", "expires_in": body.ttl}

    return api


def bootstrap(settings: Settings, key: ECKey, now: Callable[[], float]) -> FastAPI:
    """The issuer's app. Raises Misconfigured if this is not the local platform. No I/O."""
    if not settings.local or not is_loopback(settings.http_host):
        raise Misconfigured(
            "The local issuer starts only with ACCORD_LOCAL=1 and a loopback ACCORD_HTTP_HOST."
        )
    if not settings.http_port:
        raise Misconfigured(
            "ACCORD_HTTP_PORT is not set: an issuer's address is its name, so it must be fixed."
        )
    api = router(key, issuer_url(settings.http_port), now, settings.site_url)
    catcher = Catcher(settings.smtp_port) if settings.smtp_host else None
    if catcher:
        api.add_api_route("/mail", catcher.show, methods=["GET"], summary="What Accord sent by mail")
    app = create_app(
        "issuer",
        verifier=FakeVerifier({}),
        readiness=lambda: [Check("key", "ok")],
        routers=[api],
        settings=settings,
        lifespan=catcher.lifespan if catcher else None,
    )
    # A page in a browser on this machine could be led here under another name: only these are answered.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]"])
    return app


def _serve(settings: Settings) -> int:
    if settings.data_dir is None:
        raise Misconfigured("ACCORD_DATA_DIR is not set: the issuer keeps its key there.")
    if not settings.local:
        raise Misconfigured("The local issuer starts only with ACCORD_LOCAL=1.")
    return serve(bootstrap(settings, load_key(settings.data_dir), time.time), settings)


if __name__ == "__main__":
    raise SystemExit(run("issuer", "api", _serve))
