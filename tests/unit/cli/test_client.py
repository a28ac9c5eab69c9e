from __future__ import annotations

import json
from collections.abc import Callable
from itertools import islice
from typing import Any

import httpx2
import pytest

from shared.cli.client import Client
from shared.cli.failures import ApiProblem, ExitCode, SignInNeeded, Unreachable

Reply = Callable[[httpx2.Request], httpx2.Response]


def ok(document: Any = None, **headers: str) -> Reply:
    return lambda _: httpx2.Response(200, json=document or {}, headers=headers)


def problem(status: int, slug: str, headers: dict[str, str] | None = None, **more: Any) -> Reply:
    document = {"type": f"/problems/{slug}", "title": "T", "status": status, "detail": "D.", **more}
    return lambda _: httpx2.Response(status, json=document, headers=headers)


def down(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("refused", request=request)


def lost(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ReadError("answer lost", request=request)


class Service:
    """Answers in order and keeps what it was asked."""

    def __init__(self, *replies: Reply) -> None:
        self.replies, self.asked, self.slept, self.now = list(replies), [], [], 0.0

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        return (self.replies.pop(0) if len(self.replies) > 1 else self.replies[0])(request)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def client(self, token: Callable[[], str] | None = lambda: "token", **more: Any) -> Client:
        transport = httpx2.MockTransport(self)
        clock = {"sleep": self.sleep, "monotonic": lambda: self.now}
        return Client("http://127.0.0.1:1", token, transport=transport, **clock, **more)


class TestACall:
    def test_carries_token_and_purpose(self):
        service = Service(ok())
        service.client(purpose="audit").get("/v1/me", {"status": None, "queue": "inbound"})
        (request,) = service.asked
        assert request.headers["authorization"] == "Bearer token"
        assert request.headers["accord-purpose"] == "audit"
        assert str(request.url).endswith("/v1/me?queue=inbound")

    def test_gives_body_and_etag(self):
        answer = Service(ok({"a": 1}, ETag='"x"')).client().get("/v1/me")
        assert (answer.body, answer.etag, answer.status) == ({"a": 1}, '"x"', 200)

    def test_gives_bytes_for_what_is_no_json(self):
        zipped = httpx2.Response(200, content=b"PK\x03\x04", headers={"Content-Type": "application/zip"})
        assert Service(lambda _: zipped).client().post("/v1/thing").body == b"PK\x03\x04"

    def test_signs_in_once(self):
        tokens = iter(["one"])
        client = Service(ok()).client(lambda: next(tokens))
        client.get("/a")
        client.get("/b")

    def test_without_a_token_does_not_leave(self):
        def none() -> str:
            raise SignInNeeded("no token")

        service = Service(ok())
        with pytest.raises(SignInNeeded):
            service.client(none).get("/a")
        assert service.asked == []


class TestACommand:
    def test_is_repeated_with_the_same_key_and_body_when_the_connection_fails(self):
        service = Service(down, lost, ok({"done": True}))
        answer = service.client().post("/v1/concerns", {"a": 1}, if_match='"x"')
        assert answer.body == {"done": True}
        assert len({request.headers["idempotency-key"] for request in service.asked}) == 1
        assert {request.headers["if-match"] for request in service.asked} == {'"x"'}
        assert [json.loads(request.content) for request in service.asked] == [{"a": 1}] * 3

    def test_has_a_fresh_key_each_time_unless_one_is_given(self):
        service = Service(ok())
        client = service.client()
        for key in (None, None, "mine"):
            client.post("/v1/concerns", idempotency_key=key)
        keys = [request.headers["idempotency-key"] for request in service.asked]
        assert len(set(keys)) == 3
        assert keys[2] == "mine"

    def test_is_given_up_after_four_attempts(self):
        service = Service(down)
        with pytest.raises(Unreachable) as caught:
            service.client().post("/v1/concerns")
        assert (len(service.asked), caught.value.exit_code) == (4, ExitCode.UNREACHABLE)

    def test_waits_as_long_as_the_service_says(self):
        service = Service(problem(503, "try-later", {"Retry-After": "2"}), ok())
        service.client().post("/v1/concerns")
        assert service.slept == [2.0]

    def test_does_not_wait_longer_than_people_do(self):
        service = Service(
            problem(503, "stores-disagree", {"Retry-After": "30"}, remedy="accord repair referrals")
        )
        with pytest.raises(ApiProblem) as caught:
            service.client().post("/v1/concerns")
        assert service.slept == []
        assert "accord repair referrals" in caught.value.hint

    def test_is_not_repeated_when_it_is_refused(self):
        service = Service(problem(409, "refused"))
        with pytest.raises(ApiProblem):
            service.client().post("/v1/concerns")
        assert len(service.asked) == 1


class TestAProblem:
    @pytest.mark.parametrize(
        ("status", "slug", "code"),
        [
            (400, "unreadable", 5),
            (401, "token-expired", 8),
            (403, "not-allowed", 5),
            (404, "not-found", 3),
            (409, "conflict", 4),
            (409, "refused", 5),
            (412, "stale", 4),
            (413, "too-large", 5),
            (422, "invalid-field", 5),
            (428, "precondition-required", 4),
            (429, "too-many-requests", 7),
            (500, "unexpected", 1),
            (503, "try-later", 7),
        ],
    )
    def test_has_the_exit_code_of_its_kind(self, status, slug, code):
        with pytest.raises(ApiProblem) as caught:
            Service(problem(status, slug, {"Retry-After": "60"})).client().get("/a")
        assert (caught.value.exit_code, caught.value.slug) == (code, slug)

    def test_shows_fields_clause_remedy_and_incident(self):
        errors = [{"pointer": "/urgency", "detail": "is required"}, {"pointer": "", "detail": "is wrong"}]
        reply = problem(422, "invalid-field", errors=errors, clause="4.2", remedy="Do so.", incident="i-1")
        with pytest.raises(ApiProblem) as caught:
            Service(reply).client().get("/a")
        expected = "/urgency: is required\nthe body: is wrong\nMOU clause 4.2\nDo so.\nincident i-1"
        assert (caught.value.text, caught.value.hint) == ("D.", expected)

    def test_may_come_from_something_that_is_no_service_of_ours(self):
        with pytest.raises(ApiProblem, match="HTTP 418"):
            Service(lambda _: httpx2.Response(418, text="<html>")).client().get("/a")


class TestPages:
    def test_are_followed_to_the_last(self):
        service = Service(
            ok({"items": [1, 2], "next": "c1"}), ok({"items": [], "next": "c2"}), ok({"items": [3]})
        )
        assert list(service.client().pages("/v1/referrals", {"queue": "inbound"})) == [1, 2, 3]
        queries = [dict(request.url.params) for request in service.asked]
        assert queries == [{"queue": "inbound", **more} for more in ({}, {"cursor": "c1"}, {"cursor": "c2"})]

    def test_end_where_a_cursor_leads_back_to_itself(self):
        service = Service(ok({"items": [1], "next": "same"}))
        assert list(service.client().pages("/v1/referrals")) == [1, 1]


def stream(text: str) -> Reply:
    return lambda _: httpx2.Response(200, text=text, headers={"Content-Type": "text/event-stream"})


class TestAStream:
    ONE = ': open\nretry: 1000\n\nevent: item\ndata: {"n":1}\nid: a\n\n'
    TWO = ': ping\n\nevent: item\ndata: {"n":2}\nid: b\n\n'

    def test_goes_on_behind_the_last_event_when_it_is_cut_off(self):
        service = Service(stream(self.ONE), down, stream(self.TWO), problem(404, "not-found"))
        events = list(islice(service.client().stream("/v1/feed/stream"), 2))
        assert [(event.id, event.event, event.data["n"]) for event in events] == [
            ("a", "item", 1),
            ("b", "item", 2),
        ]
        assert [request.headers.get("last-event-id") for request in service.asked] == [None, "a", "a"]

    def test_begins_behind_the_event_that_is_named(self):
        service = Service(stream(self.TWO))
        next(service.client().stream("/v1/feed/stream", last_event_id="a"))
        assert service.asked[0].headers["last-event-id"] == "a"

    def test_does_not_hand_on_an_event_that_was_cut_in_half(self):
        service = Service(stream(self.ONE + 'event: item\ndata: {"n":9}\nid: z'), stream(self.TWO))
        assert [event.data["n"] for event in islice(service.client().stream("/s"), 2)] == [1, 2]
        assert service.asked[1].headers["last-event-id"] == "a"

    def test_waits_while_the_service_is_away_and_gives_up_after_a_minute(self):
        service = Service(stream(self.ONE), problem(503, "try-later"), down)
        events = service.client().stream("/v1/feed/stream")
        assert next(events).id == "a"
        with pytest.raises(Unreachable):
            next(events)
        assert 60 <= service.now < 65

    def test_ends_when_it_is_not_the_callers(self):
        with pytest.raises(ApiProblem) as caught:
            next(Service(problem(401, "token-expired")).client().stream("/v1/feed/stream"))
        assert caught.value.exit_code == ExitCode.SIGN_IN
