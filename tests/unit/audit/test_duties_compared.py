"""Duties worked out from a ledger beside what was recorded of them: what agrees, what is explained, what is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import pytest

from services.audit.domain.duties import Documents, Owed, owed
from services.audit.domain.duties_compared import Compare, Compared, Differs, Verdict, Why
from services.audit.domain.duties_said import Word, said
from shared.events.types.duty import DutyMet, DutyOpened, DutyUnanswered, DutyWarned, duty_id
from shared.mou import Mou
from shared.mou.duties.happenings import ACT_RECORDED, Happening
from shared.mou.duties.rules import DutyRule
from shared.mou.duties.states import State
from tests.unit.audit.county import versions
from tests.unit.audit.faithful import Faithful

MONDAY = datetime(2026, 3, 2, 17, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
RULE = DutyRule.model_validate(
    {
        "id": "call",
        "clause": "3.2",
        "says": "The call is made in time.",
        "source": "Test",
        "opens": [{"event": "accord.concern.reported.v1"}],
        "closes": [{"act": "called"}],
        "per": "concern",
        "within": {"hours": 24},
        "warn_before": 6,
        "owed_by": {"agency": "lead"},
        "escalate": [{"after_hours": 2, "queue": "human-services/supervisor"}],
    }
)


def named(name: str) -> str:
    return str(uuid5(NAMESPACE_OID, name))


def document(**more: Any) -> Mou:
    rule = RULE.model_validate({**RULE.model_dump(exclude_unset=True), **more})
    return versions()[0].model_copy(update={"duties": (rule,)})


CONCERN = named("concern")
MOU = document()
OPENED, CALLED = named("reported"), named("called")
KEY = f"call:{OPENED}"


def reported(at: datetime = MONDAY, recorded: datetime | None = None) -> Happening:
    kind, data = "accord.concern.reported.v1", {"concern": CONCERN}
    return Happening(OPENED, kind, at, recorded or at, "v1", CONCERN, data)


def called(at: datetime, recorded: datetime | None = None) -> Happening:
    data = {"act": "called", "record": named("record")}
    return Happening(CALLED, ACT_RECORDED, at, recorded or at, "v1", CONCERN, data)


def wrong(at: datetime) -> Happening:
    data = {"record": named("record"), "entry": CALLED}
    return Happening(named("wrong"), "accord.act.entered-in-error.v1", at, at, "v1", CONCERN, data)


def worked_out(history: Sequence[Happening], mou: Mou = MOU) -> Owed:
    return owed(history, Documents({"v1": mou}, mou, MONDAY - HOUR))


def recorded(
    history: Sequence[Happening], until: datetime, lag: timedelta = timedelta(seconds=1)
) -> list[Word]:
    return Faithful(lambda _: MOU, lag).run(history, until)


def compare(
    history: Sequence[Happening],
    words: Sequence[Word],
    moment: datetime,
    until: datetime | None = None,
    complete: bool = True,
) -> list[Compared]:
    """As of `moment`, with all that was recorded by `until`, up to which the ledger is complete."""
    end = until or moment + HOUR
    return Compare(worked_out(history), said(words), moment, end if complete else None).all()


def only(found: list[Compared]) -> Compared:
    (one,) = found
    return one


def whats(one: Compared) -> list[tuple[Differs, Why | None]]:
    return [(difference.what, difference.why) for difference in one.differences]


def changed(words: Sequence[Word], kind: type, **facts: Any) -> list[Word]:
    """The words, with other facts in those of this kind."""
    assert any(isinstance(word.data, kind) for word in words)
    return [
        replace(word, data=word.data.model_copy(update=facts)) if isinstance(word.data, kind) else word
        for word in words
    ]


def without(words: Sequence[Word], kind: type) -> list[Word]:
    left = [word for word in words if not isinstance(word.data, kind)]
    assert len(left) < len(words)
    return left


LATE = [reported(), called(MONDAY + 20 * HOUR, MONDAY + 30 * HOUR)]
STORIES = {
    "open": [reported()],
    "done": [reported(), called(MONDAY + 3 * HOUR)],
    "done late": [reported(), called(MONDAY + 25 * HOUR)],
    "recorded late": LATE,
    "opened late": [reported(MONDAY, MONDAY + 40 * HOUR)],
    "taken back": [reported(), called(MONDAY + 3 * HOUR), wrong(MONDAY + 5 * HOUR)],
    "taken back past due": [reported(), called(MONDAY + 3 * HOUR), wrong(MONDAY + 50 * HOUR)],
}


class TestWhatAgrees:
    @pytest.mark.parametrize("story", STORIES)
    @pytest.mark.parametrize("hours", [1, 4, 6, 19, 23.5, 24.5, 27, 31, 41, 60])
    def test_what_a_faithful_service_recorded_agrees_at_each_moment(self, story: str, hours: float) -> None:
        history, moment = STORIES[story], MONDAY + hours * HOUR
        found = compare(history, recorded(history, MONDAY + 100 * HOUR), moment, MONDAY + 100 * HOUR)
        assert [one.verdict for one in found] == [Verdict.AGREES] * len(found)
        assert len(found) == (0 if story == "opened late" and hours < 40 else 1)

    def test_late_entries_make_it_done_on_time_and_the_answer_as_of_before_stays_as_it_was(self) -> None:
        words = recorded(LATE, MONDAY + 50 * HOUR)
        before = only(compare(LATE, words, MONDAY + 27 * HOUR, MONDAY + 50 * HOUR))
        after = only(compare(LATE, words, MONDAY + 31 * HOUR, MONDAY + 50 * HOUR))
        assert before.duty is not None
        assert after.duty is not None
        assert before.duty.state is State.NO_RECORD
        assert after.duty.state is State.DONE_ON_TIME_RECORDED_LATE
        assert before.verdict is after.verdict is Verdict.AGREES

    def test_without_a_memorandum_nothing_is_owed(self) -> None:
        assert not owed([reported()], None).turns

    def test_what_names_no_version_counts_under_the_first_once_it_is_there(self) -> None:
        early = replace(reported(), mouversion="none")
        found = owed([early], Documents({"v1": MOU}, MOU, MONDAY + 2 * HOUR))
        assert found.unknown == frozenset()
        assert found.standing(MONDAY + HOUR) == []
        assert [duty.key for duty in found.standing(MONDAY + 2 * HOUR)] == [KEY]

    def test_each_event_counts_under_its_own_version_and_one_that_is_not_there_is_named(self) -> None:
        longer = document(within={"hours": 48})
        documents = Documents({"v0": MOU, "v1": longer}, MOU, MONDAY - HOUR)
        (duty,) = owed([reported()], documents).standing(MONDAY + HOUR)
        assert duty.due_at == MONDAY + 48 * HOUR
        other = owed([replace(reported(), mouversion="v7")], documents)
        assert other.unknown == {"v7"}
        assert other.standing(MONDAY + HOUR)[0].due_at == MONDAY + 24 * HOUR


class TestWhatIsExplained:
    def test_a_service_that_was_behind_recorded_it_later(self) -> None:
        words = recorded(LATE[:1], MONDAY + 50 * HOUR, lag=3 * HOUR)
        at_once = only(compare(LATE[:1], words, MONDAY + HOUR, MONDAY + 50 * HOUR))
        assert whats(at_once) == [(Differs.NOT_OPENED, Why.RECORDED_LATER)]
        assert at_once.said is None
        assert at_once.differences[0].later == MONDAY + 3 * HOUR
        due = only(compare(LATE[:1], words, MONDAY + 25 * HOUR, MONDAY + 50 * HOUR))
        assert whats(due) == [(Differs.NOT_TOLD, Why.RECORDED_LATER)]
        assert due.verdict is Verdict.EXPLAINED

    def test_an_entry_that_comes_before_the_service_could_say_so_changed_it(self) -> None:
        history = [reported(), called(MONDAY + 24 * HOUR + MINUTE)]
        words = recorded(history, MONDAY + 50 * HOUR, lag=2 * MINUTE)
        words = [word for word in words if not isinstance(word.data, DutyUnanswered)]
        one = only(compare(history, words, MONDAY + 24 * HOUR + MINUTE / 2, MONDAY + 50 * HOUR))
        assert whats(one) == [(Differs.NOT_TOLD, Why.CHANGED_SINCE)]
        assert one.differences[0].event == CALLED

    def test_an_entry_that_comes_hours_later_explains_nothing(self) -> None:
        history = [reported(), called(MONDAY + 30 * HOUR)]
        words = without(recorded(history, MONDAY + 50 * HOUR), DutyUnanswered)
        one = only(compare(history, words, MONDAY + 25 * HOUR, MONDAY + 50 * HOUR))
        assert (Differs.NOT_TOLD, None) in whats(one)

    @pytest.mark.parametrize("complete", [True, False])
    def test_as_long_as_the_ledger_may_lack_something_it_is_not_known(self, complete: bool) -> None:
        until = MONDAY + 4 * MINUTE
        one = only(compare([reported()], [], MONDAY + 3 * MINUTE, until, complete=complete))
        assert whats(one) == [(Differs.NOT_OPENED, Why.NOT_COMPLETE)]

    def test_once_it_is_complete_for_long_enough_nothing_explains_it(self) -> None:
        one = only(compare([reported()], [], MONDAY + 3 * MINUTE, MONDAY + 5 * MINUTE))
        assert whats(one) == [(Differs.NOT_OPENED, None)]
        assert one.verdict is Verdict.DIFFERS


class TestAWrongRecordIsFound:
    def words(self, history: Sequence[Happening]) -> list[Word]:
        return recorded(history, MONDAY + 50 * HOUR)

    def found(self, history: Sequence[Happening], words: Sequence[Word], hours: float = 40) -> Compared:
        return only(compare(history, words, MONDAY + hours * HOUR, MONDAY + 100 * HOUR))

    def test_another_due_time(self) -> None:
        words = changed(self.words([reported()]), DutyOpened, due_at=MONDAY + 23 * HOUR)
        assert (Differs.DUE, None) in whats(self.found([reported()], words))

    def test_another_state(self) -> None:
        history = STORIES["done late"]
        words = changed(self.words(history), DutyMet, state="done-on-time")
        assert whats(self.found(history, words)) == [(Differs.STATE, None)]

    def test_another_entry_that_met_it(self) -> None:
        history = STORIES["done"]
        words = changed(self.words(history), DutyMet, by=named("another"))
        assert whats(self.found(history, words)) == [(Differs.MET_BY, None)]

    def test_a_record_that_it_was_met_though_it_was_taken_back(self) -> None:
        history = STORIES["taken back"]
        words = self.words(history[:2])
        one = self.found(history, words, hours=20)
        assert (Differs.STATE, None) in whats(one)

    def test_a_duty_that_nothing_opens(self) -> None:
        words = changed(self.words([reported()]), DutyOpened, opening=named("another"))
        found = compare([], words[:1], MONDAY + HOUR, MONDAY + 100 * HOUR)
        assert whats(only(found)) == [(Differs.NOT_OWED, None)]

    def test_a_duty_that_was_never_recorded(self) -> None:
        assert whats(self.found([reported()], []))[0] == (Differs.NOT_OPENED, None)

    @pytest.mark.parametrize(("hours", "kind"), [(20, DutyWarned), (25, DutyUnanswered)])
    def test_a_moment_that_was_not_told(self, hours: float, kind: type) -> None:
        words = without(self.words([reported()]), kind)
        assert whats(self.found([reported()], words, hours)) == [(Differs.NOT_TOLD, None)]

    def test_what_was_on_record_in_time_is_called_without_record(self) -> None:
        history = STORIES["done"]
        facts = {"duty": str(duty_id("call", OPENED)), "rule": "call", "opening": OPENED}
        lie = DutyUnanswered(**facts, due_at=MONDAY + 24 * HOUR, revision=1)
        words = [*self.words(history), Word(named("lie"), MONDAY + 25 * HOUR, lie)]
        one = self.found(history, words)
        assert whats(one) == [(Differs.TOLD_WRONGLY, None)]
        assert one.differences[0].event == named("lie")

    def test_it_is_called_without_record_before_it_is_due(self) -> None:
        words = [
            replace(word, recorded=MONDAY + 23 * HOUR) if isinstance(word.data, DutyUnanswered) else word
            for word in self.words([reported()])
        ]
        assert (Differs.TOLD_WRONGLY, None) in whats(self.found([reported()], words))

    def test_a_late_record_of_what_was_done_in_time_does_not_make_the_earlier_word_wrong(self) -> None:
        assert self.found(LATE, self.words(LATE)).verdict is Verdict.AGREES
