"""`/memorandum/proposals`: a proposed version, what was said of it, who signed; and the forms to go on with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from services.referrals.application.memorandum import Memoranda, Proposed
from services.referrals.domain.commands_mou import LONGEST_WORDS
from services.referrals.domain.proposals import Comment
from services.referrals.pages.attempts import Returned, attempt
from services.referrals.pages.clauses import clauses_of
from services.referrals.pages.memorandum import HOME, signer_in_words, standing_of
from services.referrals.pages.proposal_forms import BODIES, FIELDS, SIGNER, SIGNING
from services.referrals.pages.wording import Wording
from services.referrals.pages.work import Work
from shared.events.types.mou import ADVISORY_BOARD, Through
from shared.mou.diff import SECTIONS, differences
from shared.mou.facts import CallerFacts
from shared.web.problems import Problem
from shared.web.site.forms import CheckedForm, Form, own_fields
from shared.web.site.refusing import route_of
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.site.words import N_
from shared.web.trace import CurrentTrace, Trace

#: The last word of the address -> the command that its form sends, and the right that shows it.
COMMANDS = {
    "comment": "comment-mou",
    "answer": "answer-mou-comment",
    "sign": "sign-mou",
    "adopt": "adopt-proposal",
}
RIGHTS = {**COMMANDS, "adopt": "adopt-mou"}
DONE = {
    "comment": N_("Your comment is recorded. It is answered before this version is adopted."),
    "answer": N_("The comment is answered"),
    "sign": N_("The signature is recorded"),
    "adopt": N_("This version is adopted"),
}
BOARD = N_("The survivor advisory board")
ON_PAPER = N_("on paper")
Done = Annotated[str, Query(max_length=20)]


@dataclass(frozen=True)
class Said:
    """A comment as the page shows it. `words` and `answer` are None where they were forgotten."""

    id: str
    who: str
    clause: str
    at: datetime
    words: str | None
    answered_at: datetime | None
    answer: str | None


@dataclass(frozen=True)
class ProposalPages:
    """The pages of a proposal. Handlers run in threads; they block on the databases and the vault."""

    work: Work
    memoranda: Memoranda

    def router(self) -> APIRouter:
        """Every address, in one table."""
        router = APIRouter(route_class=route_of(self.work.pages))
        home = f"{HOME}/proposals/{{proposal:uuid}}"
        router.add_api_route(home, self.proposal, methods=["GET"])
        router.add_api_route(f"{home}/text", self.text, methods=["GET"])
        for act in COMMANDS:
            path = f"{home}/answer/{{comment:uuid}}" if act == "answer" else f"{home}/{act}"
            router.add_api_route(path, self._asks(act), methods=["GET"])
            router.add_api_route(path, self._sends(act), methods=["POST"])
        return router

    def proposal(
        self, request: Request, visitor: CurrentVisitor, proposal: UUID, done: Done = ""
    ) -> Response:
        """What is proposed, who said what of it, and who has signed."""
        caller = CallerFacts.of(visitor.caller)
        found = self.memoranda.proposal(str(proposal), caller)
        one, wording = found.proposal, Wording(visitor.language, found.document)
        return self.work.pages.answer(
            request,
            "memorandum-proposal.html",
            visitor,
            found=found,
            one=one,
            path=path_of(one.id),
            by=wording.agency(one.agency),
            standing=standing_of(one, found.known),
            changes=_changes(found),
            comments=[_said(comment, found, wording) for comment in one.comments],
            signed=[
                (signer_in_words(wording, s.party, s.county, s.office), s.signed_on) for s in one.signatures
            ],
            missing=[signer_in_words(wording, s.agency, s.county, s.office) for s in found.missing],
            rights=self.memoranda.rights(caller) if one.open else frozenset(),
            done=DONE.get(done, ""),
        )

    def text(self, request: Request, visitor: CurrentVisitor, proposal: UUID) -> Response:
        """The proposed version, clause after clause."""
        found = self.memoranda.proposal(str(proposal), CallerFacts.of(visitor.caller))
        return self.work.pages.answer(
            request,
            "memorandum-text.html",
            visitor,
            one=found.proposal,
            path=path_of(found.proposal.id),
            document=found.document,
            clauses=clauses_of(found.document),
        )

    def _asks(self, act: str) -> Any:
        def ask(
            request: Request, visitor: CurrentVisitor, proposal: UUID, comment: UUID | None = None
        ) -> Response:
            return self._page(request, visitor, act, str(proposal), comment)

        return ask

    def _sends(self, act: str) -> Any:
        def send(
            request: Request,
            visitor: CurrentVisitor,
            form: CheckedForm,
            trace: CurrentTrace,
            proposal: UUID,
            comment: UUID | None = None,
        ) -> Response:
            thing = str(proposal)
            returned = self._sent(visitor, form, trace, act, thing, comment)
            if returned is not None:
                return self._page(request, visitor, act, thing, comment, form, returned)
            self.work.sent(visitor, _page_of(act, thing, comment))
            return RedirectResponse(f"{path_of(thing)}?done={act}", 303)

        return send

    def _sent(
        self, visitor: Visitor, form: Form, trace: Trace, act: str, thing: str, comment: UUID | None
    ) -> Returned | None:
        """Why the form comes back; None if it was carried out."""
        body, errors = BODIES[act](form)
        if errors:
            return Returned(errors)
        if act == "answer":
            body["comment"] = str(comment)
        fields = SIGNING if act == "sign" else FIELDS
        outcome = attempt(self.work, COMMANDS[act], visitor, form, trace, body, thing, fields)
        return outcome if isinstance(outcome, Returned) else None

    def _page(
        self,
        request: Request,
        visitor: Visitor,
        act: str,
        thing: str,
        comment: UUID | None = None,
        form: Form | None = None,
        returned: Returned = Returned(),
    ) -> Response:
        caller = CallerFacts.of(visitor.caller)
        found, rights = self.memoranda.proposal(thing, caller), self.memoranda.rights(caller)
        page = _page_of(act, thing, comment)
        if RIGHTS[act] not in rights and not (act == "comment" and "comment-for-others" in rights):
            raise Problem("not-allowed")
        about = next((c for c in found.proposal.comments if c.comment == str(comment)), None)
        if not found.proposal.open or (comment is not None and about is None):
            raise Problem("not-found")
        wording = Wording(visitor.language, found.document)
        return self.work.pages.answer(
            request,
            f"memorandum-{act}.html",
            visitor,
            status=412 if returned.stale else 422 if returned.errors else 200,
            one=found.proposal,
            path=path_of(thing),
            page=page,
            fields=own_fields(visitor, page, found.etag),
            errors={name: wording.say(text) for name, text in returned.errors.items()},
            stale=returned.stale,
            typed=_typed(form.typed if form else self.work.draft(visitor, page)),
            about=_said(about, found, wording) if about else None,
            clauses=[("", wording.say(N_("The whole version")))]
            + [(clause.id, f"{clause.id} {clause.title}") for clause in found.document.clauses],
            parties=_parties(found, wording) if "comment-for-others" in rights else [],
            signers=_signers(found, wording),
            waiting=found.waiting,
            missing=[signer_in_words(wording, s.agency, s.county, s.office) for s in found.missing],
            overtaken=found.known.overtaken(found.proposal),
            longest=LONGEST_WORDS,
        )


def path_of(proposal: str) -> str:
    """Where a proposal is read."""
    return f"{HOME}/proposals/{proposal}"


def _page_of(act: str, proposal: str, comment: UUID | None) -> str:
    return f"{path_of(proposal)}/{act}" + (f"/{comment}" if comment else "")


def _changes(found: Proposed) -> list[tuple[str, list[tuple[str, tuple[str, ...]]]]] | None:
    """What differs from the version that it was begun from, section by section: a sentence, and the clauses of the
    proposed text that it rests on. None if there was no version before it."""
    if found.base is None:
        return None
    there = {clause.id for clause in found.document.clauses}
    told = differences(found.base, found.document)
    return [
        (SECTIONS[section][0], [(d.sentence, tuple(c for c in d.clauses if c in there)) for d in some])
        for section, some in groupby(told, key=lambda one: one.section)
    ]


def _said(one: Comment, found: Proposed, wording: Wording) -> Said:
    who = wording.say(BOARD) if one.party == ADVISORY_BOARD else wording.agency(one.party)
    return Said(
        one.comment,
        f"{who}, {wording.say(ON_PAPER)}" if one.through == Through.PAPER else who,
        one.clause or "",
        one.at,
        found.words.get(one.words.event) if one.words else None,
        one.answered_at,
        found.words.get(one.answer.event) if one.answer else None,
    )


def _parties(found: Proposed, wording: Wording) -> list[tuple[str, str]]:
    """Whose paper can be entered, behind an empty choice: the visitor's own comment."""
    own = ("", wording.say(N_("My own agency, here and now")))
    board = (ADVISORY_BOARD, f"{wording.say(BOARD)}, {wording.say(ON_PAPER)}")
    parties = [(str(p.agency), f"{p.name}, {wording.say(ON_PAPER)}") for p in found.document.parties]
    return [own, board, *parties]


def _signers(found: Proposed, wording: Wording) -> list[tuple[str, str]]:
    """Who has still to sign, behind an empty choice; each by its place in the document."""
    named = [
        ("/".join((s.agency, s.county or "", s.office or "")), signer_in_words(wording, *s.of))
        for s in found.missing
    ]
    return [("", wording.say(SIGNER)), *named]


def _typed(fields: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    names = ("text", "clause", "party", "signer", "signed_on", "pdf_digest", "board_item")
    return {name: next(iter(fields.get(name, ())), "") for name in names}
