"""`accord audit rebuild` on real Kafka and PostgreSQL: the same ledger again, or a reason why not (I4)."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from deploy.local.infrastructure import Infrastructure
from services.audit.consumer import Consumer
from services.audit.domain.proof import Checkpoint, VerifierKey
from services.audit.ledger import Ledger
from services.audit.merkle import checkpoints
from services.audit.merkle.kept import KeptCheckpoint
from services.audit.merkle.signing import create_key_file, read_key_file
from services.audit.merkle.verifying import verify_step
from services.audit.rebuild.building import TABLES, LedgerBuilder
from services.audit.session import Session
from services.audit.source import Source
from shared.bus.rebuild import rebuild
from shared.bus.rebuild_options import Options, Reason
from shared.bus.rebuild_parts import NotEnough, Report
from shared.errors import Conflict, TryLater
from tests.integration.bus_support import eventually
from tests.integration.test_audit_ledger import World, relayed

pytestmark = pytest.mark.platform

INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname ~ '^(generation|before)_'"


class County(World):
    """A topic, its ledger, and audit's key."""

    def __init__(self, infra: Infrastructure, topic: str, url: str, key_file: Path) -> None:
        super().__init__(infra, topic, url)
        self.settings = self.settings.model_copy(update={"audit_key_file": key_file})
        self.key = read_key_file(key_file)

    def sign(self) -> KeptCheckpoint:
        session = Session(self.url)
        with session.transaction() as c:
            signed = checkpoints.sign(c, (self.topic, 0), self.key)
        session.close()
        assert signed is not None
        told = Checkpoint(self.key.origin(self.topic, 0), signed.size, signed.root)
        return KeptCheckpoint(told, VerifierKey(self.key.verifier.name, self.key.verifier.public))

    def grow(self, records: Sequence[Any], parts: int = 3) -> list[KeptCheckpoint]:
        """Take the records in, and sign after each part."""
        size, kept = -(-len(records) // parts), []
        for at in range(0, len(records), size):
            self.produce(records[at : at + size])
            self.consume(batch=97)
            kept.append(self.sign())
        return kept

    def rebuild(self, watch: Any = None, kept: Sequence[KeptCheckpoint] = (), **options: Any) -> Report:
        def make(settings: Any, schema: str) -> LedgerBuilder:
            return LedgerBuilder(settings, schema, kept, topics=[self.topic], batch=211)

        return rebuild(self.settings, make, TABLES, Options(**options), watch or Watched())

    def alter(self, sql: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as c:
            assert c.execute(sql).rowcount == 1

    def problems(self) -> list[str]:
        session = Session(self.url)
        with session.transaction() as c:
            found = [p.detail for p in verify_step(c, (self.topic, 0), self.key, 0, 1 << 40).problems]
        session.close()
        return found


class Watched:
    """Notes what it is told; does something at the beginning of a part."""

    def __init__(self, **does: Callable[[], object]) -> None:
        self.parts: list[str] = []
        self.done: list[int] = []
        self._does = does

    def begin(self, what: str, total: int = 0, done: int = 0) -> None:
        self.parts.append(what)
        self._does.get(what.split()[0].lower(), lambda: None)()

    def at(self, done: int) -> None:
        self.done.append(done)


@pytest.fixture
def county(
    infra: Infrastructure,
    fresh_topic: Callable[..., str],
    fresh_database: Callable[[str], str],
    tmp_path: Path,
) -> County:
    create_key_file(tmp_path / "key")
    return County(infra, fresh_topic(partitions=3), fresh_database("accord_audit"), tmp_path / "key")


def busy() -> list[Any]:
    """Records with a repeat, other bytes, one out of order, a foreign one, and what is no event."""
    made = relayed(700)
    key, value, headers = made[4][1:]
    other, foreign = (0, key, value.replace(b"2026.1", b"2026.2"), headers), (0, key, value, [])
    return [*made[:300], made[7], other, foreign, made[301], made[300], *made[302:], (1, None, b"x", [])]


def test_a_busy_history_is_rebuilt_digest_for_digest_and_root_for_root_beside_the_live_one(
    county: County,
) -> None:
    county.grow(busy(), parts=4)
    before, findings = county.digest(), county.rows("SELECT * FROM findings ORDER BY id")
    tiles, indexes = county.rows("SELECT * FROM tiles ORDER BY 1, 2, 3, 4"), county.rows(INDEXES)
    watch = Watched()
    report = county.rebuild(watch)
    assert report.switched
    assert report.differences == []
    assert all(both["live"] == both["rebuilt"] for both in report.digests.values())
    assert set(report.digests) == {"ledger", "trees", "findings"}
    assert (report.records, report.read, report.roots) == (704, 704, 4)
    assert report.per_second > 0
    assert max(watch.done) == 704
    assert county.digest() == before
    assert county.rows("SELECT * FROM tiles ORDER BY 1, 2, 3, 4") == tiles
    assert county.rows("SELECT * FROM findings ORDER BY id") == findings
    assert county.rows(INDEXES) == indexes
    assert county.rows(SCHEMAS) == []
    (kept,) = county.rows("SELECT * FROM rebuilds")
    assert (kept["state"], kept["reason"], kept["report"]["roots"]) == ("switched", None, 4)
    # The consumer goes on where the live ledger was, and a second rebuild is one like the first.
    county.produce(relayed(40, start=700))
    county.consume()
    assert county.rebuild(keep=True).kept == "before_2"
    assert county.rows("SELECT count(*) AS n FROM before_2.ledger") == [{"n": 744}]
    assert county.problems() == []


def test_killed_on_its_way_it_goes_on_from_there_and_a_second_one_meanwhile_is_told_so(
    county: County,
) -> None:
    county.grow(relayed(1_500))
    before = county.digest()
    user, password = county.infra.kafka_credentials("audit")
    environment = {
        "DATABASE_URL": county.url,
        "KAFKA_BOOTSTRAP_SERVERS": county.infra.bootstrap,
        "ACCORD_KAFKA_USERNAME": user,
        "ACCORD_KAFKA_PASSWORD": password,
    }
    command = [sys.executable, "-m", "tests.integration.audit_rebuild_process", "audit", county.topic]
    process = subprocess.Popen(command, env=environment)

    def built() -> int:
        there = county.rows("SELECT to_regclass('generation_1.positions') IS NOT NULL AS made")[0]["made"]
        total = 'SELECT coalesce(sum("offset" + 1), 0) AS n FROM generation_1.positions'
        return int(county.rows(total)[0]["n"]) if there else 0

    try:
        eventually("some records are read", lambda: built() >= 100, 30)
        with pytest.raises(Conflict, match="another rebuild runs"):
            county.rebuild()
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    assert 100 <= built() < 1_500
    assert county.digest() == before
    report = county.rebuild()
    assert report.resumed
    assert report.switched
    assert report.records == 1_500
    assert 0 < report.read < 1_450
    assert county.digest() == before


HARM = {
    "altered": (
        "UPDATE ledger SET value = set_byte(value, 9, 64) WHERE sequence = 37",
        "sequence 37 at offset 37 is not in the live ledger what it is in Kafka",
        Reason.LIVE_ALTERED,
    ),
    "deleted": (
        "DELETE FROM ledger WHERE sequence = 37",
        "sequence 37 at offset 37 is missing from the live ledger",
        Reason.LIVE_INCOMPLETE,
    ),
    "mislabelled": (
        "UPDATE ledger SET subject = gen_random_uuid() WHERE sequence = 37",
        "sequence 37 at offset 37 is not in the live ledger what it is in Kafka",
        Reason.LIVE_ALTERED,
    ),
    "put in": (
        "INSERT INTO ledger SELECT (jsonb_populate_record(l, '{\"offset\": 9999}')).* FROM ledger l"
        " WHERE sequence = 37",
        "where its positions have none",
        Reason.LIVE_ALTERED,
    ),
    "a hash of the tree": (
        "UPDATE tiles SET hashes = set_byte(hashes, 40, get_byte(hashes, 40) # 1) WHERE level = 0 AND index = 0",
        "level 0, index 0",
        Reason.LIVE_ALTERED,
    ),
    "a finding": (
        "DELETE FROM findings WHERE kind = 'repeat'",
        "Kafka's alone: repeat at offset 120",
        Reason.LIVE_INCOMPLETE,
    ),
}


@pytest.mark.parametrize("name", HARM)
def test_what_was_altered_in_the_live_ledger_is_named_and_nothing_is_switched_until_somebody_says_why(
    county: County, name: str
) -> None:
    harm, named, why = HARM[name]
    made = relayed(320)
    county.grow([*made[:120], made[20], *made[120:]])
    before = county.digest()
    county.alter(harm)
    harmed = county.digest()
    report = county.rebuild(reason=why)  # it is not enough to have said so beforehand
    assert not report.switched
    assert any(named in str(one) for one in report.differences), report.differences
    assert any(both["live"] != both["rebuilt"] for both in report.digests.values()) or name in (
        "put in",
        "a hash of the tree",
    )
    assert county.digest() == harmed
    assert county.rows("SELECT state FROM rebuilds") == [{"state": "differs"}]
    again = county.rebuild(reason=why)
    assert (again.switched, again.reason, again.kept) == (True, why, "before_1")
    assert county.digest() == before
    assert county.problems() == []
    (finding,) = county.rows("SELECT detail FROM findings WHERE kind = 'rebuilt-otherwise' LIMIT 1")
    assert why in finding["detail"]


@contextmanager
def consuming(county: County) -> Iterator[Consumer]:
    stop, session = threading.Event(), Session(county.url)
    source = Source(county.settings, [county.topic])
    consumer = Consumer(
        source, Ledger(session), beat_topics=(), read_beat=lambda _: None, stop=stop, batch=50
    )
    thread = threading.Thread(target=consumer.run)
    thread.start()
    try:
        yield consumer
    finally:
        stop.set()
        thread.join(20)
        source.close()
        session.close()


def test_records_come_and_are_read_while_it_is_rebuilt_and_the_consumer_goes_on_through_the_switch(
    county: County,
) -> None:
    made = relayed(2_400)
    county.grow(made[:900])
    ended = threading.Event()

    def write() -> None:
        for at in range(900, 2_400, 30):
            county.produce(made[at : at + 30])
        ended.set()

    writer = threading.Thread(target=write)
    with consuming(county):
        writer.start()
        reports = [county.rebuild()]
        while not ended.is_set():
            reports.append(county.rebuild())
        writer.join(60)
        eventually("all are taken in", lambda: len(county.ledger()) == 2_400, 30)
    assert all(report.switched for report in reports)
    assert county.ledger() == county.on_kafka()
    assert county.rows("SELECT * FROM findings") == []
    county.sign()
    assert county.problems() == []


def test_a_database_that_was_lost_comes_again_from_kafka_with_every_root_that_somebody_kept(
    county: County,
) -> None:
    kept = county.grow(busy())
    before, tiles = county.digest(), county.rows("SELECT * FROM tiles ORDER BY 1, 2, 3, 4")
    lost = county.url
    county.url = county.infra.fresh_database("accord_audit")
    try:
        county = County(county.infra, county.topic, county.url, county.settings.audit_key_file or Path())
        report = county.rebuild(kept=kept)
        assert (report.switched, report.records, report.roots) == (True, 704, 3)
        assert county.digest() == before
        assert county.rows("SELECT * FROM tiles ORDER BY 1, 2, 3, 4") == tiles
        with consuming(county):  # it goes on, and signs what follows on what was signed
            county.produce(relayed(10, start=700))
            eventually("it goes on", lambda: len(county.ledger()) == 714, 20)
        told = kept[1].checkpoint
        other = KeptCheckpoint(Checkpoint(told.origin, told.size, bytes(32)), kept[1].key)
        refused = county.rebuild(kept=[other])
        assert not refused.switched
        assert [one.lost for one in refused.differences] == [True]
        assert not county.rebuild(kept=[other], reason=Reason.LOG_RESTORED).switched
    finally:
        county.infra.drop_database(county.url)
        county.url = lost


def test_records_that_were_deleted_from_the_log_are_a_finding_and_the_ledger_stays_as_it_is(
    county: County,
) -> None:
    from kafka import TopicPartition

    county.grow(relayed(300))
    before = county.digest()
    with county.infra.kafka_admin() as admin:
        admin.delete_records({TopicPartition(county.topic, 0): 120})
    for _ in range(2):
        with pytest.raises(NotEnough) as refused:
            county.rebuild()
        assert refused.value.lacking == [
            f"{county.topic}/0: Offsets 0 to 119 were deleted from the log. The ledger has them."
        ]
    county.consume()  # finds the same, and it is the same finding
    assert [f["kind"] for f in county.rows("SELECT kind FROM findings")] == ["log-cut"]
    assert county.digest() == before


def test_a_topic_that_was_deleted_and_made_again_smaller_is_not_taken_for_the_ledger(
    county: County, fresh_topic: Callable[..., str]
) -> None:
    made = relayed(300)
    county.grow(made)
    # Deleted and made again with only a part of its records: seen from the ledger, another topic.
    other = fresh_topic(partitions=3)
    with psycopg.connect(county.url, autocommit=True) as c:
        for table in ("ledger", "positions", "generations", "trees", "tiles", "checkpoints"):
            c.execute(f"UPDATE {table} SET topic = %s", [other])
    county.topic = other
    county.produce(made[:200])
    before = county.digest()
    with pytest.raises(NotEnough, match="does not hold all") as refused:
        county.rebuild()
    assert refused.value.lacking == [
        f"{other}/0: Its log ends before the last record that the ledger took from it."
    ]
    county.consume()  # notices, and reads the new log from its beginning
    with pytest.raises(NotEnough) as refused:
        county.rebuild()
    assert refused.value.lacking == [f"{other}/0: Its log has 200 records; the ledger has proven 300."]
    assert {f["kind"] for f in county.rows("SELECT kind FROM findings")} == {"log-rewritten"}
    # Once it holds all again, it differs in where the records lie and in nothing that is proven.
    county.produce(made[200:])
    county.consume()
    assert county.digest() == before
    report = county.rebuild()
    assert not report.switched
    assert [(one.table, one.lost) for one in report.differences if one.table == "generations"] == [
        ("generations", False)
    ]


def test_a_full_disk_ends_it_with_the_live_ledger_untouched_and_it_goes_on_once_there_is_room(
    county: County,
) -> None:
    county.grow(relayed(600))
    before = county.digest()

    def sql(*statements: str) -> None:
        with psycopg.connect(county.url, autocommit=True) as c:
            for statement in statements:
                c.execute(statement)

    def fill() -> None:
        sql(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = 'disk_full'; END $$",
            "CREATE TRIGGER full_disk BEFORE INSERT ON generation_1.ledger FOR EACH ROW"
            " WHEN (new.sequence > 400) EXECUTE FUNCTION full_disk()",
        )

    with pytest.raises(TryLater) as stopped:
        county.rebuild(Watched(reading=fill))
    assert isinstance(stopped.value.__cause__, psycopg.errors.DiskFull)
    assert county.digest() == before
    sql("DROP FUNCTION full_disk() CASCADE")
    report = county.rebuild()
    assert (report.resumed, report.switched) == (True, True)
    assert report.read < 600
    assert county.digest() == before


def test_kafka_or_the_database_away_is_said_at_once_and_nothing_is_changed(county: County) -> None:
    county.grow(relayed(30))
    before, settings = county.digest(), county.settings
    county.settings = settings.model_copy(update={"kafka_bootstrap_servers": "127.0.0.1:1"})
    with pytest.raises(TryLater, match="Kafka does not answer"):
        county.rebuild()
    url = settings.database_url.get_secret_value()
    away = type(settings.database_url)(url.rpartition("/")[0] + "/accord_gone")
    county.settings = settings.model_copy(update={"database_url": away})
    with pytest.raises(TryLater, match="or is not there"):
        county.rebuild()
    county.settings = settings
    assert county.digest() == before
    assert county.rebuild().switched
