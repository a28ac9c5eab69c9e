"""Alder County's MOU and the people of the tests. No person is real."""

from pathlib import Path

from shared.mou import CallerFacts, CaseFacts, EventFacts, Recipient, disclosable, load, may, recipients

FILE = Path(__file__).parents[2] / "deploy" / "local" / "alder-county.yaml"
TEXT = FILE.read_text("utf-8")
MOU = load(TEXT)


def someone(role, agency, purpose="coordinate", person=None):
    return CallerFacts(agency, frozenset({role}), purpose, person=person)


def system_of(agency, purpose="coordinate"):
    return CallerFacts(agency, frozenset(), purpose, system=True)


SCREENER = someone("screener", "human-services")
SOCIAL_WORKER = someone("social-worker", "human-services")
COORDINATOR = someone("coordinator", "human-services")
OFFICER = someone("probation-officer", "probation")
DEPUTY = someone("deputy", "sheriff", "report")
ADVOCATE = someone("advocate", "advocacy")
SHELTER_WORKER = someone("advocate", "shelter")
NURSE = someone("nurse", "public-health", "respond")
LIAISON = someone("education-liaison", "office-of-education", "respond")
AUDITOR = someone("auditor", "county", "audit")
OPERATOR = someone("operator", "county")
ADVISOR = someone("advisory-board", "county")
STRANGER = someone("advocate", "an-agency-that-never-signed")

CONCERN = CaseFacts("concern", reporters=frozenset({"sheriff"}))
CASE = CaseFacts("case", lead="human-services", participants=frozenset({"probation", "advocacy", "sheriff"}))


def referral(to="advocacy", sender="human-services"):
    return CaseFacts("referral", lead="human-services", sender=sender, recipient=to)


def allowed(caller, act, thing=None):
    return may(caller, act, thing, MOU)


def classes(viewer, thing, purpose=None):
    return {d.sealed_class for d in disclosable(viewer, purpose or viewer.purpose, thing, MOU)}


def told(kind, thing=None, **more) -> list[Recipient]:
    event = EventFacts(f"accord.{kind}.v1", thing or CaseFacts("none"), **more)
    return recipients(event, MOU, MOU.rota)
