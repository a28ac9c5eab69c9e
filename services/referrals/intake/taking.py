"""One record of a submissions topic, once: its effect, its one receipt and the position, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID, uuid4, uuid5

import structlog

from services.referrals.application.bodies import (
    InForce,
    is_lenient,
    no_usable_fact,
    open_sealed,
    read_body,
    says_nothing,
    usable,
)
from services.referrals.application.handle import KeyReused, StaleBasis, refusals_stream
from services.referrals.application.orders import Order, Outcome
from services.referrals.application.repository import Connection, has_stream
from services.referrals.bootstrap import Referrals
from services.referrals.domain.commands import Command, Sealing
from services.referrals.domain.deciding import NO_MOU
from services.referrals.intake.parsing import Submission, parse, submission_id
from services.referrals.intake.receipts import receipt_of, unreadable
from shared.bus.deadletters import deadletter
from shared.bus.record import Record
from shared.errors import AccordError, Refusal, Undeliverable
from shared.events import Data, Draft
from shared.events.names import Purpose, Service, deadletters_topic, events_topic, receipts_topic
from shared.events.types.submission import SubmissionReceipted, SubmissionUnreadable
from shared.mou.facts import CallerFacts
from shared.store.positions import lock_position

#: An agency's systems act as one caller on Kafka: the topic says which agency, the ACL sees to it.
SYSTEMS = UUID("2b9d7a0e-54f1-4c57-8d0e-7c2f1a6b3e90")
RECEIPTS = UUID("e4a3c1d8-0f6b-4f2a-9b57-1d8c6e2f7a05")

log = structlog.get_logger()


class AlreadyTaken(Exception):
    """The record had its effect before."""


class AnsweredBefore(Exception):
    """The record had its effect and its receipt before; only the position, of an older store, is behind."""


def last_receipt(connection: Connection, agency: str) -> int:
    """The sequence of the last receipt of an agency, -1 if there is none."""
    row = connection.execute(
        "SELECT sequence FROM heads WHERE topic = %s", [receipts_topic(agency)]
    ).fetchone()
    return int(row["sequence"]) if row else -1


def mark_of(record: Record) -> bytes:
    """What tells a record from any other that may lie at its offset: when the broker took it, its key and value."""
    key = record.key or b""
    return sha256(b"%d %d " % (record.timestamp_ms, len(key)) + key + (record.value or b"")).digest()


def move_on(connection: Connection, record: Record, sequence: int) -> None:
    """Move the topic's position to this record, whose receipt has that sequence; the caller holds its lock."""
    connection.execute(
        'UPDATE positions SET sequence = %s, "offset" = %s, mark = %s WHERE topic = %s AND partition = %s',
        [sequence, record.offset, mark_of(record), record.topic, record.partition],
    )


def receipts_stream(agency: str, submission: UUID) -> UUID:
    """The stream of the receipts of a submission."""
    return uuid5(RECEIPTS, f"{agency}/{submission}")


def system_of(agency: str) -> str:
    """The id under which the systems of an agency act on Kafka."""
    return str(uuid5(SYSTEMS, agency))


@dataclass(frozen=True)
class OneRecord:
    """What commits with a submission's effect: its receipt, and that it was consumed (`Settle`)."""

    record: Record
    agency: str
    submission: UUID
    now: Callable[[], datetime]
    receipt: Callable[[Outcome], SubmissionReceipted]

    def begin(self, connection: Connection) -> None:
        """Lock the topic's position. Raises AlreadyTaken if the record is at or before it.

        Records are taken in order and each gets one receipt, so a position keeps the sequence of the receipt of
        its record. After a repair the store has receipts beyond it: as many records as these have theirs.
        Raises AnsweredBefore for them.
        """
        position = lock_position(connection, self.record.topic, self.record.partition)
        if self.record.offset <= position.offset:
            raise AlreadyTaken
        kept_none = position.sequence < 0 <= position.offset  # written before positions kept it
        if not kept_none and last_receipt(connection, self.agency) > position.sequence:
            raise AnsweredBefore

    def drafts(self, outcome: Outcome) -> Sequence[Draft]:
        """The receipt, as an event of the agency's own topic."""
        stream = receipts_stream(self.agency, self.submission)
        return [self.concluded(self.receipt(outcome), receipts_topic(self.agency), self.submission, stream)]

    def commit(self, connection: Connection) -> None:
        """Move the position."""
        move_on(connection, self.record, last_receipt(connection, self.agency))

    def concluded(
        self, data: Data, topic: str, subject: UUID, stream: UUID, mouversion: str = NO_MOU
    ) -> Draft:
        """An event that referrals itself concludes from this record, under this version of the MOU."""
        return Draft(
            id=uuid4(),
            topic=topic,
            source="/services/referrals",
            subject=subject,
            time=self.now(),
            stream=stream,
            commandid=str(self.submission),
            correlationid=str(self.submission),
            actor=system_of(self.agency),
            agency=self.agency,
            purpose=Purpose.REPORT,
            mouversion=mouversion,
            clause="submissions",
            data=data,
        )


@dataclass(frozen=True)
class Taker:
    """Takes records one by one. Blocks on the databases."""

    referrals: Referrals
    now: Callable[[], datetime]

    def take(self, record: Record, agency: str) -> bool:
        """Give this record its effect and receipt; whether it could be read. Again: nothing happens, True.

        Raises TryLater and Conflict: then nothing was done, and the same record is to be taken again.
        """
        try:
            return self._take(record, agency)
        except AlreadyTaken:
            log.info("record_taken_before", topic=record.topic, offset=record.offset)
            return True
        except AnsweredBefore:
            log.info("record_answered_before", topic=record.topic, offset=record.offset)
            with self.referrals.store.transaction() as connection:
                position = lock_position(connection, record.topic, record.partition)
                move_on(connection, record, position.sequence + 1)
            return True

    def _take(self, record: Record, agency: str) -> bool:
        try:
            submission = parse(record, agency, uuid4(), self.referrals.questions.in_force)
            self._carry_out(record, agency, submission)
        except Undeliverable as error:
            self._dead_letter(record, agency, error.reason)
            return False
        except (AccordError, AlreadyTaken, AnsweredBefore):
            raise
        except Exception as error:  # noqa: BLE001 - one record that we fail at must not hold up the others
            log.error(
                "record_failed", error_type=type(error).__name__, topic=record.topic, offset=record.offset
            )
            self._dead_letter(record, agency, "unexpected")
            return False
        return True

    def _carry_out(self, record: Record, agency: str, submission: Submission) -> None:
        settle = OneRecord(
            record, agency, submission.id, self.now, lambda o: receipt_of(submission.id, agency, o)
        )
        order = _order(submission, agency)
        try:
            if submission.wrong is not None:
                raise _wrong(submission.wrong)
            mou = self.referrals.questions.in_force
            command, flags = read_body(submission.command, submission.body, mou)
            in_clear = _in_clear(submission.command, command, mou)
            bound_to = submission.said_id or str(submission.id)
            command, unopened = open_sealed(submission.command, command, bound_to, self.referrals.vault, mou)
            if submission.command == "report-concern" and not usable(command):
                raise Undeliverable("no-usable-fact")
            if says_nothing(submission.command, command, mou):
                raise no_usable_fact()
            full = _order(submission, agency, command, (*submission.flags, *flags, *in_clear, *unopened))
            self.referrals.handler.handle(full, settle)
        except Refusal as refusal:
            self.referrals.handler.refuse(order, refusal, settle)
        except StaleBasis as stale:
            self.referrals.handler.refuse(order, _basis(stale.missing), settle)
        except KeyReused:
            self.referrals.handler.refuse(order, _reused(), settle)

    def _dead_letter(self, record: Record, agency: str, reason: str) -> None:
        """Keep the bytes in the vault, tell notifications, give the receipt. The vault first: it is idempotent."""
        kept = self.referrals.vault.keep_deadletter(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            reason=reason,
            key=record.key,
            value=record.value,
            headers=[(name, said or b"") for name, said in record.headers],
        )
        letter = deadletter(record, reason, kept.id)
        submission = submission_id(record) or uuid4()
        settle = OneRecord(
            record, agency, submission, self.now, lambda _: unreadable(submission, agency, record, reason)
        )
        stream = refusals_stream(agency, system_of(agency))
        told = SubmissionUnreadable(submitter=agency, **letter.model_dump())
        with self.referrals.store.transaction() as connection:
            settle.begin(connection)
            # Whom to tell is said by the rules in force: a dead letter may be about a child.
            mou = self.referrals.questions.shelf.in_force(connection, self.now())
            version = mou.version if mou else NO_MOU
            drafts = [
                settle.concluded(told, events_topic(Service.REFERRALS), stream, stream, version),
                settle.concluded(letter, deadletters_topic(Service.REFERRALS), kept.id, kept.id, version),
            ]
            if has_stream(connection, kept.id):  # read again after a repair: it was told the first time
                drafts = []
            drafts += settle.drafts(Outcome("unreadable"))
            self.referrals.store.append(connection, drafts, {})
            settle.commit(connection)
        where = letter.model_dump(include={"topic", "partition", "offset"})
        log.warning("submission_dead_lettered", reason=reason, bytes=letter.size, agency=agency, **where)


def _order(
    submission: Submission, agency: str, command: Command | None = None, flags: tuple[str, ...] = ()
) -> Order:
    person = system_of(agency)
    caller = CallerFacts(agency, frozenset({"system"}), submission.purpose, True, person)
    return Order(
        submission.command,
        submission.thing.lower() if submission.thing else None,
        command or Command(),
        caller,
        person,
        str(submission.id),
        f"/agencies/{agency}",
        submission.correlation or str(submission.id),
        submission.based_on,
        submission.traceparent,
        flags,
        over_kafka=True,
    )


def _in_clear(name: str, command: Command, mou: InForce) -> tuple[str, ...]:
    """On Kafka identifying facts come sealed; in clear they are sealed here, and flagged or refused."""
    if not isinstance(command, Sealing) or not command.clear:
        return ()
    if is_lenient(name, mou):
        return ("clear-on-kafka",)
    remedy = "Seal it to the key of GET /v1/keys, under `sealed`."
    raise Refusal("none", "invalid-field", "Identifying facts came in clear.", remedy, "/clear")


def _wrong(attribute: str) -> Refusal:
    remedy = "See the submission's schema in docs/asyncapi.json. The record's key is its id, a UUID."
    return Refusal("none", "invalid-field", "An attribute of the envelope is wrong.", remedy, f"/{attribute}")


def _basis(missing: bool) -> Refusal:
    if missing:
        remedy = "Read it first, and give its etag as the attribute `basedon`."
        return Refusal(
            "none", "precondition-required", "It does not say what it is based on.", remedy, "/basedon"
        )
    remedy = "Read it again, and decide on what it is now."
    return Refusal("none", "stale", "It has changed since.", remedy, "/basedon")


def _reused() -> Refusal:
    remedy = "Give every submission an id of its own; repeat one only with the same body."
    return Refusal("none", "idempotency-key-reused", "This id came before, with another body.", remedy, "/id")
