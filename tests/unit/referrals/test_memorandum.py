"""The life of a version, decided: what may follow what, and what is refused with which reason."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from services.referrals.domain import adopting
from services.referrals.domain import memorandum as m
from services.referrals.domain.commands_mou import (
    AdoptMou,
    AdoptProposal,
    AnswerMouComment,
    CommentMou,
    ProposeMou,
    SignMou,
)
from services.referrals.domain.deciding import At, NewIds
from services.referrals.domain.evolve import evolve, part_of
from services.referrals.domain.versions import Memorandum, Standing, standing, versions_of
from shared.errors import Refusal
from shared.events import Draft, read
from shared.events.names import MOU_TOPIC, Agency, SealedClass
from shared.events.types.mou import MouAdopted, MouSuperseded
from shared.mou.documents import text_of
from shared.mou.facts import CallerFacts
from shared.mou.load import load, packed_document
from shared.mou.terms import effective_at, signers, unsigned
from tests.mou.alder import MOU

NOW = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
NEXT = MOU.model_copy(update={"version": "alder-2027.1", "effective": date(2027, 1, 1)})
THREE = load(text_of("three-counties"))
DIGEST = "sha256:" + "a" * 64


def someone(agency, *roles):
    return CallerFacts(agency, frozenset(roles), "coordinate", person=str(uuid4()))


COORDINATOR = someone("human-services", "coordinator")
ADVISOR = someone("county", "advisory-board")
DEPUTY = someone("sheriff", "deputy")
COUNTY_COORDINATOR = someone("county", "coordinator")


def at(caller=COORDINATOR, mou=MOU, now=NOW):
    return At(caller, mou, now, NewIds(*(str(uuid4()) for _ in fields(NewIds))))


class Life:
    """A county's memorandum while versions of it are proposed and adopted; holds what the events make of it."""

    def __init__(self, mou=MOU):
        self.mou, self.events, self.proposals, self.documents, self.count = mou, [], {}, {}, 0

    def keep(self, facts, recorded=NOW):
        for fact in facts:
            sealed = {name: "e.y.J.w.e" for name in fact.seal}
            data = fact.data.model_copy(update={"sealed": sealed}) if sealed else fact.data
            self.count += 1
            draft = Draft(
                id=uuid4(), topic=MOU_TOPIC, source="/agencies/county", subject=fact.subject, time=fact.time,
                stream=fact.stream, commandid=str(uuid4()), correlationid=str(uuid4()), actor=str(uuid4()),
                agency="human-services", purpose="coordinate", mouversion="x", clause=fact.clause, data=data,
            )  # fmt: skip
            event = read(draft.seal_bytes(recorded, self.count))
            self.events.append(event)
            place = part_of(event)
            if place is not None:
                self.proposals[place[1]] = evolve(self.proposals.get(place[1]), event)
        return facts

    @property
    def memorandum(self):
        return Memorandum(versions_of(self.events), tuple(self.proposals.values()))

    def propose(self, document=NEXT, caller=COORDINATOR, **more):
        command = ProposeMou(document=packed_document(document), **more)
        [fact] = self.keep(m.propose(self.memorandum, command, document, at(caller, self.mou)))
        self.documents[fact.data.proposal] = document
        return fact.data.proposal

    def comment(self, proposal, caller=DEPUTY, text="The hours are too few.", **more):
        document = self.documents[proposal]
        command = CommentMou(text=text, **more)
        [fact] = self.keep(m.comment(self.proposals[proposal], command, document, at(caller, self.mou)))
        return fact

    def answer(self, proposal, comment, caller=COORDINATOR):
        command = AnswerMouComment(comment=comment, text="They are now twelve.")
        return self.keep(m.answer(self.proposals[proposal], command, at(caller, self.mou)))

    def sign(self, proposal, party="sheriff", signed_on=date(2026, 11, 19), caller=COORDINATOR, **more):
        command = SignMou(party=party, signed_on=signed_on, **more)
        document = self.documents[proposal]
        return self.keep(m.sign(self.proposals[proposal], command, document, at(caller, self.mou)))

    def all_sign(self, proposal):
        for one in signers(self.documents[proposal]):
            self.sign(proposal, one.agency, county=one.county, office=one.office)

    def adopt(self, proposal, caller=COORDINATOR, board_item="2026-12-08/24"):
        command = AdoptProposal(pdf_digest=DIGEST, board_item=board_item)
        known = (self.proposals[proposal], self.memorandum, command, self.documents[proposal])
        return self.keep(adopting.adopt_proposal(*known, at(caller, self.mou)))

    def adopt_directly(self, document=MOU, signed_by=None, mou=...):
        signed = signed_by if signed_by is not None else unsigned(document, ())
        command = AdoptMou(document=packed_document(document), signed_by=signed)
        judged_by = self.mou if mou is ... else mou
        return self.keep(adopting.adopt(self.memorandum, command, document, at(COORDINATOR, judged_by)))


@pytest.fixture
def life():
    """Alder County, where today's document is in force."""
    made = Life()
    made.adopt_directly(mou=None)
    return made


def refused(reason, act, *given, **more):
    with pytest.raises(Refusal) as found:
        act(*given, **more)
    assert found.value.reason == reason
    assert found.value.clause
    assert found.value.detail
    assert found.value.remedy
    return found.value


class TestProposing:
    def test_names_the_version_in_force_as_what_it_is_based_on_and_the_digest_of_the_text(self, life):
        proposal = life.proposals[life.propose()]
        assert (proposal.proposes, proposal.based_on) == ("alder-2027.1", MOU.version)
        assert proposal.digest == packed_document(NEXT)["digest"]

    def test_a_version_that_was_adopted_is_not_proposed_again(self, life):
        assert refused("mou-version-known", life.propose, MOU).field == "/document/version"

    def test_a_version_that_is_proposed_is_not_proposed_again(self, life):
        life.propose()
        refused("mou-version-proposed", life.propose)

    def test_is_based_on_a_version_that_there_was(self, life):
        assert refused("unknown-code", life.propose, based_on="alder-1999.1").field == "/based_on"

    def test_is_not_for_a_deputy(self, life):
        assert refused("not-allowed", life.propose, caller=DEPUTY).clause == "7.1"


class TestCommenting:
    def test_is_for_a_party_and_its_words_are_sealed_and_stand_nowhere_else(self, life):
        proposal = life.propose()
        fact = life.comment(proposal, clause="9.2")
        assert (fact.data.party, fact.data.clause, fact.data.through) == ("sheriff", "9.2", "web")
        assert fact.seal == {SealedClass.NARRATIVE: {"text": "The hours are too few."}}
        assert "hours" not in str(fact.data)
        assert (fact.youth, fact.clause) == (proposal, "13.7")

    def test_somebody_of_the_board_speaks_for_the_board(self, life):
        assert life.comment(life.propose(), ADVISOR).data.party == "advisory-board"

    def test_a_coordinator_enters_the_boards_paper_and_it_stands_under_the_boards_name(self, life):
        fact = life.comment(life.propose(), COORDINATOR, party="advisory-board", through="paper")
        assert (fact.data.party, fact.data.through) == ("advisory-board", "paper")

    def test_nobody_speaks_for_the_board_over_the_web_who_does_not_sit_on_it(self, life):
        proposal = life.propose()
        found = refused("invalid-field", life.comment, proposal, COUNTY_COORDINATOR, party="advisory-board")
        assert found.field == "/through"
        refused("not-your-agency", life.comment, proposal, DEPUTY, party="advisory-board", through="paper")

    @pytest.mark.parametrize(
        ("more", "field"),
        [({"clause": "99.9"}, "/clause"), ({"party": "nobody-known", "through": "paper"}, "/party")],
    )
    def test_names_a_clause_and_a_party_that_there_are(self, life, more, field):
        assert refused("unknown-code", life.comment, life.propose(), COORDINATOR, **more).field == field

    def test_is_over_once_the_version_is_adopted(self, life):
        proposal = life.propose()
        life.all_sign(proposal)
        life.adopt(proposal)
        refused("illegal-transition", life.comment, proposal)


class TestAnswering:
    def test_is_once_and_by_the_coordinator(self, life):
        proposal = life.propose()
        comment = life.comment(proposal).data.comment
        assert refused("not-allowed", life.answer, proposal, comment, DEPUTY).clause == "13.7"
        life.answer(proposal, comment)
        assert life.proposals[proposal].unanswered == ()
        refused("comment-answered", life.answer, proposal, comment)

    def test_is_of_a_comment_that_there_is(self, life):
        assert refused("no-such-comment", life.answer, life.propose(), str(uuid4())).field == "/comment"


class TestSigning:
    def test_names_the_office_in_the_documents_own_words(self, life):
        [fact] = life.sign(life.propose(), "sheriff", pdf_digest=DIGEST)
        assert (fact.data.party, fact.data.office, fact.clause) == ("sheriff", "Sheriff", "13.4")

    def test_is_recorded_once(self, life):
        proposal = life.propose()
        life.sign(proposal)
        refused("already-signed", life.sign, proposal)

    def test_is_by_whom_the_document_names(self, life):
        found = refused("no-such-signatory", life.sign, life.propose(), "juvenile-court")
        assert "sheriff, Sheriff" in found.remedy

    def test_lies_neither_in_the_future_nor_after_the_day_of_effect(self, life):
        proposal = life.propose()
        refused("too-far-ahead", life.sign, proposal, signed_on=date(2026, 11, 21))
        early = life.propose(NEXT.model_copy(update={"version": "early", "effective": date(2026, 11, 18)}))
        found = refused("signed-after-effect", life.sign, early, signed_on=date(2026, 11, 19))
        assert found.field == "/signed_on"
        life.sign(early, signed_on=date(2026, 11, 18))

    def test_the_day_is_the_countys(self, life):
        """At 16:00 UTC it is the 20th in Alder County; four hours after midnight UTC it still is."""
        proposal, late = life.propose(), datetime(2026, 11, 21, 4, tzinfo=UTC)
        command = SignMou(party="sheriff", signed_on=date(2026, 11, 21))
        given = (life.proposals[proposal], command, NEXT)
        refused("too-far-ahead", m.sign, *given, at(now=late))
        assert m.sign(*given, at(now=late.replace(hour=9)))

    def test_each_county_signs_for_itself(self):
        life = Life(None)
        proposal = life.propose(THREE)
        refused("no-such-signatory", life.sign, proposal, "probation")
        life.sign(proposal, "probation", county="birch", signed_on=date(2026, 5, 12))
        left = adopting.still_to_sign(life.proposals[proposal], THREE)
        assert [one.county for one in left if one.agency == "probation"] == ["cedar", "hazel"]


class TestAdopting:
    def test_names_the_digest_of_the_signed_pdf_the_boards_item_and_the_proposal(self, life):
        proposal = life.propose()
        life.all_sign(proposal)
        adopted, _ = life.adopt(proposal)
        data = adopted.data
        assert (data.pdf_digest, data.board_item, data.proposal) == (DIGEST, "2026-12-08/24", proposal)
        assert data.document == packed_document(NEXT)
        assert data.effective == effective_at(NEXT)
        assert set(data.signed_by) == set(unsigned(NEXT, ()))
        assert not life.proposals[proposal].open

    def test_waits_for_every_answer_and_says_whose_comment_it_is(self, life):
        proposal = life.propose()
        life.all_sign(proposal)
        comment = life.comment(proposal, ADVISOR, clause="9.2").data.comment
        found = refused("comments-unanswered", life.adopt, proposal)
        assert found.clause == "13.7"
        assert "advisory-board on clause 9.2 of alder-2027.1" in found.remedy
        life.answer(proposal, comment)
        assert life.adopt(proposal)

    def test_waits_for_every_signature_and_names_those_that_are_missing(self, life):
        proposal = life.propose()
        for one in signers(NEXT)[:-1]:
            life.sign(proposal, one.agency)
        found = refused("not-signed-by-all", life.adopt, proposal)
        assert found.clause == "13.4"
        assert found.remedy == f"Adopt it once these have signed: {signers(NEXT)[-1].words}."

    def test_a_changed_text_does_not_rid_one_of_a_comment_on_the_text_before_it(self, life):
        first = life.propose()
        comment = life.comment(first).data.comment
        second = life.propose(NEXT.model_copy(update={"version": "alder-2027.1b"}))
        life.all_sign(second)
        refused("comments-unanswered", life.adopt, second)
        life.answer(first, comment)
        assert life.adopt(second)

    def test_takes_no_version_back_that_came_into_force_meanwhile(self, life):
        first, second = life.propose(), life.propose(NEXT.model_copy(update={"version": "alder-2027.2"}))
        life.all_sign(first)
        life.all_sign(second)
        life.adopt(first)
        life.mou = NEXT
        found = refused("based-on-another", life.adopt, second)
        assert "alder-2027.1" in found.remedy

    def test_is_not_for_a_deputy(self, life):
        proposal = life.propose()
        life.all_sign(proposal)
        assert refused("not-allowed", life.adopt, proposal, DEPUTY).clause == "7.1"

    def test_an_earlier_version_is_superseded_from_the_day_of_effect_on(self, life):
        proposal = life.propose()
        life.all_sign(proposal)
        _, superseded = life.adopt(proposal)
        assert superseded.data == MouSuperseded(
            version=MOU.version, by_version="alder-2027.1", since=effective_at(NEXT)
        )

    def test_a_version_whose_place_was_taken_is_told_of_once(self, life):
        life.adopt_directly(NEXT)
        later = NEXT.model_copy(update={"version": "alder-2028.1", "effective": date(2028, 1, 1)})
        told = [
            fact.data.version for fact in life.adopt_directly(later) if isinstance(fact.data, MouSuperseded)
        ]
        assert told == ["alder-2027.1"]

    def test_a_version_to_come_whose_place_is_taken_before_its_day_never_comes(self, life):
        later = NEXT.model_copy(update={"version": "alder-2028.1", "effective": date(2028, 1, 1)})
        life.adopt_directly(later)
        life.adopt_directly(NEXT)
        stands = {one.version: standing(one, MOU.version, NOW) for one in life.memorandum.versions}
        assert stands == {
            MOU.version: Standing.IN_FORCE,
            "alder-2028.1": Standing.EARLIER,
            "alder-2027.1": Standing.TO_COME,
        }


class TestAdoptingWithoutAProposal:
    def test_the_first_one_is_adopted_while_none_is_in_force(self):
        life = Life(None)
        [fact] = life.adopt_directly()
        assert isinstance(fact.data, MouAdopted)
        assert fact.data.proposal is None

    def test_a_version_that_is_proposed_is_adopted_as_a_proposal_only(self, life):
        life.propose()
        refused("mou-version-proposed", life.adopt_directly, NEXT)

    def test_comments_on_what_is_proposed_are_answered_first(self, life):
        life.comment(life.propose())
        other = NEXT.model_copy(update={"version": "alder-2027.2"})
        refused("comments-unanswered", life.adopt_directly, other)

    def test_of_several_counties_every_office_has_signed_in_the_document(self):
        life = Life(None)
        assert life.adopt_directly(THREE)
        unsaid = tuple(one.model_copy(update={"signed": None}) for one in THREE.signatories)
        open_ones = THREE.model_copy(update={"version": "three-2", "signatories": unsaid})
        found = refused("not-signed-by-all", life.adopt_directly, open_ones)
        assert found.field == "/document/signatories"


class TestTheFirstMemorandum:
    def test_of_three_counties_is_proposed_signed_nine_times_and_adopted(self):
        life = Life(None)
        proposal = life.propose(THREE)
        assert len(signers(THREE)) == 9
        for one in signers(THREE):
            refused("not-signed-by-all", life.adopt, proposal)
            life.sign(proposal, one.agency, county=one.county, signed_on=one.signed)
        [fact] = life.adopt(proposal)
        assert fact.data.signed_by == (Agency.HUMAN_SERVICES, Agency.PROBATION, Agency.PUBLIC_HEALTH)

    def test_is_nobodys_but_the_lead_agencys_coordinator(self):
        life = Life(None)
        refused("no-mou-in-force", life.propose, caller=replace(COORDINATOR, agency="county"))
