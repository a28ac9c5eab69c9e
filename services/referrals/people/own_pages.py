"""`/people/passkey`: somebody who has signed in makes a passkey, or drops theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from services.referrals.people.answers import as_json
from services.referrals.people.desk import People
from services.referrals.people.own_door import PASSKEY
from shared.web.problems import Problem
from shared.web.site.forms import CheckedForm
from shared.web.site.refusing import route_of
from shared.web.site.visitor import CurrentVisitor, Visitor
from shared.web.site.words import N_

DONE = {
    "made": N_("Your passkey is ready"),
    "not-made": N_("The passkey was not made. Try again, or go on with codes."),
    "dropped": N_("You have no passkey any more"),
}
Done = Annotated[str, Query(max_length=20)]


@dataclass(frozen=True)
class OwnPages:
    """The pages. Handlers run in threads; they block on the databases."""

    people: People

    def router(self) -> APIRouter:
        """Every address, in one table."""
        router = APIRouter(
            route_class=route_of(self.people.desk.pages), dependencies=[Depends(self._require_account)]
        )
        for path, method, handler in (
            (PASSKEY, "GET", self.show),
            (f"{PASSKEY}/begin", "POST", self.begin),
            (PASSKEY, "POST", self.make),
            (f"{PASSKEY}/drop", "POST", self.drop),
        ):
            router.add_api_route(path, handler, methods=[method])
        return router

    def show(self, request: Request, visitor: CurrentVisitor, done: Done = "") -> Response:
        """How many passkeys there are, and another."""
        return self.people.desk.pages.answer(
            request,
            "own-passkeys.html",
            visitor,
            count=self.people.passkeys.count(visitor.caller.person),
            possible=self.people.passkeys.possible,
            done=DONE.get(done, ""),
            good=done != "not-made",
        )

    def begin(self, visitor: CurrentVisitor, _: CheckedForm) -> Response:
        """What the browser asks the person's device for."""
        if not self.people.passkeys.possible:
            raise Problem("not-found")
        return as_json(self.people.passkeys.begin_making(visitor.session, visitor.caller.person))

    def make(self, visitor: CurrentVisitor, form: CheckedForm) -> Response:
        """Keep what the device made."""
        person = visitor.caller.person
        made = self.people.passkeys.make(visitor.session, person, form.get("credential"))
        return RedirectResponse(f"{PASSKEY}?done={'made' if made else 'not-made'}", 303)

    def drop(self, visitor: CurrentVisitor, _: CheckedForm) -> Response:
        """Forget them all: a device was lost, or is somebody else's now."""
        self.people.passkeys.drop(visitor.caller.person)
        return RedirectResponse(f"{PASSKEY}?done=dropped", 303)

    def _require_account(self, visitor: CurrentVisitor) -> Visitor:
        account = self.people.accounts.of(visitor.caller.person)
        if account is None or not account.active or account.agency != visitor.caller.agency:
            raise Problem("not-found")
        return visitor
