"""What a rebuild does not switch to: a ledger that differs, or that Kafka has only a part of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from deploy.local.infrastructure import Infrastructure
from services.audit.merkle.signing import create_key_file
from shared.bus.rebuild_options import Reason
from shared.bus.rebuild_parts import NotEnough
from tests.integration.audit_rebuilt import County
from tests.integration.test_audit_ledger import relayed

pytestmark = pytest.mark.platform


@pytest.fixture
def county(
    infra: Infrastructure,
    fresh_topic: Callable[..., str],
    fresh_database: Callable[[str], str],
    tmp_path: Path,
) -> County:
    create_key_file(tmp_path / "key")
    return County(infra, fresh_topic(partitions=3), fresh_database("accord_audit"), tmp_path / "key")


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


def test_what_was_altered_in_the_live_ledger_is_named_and_nothing_is_switched_until_somebody_says_why(
    county: County,
) -> None:
    made = relayed(320)
    county.grow([*made[:120], made[20], *made[120:]])
    before = county.digest()
    for number, (name, (harm, named, why)) in enumerate(HARM.items(), 1):
        county.alter(harm)
        harmed = county.digest()
        report = county.rebuild(reason=why)  # it is not enough to have said so beforehand
        assert not report.switched, name
        assert any(named in str(one) for one in report.differences), (name, report.differences)
        assert not any(one.lost for one in report.differences), name
        assert county.digest() == harmed, name
        assert county.rows("SELECT state FROM rebuilds ORDER BY number")[-1] == {"state": "differs"}
        again = county.rebuild(reason=why)
        assert (again.switched, again.reason, again.kept) == (True, why, f"before_{number}"), name
        assert county.digest() == before, name
        assert county.problems() == [], name
    findings = county.rows("SELECT detail FROM findings WHERE kind = 'rebuilt-otherwise'")
    assert any(Reason.LIVE_ALTERED in one["detail"] and "sequence 37" in one["detail"] for one in findings)


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
