"""Questions on a referral and calls about it, over HTTP, on real PostgreSQL: each side, and what is not taken."""

from __future__ import annotations

import re

import pytest

from shared.web.site.codes import code_of
from tests.integration.refer_made import pagewise

pytestmark = pytest.mark.platform
CANARY = "CANARY-11 speaks Mixtec.\nמחר 🙂 & <b>"
OPEN = "It waits for an answer. The time for the answer to the referral goes on."


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with pagewise(infra, tmp_path_factory.mktemp("question-pages")) as made:
        yield made


@pytest.fixture
def advocate(here):
    return here.reader("advocate")


@pytest.fixture
def worker(here):
    return here.reader("worker")


def asked(here, advocate, missing=("language", "consent"), words="Which language is it?", **more) -> str:
    """The page of a referral on which the agency that was asked has a question."""
    path = f"/referrals/{here.county.referral(**more)}"
    advocate.get(f"{path}/ask")
    advocate.fill(f"{path}/ask", {"missing": list(missing), "words": words})
    return path


def told(page: str) -> str:
    """The part of a page with all that an answer tells."""
    [found] = re.findall(r'<div class="accord-told">.*?</div>', page, re.DOTALL)
    return found


class TestAQuestion:
    def test_is_asked_by_who_was_asked_and_shows_on_both_sides(self, here, advocate, worker):
        path = asked(here, advocate)
        assert "Asked. The agency that can answer is told." in advocate.words
        assert OPEN in advocate.words
        worker.get(path)
        for said in ("Your next step: Answer the question", "A consent", "Which language is it?", OPEN):
            assert said in worker.words
        [event] = here.county.events(kind="referral.information-asked", referral=path.split("/")[-1])
        assert (event.data.missing, event.envelope.clause) == (("language", "consent"), "4.11")
        assert "Which language" not in event.envelope.model_dump_json()

    def test_leaves_the_next_step_of_who_asked_and_the_time_for_the_answer_as_they_were(
        self, here, advocate, worker
    ):
        path = f"/referrals/{here.county.referral(urgency='hours')}"
        advocate.get(path)
        before = re.search(r"Answer by (.*?) Case", advocate.words)
        advocate.get(f"{path}/ask")
        advocate.fill(f"{path}/ask", {"missing": "age"})
        assert "Your next step: Say that you have it" in advocate.words
        assert before is not None
        assert re.search(r"Answer by (.*?) Case", advocate.words)[1] == before[1]

    def test_says_what_is_missing(self, here, advocate):
        path = f"/referrals/{here.county.referral()}"
        advocate.get(f"{path}/ask")
        advocate.fill(f"{path}/ask", {"words": "Kept as typed."}, status=422)
        assert "Choose what is missing." in advocate.words
        assert "Kept as typed." in advocate.page

    def test_is_a_tag_in_both_queues_and_none_once_it_is_answered(self, here, advocate, worker):
        path = asked(here, advocate)
        code = code_of("referral", path.split("/")[-1])
        for reader, queue, tag in (
            (advocate, "inbound", "Your question waits for an answer"),
            (worker, "outbound", "Answer the question"),
        ):
            reader.get(f"/worklist?queue={queue}")
            assert tag in row_of(reader.page, code)
        answer(worker, path)
        for reader, queue in ((advocate, "inbound"), (worker, "outbound")):
            reader.get(f"/worklist?queue={queue}")
            assert "uestion" not in row_of(reader.page, code)

    def test_is_not_the_askers_to_answer_nor_anybody_elses(self, here, advocate):
        path = asked(here, advocate)
        advocate.get(f"{path}/answer")
        assert advocate.path == path
        here.reader("deputy").get(f"{path}/answer", status=404)

    def test_is_taken_back_by_who_asked_it_by_mistake(self, here, advocate, worker):
        path = asked(here, advocate)
        advocate.get(f"{path}/undo")
        advocate.fill(f"{path}/undo")
        worker.get(path)
        assert "Answer the question" not in worker.words
        assert "This was undone. It counts no more." in worker.words


def row_of(page: str, code: str) -> str:
    """The row of a referral in the worklist."""
    [found] = [row for row in page.split("<tr>") if f">{code}</a>" in row]
    return found


def answer(worker, path, **typed):
    """Answer the question in two steps; the page that was looked at before it was sent."""
    worker.get(f"{path}/answer")
    looked = worker.fill(
        f"{path}/answer", {"about": "narrative", "words": "Spanish.", **typed, "step": "look"}
    )
    worker.fill(f"{path}/answer", {"step": "send"})
    return looked


class TestAnAnswer:
    @pytest.mark.parametrize(
        ("who", "kind", "about"),
        [
            ("advocate", {}, "narrative"),
            ("advocate", {}, "contact"),
            ("clinician", {"recipient": "behavioral-health", "kind": "mh-outpt"}, "health"),
        ],
    )
    def test_is_seen_by_who_asked_byte_for_byte_as_it_was_looked_at(self, here, worker, who, kind, about):
        reader = here.reader(who)
        path = asked(here, reader, **kind)
        looked = answer(worker, path, about=about, words=CANARY)
        assert "Nothing was sent yet." in looked
        assert "Answered. The agency that has the question is told." in worker.words
        assert "Nothing for you now" in worker.words
        reader.get(path)
        assert told(reader.page) == told(looked)
        assert "CANARY-11" in told(looked)
        assert OPEN not in reader.words

    def test_is_for_nobody_else_not_even_in_the_lead_agency_of_another_referral(self, here, advocate, worker):
        path = asked(here, advocate)
        answer(worker, path, words=CANARY)
        for name in ("deputy", "officer", "auditor"):
            assert "CANARY-11" not in here.reader(name).get(path, status=404)

    def test_is_offered_in_those_classes_only_that_the_other_agency_may_see(self, here, advocate, worker):
        path = asked(here, advocate)
        worker.get(f"{path}/answer")
        classes = re.findall(r'name="about" value="([^"]+)"', worker.page)
        assert classes == ["identity", "contact", "narrative"]

    def test_in_another_class_is_not_taken_and_names_the_field(self, here, advocate, worker):
        path = asked(here, advocate)
        worker.get(f"{path}/answer")
        typed = {"about": "substance_use", "words": CANARY, "step": "look"}
        worker.fill(f"{path}/answer", typed, status=422)
        assert "Choose what kind of fact it is." in worker.words
        assert here.county.events(kind="referral.information-given", referral=path.split("/")[-1]) == []

    def test_that_says_nothing_comes_back_with_what_was_typed(self, here, advocate, worker):
        path = asked(here, advocate)
        worker.get(f"{path}/answer")
        worker.fill(f"{path}/answer", {"about": "contact", "step": "look"}, status=422)
        assert "Write your answer." in worker.words
        assert re.search(r'value="contact" checked', worker.page)

    def test_sent_twice_is_one_answer(self, here, advocate, worker):
        path = asked(here, advocate)
        worker.get(f"{path}/answer")
        worker.fill(f"{path}/answer", {"about": "narrative", "words": "Spanish.", "step": "look"})
        fields = {**worker.form(f"{path}/answer"), "step": "send"}
        for _ in range(2):
            worker.send(f"{path}/answer", fields)
            assert worker.path == path
        assert len(here.county.events(kind="referral.information-given", referral=path.split("/")[-1])) == 1

    def test_that_was_not_looked_at_is_looked_at_first(self, here, advocate, worker):
        path = asked(here, advocate)
        worker.get(f"{path}/answer")
        worker.fill(f"{path}/answer", {"about": "narrative", "words": "Spanish.", "step": "send"})
        assert "Look again." in worker.words
        assert here.county.events(kind="referral.information-given", referral=path.split("/")[-1]) == []

    def test_based_on_what_somebody_changed_meanwhile_comes_back_and_says_who(self, here, advocate, worker):
        path = asked(here, advocate)
        worker.get(f"{path}/answer")
        here.act(path.split("/")[-1], "accept", "advocate")
        typed = {"about": "narrative", "words": "Kept as typed.", "step": "look"}
        worker.fill(f"{path}/answer", typed, status=412)
        assert "Lantern Advocacy" in worker.words
        assert "Kept as typed." in worker.page

    def test_to_what_is_no_longer_asked_can_be_copied(self, here, advocate, worker):
        path = asked(here, advocate)
        worker.get(f"{path}/answer")
        fields = {**worker.form(f"{path}/answer"), "about": "narrative", "words": "Kept.", "step": "look"}
        here.act(path.split("/")[-1], "undo", "advocate")
        worker.send(f"{path}/answer", fields, status=412)
        assert "What you typed stands below" in worker.words
        assert "Kept." in worker.words

    def test_that_was_wrong_says_so_beside_its_words_and_the_question_waits_again(
        self, here, advocate, worker
    ):
        path = asked(here, advocate)
        answer(worker, path, words=CANARY)
        worker.get(f"{path}/wrong")
        [event] = here.county.events(kind="referral.information-given", referral=path.split("/")[-1])
        worker.fill(f"{path}/wrong", {"entry": event.envelope.id, "reason": "wrong-youth"})
        assert "Your next step: Answer the question" in worker.words
        advocate.get(path)
        assert OPEN in advocate.words
        assert "This was marked as wrong. It counts no more. What was said CANARY-11" in advocate.words

    def test_names_its_question_where_several_wait(self, here, advocate, worker):
        path = asked(here, advocate)
        advocate.get(f"{path}/ask")
        advocate.fill(f"{path}/ask", {"missing": "age"})
        worker.get(f"{path}/answer")
        worker.fill(f"{path}/answer", {"words": "Sixteen.", "about": "narrative", "step": "look"}, status=422)
        assert "Choose which question." in worker.words
        _, second = re.findall(r'name="question" value="([^"]+)"', worker.page)
        typed = {"question": second, "words": "Sixteen.", "about": "narrative", "step": "look"}
        worker.fill(f"{path}/answer", typed)
        worker.fill(f"{path}/answer", {"step": "send"})
        shown = here.county.get(f"/v1{path}", "worker").json()
        assert ["answer" in question for question in shown["questions"]] == [False, True]

    def test_is_covered_in_the_privacy_view(self, here, advocate, worker):
        path = asked(here, advocate)
        answer(worker, path, words=CANARY)
        covered = here.reader("advocate", privacy=True)
        assert "CANARY-11" not in covered.get(path)


class TestACall:
    @pytest.mark.parametrize(("who", "side"), [("worker", "sender"), ("advocate", "recipient")])
    def test_is_recorded_by_either_side_with_one_tap(self, here, who, side):
        reader = here.reader(who)
        path = f"/referrals/{here.county.referral()}"
        reader.get(path)
        typed = re.search(r'name="called_at"[^>]*value="([^"]+)"', reader.page)
        assert typed is not None
        reader.fill(f"{path}/call", {"called_at": typed[1]})
        assert "The call is recorded." in reader.words
        assert "They spoke with each other" in reader.words
        [event] = here.county.events(kind="referral.call-stated", referral=path.split("/")[-1])
        assert (str(event.data.called_by), str(event.data.result)) == (side, "reached")

    def test_in_vain_says_who_tried_and_never_what_was_left(self, here, advocate, worker):
        path = f"/referrals/{here.county.referral()}"
        worker.get(f"{path}/call")
        worker.fill(
            f"{path}/call",
            {"called_at": "2026-03-01 10:00", "called_by": "sender", "result": "left-no-message"},
        )
        advocate.get(path)
        assert "Alder County Human Services called Lantern Advocacy" in advocate.words
        assert "no message was left" in advocate.words
        assert "Your next step: Say that you have it" in advocate.words

    def test_in_the_future_is_kept_and_says_so(self, here, worker):
        path = f"/referrals/{here.county.referral()}"
        worker.get(f"{path}/call")
        typed = {"called_at": "2999-01-01 10:00", "called_by": "sender", "result": "reached"}
        worker.fill(f"{path}/call", typed)
        assert "Lies in the future as it was typed:" in worker.words

    def test_at_no_time_comes_back(self, here, worker):
        path = f"/referrals/{here.county.referral()}"
        worker.get(f"{path}/call")
        typed = {"called_at": "noon", "called_by": "sender", "result": "reached"}
        worker.fill(f"{path}/call", typed, status=422)
        assert "Write the date and time" in worker.words
        assert "noon" in worker.page

    def test_pressed_twice_is_one_call(self, here, worker):
        path = f"/referrals/{here.county.referral()}"
        worker.get(path)
        fields = {**worker.form(f"{path}/call"), "called_at": "2026-03-01 10:00"}
        for _ in range(2):
            worker.send(f"{path}/call", fields)
        assert len(here.county.events(kind="referral.call-stated", referral=path.split("/")[-1])) == 1

    def test_stands_in_the_call_log_of_both_agencies_and_of_no_other(self, here, worker):
        referral = here.county.referral()
        path, code = f"/referrals/{referral}", code_of("referral", referral)
        worker.get(f"{path}/call")
        typed = {"called_at": "2026-03-01 10:00", "called_by": "recipient", "result": "reached"}
        worker.fill(f"{path}/call", typed)
        for name in ("worker", "advocate"):
            reader = here.reader(name)
            reader.get("/calls")
            assert f"{code} Lantern Advocacy called Alder County Human Services." in reader.words
        other = here.reader("officer")
        other.get("/calls")
        assert code not in other.words

    def test_is_for_the_two_agencies_alone(self, here):
        here.reader("officer").get(f"/referrals/{here.county.referral()}/call", status=404)
