"""Signing in with the local issuer: a page where one chooses an invented person, and codes for who was chosen.

OpenID Connect, authorization code with PKCE, for two clients: the site of this data directory, and programs of this
laptop that a person works with, which get a token for the services' APIs.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from itertools import groupby
from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlencode

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from deploy.local.people import BY_HANDLE, PEOPLE, Person, in_words
from shared.events.names import Role
from shared.web.problems import Problem

CLIENT, PROGRAMS = "accord-pages-of-this-laptop", "accord-programs-of-this-laptop"
#: Where a program's browser is sent. Nobody listens there: the program reads the address itself.
TO_PROGRAM = "http://127.0.0.1/signed-in"
LASTS = 60.0
"""Seconds that a code is good for, once."""


class Asked(BaseModel):
    """An authorization request, as the site makes it. Anything else is refused."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    response_type: Literal["code"]
    client_id: Literal["accord-pages-of-this-laptop", "accord-programs-of-this-laptop"]
    redirect_uri: str = Field(max_length=500)
    state: str = Field(min_length=1, max_length=500)
    nonce: str = Field(min_length=1, max_length=500)
    code_challenge: str = Field(pattern=r"^[A-Za-z0-9_-]{43}$")
    code_challenge_method: Literal["S256"]
    login_hint: str = Field("", max_length=100)


@dataclass(frozen=True)
class Code:
    """Who was chosen, for which request, until when."""

    person: Person
    asked: Asked
    until: float


@dataclass
class Choosing:
    """The pages and codes. `back` is the one address of the site that people are sent to. `sign` makes an id token
    for a person, a nonce and a client; `access` a token for the APIs.

    Codes are in memory: after a restart the person chooses again.
    """

    issuer: str
    back: str
    sign: Callable[[Person, str, str], str]
    access: Callable[[Person], str]
    now: Callable[[], float]
    _codes: dict[str, Code] = field(default_factory=dict)

    async def authorize(self, asked: Annotated[Asked, Query()]) -> Response:
        """The page to choose somebody on."""
        self._require_site(asked)
        return HTMLResponse(_page(asked))

    async def choose(self, handle: str, asked: Annotated[Asked, Query()]) -> Response:
        """Back to the site, with a code for whom was chosen."""
        self._require_site(asked)
        person = BY_HANDLE.get(handle)
        if person is None or Role.SYSTEM in person.roles:
            raise Problem("not-found")
        code = secrets.token_urlsafe(32)
        self._codes[code] = Code(person, asked, self.now() + LASTS)
        answer = {"code": code, "state": asked.state, "iss": self.issuer}
        return RedirectResponse(f"{asked.redirect_uri}?{urlencode(answer)}", 303)

    async def exchange(self, request: Request) -> Response:
        """An id token for a code, once, to whoever began the request (PKCE); a program gets one for the APIs."""
        fields = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        code = self._codes.pop(fields.get("code", ""), None)
        if fields.get("grant_type") != "authorization_code" or code is None or not self._fits(code, fields):
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = self.sign(code.person, code.asked.nonce, code.asked.client_id)
        access = self.access(code.person) if code.asked.client_id == PROGRAMS else token
        return JSONResponse(
            {"id_token": token, "access_token": access, "token_type": "Bearer", "expires_in": 60}
        )

    def _fits(self, code: Code, fields: dict[str, str]) -> bool:
        digest = sha256(fields.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(digest).decode().rstrip("=")
        asked = code.asked
        same = fields.get("redirect_uri") == asked.redirect_uri and fields.get("client_id") == asked.client_id
        return same and self.now() < code.until and hmac.compare_digest(challenge, code.asked.code_challenge)

    def _require_site(self, asked: Asked) -> None:
        """A person is sent to the client's own address and nowhere else."""
        if asked.redirect_uri != {CLIENT: self.back, PROGRAMS: TO_PROGRAM}[asked.client_id]:
            raise Problem("not-found")


def _page(asked: Asked) -> str:
    query = escape(urlencode(asked.model_dump()))
    people = [person for person in PEOPLE if Role.SYSTEM not in person.roles]
    wanted = BY_HANDLE.get(asked.login_hint)
    lists = "".join(
        f"<h2>{escape(in_words(agency))}</h2>{''.join(_choice(person, query) for person in those)}"
        for agency, those in groupby(people, key=lambda person: person.agency.value)
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Choose an invented person</title></head>'
        "<body><main><h1>Choose an invented person</h1>"
        "<p>Nobody here is real, so there is no password. This page exists only on a laptop that tries Accord;"
        " a county signs in with its own provider.</p>"
        f"{_asked_for(wanted, query) if wanted in people else ''}{lists}"
        '<p><a href="/mail">What Accord sent by mail</a></p></main></body></html>'
    )


def _asked_for(person: Person, query: str) -> str:
    """Whom the address that was opened names: one press away."""
    link = f'<a href="/authorize/{escape(person.handle)}?{query}">Go on as {escape(person.words)}</a>'
    return f"<p><strong>{link}</strong></p><p>Or as somebody else:</p>"


def _choice(person: Person, query: str) -> str:
    return (
        f'<p><a href="/authorize/{escape(person.handle)}?{query}">{escape(person.role_words)}</a>'
        f" <small>{escape(person.handle)}</small></p>"
    )
