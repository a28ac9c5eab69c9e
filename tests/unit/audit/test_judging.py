"""Rows of a ledger against the hashes of its tree: the first that does not fit is named. Pure, all positions."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from services.audit.domain.proof.leaf import framed_headers
from services.audit.merkle.judging import Row, behind_holes, first_bad, first_bad_foreign, leaf_hash_of
from tests.unit.audit.made import Case, Log

COUNT = 120


def rows(count: int = COUNT) -> list[Row]:
    log = Log(3)
    while len(log.made) < count:
        Case(log).open().refer()
    return [
        (
            *(n, 0, n, "first", m.key, framed_headers([("sequence", b"%020d" % n)]), m.value),
            True,
        )
        for n, m in enumerate(log.made[:count])
    ]


GOOD = rows()
HASHES = [leaf_hash_of(row) for row in GOOD]


def in_order(changed: list[Row]) -> list[Row]:
    """As the database gives them."""
    return sorted(changed, key=lambda row: row[:3])


def at(row: Row, **to: Any) -> Row:
    names = ("sequence", "generation", "offset", "standing", "key", "headers", "value")
    return (*(to.get(name, one) for name, one in zip(names, row, strict=False)), *row[7:])


def flip(n: int, chance: random.Random) -> tuple[list[Row], int]:
    name = chance.choice(["key", "headers", "value"])
    data = bytearray(GOOD[n][{"key": 4, "headers": 5, "value": 6}[name]])
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return [*GOOD[:n], at(GOOD[n], **{name: bytes(data)}), *GOOD[n + 1 :]], n


def drop(n: int, chance: random.Random) -> tuple[list[Row], int]:
    rest = GOOD[n + 1 :]
    if chance.random() < 0.5:
        rest = [at(row, sequence=row[0] - 1) for row in rest]
    return [*GOOD[:n], *rest], n


def insert(n: int, chance: random.Random) -> tuple[list[Row], int]:
    new = at(
        GOOD[n], value=b"{}", offset=chance.choice([-1, 1_000]), standing=chance.choice(["first", "repeat"])
    )
    if chance.random() < 0.5:
        return [*GOOD, new], n
    return [*GOOD[:n], at(new, standing="first"), *(at(row, sequence=row[0] + 1) for row in GOOD[n:])], n


def swap(n: int, chance: random.Random) -> tuple[list[Row], int]:
    other = chance.choice([m for m in range(COUNT) if m != n])
    changed = list(GOOD)
    if chance.random() < 0.5:
        changed[n], changed[other] = (at(GOOD[n], offset=other), at(GOOD[other], offset=n))
    else:
        changed[n] = (*GOOD[n][:4], *GOOD[other][4:])
        changed[other] = (*GOOD[other][:4], *GOOD[n][4:])
    return changed, min(n, other)


def repeat(n: int, chance: random.Random) -> tuple[list[Row], int]:
    twin = at(
        GOOD[n], offset=1_000, standing=chance.choice(["first", "repeat", "other-bytes", "out-of-order"])
    )
    if chance.random() < 0.5:
        return [*GOOD, twin], n
    rest = [at(row, sequence=row[0] + 1) for row in GOOD[n + 1 :]]
    return [*GOOD[: n + 1], at(GOOD[n], sequence=n + 1, offset=1_000), *rest], n + 1


ALTERATIONS: list[Callable[[int, random.Random], tuple[list[Row], int]]] = [flip, drop, insert, swap, repeat]


def test_rows_that_fit_have_nothing_bad() -> None:
    assert first_bad(GOOD, 0, HASHES, {}) is None
    assert first_bad(GOOD[16:48], 16, HASHES[16:48], {}) is None


@pytest.mark.parametrize("alter", ALTERATIONS, ids=lambda alter: alter.__name__)
def test_whichever_row_is_altered_it_is_the_first_that_is_named(alter: Any) -> None:
    seed = random.randrange(10_000)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for n in list(range(COUNT)) * 3:
        changed, expected = alter(n, chance)
        found = first_bad((row for row in in_order(changed) if row[0] < COUNT), 0, HASHES, {})
        if found is None:  # what was moved behind the end of the tree
            found = behind_holes([row for row in in_order(changed) if row[0] >= COUNT], COUNT, COUNT - 1, ())
        assert found is not None
        assert found.sequence == expected, (n, found)


def test_a_record_that_is_found_by_something_else_than_it_says_is_named() -> None:
    changed = list(GOOD)
    changed[5] = (*GOOD[5][:7], False)
    found = first_bad(changed, 0, HASHES, {})
    assert found is not None
    assert (found.kind, found.sequence) == ("mislabelled", 5)


def test_a_repeat_is_good_only_if_it_is_one_and_a_finding_says_so() -> None:
    twin = at(GOOD[7], offset=500, standing="repeat")
    said = {"repeat": {(0, 500): "The same record came before, byte for byte."}}
    assert first_bad(in_order([*GOOD, twin]), 0, HASHES, said) is None
    for wrong in (at(twin, value=b"x"), at(twin, standing="other-bytes"), at(twin, offset=501)):
        found = first_bad(in_order([*GOOD, wrong]), 0, HASHES, said)
        assert found is not None
        assert found.sequence == 7


def test_a_foreign_record_is_held_to_the_hash_in_its_finding() -> None:
    row = at(GOOD[3], sequence=None, offset=500, standing="foreign", headers=framed_headers([]))
    said = {"foreign": {(0, 500): f"Its leaf hash is {leaf_hash_of(row).hex()}."}}
    assert first_bad_foreign([row], said) is None
    for wrong, found in (
        (at(row, value=b"x"), said),
        (at(row, headers=b"\xff\xff"), said),
        (row, {}),
        (at(row, standing="first"), said),
        (at(row, headers=GOOD[3][5]), said),
    ):
        bad = first_bad_foreign([wrong], found)
        assert bad is not None
        assert bad.offset == 500


def test_what_lies_behind_a_hole_is_what_the_position_and_the_holes_say() -> None:
    behind = [GOOD[n] for n in (12, 13, 17)]
    holes = ((10, 11), (14, 16))
    assert behind_holes(behind, 10, 17, holes) is None
    missing = behind_holes([GOOD[12], GOOD[17]], 10, 17, holes)
    inserted = behind_holes([*behind, GOOD[18]], 10, 17, holes)
    filled = behind_holes([GOOD[11], *behind], 10, 17, holes)
    cut = behind_holes(behind[:2], 10, 17, holes)
    assert [bad and (bad.kind, bad.sequence) for bad in (missing, inserted, filled, cut)] == [
        ("missing", 13),
        ("inserted", 18),
        ("inserted", 11),
        ("missing", 17),
    ]
