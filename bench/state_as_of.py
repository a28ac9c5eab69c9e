"""The state of a long case as of any moment, over the API: kept folds against reading and folding it anew.

The case has 10,000 events (`history`); moments are drawn from its whole length. Between two questions the ledger
takes in records of other cases. Baseline: the same question where nothing of the case is kept.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from fastapi.testclient import TestClient

from bench.county import servers, settings_of
from bench.history import History, write_case
from bench.measuring import percentile, say
from services.audit.api import make_app
from services.audit.ledger import Ledger
from services.audit.merkle.asking import Proofs
from services.audit.merkle.signing import SigningKey
from services.audit.questions import Questions
from services.audit.session import Session
from services.audit.told import Cases
from shared.events.names import Agency, Role
from shared.settings import Settings
from shared.store.migrate import migrate
from shared.store.store import Store
from shared.web.callers import Caller
from shared.web.fakes import FakeVerifier

EVENTS, SAMPLE, ANEW = 10_000, 500, 40
MIGRATIONS = Path("services/audit/migrations")


def no_key() -> SigningKey:
    """For a figure that signs nothing."""
    raise AssertionError("nothing is signed here")


class _Forgetful(Cases):
    """Keeps no case."""

    def _keep(self, told: Any) -> None:
        return None


def main() -> None:
    """Print the figures: p99 of the state as of random moments; memory and bytes of an answer beside it."""
    with servers() as infra:
        url = settings_of(infra, "audit").database_url.get_secret_value()
        migrate(url, MIGRATIONS)
        store, session = Store(url, 4), Session(url)
        history, ledger = History(), Ledger(session)
        began = history.now
        case = write_case(history, ledger, EVENTS)
        moments = [began + (history.now - began) * random.Random(2).random() for _ in range(SAMPLE)]
        questions = Questions(store, lambda: None)
        ours = _Door(questions, partial(write_case, history, ledger, 10), case)
        cold = ours.ask(moments[0])
        took = [ours.ask(moment) for moment in moments]
        anew = _Door(replace(questions, cases=_Forgetful()), ours.others, case)
        anew.ask(moments[0])
        base = [anew.ask(moment) for moment in moments[:ANEW]]
        for share in (0.5, 0.99):
            mine, theirs = percentile(took, share), percentile(base, share)
            name = f"state as of T, {EVENTS:,} events, p{share * 100:.0f}"
            aim = "≤ 20 ms" if share > 0.9 else "-"
            say(name, f"{mine:.1f} ms", f"{theirs:.1f} ms", mine / theirs, aim)
        print(
            f"the first question, nothing kept yet: {cold:.0f} ms; the longest answer: {ours.longest:,} bytes"
        )
        session.close()
        store.close()


class _Door:
    """The API in this process, asked by an auditor."""

    def __init__(self, questions: Questions, others: Callable[[], str], case: str) -> None:
        auditor = Caller(str(uuid4()), Agency.COUNTY, frozenset({Role.AUDITOR}))
        verifier, proofs = FakeVerifier({"auditor": auditor}), Proofs(questions.store, no_key)
        app = make_app(questions, verifier, Settings(), list, b"0" * 32, proofs)
        self._client, self.others, self._case = TestClient(app), others, case
        self.longest = 0

    def ask(self, moment: datetime) -> float:
        """Milliseconds of one answer; before it, ten records of another case come in."""
        self.others()
        headers = {"Authorization": "Bearer auditor", "Accord-Purpose": "audit"}
        began = time.perf_counter()
        answer = self._client.get(
            f"/v1/cases/{self._case}/state", headers=headers, params={"as_of": moment.isoformat()}
        )
        took = (time.perf_counter() - began) * 1_000
        assert answer.status_code == 200, answer.text
        self.longest = max(self.longest, len(answer.content))
        return took


if __name__ == "__main__":
    main()
