"""What the pages of casework work with: the doors of the API, and the desk with its drafts and templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from services.referrals.api.calls import Asked, Doors, carry_out, look_ahead
from services.referrals.application.covering import Covering
from services.referrals.application.offering import Asking, Offering
from services.referrals.application.orders import Outcome
from services.referrals.application.previewing import Preview
from services.referrals.application.questions import Shown
from services.referrals.domain.offers import Offers
from services.referrals.pages.labels import Labels
from services.referrals.signing_in.desk import Desk
from shared.mou.facts import CallerFacts
from shared.web.site.forms import Fields, Form
from shared.web.site.rendering import Pages
from shared.web.site.visitor import Visitor
from shared.web.trace import Trace


@dataclass(frozen=True)
class Work:
    """Thread-safe. Every method blocks on the databases and raises TryLater when one is away."""

    doors: Doors
    desk: Desk

    @property
    def pages(self) -> Pages:
        """The templates."""
        return self.desk.pages

    def do(
        self,
        command: str,
        visitor: Visitor,
        form: Form,
        trace: Trace,
        body: Mapping[str, Any],
        thing: str | None = None,
    ) -> Outcome:
        """Carry out a command as the API would; a form that comes twice gets the first outcome.

        `thing` is the id of the concern, case or referral. Raises Problem, Refusal (recorded), Conflict.
        """
        asked = Asked(command, visitor.caller, trace, form.key, body, thing, form.based_on)
        return carry_out(self.doors, asked)

    def look_ahead(
        self, command: str, visitor: Visitor, form: Form, trace: Trace, body: Mapping[str, Any], thing: str
    ) -> Preview:
        """What the agency that the command asks would see, if it were sent. Nothing is written.

        Raises Problem, Refusal (not recorded).
        """
        asked = Asked(command, visitor.caller, trace, str(uuid4()), body, thing, form.based_on)
        return look_ahead(self.doors, asked)

    def show(self, kind: str, thing: str, visitor: Visitor, trace: Trace) -> Shown:
        """A concern, case or referral as the visitor may see it; the read is recorded. Raises Refusal."""
        caller = CallerFacts.of(visitor.caller)
        return self.doors.referrals.questions.show(kind, thing, caller, str(trace.correlation_id))

    @property
    def covering(self) -> Covering:
        """Who covers for whom."""
        questions = self.doors.referrals.questions
        return Covering(questions.store, questions.shelf, questions.now)

    def offers(self, referral: str, visitor: Visitor) -> Offers:
        """What the visitor may do with the referral now. Raises Refusal `not-found`."""
        return self._offering.on_referral(referral, CallerFacts.of(visitor.caller))

    def asking(self, case: str, visitor: Visitor) -> Asking:
        """Whom the visitor may ask in the case, and for which of its matters. Raises Refusal `not-found`."""
        return self._offering.on_case(case, CallerFacts.of(visitor.caller))

    def knows(self, kind: str, thing: str, visitor: Visitor) -> bool:
        """Whether the visitor may know of this thing."""
        return self._offering.knows(kind, thing, CallerFacts.of(visitor.caller))

    def labels(self) -> Labels:
        """What the MOU in force calls things."""
        return Labels(self.doors.referrals.questions.in_force())

    @property
    def _offering(self) -> Offering:
        questions = self.doors.referrals.questions
        return Offering(questions.store, questions.shelf, questions.now)

    def draft(self, visitor: Visitor, page: str) -> Fields:
        """What the visitor typed into the form of this page and did not send."""
        return self.desk.drafts.of(visitor.caller.person, page)

    def sent(self, visitor: Visitor, page: str) -> None:
        """The form of this page was sent: its draft is forgotten."""
        self.desk.drafts.sent(visitor.caller.person, page)
