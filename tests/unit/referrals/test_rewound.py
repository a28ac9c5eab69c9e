"""From where a submissions topic is read on that lacks what was last taken from it."""

from __future__ import annotations

import pytest

from services.referrals.intake.rewound import first_new


@pytest.mark.parametrize(
    ("answered", "end", "first"),
    [
        ([], 0, 0),
        ([True, True, True], 3, 3),
        ([True, True, False, False], 4, 2),
        ([True, False, True, False], 4, 1),
        ([True, None, True, False], 4, 3),
        ([True, True, None, None], 4, 2),
        ([True, True, None, False], 4, 2),
        ([None, None], 2, 0),
    ],
)
def test_it_is_the_first_without_an_answer_or_what_lies_behind_the_last_that_has_one(answered, end, first):
    assert first_new(list(enumerate(answered)), end) == first
