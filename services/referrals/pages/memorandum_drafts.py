"""`/memorandum/drafts`: a coordinator writes the next memorandum by answering questions; no YAML, no scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from services.referrals.application.mou_drafts import MOST, Draft, MouDrafts
from services.referrals.pages.memorandum_fields import errors_shown, fields_shown, typed_in
from services.referrals.pages.memorandum_overview import differences, groups_of, located
from services.referrals.pages.wording import Wording
from services.referrals.pages.work import Work
from shared.errors import Conflict
from shared.mou.authority import may
from shared.mou.document import Mou
from shared.mou.documents import DOCUMENTS
from shared.mou.editing.answering import Answered, answered, opened
from shared.mou.editing.beginning import begun
from shared.mou.editing.fields import NotAnAnswer, Question, Typed, Wrong
from shared.mou.editing.own_duty import OWN_DUTY, own_duty
from shared.mou.editing.questions import question_of, questions
from shared.mou.facts import CallerFacts, ThingFacts
from shared.mou.vocabulary import Act
from shared.web.problems import Problem
from shared.web.site.forms import CheckedForm, Form
from shared.web.site.refusing import route_of
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.site.words import N_

DRAFTS = "/memorandum/drafts"
#: What a page says after an act, by the code in its address.
DONE = {
    "begun": N_("The draft is there"),
    "duty": N_("The duty is in the draft, with its clause"),
    "saved": N_("What you answered is in the draft"),
    "all": N_("Every question is answered"),
    "away": N_("The draft was put away"),
}
MANY = N_("Your agency has as many drafts as it may. Put one away first.")
CHOOSE = N_("Choose what to begin from.")
STALE = N_(
    "Somebody of your agency changed this draft meanwhile. What you typed is still here: look, and save it again."
)
Done = Annotated[str, Query(max_length=10)]


@lru_cache(maxsize=16)
def opened_once(text: str) -> Answered:
    """The document in a text, read once for as long as somebody works on it. Raises InvalidMou."""
    return opened(text)


@dataclass(frozen=True)
class DraftPages:
    """The pages. Handlers run in threads and block on the database."""

    work: Work
    drafts: MouDrafts

    def router(self) -> APIRouter:
        """Every address, in one table."""
        router = APIRouter(route_class=route_of(self.work.pages))
        one = f"{DRAFTS}/{{draft}}"
        for path, method, handler in (
            (DRAFTS, "GET", self.overview),
            (DRAFTS, "POST", self.begin),
            (one, "GET", self.show),
            (f"{one}/document", "GET", self.download),
            (f"{one}/duty", "GET", self.ask_duty),
            (f"{one}/duty", "POST", self.add_duty),
            (f"{one}/put-away", "POST", self.put_away),
            (f"{one}/questions/{{question}}", "GET", self.ask),
            (f"{one}/questions/{{question}}", "POST", self.answer),
        ):
            router.add_api_route(path, handler, methods=[method])
        return router

    def overview(self, request: Request, visitor: CurrentVisitor, done: Done = "") -> Response:
        """The drafts of the visitor's agency, and what a new one may be begun from."""
        self._require(visitor)
        return self._list(request, visitor, DONE.get(done, ""))

    def begin(self, request: Request, visitor: CurrentVisitor, form: CheckedForm) -> Response:
        """A draft with the text of the version in force, or of a template."""
        self._require(visitor)
        chosen = form.get("begin")
        base = self.drafts.text_of(chosen) if chosen in dict(self._beginnings()) else None
        if base is None:
            return self._list(request, visitor, errors={"begin": CHOOSE})
        mou = opened_once(base).mou
        text = begun(base, mou, uuid4(), chosen) if chosen in DOCUMENTS else base
        draft = self.drafts.begin(visitor.caller.agency, chosen, base, text, mou.version, form.key)
        if draft is None:
            return self._list(request, visitor, errors={"begin": MANY})
        return RedirectResponse(f"{DRAFTS}/{draft}?done=begun", 303)

    def show(self, request: Request, visitor: CurrentVisitor, draft: UUID, done: Done = "") -> Response:
        """One draft: what is still to be answered, what is wrong, what differs, and what to do with it."""
        found = self._draft(visitor, draft)
        document, wording = opened_once(found.text), self._wording(visitor)
        waiting = [one.id for one in questions(document.mou) if one.id not in found.answered]
        return self.work.pages.answer(
            request,
            "memorandum-draft.html",
            visitor,
            draft=found,
            mou=document.mou,
            done=wording.say(DONE[done]) if done in DONE else "",
            waiting=len(waiting),
            next=waiting[0] if waiting else "",
            same_version=document.mou.version == self.drafts.version_in_force(),
            findings=located(document, wording),
            differences=differences(opened_once(found.base).mou, document.mou, wording),
            groups=groups_of(document.mou, found.answered, wording),
        )

    def download(self, visitor: CurrentVisitor, draft: UUID) -> Response:
        """The document as a file, for `accord mou validate` and whoever wants to read all of it."""
        found = self._draft(visitor, draft)
        headers = {
            "Content-Disposition": f'attachment; filename="{found.version}.yaml"',
            "Cache-Control": "no-store",
        }
        return Response(found.text, headers=headers, media_type="application/yaml")

    def put_away(self, visitor: CurrentVisitor, form: CheckedForm, draft: UUID) -> Response:
        """Forget a draft. A second press finds it gone and says the same."""
        self._require(visitor)
        self.drafts.put_away(visitor.caller.agency, str(draft))
        return RedirectResponse(f"{DRAFTS}?done=away", 303)

    def ask(self, request: Request, visitor: CurrentVisitor, draft: UUID, question: str) -> Response:
        """One question, with what stands there now."""
        found = self._draft(visitor, draft)
        return self._ask(request, visitor, found, self._question(found, question))

    def answer(
        self, request: Request, visitor: CurrentVisitor, form: CheckedForm, draft: UUID, question: str
    ) -> Response:
        """The answer is in the draft; what is wrong comes back with what was typed."""
        found = self._draft(visitor, draft)
        asked = self._question(found, question)
        keep = form.get("then") == "keep"
        taken = self._take(visitor, found, asked, form, {} if keep else typed_in(asked, form), question)
        if isinstance(taken, Mapping):
            return self._ask(request, visitor, found, asked, form, taken)
        return RedirectResponse(self._onwards(taken, question, form.get("then")), 303)

    def ask_duty(self, request: Request, visitor: CurrentVisitor, draft: UUID) -> Response:
        """The form of a duty of the county's own."""
        found = self._draft(visitor, draft)
        return self._ask(request, visitor, found, own_duty(opened_once(found.text).mou))

    def add_duty(self, request: Request, visitor: CurrentVisitor, form: CheckedForm, draft: UUID) -> Response:
        """The duty is in the draft, with its clause and what people record for it."""
        found = self._draft(visitor, draft)
        asked = own_duty(opened_once(found.text).mou)
        taken = self._take(visitor, found, asked, form, typed_in(asked, form))
        if isinstance(taken, Mapping):
            return self._ask(request, visitor, found, asked, form, taken)
        return RedirectResponse(f"{DRAFTS}/{found.id}?done=duty", 303)

    def _take(
        self, visitor: Visitor, draft: Draft, asked: Question, form: Form, typed: Typed, id: str | None = None
    ) -> Draft | dict[str, Wrong]:
        """The draft after an answer, or what is wrong by field."""
        if draft.last_key == form.key:
            return draft
        if form.based_on != str(draft.revision):
            return {"": Wrong(STALE)}
        done = [*draft.answered, *([id] if id and id not in draft.answered else [])]
        try:
            after = answered(opened_once(draft.text), asked, typed)
            changed = self.drafts.change(
                visitor.caller.agency, draft, after.text, after.mou.version, done, form.key
            )
        except NotAnAnswer as error:
            return error.errors
        except Conflict:
            return {"": Wrong(STALE)}
        self.work.sent(visitor, _page(draft, asked))
        return changed

    def _onwards(self, draft: Draft, question: str, then: str) -> str:
        """The next question that waits, behind this one in the document; else the draft."""
        if then == "draft":
            return f"{DRAFTS}/{draft.id}?done=saved"
        ids = [one.id for one in questions(opened_once(draft.text).mou)]
        waiting = [id for id in ids if id not in draft.answered]
        behind = ids[ids.index(question) + 1 :] if question in ids else []
        following = next((id for id in behind if id in waiting), next(iter(waiting), ""))
        return f"{DRAFTS}/{draft.id}" + (f"/questions/{following}" if following else "?done=all")

    def _ask(
        self,
        request: Request,
        visitor: Visitor,
        draft: Draft,
        question: Question,
        form: Form | None = None,
        errors: Mapping[str, Wrong] | None = None,
    ) -> Response:
        wording = self._wording(visitor)
        ids = [one.id for one in questions(opened_once(draft.text).mou)]
        kept = self.work.draft(visitor, _page(draft, question)) if form is None else form.typed
        shown = fields_shown(question, Form("", kept) if kept or form else None, wording)
        status = 200 if not errors else 409 if errors.get("") == Wrong(STALE) else 422
        return self.work.pages.answer(
            request,
            "memorandum-question.html",
            visitor,
            status=status,
            draft=draft,
            path=_page(draft, question),
            question=question,
            title=wording.say(question.title),
            place=ids.index(question.id) + 1 if question.id in ids else 0,
            places=len(ids),
            shown=shown,
            errors=errors_shown(errors or {}, question, wording),
            own_duty=question.id == OWN_DUTY,
        )

    def _list(
        self, request: Request, visitor: Visitor, done: str = "", errors: Mapping[str, str] | None = None
    ) -> Response:
        wording = self._wording(visitor)
        return self.work.pages.answer(
            request,
            "memorandum-drafts.html",
            visitor,
            status=422 if errors else 200,
            drafts=self.drafts.of(visitor.caller.agency),
            beginnings=[(code, wording.say(label, version=code)) for code, label in self._beginnings()],
            most=MOST,
            done=wording.say(done) if done else "",
            errors={name: wording.say(text) for name, text in (errors or {}).items()},
        )

    def _beginnings(self) -> list[tuple[str, str]]:
        version = self.drafts.version_in_force()
        in_force = [(version, N_("The version in force, %(version)s"))] if version else []
        return in_force + [(name, TEMPLATES[name]) for name in DOCUMENTS if name in TEMPLATES]

    def _question(self, draft: Draft, id: str) -> Question:
        found = question_of(opened_once(draft.text).mou, id)
        if found is None:
            raise Problem("not-found")
        return found

    def _draft(self, visitor: Visitor, draft: UUID) -> Draft:
        self._require(visitor)
        found = self.drafts.show(visitor.caller.agency, str(draft))
        if found is None:
            raise Problem("not-found")
        return found

    def _require(self, visitor: Visitor) -> Mou:
        """Nobody is told of these pages but those who may bring in a version."""
        mou = self.work.doors.referrals.questions.in_force()
        caller = CallerFacts.of(visitor.caller)
        if mou is None or not may(caller, Act.ADOPT_MOU, ThingFacts("mou"), mou).allowed:
            raise Problem("not-found")
        return mou

    def _wording(self, visitor: Visitor) -> Wording:
        return Wording(visitor.language, None)


def _page(draft: Draft, question: Question) -> str:
    """Where a question of a draft is asked."""
    home = f"{DRAFTS}/{draft.id}"
    return f"{home}/duty" if question.id == OWN_DUTY else f"{home}/questions/{question.id}"


#: Name of a document of Accord's own -> what it is for.
TEMPLATES = {
    "california-csec": N_("The California template"),
    "three-counties": N_("The template of several counties that sign together"),
}
