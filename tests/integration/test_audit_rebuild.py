"""`accord audit rebuild` on real Kafka and PostgreSQL: the same ledger again, whatever happens meanwhile (I4)."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from deploy.local.infrastructure import Infrastructure
from services.audit.domain.proof import Checkpoint
from services.audit.merkle.kept import KeptCheckpoint
from services.audit.merkle.signing import create_key_file
from shared.bus.rebuild_options import Reason
from shared.errors import Conflict, TryLater
from tests.integration.audit_rebuilt import County, Watched, busy, consuming
from tests.integration.bus_support import eventually
from tests.integration.test_audit_ledger import relayed

pytestmark = pytest.mark.platform

INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname ~ '^(generation|before)_'"


@pytest.fixture
def county(
    infra: Infrastructure,
    fresh_topic: Callable[..., str],
    fresh_database: Callable[[str], str],
    tmp_path: Path,
) -> County:
    create_key_file(tmp_path / "key")
    return County(infra, fresh_topic(partitions=3), fresh_database("accord_audit"), tmp_path / "key")


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
    assert (report.records, report.read, report.roots) == (705, 705, 4)
    assert report.per_second > 0
    assert max(watch.done) == 705
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
    assert county.rebuild(keep=True, worth=1).kept == "before_2"  # read by several processes
    assert county.rows("SELECT * FROM findings ORDER BY id") == findings
    assert county.rows("SELECT count(*) AS n FROM before_2.ledger") == [{"n": 745}]
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
        assert (report.switched, report.records, report.roots) == (True, 705, 3)
        assert county.digest() == before
        assert county.rows("SELECT * FROM tiles ORDER BY 1, 2, 3, 4") == tiles
        with consuming(county):  # it goes on, and signs what follows on what was signed
            county.produce(relayed(10, start=700))
            eventually("it goes on", lambda: len(county.ledger()) == 715, 20)
        told = kept[1].checkpoint
        other = KeptCheckpoint(Checkpoint(told.origin, told.size, bytes(32)), kept[1].key)
        refused = county.rebuild(kept=[other])
        assert not refused.switched
        assert [one.lost for one in refused.differences] == [True]
        assert not county.rebuild(kept=[other], reason=Reason.LOG_RESTORED).switched
    finally:
        county.infra.drop_database(county.url)
        county.url = lost


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
        county.rebuild(Watched(reading=fill), worth=1)
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
