"""The site of the local platform in front of invented services, over real sockets."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from structlog.testing import capture_logs

from deploy.local.proxy import make_proxy
from shared.events.names import Agency, Role
from shared.settings import Misconfigured, Settings
from shared.web.server import make_server
from shared.web.site.cookie import Claims, SiteKey, create_key_files, load_key


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_for(true: Callable[[], bool], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.01)


@dataclass
class Service:
    """A service that says what it was asked."""

    name: str
    asked: list[Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    left: threading.Event = field(default_factory=threading.Event)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/{place}/stream", self.stream),
                Route("/{place}/cut", self.cut),
                Route("/{place}/away", self.away),
                Route("/status", self.status),
                Route("/{path:path}", self.say, methods=["GET", "POST"]),
            ]
        )

    async def status(self, request: Request) -> Response:
        state = "slow" if self.name == "audit" else "works"
        check = {"name": "database", "status": "warn", "detail": f"asked by {request.headers['cookie']}"}
        return JSONResponse({"service": self.name, "state": state, "checks": [check]})

    async def say(self, request: Request) -> Response:
        self.asked.append(request)
        self.bodies.append(await request.body())
        if request.url.path == "/assets/only-audit" and self.name != "audit":
            return Response(status_code=404)
        answer = Response(f"{self.name} {request.scope['raw_path'].decode()}", headers={"ETag": '"1"'})
        answer.set_cookie("one", "1")
        answer.set_cookie("two", "2")
        answer.headers["Connection"] = "x-mine"
        answer.headers["X-Mine"] = "for the neighbour"
        return answer

    async def stream(self, request: Request) -> Response:
        async def ticks():
            try:
                for number in range(1_000):
                    yield f"data: {number}\n\n".encode()
                    await asyncio.sleep(0.05)
            finally:
                self.left.set()

        return StreamingResponse(ticks(), media_type="text/event-stream")

    async def cut(self, request: Request) -> Response:
        async def part():
            yield b"half"
            raise RuntimeError

        return StreamingResponse(part(), headers={"Content-Length": "8"})

    async def away(self, request: Request) -> Response:
        return RedirectResponse("https://id.example/authorize", 303)


class Running:
    """A server in a thread."""

    def __init__(self, server: uvicorn.Server) -> None:
        self.server = server
        self.thread = threading.Thread(target=server.run, daemon=True)
        self.thread.start()
        while not server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)


@dataclass
class Site:
    """The proxy before three services; `url` is where browsers see it."""

    url: str
    services: dict[str, Service]
    app: FastAPI
    running: dict[str, Running]

    def client(self, **more) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, follow_redirects=False, trust_env=False, timeout=5, **more)


@pytest.fixture(scope="module")
def key(tmp_path_factory) -> tuple[SiteKey, Path]:
    """The site's key, and the file of its public half."""
    folder = tmp_path_factory.mktemp("site")
    create_key_files(folder / "site.key", folder / "site-keys.json")
    return load_key(folder / "site.key"), folder / "site-keys.json"


@pytest.fixture(scope="module")
def site(key) -> Iterator[Site]:
    services = {name: Service(name) for name in ("referrals", "notifications", "audit")}
    running, addresses = {}, {}
    for name, service in services.items():
        port = free_port()
        config = uvicorn.Config(service.app(), port=port, log_config=None, timeout_graceful_shutdown=1)
        running[name] = Running(uvicorn.Server(config))
        addresses[name] = f"http://127.0.0.1:{port}"
    port = free_port()
    settings = Settings(
        local=True, http_port=port, site_url=f"http://127.0.0.1:{port}", site_keys_file=key[1]
    )
    app = make_proxy(settings, addresses)
    running["site"] = Running(make_server(app, settings))
    yield Site(settings.site_url, services, app, running)
    for one in running.values():
        one.stop()


@pytest.fixture
def client(site) -> Iterator[httpx2.Client]:
    for service in site.services.values():
        service.asked.clear()
        service.bodies.clear()
    with site.client() as made:
        yield made


class TestTheSite:
    @pytest.mark.parametrize(
        ("path", "service"),
        [
            ("/inbox", "notifications"),
            ("/cases/1", "referrals"),
            ("/timeline/1?as_of=2026-03-03T00%3A00%3A00Z", "audit"),
            ("/sign-in/back?code=a&code=b", "referrals"),
            ("/", "referrals"),
            ("/names/%C3%B1%2F1", "referrals"),
        ],
    )
    def test_hands_a_path_to_its_service_as_it_is(self, client, path, service):
        assert client.get(path).text == f"{service} {path.partition('?')[0]}"

    def test_hands_on_the_query_and_the_body_as_they_are(self, site, client):
        client.post("/cases/1?q=%20+%26", content=b"a=%C3%B1&b=+", headers={"Content-Type": "x/y"})
        [asked] = site.services["referrals"].asked
        assert (asked.url.query, asked.headers["content-type"]) == ("q=%20+%26", "x/y")
        assert site.services["referrals"].bodies == [b"a=%C3%B1&b=+"]

    def test_hands_on_cookies_both_ways(self, site, client):
        answer = client.get("/cases/1", headers={"Cookie": "accord-local=x; other=y"})
        assert site.services["referrals"].asked[0].headers["cookie"] == "accord-local=x; other=y"
        assert len(answer.headers.get_list("set-cookie")) == 2

    def test_keeps_no_cookie_that_a_service_gave_one_person_for_whoever_asks_next(self, site, client):
        client.get("/cases/1")
        client.cookies.clear()
        client.get("/cases/1")
        client.get("/cases/1", headers={"Cookie": "other=y"})
        _, nobody, other = site.services["referrals"].asked
        assert "cookie" not in nobody.headers
        assert other.headers["cookie"] == "other=y"

    def test_hands_on_nothing_that_is_for_the_neighbour_or_claims_to_know_who_asks(self, site, client):
        headers = {
            "X-Forwarded-For": "1.2.3.4",
            "Forwarded": "for=1",
            "Connection": "x-secret",
            "X-Secret": "1",
        }
        answer = client.get("/cases/1", headers=headers | {"X-Forwarded-Proto": "https", "TE": "trailers"})
        seen = site.services["referrals"].asked[0].headers
        for name in ("x-forwarded-for", "x-forwarded-proto", "forwarded", "x-secret", "te"):
            assert name not in seen
        assert "x-mine" not in answer.headers
        assert (answer.headers["etag"], len(answer.headers.get_list("date"))) == ('"1"', 1)

    def test_follows_no_redirect(self, client):
        answer = client.get("/sign-in/away")
        assert (answer.status_code, answer.headers["location"]) == (303, "https://id.example/authorize")

    @pytest.mark.parametrize("path", ["/v1/mou", "/nowhere", "/v1/../inbox2"])
    def test_has_no_api_and_no_page_that_is_not_in_the_table(self, site, client, path):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "There is no such page" in answer.text
        assert not any(service.asked for service in site.services.values())

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
    def test_takes_get_head_and_post_only(self, client, method):
        assert client.request(method, "/inbox").status_code == 405

    def test_takes_no_more_than_a_service_does(self, site, client):
        assert client.post("/cases/1", content=b"x" * 65_535).status_code == 200
        assert client.post("/cases/1", content=b"x" * 65_536).status_code == 413
        assert len(site.services["referrals"].asked) == 1

    def test_takes_assets_from_whoever_has_them(self, client):
        assert client.get("/assets/x").text == "referrals /assets/x"
        assert client.get("/assets/only-audit").text == "audit /assets/only-audit"

    def test_answers_under_its_own_name_only(self, site, client):
        port = site.url.rpartition(":")[2]
        moved = client.get("/inbox", headers={"Host": f"localhost:{port}"})
        assert (moved.status_code, moved.headers["location"]) == (307, f"{site.url}/")
        for host in ("evil.example", f"evil.example:{port}", f"127.0.0.1.evil.example:{port}", ""):
            assert client.get("/inbox", headers={"Host": host}).status_code == 421
        assert client.post("/cases/1", headers={"Host": f"localhost:{port}"}).status_code == 421
        assert not any(service.asked for service in site.services.values())

    def test_writes_no_path_into_a_log(self, client):
        with capture_logs() as said:
            client.get("/cases/CANARY?q=CANARY")
            client.get("/CANARY")
            wait_for(lambda: 404 in {line.get("status") for line in said})  # it comes after the answer
        assert {line["event"] for line in said} == {"request_answered"}
        assert "CANARY" not in str(said)


class TestWhatWorksNow:
    def test_is_said_of_every_part_as_its_service_says_it_to_this_visitor(self, client):
        answer = client.get("/status", headers={"Cookie": "accord-local=mine"})
        assert told(answer.text) == [
            ("Reports, cases and referrals", "Works"),
            ("Inbox", "Works"),
            ("Timelines, evidence and proof", "Works, but some things come late"),
        ]
        assert answer.text.count("asked by accord-local=mine") == 3


def told(page: str) -> list[tuple[str, str]]:
    return re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", page)


def cookie(key: SiteKey) -> str:
    now = int(time.time())
    nurse = {"sub": str(uuid4()), "agency": Agency.PUBLIC_HEALTH, "roles": frozenset({Role.NURSE})}
    return key.write(Claims(**nurse, sid=str(uuid4()), form="a" * 24, iat=now, exp=now + 900))


class TestAStream:
    def test_comes_as_it_is_said_and_ends_at_the_service_when_the_browser_leaves(self, site, client):
        service = site.services["notifications"]
        service.left.clear()
        with client.stream("GET", "/inbox/stream") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            came = []
            for _part in answer.iter_raw():
                came.append(time.monotonic())
                if len(came) == 3:
                    break
        assert 0.03 < came[-1] - came[0] < 2
        assert service.left.wait(3)

    def test_that_is_cut_does_not_look_whole(self, client):
        with pytest.raises(httpx2.HTTPError):
            client.get("/inbox/cut")


class TestAServiceThatIsDown:
    @pytest.fixture
    def down(self, site, key) -> Iterator[httpx2.Client]:
        services = {
            "referrals": f"http://127.0.0.1:{free_port()}",
            "audit": f"http://127.0.0.1:{free_port()}",
        }
        notifications = site.running["notifications"].server.config.port
        services["notifications"] = f"http://127.0.0.1:{notifications}"
        port = free_port()
        settings = Settings(
            local=True, http_port=port, site_url=f"http://127.0.0.1:{port}", site_keys_file=key[1]
        )
        running = Running(make_server(make_proxy(settings, services), settings))
        with httpx2.Client(base_url=settings.site_url, trust_env=False, timeout=5) as client:
            yield client
        running.stop()

    def test_is_named_and_the_others_go_on(self, down):
        answer = down.get("/timeline/1", headers={"Accept-Language": "es"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "Las demás páginas siguen" in answer.text
        assert down.get("/inbox").status_code == 200
        assert down.get("/assets/x").text == "notifications /assets/x"

    @pytest.mark.parametrize("headers", [{"HX-Request": "true"}, {"Accept": "text/event-stream"}])
    def test_puts_no_page_into_a_part_of_a_page(self, down, headers):
        answer = down.get("/names/1", headers=headers)
        assert (answer.status_code, answer.text) == (503, "")

    def test_says_so_with_the_ways_of_whoever_has_signed_in(self, down, key):
        signed_in = down.get("/timeline/1", headers={"Cookie": f"accord-local={cookie(key[0])}"})
        assert 'href="/inbox"' in signed_in.text
        assert "/session/lock" in signed_in.text
        assert "/session/lock" not in down.get("/timeline/1").text

    def test_does_not_work_among_those_that_do(self, down):
        assert told(down.get("/status").text) == [
            ("Reports, cases and referrals", "Does not work now"),
            ("Inbox", "Works"),
            ("Timelines, evidence and proof", "Does not work now"),
        ]

    def test_does_not_keep_anybody_from_leaving(self, down):
        answer = down.get("/session/exit")
        assert answer.status_code == 200
        assert "Accord" not in answer.text
        assert "accord-local=" in answer.headers["set-cookie"]
        assert "Max-Age=0" in answer.headers["set-cookie"]


class TestWhereItStarts:
    @pytest.mark.parametrize(
        "settings",
        [{"local": False}, {"http_host": "0.0.0.0"}, {"site_url": ""}, {"site_keys_file": None}],
        ids=str,
    )
    def test_is_a_laptop_with_the_sites_keys_only(self, settings, key):
        given = {"local": True, "site_url": "http://127.0.0.1:1", "site_keys_file": key[1], **settings}
        with pytest.raises(Misconfigured):
            make_proxy(Settings(**given), {})
