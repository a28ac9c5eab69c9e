"""The load: many cases worked at once through the public doors."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from deploy.local.system import System
from shared.events.names import SealedClass
from shared.events.sealing import seal_for_county
from tests.faults.asking import PATIENCE, Asker, NotAnswered, Surprise, Tokens
from tests.faults.memory import Memory
from tests.faults.submitting import Outbox, Submission

#: Commands that are due per second over HTTP, and submissions per second over Kafka.
COMMANDS_A_SECOND, SUBMISSIONS_A_SECOND = 14.0, 2.0
THREADS = 8
#: How many commands may be owed after an outage; they are then given as fast as they are taken.
MOST_OWED = 600

DEPUTY, SCREENER = "deputy@sheriff", "screener@human-services"
WORKER, ADVOCATE, ADVOCACY_SYSTEM = "worker@human-services", "advocate@advocacy", "system@advocacy"


class Pace:
    """Hands out turns at a steady rate; what an outage held up is owed afterwards. Thread-safe."""

    def __init__(self, a_second: float) -> None:
        self._each, self._next, self._lock = 1.0 / a_second, time.monotonic(), threading.Lock()

    def wait(self, stop: threading.Event) -> bool:
        """Wait for a turn. False if `stop` came first."""
        with self._lock:
            now = time.monotonic()
            self._next = max(self._next, now - MOST_OWED * self._each)
            turn, self._next = self._next, self._next + self._each
        return not stop.wait(max(0.0, turn - now))


class Load:
    """`with Load(system, seed) as load:` works cases until the end of the block, then finishes what is begun."""

    def __init__(self, system: System, seed: int) -> None:
        self.memory, self._system, self._stop = Memory(), system, threading.Event()
        self._told = threading.Event()
        self._tokens = Tokens(system)
        self._pace = Pace(COMMANDS_A_SECOND)
        jobs: list[Callable[[random.Random, Asker], None]] = [self._stories] * THREADS + [self._reports]
        self._threads = [
            threading.Thread(target=self._run, args=(job, random.Random(f"{seed}/{n}")), daemon=True)
            for n, job in enumerate(jobs)
        ]
        self._submissions: list[Submission] = []
        self.began = self.ended = 0.0

    def __enter__(self) -> Load:
        self.began = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        until = time.monotonic() + PATIENCE + 30
        for thread in self._threads:
            thread.join(max(0.1, until - time.monotonic()))
            if thread is self._threads[-2]:
                self._told.set()  # no story hands anything over any more
        self.ended = time.monotonic()
        if any(thread.is_alive() for thread in self._threads):
            self.memory.surprised("the load did not end in time")

    @property
    def rate(self) -> float:
        """Acknowledged commands and submissions a second, outages included."""
        count = len(self.memory.commands) + sum(self.memory.sent.values())
        return count / max(0.001, (self.ended or time.monotonic()) - self.began)

    def _run(self, job: Callable[[random.Random, Asker], None], rng: random.Random) -> None:
        asker = Asker(self._system, self._tokens)
        try:
            job(rng, asker)
        except Exception as error:  # noqa: BLE001 - told in the verdict, a dead thread is not
            self.memory.surprised(f"the load stopped: {type(error).__name__}: {error}")
        finally:
            asker.close()
            with self.memory.lock:
                self.memory.retries += asker.retries

    def _stories(self, rng: random.Random, asker: Asker) -> None:
        while self._pace.wait(self._stop):
            try:
                self._story(rng, asker)
            except (NotAnswered, Surprise) as error:
                self.memory.surprised(f"{type(error).__name__}: {error}")

    def _story(self, rng: random.Random, asker: Asker) -> None:
        """One youth: reported, a case opened, referred once or twice, each referral answered."""
        report = {"immediate_danger": "no", "signs": ["unexplained-travel"], "age_years": rng.randint(11, 17)}
        report["clear"] = {"identity": {"name": f"Invented {rng.random()}"}}
        concern = self._do(asker, rng, "report-concern", DEPUTY, "/v1/concerns", report)["concern"]
        place = f"/v1/concerns/{concern}"
        opened = self._next(
            asker, rng, "open-case", SCREENER, place, "open-case", {"matter": "dependency"}, thing=concern
        )
        for _ in range(rng.choice((1, 1, 2))):
            if opened is None or not self._refer(asker, rng, opened["case"]):
                return

    def _refer(self, asker: Asker, rng: random.Random, case: str) -> bool:
        if not self._pace.wait(self._stop):
            return False
        asked = {"recipient": "advocacy", "matter": "dependency", "kind": "advocacy", "urgency": "day"}
        asked["youth_choice"] = "agrees"
        path = f"/v1/cases/{case}/referrals"
        referral = self._do(asker, rng, "request-referral", WORKER, path, asked)["referral"]
        place, way = f"/v1/referrals/{referral}", rng.random()
        if way < 0.2:
            return self._accept_over_kafka(asker, referral)
        answer, body = ("accept", {}) if way < 0.7 else ("reject", {"reason": "no-capacity"})
        done = self._next(asker, rng, f"{answer}-referral", ADVOCATE, place, answer, body, thing=referral)
        return done is not None

    def _next(
        self, asker: Asker, rng: random.Random, command: str, who: str, place: str, what: str,
        body: dict[str, Any], thing: str,
    ) -> dict[str, Any] | None:  # fmt: skip
        """The next command on something that exists, based on what is seen of it. None at the end."""
        if not self._pace.wait(self._stop):
            return None
        etag = asker.etag(who, place)
        return self._do(asker, rng, command, who, f"{place}/{what}", body, etag=etag, thing=thing)

    def _do(
        self, asker: Asker, rng: random.Random, command: str, who: str, path: str, body: dict[str, Any],
        etag: str = "", thing: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        key, purpose = str(uuid4()), "report" if command == "report-concern" else ""
        done = asker.command(who, path, body, etag=etag, purpose=purpose, key=key)
        self.memory.acknowledged(command, thing or done.get("referral") or done["concern"], done)
        if rng.random() < 0.1:  # the same key again: the same answer, and nothing more happens
            again = asker.command(who, path, body, etag=etag, purpose=purpose, key=key)
            if again["events"] != done["events"]:
                self.memory.surprised(f"{command}: the same key was answered with other events")
        return done

    def _accept_over_kafka(self, asker: Asker, referral: str) -> bool:
        etag = asker.etag(ADVOCACY_SYSTEM, f"/v1/referrals/{referral}")
        self._submissions.append(Submission("advocacy", "accept-referral", uuid4(), {}, referral, etag))
        return True

    def _reports(self, rng: random.Random, asker: Asker) -> None:
        """The systems of two agencies: the sheriff's reports, and what the stories hand over."""
        key = asker.get("/v1/keys")["keys"][0]
        pace, outbox = Pace(SUBMISSIONS_A_SECOND), Outbox(self._system)
        try:
            while pace.wait(self._stop):
                self._hand_over(outbox, rng)
                number = uuid4()
                facts = {"name": f"Invented {rng.random()}"}
                sealed = {"identity": seal_for_county(key, number, SealedClass.IDENTITY, facts)}
                body = {"immediate_danger": "unknown", "age_years": rng.randint(11, 17), "sealed": sealed}
                self._submit(outbox, rng, Submission("sheriff", "report-concern", number, body))
            while not self._told.wait(0.1):
                self._hand_over(outbox, rng)
            self._hand_over(outbox, rng)
        finally:
            outbox.close()

    def _hand_over(self, outbox: Outbox, rng: random.Random) -> None:
        while self._submissions:
            self._submit(outbox, rng, self._submissions.pop(0))

    def _submit(self, outbox: Outbox, rng: random.Random, one: Submission) -> None:
        for _ in range(2 if rng.random() < 0.1 else 1):  # sometimes the same submission again
            if outbox.send(one):
                self.memory.submitted(one.command, str(one.id))
            else:
                self.memory.surprised(f"{one.command}: Kafka did not take a submission in time")
