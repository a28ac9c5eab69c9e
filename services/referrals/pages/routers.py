"""Every page of casework."""

from __future__ import annotations

from fastapi import APIRouter

from services.referrals.pages.referral import ReferralPages
from services.referrals.pages.work import Work


def casework_pages(work: Work) -> list[APIRouter]:
    """The routers, each of one place."""
    return [ReferralPages(work).router()]
