"""What was done outside Accord, as it is recorded on a concern and in a case."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.referrals.domain import acts
from services.referrals.domain.commands import EnterActInError, RecordAct
from services.referrals.domain.evolve import moments_of
from services.referrals.domain.parts import Concern, Matter
from shared.errors import Refusal
from shared.events.names import SealedClass
from tests.unit.referrals.made import (
    ADVOCATE,
    DEPUTY,
    NOW,
    OFFICER,
    SCREENER,
    SHELTER,
    Log,
    a_concern,
    a_referral,
    at,
)

SENT = RecordAct(act="cross-reported", to="law-enforcement", method="telephone")
NUMBER = {SealedClass.JUSTICE: {"number": "invented-0417"}}


def in_a_case(log, caller=SCREENER, **changes):
    body = SENT.model_copy(update=changes)
    place = acts.in_case(log.one(Matter))
    return log.append(acts.record(place, body, at(caller)), caller)


@pytest.fixture
def log():
    log = Log()
    a_referral("accepted", log)
    return log


class TestInACase:
    def one(self, log, caller=SCREENER, **changes):
        in_a_case(log, caller, **changes)
        return list(log.one(Matter).acts.items())[-1]

    def test_is_kept_as_what_when_to_whom_and_how(self, log):
        monday = NOW - timedelta(days=3)
        _, one = self.one(log, done_at=monday)
        assert (one.act, one.to, one.method, one.done_at) == (
            *("cross-reported", "law-enforcement", "telephone"),
            monday,
        )
        assert (one.agency, one.flags, one.struck) == ("human-services", (), None)

    @pytest.mark.parametrize(
        ("changes", "flag", "field"),
        [
            ({"act": "of-our-own"}, "act-not-listed", ("act", "not-listed")),
            ({"to": "ncmec"}, "to-not-listed", ("to", "not-listed")),
            ({"act": None, "to": None}, "missing.act", ("act", "not-stated")),
            ({"matter": "delinquency"}, "matter-not-of-case", ("act", "cross-reported")),
            ({"done_at": NOW + timedelta(hours=1)}, "ahead.done_at", ("act", "cross-reported")),
        ],
    )
    def test_is_never_refused_for_its_form_it_is_flagged(self, log, changes, flag, field):
        _, one = self.one(log, **changes)
        assert (one.flags, getattr(one, field[0])) == ((flag,), field[1])

    def test_is_never_refused_for_want_of_training_it_is_flagged(self, log):
        untrained = replace(ADVOCATE, roles=frozenset({"agency-admin"}))
        assert self.one(log, untrained)[1].flags == ("role-not-listed",)

    @pytest.mark.parametrize("caller", [SHELTER, OFFICER])
    def test_is_refused_to_an_agency_that_is_not_on_the_team(self, log, caller):
        with pytest.raises(Refusal) as refused:
            self.one(log, caller)
        assert (refused.value.reason, refused.value.clause) == ("not-a-participant", "5.8")

    def test_its_words_stand_with_it_and_not_with_the_case(self, log):
        place = acts.in_case(log.one(Matter))
        [fact] = acts.record(place, SENT.model_copy(update={"clear": NUMBER}), at(SCREENER))
        assert fact.seal == NUMBER
        assert "invented-0417" not in fact.data.model_dump_json()
        before = log.one(Matter).sealed
        sealed = fact.data.model_copy(update={"sealed": {SealedClass.JUSTICE: "a-jwe"}})
        log.append([replace(fact, data=sealed, seal={})], SCREENER)
        after = log.one(Matter)
        assert after.sealed == before
        assert list(after.acts.values())[-1].sealed["justice"].jwe == "a-jwe"

    def test_more_words_than_an_event_holds_are_refused_with_what_to_do(self, log):
        with pytest.raises(Refusal) as refused:
            self.one(log, clear={SealedClass.NARRATIVE: {"said": "x" * 70_000}})
        assert (refused.value.reason, refused.value.field) == ("too-large", "/clear/narrative")

    def test_moves_nothing_that_those_are_shown_who_do_not_see_it(self, log):
        before = log.one(Matter)
        (event,) = in_a_case(log)
        after = log.one(Matter)
        assert after.shown == before.shown
        assert after.changed > before.changed
        assert list(moments_of(after, event)) == [("acts", event.data.record, "recorded_at")]

    def test_is_entered_in_error_by_the_agency_that_recorded_it_or_the_lead_once(self, log):
        for caller in (ADVOCATE, SCREENER):
            record, _ = self.one(log, ADVOCATE)
            wrong = EnterActInError(record=record, reason="wrong-youth")
            log.append(acts.enter_in_error(acts.in_case(log.one(Matter)), wrong, at(caller)), caller)
            assert log.one(Matter).acts[record].struck == "wrong-youth"
            with pytest.raises(Refusal) as refused:
                acts.enter_in_error(acts.in_case(log.one(Matter)), wrong, at(caller))
            assert (refused.value.reason, refused.value.field) == ("no-such-entry", "/record")

    def test_of_another_agency_is_not_ours_to_mark(self, log):
        record, _ = self.one(log, SCREENER)
        wrong = EnterActInError(record=record, reason="wrong-youth")
        with pytest.raises(Refusal) as refused:
            acts.enter_in_error(acts.in_case(log.one(Matter)), wrong, at(ADVOCATE))
        assert refused.value.clause == "5.9"


class TestOnAConcern:
    def test_stands_with_the_concern_while_it_belongs_to_no_case(self):
        log = Log()
        concern = a_concern("waiting", log)
        [fact] = acts.record(acts.on_concern(concern, None), SENT, at(DEPUTY))
        assert (fact.data.concern, fact.data.case, fact.stream) == (concern.id, None, concern.stream)
        log.append([fact], DEPUTY)
        assert [one.act for one in log.one(Concern).acts.values()] == ["cross-reported"]

    def test_once_it_belongs_to_a_case_stands_there_and_names_the_concern(self, log):
        concern, matter = log.one(Concern), log.one(Matter)
        [fact] = acts.record(acts.on_concern(concern, matter), SENT, at(SCREENER))
        assert (fact.data.concern, fact.data.case, fact.stream) == (concern.id, matter.case, matter.stream)

    def test_is_not_recorded_by_who_neither_reported_it_nor_leads(self):
        log = Log()
        concern = a_concern("waiting", log)
        with pytest.raises(Refusal) as refused:
            acts.record(acts.on_concern(concern, None), SENT, at(ADVOCATE))
        assert refused.value.clause == "5.8"
