from __future__ import annotations

import json

import pytest
from fastapi.testclient import TestClient

from shared.web.problems import invalid
from tests.unit.web.conftest import COMMAND, GOOD, SIGNED_IN, THING

CHANGE = f"/v1/things/{THING}/change"


def without(name: str) -> dict[str, str]:
    return {header: value for header, value in COMMAND.items() if header != name}


#: request -> (status, slug). One row per way to get it wrong.
REQUESTS = {
    "unknown route": (("GET", "/v1/nothing", {}), 404, "not-found"),
    "a slash too many": (("GET", "/v1/me/", {"headers": SIGNED_IN}), 404, "not-found"),
    "wrong method": (("DELETE", "/v1/me", {"headers": SIGNED_IN}), 405, "method-not-allowed"),
    "no token": (("GET", "/v1/me", {}), 401, "token-missing"),
    "another scheme": (("GET", "/v1/me", {"headers": {"Authorization": "Basic eA=="}}), 401, "token-missing"),
    "empty token": (("GET", "/v1/me", {"headers": {"Authorization": "Bearer "}}), 401, "token-missing"),
    "unknown token": (
        ("GET", "/v1/me", {"headers": {"Authorization": "Bearer CANARY"}}),
        401,
        "token-invalid",
    ),
    "unknown purpose": (
        ("GET", "/v1/me", {"headers": {**SIGNED_IN, "Accord-Purpose": "CANARY"}}),
        422,
        "purpose-unknown",
    ),
    "no body": (("POST", CHANGE, {"headers": COMMAND}), 400, "unreadable"),
    "no JSON": (
        ("POST", CHANGE, {"headers": {**COMMAND, "Content-Type": "application/json"}, "content": b"{CANARY"}),
        400,
        "unreadable",
    ),
    "no UTF-8": (
        (
            "POST",
            CHANGE,
            {"headers": {**COMMAND, "Content-Type": "application/json"}, "content": b'"\xff\xfe"'},
        ),
        400,
        "unreadable",
    ),
    "too deep": (
        (
            "POST",
            CHANGE,
            {"headers": {**COMMAND, "Content-Type": "application/json"}, "content": b"[" * 60_000},
        ),
        400,
        "unreadable",
    ),
    "another kind of body": (
        ("POST", CHANGE, {"headers": {**COMMAND, "Content-Type": "text/plain"}, "content": b"CANARY"}),
        400,
        "unreadable",
    ),
    "a list": (("POST", CHANGE, {"headers": COMMAND, "json": ["CANARY"]}), 400, "unreadable"),
    "no idempotency key": (
        ("POST", CHANGE, {"headers": without("Idempotency-Key"), "json": GOOD}),
        400,
        "idempotency-key-missing",
    ),
    "empty idempotency key": (
        ("POST", CHANGE, {"headers": {**COMMAND, "Idempotency-Key": ""}, "json": GOOD}),
        400,
        "idempotency-key-missing",
    ),
    "key with a space": (
        ("POST", CHANGE, {"headers": {**COMMAND, "Idempotency-Key": "CAN ARY"}, "json": GOOD}),
        422,
        "idempotency-key-invalid",
    ),
    "key too long": (
        ("POST", CHANGE, {"headers": {**COMMAND, "Idempotency-Key": "k" * 201}, "json": GOOD}),
        422,
        "idempotency-key-invalid",
    ),
    "no If-Match": (
        ("POST", CHANGE, {"headers": without("If-Match"), "json": GOOD}),
        428,
        "precondition-required",
    ),
    "any If-Match": (
        ("POST", CHANGE, {"headers": {**COMMAND, "If-Match": "*"}, "json": GOOD}),
        428,
        "precondition-required",
    ),
    "stale If-Match": (
        ("POST", CHANGE, {"headers": {**COMMAND, "If-Match": '"old"'}, "json": GOOD}),
        412,
        "stale",
    ),
    "weak If-Match": (
        ("POST", CHANGE, {"headers": {**COMMAND, "If-Match": 'W/"now"'}, "json": GOOD}),
        412,
        "stale",
    ),
    "unquoted If-Match": (
        ("POST", CHANGE, {"headers": {**COMMAND, "If-Match": "now"}, "json": GOOD}),
        412,
        "stale",
    ),
    "a field's value": (
        ("POST", CHANGE, {"headers": COMMAND, "json": {**GOOD, "urgency": "CANARY"}}),
        422,
        "invalid-field",
    ),
    "a parameter": (
        ("POST", f"{CHANGE}?limit=CANARY", {"headers": COMMAND, "json": GOOD}),
        422,
        "invalid-field",
    ),
    "a header": (
        ("GET", "/v1/failures/conflict", {"headers": {"Accord-Level": "CANARY"}}),
        422,
        "invalid-field",
    ),
    "an id that is none": (
        ("POST", "/v1/things/CANARY/change", {"headers": COMMAND, "json": GOOD}),
        404,
        "not-found",
    ),
    "too large": (("POST", CHANGE, {"headers": COMMAND, "content": b"x" * 65_536}), 413, "too-large"),
    "too large where none is wanted": (("GET", "/v1/me", {"content": b"x" * 65_536}), 413, "too-large"),
    "too large, unannounced": (
        ("POST", CHANGE, {"headers": COMMAND, "content": iter([b"x" * 8_000] * 9)}),
        413,
        "too-large",
    ),
    "state": (("GET", "/v1/failures/refusal", {}), 409, "refused"),
    "authority": (("GET", "/v1/failures/authority", {}), 403, "not-allowed"),
    "hidden": (("GET", "/v1/failures/hidden", {}), 404, "not-found"),
    "a service's own reason": (("GET", "/v1/failures/own", {}), 422, "invalid-field"),
    "conflict": (("GET", "/v1/failures/conflict", {}), 409, "conflict"),
    "later": (("GET", "/v1/failures/later", {}), 503, "try-later"),
    "disagreement": (("GET", "/v1/failures/disagreement", {}), 503, "stores-disagree"),
    "undeliverable": (("GET", "/v1/failures/undeliverable", {}), 400, "unreadable"),
    "unexpected": (("GET", "/v1/failures/unexpected", {}), 500, "unexpected"),
}


class TestEveryWrongRequest:
    @pytest.mark.parametrize("name", REQUESTS)
    def test_gets_its_own_problem_with_a_page_and_no_word_of_what_was_sent(self, client, lines, name):
        (method, path, more), status, slug = REQUESTS[name]
        answer = client.request(method, path, **more)
        document = answer.json()
        assert (answer.status_code, document["type"]) == (status, f"/problems/{slug}")
        assert document["status"] == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert client.get(document["type"]).status_code == 200
        everything = answer.text + str(answer.headers.multi_items()) + json.dumps(lines, default=str)
        assert "CANARY" not in everything
        assert "CAN ARY" not in everything

    def test_is_the_exception_and_a_good_one_is_answered(self, client):
        assert client.post(CHANGE, headers=COMMAND, json=GOOD).status_code == 200

    def test_of_the_largest_size_is_read(self, client):
        body = json.dumps(GOOD).encode().ljust(65_535)
        headers = {**COMMAND, "Content-Type": "application/json"}
        assert client.post(CHANGE, headers=headers, content=body).status_code == 200


class TestAnAnswerSays:
    def test_how_to_sign_in(self, client):
        assert client.get("/v1/me").headers["www-authenticate"] == "Bearer"
        bad = client.get("/v1/me", headers={"Authorization": "Bearer x"})
        assert bad.headers["www-authenticate"] == 'Bearer error="invalid_token"'

    def test_which_methods_there_are(self, client):
        assert client.delete("/v1/me").headers["allow"] == "GET"

    def test_when_to_try_again_in_whole_seconds(self, client):
        assert client.get("/v1/failures/later").headers["retry-after"] == "3"
        assert client.get("/v1/failures/disagreement").headers["retry-after"] == "30"

    def test_clause_reason_remedy_and_field_of_a_refusal(self, client):
        document = client.get("/v1/failures/authority").json()
        assert (document["clause"], document["reason"]) == ("4.2", "not-the-receiving-agency")
        assert document["remedy"] == "Ask it."
        assert document["errors"] == [{"pointer": "/by", "detail": "Only the receiver."}]

    def test_nothing_of_a_thing_that_is_not_the_callers_to_know(self, client):
        hidden, absent = client.get("/v1/failures/hidden"), client.get("/v1/nothing")
        assert hidden.content == absent.content

    def test_which_command_repairs_a_disagreement(self, client):
        assert client.get("/v1/failures/disagreement").json()["remedy"] == "accord repair referrals"

    def test_an_incident_that_the_log_has_too_with_the_place_and_not_the_text(self, client, lines):
        incident = client.get("/v1/failures/unexpected").json()["incident"]
        failed = next(line for line in lines if line["event"] == "request_failed")
        assert (failed["incident"], failed["error_type"]) == (incident, "RuntimeError")
        assert "conftest.py:" in str(failed["where"])


class TestTheErrorsOfAField:
    def errors(self, client: TestClient, body: object, query: str = "") -> list[dict[str, str]]:
        answer = client.post(f"{CHANGE}{query}", headers=COMMAND, json=body)
        assert answer.status_code == 422
        assert "CANARY" not in answer.text
        return answer.json()["errors"]

    def test_point_to_it_and_say_what_it_must_be(self, client):
        body = {"urgency": "CANARY", "about": {"case": "CANARY"}, "at": "2026-03-03T14:15:00"}
        assert self.errors(client, body) == [
            {"pointer": "/urgency", "detail": "must be 'hours' or 'day'"},
            {"pointer": "/about/case", "detail": "must be a UUID"},
            {"pointer": "/at", "detail": "must carry its offset from UTC, such as -08:00"},
        ]

    def test_name_a_missing_member(self, client):
        body = {name: value for name, value in GOOD.items() if name != "at"}
        assert self.errors(client, body) == [{"pointer": "/at", "detail": "is required"}]

    def test_never_name_a_member_that_the_caller_made_up(self, client):
        expected = [{"pointer": "/about", "detail": "has a member that is not known here"}]
        assert self.errors(client, {**GOOD, "about": {"case": THING, "CANARY": 1}}) == expected

    def test_never_name_a_key_that_the_caller_chose(self, client):
        expected = [{"pointer": "/many/*", "detail": "must be a whole number"}]
        assert self.errors(client, {**GOOD, "many": {"CANARY": "x"}}) == expected

    def test_name_a_parameter(self, client):
        expected = [{"parameter": "limit", "detail": "must be a whole number"}]
        assert self.errors(client, GOOD, "?limit=CANARY") == expected

    def test_can_be_stated_by_a_handler(self):
        assert invalid("is refused with axis=happened", parameter="known_to").document()["errors"] == [
            {"parameter": "known_to", "detail": "is refused with axis=happened"}
        ]


class TestACanaryInEveryField:
    FIELDS = ("urgency", "about", "at", "many")

    @pytest.mark.parametrize("field", FIELDS)
    @pytest.mark.parametrize("value", ["CANARY", ["CANARY"], {"CANARY": "CANARY"}, {"case": {"x": "CANARY"}}])
    def test_comes_back_from_none(self, client, lines, field, value):
        answer = client.post(CHANGE, headers=COMMAND, json={**GOOD, field: value})
        assert answer.status_code == 422
        assert "CANARY" not in answer.text + str(answer.headers) + json.dumps(lines, default=str)

    def test_comes_back_from_no_header_and_no_part_of_the_address(self, client, lines):
        headers = {**COMMAND, "traceparent": "CANARY", "X-Other": "CANARY", "If-Match": '"CANARY"'}
        answer = client.post(f"{CHANGE}?CANARY=CANARY", headers=headers, json=GOOD)
        assert answer.status_code == 412
        assert "CANARY" not in answer.text + str(answer.headers) + json.dumps(lines, default=str)

    def test_would_be_seen_by_this_search(self, client):
        answer = client.get(
            "/v1/me", headers={**SIGNED_IN, "traceparent": f"00-{'c0ffee' * 5}00-{'1' * 16}-01"}
        )
        assert "c0ffee" in answer.text  # a trace id is the caller's by design, and comes through
