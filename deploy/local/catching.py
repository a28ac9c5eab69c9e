"""The mail of a laptop: what Accord sends goes nowhere but on a page. In memory, and gone with the process."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from typing import Any

from aiosmtpd.smtp import SMTP
from fastapi import FastAPI
from starlette.responses import HTMLResponse, Response

MOST = 200
"""Messages that are kept; of more the oldest goes."""
_LINK = re.compile(r"https?://\S+")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


@dataclass
class Catcher:
    """An SMTP server on the loopback address, and the page that shows what it got. For one event loop."""

    port: int
    _got: deque[EmailMessage] = field(default_factory=lambda: deque(maxlen=MOST))

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        """Listens for as long as the app is served."""
        server = await asyncio.get_running_loop().create_server(self._session, "127.0.0.1", self.port)
        async with server:
            yield

    async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:
        """A message came. Called by aiosmtpd."""
        self._got.appendleft(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    async def show(self) -> Response:
        """Every message, the newest first."""
        letters = "".join(map(_letter, self._got)) or "<p>There is no mail yet.</p>"
        return HTMLResponse(
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width"><title>Mail of this laptop</title></head>'
            "<body><main><h1>Mail of this laptop</h1>"
            f"<p>What Accord sends here goes no further than this page.</p>{letters}</main></body></html>",
            headers=HEADERS,
        )

    def _session(self) -> SMTP:
        return SMTP(self, hostname="localhost", ident="Accord")


def _letter(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    text = escape(str(body.get_content())) if body else ""
    linked = _LINK.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', text)
    head = f"<h2>{escape(str(message['Subject']))}</h2><p>To {escape(str(message['To']))}</p>"
    return f"<article>{head}<pre>{linked}</pre></article>"
