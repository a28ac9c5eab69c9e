"""Who takes part in a case: an agency joins, an agency leaves, a worker is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.referrals.application.finding import Finding, Rights
from services.referrals.application.listing import Lists
from services.referrals.application.views import Viewer
from services.referrals.pages.attempts import Returned, attempt, in_words, seen_until
from services.referrals.pages.flags import at_fields
from services.referrals.pages.wording import MATTERS, Wording
from services.referrals.pages.work import Work
from shared.mou.facts import CallerFacts
from shared.mou.vocabulary import CodeList
from shared.web.problems import Problem
from shared.web.site.codes import code_of
from shared.web.site.forms import CheckedForm, Form, own_fields
from shared.web.site.refusing import route_of
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.site.words import N_
from shared.web.trace import CurrentTrace

#: The last word of the address -> the command that it sends.
COMMANDS = {"join": "join-agency", "leave": "leave-agency", "worker": "assign-worker"}
TEMPLATES = {act: f"case-{act}.html" for act in COMMANDS}
DONE = {"join": "joined", "leave": "left", "worker": "assigned"}
CHOOSE_AGENCY = N_("Choose an agency.")
CHOOSE_REASON = N_("Choose a reason.")
CHOOSE_ROLE = N_("Choose a role.")
TYPE_ID = N_("Type the whole id of the person.")
CHOOSE_MATTER = N_("Choose which matter it is.")
#: Each command's fields, which are the form's as well: what is said at one that is empty or not taken.
ASKED: Mapping[str, Mapping[str, str]] = {
    "join": {"agency": CHOOSE_AGENCY, "relation": N_("Choose how it takes part.")},
    "leave": {"agency": CHOOSE_AGENCY, "reason": CHOOSE_REASON},
    "worker": {"worker": TYPE_ID, "role": CHOOSE_ROLE},
}
FIELDS = {
    act: {f"/{name}": (name, text) for name, text in {**asked, "matter": CHOOSE_MATTER}.items()}
    for act, asked in ASKED.items()
}


@dataclass(frozen=True)
class TeamPages:
    """The three forms. Handlers run in threads and block on the databases."""

    work: Work
    lists: Lists
    finding: Finding

    def router(self) -> APIRouter:
        """Every address, in one table."""
        router = APIRouter(route_class=route_of(self.work.pages))
        for act in COMMANDS:
            path = f"/cases/{{case:uuid}}/{act}"
            router.add_api_route(path, self._asks(act), methods=["GET"])
            router.add_api_route(path, self._sends(act), methods=["POST"])
        return router

    def _asks(self, act: str) -> Any:
        def ask(request: Request, visitor: CurrentVisitor, trace: CurrentTrace, case: UUID) -> Response:
            return self._page(request, visitor, trace, act, str(case))

        return ask

    def _sends(self, act: str) -> Any:
        def send(
            request: Request, visitor: CurrentVisitor, form: CheckedForm, trace: CurrentTrace, case: UUID
        ) -> Response:
            thing, asked = str(case), ASKED[act]
            body = {name: form.get(name) for name in (*asked, "matter") if form.get(name)}
            if act == "worker":
                body.setdefault("worker", visitor.caller.person)
            missing = {name: text for name, text in asked.items() if name not in body}
            if missing:
                return self._page(request, visitor, trace, act, thing, form, Returned(missing))
            outcome = attempt(self.work, COMMANDS[act], visitor, form, trace, body, thing, FIELDS[act])
            if isinstance(outcome, Returned):
                return self._page(request, visitor, trace, act, thing, form, outcome)
            self.work.sent(visitor, f"/cases/{thing}/{act}")
            seen = self.finding.knows(self._viewer(visitor), "case", [thing])
            return RedirectResponse(
                f"/cases/{thing}?done={DONE[act]}" if seen else f"/cases?left={thing}", 303
            )

        return send

    def _viewer(self, visitor: Visitor) -> Viewer:
        return self.lists.viewer(CallerFacts.of(visitor.caller))

    def _page(
        self,
        request: Request,
        visitor: Visitor,
        trace: Any,
        act: str,
        thing: str,
        form: Form | None = None,
        returned: Returned = Returned(),
    ) -> Response:
        page, viewer = f"/cases/{thing}/{act}", self._viewer(visitor)
        shown = self.work.show("case", thing, visitor, trace)
        rights = self.finding.rights(viewer, "case", thing, COMMANDS.values(), viewer.caller.agency)
        matters = [m for m in shown.view["matters"] if COMMANDS[act] in rights.by_matter[m["matter"]]]
        if not matters:
            raise Problem("not-allowed")
        wording, stale = Wording(visitor.language, viewer.mou), returned.stale
        changes = self.finding.changes(viewer, "case", thing, seen_until(form)) if stale else []
        latest = max(m["changed"] for m in shown.view["matters"])
        return self.work.pages.answer(
            request,
            TEMPLATES[act],
            visitor,
            status=412 if stale else 422 if returned.errors else 200,
            id=thing,
            code=code_of("case", thing),
            fields=own_fields(visitor, page, shown.etag) | {"seen": latest},
            typed=form.typed if form else self.work.draft(visitor, page),
            errors=at_fields(returned.errors, wording.say),
            stale=stale,
            changes=in_words(changes, wording),
            matters=[(m["matter"], wording.word(MATTERS, m["matter"])) for m in matters],
            agencies=_first(CHOOSE_AGENCY, _agencies(act, matters, rights, viewer, wording), wording),
            relations=wording.choices(CodeList.RELATION),
            reasons=_first(CHOOSE_REASON, wording.choices(CodeList.LEAVE_REASON), wording),
            role=min(visitor.caller.roles),
            roles=wording.roles(viewer.caller.agency),
        )


def _first(text: str, options: Sequence[tuple[str, str]], wording: Wording) -> list[tuple[str, str]]:
    """The options behind an empty one that says what to do."""
    return [("", wording.say(text)), *options]


def _agencies(
    act: str, matters: Sequence[Mapping[str, Any]], rights: Rights, viewer: Viewer, wording: Wording
) -> list[tuple[str, str]]:
    """The agencies that may join one of the matters, or leave one; others than the lead's only the lead says."""
    if viewer.mou is None:
        return []
    parties = [str(party.agency) for party in viewer.mou.parties]
    if act == "join":
        found = [code for code in parties if any(code not in m["agencies"] for m in matters)]
    else:
        leads = any("join-agency" in rights.by_matter[m["matter"]] for m in matters)
        there = [
            code for code in parties if any(code in m["agencies"] and code != m["lead"] for m in matters)
        ]
        found = [code for code in there if leads or code == viewer.caller.agency]
    return [(code, wording.agency(code)) for code in found]
