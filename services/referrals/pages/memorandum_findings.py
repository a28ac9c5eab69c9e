"""What is wrong with a draft, in its reader's words: the checks say it in English, the catalogue has them."""

from __future__ import annotations

from services.referrals.pages.wording import Wording
from shared.mou.editing.fields import Wrong
from shared.mou.findings import Finding
from shared.web.site.words import N_

#: What the checks of a memorandum say most often to whoever answers questions, for the catalogue.
PROBLEMS = (
    N_("is missing"),
    N_("is too long"),
    N_("is too short"),
    N_("is too small"),
    N_("is too large"),
    N_("is empty"),
    N_("is not a date"),
    N_("is not a whole number"),
    N_("is not written as it must be"),
    N_("is none of the known codes"),
    N_("is no county of California"),
    N_("is no time zone"),
    N_("is not the zone of its counties"),
    N_("is not a party that signs"),
    N_("does not say for which county it signs"),
    N_("lies before a signature"),
    N_("lies before it takes effect"),
    N_("has no office that signs"),
    N_("is a role that nobody holds there"),
    N_("is nobody: no party has this role"),
    N_("goes to a role that nobody holds"),
    N_("does not go up step by step"),
    N_("goes round in a circle"),
    N_("is needed, except for `worker`"),
    N_("is no basis: these classes would be disclosed without one"),
    N_("is too large for one event"),
)
REMEDIES = (
    N_("Add it."),
    N_("Shorten it."),
    N_("Say more."),
    N_("See the JSON Schema for the limits."),
    N_("See docs/mou.md and the JSON Schema."),
    N_("Write it as 2026-01-31."),
    N_("Write digits only."),
    N_("Add at least one."),
    N_("Let it take effect on the day of the last signature or later."),
    N_("Write a later day."),
    N_("Add it to /signatories."),
    N_("Name one of the party's roles."),
    N_("Name a role of a party."),
    N_("Name a party and one of its roles."),
    N_("Name the role that is told."),
    N_("Name each queue once."),
    N_("Give each step more hours than the one before."),
    N_("Set `signatory: true` on the party, or leave the office out."),
    N_("Name one of /counties if there are several, and none if there is one."),
    N_("Cite the law that allows it, with its section, or take the row out."),
    N_("Shorten sentences and comments."),
)


def finding_in_words(finding: Finding, wording: Wording) -> str:
    """ "It is too long. Shorten it.\""""
    said = wording.say(N_("It %(problem)s."), problem=wording.say(finding.problem))
    return f"{said} {wording.say(finding.remedy)}" if finding.remedy else said


def wrong_in_words(wrong: Wrong, wording: Wording) -> str:
    """What stands at a field: a sentence of the questions' own, or a finding."""
    return finding_in_words(wrong.finding, wording) if wrong.finding else wording.say(wrong.sentence)
