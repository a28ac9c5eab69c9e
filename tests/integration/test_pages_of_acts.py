"""Recording what was done outside Accord, by the pages, on a real PostgreSQL."""

from __future__ import annotations

import pytest

from tests.integration.casework_made import casework, said

pytestmark = pytest.mark.platform
CANARY = "Quillon-0417"


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with casework(infra, tmp_path_factory.mktemp("done")) as made:
        yield made


class TestInACase:
    def test_says_that_nothing_is_recorded_and_offers_to(self, here):
        case = here.county.case()
        words = said(here.person("worker").get(f"/cases/{case}"))
        assert "Done outside Accord Nothing is recorded." in words
        assert "Record what was done" in words

    def test_what_was_done_stands_on_the_page_afterwards(self, here):
        case, worker = here.county.case(), here.person("worker")
        sent = worker.send(
            f"/cases/{case}/done",
            act="cross-reported/law-enforcement",
            method="telephone",
            done_at="2026-03-02 14:15",
            number=CANARY,
        )
        page = worker.follow(sent)
        assert "What was done is recorded in case C-" in said(page)
        assert "Cross-reported – Law enforcement, By telephone: Alder County Human Services" in said(page)
        [event] = here.county.events(kind="act.recorded", case=case)
        assert (event.data.act, event.data.to, event.envelope.time.isoformat()) == (
            *("cross-reported", "law-enforcement"),
            "2026-03-02T22:15:00+00:00",
        )
        assert CANARY not in event.value.decode()
        opened = here.county.get(f"/v1/cases/{case}", "worker").json()["opened"]["narrative"]["facts"]
        assert [fact["facts"] for fact in opened] == [{"number": CANARY}]

    def test_without_a_time_it_was_just_now(self, here):
        case, worker = here.county.case(), here.person("worker")
        assert worker.send(f"/cases/{case}/done", act="team-met").status_code == 303
        [event] = here.county.events(kind="act.recorded", case=case)
        assert event.data.flags == ()

    @pytest.mark.parametrize(
        ("typed", "told"),
        [
            ({"act": "", "number": CANARY}, "Choose what was done."),
            ({"act": "cross-reported/ncmec", "number": CANARY}, "Choose what was done."),
            ({"act": "team-met", "done_at": "yesterday"}, "Write the date and time like 2026-03-03 14:15."),
            ({"act": "team-met", "done_at": "2026-03-08 02:30"}, "The clocks go forward then"),
        ],
    )
    def test_what_is_missing_is_said_and_what_was_typed_is_kept(self, here, typed, told):
        case, worker = here.county.case(), here.person("worker")
        page = worker.send(f"/cases/{case}/done", **typed)
        assert page.status_code == 422
        assert told in said(page)
        assert all(f'value="{value}"' in page.text for name, value in typed.items() if name != "act")
        assert here.county.events(kind="act.recorded", case=case) == []

    def test_of_another_agencys_case_there_is_no_such_page(self, here):
        assert here.person("advocate").get(f"/cases/{here.county.case()}/done").status_code == 404

    def test_in_spanish_the_words_are_spanish(self, here):
        page = here.person("worker", language="es").get(f"/cases/{here.county.case()}/done")
        assert "Se informó a otra agencia – " in said(page)
        assert "Cross-reported" not in said(page)


class TestOnAConcern:
    def test_who_reported_it_records_the_written_report(self, here):
        concern, deputy = here.county.concern(), here.person("deputy")
        page = deputy.follow(
            deputy.send(f"/concerns/{concern}/done", act="written-report-sent/child-welfare", method="form")
        )
        assert "What was done is recorded: K-" in said(page)
        assert "The written report was sent – Child welfare, By a form" in said(page)

    def test_a_double_click_records_it_once(self, here):
        concern, deputy = here.county.concern(), here.person("deputy")
        path = f"/concerns/{concern}/done"
        form = {"act": "written-report-sent/child-welfare", "done_at": "2026-03-02 14:15"}
        key = {"key": "7c0e4a52-2f6c-4a0e-9d7e-0f3f6f1b8a11"}
        assert [deputy.send(path, **form, **key).status_code for _ in range(2)] == [303, 303]
        assert len(here.county.events(kind="act.recorded", concern=concern)) == 1
