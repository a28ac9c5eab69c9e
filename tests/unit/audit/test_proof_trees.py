"""Trees, tiles and proofs, against RFC 6962 as it is written."""

from __future__ import annotations

import random
from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit.domain import tiles
from services.audit.domain.proof import (
    EMPTY_ROOT,
    Frontier,
    NotProven,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from tests.unit.audit import rfc6962

LARGEST = 300
LEAVES = rfc6962.leaves(LARGEST)
HASHES = [leaf_hash(one) for one in LEAVES]
ROOTS = [rfc6962.mth(LEAVES[:n]) for n in range(LARGEST + 1)]


def stored(size: int, steps: list[int] | None = None) -> dict[tiles.TileKey, bytes]:
    """The tiles of a tree, grown in steps of the given sizes, each as if after a restart."""
    found: dict[tiles.TileKey, bytes] = {}
    at = 0
    for step in steps or [size]:
        growth = tiles.Growth(at, {key: found[key] for key in tiles.growing(at)})
        found |= growth.append(HASHES[at : min(at + step, size)])
        at = growth.size
    assert at == size
    return found


ALL = stored(LARGEST)


def inclusion(index: int, size: int) -> list[bytes]:
    return tiles.roots(tiles.inclusion_path(index, size), ALL)


def consistency(old: int, new: int) -> list[bytes]:
    return tiles.roots(tiles.consistency_path(old, new), ALL)


def test_the_frontier_has_the_root_of_every_size_from_0_to_300() -> None:
    frontier = Frontier()
    for size, root in enumerate(ROOTS):
        assert (frontier.size, frontier.root) == (size, root)
        again = Frontier(size, frontier.peaks)
        assert again.root == root
        if size < LARGEST:
            frontier.append(HASHES[size])
    assert ROOTS[0] == EMPTY_ROOT == sha256(b"").digest()


def test_the_tiles_give_the_root_of_every_size_from_0_to_300() -> None:
    assert tiles.roots([(0, size) for size in range(LARGEST + 1)], ALL) == ROOTS


def test_every_inclusion_proof_of_every_size_to_300_is_the_standards_and_holds() -> None:
    chance = random.Random(1)
    for size in range(1, LARGEST + 1):
        some = range(size) if size < 70 else {0, size - 1, *(chance.randrange(size) for _ in range(12))}
        for index in some:
            made = inclusion(index, size)
            assert made == rfc6962.path(index, LEAVES[:size])
            verify_inclusion(index, size, HASHES[index], made, ROOTS[size])


def test_every_consistency_proof_of_every_size_to_300_is_the_standards_and_holds() -> None:
    chance = random.Random(2)
    for new in range(1, LARGEST + 1):
        some = (
            range(1, new + 1)
            if new < 70
            else {1, new - 1, new, *(chance.randrange(1, new) for _ in range(12))}
        )
        for old in some:
            made = consistency(old, new)
            assert made == rfc6962.proof(old, LEAVES[:new])
            verify_consistency(old, ROOTS[old], new, ROOTS[new], made)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=6))
def test_however_a_tree_grew_its_tiles_are_the_same(steps: list[int]) -> None:
    size = min(sum(steps), LARGEST)
    assert stored(size, steps) == stored(size)


def test_a_tree_of_more_than_a_thousand_tiles_has_three_levels_and_the_right_root() -> None:
    hashes = [sha256(b"%d" % n).digest() for n in range(70_000)]
    growth, found, frontier = tiles.Growth(0, {}), {}, Frontier()
    for at in range(0, len(hashes), 5_000):
        found |= growth.append(hashes[at : at + 5_000])
    for one in hashes:
        frontier.append(one)
    assert max(level for level, _ in found) == 2
    assert tiles.roots([(0, 70_000)], found) == [frontier.root]
    for index in (0, 65_535, 65_536, 69_999):
        made = tiles.roots(tiles.inclusion_path(index, 70_000), found)
        verify_inclusion(index, 70_000, hashes[index], made, frontier.root)
        assert len(tiles.tiles_of(tiles.inclusion_path(index, 70_000))) <= 6


def test_growth_does_not_go_on_from_tiles_that_do_not_fit_the_size() -> None:
    with pytest.raises(ValueError, match="another length"):
        tiles.Growth(5, {(0, 0): b"".join(HASHES[:4])})
    with pytest.raises(ValueError, match="another length"):
        tiles.Growth(300, {(0, 1): b"".join(HASHES[256:300])})
    with pytest.raises(ValueError, match="perfect subtrees"):
        Frontier(3, [HASHES[0]])


def test_a_tile_that_lacks_hashes_gives_no_proof() -> None:
    with pytest.raises(LookupError):
        tiles.roots([(0, 5)], {(0, 0): b"".join(HASHES[:4])})


#: Named after the mutation; each is a mistake that some verifier made. Size 13, index 5, old size 6.
Inclusion = tuple[int, int, bytes, list[bytes], bytes]
GOOD: Inclusion = (5, 13, HASHES[5], inclusion(5, 13), ROOTS[13])
EDGE: Inclusion = (12, 13, HASHES[12], inclusion(12, 13), ROOTS[13])


def changed(case: Inclusion, **to: object) -> Inclusion:
    names = ("index", "size", "leaf", "proof", "root")
    return tuple(to.get(name, one) for name, one in zip(names, case, strict=True))  # type: ignore[return-value]


WRONG_INCLUSION: dict[str, Inclusion] = {
    "index_is_the_size": changed(GOOD, index=13),
    "index_beyond_the_size": changed(GOOD, index=5 + 16),
    "index_negative": changed(GOOD, index=-1),
    "index_of_the_neighbour": changed(GOOD, index=4),
    "size_zero": changed(GOOD, index=0, size=0, proof=[]),
    "size_one_with_the_leaf_of_another": changed(GOOD, index=0, size=1, proof=[]),
    "size_of_a_lower_tree": changed(GOOD, size=8),
    "size_of_a_higher_tree": changed(GOOD, size=17),
    "size_beyond_63_bits": changed(GOOD, size=2**64),
    "leaf_of_another_index": changed(GOOD, leaf=HASHES[4]),
    "leaf_is_an_inner_node": changed(GOOD, leaf=GOOD[3][1]),
    "leaf_of_31_bytes": changed(GOOD, leaf=HASHES[5][:31]),
    "root_of_another_size": changed(GOOD, root=ROOTS[12]),
    "root_empty": changed(GOOD, root=b""),
    "proof_empty": changed(GOOD, proof=[]),
    "proof_of_another_index": changed(GOOD, proof=inclusion(4, 13)),
    "proof_without_its_first": changed(GOOD, proof=GOOD[3][1:]),
    "proof_without_its_last": changed(GOOD, proof=GOOD[3][:-1]),
    "proof_with_one_hash_more": changed(GOOD, proof=[*GOOD[3], ROOTS[13]]),
    "proof_with_the_leaf_in_front": changed(GOOD, proof=[HASHES[5], *GOOD[3]]),
    "proof_reversed": changed(GOOD, proof=GOOD[3][::-1]),
    "proof_with_a_hash_of_33_bytes": changed(GOOD, proof=[GOOD[3][0] + b"\0", *GOOD[3][1:]]),
    "proof_with_an_empty_hash": changed(GOOD, proof=[b"", *GOOD[3][1:]]),
    "right_edge_without_its_last": changed(EDGE, proof=EDGE[3][:-1]),
    "right_edge_with_one_hash_more": changed(EDGE, proof=[EDGE[3][0], *EDGE[3]]),
    "right_edge_of_a_larger_tree": changed(EDGE, size=14),
}


@pytest.mark.parametrize("name", WRONG_INCLUSION)
def test_an_inclusion_proof_is_refused_with(name: str) -> None:
    verify_inclusion(*GOOD)
    verify_inclusion(*EDGE)
    with pytest.raises(NotProven):
        verify_inclusion(*WRONG_INCLUSION[name])


Consistency = tuple[int, bytes, int, bytes, list[bytes]]
FROM_6: Consistency = (6, ROOTS[6], 13, ROOTS[13], consistency(6, 13))
FROM_8: Consistency = (8, ROOTS[8], 13, ROOTS[13], consistency(8, 13))


def moved(case: Consistency, **to: object) -> Consistency:
    names = ("old", "old_root", "new", "new_root", "proof")
    return tuple(to.get(name, one) for name, one in zip(names, case, strict=True))  # type: ignore[return-value]


WRONG_CONSISTENCY: dict[str, Consistency] = {
    "old_size_zero": moved(FROM_6, old=0, old_root=EMPTY_ROOT, proof=[]),
    "old_size_zero_with_a_proof": moved(FROM_6, old=0, old_root=EMPTY_ROOT),
    "old_size_negative": moved(FROM_6, old=-1),
    "sizes_exchanged": (13, ROOTS[13], 6, ROOTS[6], FROM_6[4]),
    "old_size_off_by_one": moved(FROM_6, old=7),
    "new_size_off_by_one": moved(FROM_6, new=17),
    "old_root_of_another_size": moved(FROM_6, old_root=ROOTS[7]),
    "new_root_of_another_size": moved(FROM_6, new_root=ROOTS[12]),
    "roots_exchanged": moved(FROM_6, old_root=ROOTS[13], new_root=ROOTS[6]),
    "old_root_of_31_bytes": moved(FROM_6, old_root=ROOTS[6][:31]),
    "proof_empty": moved(FROM_6, proof=[]),
    "proof_empty_from_a_perfect_tree": moved(FROM_8, proof=[]),
    "proof_without_its_first": moved(FROM_6, proof=FROM_6[4][1:]),
    "proof_without_its_last": moved(FROM_6, proof=FROM_6[4][:-1]),
    "proof_with_one_hash_more": moved(FROM_6, proof=[*FROM_6[4], ROOTS[13]]),
    "proof_with_the_old_root_in_front": moved(FROM_8, proof=[ROOTS[8], *FROM_8[4]]),
    "proof_reversed": moved(FROM_6, proof=FROM_6[4][::-1]),
    "proof_with_a_hash_of_33_bytes": moved(FROM_6, proof=[FROM_6[4][0] + b"\0", *FROM_6[4][1:]]),
    "same_size_with_another_root": (6, ROOTS[6], 6, ROOTS[7], []),
    "same_size_with_a_proof": (6, ROOTS[6], 6, ROOTS[6], FROM_6[4]),
}


@pytest.mark.parametrize("name", WRONG_CONSISTENCY)
def test_a_consistency_proof_is_refused_with(name: str) -> None:
    verify_consistency(*FROM_6)
    verify_consistency(*FROM_8)
    with pytest.raises(NotProven):
        verify_consistency(*WRONG_CONSISTENCY[name])


def test_a_tree_of_a_single_leaf_is_proven_by_the_empty_proof() -> None:
    verify_inclusion(0, 1, HASHES[0], [], ROOTS[1])
    verify_consistency(1, ROOTS[1], 1, ROOTS[1], [])


MUTATIONS: dict[str, Callable[[list[bytes], int, int], list[bytes]]] = {
    "bit": lambda p, at, bit: [*p[:at], _flipped(p[at], bit), *p[at + 1 :]],
    "drop": lambda p, at, _: [*p[:at], *p[at + 1 :]],
    "repeat": lambda p, at, _: [*p[:at], p[at], *p[at:]],
    "insert": lambda p, at, bit: [*p[:at], sha256(b"%d" % bit).digest(), *p[at:]],
    "cut": lambda p, at, bit: [*p[:at], p[at][: bit % 32], *p[at + 1 :]],
    "swap": lambda p, at, _: [*p[:at], *reversed(p[at : at + 2]), *p[at + 2 :]],
}


def _flipped(data: bytes, bit: int) -> bytes:
    as_number = int.from_bytes(data) ^ (1 << bit % (8 * len(data)))
    return as_number.to_bytes(len(data))


def mutated(draw: st.DrawFn, proof: list[bytes]) -> list[bytes]:
    name = draw(st.sampled_from(sorted(MUTATIONS)))
    return MUTATIONS[name](proof, draw(st.integers(0, len(proof) - 1)), draw(st.integers(0, 255)))


@given(st.data())
@settings(max_examples=400)
def test_a_mutated_proof_is_refused(data: st.DataObject) -> None:
    draw = data.draw
    new = draw(st.integers(2, LARGEST))
    index, old = draw(st.integers(0, new - 1)), draw(st.integers(1, new - 1))
    made, grown = inclusion(index, new), consistency(old, new)
    for proof, check in (
        (made, lambda p: verify_inclusion(index, new, HASHES[index], p, ROOTS[new])),
        (grown, lambda p: verify_consistency(old, ROOTS[old], new, ROOTS[new], p)),
    ):
        wrong = mutated(draw, proof)
        if wrong == proof:
            check(wrong)
        else:
            with pytest.raises(NotProven):
                check(wrong)


@given(st.data())
@settings(max_examples=400)
def test_a_proof_with_another_index_leaf_or_root_is_refused(data: st.DataObject) -> None:
    draw = data.draw
    size = draw(st.integers(1, LARGEST))
    index = draw(st.integers(0, size - 1))
    good = (index, size, HASHES[index], inclusion(index, size), ROOTS[size])
    # Not the size: trees of one shape around a leaf share its proof. The signed checkpoint binds size and root.
    at = draw(st.sampled_from([0, 2, 4]))
    wrong = list(good)
    wrong[at] = draw(st.integers(-2, 2**64)) if at == 0 else _flipped(good[at], draw(st.integers(0, 255)))  # type: ignore[arg-type]
    if wrong[at] != good[at]:
        with pytest.raises(NotProven):
            verify_inclusion(*wrong)  # type: ignore[arg-type]


@given(st.lists(st.binary(max_size=40), max_size=12), st.integers(0, 2**64), st.integers(0, 2**64))
def test_arbitrary_bytes_are_refused_and_raise_nothing_else(parts: list[bytes], one: int, two: int) -> None:
    leaf, root = sha256(b"a").digest(), sha256(b"b").digest()
    with pytest.raises(NotProven):
        verify_inclusion(one, two, leaf, parts, root)
    with pytest.raises(NotProven):
        verify_consistency(one, leaf, two, root, parts)
