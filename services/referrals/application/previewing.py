"""What the agency that is asked will see of a referral, or of an answer to its question, before it is sent.

The request is decided and folded as it would be on sending, its facts sealed in a vault that is thrown away. The
view is then the one that `views.py` makes for the agency that is asked. So no second rule says what is shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from services.referrals.application.handle import Handler
from services.referrals.application.orders import Order
from services.referrals.application.recording import fold
from services.referrals.application.things import Things
from services.referrals.application.views import Viewer, may_know, may_read, opened
from services.referrals.domain.parts import Matter, Part, Referral
from services.referrals.domain.portions import require_fit
from services.referrals.vault.memory import MemoryVault
from shared.events.envelope import encode
from shared.events.names import Purpose, Role
from shared.mou.document import Mou
from shared.mou.facts import CallerFacts
from shared.mou.parties import party_of

#: Commands that tell something on a referral that is there already: what they tell is shown, and not the rest.
TELLS = frozenset({"give-information"})
Show = Callable[[Viewer], dict[str, Any]]
#: What a referral has only once it is sent, and what moves with it.
MADE_BY_SENDING = frozenset({"id", "etag", "changed", "requested_at", "respond_by"})


@dataclass(frozen=True)
class Sight:
    """What those who hold one of these roles at the agency that is asked will see: `disclosed` of their view."""

    roles: tuple[str, ...]
    view: Mapping[str, Any]


@dataclass(frozen=True)
class Preview:
    """What the agency that is asked will see; the role whose queue is told comes first. Empty: nobody there.

    `own` is what the one who asks will see.
    """

    own: Mapping[str, Any]
    sights: tuple[Sight, ...]

    @property
    def digest(self) -> str:
        """Tells another preview: what is sent must be what was looked at."""
        said = [[list(sight.roles), dict(sight.view)] for sight in self.sights]
        return hashlib.sha256(encode({"own": dict(self.own), "sights": said})).hexdigest()


def disclosed(view: Mapping[str, Any]) -> dict[str, Any]:
    """Of a referral's view, as `Questions.show` gives it, what it tells: without what comes with sending."""
    told = {name: value for name, value in view.items() if name not in MADE_BY_SENDING}
    told["opened"] = {
        name: {**found, "facts": [{k: v for k, v in fact.items() if k != "event"} for fact in found["facts"]]}
        for name, found in view["opened"].items()
    }
    return told


def preview(handler: Handler, order: Order) -> Preview:
    """What the agency that `order` asks will see, if it is sent now. Nothing is written.

    Raises Refusal (not recorded, for nothing was sent), StaleBasis, TryLater.
    """
    require_fit(getattr(order.command, "clear", {}))
    glass = MemoryVault(handler.now)
    judged = replace(handler, vault=glass).foresee(order)
    if judged.outcome.refusal is not None:
        raise judged.outcome.refusal
    parts = [one.part for one in fold(judged.loaded, judged.drafts, handler.now())]
    referral = next(p for p in parts if isinstance(p, Referral) and p.id == judged.outcome.made["referral"])
    tells = order.name in TELLS
    if tells:
        referral = _with_facts_of(referral, judged.outcome.events)
    things = Things(matters=(_matter_of(referral, [*parts, *judged.loaded]),), referral=referral)
    with handler.store.connection() as connection:
        mou = handler.shelf.in_force(connection, handler.now())
    assert mou is not None, "without one nothing is asked"
    show = _told if tells else _view
    own = show(Viewer(order.caller, mou), things, glass)
    return Preview(own, _sights(things, referral, mou, lambda viewer: show(viewer, things, glass)))


def _with_facts_of(referral: Referral, events: Collection[str]) -> Referral:
    """The referral with the sealed facts of these events alone: no other can be opened in a glass of its own."""
    sealed = {
        name: kept
        for name, facts in referral.sealed.items()
        if (kept := tuple(one for one in facts if one.event in events))
    }
    return referral.model_copy(update={"sealed": sealed})


def _matter_of(referral: Referral, parts: list[Part]) -> Matter:
    return next(p for p in parts if isinstance(p, Matter) and p.stream == referral.stream)


def _sights(things: Things, referral: Referral, mou: Mou, show: Show) -> tuple[Sight, ...]:
    """Each different view once, with the roles that have it."""
    party = party_of(mou, None if referral.outside else referral.recipient)
    if party is None:
        return ()
    found: list[Sight] = []
    for role in sorted(party.roles, key=lambda role: role != party.inbound):
        view = _seen_as(role, things, referral, mou, show)
        if view is None:
            continue
        same = next((n for n, sight in enumerate(found) if sight.view == view), None)
        if same is None:
            found.append(Sight((str(role),), view))
        else:
            found[same] = replace(found[same], roles=(*found[same].roles, str(role)))
    return tuple(found)


def _seen_as(role: Role, things: Things, referral: Referral, mou: Mou, show: Show) -> dict[str, Any] | None:
    purpose, system = str(Purpose.COORDINATE), role is Role.SYSTEM
    viewer = Viewer(CallerFacts(referral.recipient, frozenset({str(role)}), purpose, system), mou)
    if not may_know(viewer, "referral", things) or may_read(viewer, "referral", things) is not None:
        return None
    return show(viewer)


def _told(viewer: Viewer, things: Things, glass: MemoryVault) -> dict[str, Any]:
    """What an answer tells, without the referral that it is told on."""
    view = _view(viewer, things, glass)
    return {name: view[name] for name in ("classes", "opened")}


def _view(viewer: Viewer, things: Things, glass: MemoryVault) -> dict[str, Any]:
    view = viewer.view("referral", things)
    view["opened"], _ = opened(viewer, "referral", things, glass)
    return disclosed(view)
