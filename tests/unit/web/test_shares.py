"""Each caller has a share of requests, and a process an end of what it does at once; both say when to try again."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import httpx2
import pytest
from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient

from shared.events.names import Agency, Role
from shared.settings import Settings
from shared.web.app import create_app
from shared.web.callers import Caller, CurrentCaller
from shared.web.fakes import FakeVerifier
from shared.web.problems import Problem
from shared.web.shares import AtOnce
from shared.web.sse import Sent, sse_response

CALLERS = {name: Caller(str(uuid4()), Agency.SHERIFF, frozenset({Role.SYSTEM})) for name in ("one", "other")}


class Gate:
    """Requests to /held are answered once this is opened."""

    def __init__(self) -> None:
        self.opened, self.held = asyncio.Event(), 0


def app_of(gate: Gate | None = None, **settings: int):
    api = APIRouter()

    @api.get("/v1/me")
    async def me(caller: CurrentCaller) -> str:
        return caller.agency

    @api.post("/v1/concerns", operation_id="report-concern")
    async def report(caller: CurrentCaller) -> str:
        return "taken"

    @api.get("/held")
    async def held() -> str:
        assert gate is not None
        gate.held += 1
        await gate.opened.wait()
        return "done"

    @api.get("/stream")
    async def stream(request: Request) -> StreamingResponse:
        async def events():
            yield Sent("1", "tick", {})

        return sse_response(request, events())

    return create_app(
        "test",
        verifier=FakeVerifier(CALLERS),
        readiness=lambda: [],
        routers=[api],
        settings=Settings(**settings),
        spared={"report-concern"},
    )


def ask(client, person="one"):
    return client.get("/v1/me", headers={"Authorization": f"Bearer {person}"})


class TestACallersShare:
    @pytest.fixture
    def client(self) -> TestClient:
        return TestClient(app_of(http_per_minute=3))

    def test_is_answered_and_what_is_over_it_is_429_with_when_to_try_again(self, client):
        assert [ask(client).status_code for _ in range(4)] == [200, 200, 200, 429]
        answer = ask(client)
        assert answer.json()["type"] == "/problems/too-many-requests"
        assert 1 <= int(answer.headers["Retry-After"]) <= 60

    def test_is_each_callers_own(self, client):
        assert [ask(client).status_code for _ in range(4)][-1] == 429
        assert ask(client, "other").status_code == 200

    def test_counts_a_report_of_a_concern_and_never_refuses_it(self, client):
        headers = {"Authorization": "Bearer one"}
        assert {client.post("/v1/concerns", headers=headers).status_code for _ in range(9)} == {200}
        assert ask(client).status_code == 429

    def test_is_without_end_if_it_is_set_to_none(self):
        client = TestClient(app_of(http_per_minute=0))
        assert {ask(client).status_code for _ in range(50)} == {200}


class TestWhatAProcessDoesAtOnce:
    def test_has_an_end_and_what_is_over_it_is_our_own_503_with_when_to_try_again(self):
        async def run() -> None:
            gate = Gate()
            transport = httpx2.ASGITransport(app_of(gate, http_at_once=2))
            async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
                first = [asyncio.create_task(client.get("/held")) for _ in range(2)]
                while gate.held < 2:
                    await asyncio.sleep(0.01)
                over = await client.get("/held")
                assert (over.status_code, over.json()["type"]) == (503, "/problems/try-later")
                assert over.headers["Retry-After"] == "1"
                assert (await client.get("/livez")).status_code == 200, "who watches is always answered"
                gate.opened.set()
                assert [answer.status_code for answer in await asyncio.gather(*first)] == [200, 200]
                assert (await client.get("/held")).status_code == 200

        asyncio.run(asyncio.wait_for(run(), 20))

    def test_counts_each_once_also_where_it_fails(self):
        work = AtOnce(1)
        with pytest.raises(ZeroDivisionError), work.one_more():
            raise ZeroDivisionError
        work.require_room()
        with work.one_more(), pytest.raises(Problem):
            work.require_room()


class TestOpenStreams:
    def test_have_an_end_of_their_own(self):
        app = app_of(http_streams=1)
        client = TestClient(app)
        assert client.get("/stream").status_code == 200
        with app.state.streams.one_more():
            answer = client.get("/stream")
            assert (answer.status_code, answer.json()["type"]) == (503, "/problems/try-later")
        assert app.state.streams.now == 0
