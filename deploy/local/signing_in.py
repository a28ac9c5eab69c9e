"""Signing in as an invented person, as a person does: to the provider, a choice, and back with a code (PKCE).

For programs that play people on a laptop. A person gets a session of the pages, or a token for the services' APIs;
an agency's system is no person, and gets its token as a program.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import httpx2

from deploy.local.choosing import PROGRAMS, TO_PROGRAM
from deploy.local.people import BY_HANDLE
from shared.cli.failures import SignInNeeded, Unreachable
from shared.cli.places import local_token
from shared.events.names import Role

_AWAY = "The local issuer does not answer."


def is_person(handle: str) -> bool:
    """Whether this is one of the invented people, and no agency's system."""
    return handle in BY_HANDLE and Role.SYSTEM not in BY_HANDLE[handle].roles


def token_of(handle: str, issuer: str) -> str:
    """A token for the APIs, good for an hour. Blocks seconds at most. Raises Unreachable, SignInNeeded, Usage."""
    if not is_person(handle):
        return local_token(handle, issuer)
    try:
        with httpx2.Client(timeout=5.0, trust_env=False) as http:
            return _by_code(http, handle, issuer)
    except httpx2.TransportError as error:
        raise Unreachable(_AWAY, "`accord status` shows what runs.") from error


def sign_in(http: httpx2.Client, site: str, handle: str) -> str:
    """Sign the browser `http` in to the pages; the address where it stands then. Its cookies are the session.

    `http` must follow no redirect by itself. Raises SignInNeeded, and what `http` raises.
    """
    chooses = follow(http, http.get(f"{site}/sign-in?as={quote(handle)}"))
    chosen = follow(http, _choose(http, chooses, handle))
    if str(chosen.url).startswith(f"{site}/sign-in") or not chosen.is_success:
        raise SignInNeeded(f"Signing in to the pages ended with {chosen.status_code}.")
    return str(chosen.url)


def follow(http: httpx2.Client, answer: httpx2.Response) -> httpx2.Response:
    """The page at the end of the redirects, of which there are at most ten. Raises what `http` raises."""
    for _ in range(10):
        if answer.next_request is None:
            break
        answer = http.send(answer.next_request)
    return answer


def _choose(http: httpx2.Client, page: httpx2.Response, handle: str) -> httpx2.Response:
    """Press the person's link on the provider's page: the same request, with the person in its address."""
    asked = urlsplit(str(page.url))
    if asked.path != "/authorize" or not page.is_success:
        raise SignInNeeded(f"The provider's page is not there: {page.status_code}.")
    return http.get(asked._replace(path=f"/authorize/{quote(handle)}").geturl())


def _by_code(http: httpx2.Client, handle: str, issuer: str) -> str:
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(32)
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {
        "response_type": "code",
        "client_id": PROGRAMS,
        "redirect_uri": TO_PROGRAM,
        "scope": "openid",
        "state": state,
        "nonce": secrets.token_urlsafe(32),
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    back = _choose(http, http.get(f"{issuer}/authorize?{urlencode(asked)}"), handle)
    said = {
        name: values[0] for name, values in parse_qs(urlsplit(back.headers.get("location", "")).query).items()
    }
    ours = hmac.compare_digest(said.get("state", ""), state) and said.get("iss") == issuer
    if back.status_code != 303 or not ours:
        raise SignInNeeded(f"The provider did not send {handle} back.")
    exchanged = {
        "grant_type": "authorization_code",
        "code": said.get("code", ""),
        "redirect_uri": TO_PROGRAM,
        "client_id": PROGRAMS,
        "code_verifier": verifier,
    }
    answer = http.post(f"{issuer}/oidc/token", data=exchanged)
    if answer.status_code != 200:
        raise SignInNeeded(f"The provider gave no token for the code: {answer.status_code}.")
    return str(answer.json()["access_token"])
