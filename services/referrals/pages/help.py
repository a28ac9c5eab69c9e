"""Help, and what Accord says of accessibility and of privacy: for everybody, signed in or not."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from shared.events.names import Role
from shared.web.site.refusing import route_of
from shared.web.site.rendering import Pages
from shared.web.site.visitor import MaybeVisitor, Visitor
from shared.web.site.words import N_


@dataclass(frozen=True)
class Guide:
    """What people in these roles do first."""

    roles: frozenset[Role]
    heading: str
    steps: tuple[str, ...]


GUIDES: tuple[Guide, ...] = (
    Guide(
        frozenset({Role.SCREENER}),
        N_("You take in reports"),
        (
            N_("Open your inbox. A report stays under “Act now” until somebody has it in hand."),
            N_("Press “I have it in hand”. Your team then sees that it is taken."),
            N_("Read it and decide: open a case, add it to a case, or evaluate it out and say why."),
        ),
    ),
    Guide(
        frozenset({Role.SOCIAL_WORKER, Role.PROBATION_OFFICER, Role.SUPERVISOR}),
        N_("You work on cases"),
        (
            N_("Open your inbox. It shows answers of other agencies and what waits for you."),
            N_(
                "Need help from an agency? Send a referral. Say what you need, how soon, and what the youth wants."
            ),
            N_("You are told when they answer. If they cannot take it, you can ask another agency."),
        ),
    ),
    Guide(
        frozenset({Role.ADVOCATE, Role.CLINICIAN, Role.NURSE, Role.EDUCATION_LIAISON}),
        N_("You answer referrals"),
        (
            N_("Open your inbox. A referral says by when it needs your answer."),
            N_("Press “I have it in hand”, so that nobody else starts on it, too."),
            N_("Say yes or no. If you cannot take it, say so soon. The youth still needs somebody."),
        ),
    ),
    Guide(
        frozenset({Role.DEPUTY}),
        N_("You report concerns"),
        (
            N_("Call the hotline first. A report in Accord does not replace the call."),
            N_("Then press “Report a concern”. Say what you saw, who said it and when."),
            N_("Leave out what you do not know."),
            N_("Add when you called and whom you spoke to."),
        ),
    ),
    Guide(
        frozenset({Role.COORDINATOR}),
        N_("You bring the agencies together"),
        (
            N_("Open your inbox. Look at messages that could not be read: one may be about a youth."),
            N_("See which referrals have no answer yet, and call the agency that was asked."),
        ),
    ),
    Guide(
        frozenset({Role.AUDITOR, Role.PRIVACY_OFFICER}),
        N_("You look back"),
        (
            N_(
                "Open “Timelines”. Choose a case and a moment. The page then shows what was known at that time."
            ),
            N_("Choose an agency to see what it could have known."),
            N_("Your own looks are recorded, as are those of all others."),
        ),
    ),
    Guide(
        frozenset({Role.AGENCY_ADMIN}),
        N_("You look after your agency's people"),
        (
            N_("Open “People” to invite somebody, and to see who has access."),
            N_("When somebody leaves, take away their access on the same day."),
        ),
    ),
    Guide(
        frozenset({Role.ADVISORY_BOARD}),
        N_("You advise the county"),
        (N_("You do not see single cases here. Ask the coordinator for numbers."),),
    ),
    Guide(
        frozenset({Role.OPERATOR}),
        N_("You keep Accord running"),
        (N_("Look at “What works now”. For you, it also lists each check and what to do."),),
    ),
)

#: Words of these pages, and what they mean.
GLOSSARY: tuple[tuple[str, str], ...] = (
    (N_("A concern"), N_("A report that a youth may be in danger of being exploited.")),
    (N_("A case"), N_("What agencies do together for one youth.")),
    (N_("A referral"), N_("One agency asks another one to help.")),
    (
        N_("A code"),
        N_("A short name of a thing, like R-7F3K2Q. Say it on the telephone. It tells nothing of the youth."),
    ),
    (N_("In hand"), N_("Somebody has said that they look after it.")),
    (N_("Evaluated out"), N_("A concern that needs no case, with the reason.")),
    (N_("Act now, act soon"), N_("How pressing it is. The memorandum says which is which.")),
    (
        N_("Memorandum, clause"),
        N_("What the agencies agreed to, and one part of it. Each step here follows a clause."),
    ),
    (N_("Withheld"), N_("It is recorded, but the memorandum does not let you see it.")),
    (N_("Cover names"), N_("Hides names on your screen, for when others can look at it.")),
)
KEYS: tuple[tuple[str, str], ...] = (
    (N_("Tab"), N_("To the next link, button or field. With Shift: back.")),
    (N_("Enter"), N_("Opens a link or presses a button.")),
    (N_("Space"), N_("Presses a button, or sets and clears a check mark.")),
    (N_("Shift three times"), N_("Exits now.")),
)


def help_router(pages: Pages) -> APIRouter:
    """`/help` and the two statements. No case data, so no session is needed."""
    router = APIRouter(route_class=route_of(pages))

    @router.get("/help")
    def help(request: Request, visitor: MaybeVisitor) -> Response:
        """What to do first, by role; words, keys, exit, whom to call."""
        own, others = guides(visitor)
        return pages.answer(
            request, "help.html", visitor, own=own, others=others, glossary=GLOSSARY, keys=KEYS
        )

    @router.get("/help/accessibility")
    def accessibility(request: Request, visitor: MaybeVisitor) -> Response:
        """What the pages are meant to be for everybody, how that was tested, and what was not."""
        return pages.answer(request, "accessibility.html", visitor)

    @router.get("/help/privacy")
    def privacy(request: Request, visitor: MaybeVisitor) -> Response:
        """What is recorded of people who look and of youth, who sees names, how long things are kept."""
        return pages.answer(request, "privacy.html", visitor)

    return router


def guides(visitor: Visitor | None) -> tuple[list[Guide], list[Guide]]:
    """The guides of the visitor's roles, and those of others."""
    roles = visitor.caller.roles if visitor else frozenset()
    return [g for g in GUIDES if g.roles & roles], [g for g in GUIDES if not g.roles & roles]
