"""Wiring of the pages of people without a provider, and what goes on beside them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.concurrency import run_in_threadpool

from services.referrals.pages.work import Work
from services.referrals.people.admin_pages import AdminPages
from services.referrals.people.away_pages import AwayPages
from services.referrals.people.desk import People
from services.referrals.people.inviting import InvitePages
from services.referrals.people.own_door import OwnDoor
from services.referrals.people.own_pages import OwnPages
from shared.errors import AccordError

EACH_SECONDS = 60.0
"""How often what is past its time is forgotten."""


def people_pages(people: People, work: Work) -> list[APIRouter]:
    """Signing in with a code or a passkey, accepting an invitation, absence, and an administrator's pages."""
    return [
        OwnDoor(people).router(),
        OwnPages(people).router(),
        InvitePages(people, work).router(),
        # Before the pages of one person: its address looks like one of theirs.
        AwayPages(people, work).router(),
        AdminPages(people, work).router(),
    ]


def forgetting(
    people: People, each: float = EACH_SECONDS
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """A lifespan in which codes, letters and removed accounts go when their time is over."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(_forget(people, each))
        try:
            yield
        finally:
            task.cancel()

    return lifespan


async def _forget(people: People, each: float) -> None:
    while True:
        for kept in (people.codes, people.passkeys, people.letters, people.accounts):
            try:
                await run_in_threadpool(kept.forget)
            except AccordError as later:
                structlog.get_logger().warning("people_not_swept", error_type=type(later).__name__)
        await asyncio.sleep(each)
