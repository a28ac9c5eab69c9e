"""Proof on pages, on a real PostgreSQL: what was checked and what does not fit, evidence asked for, who looked."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from services.audit.domain.proof.bundle import verify_bundle
from services.audit.domain.proof.outside import Outside
from services.audit.merkle.signing import read_key_file
from services.audit.stranger.reading import read_zip
from tests.integration.audit_paged import Paged, alter, looked_at, told_case, words_of
from tests.unit.audit.county import canary
from tests.unit.audit.made import Case, Log, Made

pytestmark = pytest.mark.platform


@pytest.fixture
def api(fresh_database: Callable[[str], str], tmp_path: Path) -> Iterator[Paged]:
    made = Paged.on(fresh_database("accord_audit"), tmp_path)
    yield made
    made.close()


@pytest.fixture
def case(api: Paged) -> Case:
    return told_case(api)


def relay(api: Paged) -> None:
    """What audit itself recorded comes into its ledger."""
    with api.store.transaction() as c:
        rows = c.execute(
            "SELECT kafka_topic, kafka_partition, kafka_sequence, kafka_key, state FROM stored_events"
            " ORDER BY notification_id"
        ).fetchall()
    api.keep(
        [
            Made(topic, n, at, key.encode(), bytes(state))
            for topic, n, at, key, state in map(dict.values, rows)
        ]
    )


class TestCheckingACase:
    def test_before_anything_is_signed_it_says_so(self, api: Paged, case: Case) -> None:
        said = api.page(f"/verify/{case.case}")
        assert "Nothing of this case was signed yet" in said
        assert "11 events came after the last signature." in said

    def test_what_was_signed_fits_and_the_page_says_what_was_checked(self, api: Paged, case: Case) -> None:
        answer = api.send("/verify")
        assert (answer.status_code, answer.headers["location"]) == (303, "/verify?done=signed")
        assert "Each log is signed as it is now" in api.page("/verify?done=signed")
        said = api.page(f"/verify/{case.case}")
        assert "11 events fit what was signed" in said
        assert "came after the last signature" not in said
        assert "The signatures were checked." in said

    def test_an_altered_event_is_named_by_its_number_and_the_first_comes_first(
        self, api: Paged, case: Case
    ) -> None:
        api.send("/verify")
        for event in (case.events[f"requested {case.referrals[1]}"], case.events["opened"]):
            alter(api, event)
        said = api.page(f"/verify/{case.case}")
        assert "2 events do not fit" in said
        assert "The first one is event 4." in said
        assert said.index("event 4 : The case was opened.") < said.index(
            "event 9 : A referral was asked for."
        )

    def test_an_event_that_is_gone_from_the_ledger_is_told_as_missing(self, api: Paged) -> None:
        case = Case(Log()).open()
        case.refer()
        left_out = case.events["linked"].encode()
        api.keep([m for m in case.log.made if left_out not in m.value])
        said = api.page(f"/verify/{case.case}")
        assert "Something is missing" in said

    def test_only_those_who_may_verify_see_it(self, api: Paged, case: Case) -> None:
        for who in ("court", "worker", "supervisor", "operator"):
            api.sign_in(who)
            real, none = (api.html(f"/verify/{id}", 404) for id in (case.case, uuid4()))
            assert words_of(real) == words_of(none)
        api.sign_in("court")
        assert f"/verify/{case.case}" not in api.html(f"/timeline/{case.case}")
        api.sign_in("auditor")
        assert f"/verify/{case.case}" in api.html(f"/timeline/{case.case}")


class TestCheckingEveryLog:
    def test_all_fits(self, api: Paged, case: Case) -> None:
        api.send("/verify")
        said = api.page("/verify/check")
        assert "All fits" in said
        assert "accord.referrals.events" in said

    def test_the_first_entry_that_does_not_fit_is_named_with_its_log(self, api: Paged, case: Case) -> None:
        api.send("/verify")
        event = case.events["opened"]
        (made,) = (m for m in case.log.made if m.entry.event.envelope.id == event)
        alter(api, event)
        said = api.page("/verify/check")
        assert "One entry does not fit" in said
        assert f"Log accord.referrals.events, {made.partition}, entry {made.sequence}:" in said

    def test_a_signed_checkpoint_can_be_kept(self, api: Paged, case: Case) -> None:
        assert "Nothing was signed yet." in api.page("/verify")
        api.send("/verify")
        place = next(m for m in case.log.made if m.topic == "accord.referrals.events")
        path = f"/verify/checkpoint/{place.topic}/{place.partition}"
        assert path in api.html("/verify")
        answer = api.client.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.text.startswith(f"{read_key_file(api.key_file).verifier.name}/accord.referrals.events/")
        api.page("/verify/checkpoint/accord.no.topic/0", 404)

    def test_it_is_for_the_countys_auditor_and_operator(self, api: Paged, case: Case) -> None:
        for who in ("court", "worker", "supervisor"):
            api.sign_in(who)
            for path in ("/verify", "/verify/check", "/verify/checkpoint/accord.referrals.events/0"):
                api.page(path, 404)
            assert api.send("/verify").status_code == 404
        api.sign_in("operator")
        assert "What was signed last" in api.page("/verify")

    def test_a_forged_form_signs_nothing(self, api: Paged, case: Case) -> None:
        forged = {"form-token": "guessed", "key": str(uuid4())}
        assert api.client.post("/verify", data=forged).status_code == 403
        assert "Nothing was signed yet." in api.page("/verify")


class TestEvidence:
    def test_a_bundle_is_handed_out_with_its_reason_on_the_record(self, api: Paged, case: Case) -> None:
        answer = api.send(f"/evidence/{case.case}", reason="complaint", as_of="2026-03-02", known_to="")
        assert answer.headers["content-type"] == "application/zip"
        verdict = verify_bundle(
            read_zip(io.BytesIO(answer.content)), Outside(key=read_key_file(api.key_file).verifier)
        )
        assert verdict.fits
        (made,) = api.facts("evidence.made")
        assert (made.data.bundle, made.data.reason) == (verdict.bundle, "complaint")
        assert made.envelope.purpose == "audit"

    def test_the_view_is_carried_over_and_kept_to(self, api: Paged, case: Case) -> None:
        path = f"/timeline/{case.case}?as_of=2026-03-02&known_to=public-health"
        assert f"/evidence/{case.case}?as_of=2026-03-02&amp;known_to=public-health" in api.html(path)
        html = api.html(f"/evidence/{case.case}?as_of=2026-03-02&known_to=public-health")
        assert 'value="2026-03-02"' in html
        assert '<option value="public-health" selected>' in html
        answer = api.send(
            f"/evidence/{case.case}", reason="sample", as_of="2026-03-02", known_to="public-health"
        )
        members = b"".join(read_zip(io.BytesIO(answer.content)).values())
        assert canary("identity", 1).encode() not in members
        (made,) = api.facts("evidence.made")
        assert made.data.known_to == "public-health"

    @pytest.mark.parametrize(
        ("typed", "field", "said"),
        [
            ({}, "reason", "Choose why you take it."),
            ({"reason": "because"}, "reason", "Choose why you take it."),
            ({"reason": "sample", "as_of": "soon"}, "as_of", "Write the date and time like"),
            (
                {"reason": "sample", "known_to": "probation"},
                "known_to",
                "this agency could not have known that there is a case",
            ),
        ],
    )
    def test_what_is_not_right_comes_back_and_nothing_is_made(
        self, api: Paged, case: Case, typed: dict[str, str], field: str, said: str
    ) -> None:
        answer = api.send(f"/evidence/{case.case}", **typed)
        assert answer.status_code == 422
        assert said in answer.text
        assert f'href="#{field}"' in answer.text
        assert api.facts("evidence.made") == []
        if "as_of" in typed:
            assert 'value="soon"' in answer.text
            assert 'value="sample" checked' in answer.text

    def test_others_get_none_and_a_forged_form_makes_none(self, api: Paged, case: Case) -> None:
        forged = {"form-token": "guessed", "key": str(uuid4()), "reason": "sample"}
        assert api.client.post(f"/evidence/{case.case}", data=forged).status_code == 403
        for who in ("worker", "supervisor", "operator"):
            api.sign_in(who)
            for id in (case.case, uuid4()):
                api.page(f"/evidence/{id}", 404)
                assert api.send(f"/evidence/{id}", reason="sample").status_code == 404
        assert api.facts("evidence.made") == []

    def test_bundles_that_were_made_are_listed_with_their_reason(self, api: Paged, case: Case) -> None:
        assert "None so far." in api.page(f"/evidence/{case.case}")
        api.send(f"/evidence/{case.case}", reason="court-order", known_to="public-health")
        (made,) = api.facts("evidence.made")
        relay(api)
        said = api.page(f"/evidence/{case.case}")
        assert "A court asked for it – As Alder County Public Health could have known it." in said
        assert made.data.bundle in said
        assert "(court order)" in api.page(f"/timeline/{case.case}", kind="evidence")


class TestWhoLooked:
    def test_each_look_is_told_with_agency_purpose_and_what_newest_first(self, api: Paged) -> None:
        case = looked_at(api)
        said = api.page(f"/access/{case.case}")
        rows = said[said.index("When") :]
        assert rows.index("Alder County Probation") < rows.index("Lantern Advocacy")
        assert rows.index("Lantern Advocacy") < rows.index("Alder County Sheriff")
        assert "coordinate Read case: identity" in rows
        assert "Asked for and not shown" in rows

    def test_filters_say_what_they_hide(self, api: Paged) -> None:
        case = looked_at(api)
        said = api.page(f"/access/{case.case}", how="not-shown")
        assert "1 of 3 shown. Your filters hide 2." in said
        none = api.page(f"/access/{case.case}", agency="shelter")
        assert "Nothing is shown: your filters hide all 3." in none
        assert "Agency: Harbor Youth Shelter" in none

    def test_nobody_yet(self, api: Paged, case: Case) -> None:
        assert "Nobody has looked at this case yet" in api.page(f"/access/{case.case}")

    def test_it_is_for_those_who_may_replay(self, api: Paged, case: Case) -> None:
        api.sign_in("supervisor")
        real, none = (api.html(f"/access/{id}", 404) for id in (case.case, uuid4()))
        assert words_of(real) == words_of(none)
