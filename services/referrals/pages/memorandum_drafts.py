"""`/memorandum/drafts`: a coordinator writes the next memorandum by answering questions, and proposes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from services.referrals.application.mou_drafts import Draft
from services.referrals.pages.memorandum_desk import DRAFTS, DraftDesk, opened_once
from services.referrals.pages.memorandum_overview import changes_of, groups_of, located
from services.referrals.pages.proposals import path_of
from shared.errors import Refusal
from shared.mou.documents import DOCUMENTS
from shared.mou.editing.beginning import begun
from shared.mou.editing.questions import questions
from shared.mou.load import adoptable
from shared.web.site.forms import CheckedForm, Form
from shared.web.site.refusing import route_of
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.site.words import N_
from shared.web.trace import CurrentTrace

#: What a page says after an act, by the code in its address.
DONE = {
    "begun": N_("The draft is there"),
    "duty": N_("The duty is in the draft, with its clause"),
    "saved": N_("What you answered is in the draft"),
    "all": N_("Every question is answered"),
    "away": N_("The draft was put away"),
}
#: Name of a document of Accord's own -> what it is for.
TEMPLATES = {
    "california-csec": N_("The California template"),
    "three-counties": N_("The template of several counties that sign together"),
}
MANY = N_("Your agency has as many drafts as it may. Put one away first.")
CHOOSE = N_("Choose what to begin from.")
#: Reason of a refusal to propose -> what to do about it in the draft.
REFUSED = {
    "mou-version-known": N_("A version with this name was adopted already. Give it a name of its own."),
    "mou-version-proposed": N_("A version with this name is proposed already. Give it a name of its own."),
}
NOT_RIGHT = N_("Put right first what is listed below.")
Done = Annotated[str, Query(max_length=10)]


@dataclass(frozen=True)
class DraftPages:
    """The pages. Handlers run in threads and block on the database."""

    desk: DraftDesk

    def router(self) -> APIRouter:
        """Every address, in one table."""
        router = APIRouter(route_class=route_of(self.desk.work.pages))
        one = f"{DRAFTS}/{{draft:uuid}}"
        for path, method, handler in (
            (DRAFTS, "GET", self.overview),
            (DRAFTS, "POST", self.begin),
            (one, "GET", self.show),
            (f"{one}/document", "GET", self.download),
            (f"{one}/propose", "POST", self.propose),
            (f"{one}/put-away", "POST", self.put_away),
        ):
            router.add_api_route(path, handler, methods=[method])
        return router

    def overview(self, request: Request, visitor: CurrentVisitor, done: Done = "") -> Response:
        """The drafts of the visitor's agency, and what a new one may be begun from."""
        self.desk.require(visitor)
        return self._overview(request, visitor, DONE.get(done, ""))

    def begin(self, request: Request, visitor: CurrentVisitor, form: CheckedForm) -> Response:
        """A draft with the text of the version in force, or of a template."""
        self.desk.require(visitor)
        chosen = form.get("begin")
        base = self.desk.drafts.text_of(chosen) if chosen in dict(self._beginnings()) else None
        if base is None:
            return self._overview(request, visitor, errors={"begin": CHOOSE})
        mou = opened_once(base).mou
        text = begun(base, mou, uuid4(), chosen) if chosen in DOCUMENTS else base
        draft = self.desk.drafts.begin(visitor.caller.agency, chosen, base, text, mou.version, form.key)
        if draft is None:
            return self._overview(request, visitor, errors={"begin": MANY})
        return RedirectResponse(f"{DRAFTS}/{draft}?done=begun", 303)

    def show(self, request: Request, visitor: CurrentVisitor, draft: UUID, done: Done = "") -> Response:
        """One draft: what is still to be answered, what is wrong, what differs, and what to do with it."""
        return self._show(request, visitor, self.desk.draft(visitor, draft), DONE.get(done, ""))

    def download(self, visitor: CurrentVisitor, draft: UUID) -> Response:
        """The document as a file, for `accord mou validate` and whoever wants to read all of it."""
        found = self.desk.draft(visitor, draft)
        headers = {
            "Content-Disposition": f'attachment; filename="{found.version}.yaml"',
            "Cache-Control": "no-store",
        }
        return Response(found.text, headers=headers, media_type="application/yaml")

    def propose(
        self, request: Request, visitor: CurrentVisitor, form: CheckedForm, trace: CurrentTrace, draft: UUID
    ) -> Response:
        """The draft's text is put before the parties; the draft stays, for what their comments will change."""
        found = self.desk.draft(visitor, draft)
        if opened_once(found.text).findings:
            return self._show(request, visitor, found, errors={"": NOT_RIGHT})
        body: dict[str, Any] = {"document": adoptable(found.text)}
        if found.begun_from not in DOCUMENTS:
            body["based_on"] = found.begun_from
        try:
            made = self.desk.work.do("propose-mou", visitor, _unbased(form), trace, body).made
        except Refusal as refusal:
            if refusal.reason not in REFUSED:
                raise
            return self._show(request, visitor, found, errors={"": REFUSED[refusal.reason]})
        return RedirectResponse(path_of(made["proposal"]), 303)

    def put_away(self, visitor: CurrentVisitor, form: CheckedForm, draft: UUID) -> Response:
        """Forget a draft. A second press finds it gone and says the same."""
        self.desk.require(visitor)
        self.desk.drafts.put_away(visitor.caller.agency, str(draft))
        return RedirectResponse(f"{DRAFTS}?done=away", 303)

    def _show(
        self,
        request: Request,
        visitor: Visitor,
        draft: Draft,
        done: str = "",
        errors: Mapping[str, str] | None = None,
    ) -> Response:
        document, wording = opened_once(draft.text), self.desk.wording(visitor)
        waiting = [one.id for one in questions(document.mou) if one.id not in draft.answered]
        return self.desk.work.pages.answer(
            request,
            "memorandum-draft.html",
            visitor,
            status=422 if errors else 200,
            draft=draft,
            mou=document.mou,
            done=wording.say(done) if done else "",
            errors={name: wording.say(text) for name, text in (errors or {}).items()},
            waiting=len(waiting),
            next=waiting[0] if waiting else "",
            same_version=draft.version == opened_once(draft.base).mou.version,
            findings=located(document, wording),
            changes=changes_of(opened_once(draft.base).mou, document.mou, wording),
            groups=groups_of(document.mou, draft.answered, wording),
        )

    def _overview(
        self, request: Request, visitor: Visitor, done: str = "", errors: Mapping[str, str] | None = None
    ) -> Response:
        wording = self.desk.wording(visitor)
        return self.desk.work.pages.answer(
            request,
            "memorandum-drafts.html",
            visitor,
            status=422 if errors else 200,
            drafts=self.desk.drafts.of(visitor.caller.agency),
            beginnings=[(code, wording.say(label, version=code)) for code, label in self._beginnings()],
            done=wording.say(done) if done else "",
            errors={name: wording.say(text) for name, text in (errors or {}).items()},
        )

    def _beginnings(self) -> list[tuple[str, str]]:
        version = self.desk.drafts.version_in_force()
        in_force = [(version, N_("The version in force, %(version)s"))] if version else []
        return in_force + [(name, TEMPLATES[name]) for name in DOCUMENTS if name in TEMPLATES]


def _unbased(form: Form) -> Form:
    """The form without the draft's revision: the proposal is no change of a thing that is there."""
    return Form(form.key, form.typed)
