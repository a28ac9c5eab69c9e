"""The API of referrals, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress

from fastapi import APIRouter, FastAPI

from services.referrals.api.calls import Doors
from services.referrals.api.commands import commands_router
from services.referrals.api.memorandum import memorandum_router
from services.referrals.api.papers import papers_router
from services.referrals.api.questions import contract_router, duties_router, questions_router
from services.referrals.api.simulations import simulations_router
from services.referrals.application.bodies import LENIENT
from services.referrals.pages.routers import casework_pages
from services.referrals.pages.work import Work
from services.referrals.people.desk import people_of, post_of
from services.referrals.people.opening import forgetting, people_pages
from services.referrals.people.post import posting
from services.referrals.signing_in.desk import Desk
from services.referrals.signing_in.opening import desk_pages, sweeping
from shared.errors import TryLater
from shared.mou.vocabulary import REASONS
from shared.settings import Settings
from shared.store.pulse import held, told
from shared.web.app import create_app
from shared.web.callers import Verifier
from shared.web.health import Check, Readiness

#: Reasons of the MOU's authority are 403; those of state are 409, which is also what is not listed here.
STATUSES = {
    **dict.fromkeys(REASONS, 403),
    "invalid-field": 422,
    "no-usable-fact": 422,
    "sealed-part-cannot-be-opened": 422,
    "too-far-ahead": 422,
    "too-large": 413,
    "unknown-code": 422,
}


def make_app(
    doors: Doors, verifier: Verifier, settings: Settings, readiness: Readiness, desk: Desk | None = None
) -> FastAPI:
    """The app; with a `desk` it serves pages, too. Does no I/O."""
    routers = [
        commands_router(doors),
        questions_router(doors),
        duties_router(doors),
        simulations_router(doors),
        memorandum_router(doors),
        papers_router(doors),
        contract_router(),
    ]
    pages, beside = _served(doors, desk, settings) if desk else ((), ())
    return create_app(
        "referrals",
        verifier=verifier,
        readiness=readiness,
        routers=routers,
        settings=settings,
        refusals=STATUSES,
        spared=LENIENT,
        lifespan=_together(*beside) if beside else None,
        site=desk.site if desk else None,
        pages=pages,
    )


#: What goes on for as long as the app is served.
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def _served(doors: Doors, desk: Desk, settings: Settings) -> tuple[Sequence[APIRouter], Sequence[Lifespan]]:
    """The pages, and what goes on beside them."""
    work, people = Work(doors, desk), people_of(desk)
    post = post_of(people, settings)
    pages = [*desk_pages(desk), *casework_pages(work), *people_pages(people, work)]
    return pages, [sweeping(desk), forgetting(people), *([posting(post)] if post else [])]


def _together(*lifespans: Lifespan) -> Lifespan:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for one in lifespans:
                await stack.enter_async_context(one(app))
            yield

    return lifespan


def checks(doors: Doors) -> list[Check]:
    """The databases that this process needs; how intake stands, and the topics that it lets rest."""
    found = [
        _check("database", doors.referrals.store.ping, "Start PostgreSQL, or look at DATABASE_URL."),
        _check(
            "vault", doors.referrals.vault.ping, "Start PostgreSQL, or look at ACCORD_VAULT_DATABASE_URL."
        ),
    ]
    if found[0].status == "ok":
        with suppress(TryLater), doors.referrals.store.transaction() as connection:
            said = [told(connection, "intake"), *held(connection, "intake")]
            found += [Check(*line) for line in said]
    return found


def _check(name: str, ping: object, remedy: str) -> Check:
    try:
        if callable(ping):
            ping()
    except TryLater:
        return Check(name, "fail", "It does not answer.", remedy)
    return Check(name, "ok")
