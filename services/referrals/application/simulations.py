"""What-if over the county's recorded history: read here, in a thread of this process, and told as counts only.

One at a time. What it found is kept in memory: a restart forgets it. It changes nothing, so it can be asked again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

import structlog

from services.referrals.application.questions import Questions
from services.referrals.domain.deciding import NO_MOU
from shared.errors import Refusal
from shared.events.names import MOU_TOPIC, Service, events_topic
from shared.mou.authority import may
from shared.mou.document import Mou
from shared.mou.facts import CallerFacts, ThingFacts
from shared.mou.load import digest_of
from shared.mou.simulating import Past, Result, Simulation
from shared.mou.vocabulary import Act

#: Events that one simulation reads at most: all of them are in memory until it ends.
LONGEST = 250_000
#: Events that are read at a time, each time in a transaction of its own.
BATCH = 1_000
#: Simulations that are remembered, the last ones.
KEPT = 8
TOPICS = [events_topic(Service.REFERRALS), MOU_TOPIC]

_UP_TO = (
    "SELECT count(*) AS n, coalesce(max(notification_id), 0) AS last FROM stored_events"
    " WHERE kafka_topic = ANY(%s)"
)
_NEXT = (
    "SELECT notification_id, state FROM stored_events"
    " WHERE kafka_topic = ANY(%s) AND notification_id > %s AND notification_id <= %s"
    " ORDER BY notification_id LIMIT %s"
)


class Busy(Exception):
    """Another simulation is running."""


class OtherBody(Exception):
    """The key was used before, for another question."""


@dataclass
class Run:
    """One simulation. Written by its own thread alone; whoever reads it sees how far it is."""

    id: str
    asked_by: tuple[str, str | None]
    key: str
    digest: str
    present: str
    proposed: str
    total: int
    began: datetime
    state: Literal["running", "done", "failed"] = "running"
    read: int = 0
    result: Result | None = None
    ended: threading.Event = field(default_factory=threading.Event)


class Simulations:
    """Begins simulations and finds them again. Thread-safe."""

    def __init__(self, questions: Questions) -> None:
        """Reads nothing yet."""
        self._questions = questions
        self._lock = threading.Lock()
        self._runs: dict[str, Run] = {}

    def begin(
        self, proposed: Mou, against: str | None, caller: CallerFacts, key: str, correlation: str
    ) -> Run:
        """Simulate `proposed` beside the version `against`, or that in force. The same key gives the same run.

        Recorded as a read before anything is read. Raises Refusal if the caller may not, if there is no such
        version, or if the history is too long; Busy; OtherBody; TryLater. Blocks on the database.
        """
        present, who, digest = self._present(against, caller), _who(caller), digest_of(proposed)
        with self._lock:
            known = next((run for run in self._runs.values() if (run.asked_by, run.key) == (who, key)), None)
            if known is not None:
                if (known.digest, known.present) != (digest, present.version):
                    raise OtherBody
                return known
            if any(run.state == "running" for run in self._runs.values()):
                raise Busy
            total, last = self._length(present)
            versions = (present.version, proposed.version)
            run = Run(str(uuid4()), who, key, digest, *versions, total, self._questions.now())
            self._questions.record_read(caller, "simulation", run.id, correlation)
            self._runs[run.id] = run
            for old in list(self._runs)[:-KEPT]:
                del self._runs[old]
        work = threading.Thread(target=self._run, args=(run, present, proposed, last), daemon=True)
        work.start()
        return run

    def found(self, id: str, caller: CallerFacts) -> Run | None:
        """A simulation that the caller began; None if there is none, or if a restart forgot it."""
        with self._lock:
            run = self._runs.get(id)
        return run if run is not None and run.asked_by == _who(caller) else None

    def _present(self, against: str | None, caller: CallerFacts) -> Mou:
        with self._questions.store.transaction() as connection:
            in_force = self._questions.shelf.in_force(connection, self._questions.now())
            if in_force is None:
                detail, remedy = (
                    "No MOU is in force, and so nothing to compare with.",
                    "accord mou adopt FILE",
                )
                raise Refusal(NO_MOU, "no-mou-in-force", detail, remedy)
            clause = may(caller, Act.SIMULATE_MOU, ThingFacts("mou"), in_force).require().clause
            present = self._questions.shelf.version(connection, against) if against else in_force
        if present is None:
            detail, remedy = "The county has adopted no such version.", "Leave it out for the one in force."
            raise Refusal(clause, "invalid-field", detail, remedy, "/against")
        return present

    def _length(self, present: Mou) -> tuple[int, int]:
        with self._questions.store.transaction() as connection:
            row = connection.execute(_UP_TO, [TOPICS]).fetchone()
        assert row is not None, "a count has one row"
        if row["n"] > LONGEST:
            detail = f"The history has {row['n']:,} events; one simulation reads {LONGEST:,} at most."
            remedy = (
                "accord mou simulate --history reads what the operator's accord events tail --jsonl prints."
            )
            raise Refusal(present.otherwise, "history-too-long", detail, remedy)
        return int(row["n"]), int(row["last"])

    def _run(self, run: Run, present: Mou, proposed: Mou, last: int) -> None:
        log = structlog.get_logger()
        try:
            simulation = Simulation(present, proposed)
            for event in self._history(last):
                simulation.add(event)
                run.read = simulation.read
            run.result = simulation.result(self._questions.now())
            run.state = "done"
        except Exception as error:  # noqa: BLE001 - the run says that it failed; the thread has nobody to tell
            run.state = "failed"
            log.error("simulation_failed", error_type=type(error).__name__, count=run.read)
        finally:
            run.ended.set()

    def _history(self, last: int) -> Iterator[Past]:
        """Every event up to `last`, as recorded. Raises TryLater."""
        after = 0
        while rows := self._batch(after, last):
            for row in rows:
                yield Past.of(bytes(row["state"]))
            after = rows[-1]["notification_id"]

    def _batch(self, after: int, last: int) -> list[dict[str, Any]]:
        with self._questions.store.transaction() as connection:
            return connection.execute(_NEXT, [TOPICS, after, last, BATCH]).fetchall()


def _who(caller: CallerFacts) -> tuple[str, str | None]:
    return caller.agency, caller.person
