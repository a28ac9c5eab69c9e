"""The form with which another agency is asked: five facts, and some words under the class they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.referrals.domain.offers import Askable
from services.referrals.pages.filled import CHOOSE, Filled, in_words
from services.referrals.pages.labels import Labels
from shared.events.names import SealedClass
from shared.web.site.forms import Fields, Form

#: Fields of the form, in their order. What else is sent with it is not looked at.
FIELDS = ("matter", "recipient", "kind", "needs", "urgency", "youth_choice", "words")
#: An agency of the list outside stands among the parties, after this.
OUTSIDE = "outside/"
#: Kinds of help about which more is said under a protected class than under `narrative`.
CLASS_OF: Mapping[str, SealedClass] = {
    "med-forensic": SealedClass.HEALTH,
    "med-well": SealedClass.HEALTH,
    "mh-crisis": SealedClass.HEALTH,
    "mh-outpt": SealedClass.HEALTH,
    "parenting": SealedClass.HEALTH,
    "sud": SealedClass.SUBSTANCE_USE,
    "education": SealedClass.EDUCATION,
}
#: The fields that must be filled in, as they stand on the page.
ORDER = ("matter", "recipient", "kind", "urgency", "youth_choice")


def asked(form: Form, matters: Sequence[str] | None) -> Filled:
    """The body of the command. `matters` are those of the case, None where the referral before has one already."""
    body: dict[str, Any] = {name: form.get(name) for name in ("kind", "urgency", "youth_choice")}
    recipient = form.get("recipient")
    outside = recipient.startswith(OUTSIDE)
    body |= {"outside": recipient.removeprefix(OUTSIDE)} if outside else {"recipient": recipient}
    body["needs"] = list(form.every("needs"))
    if matters is not None:
        body["matter"] = matters[0] if len(matters) == 1 else form.get("matter")
    empty = ["recipient" if name == "outside" else name for name, value in body.items() if value == ""]
    errors = {name: CHOOSE[name] for name in ORDER if name in empty}
    return Filled(body | in_words(form, class_of(form.get("kind"))), errors)


def class_of(kind: str) -> SealedClass:
    """Under which class stands what is said about help of this kind."""
    return CLASS_OF.get(kind, SealedClass.NARRATIVE)


def typed_in(form: Form) -> dict[str, tuple[str, ...]]:
    """What was typed, without what the form needs for itself."""
    return {name: form.typed[name] for name in FIELDS if name in form.typed}


def as_before(view: Mapping[str, Any]) -> Fields:
    """What a referral asked for, to ask another agency for the same. What the young person says is asked anew."""
    return {"kind": (view["service"],), "needs": tuple(view["needs"]), "urgency": (view["urgency"],)}


def whom(askable: Askable, labels: Labels, choose: str) -> list[tuple[str, str]]:
    """Who may be asked, to choose from; `choose` stands first, for nobody."""
    parties = [(code, labels.agency(code)) for code in askable.parties]
    outside = [(f"{OUTSIDE}{code}", labels.outside(code)) for code in askable.outside]
    return [("", choose), *parties, *outside]
