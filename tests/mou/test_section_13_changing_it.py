import pytest
from alder import (
    ADVISOR,
    ADVOCATE,
    AUDITOR,
    COORDINATOR,
    DEPUTY,
    OPERATOR,
    SOCIAL_WORKER,
    STRANGER,
    allowed,
    someone,
)

from shared.mou import Act, ThingFacts

COUNTY_COORDINATOR = someone("coordinator", "county")


def speaking_for(agency):
    return ThingFacts("mou", owner=agency)


class TestMou_7_1_ProposingAChange:
    @pytest.mark.parametrize("caller", [COORDINATOR, COUNTY_COORDINATOR], ids=lambda c: c.agency)
    def test_a_coordinator_proposes_a_version(self, caller):
        assert allowed(caller, Act.PROPOSE_MOU).clause == "7.1"
        assert allowed(caller, Act.PROPOSE_MOU).allowed

    @pytest.mark.parametrize(
        "caller", [SOCIAL_WORKER, OPERATOR, ADVISOR, AUDITOR], ids=lambda c: min(c.roles)
    )
    def test_nobody_else_does(self, caller):
        assert not allowed(caller, Act.PROPOSE_MOU).allowed


class TestMou_13_4_WhoSigns:
    @pytest.mark.parametrize("caller", [COORDINATOR, COUNTY_COORDINATOR], ids=lambda c: c.agency)
    def test_a_coordinator_records_the_signature_of_any_party(self, caller):
        answer = allowed(caller, Act.SIGN_MOU, speaking_for("sheriff"))
        assert (answer.allowed, answer.clause) == (True, "13.4")

    def test_nobody_else_does_not_even_for_their_own_agency(self):
        assert not allowed(DEPUTY, Act.SIGN_MOU, speaking_for("sheriff")).allowed


class TestMou_13_7_CommentsOnAProposedVersion:
    @pytest.mark.parametrize("caller", [SOCIAL_WORKER, DEPUTY, ADVOCATE], ids=lambda c: c.agency)
    def test_people_of_a_party_comment_for_it(self, caller):
        answer = allowed(caller, Act.COMMENT_MOU, speaking_for(caller.agency))
        assert (answer.allowed, answer.clause) == (True, "13.7")

    def test_the_survivor_advisory_board_comments(self):
        assert allowed(ADVISOR, Act.COMMENT_MOU, speaking_for("county")).allowed

    def test_the_board_still_sees_no_case(self):
        reads = [act for act in Act if act.startswith("read-")]
        assert [act for act in reads if allowed(ADVISOR, act, ThingFacts("case")).allowed] == []

    def test_nobody_comments_for_another_agency(self):
        answer = allowed(ADVOCATE, Act.COMMENT_MOU, speaking_for("shelter"))
        assert (answer.allowed, answer.reason) == (False, "not-your-agency")

    def test_a_coordinator_enters_what_came_on_paper_from_anybody(self):
        assert allowed(COORDINATOR, Act.COMMENT_MOU, speaking_for(None)).allowed

    def test_an_agency_that_never_signed_does_not_comment(self):
        assert allowed(STRANGER, Act.COMMENT_MOU, speaking_for(STRANGER.agency)).reason == "not-a-party"

    def test_only_a_coordinator_answers(self):
        assert allowed(COORDINATOR, Act.ANSWER_MOU_COMMENT).clause == "13.7"
        assert not allowed(ADVISOR, Act.ANSWER_MOU_COMMENT).allowed
        assert not allowed(SOCIAL_WORKER, Act.ANSWER_MOU_COMMENT).allowed
