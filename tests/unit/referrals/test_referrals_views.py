"""What a viewer is shown, and the tag of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.referrals.application.things import Things
from services.referrals.application.views import Viewer, may_know, may_read, opened
from services.referrals.domain import cases, concerns, corrections, referrals, screenings
from services.referrals.domain.commands import JoinAgency, RecordScreening, ReportConcern, StateCall
from services.referrals.domain.parts import Concern, Matter, Referral
from services.referrals.vault import MemoryVault
from tests.mou.alder import MOU
from tests.unit.referrals.made import (
    ADVOCATE,
    BODIES,
    DEPUTY,
    NOW,
    OFFICER,
    REQUEST,
    SCREENER,
    SHELTER,
    Log,
    a_concern,
    a_referral,
    at,
)

SECRET = b"0" * 32


def viewer(caller=SCREENER):
    return Viewer(caller, MOU)


def tag(kind, things, caller=SCREENER):
    return viewer(caller).etag(kind, things, SECRET)


class TwoMatters:
    """A case of a dependency matter (advocacy takes part) and a delinquency matter (probation does), each with a
    concern that holds an identity."""

    def __init__(self):
        self.log = log = Log()
        for _ in range(2):
            said = ReportConcern(immediate_danger="yes", clear={"identity": {"name": "somebody"}})
            log.append(concerns.report(said, at(DEPUTY)), "sheriff")
        self.first, self.second = (p for p in log.parts.values() if isinstance(p, Concern))
        log.append(concerns.open_case(self.first, BODIES["open-case"], at()))
        dependency = log.one(Matter)
        log.append(referrals.request(dependency, REQUEST.model_copy(update={"matter": "delinquency"}), at()))
        delinquency = log.one(Matter)
        log.append(concerns.attach(self.second, delinquency, BODIES["attach-concern"], at()))
        log.append(cases.join(log.parts[dependency.id], JoinAgency(agency="advocacy"), at()))
        log.append(cases.join(log.parts[delinquency.id], JoinAgency(agency="probation"), at()))
        self.dependency, self.delinquency = log.parts[dependency.id], log.parts[delinquency.id]
        self.concerns = [log.parts[self.first.id], log.parts[self.second.id]]
        self.things = Things(matters=(self.dependency, self.delinquency))


class Recording(MemoryVault):
    """Remembers what it was asked to open."""

    asked: list[str]

    def open_many(self, parts):
        self.asked = [part.sealed for part in parts]
        return [{"opened": part.sealed} for part in parts]


class TestACaseOfTwoMatters:
    @pytest.mark.parametrize("order", [1, -1])
    @pytest.mark.parametrize(("caller", "own"), [(ADVOCATE, "dependency"), (OFFICER, "delinquency")])
    def test_shows_an_agency_the_matter_it_takes_part_in_and_nothing_of_the_other(self, caller, own, order):
        made = TwoMatters()
        things = Things(matters=made.things.matters[::order])
        view = viewer(caller).view("case", things)
        assert [m["matter"] for m in view["matters"]] == [own]
        vault = Recording()
        shown, classes = opened(viewer(caller), "case", things, vault, made.concerns)
        mine = made.concerns[0] if own == "dependency" else made.concerns[1]
        assert [fact["event"] for fact in shown["identity"]["facts"]] == [mine.sealed["identity"][0].event]
        assert classes == ("identity",)
        assert len(vault.asked) == 1

    def test_shows_the_lead_both(self):
        made = TwoMatters()
        assert len(viewer().view("case", made.things)["matters"]) == 2
        shown, _ = opened(viewer(), "case", made.things, Recording(), made.concerns)
        assert len(shown["identity"]["facts"]) == 2

    def test_does_not_move_the_tag_of_who_does_not_see_what_changed(self):
        made = TwoMatters()
        before = tag("case", made.things, ADVOCATE)
        made.log.append(cases.join(made.delinquency, JoinAgency(agency="shelter"), at()))
        after = Things(matters=(made.dependency, made.log.parts[made.delinquency.id]))
        assert tag("case", after, ADVOCATE) == before
        assert tag("case", after, OFFICER) != tag("case", made.things, OFFICER)
        assert tag("case", after) != tag("case", made.things)


class TestTheTagOfAReferral:
    def test_does_not_move_with_what_else_happens_in_the_case(self):
        log = Log()
        referral, matter = a_referral("requested", log)
        before = tag("referral", Things(referral=referral, matters=(matter,)), ADVOCATE)
        log.append(cases.join(matter, JoinAgency(agency="shelter"), at()))
        log.append(referrals.request(matter, REQUEST.model_copy(update={"recipient": "shelter"}), at()))
        after = Things(referral=log.parts[referral.id], matters=(log.one(Matter),))
        assert tag("referral", after, ADVOCATE) == before

    def test_moves_with_its_own_answer(self):
        log = Log()
        referral, matter = a_referral("requested", log)
        before = tag("referral", Things(referral=referral, matters=(matter,)), ADVOCATE)
        log.append(referrals.receive(referral, matter, BODIES["receive-referral"], at(ADVOCATE)))
        after = Things(referral=log.parts[referral.id], matters=(matter,))
        assert tag("referral", after, ADVOCATE) != before

    def test_is_another_for_another_agency_and_for_another_role(self):
        referral, matter = a_referral("requested")
        things = Things(referral=referral, matters=(matter,))
        supervisor = replace(ADVOCATE, roles=frozenset({"supervisor"}))
        tags = {tag("referral", things, caller) for caller in (SCREENER, ADVOCATE, supervisor)}
        assert len(tags) == 3

    def test_is_the_same_whatever_the_purpose(self):
        log = Log()
        said = REQUEST.model_copy(update={"clear": {"identity": {"name": "somebody"}}})
        a_concern("attached", log)
        log.append(referrals.request(log.one(Matter), said, at()))
        things = Things(referral=log.one(Referral), matters=(log.one(Matter),))
        other = replace(ADVOCATE, purpose="audit")
        assert viewer(other).view("referral", things) != viewer(ADVOCATE).view("referral", things)
        assert tag("referral", things, other) == tag("referral", things, ADVOCATE)

    @pytest.mark.parametrize("given", ["", "*", "é", "\ud800", 'W/"x"', ",,,", '"' + "x" * 5_000])
    def test_is_not_matched_by_anything_else(self, given):
        referral, matter = a_referral("requested")
        things = Things(referral=referral, matters=(matter,))
        assert not viewer().is_current(given, "referral", things, SECRET)

    def test_is_matched_in_a_list_and_never_as_a_weak_tag(self):
        referral, matter = a_referral("requested")
        things = Things(referral=referral, matters=(matter,))
        current = tag("referral", things)
        assert viewer().is_current(f'"other", {current}', "referral", things, SECRET)
        assert not viewer().is_current(f"W/{current}", "referral", things, SECRET)


class TestWhoKnows:
    def test_a_stranger_to_the_referral_does_not_know_of_it(self):
        referral, matter = a_referral("requested")
        things = Things(referral=referral, matters=(matter,))
        known = {
            c.agency: may_know(viewer(c), "referral", things) for c in (SCREENER, ADVOCATE, SHELTER, DEPUTY)
        }
        assert known == {"human-services": True, "advocacy": True, "shelter": False, "sheriff": False}

    def test_a_wrong_purpose_is_told_and_not_hidden(self):
        referral, matter = a_referral("requested")
        things = Things(referral=referral, matters=(matter,))
        wrong = viewer(replace(ADVOCATE, purpose="audit"))
        assert may_know(wrong, "referral", things)
        refused = may_read(wrong, "referral", things)
        assert (refused.reason, refused.clause) == ("purpose-may-not", "4.6")
        assert may_read(viewer(ADVOCATE), "referral", things) is None

    def test_while_there_is_no_mou_an_agency_knows_of_its_own_report_only(self):
        things = Things(concern=a_concern("waiting"))
        assert may_know(Viewer(DEPUTY, None), "concern", things)
        assert not may_know(Viewer(SCREENER, None), "concern", things)
        assert opened(Viewer(DEPUTY, None), "concern", things, MemoryVault()) == ({}, ())

    def test_a_view_has_no_sealed_fact_no_youth_and_no_stream(self):
        log = Log()
        log.append(concerns.report(ReportConcern(clear={"identity": {"name": "somebody"}}), at(DEPUTY)))
        concern = log.one(Concern)
        log.append(concerns.state_call(concern, None, StateCall(called_at=NOW), at(DEPUTY)))
        view = viewer().view("concern", Things(concern=log.parts[concern.id]))
        assert not {"sealed", "youth", "stream", "subject", "version", "case_stream"} & set(view)
        assert view["classes"] == {"disclosed": ["identity"], "withheld": []}
        assert "sealed-identity" not in str(view)


class TestAReferralThatWasForwarded:
    def chain(self):
        log = Log()
        first, matter = a_referral("rejected", log)
        log.append(referrals.forward(first, matter, BODIES["forward-referral"], at(SCREENER)), SCREENER)
        second = log.one(Referral)
        both = (log.parts[first.id], second)
        return [Things(matters=(log.one(Matter),), referral=one) for one in both], first, second

    def test_shows_where_it_went_and_what_it_follows_to_the_agency_that_asked(self):
        (before, after), first, second = self.chain()
        assert viewer().view("referral", before)["forwarded_to"] == [second.id]
        assert viewer().view("referral", after)["follows"] == first.id

    def test_shows_neither_to_the_agency_that_declined_nor_to_the_next_one(self):
        (before, after), first, second = self.chain()
        assert second.id not in str(viewer(ADVOCATE).view("referral", before))
        assert first.id not in str(viewer(SHELTER).view("referral", after))

    def test_does_not_move_the_tag_of_the_agency_that_declined(self):
        (before, _), first, _ = self.chain()
        unmoved = replace(before, referral=first)
        assert tag("referral", before, ADVOCATE) == tag("referral", unmoved, ADVOCATE)
        assert tag("referral", before) != tag("referral", unmoved)


class TestTheEntriesOnAReferral:
    def test_are_shown_with_the_event_to_mark_and_how_they_were_taken_back_but_not_by_whom(self):
        log = Log()
        referral, matter = a_referral("accepted", log)
        log.append(corrections.undo(referral, matter, BODIES["undo-referral"], at(ADVOCATE)), ADVOCATE)
        things = Things(matters=(log.one(Matter),), referral=log.one(Referral))
        [step] = viewer().view("referral", things)["steps"]
        assert (step["event"], step["struck"]) == (referral.steps[0].event, "undone")
        assert ADVOCATE.person not in str(step)


class TestTheBandOfAScreening:
    def case(self):
        log = Log()
        _, matter = a_referral("accepted", log)
        joined = cases.join(matter, JoinAgency(agency="sheriff"), at())
        log.append(joined)
        before = Things(matters=(log.one(Matter),))
        screened = RecordScreening(tool="cse-it", tool_version="2.0", band="clear-concern")
        log.append(screenings.record(log.one(Matter), screened, at(SCREENER)), SCREENER)
        return before, Things(matters=(log.one(Matter),))

    @pytest.mark.parametrize("caller", [SCREENER, ADVOCATE])
    def test_is_shown_to_those_who_serve_the_youth(self, caller):
        [shown] = viewer(caller).view("case", self.case()[1])["matters"][0]["screenings"]
        assert (shown["tool"], shown["band"]) == ("cse-it", "clear-concern")

    def test_is_hidden_from_law_enforcement_on_the_team_and_does_not_move_its_tag(self):
        deputy = replace(DEPUTY, purpose="coordinate")
        before, after = self.case()
        assert may_know(viewer(deputy), "case", after)
        assert "clear-concern" not in str(viewer(deputy).view("case", after))
        assert tag("case", before, deputy) == tag("case", after, deputy)
        assert tag("case", before) != tag("case", after)
