"""Every page of casework."""

from __future__ import annotations

from fastapi import APIRouter

from services.referrals.pages.help import help_router
from services.referrals.pages.names import names_router
from services.referrals.pages.refer import ReferPages
from services.referrals.pages.referral import ReferralPages
from services.referrals.pages.work import Work


def casework_pages(work: Work) -> list[APIRouter]:
    """The routers, each of one place."""
    return [
        names_router(work),
        help_router(work.pages),
        # Asking another agency stands before the acts of a referral: its address looks like one of theirs.
        ReferPages(work).router(),
        ReferralPages(work).router(),
    ]
