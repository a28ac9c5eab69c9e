"""Wiring of the pages of signing in, and what goes on beside them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.concurrency import run_in_threadpool

from services.referrals.bootstrap import Referrals
from services.referrals.signing_in.desk import Desk
from services.referrals.signing_in.door import Door
from services.referrals.signing_in.drafts import Drafts
from services.referrals.signing_in.provider import providers
from services.referrals.signing_in.session_pages import SessionPages
from services.referrals.signing_in.sessions import Sessions
from services.referrals.signing_in.under_way import SignIns
from shared.errors import AccordError
from shared.settings import Settings
from shared.web.issuers import Issuer
from shared.web.site.cookie import load_key
from shared.web.site.county import county_of
from shared.web.site.rendering import Pages
from shared.web.site.site import load_site

TEMPLATES = Path(__file__).parent / "templates"
CASEWORK = Path(__file__).parent.parent / "pages" / "templates"
EACH_SECONDS = 60.0
"""How often sessions are looked for that are over without anybody having said so."""


def open_desk(settings: Settings, issuers: Sequence[Issuer], referrals: Referrals) -> Desk | None:
    """The desk of these settings; None where no pages are served. Reads key files; raises Misconfigured."""
    site = load_site(settings, referrals.store.now)
    if site is None:
        return None
    idle = timedelta(minutes=settings.site_idle_minutes)
    sessions = Sessions(referrals.store, referrals.handler.shelf, referrals.secret, idle, referrals.store.now)
    # Where the sessions are, nothing is shown any more from the moment that one ends.
    return Desk(
        replace(site, has_ended=sessions.has_ended),
        load_key(settings.site_key_file),
        providers(list(issuers), settings, site.url),
        SignIns(referrals.store, referrals.store.now),
        sessions,
        Drafts(referrals.vault),
        Pages(county_of(settings), TEMPLATES, CASEWORK),
        settings.site_exit_url,
    )


def desk_pages(desk: Desk) -> list[APIRouter]:
    """The pages of signing in and of the session."""
    return [Door(desk).router(), SessionPages(desk).router()]


def sweeping(
    desk: Desk, each: float = EACH_SECONDS
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """A lifespan in which sessions that are over end also where their person does not come back."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(_sweep(desk, each))
        try:
            yield
        finally:
            task.cancel()

    return lifespan


async def _sweep(desk: Desk, each: float) -> None:
    while True:
        try:
            await run_in_threadpool(desk.sign_ins.forget)
            ended = await run_in_threadpool(desk.sessions.sweep)
            if ended:
                structlog.get_logger().info("sessions_ended", count=ended)
        except AccordError as later:
            structlog.get_logger().warning("sessions_not_swept", error_type=type(later).__name__)
        await asyncio.sleep(each)
