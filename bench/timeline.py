"""The timeline page of a long case: server time of its first page and as of random moments; bytes over the wire.

The case has 5,000 events (`history`); between two questions the ledger takes in records of another case. Baseline,
of the same moments in the same run: the bare question (look the case up, take its state), without rendering.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from fastapi.testclient import TestClient

from bench.county import servers, settings_of
from bench.history import History, write_case
from bench.measuring import percentile, say
from bench.state_as_of import MIGRATIONS, no_key
from services.audit.api import make_app
from services.audit.domain.entry import Axis, Cut
from services.audit.ledger import Ledger
from services.audit.merkle.asking import Proofs
from services.audit.questions import Questions
from services.audit.session import Session
from services.audit.views import look
from shared.events.names import Agency, Purpose, Role
from shared.settings import Settings
from shared.store.migrate import migrate
from shared.store.store import Store
from shared.web.callers import Caller
from shared.web.fakes import FakeVerifier
from shared.web.site.fakes import FakeSite

EVENTS, SAMPLE = 5_000, 100
HERE = ZoneInfo(Settings().site_time_zone)
AUDITOR = Caller(str(uuid4()), Agency.COUNTY, frozenset({Role.AUDITOR}), Purpose.AUDIT)


def main() -> None:
    """Print the figures: p50 and p95 of a page, and of the bare question; bytes at a first and at a later visit."""
    with servers() as infra:
        url = settings_of(infra, "audit").database_url.get_secret_value()
        migrate(url, MIGRATIONS)
        store, session = Store(url, 4), Session(url)
        history, ledger = History(), Ledger(session)
        began = history.now
        case = write_case(history, ledger, EVENTS)
        chance = random.Random(2)
        moments = [began + (history.now - began) * chance.random() for _ in range(SAMPLE)]
        others, questions = partial(write_case, history, ledger, 10), Questions(store, lambda: None)
        pages = _Pages(questions, case)
        pages.ask("")  # nothing of the case is kept yet
        _figure("first page", others, lambda _: pages.ask(""), partial(_bare, questions, case, None), moments)
        _figure(
            "page as of a moment",
            others,
            lambda moment: pages.ask(f"?as_of={moment.astimezone(HERE):%Y-%m-%d+%H:%M:%S}"),
            lambda moment: _bare(questions, case, moment, moment),
            moments,
        )
        _weight(pages)
        session.close()
        store.close()


def _figure(
    name: str,
    others: Callable[[], object],
    ours: Callable[[datetime], None],
    baseline: Callable[[datetime], None],
    moments: list[datetime],
) -> None:
    took: dict[str, list[float]] = {"ours": [], "baseline": []}
    for moment in moments:
        for kind, ask in (("ours", ours), ("baseline", baseline)):
            others()
            began = time.perf_counter()
            ask(moment)
            took[kind].append((time.perf_counter() - began) * 1_000)
    for share in (0.5, 0.95):
        mine, theirs = (percentile(took[kind], share) for kind in ("ours", "baseline"))
        aim = "≤ 300 ms" if share > 0.9 else "-"
        title = f"{name}, {EVENTS:,} events, p{share * 100:.0f}"
        say(title, f"{mine:.1f} ms", f"{theirs:.1f} ms", mine / theirs, aim)


def _bare(questions: Questions, case: str, as_of: datetime | None, _: datetime) -> None:
    """The question that the page asks, and the state, without a word of it rendered."""
    wanted = [(Cut(Axis.RECORDED, as_of), None), (Cut(Axis.RECORDED), None)]
    view, _whole = look(questions, case, AUDITOR, str(uuid4()), wanted)
    view.replay.line.state(len(view.replay.entries))


class _Pages:
    """Audit's pages in this process, in an auditor's browser that keeps style and scripts."""

    def __init__(self, questions: Questions, case: str) -> None:
        site, proofs = FakeSite(), Proofs(questions.store, no_key)
        app = make_app(questions, FakeVerifier({}), Settings(), list, b"0" * 32, proofs, site.site)
        self._client = TestClient(app, base_url=site.site.url)
        self._path = f"/timeline/{case}"
        self._site = site

    def ask(self, query: str) -> None:
        """One page."""
        self._got(self._path + query)

    def bytes_of(self, query: str) -> tuple[int, int]:
        """How many bytes are on the wire for who comes from the provider, with all assets; and for who is there."""
        first = self._got(self._path + query, "cross-site")
        named = {part.split('"')[0] for part in first.text.split('="/assets/')[1:]}
        assets = sum(self.asset_bytes(f"/assets/{name}") for name in named)
        after = self._got(self._path + query)
        return int(first.headers["content-length"]) + assets, int(after.headers["content-length"])

    def asset_bytes(self, path: str) -> int:
        """How many bytes an asset has on the wire."""
        with self._client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
            return sum(len(part) for part in answer.iter_raw())

    def _got(self, path: str, came_from: str = "same-origin") -> Any:
        self._client.cookies.update(self._site.cookie(AUDITOR))
        answer = self._client.get(path, headers={"Sec-Fetch-Site": came_from})
        assert answer.status_code == 200, answer.text
        return answer


def _weight(pages: _Pages) -> None:
    for name, query in (("timeline", ""), ("timeline, short", "?view=short")):
        first, after = pages.bytes_of(query)
        print(f"{name}: {first:,} bytes at the first visit (aim 150,000), {after:,} after (aim 20,000)")


if __name__ == "__main__":
    main()
