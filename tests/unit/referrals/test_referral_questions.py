"""Questions on a referral, what is told, and calls: what counts, what is refused, and that nothing else moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.referrals.domain import asking, corrections
from services.referrals.domain.asking import shown_to_recipient
from services.referrals.domain.commands import (
    AskInformation,
    EnterReferralInError,
    GiveInformation,
    StateReferralCall,
    UndoReferral,
)
from services.referrals.domain.offers import offers
from services.referrals.domain.parts import Matter, Referral
from shared.errors import Refusal
from tests.mou.alder import MOU
from tests.unit.referrals.made import (
    ADVOCATE,
    BODIES,
    NOW,
    REFERRAL_ACTS,
    SCREENER,
    Log,
    a_referral,
    at,
)

WORDS = {"narrative": {"text": "Invented words."}}


def asked(status="received", missing=("language",)):
    """A referral in this status with one question on it."""
    log = Log()
    referral, matter = a_referral(status, log)
    facts = asking.ask(referral, matter, AskInformation(missing=missing, clear=WORDS), at(ADVOCATE))
    log.append(facts, ADVOCATE)
    return log, log.parts[referral.id]


def tell(log, question, clear=WORDS):
    """The agency that asked answers."""
    body = GiveInformation(question=question, clear=clear)
    return log.append(asking.give(log.one(Referral), log.one(Matter), body, at(SCREENER)), SCREENER)


class TestAQuestion:
    def test_stands_open_with_its_codes_and_its_words_sealed(self):
        _, referral = asked(missing=("language", "consent", "language"))
        [question] = referral.open_questions
        assert (question.missing, question.answer) == (("language", "consent"), None)
        assert "narrative" in referral.sealed

    @pytest.mark.parametrize("status", ["requested", "received", "accepted", "in-progress", "on-hold"])
    def test_moves_no_status_and_no_clock(self, status):
        log = Log()
        before, _ = a_referral(status, log)
        _, after = asked(status)
        same = ("status", "received_at", "answered_at", "started_at", "ended_at", "held_until", "respond_by")
        assert {n: getattr(before, n) for n in same} == {n: getattr(after, n) for n in same}

    def test_names_what_is_on_the_countys_list_and_nothing_else(self):
        referral, matter = a_referral("received")
        with pytest.raises(Refusal) as refused:
            asking.ask(referral, matter, AskInformation(missing=("age", "maria-lopez")), at(ADVOCATE))
        assert (refused.value.reason, refused.value.field) == ("unknown-code", "/missing/1")
        assert "maria" not in str(refused.value)

    def test_is_open_no_longer_once_the_referral_waits_for_nothing(self):
        log, referral = asked()
        facts = REFERRAL_ACTS["accept-referral"](
            referral, log.one(Matter), BODIES["accept-referral"], at(ADVOCATE)
        )
        log.append(facts, ADVOCATE)
        assert log.one(Referral).open_questions
        done = REFERRAL_ACTS["complete-referral"](
            log.one(Referral), log.one(Matter), BODIES["complete-referral"], at(ADVOCATE)
        )
        log.append(done, ADVOCATE)
        after = log.one(Referral)
        assert (len(after.questions), after.open_questions) == (1, ())

    def test_that_was_taken_back_counts_no_more(self):
        log, referral = asked()
        log.append(corrections.undo(referral, log.one(Matter), UndoReferral(), at(ADVOCATE)), ADVOCATE)
        assert log.one(Referral).questions == ()


class TestAnAnswer:
    def test_closes_its_question_and_no_other(self):
        log, referral = asked()
        more = AskInformation(missing=("consent",))
        log.append(asking.ask(referral, log.one(Matter), more, at(ADVOCATE)), ADVOCATE)
        first, second = log.one(Referral).open_questions
        [event] = tell(log, first.event)
        assert log.one(Referral).open_questions == (second,)
        assert log.one(Referral).questions[0].answer == event.envelope.id
        assert log.one(Referral).status == "received"

    def test_names_who_asked_so_that_they_are_told(self):
        log, referral = asked()
        [event] = tell(log, referral.questions[0].event)
        assert event.data.asked_by == ADVOCATE.person

    def test_to_an_agencys_system_names_nobody(self):
        log = Log()
        referral, matter = a_referral("received", log)
        system = replace(ADVOCATE, person="kafka of advocacy", system=True, roles=frozenset())
        log.append(asking.ask(referral, matter, AskInformation(missing=("age",)), at(system)), system)
        [event] = tell(log, log.one(Referral).questions[0].event)
        assert event.data.asked_by is None

    def test_is_given_once(self):
        log, referral = asked()
        question = referral.questions[0].event
        tell(log, question)
        with pytest.raises(Refusal) as refused:
            tell(log, question)
        assert (refused.value.reason, refused.value.field) == ("no-such-question", "/question")

    def test_that_was_wrong_opens_its_question_again(self):
        log, referral = asked()
        [event] = tell(log, referral.questions[0].event)
        wrong = EnterReferralInError(reason="wrong-entry", entry=event.envelope.id)
        log.append(
            corrections.enter_in_error(log.one(Referral), log.one(Matter), wrong, at(SCREENER)), SCREENER
        )
        assert len(log.one(Referral).open_questions) == 1

    @pytest.mark.parametrize("clear", [{}, {"narrative": {}}], ids=["no class", "an empty class"])
    def test_says_something(self, clear):
        log, referral = asked()
        with pytest.raises(Refusal) as refused:
            tell(log, referral.questions[0].event, clear)
        assert (refused.value.reason, refused.value.field) == ("invalid-field", "/clear")

    @pytest.mark.parametrize(
        "cls", ["health", "substance_use", "address", "education", "reporter", "justice"]
    )
    def test_holds_no_class_that_nobody_of_the_agency_may_see(self, cls):
        log, referral = asked()
        with pytest.raises(Refusal) as refused:
            tell(log, referral.questions[0].event, {**WORDS, cls: {"text": "Invented."}})
        assert (refused.value.reason, refused.value.field) == ("class-not-shown", f"/clear/{cls}")
        assert "narrative" in refused.value.remedy

    def test_to_a_health_provider_may_hold_health_facts_and_to_a_school_school_facts(self):
        referral, matter = a_referral("received")
        to = {
            agency: set(shown_to_recipient(referral.model_copy(update={"recipient": agency}), matter, MOU))
            for agency in ("advocacy", "medical-hub", "office-of-education")
        }
        plain = {"identity", "contact", "narrative"}
        assert to["advocacy"] == plain
        assert to["medical-hub"] == plain | {"health"}
        assert to["office-of-education"] == plain | {"education"}


class TestWhatIsOffered:
    def test_an_answer_is_offered_to_whoever_can_give_it_while_a_question_waits(self):
        log, referral = asked()
        matter = log.one(Matter)
        offered = offers(referral, matter, at(SCREENER))
        assert "give-information" in offered.acts
        assert offered.tells == ("identity", "contact", "narrative")
        theirs = offers(referral, matter, at(ADVOCATE))
        assert ("give-information" in theirs.acts, "ask-information" in theirs.acts, theirs.tells) == (
            False,
            True,
            (),
        )
        tell(log, referral.questions[0].event)
        assert "give-information" not in offers(log.one(Referral), matter, at(SCREENER)).acts


class TestACall:
    def test_says_when_who_called_and_what_came_of_it_and_moves_nothing(self):
        log = Log()
        referral, matter = a_referral("rejected", log)
        for caller, by, result in ((SCREENER, "sender", "no-answer"), (ADVOCATE, "recipient", "reached")):
            said = StateReferralCall(called_at=NOW - timedelta(hours=1), called_by=by, result=result)
            log.append(asking.call(log.one(Referral), matter, said, at(caller)), caller)
        after = log.one(Referral)
        assert [(c.called_by, c.result) for c in after.calls] == [
            ("sender", "no-answer"),
            ("recipient", "reached"),
        ]
        assert (after.status, after.sealed) == ("rejected", referral.sealed)
        assert log.events[-1].envelope.time == NOW - timedelta(hours=1)

    def test_in_the_future_is_kept_as_it_was_said_and_flagged(self):
        referral, matter = a_referral("received")
        ahead = NOW + timedelta(hours=1)
        [fact] = asking.call(
            referral, matter, StateReferralCall(called_at=ahead, called_by="sender"), at(SCREENER)
        )
        assert (fact.data.called_at, fact.time, fact.data.flags) == (ahead, NOW, ("ahead.called_at",))

    def test_that_was_a_slip_of_the_finger_is_taken_back_even_before_any_other_entry(self):
        log = Log()
        referral, matter = a_referral("requested", log)
        said = StateReferralCall(called_at=NOW, called_by="sender")
        log.append(asking.call(referral, matter, said, at(SCREENER)), SCREENER)
        log.append(corrections.undo(log.one(Referral), matter, UndoReferral(), at(SCREENER)), SCREENER)
        assert (log.one(Referral).calls, log.one(Referral).status) == ((), "requested")

    def test_holds_nothing_but_codes(self):
        assert "clear" not in StateReferralCall.model_fields
        with pytest.raises(ValueError, match="result"):
            StateReferralCall(called_at=NOW, called_by="sender", result="left-a-message")

    def test_is_stated_by_nobody_in_a_role_that_does_no_casework(self):
        referral, matter = a_referral("received")
        admin = replace(ADVOCATE, roles=frozenset({"agency-admin"}))
        with pytest.raises(Refusal) as refused:
            asking.call(referral, matter, StateReferralCall(called_at=NOW, called_by="sender"), at(admin))
        assert refused.value.reason == "role-may-not"
