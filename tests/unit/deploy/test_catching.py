"""The mail of a laptop: caught, shown, and gone."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from email.message import EmailMessage
from uuid import uuid4

import pytest
from fastapi import FastAPI

from deploy.local.catching import MOST, Catcher
from deploy.local.child import free_port
from services.referrals.people.wording import message
from shared.mail import Smtp

SENDER, RUTH = "accord@laptop.example", "ruth@harbor.example"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def letter(kind: str = "code", **says: str) -> EmailMessage:
    said = {"kind": kind, "code": "12345678", "link": "a-link", **says}
    return message(uuid4(), said, RUTH, SENDER, "http://127.0.0.1:9", NOON)


def caught(*messages: EmailMessage) -> str:
    """The page after these were sent."""
    port = free_port()
    catcher = Catcher(port)

    async def send() -> str:
        async with catcher.lifespan(FastAPI()):
            for one in messages:
                await Smtp("127.0.0.1", port, SENDER, "none").send(one)
            return bytes((await catcher.show()).body).decode()

    return asyncio.run(send())


def test_a_letter_is_shown_with_its_link_to_press() -> None:
    page = caught(letter("invitation"))
    assert f"To {RUTH}" in page
    assert '<a href="http://127.0.0.1:9/sign-in/invited/a-link">' in page


def test_the_newest_stands_first_and_the_oldest_goes() -> None:
    page = caught(*(letter(code=f"{n:08d}") for n in range(MOST + 1)))
    assert page.index("0000 0200") < page.index("0000 0199")
    assert "0000 0000" not in page


def test_an_empty_page_says_so() -> None:
    assert "There is no mail yet." in caught()


@pytest.mark.parametrize("text", ["<script>", 'http://x.example/"onclick=1'])
def test_what_a_letter_says_is_text(text: str) -> None:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = SENDER, RUTH, text
    made.set_content(text)
    page = caught(made)
    assert "<script>" not in page
    assert '"onclick' not in page
