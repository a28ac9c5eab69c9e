"""I6: flip, drop, insert, swap or repeat any one entry of the ledger, and verification names the first bad one."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.audit.domain.proof import leaf_hash
from services.audit.domain.tiles import Growth
from services.audit.merkle import checkpoints
from services.audit.merkle.signing import create_key_file, read_key_file
from shared.errors import Disagreement
from tests.integration.audit_kept import ALTERATIONS, PLACE, KeptLedger, made_ledger
from tests.integration.test_audit_ledger import relayed

pytestmark = pytest.mark.platform
COUNT = 2_000
SAMPLE = 30
#: `--faults-full` takes every position, in parts that each end in time.
PARTS = 4


@pytest.fixture
def empty(fresh_database: Callable[[str], str], tmp_path: Path) -> KeptLedger:
    return made_ledger(fresh_database("accord_audit"), tmp_path, 0)


@pytest.fixture(scope="module")
def ledger(infra: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    url = infra.fresh_database("accord_audit")
    made = made_ledger(url, tmp_path_factory.mktemp("keys"), 0)
    records = relayed(COUNT)
    made.keep(records[:1_200])
    made.sign()
    made.keep(records[1_200:], start=1_200)
    made.sign()
    yield made
    infra.drop_database(url)


def test_a_ledger_as_it_was_written_has_no_problem(ledger: KeptLedger) -> None:
    with ledger.connect() as c:
        assert ledger.problems(c) == []


@pytest.mark.parametrize("name", ALTERATIONS)
@pytest.mark.parametrize("part", range(PARTS))
def test_whichever_entry_is_altered_it_is_the_first_that_is_named(
    ledger: KeptLedger, name: str, part: int, pytestconfig: pytest.Config
) -> None:
    seed = random.randrange(10_000)
    print(f"seed {seed}")
    chance = random.Random(seed)
    edges = {0, 1, 255, 256, 1_199, 1_200, COUNT - 2, COUNT - 1}
    some = sorted(edges | set(chance.sample(range(COUNT), SAMPLE)))
    for n in list(range(COUNT) if pytestconfig.getoption("--faults-full") else some)[part::PARTS]:
        with ledger.altered() as c:
            expected = ALTERATIONS[name](c, n, COUNT, chance)
            found = ledger.problems(c)
            assert [(p.place, p.sequence) for p in found] == [(PLACE, expected)], (name, n)


#: What the ledger finds a record by: each altered alone hides it, or puts it elsewhere.
MARKS = {
    "subject": "NULL",
    "about": "'00000000-0000-4000-8000-000000000000'",
    "type": "'accord.case.opened.v9'",
    "stream": "NULL",
    "streamversion": "streamversion + 1",
    "recordedtime": "recordedtime + interval '1 microsecond'",
    "happened": "happened - interval '1 day'",
    "event_id": "gen_random_uuid()",
    "standing": "'other-bytes'",
}


@pytest.mark.parametrize("column", MARKS)
def test_what_a_record_is_found_by_is_verified_too(ledger: KeptLedger, column: str) -> None:
    with ledger.altered() as c:
        c.execute(f"UPDATE ledger SET {column} = {MARKS[column]} WHERE sequence = 1234")
        assert [p.sequence for p in ledger.problems(c)] == [1234]


def test_a_hash_altered_in_the_stored_tree_is_told_from_an_altered_record(ledger: KeptLedger) -> None:
    with ledger.altered() as c:
        c.execute(
            "UPDATE tiles SET hashes = set_byte(hashes, 227, get_byte(hashes, 227) # 1)"
            " WHERE level = 0 AND index = 2"
        )
        found = ledger.problems(c)
    assert {(p.kind, p.sequence) for p in found} >= {("tree-altered", 512 + 7), ("tree-altered", 512)}
    assert "the record is as it was signed" in " ".join(p.detail.lower() for p in found)


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE tiles SET hashes = set_byte(hashes, 40, get_byte(hashes, 40) # 1) WHERE level = 1",
        "DELETE FROM tiles WHERE level = 1",
        "DELETE FROM tiles WHERE level = 0 AND index = 3",
        "UPDATE tiles SET hashes = hashes || hashes WHERE level = 1",
        "UPDATE trees SET size = size - 1",
        "DELETE FROM trees",
        "UPDATE positions SET sequence = sequence - 1",
    ],
)
def test_a_stored_tree_that_does_not_fit_itself_is_a_problem(ledger: KeptLedger, harm: str) -> None:
    with ledger.altered() as c:
        assert c.execute(harm).rowcount == 1
        assert ledger.problems(c)


def test_a_log_is_not_passed_over_once_its_tree_and_all_that_was_signed_of_it_are_gone(
    ledger: KeptLedger,
) -> None:
    with ledger.altered() as c:
        for table in ("tiles", "trees", "checkpoints"):
            c.execute(f"DELETE FROM {table}")
        assert checkpoints.places(c) == [PLACE]
        assert ledger.problems(c)


def test_a_record_altered_together_with_its_whole_tree_is_found_by_what_was_signed(
    ledger: KeptLedger,
) -> None:
    with ledger.altered() as c:
        c.execute("UPDATE ledger SET key = '\\x00', headers = headers WHERE sequence = 1500")
        _tree_made_anew(c)
        found = ledger.problems(c)
    assert [(p.kind, p.sequence) for p in found] == [("checkpoint-differs", 1_200)]
    assert "1200 to 1999" in found[0].detail


def _tree_made_anew(c: Any) -> None:
    """As somebody would who owns the database and knows our code."""
    from services.audit.domain.proof.leaf import leaf

    rows = c.execute("SELECT key, headers, value FROM ledger ORDER BY sequence").fetchall()
    hashes = [leaf_hash(leaf(r["key"], r["headers"], r["value"])) for r in rows]
    c.execute("DELETE FROM tiles")
    for (level, index), data in Growth(0, {}).append(hashes).items():
        c.execute("INSERT INTO tiles VALUES (%s, %s, %s, %s, %s)", [*PLACE, level, index, data])
    c.execute("UPDATE trees SET size = %s", [len(hashes)])
    c.execute('UPDATE positions SET sequence = %s, "offset" = %s', [len(hashes) - 1, len(hashes) - 1])


def test_a_ledger_cut_short_with_its_tree_is_found_by_what_was_signed(ledger: KeptLedger) -> None:
    with ledger.altered() as c:
        c.execute("DELETE FROM ledger WHERE sequence >= 1990")
        _tree_made_anew(c)
        assert [(p.kind, p.sequence) for p in ledger.problems(c)] == [("tree-shrunk", 1_990)]


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE checkpoints SET note = replace(note, E'\\n2000\\n', E'\\n2001\\n') WHERE size = 2000",
        "UPDATE checkpoints SET note = translate(note, 'abc', 'bca') WHERE size = 1200",
        "UPDATE checkpoints SET note = '' WHERE size = 1200",
        "UPDATE checkpoints SET root = sha256(root) WHERE size = 1200",
        "UPDATE checkpoints SET size = 1300 WHERE size = 1200",
        "UPDATE checkpoints SET partition = 1 WHERE size = 2000",
    ],
)
def test_an_altered_checkpoint_is_a_problem(ledger: KeptLedger, harm: str) -> None:
    with ledger.altered() as c:
        assert c.execute(harm).rowcount == 1
        places = checkpoints.places(c)
        found = [p for place in places for p in _step(c, place, ledger)]
        assert {p.kind for p in found} & {"checkpoint-bad", "tree-shrunk"}


def _step(c: Any, place: Any, ledger: KeptLedger) -> Any:
    from services.audit.merkle.verifying import verify_step

    return verify_step(c, place, ledger.key, 0, 1 << 40).problems


def test_records_beside_the_log_are_held_to_their_findings(empty: KeptLedger) -> None:
    made = relayed(8)
    key, value, headers = made[2][1:]
    other, foreign = (0, key, value.replace(b"2026.1", b"2026.2"), headers), (0, key, value, [("x", b"y")])
    empty.keep([*made[:4], made[2], other, foreign, made[7], made[6], made[5]])
    empty.sign()
    with empty.connect() as c:
        assert empty.problems(c) == []
    harms = {
        "DELETE FROM findings WHERE kind = 'repeat'": 2,
        "DELETE FROM findings WHERE kind = 'foreign'": None,
        "UPDATE ledger SET value = '\\x00' WHERE standing = 'foreign'": None,
        "UPDATE ledger SET value = '\\x00' WHERE standing = 'other-bytes'": 2,
        "UPDATE ledger SET value = '\\x00' WHERE standing = 'repeat'": 2,
        "DELETE FROM ledger WHERE sequence = 6": 6,
        "UPDATE ledger SET sequence = 4 WHERE sequence = 6": 4,
    }
    for harm, sequence in harms.items():
        with empty.altered() as c:
            c.execute(harm)
            assert sequence in {p.sequence for p in empty.problems(c)}, harm
    # What lies behind the hole is hashed when the hole is filled, and from then on it is held to that.
    empty.keep([made[4]], start=10)
    with empty.altered() as c:
        c.execute("DELETE FROM findings WHERE kind = 'out-of-order' AND sequence = 6")
        assert [(p.kind, p.sequence) for p in empty.problems(c)] == [("finding-missing", 6)]


class TestTheLastCheckpointIsKeptByCompareAndSwap:
    def test_a_log_that_has_not_grown_has_the_same_checkpoint_again(self, empty: KeptLedger) -> None:
        assert empty.sign() is None
        empty.keep(relayed(5))
        first = empty.sign()
        assert first is not None
        assert empty.sign() == first

    def test_many_who_sign_at_once_sign_each_size_once(self, empty: KeptLedger) -> None:
        empty.keep(relayed(300))
        signed: list[Any] = []
        crew = [threading.Thread(target=lambda: signed.append(empty.sign())) for _ in range(6)]
        for one in crew:
            one.start()
        for one in crew:
            one.join(30)
        assert len({one.note for one in signed}) == 1
        assert len(signed) == 6

    @pytest.mark.parametrize(
        ("harm", "kind"),
        [
            ("UPDATE trees SET size = 299", "smaller"),
            (
                "UPDATE tiles SET hashes = set_byte(hashes, 1, get_byte(hashes, 1) # 1) WHERE level = 1",
                "other-root",
            ),
            ("DELETE FROM tiles WHERE level = 1", "tree"),
            ("UPDATE checkpoints SET root = sha256(root)", "other-root"),
            ("UPDATE checkpoints SET size = 100", "other-root"),
            ("UPDATE checkpoints SET note = translate(note, 'abc', 'bca')", "other-key"),
        ],
    )
    def test_a_log_that_is_not_what_was_signed_is_not_signed_again(
        self, empty: KeptLedger, harm: str, kind: str
    ) -> None:
        empty.keep(relayed(300))
        empty.sign()
        with empty.connect() as c:
            assert c.execute(harm).rowcount == 1
        with pytest.raises(Disagreement) as found:
            empty.sign()
        assert found.value.kind == kind
        with empty.connect() as c:
            assert len(checkpoints.every(c, PLACE)) == 1

    def test_another_key_signs_nothing_unless_it_names_the_one_before(
        self, empty: KeptLedger, tmp_path: Path
    ) -> None:
        empty.keep(relayed(300))
        empty.sign()
        path, before = tmp_path / "new.key", empty.key.verifier
        create_key_file(path, before.name)
        empty.key = read_key_file(path)
        empty.keep(relayed(5, start=300), start=300)
        with pytest.raises(Disagreement, match="not one that this key"):
            empty.sign()
        with path.open("a") as file:
            file.write(f"{before}\n")
        empty.key = read_key_file(path)
        signed = empty.sign()
        assert signed is not None
        assert signed.size == 305
        with empty.connect() as c:
            assert empty.problems(c) == []
