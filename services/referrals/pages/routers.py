"""Every page of casework."""

from __future__ import annotations

from fastapi import APIRouter

from services.referrals.application.finding import Finding
from services.referrals.application.listing import Lists
from services.referrals.application.memorandum import Memoranda
from services.referrals.application.mou_drafts import MouDrafts
from services.referrals.application.owing import Owing
from services.referrals.pages.answering import AnswerPages
from services.referrals.pages.calls import calls_router
from services.referrals.pages.cases import CasePages
from services.referrals.pages.concerns import ConcernPages
from services.referrals.pages.deciding import DecidingPages
from services.referrals.pages.help import help_router
from services.referrals.pages.listing import listing_router
from services.referrals.pages.memorandum import MemorandumPages
from services.referrals.pages.memorandum_desk import DraftDesk
from services.referrals.pages.memorandum_drafts import DraftPages
from services.referrals.pages.memorandum_questions import QuestionPages
from services.referrals.pages.names import names_router
from services.referrals.pages.papers import PaperPages
from services.referrals.pages.proposals import ProposalPages
from services.referrals.pages.recording import RecordingPages
from services.referrals.pages.refer import ReferPages
from services.referrals.pages.referral import ReferralPages
from services.referrals.pages.reporting import reporting_router
from services.referrals.pages.saying import SayingPages
from services.referrals.pages.searching import searching_router
from services.referrals.pages.team import TeamPages
from services.referrals.pages.work import Work
from services.referrals.pages.worklist import worklist_router


def casework_pages(work: Work) -> list[APIRouter]:
    """The routers, each of one place."""
    lists, finding = Lists(work.doors.referrals.questions), Finding(work.doors.referrals.questions)
    owing = Owing(work.doors.referrals.questions)
    memoranda = Memoranda(work.doors.referrals.questions)
    drafts = DraftDesk(work, MouDrafts(work.doors.referrals.store, work.doors.referrals.questions.now))
    return [
        names_router(work),
        help_router(work.pages),
        reporting_router(work),
        ConcernPages(work, lists, finding).router(),
        DecidingPages(work, lists, finding).router(),
        listing_router(work),
        calls_router(work),
        CasePages(work, lists, finding, owing).router(),
        SayingPages(work, lists, finding, owing).router(),
        TeamPages(work, lists, finding).router(),
        RecordingPages(work, lists, finding).router(),
        searching_router(work),
        MemorandumPages(work, memoranda).router(),
        PaperPages(work, memoranda).router(),
        ProposalPages(work, memoranda).router(),
        DraftPages(drafts).router(),
        QuestionPages(drafts).router(),
        # What has pages of its own stands before the acts of a referral: its address looks like one of theirs.
        ReferPages(work).router(),
        AnswerPages(work).router(),
        ReferralPages(work).router(),
        worklist_router(work),
    ]
