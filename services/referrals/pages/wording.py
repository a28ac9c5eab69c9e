"""What people read in place of codes: Accord's own from the catalogue, the county's as its MOU labels them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.mou.document import Mou
from shared.mou.parties import party_of
from shared.mou.terms import evaluated_out_reasons, listed_codes
from shared.mou.vocabulary import CodeList
from shared.web.site.cookie import Language
from shared.web.site.words import N_, catalogue

DANGER = {"yes": N_("Yes"), "no": N_("No"), "unknown": N_("Not known")}
LINES = {
    "hotline": N_("Child protection hotline"),
    "law-enforcement": N_("Law enforcement"),
    "probation": N_("Probation department"),
    "other": N_("Somebody else"),
}
CONCERN_STATES = {
    "waiting": N_("Waits for a decision"),
    "evaluated-out": N_("Evaluated out"),
    "attached": N_("Belongs to a case"),
}
REFERRAL_STATES = {
    "requested": N_("Asked, no answer yet"),
    "received": N_("Received, no answer yet"),
    "accepted": N_("Accepted"),
    "rejected": N_("The agency could not take it"),
    "in-progress": N_("The service goes on"),
    "on-hold": N_("On hold"),
    "completed": N_("Completed"),
    "cancelled": N_("No longer asked for"),
    "failed": N_("Not completed"),
    "entered-in-error": N_("Entered by mistake"),
}
MATTERS = {
    "dependency": N_("Dependency"),
    "delinquency": N_("Delinquency"),
    "none": N_("No court matter"),
}
RELATIONS = {"lead": N_("Leads the case")}
#: Bands of the screening tools that counties use.
BANDS = {
    "no-concern": N_("No concern"),
    "possible-concern": N_("Possible concern"),
    "clear-concern": N_("Clear concern"),
}
ROLES = {
    "screener": N_("Screener"),
    "social-worker": N_("Social worker"),
    "supervisor": N_("Supervisor"),
    "probation-officer": N_("Probation officer"),
    "advocate": N_("Advocate"),
    "clinician": N_("Clinician"),
    "nurse": N_("Nurse"),
    "education-liaison": N_("Education liaison"),
    "deputy": N_("Deputy"),
    "coordinator": N_("Coordinator"),
}
#: Classes of sealed facts.
CLASSES = {
    "identity": N_("Who the young person is"),
    "contact": N_("How to reach them"),
    "address": N_("Address"),
    "narrative": N_("What was told"),
    "health": N_("Health"),
    "substance_use": N_("Substance use"),
    "education": N_("School"),
    "justice": N_("Police and court"),
    "reporter": N_("Who told it, and who was spoken to"),
}
#: Fields of a report.
FIELDS = {
    "immediate_danger": N_("Danger now"),
    "exploitation_kind": N_("What kind"),
    "signs": N_("What was seen"),
    "age_years": N_("Age"),
    "known_since": N_("Known since"),
    "called_at": N_("When the call was made"),
    "called_line": N_("Who was called"),
    "time": N_("When it happened"),
} | CLASSES
#: Names of sealed facts that Accord's own forms give.
FACTS = {
    "name": N_("Name"),
    "spoke_to": N_("Spoke to"),
    "text": N_("What happened"),
    "as_submitted": N_("As it was typed"),
    "age_years": FIELDS["age_years"],
    "known_since": FIELDS["known_since"],
    "called_at": FIELDS["called_at"],
    "called_line": FIELDS["called_line"],
    "exploitation_kind": FIELDS["exploitation_kind"],
    "signs": FIELDS["signs"],
    "immediate_danger": FIELDS["immediate_danger"],
}
#: What stands for an act, or for whom it was told to, that the county does not list.
ACTS = {"not-listed": N_("Something that is not on the county's list"), "not-stated": N_("Not said")}
#: What happened to a thing while somebody looked at it.
CHANGES = {
    "accord.concern.reported.v1": N_("It was reported"),
    "accord.concern.call-stated.v1": N_("A call was recorded"),
    "accord.concern.continued.v1": N_("It was reported"),
    "accord.concern.evaluated-out.v1": N_("It was evaluated out"),
    "accord.concern.attached.v1": N_("It became part of a case"),
    "accord.case.opened.v1": N_("The case was opened"),
    "accord.concern.linked.v1": N_("A further concern joined the case"),
    "accord.agency.joined.v1": N_("An agency joined"),
    "accord.agency.left.v1": N_("An agency left"),
    "accord.worker.assigned.v1": N_("A worker was named"),
}
#: The labels of Alder County's MOU. Those of another county are shown as its document has them.
LABELS = (
    N_("A partner who is clearly older"),
    N_("An older adult who controls the young person"),
    N_("Somebody who speaks for or controls the young person"),
    N_("Away without an explanation"),
    N_("Travel that nobody can explain"),
    N_("Often missing from home or placement"),
    N_("Money or things that nobody can explain"),
    N_("More than one phone, or one that others pay for"),
    N_("Afraid of a certain person"),
    N_("Made to do things by threat, debt or promise"),
    N_("A tattoo or mark that says whose the young person is"),
    N_("Injuries, or signs that care was withheld"),
    N_("A health need that was left without care"),
    N_("Signs of present trauma"),
    N_("Nowhere safe to stay"),
    N_("Approached or advertised online"),
    N_("Met at a place known for exploitation"),
    N_("Friends or relatives who were exploited"),
    N_("The young person said so"),
    N_("A screening raised the concern"),
    N_("Commercial sexual exploitation"),
    N_("Sexual exploitation"),
    N_("Exploitation of labor"),
    N_("Both"),
    N_("No exploitation known; at risk of it"),
    N_("No sign of commercial sexual exploitation"),
    N_("Already known and being followed up"),
    N_("Another county is responsible and was told"),
    N_("Too little is known to act on"),
    N_("The same concern was reported before"),
    N_("Another reason"),
    N_("Takes part in the team"),
    N_("Serves the young person"),
    N_("Advises the team"),
    N_("Its part is done"),
    N_("Its service is complete"),
    N_("Its service ended before it was complete"),
    N_("The young person chose not to"),
    N_("The young person moved out of the area"),
    N_("Another agency took over"),
    N_("Added by mistake"),
    N_("Reported by telephone"),
    N_("The written report was sent"),
    N_("Cross-reported"),
    N_("The young person was seen in person"),
    N_("Told of the right to an advocate and a support person"),
    N_("Somebody was told that the young person is missing"),
    N_("The young person is back"),
    N_("The time away was talked over with the young person"),
    N_("The team met"),
    N_("Child welfare"),
    N_("Law enforcement"),
    N_("The district attorney"),
    N_("The National Center for Missing and Exploited Children"),
    N_("The young person's attorney"),
    N_("Law enforcement received a report itself"),
    N_("The young person was identified as exploited"),
    N_("Law enforcement began to investigate"),
    N_("A report named a licensed facility"),
    N_("A child who may have been exploited is in protective custody"),
    N_("A copy of the report was given"),
    N_("The child's attorney asked for information"),
    N_("The information was given"),
    N_("The report was screened as immediate"),
    N_("The report was screened for a five-day response"),
    N_("The report was screened for a ten-day response"),
    N_("The emergency response investigation is complete"),
    N_("An interview by law enforcement or a lawyer is planned"),
    N_("The interview began"),
    N_("The interview was called off"),
    N_("The advocate explained the limits of confidentiality"),
    N_("Law enforcement met the young person for the first time"),
    N_("The endorsement letter was given"),
    N_("The young person did not want the endorsement letter"),
    N_("The immediate response was called"),
    N_("Somebody is with the young person"),
    N_("The immediate response ended"),
    N_("A health evaluation was done"),
    N_("The assessment was done"),
    N_("The young person chose not to be assessed"),
    N_("The young person lives at another place"),
    N_("A recent assault became known"),
    N_("The evidence exam was done"),
    N_("The young person chose not to be examined"),
    N_("Good cause to go on telling each other was documented"),
    N_("Another basis was named"),
    N_("The young person is missing"),
    N_("A notice was given"),
    N_("A notice is not due, because there is nobody to tell or the court limited it"),
    N_("Somebody looked for the young person"),
    N_("The young person chose not to talk about it"),
    N_("The young person was removed from home"),
    N_("The young person was placed"),
    N_("A child and family team met"),
    N_("The case was closed"),
    N_("What was missing or unusual was looked into"),
    N_("Probation"),
    N_("The licensing office of the facility"),
    N_("Parents or guardians"),
    N_("The court of jurisdiction"),
    N_("The court-appointed special advocate"),
    N_("The young person's tribe"),
    N_("Relatives"),
    N_("The advocate on call"),
    N_("The medical team"),
    N_("The young person"),
)


@dataclass(frozen=True)
class Wording:
    """Codes in one reader's words. A code without words is shown as it is."""

    language: Language
    mou: Mou | None

    def say(self, message: str, **given: str) -> str:
        """A message of the catalogue; `given` stands in it."""
        said = catalogue(self.language).gettext(message)
        return said % given if given else said

    def word(self, words: Mapping[str, str], code: str) -> str:
        """The word for a code of Accord's own."""
        return self.say(words[code]) if code in words else code

    def options(self, words: Mapping[str, str]) -> list[tuple[str, str]]:
        """Each code with its word, to choose from."""
        return [(code, self.say(word)) for code, word in words.items()]

    def agency(self, code: str) -> str:
        """The party's name, as the MOU has it."""
        party = party_of(self.mou, code) if self.mou else None
        return party.name if party else code

    def roles(self, agency: str) -> list[tuple[str, str]]:
        """What people of an agency work as, to choose from."""
        party = party_of(self.mou, agency) if self.mou else None
        held = [str(role) for role in party.roles] if party else []
        return [(code, self.say(word)) for code, word in ROLES.items() if code in held]

    def tool(self, code: str) -> str:
        """A screening tool, by its label."""
        found = [one for one in self.mou.screening_tools if one.code == code] if self.mou else []
        return found[0].label if found else code

    def act(self, code: str) -> str:
        """An act that is done outside Accord, by its label."""
        found = [one for one in self.mou.acts if one.code == code] if self.mou else []
        return self.say(found[0].label) if found else self.word(ACTS, code)

    def told(self, code: str) -> str:
        """Whom such an act is told to, by its label."""
        found = [one for one in self.mou.told if one.code == code] if self.mou else []
        return self.say(found[0].label) if found else self.word(ACTS, code)

    def listed(self, name: CodeList, code: str) -> str:
        """A code of one of the county's lists, by its label."""
        found = listed_codes(name, self.mou).get(code)
        return self.say(found.label) if found else code

    def choices(self, name: CodeList) -> list[tuple[str, str]]:
        """One of the county's lists, to choose from."""
        return [(code, self.say(entry.label)) for code, entry in listed_codes(name, self.mou).items()]

    def evaluated_out(self) -> list[tuple[str, str]]:
        """The county's reasons for evaluating a concern out, to choose from."""
        reasons = evaluated_out_reasons(self.mou) if self.mou else {}
        return [(code, self.say(reason.label)) for code, reason in reasons.items()]
