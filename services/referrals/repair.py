"""After `accord repair referrals`: what derives from the store is made anew from it.

A command whose events were stored again must not have effect twice when its caller repeats it. Its events carry
its key (`commandid`), its caller and what it made, so its answer is made again from them. What cannot be made
again is the body's digest: a repeat with another body is taken for the same. Refusals are not made again: they had
no effect, and the repeat is judged anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from uuid import UUID

import psycopg

from services.referrals.application import repository as repo
from services.referrals.application.orders import Outcome, flags_of, made_of
from services.referrals.application.recording import rebuild
from services.referrals.signing_in.sessions import SOURCE, fold_again
from shared.events import Data, Recorded, read
from shared.events.types.act import ActEnteredInError, ActRecorded
from shared.events.types.case import AgencyJoined, AgencyLeft, CaseOpened, WorkerAssigned
from shared.events.types.concern import (
    ConcernAttached,
    ConcernCallStated,
    ConcernContinued,
    ConcernEvaluatedOut,
    ConcernLinked,
    ConcernReported,
)
from shared.events.types.cover import CoverArranged, CoverEnded
from shared.events.types.duty import DutyConfirmedNotDone, DutyEnteredInError, DutyTolled, DutyWaived
from shared.events.types.mou import (
    MouAdopted,
    MouCommentAnswered,
    MouCommented,
    MouProposed,
    MouSigned,
    MouSuperseded,
)
from shared.events.types.referral import (
    ReferralAccepted,
    ReferralCallStated,
    ReferralCancelled,
    ReferralCompleted,
    ReferralEnteredInError,
    ReferralFailed,
    ReferralForwarded,
    ReferralHeld,
    ReferralInformationAsked,
    ReferralInformationGiven,
    ReferralReceived,
    ReferralRejected,
    ReferralRequested,
    ReferralResumed,
    ReferralStarted,
    ReferralUndone,
)
from shared.events.types.role import RoleAssigned, RoleEnded
from shared.events.types.screening import ScreeningEnteredInError, ScreeningRecorded
from shared.events.types.session import SessionBegun, SessionEnded
from shared.settings import Settings
from shared.store.append import lock_store
from shared.store.connection import PatientConnection
from shared.store.store import Store

#: The types that a command's events have among them -> the command. The first row that fits is meant.
COMMAND_OF: tuple[tuple[frozenset[type[Data]], str], ...] = (
    (frozenset({ConcernReported}), "report-concern"),
    (frozenset({ConcernCallStated}), "state-call"),
    (frozenset({ConcernEvaluatedOut}), "evaluate-out"),
    (frozenset({ConcernAttached, CaseOpened}), "open-case"),
    (frozenset({ConcernAttached}), "attach-concern"),
    (frozenset({ReferralForwarded}), "forward-referral"),
    (frozenset({ReferralRequested}), "request-referral"),
    (frozenset({ReferralReceived}), "receive-referral"),
    (frozenset({ReferralAccepted}), "accept-referral"),
    (frozenset({ReferralRejected}), "reject-referral"),
    (frozenset({ReferralStarted}), "start-referral"),
    (frozenset({ReferralHeld}), "hold-referral"),
    (frozenset({ReferralResumed}), "resume-referral"),
    (frozenset({ReferralCompleted}), "complete-referral"),
    (frozenset({ReferralFailed}), "fail-referral"),
    (frozenset({ReferralCancelled}), "cancel-referral"),
    (frozenset({ReferralInformationAsked}), "ask-information"),
    (frozenset({ReferralInformationGiven}), "give-information"),
    (frozenset({ReferralCallStated}), "state-referral-call"),
    (frozenset({ReferralUndone}), "undo-referral"),
    (frozenset({ReferralEnteredInError}), "enter-referral-in-error"),
    (frozenset({ScreeningRecorded}), "record-screening"),
    (frozenset({ScreeningEnteredInError}), "enter-screening-in-error"),
    (frozenset({ActRecorded}), "record-act"),
    (frozenset({ActEnteredInError}), "enter-act-in-error"),
    (frozenset({DutyWaived}), "waive-duty"),
    (frozenset({DutyTolled}), "toll-duty"),
    (frozenset({DutyConfirmedNotDone}), "confirm-duty-not-done"),
    (frozenset({DutyEnteredInError}), "enter-duty-statement-in-error"),
    (frozenset({AgencyJoined}), "join-agency"),
    (frozenset({AgencyLeft}), "leave-agency"),
    (frozenset({WorkerAssigned}), "assign-worker"),
    (frozenset({RoleAssigned}), "assign-role"),
    (frozenset({RoleEnded}), "end-role"),
    (frozenset({CoverArranged}), "arrange-cover"),
    (frozenset({CoverEnded}), "end-cover"),
    (frozenset({MouProposed}), "propose-mou"),
    (frozenset({MouCommented}), "comment-mou"),
    (frozenset({MouCommentAnswered}), "answer-mou-comment"),
    (frozenset({MouSigned}), "sign-mou"),
    (frozenset({MouAdopted}), "adopt-mou"),
)
#: The command of the same kind that addresses a concern, where the event names one.
OF_CONCERN = {
    "record-act": "record-concern-act",
    "enter-act-in-error": "enter-concern-act-in-error",
    "waive-duty": "waive-concern-duty",
    "toll-duty": "toll-concern-duty",
    "confirm-duty-not-done": "confirm-concern-duty-not-done",
    "enter-duty-statement-in-error": "enter-concern-duty-statement-in-error",
}
STATED: frozenset[type] = frozenset(kind for kinds, _ in COMMAND_OF for kind in kinds)
#: Types that come with those of `STATED` only.
BESIDE: frozenset[type] = frozenset({ConcernLinked, ConcernContinued, MouSuperseded})
BATCH = 1_000

#: The form in which parts are kept. It is another one as soon as parts have fields that only a fold fills.
FORM = b"2"

#: A caller (`agency/person`) and a key.
Key = tuple[str, str]


def after_repair(settings: Settings) -> str:
    """Make parts, MOU versions and the answers to commands anew from the stored events; what was done.

    One transaction under the append lock. Blocks for as long as it takes to read every event. Raises TryLater.
    """
    url = settings.database_url.get_secret_value()
    with (
        closing(Store(url, 2, connection_class=PatientConnection)) as store,
        store.transaction() as connection,
    ):
        lock_store(connection)
        known = _answered(connection)
        lost: dict[Key, list[Recorded]] = defaultdict(list)
        of_sessions: list[Recorded] = []
        parts = rebuild(connection, _noting(_all_events(url), known, lost, of_sessions))
        sessions = fold_again(connection, of_sessions)
        for key, events in lost.items():
            repo.keep_answer_again(
                connection, key[0], UUID(key[1]), answer_of(events), events[0].envelope.recordedtime
            )
    return (
        f"{parts} concerns, matters and referrals folded anew; {len(lost)} commands known again;"
        f" {sessions} sessions put right."
    )


def refold_if_older(store: Store, url: str) -> int:
    """Fold the parts anew where an earlier version of Accord left them; how many there are then.

    At the start of a process, before it decides anything. Blocks for as long as it takes to read every event, once
    after such a change; under the append lock. Raises TryLater.
    """
    with store.transaction() as connection:
        if repo.secret(connection, "parts-form", b"older") == FORM:
            return 0
    with store.transaction() as connection:
        lock_store(connection)
        if repo.secret(connection, "parts-form", b"older") == FORM:
            return 0
        parts = rebuild(connection, _all_events(url))
        connection.execute("UPDATE secrets SET value = %s WHERE name = 'parts-form'", [FORM])
    return parts


def answer_of(events: Iterable[Recorded]) -> Outcome:
    """The answer to the command that led to these events, in their order. At least one is of `STATED`."""
    events = list(events)
    stated = [event.data for event in events if isinstance(event.data, Data)]
    kinds = {type(data) for data in stated}
    command = next(command for needed, command in COMMAND_OF if needed <= kinds)
    if getattr(stated[0], "concern", None) is not None:
        command = OF_CONCERN.get(command, command)
    if command == "adopt-mou" and getattr(stated[0], "proposal", None) is not None:
        command = "adopt-proposal"
    gaps = tuple(gap for data in stated for gap in getattr(data, "gaps", None) or ())
    ids = tuple(event.envelope.id for event in events)
    return Outcome(command, made_of(stated), ids, flags_of(stated), gaps)


def _answered(connection: repo.Connection) -> set[Key]:
    rows = connection.execute("SELECT scope, key FROM commands").fetchall()
    return {(row["scope"], str(row["key"])) for row in rows}


def _noting(
    events: Iterable[Recorded], known: set[Key], lost: dict[Key, list[Recorded]], of_sessions: list[Recorded]
) -> Iterator[Recorded]:
    """`events`, those of commands without an answer put aside by caller and key, and those of sessions."""
    for event in events:
        envelope = event.envelope
        key = (f"{envelope.agency}/{envelope.actor}", envelope.commandid)
        if _is_of_a_command(event) and key not in known:
            lost[key].append(event)
        if isinstance(event.data, SessionBegun | SessionEnded):
            of_sessions.append(event)
        yield event


def _is_of_a_command(event: Recorded) -> bool:
    """A sign-in gives and ends roles, too; it is no command, and nobody repeats it."""
    by_sign_in = isinstance(event.data, RoleAssigned | RoleEnded) and event.envelope.source == SOURCE
    return type(event.data) in STATED | BESIDE and not by_sign_in


def _all_events(url: str) -> Iterator[Recorded]:
    """Every stored event, as it was recorded, a batch at a time; on a connection that only reads."""
    with (
        psycopg.connect(url, connect_timeout=5) as connection,
        connection.cursor(name="all_events") as cursor,
    ):
        cursor.itersize = BATCH
        for (state,) in cursor.execute("SELECT state FROM stored_events ORDER BY notification_id"):
            yield read(bytes(state))
