"""Sends the letters that are due, one after another, for as long as the api runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import structlog
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

from services.referrals.people.accounts import Accounts
from services.referrals.people.letters import Letter, Letters
from services.referrals.people.wording import message
from shared.errors import AccordError, TryLater, Undeliverable
from shared.mail import Mail

EACH_SECONDS = 1.0
"""How often it looks for letters that are due."""


@dataclass(frozen=True)
class Post:
    """For one event loop. Several processes may have one: each letter is taken by one of them at a time."""

    letters: Letters
    accounts: Accounts
    mail: Mail
    sender: str
    site: str

    async def send_due(self) -> int:
        """Send all that is due now; how many were sent. Raises TryLater if a database is away."""
        sent = 0
        while letter := await run_in_threadpool(self.letters.take):
            sent += await self._send(letter)
        return sent

    async def _send(self, letter: Letter) -> bool:
        log = structlog.get_logger()
        now = self.letters.now()
        made = message(letter.id, letter.says, letter.address, self.sender, self.site, now)
        try:
            await self.mail.send(made)
        except Undeliverable:
            log.warning("letter_not_taken", kind=letter.says["kind"])
            await run_in_threadpool(self.accounts.unreachable, letter.person)
        except TryLater as later:
            log.warning("letter_waits", kind=letter.says["kind"], reason=str(later))
            await run_in_threadpool(self.letters.missed, letter.id)
            return False
        await run_in_threadpool(self.letters.done, letter.id)
        return True


def posting(post: Post, each: float = EACH_SECONDS) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """A lifespan in which letters are sent."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(_post(post, each))
        try:
            yield
        finally:
            task.cancel()

    return lifespan


async def _post(post: Post, each: float) -> None:
    while True:
        try:
            await post.send_due()
        except AccordError as later:
            structlog.get_logger().warning("letters_not_sent", error_type=type(later).__name__)
        await asyncio.sleep(each)
