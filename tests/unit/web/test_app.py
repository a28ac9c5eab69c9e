from __future__ import annotations

import time

import pytest
from fastapi.testclient import TestClient

from shared.web import health
from shared.web.app import Check, create_app
from shared.web.trace import continued
from tests.unit.web.conftest import COMMAND, GOOD, SIGNED_IN, THING


class TestEveryAnswer:
    @pytest.mark.parametrize(
        "path", ["/livez", "/readyz", "/v1/nothing", "/v1/failures/unexpected", "/openapi.json", "/v1/me"]
    )
    def test_carries_the_security_headers(self, client, path):
        headers = client.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "server" not in headers

    def test_leaves_one_line_with_the_routes_template(self, client, lines):
        client.post(f"/v1/things/{THING}/change?limit=3", headers=COMMAND, json=GOOD)
        (line,) = lines
        assert (line["event"], line["route"]) == ("request_answered", "/v1/things/{thing}/change")
        assert (line["status"], line["method"], line["agency"]) == (200, "POST", "sheriff")
        assert THING not in str(line)

    def test_leaves_no_line_for_a_health_check_that_is_well(self, client, lines):
        client.get("/livez")
        client.get("/readyz")
        assert lines == []

    def test_leaves_a_line_without_the_method_if_that_is_none_of_http(self, client, lines):
        client.request("CANARY", "/v1/me")
        assert [(line["method"], line["status"]) for line in lines] == [("OTHER", 405)]


class TestHealth:
    def test_is_live_when_it_runs(self, client):
        assert client.get("/livez").json() == {"status": "ok"}

    def test_is_ready_when_every_check_is_well(self, client):
        answer = client.get("/readyz")
        assert answer.status_code == 200
        expected = {"name": "database", "status": "ok", "detail": "", "remedy": "", "process": ""}
        assert answer.json() == {"status": "ok", "checks": [expected]}

    def test_is_ready_with_a_warning(self, client, checks):
        checks.append(Check("lag", "warn", "12 s behind"))
        assert client.get("/readyz").status_code == 200

    def test_is_not_ready_when_one_check_fails_and_says_what_to_do(self, client, checks):
        checks.append(Check("kafka", "fail", "no broker answers", "accord status"))
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (503, "fail")
        assert answer.json()["checks"][1]["remedy"] == "accord status"

    def test_is_ready_when_another_process_of_the_service_fails_which_is_shown(self, client, checks):
        checks.append(Check("intake", "fail", "it has said nothing for 40 s", "see its log", "intake"))
        answer = client.get("/readyz")
        assert answer.status_code == 200
        assert answer.json()["checks"][1]["status"] == "fail"

    def test_is_not_ready_when_the_checks_themselves_fail(self, app):
        def broken() -> list[Check]:
            raise RuntimeError("CANARY")

        answer = TestClient(_with(app, broken)).get("/readyz")
        assert answer.status_code == 503
        assert "RuntimeError" in answer.text
        assert "CANARY" not in answer.text

    def test_is_not_ready_when_the_checks_take_too_long(self, app, monkeypatch):
        monkeypatch.setattr(health, "LONGEST_CHECK", 0.05)

        def slow() -> list[Check]:
            time.sleep(0.3)
            return []

        answer = TestClient(_with(app, slow)).get("/readyz")
        assert (answer.status_code, answer.json()["checks"][0]["name"]) == (503, "readiness")


def _with(app, readiness):
    state = app.state
    return create_app(
        "test", verifier=state.verifier, readiness=readiness, routers=[], settings=state.settings
    )


class TestTheContractOfTheApi:
    def test_is_openapi_3_1_without_pages_that_load_from_elsewhere(self, client):
        assert client.get("/openapi.json").json()["openapi"].startswith("3.1")
        assert client.get("/docs").status_code == client.get("/redoc").status_code == 404

    def test_describes_every_failure_as_a_problem(self, client):
        document = client.get("/openapi.json").json()
        answers = document["paths"]["/v1/things/{thing}/change"]["post"]["responses"]
        assert set(answers) == {"200", "4XX", "5XX"}
        reference = answers["4XX"]["content"]["application/problem+json"]["schema"]["$ref"]
        assert reference.rpartition("/")[2] in document["components"]["schemas"]

    def test_names_the_headers_that_operations_need(self, client):
        operation = client.get("/openapi.json").json()["paths"]["/v1/things/{thing}/change"]["post"]
        headers = {one["name"]: one["required"] for one in operation["parameters"] if one["in"] == "header"}
        assert headers == {"Idempotency-Key": True, "If-Match": True, "Accord-Purpose": False}
        assert operation["security"] == [{"HTTPBearer": []}]

    def test_names_each_parameter_once_and_as_the_route_itself_describes_it(self, client):
        parameters = client.get("/openapi.json").json()["paths"]["/v1/me"]["get"]["parameters"]
        assert [one["name"] for one in parameters] == ["Accord-Purpose"]
        assert parameters[0]["description"] == "The route's own."

    def test_has_the_frameworks_telemetry_off(self, app):
        assert not app._native_telemetry.enabled()
        kinds = ("tracing", "metrics", "logs", "operation_spans", "auto_configure")
        assert {kind: app._telemetry[kind] for kind in kinds} == dict.fromkeys(kinds, False)


class TestATrace:
    TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"

    def test_goes_on_with_a_span_of_our_own(self, client):
        given = f"00-{self.TRACE}-00f067aa0ba902b7-01"
        carried = client.get("/v1/me", headers={**SIGNED_IN, "traceparent": given}).json()["traceparent"]
        assert carried.startswith(f"00-{self.TRACE}-")
        assert carried.endswith("-01")
        assert carried != given

    @pytest.mark.parametrize(
        "given",
        [
            None,
            "",
            "CANARY",
            f"ff-{TRACE}-00f067aa0ba902b7-01",
            f"00-{'0' * 32}-00f067aa0ba902b7-01",
            f"00-{TRACE}-{'0' * 16}-01",
            f"00-{TRACE.upper()}-00f067aa0ba902b7-01",
            f"00-{TRACE}-00f067aa0ba902b7-01-more",
        ],
    )
    def test_starts_afresh_where_none_or_a_malformed_one_is_given(self, given):
        trace = continued(given)
        assert trace.trace_id != self.TRACE
        assert len(trace.traceparent) == 55

    def test_gives_a_correlation_id(self):
        assert continued(f"00-{self.TRACE}-00f067aa0ba902b7-00").correlation_id.hex == self.TRACE
