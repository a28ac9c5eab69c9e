"""One command, from order to answer: load, judge, decide, seal, append, all or nothing.

What commits together, in one transaction: the events, what they made of the parts, the first answer for
repeats, and (for intake) the receipt and the consumed position.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID, uuid4, uuid5

import structlog

from services.referrals.application import repository as repo
from services.referrals.application.explaining import explained
from services.referrals.application.grouping import group_with_case
from services.referrals.application.orders import Order, Outcome, flags_of, made_of
from services.referrals.application.recording import record
from services.referrals.application.standing import with_duties
from services.referrals.application.table import COMMANDS, Spec
from services.referrals.application.things import Things
from services.referrals.application.views import Viewer, may_know, parts_of
from services.referrals.domain.covers import covers_stream
from services.referrals.domain.deciding import NO_MOU, At, NewIds
from services.referrals.domain.facts import Fact
from services.referrals.domain.parts import Part
from services.referrals.vault.port import ToSeal, VaultPort
from shared.errors import Conflict, Refusal, TryLater
from shared.events import Data, Draft
from shared.events.envelope import require_plain
from shared.events.names import MOU_TOPIC, SealedClass, Service, events_topic
from shared.events.types.submission import CommandRefused, SubmissionRefused
from shared.mou.document import Mou
from shared.mou.findings import Finding, InvalidMou
from shared.mou.gaps import sentence_of
from shared.mou.load import load_for_adoption
from shared.store.store import Store

EVENTS = events_topic(Service.REFERRALS)
#: A caller's refusals stand in a stream of their own, found from agency and person (both codes or random).
REFUSALS = UUID("5d1a0c2e-7b44-4f0e-9a43-0b0e1d8f2b6d")
ATTEMPTS = 3
#: Commands after which a concern's keys belong to a case.
ATTACHING = frozenset({"open-case", "attach-concern"})
#: Commands with a whole document of the MOU.
BRINGING_A_DOCUMENT = frozenset({"propose-mou", "adopt-mou"})


class StaleBasis(Exception):
    """What the command was based on has changed since, or was not said (`missing`)."""

    def __init__(self, missing: bool) -> None:
        super().__init__("missing" if missing else "stale")
        self.missing = missing


class KeyReused(Exception):
    """The same key came with another body."""


class Settle(Protocol):
    """What must commit together with a command's effect: intake's receipt and position."""

    def begin(self, connection: repo.Connection) -> None:
        """Called first, in the transaction. May raise to end it."""

    def drafts(self, outcome: Outcome) -> Sequence[Draft]:
        """Events to append in the same transaction."""

    def commit(self, connection: repo.Connection) -> None:
        """Further writes of the same transaction."""


def refusals_stream(agency: str, person: str) -> UUID:
    """The stream of a caller's refusals."""
    return uuid5(REFUSALS, f"{agency}/{person}")


@dataclass(frozen=True)
class Judged:
    """What one attempt came to, before it is written."""

    outcome: Outcome
    drafts: Sequence[Draft] = ()
    loaded: Sequence[Part] = ()
    expected: Mapping[UUID, int] = field(default_factory=dict)
    """The version of a stream that it was decided on, where parts do not tell."""


@dataclass(frozen=True)
class Handler:
    """Carries out orders. Thread-safe. Blocks on the database and the vault, never on Kafka."""

    store: Store
    vault: VaultPort
    shelf: repo.MouShelf
    secret: bytes
    now: Callable[[], datetime]
    new_id: Callable[[], UUID] = uuid4

    def handle(self, order: Order, settle: Settle | None = None) -> Outcome:
        """The answer to `order`: the first one again, if its key was seen before.

        A refusal is recorded and then given in `Outcome.refusal`. Raises StaleBasis, KeyReused, Conflict
        after three attempts, TryLater.
        """
        for attempt in range(ATTEMPTS):
            try:
                outcome = self._attempt(order, settle)
                break
            except Conflict:
                if attempt == ATTEMPTS - 1:
                    raise
        if order.name in ATTACHING and outcome.refusal is None:
            self._group_keys(outcome.made["concern"])
        return outcome

    def _group_keys(self, concern: str) -> None:
        """The effect is committed: what fails here is done later by the upkeep of the intake."""
        try:
            with self.store.transaction() as connection:
                attached = repo.attached(connection, concern)
            for one, matter in attached:
                group_with_case(self.vault, one, matter)
        except TryLater as later:
            structlog.get_logger().warning("keys_not_grouped_yet", concern=concern, reason=str(later))

    def refuse(self, order: Order, refusal: Refusal, settle: Settle | None = None) -> None:
        """Record a refusal that an edge found before there was a command to handle. Raises TryLater."""
        outcome = Outcome(order.name, refusal=refusal)
        with self.store.transaction() as connection:
            if settle:
                settle.begin(connection)
            mou = self.shelf.in_force(connection, self.now())
            drafts = [self._refused(order, refusal, mou, known=False)]
            self.store.append(connection, [*drafts, *(settle.drafts(outcome) if settle else ())], {})
            if settle:
                settle.commit(connection)

    def foresee(self, order: Order) -> Judged:
        """What the order would come to now. Nothing of it is written, nor recorded. Raises StaleBasis, TryLater."""
        with self.store.connection() as connection:
            looked = repo.look(connection, order, COMMANDS[order.name].thing, self.now())
            return self._judge(connection, order, looked)

    def _attempt(self, order: Order, settle: Settle | None) -> Outcome:
        # Nothing is held while the MOU is asked and the vault seals: `record` finds out what moved meanwhile.
        with self.store.transaction() if settle else self.store.connection() as connection:
            if settle:
                settle.begin(connection)
            digest = order.digest(self.secret)
            looked = repo.look(connection, order, COMMANDS[order.name].thing, self.now())
            if looked.answer is None:
                judged = self._judge(connection, order, looked)
            elif looked.answer[0] in (digest, repo.UNKNOWN_DIGEST):
                judged = Judged(looked.answer[1])
            else:
                raise KeyReused
            outcome = judged.outcome
            drafts = [*judged.drafts, *(settle.drafts(outcome) if settle else ())]
            if looked.answer is None:
                record(connection, order, digest, outcome, drafts, judged.loaded, self.now(), judged.expected)
            else:
                self.store.append(connection, drafts, {})
            if settle:
                settle.commit(connection)
            return outcome

    def _judge(self, connection: repo.Connection, order: Order, looked: repo.Looked) -> Judged:
        """What the order comes to; a refusal is an outcome too, with an event of its own."""
        mou = self.shelf.version(connection, looked.mou_version) if looked.mou_version else None
        things, known = looked.things, False
        try:
            spec = COMMANDS[order.name]
            document = self._document(order, looked.things)
            _require_found(spec, order, things)
            viewer = Viewer(order.caller, mou)
            if spec.thing is not None and not may_know(viewer, spec.thing, things):
                raise not_found()
            known = spec.thing is not None
            if getattr(order.command, "case", None) is not None and not things.matters:
                raise not_found("/case")
            self._check_basis(spec, order, viewer, things)
            if spec.of_duties:
                things = with_duties(connection, self.shelf, viewer, things, self.now())
            at = At(order.caller, mou, self.now(), self._new_ids())
            facts = spec.decide(things, order.command, at, order.flags, document)
        except Refusal as refusal:
            return Judged(Outcome(order.name, refusal=refusal), [self._refused(order, refusal, mou, known)])
        facts, gaps = explained(facts, mou)
        ids = [self.new_id() for _ in facts]
        drafts = self._sealed(order, facts, ids, mou)
        stated = [fact.data for fact in facts]
        outcome = Outcome(order.name, made_of(stated), tuple(map(str, ids)), flags_of(stated), gaps)
        return Judged(outcome, drafts, parts_of(things), _expected(things, facts))

    def _document(self, order: Order, things: Things) -> Mou | None:
        """The document that the command brings, or that is proposed. Raises Refusal."""
        if things.proposal is not None:
            return self.shelf.proposed(things.proposal)
        return _document_of(order) if order.name in BRINGING_A_DOCUMENT else None

    def _check_basis(self, spec: Spec, order: Order, viewer: Viewer, things: Things) -> None:
        if not spec.needs_based_on or spec.thing is None:
            return
        if order.based_on is None:
            raise StaleBasis(missing=True)
        if not viewer.is_current(order.based_on, spec.thing, things, self.secret):
            raise StaleBasis(missing=False)

    def _new_ids(self) -> NewIds:
        return NewIds(*(str(self.new_id()) for _ in fields(NewIds)))

    def _sealed(
        self, order: Order, facts: Sequence[Fact], ids: Sequence[UUID], mou: Mou | None
    ) -> list[Draft]:
        """The drafts of `facts`, identifying parts sealed; their keys are durable before this returns."""
        wanted = [
            (n, cls, ToSeal(UUID(fact.youth), fact.matter, UUID(fact.subject), ids[n], cls, clear))
            for n, fact in enumerate(facts)
            for cls, clear in fact.seal.items()
            if clear and fact.youth
        ]
        jwes = self.vault.seal_all([item for _, _, item in wanted]) if wanted else []
        sealed: list[dict[SealedClass, str]] = [{} for _ in facts]
        for (n, cls, _), jwe in zip(wanted, jwes, strict=True):
            sealed[n][cls] = jwe
        return [
            self._draft(order, ids[n], _with(fact.data, sealed[n]), fact, mou) for n, fact in enumerate(facts)
        ]

    def _draft(self, order: Order, event: UUID, data: Data, fact: Fact, mou: Mou | None) -> Draft:
        return Draft(
            id=event,
            topic=MOU_TOPIC if data.TYPE.startswith("accord.mou.") else EVENTS,
            source=order.source,
            subject=UUID(fact.subject),
            time=fact.time,
            stream=UUID(fact.stream),
            commandid=str(order.command_id),
            correlationid=order.correlation,
            actor=order.person,
            agency=order.caller.agency,
            purpose=order.caller.purpose or "",
            mouversion=mou.version if mou else NO_MOU,
            clause=fact.clause,
            data=data,
            traceparent=order.traceparent,
        )

    def _refused(self, order: Order, refusal: Refusal, mou: Mou | None, known: bool) -> Draft:
        """The recorded refusal, in the caller's own stream; names the thing only if the caller may know it."""
        stream = refusals_stream(order.caller.agency, order.person)
        refusal.sentence = sentence_of(refusal.clause, mou)
        about = order.thing if known else None
        kind = COMMANDS[order.name].thing if known else None
        said = {
            "command": order.name,
            **{name: getattr(refusal, name) for name in ("reason", "field", "sentence", "remedy")},
        }
        data: Data = (
            SubmissionRefused(
                submission=str(order.command_id),
                submitter=order.caller.agency,
                about=about,
                about_kind=kind,
                **said,
            )
            if order.over_kafka
            else CommandRefused(about=about, about_kind=kind, **said)
        )
        fact = Fact(data, refusal.clause, self.now(), str(stream), str(stream))
        return replace(self._draft(order, self.new_id(), data, fact, mou), source="/services/referrals")


def not_found(field: str | None = None) -> Refusal:
    """The answer for what is not there and for what is not the caller's to know: the same."""
    return Refusal(
        "none",
        "not-found",
        "There is no such record, or it is not yours to know.",
        "Check the id. If your agency takes part, ask the lead agency's coordinator.",
        field,
    )


def _require_found(spec: Spec, order: Order, things: Things) -> None:
    found = {
        None: True,
        "concern": things.concern,
        "case": things.matters,
        "referral": things.referral,
        "person": things.person,
        "proposal": things.proposal,
    }
    if not found[spec.thing]:
        raise not_found()


def _expected(things: Things, facts: Sequence[Fact]) -> dict[UUID, int]:
    """How long the streams were that no part stands for, when they were looked at."""
    if things.person is not None:
        return {UUID(covers_stream(things.person.id)): things.person.version}
    if things.memorandum is None:
        return {}
    adopted = (fact.stream for fact in facts if fact.stream == fact.subject)
    return {UUID(mou): things.memorandum.lengths.get(mou, 0) for mou in adopted}


def _document_of(order: Order) -> Mou:
    document: dict[str, Any] = getattr(order.command, "document", {})
    try:
        require_plain(document)
        return load_for_adoption(document)
    except ValueError:
        detail = "The document has a float, a number beyond 2^53 or a key that is not ASCII."
        raise Refusal(NO_MOU, "invalid-field", detail, "Write whole numbers.", "/document") from None
    except InvalidMou as error:
        first = error.findings[0]
        raise Refusal(
            NO_MOU,
            "invalid-field",
            f"The document cannot be used: {len(error.findings)} finding(s).",
            f"Check it first: accord mou validate FILE. {first.path or '/'} {first.problem}{_line_of(first)}.",
            "/document",
        ) from None


def _line_of(finding: Finding) -> str:
    return f" (line {finding.line})" if finding.line else ""


def _with(data: Data, sealed: dict[SealedClass, str]) -> Data:
    return data.model_copy(update={"sealed": sealed}) if sealed else data
