"""A report that calls a young person an offender for solicitation: taken, its clocks running, the offence gone."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from tests.integration.casework_made import casework, said
from tests.mou.alder import MOU

pytestmark = pytest.mark.platform
CODE = "offender-solicitation"
SENTENCE = next(clause.text for clause in MOU.clauses if clause.id == "8.14")


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with casework(infra, tmp_path_factory.mktemp("offence")) as made:
        yield made


def everything(here):
    """All that is stored in clear, as text, and every sealed fact opened."""
    events = [json.dumps(event.envelope.data) for event in here.county.events()]
    with here.county.store.transaction() as connection:
        rows = connection.execute("SELECT answer::text FROM commands").fetchall()
        parts = connection.execute("SELECT state::text FROM parts").fetchall()
    return [*events, *(r["answer"] for r in rows), *(r["state"] for r in parts)]


def told(gaps):
    [gap] = [gap for gap in gaps if gap["flag"] == "offence-not-recorded"]
    return gap["clause"], gap["sentence"], bool(gap["remedy"])


class TestOverHttp:
    def test_it_is_taken_as_a_concern_with_its_clocks_running(self, here):
        answer = here.county.post("/v1/concerns", {"age_years": 15, "treated_as": CODE}, "deputy")
        assert answer.status_code == 201, answer.text
        concern = answer.json()["concern"]
        due = here.county.get(f"/v1/concerns/{concern}/duties", "deputy").json()["items"]
        assert {"call-made", "written-report-sent"} <= {one["rule"] for one in due}

    def test_that_alone_is_a_report(self, here):
        assert here.county.post("/v1/concerns", {"treated_as": CODE}, "deputy").status_code == 201

    def test_the_answer_says_so_with_clause_sentence_and_remedy(self, here):
        answer = here.county.post("/v1/concerns", {"age_years": 15, "treated_as": CODE}, "deputy").json()
        assert told(answer["gaps"]) == ("8.14", SENTENCE, True)

    def test_the_event_says_that_it_was_left_out_and_not_what(self, here):
        answer = here.county.post("/v1/concerns", {"age_years": 15, "treated_as": CODE}, "deputy").json()
        [event] = here.county.events(kind="concern.reported", concern=answer["concern"])
        assert "offence-not-recorded" in event.envelope.data["flags"]
        assert "treated_as" not in event.envelope.data
        assert event.envelope.data["sealed"] == {}
        assert not [one for one in everything(here) if CODE in one]

    @pytest.mark.parametrize("treated", ["Solicitation, PC 647(b)", ["647b"], {"charge": "647(b)"}, 647])
    def test_an_offence_in_words_of_ones_own_is_kept_nowhere_either(self, here, treated):
        answer = here.county.post("/v1/concerns", {"age_years": 15, "treated_as": treated}, "deputy").json()
        assert told(answer["gaps"]) == ("8.14", SENTENCE, True)
        [event] = here.county.events(kind="concern.reported", concern=answer["concern"])
        assert event.envelope.data["sealed"] == {}
        assert not [one for one in everything(here) if "647" in one.replace(SENTENCE, "") and "charge" in one]

    def test_a_code_that_is_not_listed_is_not_kept(self, here):
        body = {"age_years": 15, "treated_as": "some-other-offence"}
        answer = here.county.post("/v1/concerns", body, "deputy").json()
        assert "unknown-code.treated_as" in answer["flags"]
        assert not [one for one in everything(here) if "some-other-offence" in one]


class TestOverKafka:
    def test_the_receipt_says_so_and_the_offence_is_nowhere(self, here):
        event = here.county.submission("sheriff", "report-concern", {"age_years": 15, "treated_as": CODE})
        receipt = here.county.take("sheriff", event).envelope.data
        assert receipt["outcome"] == "accepted-with-flags"
        assert told(receipt["gaps"]) == ("8.14", SENTENCE, True)
        assert not [one for one in everything(here) if CODE in one]


class TestOnThePage:
    def test_the_form_offers_no_offence_at_all(self, here):
        page = here.person("deputy").get("/concerns/new")
        assert "treated_as" not in page.text
        assert "offen" not in page.text.lower()

    def test_who_reads_the_concern_is_told_that_it_was_left_out(self, here):
        body = {"age_years": 15, "treated_as": CODE}
        concern = here.county.post("/v1/concerns", body, "deputy", key=str(uuid4())).json()["concern"]
        words = said(here.person("screener").get(f"/concerns/{concern}"))
        assert "What was called an offence by the young person was not recorded." in words
        assert f"{SENTENCE} " in words
        assert "(MOU 8.14)" in words
