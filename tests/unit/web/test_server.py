"""A real server in a process of its own: streams are prompt, and SIGTERM ends everything within 5 seconds."""

from __future__ import annotations

import json
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import httpx2
import pytest

from deploy.local.child import free_port
from shared.cli.client import Client

ROOT = Path(__file__).parents[3]


class Server:
    def __init__(self, process: subprocess.Popen[str], base: str, log: Path) -> None:
        self.process, self.base, self.log = process, base, log

    def client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.base, timeout=10.0, trust_env=False)

    def terminate(self) -> tuple[int, float]:
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=10), time.monotonic() - began

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    port, log = free_port(), tmp_path / "log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.unit.web.serving"],
            cwd=ROOT,
            env={"ACCORD_HTTP_PORT": str(port), "PATH": ""},
            stderr=stderr,
            text=True,
        )
    until = time.monotonic() + 30
    while '"ready"' not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < until, "the server was not ready within 30 s"
        time.sleep(0.02)
    yield Server(process, f"http://127.0.0.1:{port}", log)
    if process.poll() is None:
        process.kill()
        process.wait(timeout=10)


class TestAStream:
    def test_begins_at_once_with_what_a_client_needs(self, server):
        with server.client() as client, client.stream("GET", "/ticks") as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            assert response.headers["cache-control"] == "no-store"
            chunks = response.iter_text()
            assert next(chunks).startswith(": open\nretry: 1000\n")

    def test_goes_on_behind_the_last_event_that_the_client_names(self, server):
        headers = {"Last-Event-ID": "41"}
        with server.client() as client, client.stream("GET", "/ticks", headers=headers) as response:
            events = (event for event in httpx2.EventSource(response) if event.data)
            first = next(events)
            assert (first.id, first.event) == ("42", "tick")
            assert json.loads(first.data)["text"] == "a\nb"

    def test_sends_a_comment_when_nothing_happens(self, server):
        with server.client() as client, client.stream("GET", "/ticks") as response:
            lines = response.iter_lines()
            assert any(line == ": ping" for line in lines)

    @pytest.mark.alone
    def test_hands_an_event_on_within_milliseconds(self, server):
        waits = []
        with server.client() as client, client.stream("GET", "/ticks") as response:
            events = (event for event in httpx2.EventSource(response) if event.data)
            for _ in range(3):
                next(events)
            with server.client() as other:
                for number in range(50):
                    sender = threading.Thread(target=other.post, args=(f"/send/{number}",))
                    sender.start()
                    sent = json.loads(next(events).data)["sent"]
                    waits.append(time.monotonic() - sent)
                    sender.join(timeout=10)
        print(f"sse: p50 {statistics.median(waits) * 1000:.1f} ms, max {max(waits) * 1000:.1f} ms")
        assert statistics.median(waits) < 0.1

    def test_that_ends_after_each_event_is_read_on_by_our_own_client(self, server):
        with Client(server.base, None, sleep=lambda _: time.sleep(0.01)) as client:
            assert [event.data["number"] for event in islice(client.stream("/cut"), 4)] == [1, 2, 3, 4]

    def test_is_closed_when_its_client_leaves(self, server):
        with server.client() as client, client.stream("GET", "/ticks") as response:
            next(response.iter_text())
        with server.client() as client:
            until = time.monotonic() + 5
            while client.get("/closed").json() != ["ticks"]:
                assert time.monotonic() < until, "the stream was not closed within 5 s"
                time.sleep(0.02)

    def test_that_breaks_is_cut_off_and_the_log_says_so_without_its_text(self, server):
        with server.client() as client:
            with pytest.raises(httpx2.RemoteProtocolError), client.stream("GET", "/breaks") as response:
                list(response.iter_text())
            assert client.get("/livez").status_code == 200
        failed = [line for line in server.lines() if line["event"] == "request_failed"]
        assert [line["error_type"] for line in failed] == ["RuntimeError"]
        assert "CANARY" not in server.log.read_text()


class TestAServer:
    def test_that_cannot_listen_says_so_and_ends_with_1(self, server):
        done = subprocess.run(
            [sys.executable, "-m", "tests.unit.web.serving"],
            cwd=ROOT,
            env={"ACCORD_HTTP_PORT": server.base.rpartition(":")[2], "PATH": ""},
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.returncode == 1
        assert "Cannot listen on 127.0.0.1" in done.stderr

    def test_says_that_it_is_ready_and_where(self, server):
        ready = server.lines()[0]
        assert (ready["event"], f"http://127.0.0.1:{ready['port']}") == ("ready", server.base)

    @pytest.mark.alone
    def test_answers_within_milliseconds_on_a_connection_that_stays_open(self, server):
        waits = []
        with server.client() as client:
            for _ in range(40):
                began = time.monotonic()
                client.get("/livez")
                waits.append(time.monotonic() - began)
        assert statistics.median(waits) < 0.03  # with Nagle's delay it is above 0.04

    def test_ends_with_0_at_once_when_idle(self, server):
        code, seconds = server.terminate()
        assert code == 0
        assert seconds < 3

    def test_ends_open_streams_promptly_and_in_order(self, server):
        with server.client() as client, client.stream("GET", "/ticks") as response:
            chunks = response.iter_text()
            next(chunks)
            code, seconds = server.terminate()
            for _ in chunks:
                pass
        assert code == 0
        assert seconds < 3

    def test_finishes_a_request_that_is_being_answered(self, server):
        answers: list[int] = []
        with server.client() as client:
            asking = threading.Thread(
                target=lambda: answers.append(client.get("/slow?seconds=1").status_code)
            )
            asking.start()
            time.sleep(0.3)
            code, _ = server.terminate()
            asking.join(timeout=10)
        assert (code, answers) == (0, [200])

    @pytest.mark.alone
    def test_ends_with_0_within_5_seconds_whatever_is_still_running(self, server):
        answers: list[httpx2.Response] = []
        with server.client() as client:
            asking = threading.Thread(target=lambda: answers.append(client.get("/slow?seconds=30")))
            asking.start()
            time.sleep(0.3)
            code, seconds = server.terminate()
            asking.join(timeout=10)
        assert code == 0
        assert seconds < 5.5
        assert (answers[0].status_code, answers[0].json()["type"]) == (503, "/problems/try-later")
        assert answers[0].headers["retry-after"] == "1"
