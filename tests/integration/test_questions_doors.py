"""Questions, answers and calls through the API and as submissions on Kafka, on a real PostgreSQL."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.integration.referrals_made import county

pytestmark = pytest.mark.platform
WORDS = {"narrative": {"text": "CANARY-12 invented words."}}


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with county(infra, tmp_path_factory.mktemp("questions")) as made:
        yield made


def post(here, referral, door, body, person, **more):
    path = f"/v1/referrals/{referral}"
    return here.post(f"{path}/{door}", body, person, etag=here.etag(path, person), **more)


def question_of(here, referral):
    """The id of the event that asked."""
    [event] = here.events(kind="referral.information-asked", referral=referral)
    return event.envelope.id


def submitted(here, agency, command, referral, data, sealed=None):
    """The receipt of a submission that is based on what the agency's system sees now."""
    event = here.submission(agency, command, data, subject=referral)
    event["basedon"] = here.etag(f"/v1/referrals/{referral}", f"{agency}-system")
    if sealed:
        event["data"]["sealed"] = {cls: here.seal(event["id"], cls, facts) for cls, facts in sealed.items()}
    return here.take(agency, event).data


class TestOverHttp:
    def test_a_question_is_answered_and_both_sides_read_it(self, here):
        referral = here.referral()
        asked = post(here, referral, "ask-information", {"missing": ["age"], "clear": WORDS}, "advocate")
        assert asked.status_code == 200, asked.text
        body = {"question": question_of(here, referral), "clear": {"narrative": {"text": "Sixteen."}}}
        assert post(here, referral, "give-information", body, "worker").status_code == 200
        for person in ("advocate", "worker"):
            shown = here.get(f"/v1/referrals/{referral}", person).json()
            [question] = shown["questions"]
            assert (question["missing"], "answer" in question) == (["age"], True)
            told = [fact["facts"]["text"] for fact in shown["opened"]["narrative"]["facts"]]
            assert told[-2:] == [WORDS["narrative"]["text"], "Sixteen."]
        assert shown["status"] == "requested"

    def test_an_answer_without_what_it_is_based_on_is_not_taken(self, here):
        referral = here.referral()
        path = f"/v1/referrals/{referral}/give-information"
        assert here.post(path, {"question": str(uuid4()), "clear": WORDS}, "worker").status_code == 428

    @pytest.mark.parametrize(
        ("door", "person", "body", "status", "field"),
        [
            ("ask-information", "advocate", {"missing": []}, 422, "/missing"),
            ("ask-information", "advocate", {"missing": ["no-such-code"]}, 422, "/missing/0"),
            ("ask-information", "worker", {"missing": ["age"]}, 403, None),
            ("give-information", "advocate", {"question": str(uuid4()), "clear": WORDS}, 403, None),
            ("give-information", "worker", {"question": str(uuid4()), "clear": WORDS}, 422, "/question"),
        ],
    )
    def test_what_is_not_taken_says_which_field(self, here, door, person, body, status, field):
        answer = post(here, here.referral(), door, body, person)
        assert answer.status_code == status, answer.text
        assert [one["pointer"] for one in answer.json().get("errors", ())] == ([field] if field else [])

    def test_an_answer_in_a_class_that_the_other_agency_may_not_see_is_not_taken(self, here):
        referral = here.referral()
        post(here, referral, "ask-information", {"missing": ["medical-need"]}, "advocate")
        body = {"question": question_of(here, referral), "clear": {"health": {"text": "CANARY-12"}}}
        answer = post(here, referral, "give-information", body, "worker")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/clear/health")
        assert "CANARY-12" not in answer.text

    def test_a_call_needs_a_key_and_is_one_with_it(self, here):
        path = f"/v1/referrals/{(referral := here.referral())}/calls"
        said = {"called_at": "2026-03-01T10:00:00Z", "called_by": "recipient", "result": "no-answer"}
        key = str(uuid4())
        for _ in range(2):
            assert here.post(path, said, "advocate", key=key).status_code == 200
        assert len(here.events(kind="referral.call-stated", referral=referral)) == 1


class TestOverKafka:
    def test_a_system_asks_the_other_answers_sealed_and_either_states_a_call(self, here):
        referral = here.referral()
        asked = submitted(here, "advocacy", "ask-information", referral, {"missing": ["language"]})
        assert (str(asked.outcome), asked.command) == ("accepted", "ask-information")
        given = {"question": question_of(here, referral)}
        told = submitted(here, "human-services", "give-information", referral, given, WORDS)
        assert str(told.outcome) == "accepted"
        said = {"called_at": "2026-03-01T10:00:00Z", "called_by": "sender"}
        called = submitted(here, "human-services", "state-referral-call", referral, said)
        assert str(called.outcome) == "accepted"
        shown = here.get(f"/v1/referrals/{referral}", "advocate").json()
        assert shown["opened"]["narrative"]["facts"][-1]["facts"] == WORDS["narrative"]
        assert [call["called_by"] for call in shown["calls"]] == ["sender"]
