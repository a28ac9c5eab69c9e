"""How the partitions are dealt out to the processes that read them again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.audit.rebuild.crew import shares

MISSING = st.dictionaries(st.tuples(st.sampled_from("ab"), st.integers(0, 8)), st.integers(0, 1_000))


def test_all_have_about_as_much_to_do():
    missing = {("t", 0): 900, ("t", 1): 500, ("t", 2): 400, ("u", 0): 10, ("u", 1): 0}
    assert shares(missing, 2) == [[("t", 0), ("u", 0)], [("t", 1), ("t", 2)]]


def test_no_more_of_them_than_partitions_that_lack_something():
    assert shares({("t", 0): 5, ("t", 1): 0}, 4) == [[("t", 0)]]
    assert shares({("t", 0): 0}, 4) == []


@given(MISSING, st.integers(1, 5))
def test_each_partition_that_lacks_something_is_read_by_exactly_one(missing, most):
    dealt = shares(missing, most)
    assert sorted(place for share in dealt for place in share) == sorted(p for p, n in missing.items() if n)
    assert all(dealt)
    assert len(dealt) <= most
