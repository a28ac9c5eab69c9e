"""`/cases/{id}/duties/{duty}/…`: what is said of a duty besides meeting it: waived, tolled, not done, by mistake.

A duty's address is a random-looking id made from its key, so that no address tells what is due.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.referrals.application.finding import Finding
from services.referrals.application.listing import Lists
from services.referrals.application.owing import Owing
from services.referrals.application.standing import Standing
from services.referrals.application.views import Viewer
from services.referrals.domain.duties import OVER, Owed, Said
from services.referrals.pages.attempts import Returned, attempt
from services.referrals.pages.flags import Flagged, at_fields, flagged
from services.referrals.pages.wording import Wording
from services.referrals.pages.work import Work
from shared.events.moments import write_moment
from shared.events.types.duty import DutyConfirmedNotDone, DutyEnteredInError, DutyTolled, DutyWaived
from shared.mou.document import Mou
from shared.mou.duties.states import SETTLED
from shared.mou.facts import CallerFacts
from shared.mou.terms import authorities, coded
from shared.web.problems import Problem
from shared.web.site.codes import code_of
from shared.web.site.forms import CheckedForm, Form, own_fields
from shared.web.site.refusing import route_of
from shared.web.site.times import LIKE, NotAMoment, read_typed
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.site.words import N_
from shared.web.trace import CurrentTrace

#: Duties have no ids of their own; these stand for their keys in addresses.
ADDRESSES = UUID("3f0b6a51-6c0e-4b7f-9a55-7f0d0e5c1d28")
CHOOSE_AUTHORITY = N_("Choose on what it rests.")
CHOOSE_REASON = N_("Choose a reason.")
LATER = N_("It has to end after it begins.")
IN_TIME = N_("Only a time before it was due counts, and none that lies ahead.")


@dataclass(frozen=True)
class Saying:
    """One thing that can be said: the last word of its address, its command, its words, the fields of its form."""

    slug: str
    command: str
    title: str
    says: str
    button: str
    done: str
    fields: tuple[str, ...]
    makes: str
    required: tuple[str, ...] = ()


WAIVE = Saying(
    "waive",
    "waive-duty",
    N_("Waive it"),
    N_("Nobody has to do it any more. The record keeps who said so, and on what it rests."),
    N_("Waive it"),
    N_("Waived"),
    ("authority", "reason", "time"),
    DutyWaived.TYPE,
    ("authority", "reason"),
)
TOLL = Saying(
    "toll",
    "toll-duty",
    N_("Stop its clock"),
    N_("The time for it goes on later. The record keeps who said so, and on what it rests."),
    N_("Stop its clock"),
    N_("Its clock stands still"),
    ("authority", "begins", "until"),
    DutyTolled.TYPE,
    ("authority", "begins"),
)
NOT_DONE = Saying(
    "not-done",
    "confirm-duty-not-done",
    N_("Say that it was not done"),
    N_("If it is done later, record that: it still counts."),
    N_("It was not done"),
    N_("It is recorded that it was not done"),
    ("time",),
    DutyConfirmedNotDone.TYPE,
)
WRONG = Saying(
    "wrong",
    "enter-duty-statement-in-error",
    N_("Mark it as wrong"),
    N_("It stays in the record and counts no more."),
    N_("Mark as wrong"),
    N_("It is marked as wrong and counts no more"),
    ("reason",),
    DutyEnteredInError.TYPE,
    ("reason",),
)
SAYINGS = (WAIVE, TOLL, NOT_DONE, WRONG)
COMMANDS = tuple(one.command for one in SAYINGS)
#: Event type -> what it says, on the page.
KINDS = {
    DutyWaived.TYPE: N_("Waived"),
    DutyTolled.TYPE: N_("Its clock stands still"),
    DutyConfirmedNotDone.TYPE: N_("Was not done, as somebody confirmed"),
}
#: The labels of Alder County's authorities and reasons. Those of another county are shown as its document has them.
LABELS = (
    N_("An order of the juvenile court"),
    N_("A supervisor's decision"),
    N_("The young person cannot be met, being away or in hospital"),
    N_("The court ordered it"),
    N_("The young person got it in another way"),
    N_("It does not fit this case"),
    N_("The young person asked for it"),
)
#: Field of the form, which is the command's too -> what is said where it is empty, or not taken.
ASKED: Mapping[str, str] = {
    "authority": CHOOSE_AUTHORITY,
    "reason": CHOOSE_REASON,
    "begins": LIKE,
    "until": LATER,
    "time": LIKE,
}
TIMES = ("time", "begins", "until")


@dataclass(frozen=True)
class Line:
    """A statement as the page shows it; `path` is where it may be marked as wrong."""

    says: str
    agency: str
    on: str
    why: str
    begins: datetime | None
    until: datetime | None
    moment: datetime
    struck: bool
    path: str
    flags: Sequence[Flagged] = ()


def address(case: str, duty: str, slug: str) -> str:
    """Where this is said of the duty with this key."""
    return f"/cases/{case}/duties/{uuid5(ADDRESSES, duty)}/{slug}"


def offered(one: Owed, case: str, acts: frozenset[str], viewer: Viewer) -> list[tuple[str, str]]:
    """What the viewer may say of the duty now: words and address of each."""
    duty, roles = one.duty, viewer.caller.all_roles
    fits = {
        WAIVE: duty.state not in OVER and _listed(WAIVE, duty.rule.id, roles, viewer.mou),
        TOLL: duty.state not in OVER and _listed(TOLL, duty.rule.id, roles, viewer.mou),
        NOT_DONE: duty.state not in SETTLED,
    }
    return [
        (saying.title, address(case, duty.key, saying.slug))
        for saying, fit in fits.items()
        if fit and saying.command in acts
    ]


def _listed(saying: Saying, rule: str, roles: frozenset[str], mou: Mou | None) -> bool:
    return mou is not None and bool(authorities(saying.command, rule, roles, mou))


def line_of(said: Said, case: str, acts: frozenset[str], wording: Wording) -> Line:
    """A statement in its reader's words. `acts` are those that the reader may do where it is this agency's."""
    may_strike = said.struck is None and WRONG.command in acts
    return Line(
        wording.say(KINDS[said.kind]),
        wording.agency(said.agency),
        _label("authorities", said.authority, wording),
        _label("waiver_reasons", said.reason, wording),
        said.begins,
        said.until,
        said.time,
        said.struck is not None,
        f"/cases/{case}/statements/{said.entry}/wrong" if may_strike else "",
        flagged(said.flags, wording),
    )


def times_of(saying: Saying, said: Sequence[Said]) -> list[datetime]:
    """When this was said, of whatever duty, as recorded."""
    if saying is WRONG:
        return [one.struck_at for one in said if one.struck_at is not None]
    return [one.recorded_at for one in said if one.kind == saying.makes and one.struck is None]


def _label(part: str, code: str | None, wording: Wording) -> str:
    entries = getattr(wording.mou, part) if wording.mou else ()
    found = next((one.label for one in entries if one.code == code), None)
    return wording.say(found) if found else code or ""


@dataclass(frozen=True)
class SayingPages:
    """The forms. Handlers run in threads and block on the databases."""

    work: Work
    lists: Lists
    finding: Finding
    owing: Owing

    def router(self) -> APIRouter:
        """Every address, in one table."""
        router = APIRouter(route_class=route_of(self.work.pages))
        for saying in SAYINGS:
            about = "statements" if saying is WRONG else "duties"
            path = f"/cases/{{case:uuid}}/{about}/{{about:uuid}}/{saying.slug}"
            router.add_api_route(path, self._asks(saying), methods=["GET"])
            router.add_api_route(path, self._sends(saying), methods=["POST"])
        return router

    def _asks(self, saying: Saying) -> Any:
        def ask(
            request: Request, visitor: CurrentVisitor, trace: CurrentTrace, case: UUID, about: UUID
        ) -> Response:
            return self._page(request, visitor, trace, saying, str(case), about)

        return ask

    def _sends(self, saying: Saying) -> Any:
        def send(
            request: Request,
            visitor: CurrentVisitor,
            form: CheckedForm,
            trace: CurrentTrace,
            case: UUID,
            about: UUID,
        ) -> Response:
            thing, page = str(case), request.url.path
            body, errors = self._said(saying, form)
            if errors:
                return self._page(request, visitor, trace, saying, thing, about, form, Returned(errors))
            body |= self._about(saying, thing, about, visitor)
            outcome = attempt(self.work, saying.command, visitor, form, trace, body, thing, FIELDS)
            if isinstance(outcome, Returned):
                return self._page(request, visitor, trace, saying, thing, about, form, outcome)
            self.work.sent(visitor, page)
            return RedirectResponse(f"/cases/{thing}?done={saying.slug}", 303)

        return send

    def _about(self, saying: Saying, case: str, about: UUID, visitor: Visitor) -> dict[str, str]:
        """What the command names: the statement, or the duty. Raises Problem where there is none such."""
        if saying is WRONG:
            return {"entry": str(about)}
        return {"duty": _duty(self._standing(case, visitor), about).duty.key}

    def _said(self, saying: Saying, form: Form) -> tuple[dict[str, Any], dict[str, str]]:
        """The command's body, and what is wrong with the form by field."""
        body: dict[str, Any] = {name: form.get(name) for name in saying.fields if form.get(name)}
        errors = {name: ASKED[name] for name in saying.required if name not in body}
        for name in TIMES:
            if name in body:
                try:
                    body[name] = write_moment(read_typed(body[name], self.work.pages.county.zone))
                except NotAMoment as wrong:
                    errors[name] = str(wrong)
        return body, errors

    def _standing(self, case: str, visitor: Visitor) -> Standing:
        return self.owing.in_case(case, CallerFacts.of(visitor.caller))

    def _page(
        self,
        request: Request,
        visitor: Visitor,
        trace: Any,
        saying: Saying,
        case: str,
        about: UUID,
        form: Form | None = None,
        returned: Returned = Returned(),
    ) -> Response:
        page, viewer = request.url.path, self.lists.viewer(CallerFacts.of(visitor.caller))
        shown = self.work.show("case", case, visitor, trace)
        found = self._standing(case, visitor)
        said = _statement(found, about) if saying is WRONG else None
        owed = _of_statement(found, said) if said else _duty(found, about)
        owner = said.agency if said else viewer.caller.agency
        rights = self.finding.rights(viewer, "case", case, [saying.command], owner)
        if saying.command not in rights.acts:
            raise Problem("not-allowed")
        wording = Wording(visitor.language, viewer.mou)
        return self.work.pages.answer(
            request,
            "case-duty.html",
            visitor,
            status=412 if returned.stale else 422 if returned.errors else 200,
            id=case,
            code=code_of("case", case),
            path=page,
            saying=saying,
            says=owed.duty.rule.says,
            line=line_of(said, case, frozenset(), wording) if said else None,
            fields=own_fields(visitor, page, shown.etag),
            typed=form.typed if form else self.work.draft(visitor, page),
            errors=at_fields(returned.errors, wording.say),
            stale=returned.stale,
            authorities=_authorities(saying, owed, viewer, wording),
            reasons=_reasons(saying, wording),
            example=self.work.desk.site.now(),
        )


#: Pointer of a refusal -> the form's field, and what it says there.
FIELDS = {f"/{name}": (name, text) for name, text in ASKED.items()} | {
    "/time": ("time", IN_TIME),
    "/begins": ("begins", IN_TIME),
}


def _duty(found: Standing, about: UUID) -> Owed:
    for one in found.owed:
        if uuid5(ADDRESSES, one.duty.key) == about:
            return one
    raise Problem("not-found")


def _statement(found: Standing, about: UUID) -> Said:
    for one in found.said:
        if one.entry == str(about) and one.struck is None:
            return one
    raise Problem("not-found")


def _of_statement(found: Standing, said: Said) -> Owed:
    return next(one for one in found.owed if said.duty in one.keys)


def _authorities(saying: Saying, owed: Owed, viewer: Viewer, wording: Wording) -> Sequence[tuple[str, str]]:
    if viewer.mou is None or "authority" not in saying.fields:
        return []
    listed = authorities(saying.command, owed.duty.rule.id, viewer.caller.all_roles, viewer.mou)
    return [
        ("", wording.say(CHOOSE_AUTHORITY)),
        *((code, wording.say(one.label)) for code, one in listed.items()),
    ]


def _reasons(saying: Saying, wording: Wording) -> Sequence[tuple[str, str]]:
    if wording.mou is None or "reason" not in saying.fields:
        return []
    listed = coded(wording.mou, "error_reasons" if saying is WRONG else "waiver_reasons")
    return [
        ("", wording.say(CHOOSE_REASON)),
        *((code, wording.say(one.label)) for code, one in listed.items()),
    ]
