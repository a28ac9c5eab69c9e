"""Each duty of the documents that Accord brings along is opened and met by what it names."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.events.moments import write_moment
from shared.mou import load
from shared.mou.documents import text_of
from shared.mou.duties.happenings import ACT_RECORDED, Happening
from shared.mou.duties.obligations import obligations
from shared.mou.duties.rules import Mode
from shared.mou.duties.states import State

DOCUMENTS = {name: load(text_of(name)) for name in ("california-csec", "three-counties")}
AT = datetime(2026, 3, 6, 18, tzinfo=UTC)
LATER = AT + timedelta(days=9999)
OPENINGS = [
    pytest.param(mou, rule, pattern, id=f"{name} {rule.id} {number}")
    for name, mou in DOCUMENTS.items()
    for rule in mou.duties
    if rule.mode is not Mode.OFF
    for number, pattern in enumerate(rule.opens)
]


def fitting(rule, pattern, id, at):
    """A happening that fits the pattern, on the concern, referral or case of the test."""
    data = {path: values[0] for path, values in pattern.where.items()}
    data |= {path: write_moment(at) for path in (*pattern.present, pattern.at) if path}
    data |= {"act": pattern.act} if pattern.act else {}
    data |= {rule.per.value: "subject"} if rule.per.value in ("concern", "referral") else {}
    return Happening(id, pattern.event or ACT_RECORDED, at, at, "v1", "subject", data)


def of(rule, mou, *history, now=LATER):
    return [
        duty
        for duty in obligations(history, lambda _: mou, now)
        if duty.rule.id == rule.id and duty.opened_by == "opening"
    ]


@pytest.mark.parametrize(("mou", "rule", "pattern"), OPENINGS)
class TestEachDutyOfTheDocuments:
    def test_it_is_opened_by_what_it_names_and_is_due_later(self, mou, rule, pattern):
        (duty,) = of(rule, mou, fitting(rule, pattern, "opening", AT), now=AT)
        assert duty.state in (State.OPEN, State.DUE_SOON)
        assert duty.due_at is None or duty.due_at > AT

    def test_it_is_met_by_whatever_it_names(self, mou, rule, pattern):
        opening = fitting(rule, pattern, "opening", AT)
        for closes in rule.closes:
            met = fitting(rule, closes, "closing", AT + timedelta(minutes=1))
            (duty,) = of(rule, mou, opening, met)
            assert (duty.state, duty.met_by) == (State.DONE_ON_TIME, "closing")

    def test_whatever_ends_it_takes_it_away(self, mou, rule, pattern):
        opening = fitting(rule, pattern, "opening", AT)
        for ends in rule.ends:
            over = fitting(rule, ends, "end", AT + timedelta(minutes=1))
            (duty,) = of(rule, mou, opening, over)
            assert (duty.state, duty.settled_by) == (State.SUPERSEDED, "end")
