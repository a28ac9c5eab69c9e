"""What a viewer is shown of a concern, a case and a referral: by the MOU's rules, and no more.

A view without its opened facts is also what an ETag stands for: what is hidden from the viewer does not move it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from services.referrals.application.things import Things
from services.referrals.domain.covers import Person
from services.referrals.domain.deciding import case_facts, concern_facts, referral_facts
from services.referrals.domain.parts import Concern, Matter, Part, Referral, SealedFact, Step
from services.referrals.domain.proposals import Proposal
from services.referrals.vault.port import Forgotten, ToOpen, VaultPort
from shared.events.envelope import encode
from shared.events.names import Agency, Role, SealedClass
from shared.events.sealing import CannotOpen
from shared.mou.authority import Permission, may, sees
from shared.mou.disclosure import disclosable
from shared.mou.document import Mou
from shared.mou.facts import CallerFacts, ThingFacts
from shared.mou.vocabulary import Act
from shared.web.preconditions import etag, names

#: Of a part, what is for the service itself and in no view.
INTERNAL = {"sealed", "subject", "stream", "version", "case_stream", "youth", "joined_by", "left_by", "shown"}
#: Of a part, what is shown in another form, to those who may see it.
APART = {"screenings", "steps", "acts"}
#: Of a referral, what says that there is another one.
CHAIN = ("follows", "forwarded_to")


@dataclass(frozen=True)
class Viewer:
    """Who looks, and under which MOU."""

    caller: CallerFacts
    mou: Mou | None

    def view(self, kind: str, things: Things) -> dict[str, Any]:
        """The thing as this viewer may see it, sealed facts not opened: their classes are named."""
        return VIEWS[kind](self, things)

    def etag(self, kind: str, things: Things, secret: bytes) -> str:
        """The opaque tag of what this viewer sees."""
        roles = [Role(r) for r in sorted(self.caller.all_roles)]
        return etag(secret, Agency(self.caller.agency), roles, encode(_tagged(self.view(kind, things))))

    def is_current(self, given: str, kind: str, things: Things, secret: bytes) -> bool:
        """Whether one of the tags `given` (an If-Match list) is the current one."""
        return names(given, self.etag(kind, things, secret))

    def classes(self, facts: ThingFacts) -> dict[str, tuple[str, str]]:
        """Sealed classes this viewer may open, with clause and legal basis."""
        if self.mou is None:
            return {}
        shown = disclosable(self.caller, self.caller.purpose or "", facts, self.mou)
        return {d.sealed_class: (d.clause, d.basis) for d in shown}


def facts_of(kind: str, things: Things) -> list[ThingFacts]:
    """What the MOU needs to know of the loaded thing; of a case, one for each matter."""
    if kind == "concern" and things.concern is not None:
        return [concern_facts(things.concern)]
    if kind == "referral" and things.referral is not None:
        return [referral_facts(things.referral, things.matters[0])]
    return [case_facts(m) for m in things.matters] if kind == "case" else []


def may_know(viewer: Viewer, kind: str, things: Things) -> bool:
    """Whether the viewer may know of the thing at all. While there is no MOU: its own agency's only."""
    if things.proposal is not None:
        return True  # whoever works under the memorandum may know what is to become of it
    if things.person is not None:
        return _is_of_the_agency(things.person, viewer.caller)
    facts = facts_of(kind, things)
    if viewer.mou is None:
        return any(viewer.caller.agency in f.reporters or viewer.caller.agency == f.lead for f in facts)
    return any(sees(viewer.caller, f, viewer.mou) for f in facts)


def _is_of_the_agency(person: Person, caller: CallerFacts) -> bool:
    """The caller themself, or somebody who holds a role at the caller's agency or has been covered for there."""
    covered = any(cover.agency == caller.agency for cover in person.covers)
    return caller.person == person.id or bool(person.held) or covered


def may_read(viewer: Viewer, kind: str, things: Things) -> Permission | None:
    """Why the viewer, who may know of the thing, may not read it for this purpose; None if they may."""
    if viewer.mou is None:
        return None
    asked = [may(viewer.caller, f"read-{kind}", facts, viewer.mou) for facts in facts_of(kind, things)]
    return None if any(answer.allowed for answer in asked) else next(iter(asked), None)


def _tagged(view: Any) -> Any:
    """What a tag stands for. Which classes are disclosed hangs on the purpose, which may differ between reading
    and acting; which there are does not."""
    if isinstance(view, list):
        return [_tagged(one) for one in view]
    if not isinstance(view, dict):
        return view
    if view.keys() == {"disclosed", "withheld"}:
        return {"held": sorted((*view["disclosed"], *view["withheld"]))}
    return {name: _tagged(inner) for name, inner in view.items()}


def _plain(part: Part, everything: bool = True) -> dict[str, Any]:
    """The part without what is shown apart. Who does not see all of it is told when what they see last changed."""
    shown = part.model_dump(mode="json", exclude=INTERNAL | APART, exclude_none=True)
    if not everything and part.shown is not None:
        shown["changed"] = part.model_dump(mode="json", include={"shown"})["shown"]
    return shown


def _sealed(viewer: Viewer, part: Part, facts: ThingFacts) -> dict[str, list[str]]:
    open_to = viewer.classes(facts)
    held = [name for name, sealed in part.sealed.items() if sealed]
    return {
        "disclosed": sorted(n for n in held if n in open_to),
        "withheld": sorted(n for n in held if n not in open_to),
    }


def _concern(viewer: Viewer, things: Things) -> dict[str, Any]:
    assert things.concern is not None, "loaded"
    concern, facts = things.concern, concern_facts(things.concern)
    acts = _acts(viewer, concern, facts)
    return {
        "kind": "concern",
        **_plain(concern, bool(acts)),
        **acts,
        "classes": _sealed(viewer, concern, facts),
    }


def _referral(viewer: Viewer, things: Things) -> dict[str, Any]:
    assert things.referral is not None, "loaded"
    referral = things.referral
    facts = referral_facts(referral, things.matters[0])
    chain = viewer.caller.agency in (referral.sender, things.matters[0].lead)
    shown = _plain(referral, chain)
    for name in () if chain else CHAIN:
        shown.pop(name, None)
    return {
        "kind": "referral",
        "service": shown.pop("kind"),
        **shown,
        "steps": [_step(step) for step in referral.steps if chain or step.forwarded_to is None],
        "classes": _sealed(viewer, referral, facts),
    }


def _step(step: Step) -> dict[str, Any]:
    """An entry on a referral: what may be marked as entered in error, by the id of its event."""
    wanted = {"event", "act", "agency", "happened", "recorded", "struck"}
    return step.model_dump(mode="json", include=wanted, exclude_none=True)


def _screenings(viewer: Viewer, matter: Matter) -> dict[str, Any]:
    """The screenings of a matter, if the viewer may see their bands; those entered in error are marked so.

    For whatever purpose: a tag must not hang on it, and reading the case has one already.
    """
    if not may_see(viewer, Act.READ_SCREENING, case_facts(matter)):
        return {}
    shown = [
        {"screening": id, **one.model_dump(mode="json", exclude_none=True)}
        for id, one in matter.screenings.items()
    ]
    return {"screenings": shown}


def _acts(viewer: Viewer, part: Concern | Matter, facts: ThingFacts) -> dict[str, Any]:
    """The acts on record, if the viewer may see them; those entered in error are marked so. As for screenings."""
    if not may_see(viewer, Act.READ_ACT, facts):
        return {}
    shown = [
        {"record": id, **one.model_dump(mode="json", exclude_none=True, exclude={"sealed"})}
        | ({"classes": _sealed(viewer, _with_sealed_of(part, id), facts)} if one.sealed else {})
        for id, one in part.acts.items()
    ]
    return {"acts": shown}


def may_see(viewer: Viewer, act: Act, facts: ThingFacts) -> bool:
    """Whether the viewer may see a part that not everybody sees who may read the thing, for whatever purpose."""
    if viewer.mou is None:
        return False
    asked = may(viewer.caller, act, facts, viewer.mou)
    return asked.allowed or asked.reason == "purpose-may-not"


def _with_sealed_of(part: Concern | Matter, *records: str) -> Part:
    """The part with the sealed facts of these records of acts alone, by class."""
    sealed: dict[str, tuple[SealedFact, ...]] = {}
    for record in records:
        for name, fact in part.acts[record].sealed.items():
            sealed[name] = (*sealed.get(name, ()), fact)
    return part.model_copy(update={"sealed": sealed})


def matters_known(viewer: Viewer, things: Things) -> list[Matter]:
    """The matters of the case that the viewer may know of."""
    return [m for m in things.matters if may_know(viewer, "case", Things(matters=(m,)))]


def _case(viewer: Viewer, things: Things) -> dict[str, Any]:
    seen = matters_known(viewer, things)
    matters = []
    for m in seen:
        apart = {**_screenings(viewer, m), **_acts(viewer, m, case_facts(m))}
        everything = apart.keys() >= {"screenings", "acts"}
        matters.append({**_plain(m, everything), **apart, "classes": _sealed(viewer, m, case_facts(m))})
    return {"kind": "case", "id": seen[0].case, "matters": matters}


def _proposal(_: Viewer, things: Things) -> dict[str, Any]:
    """A proposed version without its document and its words: those are read apart."""
    assert things.proposal is not None, "loaded"
    shown = things.proposal.model_dump(mode="json", exclude=INTERNAL | {"document"}, exclude_none=True)
    for comment in shown["comments"]:
        comment.pop("words", None)
        comment.pop("answer", None)
    return {"kind": "proposal", **shown}


VIEWS = {"concern": _concern, "case": _case, "referral": _referral, "proposal": _proposal}


def sealed_of(
    viewer: Viewer, kind: str, things: Things, concerns: Sequence[Concern] = ()
) -> list[tuple[Part, ThingFacts]]:
    """The parts of the thing that hold sealed facts, each with what the MOU needs to know of it.

    `concerns` are a case's: each is judged by the matter it is attached to, if the viewer may know of that.
    """
    if kind == "concern" and things.concern is not None:
        return _with_acts(viewer, [(things.concern, concern_facts(things.concern))])
    if kind == "referral" and things.referral is not None:
        return [(things.referral, referral_facts(things.referral, things.matters[0]))]
    known = matters_known(viewer, things)
    parts: list[tuple[Part, ThingFacts]] = [(m, case_facts(m)) for m in known]
    of_concerns = [(c, case_facts(m)) for m in known for c in concerns if c.id in m.concerns]
    return [*_with_acts(viewer, parts), *of_concerns]


def _with_acts(viewer: Viewer, parts: list[tuple[Part, ThingFacts]]) -> list[tuple[Part, ThingFacts]]:
    """The parts, and the acts on record in them that the viewer may see."""
    acts = [
        (_with_sealed_of(part, *part.acts), facts)
        for part, facts in parts
        if isinstance(part, Concern | Matter) and part.acts and may_see(viewer, Act.READ_ACT, facts)
    ]
    return [*parts, *acts]


def opened(
    viewer: Viewer,
    kind: str,
    things: Things,
    vault: VaultPort,
    concerns: Sequence[Concern] = (),
    only: Collection[str] = frozenset(SealedClass),
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Sealed facts opened for this viewer, by class, with clause and basis; and which classes were shown.

    Blocks on the vault. A fact whose key was destroyed is shown as forgotten. No other class than `only` is opened.
    """
    parts = sealed_of(viewer, kind, things, concerns)
    wanted = [
        (name, basis, fact)
        for part, facts in parts
        for name, basis in viewer.classes(facts).items()
        if name in only
        for fact in part.sealed.get(name, ())
    ]
    found = vault.open_many([ToOpen(f.jwe, f.subject, f.event, SealedClass(n)) for n, _, f in wanted])
    shown: dict[str, Any] = {}
    for (name, (clause, basis), fact), said in zip(wanted, found, strict=True):
        known = shown.setdefault(name, {"clause": clause, "basis": basis, "facts": []})
        known["facts"].append(_said(fact, said))
    return shown, tuple(sorted(shown))


def _said(fact: SealedFact, found: dict[str, Any] | Forgotten | CannotOpen) -> dict[str, Any]:
    if isinstance(found, Forgotten):
        return {"event": fact.event, "forgotten": True}
    if isinstance(found, CannotOpen):
        return {"event": fact.event, "cannot_open": found.reason}
    return {"event": fact.event, "facts": found}


def parts_of(things: Things) -> Sequence[Concern | Matter | Referral | Proposal]:
    """All parts that were loaded."""
    found = (things.concern, *things.matters, things.referral, things.proposal)
    return [p for p in found if p is not None]
