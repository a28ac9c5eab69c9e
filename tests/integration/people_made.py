"""Somebody's mail: a real SMTP server on this machine, and what it got."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.controller import Controller

from deploy.local.child import free_port
from services.referrals.people.desk import People, people_of, post_of
from services.referrals.people.post import Post
from shared.events.names import Agency, Role
from shared.settings import Settings
from shared.web.callers import Caller
from tests.integration.signing_in_made import SENDER, Browser, Place

HOST = "127.0.0.1"


class Mailbox:
    """Takes mail, unless it is told not to: `says` is its answer to each recipient."""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []
        self.says = "250 OK"

    async def handle_RCPT(self, _: Any, __: Any, envelope: Any, address: str, ___: Any) -> str:
        if self.says.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.says

    async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:
        self.got.append(cast(EmailMessage, message_from_bytes(envelope.content, policy=policy.default)))
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        return [one for one in self.got if one["To"] == address]

    def link(self, address: str) -> str:
        """The path of the last link that somebody got."""
        return re.findall(r"https?://[^/\s]+(/sign-in/invited/\S+)", text_of(self.to(address)[-1]))[0]

    def code(self, address: str) -> str:
        """The last code that somebody got, as it stands there."""
        return re.findall(r"\d{4} \d{4}", text_of(self.to(address)[-1]))[0]


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@contextmanager
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    """The server, and its port."""
    made, port = Mailbox(), free_port()
    server = Controller(made, hostname=HOST, port=port)
    server.start()
    try:
        yield made, port
    finally:
        server.stop()


def smtp(port: int) -> Settings:
    return Settings(
        local=True,
        smtp_host=HOST,
        smtp_port=port,
        smtp_tls="none",
        smtp_from=SENDER,
        site_county="Alder County",
    )


def post_at(place: Place, port: int) -> tuple[People, Post]:
    people = people_of(place.desk)
    post = post_of(people, smtp(port))
    assert post is not None
    return people, post


def cookie_of(place: Place, person: str, agency: str, *roles: str) -> str:
    """The cookie of somebody who has signed in with their agency's provider."""
    caller = Caller(person, Agency(agency), frozenset(map(Role, roles)))
    session = place.sessions.begin(caller, "en", "openid-connect", person)
    return place.key.write(place.sessions.claims(session))


def sign_in_as(place: Place, person: str, agency: str, *roles: str) -> Browser:
    """A browser of somebody who has."""
    browser = place.browser()
    browser.client.cookies.set("accord-local", cookie_of(place, person, agency, *roles))
    return browser
