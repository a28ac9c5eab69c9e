"""A failure is a page for a person and a document for a program; nothing typed is lost, nothing hidden is told."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
import structlog
from fastapi.testclient import TestClient

from shared.events.names import Role
from shared.web.site.fakes import FORM_TOKEN
from tests.browser.gallery import PROBLEMS
from tests.unit.pages.conftest import Open

KEY = str(uuid4())
FORM = {"form-token": FORM_TOKEN, "key": KEY, "page": "/inbox", "facts": "<b>typed</b> here"}


@pytest.fixture
def client(opened: Open) -> TestClient:
    return opened(Role.PROBATION_OFFICER)


class TestWhoAsks:
    @pytest.mark.parametrize("path", ["/inbox/problem", "/inbox/outside"])
    @pytest.mark.parametrize("status", PROBLEMS)
    def test_a_browser_gets_a_page_with_the_same_status(
        self, client: TestClient, path: str, status: int
    ) -> None:
        client = TestClient(client.app, raise_server_exceptions=False, headers=client.headers)
        answer = client.get(f"{path}/{status}")
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("text/html")
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert "CANARY" not in answer.text
        assert answer.text.count("<h1") == 1

    def test_a_program_gets_the_document(self, client: TestClient) -> None:
        answer = client.get("/inbox/outside/409", headers={"Accept": "application/json"})
        assert answer.headers["content-type"] == "application/problem+json"

    @pytest.mark.parametrize("path", ["/v1/problem/409", "/v1/nothing"])
    def test_the_api_answers_a_browser_as_anybody(self, client: TestClient, path: str) -> None:
        assert client.get(path).headers["content-type"] == "application/problem+json"

    def test_a_path_that_is_none_is_a_page_in_the_browsers_language(self, opened: Open) -> None:
        answer = opened().get("/nothing/here", headers={"Accept-Language": "es-MX,en;q=0.5"})
        assert (answer.status_code, '<html lang="es">' in answer.text) == (404, True)

    def test_a_part_of_a_page_is_told_in_a_word_and_not_as_a_page_within_a_page(
        self, client: TestClient
    ) -> None:
        text = client.get("/inbox/problem/503", headers={"HX-Request": "true"}).text
        assert text == '<span class="usa-error-message">Accord cannot do this just now</span>'

    def test_when_to_try_again_is_told_to_both(self, client: TestClient) -> None:
        for accept in ("text/html", "application/json"):
            assert client.get("/v1/problem/503", headers={"Accept": accept}).headers["retry-after"] == "3"
            assert client.get("/inbox/outside/503", headers={"Accept": accept}).headers["retry-after"] == "3"


class TestWhatItSays:
    def test_the_clause_is_named_where_the_mou_forbids_it(self, client: TestClient) -> None:
        text = client.get("/inbox/problem/403").text
        clause = '<a href="/memorandum/in-force#clause-4.2">(MOU 4.2)</a>'
        assert f"Only the agency that was asked may answer a referral. {clause}" in text

    def test_a_failure_that_nobody_foresaw_has_a_number_for_who_helps(self, client: TestClient) -> None:
        with structlog.testing.capture_logs() as lines:
            text = client.get("/inbox/problem/500").text
        (incident,) = [line["incident"] for line in lines if line["event"] == "request_failed"]
        assert incident in text

    def test_a_page_that_cannot_be_made_is_a_document_after_all(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object, **__: object) -> None:
            raise RuntimeError("CANARY")

        monkeypatch.setattr("shared.web.site.refusing.refused", broken)
        answer = client.get("/nothing")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


class TestWhatWasTyped:
    @pytest.mark.parametrize("status", PROBLEMS)
    def test_is_shown_to_its_person_as_it_was_typed(self, client: TestClient, status: int) -> None:
        text = client.post(f"/inbox/problem/{status}", data=FORM).text
        assert "&lt;b&gt;typed&lt;/b&gt; here" in text
        assert "<b>typed" not in text

    @pytest.mark.parametrize(("status", "again"), [(503, True), (429, True), (500, True), (409, False)])
    def test_can_be_sent_again_with_the_same_key_where_that_may_help(
        self, client: TestClient, status: int, again: bool
    ) -> None:
        text = client.post(f"/inbox/problem/{status}", data=FORM).text
        assert bool(re.search(f'name="key" value="{KEY}"', text)) is again

    @pytest.mark.parametrize(("token", "shown"), [(FORM_TOKEN, True), ("another", False), ("", False)])
    def test_is_shown_only_if_a_page_of_this_session_sent_it(
        self, client: TestClient, token: str, shown: bool
    ) -> None:
        text = client.post("/inbox/unchecked/503", data=FORM | {"form-token": token}).text
        assert ("typed&lt;/b&gt; here" in text) is shown

    def test_is_not_shown_to_who_has_not_signed_in(self, opened: Open) -> None:
        answer = opened().post("/inbox/unchecked/503", data=FORM | {"form-token": ""})
        assert (answer.status_code, "typed" in answer.text) == (503, False)
