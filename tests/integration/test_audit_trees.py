"""The Merkle logs on real Kafka and PostgreSQL: against RFC 6962 over what a plain client reads."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from deploy.local.infrastructure import Infrastructure
from services.audit.domain.proof import leaf_hash, verify_inclusion
from services.audit.domain.proof.leaf import framed_headers, leaf
from services.audit.domain.tiles import inclusion_path
from services.audit.merkle.trees import TILES, read_roots, read_tiles, size_of
from services.audit.records import sequence_of
from shared.errors import Disagreement
from shared.store.migrate import migrate
from tests.integration.test_audit_ledger import MIGRATIONS, World, relayed
from tests.unit.audit import rfc6962

pytestmark = pytest.mark.platform


@pytest.fixture
def world(
    infra: Infrastructure, fresh_topic: Callable[..., str], fresh_database: Callable[[str], str]
) -> World:
    return World(infra, fresh_topic(partitions=3), fresh_database("accord_audit"))


def leaves(world: World, partition: int = 0) -> tuple[bytes, ...]:
    """The first record of each sequence on Kafka, up to the first that is missing."""
    first: dict[int, bytes] = {}
    for number, _, _, key, value, headers in world.on_kafka():
        sequence = sequence_of(headers)
        if number == partition and sequence is not None:
            first.setdefault(sequence, leaf(key, framed_headers(headers), value))
    dense = next(n for n in range(len(first) + 1) if n not in first)
    return tuple(first[n] for n in range(dense))


def tree(world: World, partition: int = 0) -> tuple[int, bytes]:
    with psycopg.connect(world.url, row_factory=dict_row) as c:
        size = size_of(c, (world.topic, partition))
        return size, read_roots(c, (world.topic, partition), [(0, size)])[0]


def test_the_tree_is_that_of_rfc_6962_over_the_records_on_kafka_and_proves_each_of_them(world: World) -> None:
    world.produce([*relayed(700), (1, b"k", b"v", [("sequence", b"%020d" % 0)])])
    world.consume(batch=97)
    expected = leaves(world)
    size, root = tree(world)
    assert (size, root) == (700, rfc6962.mth(expected))
    assert tree(world, 1) == (1, rfc6962.mth(leaves(world, 1)))
    assert tree(world, 2) == (0, rfc6962.mth(()))
    with psycopg.connect(world.url, row_factory=dict_row) as c:
        for index in random.Random(5).sample(range(700), 20):
            proof = read_roots(c, (world.topic, 0), inclusion_path(index, size))
            verify_inclusion(index, size, leaf_hash(expected[index]), proof, root)


def test_a_record_behind_a_hole_enters_the_tree_when_the_hole_is_filled(world: World) -> None:
    made = relayed(300)
    key, value, headers = made[4][1:]
    other, foreign = (0, key, value.replace(b"2026.1", b"2026.2"), headers), (0, key, value, [])
    world.produce([*made[:5], made[4], other, foreign, *made[7:290]])
    world.consume(batch=50)
    assert tree(world) == (5, rfc6962.mth(leaves(world)))
    world.produce([made[6]])
    world.consume()
    assert tree(world)[0] == 5
    world.produce([made[5], *made[290:]])
    world.consume()
    assert tree(world) == (300, rfc6962.mth(leaves(world)))


def test_the_tree_is_grown_over_a_ledger_that_had_none(world: World) -> None:
    world.produce(relayed(600))
    world.consume()
    before = tree(world)
    with psycopg.connect(world.url, autocommit=True) as c:
        c.execute("DELETE FROM trees")
        c.execute("DELETE FROM tiles")
    world.consume()
    assert tree(world) == before
    assert before[0] == 600


def test_a_rebuild_from_kafka_has_the_same_tiles(world: World) -> None:
    made = relayed(650)
    world.produce([*made[:300], made[17], made[301], made[300], *made[302:]])
    world.consume(batch=41)
    tiles = "SELECT * FROM tiles ORDER BY topic, partition, level, index"
    before, root = world.rows(tiles), tree(world)
    with psycopg.connect(world.url, autocommit=True) as c:
        c.execute("DROP SCHEMA public CASCADE")
        c.execute("CREATE SCHEMA public")
    migrate(world.url, MIGRATIONS)
    world.consume(batch=500)
    assert world.rows(tiles) == before
    assert tree(world) == root


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE tiles SET hashes = substr(hashes, 1, 32 * 3) WHERE level = 0 AND index = 1",
        "DELETE FROM tiles WHERE level = 1",
    ],
    ids=["shorter", "gone"],
)
def test_a_tree_that_does_not_fit_its_size_is_not_grown_on(world: World, harm: str) -> None:
    world.produce(relayed(300))
    world.consume()
    with psycopg.connect(world.url, autocommit=True) as c:
        assert c.execute(harm).rowcount == 1
    world.produce(relayed(5, start=300))
    with pytest.raises(Disagreement, match="does not fit its size"):
        world.consume()
    assert len(world.ledger()) == 300


def test_a_ledger_that_lost_a_record_before_it_was_in_the_tree_is_not_grown_over(world: World) -> None:
    made = relayed(9)
    world.produce([*made[:3], *made[4:]])
    world.consume()
    with psycopg.connect(world.url, autocommit=True) as c:
        c.execute("DELETE FROM ledger WHERE sequence = 7")
    world.produce([made[3]])
    with pytest.raises(Disagreement, match="lacks a record"):
        world.consume()


def test_a_proof_reads_its_own_tiles_and_no_others_whatever_is_known_of_the_table(world: World) -> None:
    place = ("accord.referrals.events", 0)
    with psycopg.connect(world.url, row_factory=dict_row) as c:
        c.execute("ALTER TABLE tiles SET (autovacuum_enabled = false)")
        c.execute(
            "INSERT INTO tiles SELECT %s, %s, 0, n, decode(repeat('00', 32), 'hex')"
            " FROM generate_series(0, 4999) n",
            place,
        )
        row = c.execute(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {TILES}", [[0, 0, 0], [17, 4000, 9999], *place]
        ).fetchone()
        assert row is not None
        looked = [
            node for node in nodes(row["QUERY PLAN"][0]["Plan"]) if node.get("Relation Name") == "tiles"
        ]
        assert [node["Node Type"] for node in looked] == ["Index Scan"]
        assert looked[0]["Actual Loops"] == 3
        assert looked[0]["Actual Rows"] < 1
        assert read_tiles(c, place, [(0, 17), (0, 4000), (0, 9999)]) == {
            (0, 17): bytes(32),
            (0, 4000): bytes(32),
        }


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)
