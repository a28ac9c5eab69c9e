"""What codes are called on pages: the MOU's own names for its lists, and our words for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from services.referrals.pages.wording import ROLES as PEOPLE
from shared.mou.document import Mou
from shared.mou.parties import clause_of, party_of
from shared.mou.terms import coded, listed_codes
from shared.mou.vocabulary import CodeList
from shared.web.site.words import N_

URGENCIES: Mapping[str, str] = {
    "hours": N_("Within hours"),
    "day": N_("Within a day"),
    "days": N_("Within a few days"),
    "routine": N_("No hurry"),
}
CHOICES: Mapping[str, str] = {
    "agrees": N_("The young person agrees"),
    "declines": N_("The young person does not want it"),
    "not-yet-asked": N_("The young person was not asked yet"),
    "not-theirs-to-decide": N_("It is not for the young person to decide"),
}
#: Who works for an agency: people, and its own systems.
ROLES: Mapping[str, str] = {**PEOPLE, "system": N_("The agency's own computers")}


def in_english(label: str) -> Markup:
    """A name of the MOU's on a page of any language: the document is English."""
    return Markup('<span lang="en">{}</span>').format(label)


@dataclass(frozen=True)
class Labels:
    """The MOU's names; a code that it does not list is shown as it is. Options are (code, name), in its order."""

    mou: Mou | None

    def agency(self, code: str) -> str:
        """A party's name."""
        party = party_of(self.mou, code) if self.mou else None
        return party.name if party else code

    def outside(self, code: str) -> str:
        """The name of an agency outside."""
        return self.coded("outside_agencies").get(code, code)

    def kind(self, code: str) -> str:
        """What is asked for."""
        return dict(self.listed(CodeList.REFERRAL_KIND)).get(code, code)

    def need(self, code: str) -> str:
        """What the young person needs."""
        return dict(self.listed(CodeList.NEEDS)).get(code, code)

    def listed(self, name: CodeList) -> list[tuple[str, str]]:
        """A list of codes that stand in clear."""
        return [(code, entry.label) for code, entry in listed_codes(name, self.mou).items()]

    def missing(self, code: str) -> str:
        """What the agency that was asked has to know."""
        return dict(self.listed(CodeList.MISSING)).get(code, code)

    def missing_options(self) -> list[tuple[str, Markup]]:
        """What may be asked for, to choose from."""
        return [(code, in_english(label)) for code, label in self.listed(CodeList.MISSING)]

    def coded(self, part: str) -> dict[str, str]:
        """A list of reasons, outcomes or agencies."""
        return {code: entry.label for code, entry in coded(self.mou, part).items()} if self.mou else {}

    def options(self, act: str) -> list[tuple[str, Markup]]:
        """The reasons or outcomes of an act, to choose from."""
        return [(code, in_english(label)) for code, label in self.coded(REASONS[act]).items()]

    def agencies(self, but: str = "") -> list[tuple[str, str]]:
        """The parties that can be asked, to choose from."""
        parties = self.mou.parties if self.mou else ()
        return [(str(p.agency), p.name) for p in parties if p.inbound is not None and p.agency != but]

    def reason(self, act: str, code: str) -> str:
        """The reason or outcome that was given with this act."""
        return self.coded(REASONS[act]).get(code, code) if act in REASONS else code

    def clause(self, clause: str) -> str:
        """What a clause is called."""
        found = clause_of(self.mou, clause) if self.mou else None
        return found.title if found else ""


#: Which of the MOU's lists an act's reason or outcome is of.
REASONS: Mapping[str, str] = {
    "reject-referral": "reject_reasons",
    "hold-referral": "hold_reasons",
    "complete-referral": "outcomes",
    "fail-referral": "fail_reasons",
    "cancel-referral": "cancel_reasons",
    "enter-referral-in-error": "error_reasons",
}

#: How a referral stands, in a word or two: stages of its way.
SHORT: Mapping[str, str] = {
    "requested": N_("Asked"),
    "received": N_("In hand"),
    "accepted": N_("Accepted"),
    "rejected": N_("The agency could not take it"),
    "in-progress": N_("Being served"),
    "on-hold": N_("On hold"),
    "completed": N_("Completed"),
    "failed": N_("Not completed"),
    "cancelled": N_("No longer asked for"),
    "entered-in-error": N_("Entered by mistake"),
}
#: What an entry on a referral is called in its history.
ENTRIES: Mapping[str, str] = {
    "receive-referral": N_("In hand"),
    "accept-referral": N_("Accepted"),
    "reject-referral": N_("The agency could not take it"),
    "start-referral": N_("The service began"),
    "hold-referral": N_("Put on hold"),
    "resume-referral": N_("The service went on"),
    "complete-referral": N_("Completed"),
    "fail-referral": N_("Not completed"),
    "cancel-referral": N_("The request was taken back"),
    "forward-referral": N_("Another agency was asked"),
    "ask-information": N_("A question was asked"),
    "give-information": N_("A question was answered"),
    "state-referral-call": N_("The agencies telephoned"),
    "enter-referral-in-error": N_("The whole referral was marked as wrong"),
}
#: What came of a call. Nothing is left on a machine, or with whoever answers: somebody else could hear it.
RESULTS: Mapping[str, str] = {
    "reached": N_("They spoke with each other"),
    "left-no-message": N_("A machine or somebody else answered, and no message was left"),
    "no-answer": N_("Nobody answered"),
}
STRUCK: Mapping[str, str] = {
    "undone": N_("This was undone. It counts no more."),
    "entered-in-error": N_("This was marked as wrong. It counts no more."),
}
#: What should have been recorded before, and was not.
FLAGS: Mapping[str, str] = {
    "acceptance-not-recorded": N_("That it was accepted was not recorded."),
    "start-not-recorded": N_("That the service began was not recorded."),
    "resumption-not-recorded": N_("That it went on was not recorded."),
}
