"""`accord audit rebuild`, `accord feed rebuild`: projections anew from Kafka beside the live ones, then the switch.

The new generation is read up to where the live one stands, while that one is served and goes on. Then what writes
the live one is made to wait for a moment, the new one is brought to the very same place, and one snapshot of both
is compared at leisure. If they are equal, the same moment once more, and the tables change places in one
transaction. A process that dies on the way leaves the live ones as they were; the next command goes on from there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from time import monotonic, sleep
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from shared.bus.rebuild_options import Options, Reason
from shared.bus.rebuild_parts import Builder, Compared, NotEnough, Place, Report, Watch
from shared.errors import Conflict, TryLater
from shared.settings import Settings
from shared.store import generations
from shared.store.connection import PatientConnection
from shared.store.generations import LIVE, Generation, Tables

#: Any number that nothing else locks by; each service has its own database.
LOCK = 4_203_005
#: Seconds to wait for it.
TURN = 3.0
#: Records that may be missing when what writes the live tables is made to wait: some tenths of a second.
NEAR = 1_000
#: Milliseconds for which a reader may hold up the switch before everybody else is let go on; and how often. Each
#: fifth time longer: only after a second does the database stop its own cleaning for those who wait for it.
READERS, CLEANING, TRIES, REST = 400, 1_500, 120, 0.5
#: Rounds of reading what came meanwhile, after which the live tables are growing too quickly.
ROUNDS = 50


def rebuild(
    settings: Settings,
    make: Callable[[Settings, str], Builder],
    tables: Tables,
    options: Options,
    watch: Watch,
) -> Report:
    """Build, compare, and switch if they are equal. Blocks for as long as it takes.

    Raises Conflict if another rebuild runs, NotEnough, TryLater if Kafka or PostgreSQL is away, psycopg.Error;
    the live tables are then as they were, and the next call goes on where this one was.
    """
    began = monotonic()
    url = settings.database_url.get_secret_value()
    with ExitStack() as stack:
        c = stack.enter_context(connected(url))
        _take_turn(c)
        stack.callback(_end_turn, c)
        generation = generations.begin(c, tables, anew=options.anew)
        builder = make(settings, generation.schema)
        stack.callback(builder.close)
        report = Report(builder.service, generation.number, generation.resumed)
        _Run(c, url, builder, generation, options, watch, report, began).run()
    return report


def _take_turn(c: psycopg.Connection[Any]) -> None:
    """Be the only rebuild. Waits a moment, since the session of one that was killed lives on. Raises Conflict."""
    until = monotonic() + TURN
    while c.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone() != (True,):
        if monotonic() > until:
            raise Conflict("another rebuild runs")
        sleep(0.1)


def _end_turn(c: psycopg.Connection[Any]) -> None:
    with suppress(psycopg.Error):  # else it ends with the session
        c.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


@contextmanager
def connected(url: str, schema: str | None = None, **options: Any) -> Iterator[psycopg.Connection[Any]]:
    """A connection for long work; with a `schema`, one that sees its tables first. Raises TryLater."""
    if schema:
        options["options"] = f"-c search_path={schema},{LIVE}"
    try:
        connection = PatientConnection.connect(url, connect_timeout=5, autocommit=True, **options)
    except psycopg.OperationalError as error:
        raise TryLater("the database does not answer, or is not there") from error
    with connection:
        # A killed command's statement must not go on for minutes with its locks.
        connection.execute("SET client_connection_check_interval = '1s'")
        yield connection


class _Run:
    """One command's way through it."""

    def __init__(
        self,
        c: psycopg.Connection[Any],
        url: str,
        builder: Builder,
        generation: Generation,
        options: Options,
        watch: Watch,
        report: Report,
        began: float,
    ) -> None:
        self._c, self._url, self._builder, self._generation = c, url, builder, generation
        self._options, self._watch, self._report, self._began = options, watch, report, began

    def run(self) -> None:
        lacking = self._builder.lacking()
        if lacking:
            raise NotEnough(lacking)
        before = _count(self._builder.stands())
        self._approach("Reading Kafka")
        self._watch.begin("Making indexes")
        generations.complete(
            self._c, self._generation.schema, self._builder.tables, lambda: connected(self._url)
        )
        self._builder.completed()
        self._approach("Reading what came meanwhile")
        self._watch.begin("Comparing with the live tables")
        compared = self._compare()
        self._tell(compared, before)
        if not compared.equal and not self._may_switch(compared):
            generations.note(self._c, self._generation, "differs", self._json())
            return
        self._watch.begin("Switching")
        self._switch(compared, None if compared.equal else self._options.reason)

    def _approach(self, what: str) -> None:
        """Read until only a little is missing, which comes while the live tables are not written."""
        for number in range(ROUNDS):
            targets, stands = self._builder.targets(self._c), self._builder.stands()
            missing = sum(max(0, target - stands.get(place, -1)) for place, target in targets.items())
            if number == 0:
                self._watch.begin(what, _count(targets), _count(stands))
            if missing <= NEAR and number:
                return
            self._builder.read_to(targets, self._watch.at)
        raise TryLater("the live tables grow as quickly as they are read again")

    @contextmanager
    def _at_rest(self) -> Iterator[None]:
        """Inside, nothing writes the live tables (all may read them), and the new ones are at the same place."""
        c, builder = self._c, self._builder
        with c.transaction():
            c.execute("SET LOCAL lock_timeout = '30s'")
            for table in builder.locked:
                c.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(sql.Identifier(LIVE, table)))
            builder.read_to(builder.targets(c), lambda _: None)
            builder.level()
            yield

    def _compare(self) -> Compared:
        with (
            connected(self._url, row_factory=dict_row) as live,
            connected(self._url, self._generation.schema, row_factory=dict_row) as new,
        ):
            with self._at_rest():
                for one in (live, new):
                    one.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                row = live.execute("SELECT pg_export_snapshot() AS id").fetchone()
                assert row is not None, "a function gives a row"
                new.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(row["id"]))
            return self._builder.compare(live, new)

    def _tell(self, compared: Compared, before: int) -> None:
        report = self._report
        report.records = _count(self._builder.stands())
        report.read = report.records - before
        report.digests = {
            name: {"live": live, "rebuilt": new} for name, (live, new) in compared.digests.items()
        }
        report.differences, report.roots = compared.differences, compared.roots
        self._clock()

    def _clock(self) -> None:
        self._report.seconds = round(monotonic() - self._began, 3)
        self._report.per_second = round(self._report.read / max(self._report.seconds, 0.001))

    def _may_switch(self, compared: Compared) -> bool:
        """Whether to switch although they differ: somebody has seen the differences, and nothing proven is lost."""
        shown = self._options.reason is not None and self._generation.differed
        return shown and not any(difference.lost for difference in compared.differences)

    def _switch(self, compared: Compared, reason: Reason | None) -> None:
        c, builder, report = self._c, self._builder, self._report
        keep = self._options.keep or reason is not None
        for number in range(1, TRIES + 1):
            with self._at_rest():
                if generations.lock_all(c, builder.tables, READERS if number % 5 else CLEANING):
                    builder.switching(c, self._generation.schema, compared, reason)
                    generations.switch(c, self._generation, builder.tables, keep=keep)
                    report.switched, report.reason = True, reason
                    report.kept = self._generation.before if keep else None
                    self._clock()
                    generations.note(c, self._generation, "switched", self._json(), reason)
                    return
            sleep(REST)
        raise TryLater("the live tables are read without a pause")

    def _json(self) -> str:
        return json.dumps(self._report.as_dict())


def _count(offsets: Mapping[Place, int]) -> int:
    return sum(offset + 1 for offset in offsets.values())
