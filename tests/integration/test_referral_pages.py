"""A referral's page over HTTP, on real PostgreSQL: each state, each act, and what is not taken."""

from __future__ import annotations

import pytest

from tests.integration.refer_made import pagewise

pytestmark = pytest.mark.platform


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with pagewise(infra, tmp_path_factory.mktemp("referral-pages")) as made:
        yield made


@pytest.fixture
def advocate(here):
    return here.reader("advocate")


@pytest.fixture
def worker(here):
    return here.reader("worker")


class TestTheNextStep:
    def test_leads_from_the_request_to_the_end(self, here, advocate, worker):
        referral = here.county.referral()
        path = f"/referrals/{referral}"
        advocate.get(path)
        assert "Your next step: Say that you have it" in advocate.words
        advocate.fill(f"{path}/receive")
        assert "The agency that asked can see that you have it." in advocate.words
        advocate.fill(f"{path}/accept", {"worker": "me", "first_contact_by": "2026-12-24 09:30"})
        assert "Accepted. The agency that asked is told." in advocate.words
        assert "Thu, Dec 24, 2026, 9:30 AM PST" in advocate.words
        advocate.fill(f"{path}/start")
        advocate.fill(f"{path}/complete", {"outcome": "completed", "attempts": "2"})
        assert "It is completed. You are done." in advocate.words
        assert "The service was given as asked" in advocate.words
        worker.get(path)
        assert "Nothing to do here now" in worker.words

    def test_is_whatever_the_life_cycle_says_after_a_hold_and_a_no(self, here, advocate, worker):
        referral = here.county.referral()
        path = f"/referrals/{referral}"
        here.act(referral, "accept", "advocate")
        advocate.get(f"{path}/hold")
        advocate.fill(f"{path}/hold", {"reason": "waitlist", "until": "2027-01-04 08:00"})
        assert "Your next step: Say that it goes on" in advocate.words
        assert "Waiting for a place" in advocate.words
        advocate.fill(f"{path}/resume")
        advocate.get(f"{path}/not-completed")
        advocate.fill(f"{path}/not-completed", {"reason": "not-engaged"})
        assert "It was not completed. You are done." in advocate.words
        worker.get(path)
        assert "Your next step: Ask another agency" in worker.words
        assert "Not completed" in worker.words
        assert not any(word in worker.words.lower() for word in ("failed", "rejected"))

    def test_for_whom_it_is_to_wait_names_the_agency(self, here, worker):
        worker.get(f"/referrals/{here.county.referral()}")
        assert "Nothing for you now: Lantern Advocacy has been asked." in worker.words


class TestAnotherMove:
    def test_decline_says_why_in_the_memorandums_words_and_who_else(self, here, advocate, worker):
        referral = here.county.referral()
        path = f"/referrals/{referral}"
        advocate.get(f"{path}/decline")
        words = {"reason": "no-capacity", "alternatives": ["shelter"], "words": "A bed is free on Monday."}
        advocate.fill(f"{path}/decline", words)
        worker.get(f"{path}?done=decline")
        for told in ("The agency could not take it", "No capacity now", "Harbor Youth Shelter"):
            assert told in worker.words
        assert "A bed is free on Monday." in worker.words
        [event] = here.county.events(kind="referral.rejected", referral=referral)
        assert (event.data.reason, event.data.alternatives) == ("no-capacity", ("shelter",))

    def test_what_was_typed_and_not_sent_is_there_again_until_it_is_sent(self, here, advocate):
        path = f"/referrals/{here.county.referral()}/decline"
        here.work.desk.drafts.keep(
            advocate.person, path, {"reason": ("no-capacity",), "words": ("Not sent.",)}
        )
        advocate.get(path)
        assert "Not sent." in advocate.page
        advocate.fill(path, {"reason": "no-capacity"})
        assert here.work.desk.drafts.of(advocate.person, path) == {}

    def test_undo_is_there_for_ones_own_entry_and_gives_what_was_before(self, here, advocate):
        referral = here.county.referral()
        path = f"/referrals/{referral}"
        advocate.get(path)
        advocate.fill(f"{path}/receive")
        advocate.get(f"{path}/undo")
        advocate.fill(f"{path}/undo")
        assert "Your next step: Say that you have it" in advocate.words
        assert "This was undone. It counts no more." in advocate.words

    def test_an_entry_is_marked_as_wrong_by_its_agency(self, here, advocate, worker):
        referral = here.county.referral()
        here.act(referral, "accept", "advocate")
        path = f"/referrals/{referral}"
        advocate.get(f"{path}/wrong")
        [entry] = [
            event.envelope.id for event in here.county.events(kind="referral.accepted", referral=referral)
        ]
        assert entry in advocate.page
        advocate.fill(f"{path}/wrong", {"entry": entry, "reason": "wrong-entry"})
        assert "This was marked as wrong. It counts no more." in advocate.words
        worker.get(f"{path}/wrong")
        worker.fill(f"{path}/wrong", {"entry": "all", "reason": "wrong-youth"})
        assert "Entered by mistake" in worker.words

    def test_taking_back_a_request_is_for_who_asked(self, here, advocate, worker):
        referral = here.county.referral()
        path = f"/referrals/{referral}"
        worker.get(f"{path}/cancel")
        advocate.get(f"{path}/cancel")
        assert advocate.path == path
        worker.fill(f"{path}/cancel", {"reason": "need-met"})
        assert "It is no longer asked for." in worker.words
        assert "The need was met in another way" in worker.words


class TestWhatCannotBeTaken:
    @pytest.mark.parametrize(
        ("act", "typed", "field", "told"),
        [
            ("decline", {"words": "Kept as typed."}, "reason", "Choose why."),
            ("decline", {"reason": "made-up"}, "reason", "Choose why."),
            ("accept", {"first_contact_by": "3/3/26"}, "first_contact_by", "Write the date and time"),
            ("accept", {"time": "2999-01-01 10:00"}, "time", "This time has not come yet."),
            (
                "not-completed",
                {"reason": "not-engaged", "attempts": "-1"},
                "attempts",
                "Write a whole number",
            ),
            ("accept", {"time": "2026-03-08 02:30"}, "time", "The clocks go forward then"),
        ],
    )
    def test_comes_back_as_typed_with_what_to_do_beside_its_field(
        self, here, advocate, act, typed, field, told
    ):
        path = f"/referrals/{here.county.referral()}/{act}"
        advocate.get(path)
        advocate.fill(path, typed, status=422)
        assert f'href="#{field}"' in advocate.page
        assert told in advocate.words
        for value in typed.values():
            assert value in advocate.page or value == "made-up"

    def test_a_field_that_the_form_does_not_have_is_not_sent(self, here, advocate):
        referral = here.county.referral()
        path = f"/referrals/{referral}"
        advocate.get(f"{path}/accept")
        advocate.fill(f"{path}/accept", {"flags": "x", "agency": "probation", "entry": "all"})
        [event] = here.county.events(kind="referral.accepted", referral=referral)
        assert (event.envelope.agency, event.data.worker) == ("advocacy", None)

    def test_another_persons_token_takes_nothing(self, here, advocate):
        referral = here.county.referral()
        path = f"/referrals/{referral}/receive"
        advocate.get(f"/referrals/{referral}")
        advocate.send(path, {**advocate.form(path), "form-token": "forged"}, status=403)
        assert here.county.events(kind="referral.received", referral=referral) == []

    def test_a_second_send_of_the_same_form_is_done_once(self, here, advocate):
        referral = here.county.referral()
        path = f"/referrals/{referral}"
        advocate.get(f"{path}/accept")
        form = {**advocate.form(f"{path}/accept"), "worker": "me"}
        for _ in range(2):
            advocate.send(f"{path}/accept", form)
            assert "Accepted. The agency that asked is told." in advocate.words
        assert len(here.county.events(kind="referral.accepted", referral=referral)) == 1

    def test_somebody_was_first_and_the_same_can_still_be_done(self, here, advocate):
        referral = here.county.referral()
        path = f"/referrals/{referral}/decline"
        advocate.get(path)
        here.act(referral, "receive", "advocacy-system")
        typed = {"reason": "no-capacity", "words": "Typed before."}
        advocate.fill(path, typed, status=412)
        assert "This changed while you had it open" in advocate.words
        assert "In hand – Lantern Advocacy" in advocate.words
        assert "Typed before." in advocate.page
        assert 'value="no-capacity" checked' in advocate.page
        advocate.fill(path, typed)
        assert "The agency could not take it" in advocate.words

    def test_somebody_was_first_and_it_can_no_longer_be_done(self, here, advocate):
        referral = here.county.referral()
        path = f"/referrals/{referral}/decline"
        advocate.get(path)
        here.act(referral, "accept", "advocacy-system")
        advocate.fill(path, {"reason": "no-capacity", "words": "Typed before."}, status=412)
        assert "Accepted – Lantern Advocacy" in advocate.words
        assert "This can no longer be done." in advocate.words
        assert "Typed before." in advocate.words

    def test_an_entry_that_was_undone_meanwhile_is_named(self, here, advocate):
        referral = here.county.referral()
        path = f"/referrals/{referral}"
        here.act(referral, "receive", "advocacy-system")
        advocate.get(f"{path}/accept")
        here.act(referral, "undo", "advocacy-system")
        advocate.fill(f"{path}/accept", {}, status=412)
        assert "An entry was taken back or changed – Lantern Advocacy" in advocate.words


class TestWhoMaySeeIt:
    @pytest.mark.parametrize("who", ["officer", "auditor", "shelter"])
    @pytest.mark.parametrize("page", ["", "/accept", "/wrong"])
    def test_for_others_it_is_not_there(self, here, who, page):
        reader = here.reader(who)
        there = reader.get(f"/referrals/{here.county.referral()}{page}", status=404)
        missing = reader.get(f"/referrals/6f1d2c54-8a37-4f0e-9b61-2d7c5e90a413{page}", status=404)
        assert words_of(there) == words_of(missing)

    @pytest.mark.parametrize("id", ["1", "not-an-id", "6f1d2c54-8a37-4f0e-9b61-2d7c5e90a41x"])
    def test_what_is_no_id_is_not_there(self, advocate, id):
        advocate.get(f"/referrals/{id}", status=404)

    def test_an_act_that_nobody_has_is_not_there(self, here, advocate):
        advocate.get(f"/referrals/{here.county.referral()}/forward-it", status=404)

    def test_each_reads_what_the_memorandum_opens_to_them_and_why(self, here, advocate, worker):
        clear = {"narrative": {"text": "CANARY-WORDS"}, "health": {"text": "CANARY-HEALTH"}}
        referral = here.county.referral(clear=clear)
        advocate.get(f"/referrals/{referral}")
        assert "CANARY-WORDS" in advocate.words
        assert "Shared under clause 6.4 of the memorandum" in advocate.words
        assert "Withheld from you: no clause of the memorandum opens it to you" in advocate.words
        assert "CANARY-HEALTH" not in advocate.page
        coordinator = here.reader("coordinator")
        coordinator.get(f"/referrals/{referral}")
        assert "CANARY-WORDS" in coordinator.words
        title = advocate.page.partition("</title>")[0]
        assert "CANARY" not in title

    def test_a_name_is_covered_in_privacy_view(self, here):
        referral = here.county.referral(clear={"identity": {"name": "Testa Example"}})
        reader = here.reader("advocate", privacy=True)
        reader.get(f"/referrals/{referral}")
        assert "Covered. Show names to read it." in reader.words
        assert "Testa Example" not in reader.page

    def test_each_reading_is_recorded_once(self, here, advocate):
        referral = here.county.referral()
        for _ in range(3):
            advocate.get(f"/referrals/{referral}")
        assert len(here.county.events(kind="record.read", about=referral)) == 1


class TestWaysOn:
    def test_to_the_case_are_for_who_may_know_of_it(self, here, advocate, worker):
        case = here.county.case()
        referral = here.county.referral(case)
        link = f'href="/cases/{case}"'
        assert link in worker.get(f"/referrals/{referral}")
        assert link not in advocate.get(f"/referrals/{referral}")
        here.act(referral, "accept", "advocate")
        assert link in advocate.get(f"/referrals/{referral}")
        assert f'href="/cases/{case}/refer"' in advocate.get(f"/cases/{case}")

    def test_from_the_case_ask_an_agency(self, here, worker):
        case = here.county.case()
        assert f'href="/cases/{case}/refer"' in worker.get(f"/cases/{case}")


class TestInSpanish:
    def test_the_page_is_spanish_and_the_memorandums_words_say_that_they_are_english(self, here):
        reader = here.reader("advocate", language="es")
        reader.get(f"/referrals/{here.county.referral()}")
        assert '<span lang="en">Advocacy beyond the first response</span>' in reader.page
        assert "Su próximo paso" in reader.words


def words_of(page: str) -> str:
    """The page without what differs by request."""
    return page.partition("<main")[2].partition("</main>")[0]
