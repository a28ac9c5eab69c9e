"""What follows from a process's last word, from a relay's last beat, and from what a topic waits for."""

from __future__ import annotations

from math import inf

import pytest

from services.referrals.intake.process import Line
from shared.bus.deadletters import TOO_MANY, Streak
from shared.bus.gate import relay_stands
from shared.store.pulse import judged


class TestAProcess:
    @pytest.mark.parametrize(
        ("silent", "status"), [(0.4, "ok"), (5.0, "ok"), (5.1, "warn"), (15.0, "warn"), (15.1, "fail")]
    )
    def test_that_is_silent_is_warned_of_after_five_seconds_and_fails_after_fifteen(self, silent, status):
        said = judged("intake", silent, 3)
        assert (said.status, said.process) == (status, "intake")
        assert "3 records behind" in said.detail

    def test_that_never_said_anything_fails(self):
        assert judged("intake", None, 0).status == "fail"

    @pytest.mark.parametrize(("waited", "status"), [(1.0, "warn"), (600.0, "warn"), (601.0, "fail")])
    def test_that_waits_says_for_what_and_is_the_operators_after_ten_minutes(self, waited, status):
        said = judged("consumer", 0.5, 0, "Kafka does not answer", waited)
        assert said.status == status
        assert "Kafka does not answer" in said.detail

    def test_that_waited_and_then_fell_silent_is_judged_by_its_silence(self):
        assert judged("consumer", 16.0, 0, "Kafka does not answer", 20.0).status == "fail"


class TestARelay:
    @pytest.mark.parametrize(
        ("waiting", "silent", "status"),
        [(0, 1.0, "ok"), (0, 6.0, "warn"), (0, 16.0, "fail"), (501, 1.0, "warn"), (1, inf, "fail")],
    )
    def test_is_judged_by_its_last_beat_and_by_what_waits(self, waiting, silent, status):
        said = relay_stands(waiting, silent)
        assert said.status == status
        assert f"{waiting} events wait" in said.detail


def unread(count: int) -> Streak:
    streak = Streak()
    for _ in range(count):
        streak.note(good=False)
    return streak


class TestAnAgencysTopic:
    def test_rests_after_twenty_dead_letters_in_a_row_and_while_records_lie_behind_them(self):
        line = Line(streak=unread(TOO_MANY), rests_until=60.0)
        assert line.hold(59.0, 0) is not None
        assert line.hold(61.0, 1) is not None
        assert line.hold(61.0, 0) is None

    def test_does_not_rest_after_nineteen(self):
        assert Line(streak=unread(TOO_MANY - 1)).hold(0.0, 5) is None

    def test_that_waits_says_for_what_and_mends_itself(self):
        held = Line(waits_since=1.0, waits_for="the vault does not answer").hold(2.0, 1)
        assert held is not None
        assert (held.reason, held.urgent) == ("the vault does not answer", False)

    def test_of_unreadable_records_does_not_mend_itself(self):
        held = Line(streak=unread(TOO_MANY), rests_until=60.0).hold(1.0, 0)
        assert held is not None
        assert held.urgent
