"""The feed over HTTP, on real PostgreSQL: whose items they are, acknowledging, read marks, the open stream."""

from __future__ import annotations

import json
import queue
import random
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from deploy.local.people import BY_HANDLE
from services.notifications.api import make_app
from services.notifications.apply import Applier
from services.notifications.bootstrap import MIGRATIONS, checks
from services.notifications.cli import register
from services.notifications.feed import Feed, Filter, Viewer
from services.notifications.hub import Hub
from services.notifications.records import Incoming
from services.notifications.worker import connect
from shared.cli import run
from shared.errors import TryLater
from shared.settings import Settings
from shared.store.migrate import migrate
from shared.store.store import Store, system_clock
from shared.web.callers import Caller
from shared.web.fakes import FakeVerifier
from shared.web.server import make_server
from shared.web.site.fakes import FakeSite
from tests.integration.bus_support import eventually
from tests.integration.notifications_support import Author, Made

pytestmark = pytest.mark.platform

CALLERS = {
    handle: Caller(str(p.id), p.agency, p.roles)
    for handle, p in BY_HANDLE.items()
    if not handle.startswith("system@")
}
SECOND_SCREENER = Caller(
    str(uuid4()), CALLERS["screener@human-services"].agency, CALLERS["screener@human-services"].roles
)
CALLERS["second@human-services"] = SECOND_SCREENER


class OpenGate:
    """A gate that is told what to say."""

    refusing = False

    def require(self) -> None:
        if self.refusing:
            raise TryLater("being compared")


class Desk:
    """The feed's API with a database of its own, and a hand that applies events as the worker does."""

    def __init__(self, url: str, site: FakeSite | None = None) -> None:
        migrate(url, MIGRATIONS)
        self.site = site
        self.url, self.author, self.gate = url, Author(), OpenGate()
        self.store = Store(url, 6)
        self.feed = Feed(self.store)
        self.hub = Hub(url, self.feed)
        self._applier, self._connection = Applier(system_clock), connect(url)
        self._offsets: dict[tuple[str, int], int] = defaultdict(int)
        self.serve()
        self.apply([self.author.mou()])

    def serve(self) -> None:
        self.hub = Hub(self.url, self.feed)
        local = Settings(local=True, http_port=urlsplit(self.site.site.url).port if self.site else 0)
        verifier = FakeVerifier(CALLERS)
        app = make_app(
            self.feed,
            self.hub,
            self.gate,
            verifier,
            local,
            lambda: checks(self.feed, system_clock()),
            b"0" * 32,  # type: ignore[arg-type]
            self.site.site if self.site else None,
        )
        self.server = make_server(app, local)
        self._thread = threading.Thread(target=self.server.run)
        self._thread.start()
        eventually("the API listens", lambda: self.server.started)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        self.client = httpx2.Client(base_url=self.base, trust_env=False)

    def stop_serving(self) -> None:
        self.client.close()
        self.server.should_exit = True
        self._thread.join(15)
        assert not self._thread.is_alive()

    def apply(self, records: list[Made]) -> None:
        batch: dict[tuple[str, int], list[Incoming]] = {}
        for r in records:
            offset = self._offsets[r.topic, r.partition]
            self._offsets[r.topic, r.partition] += 1
            batch.setdefault((r.topic, r.partition), []).append(
                Incoming(r.topic, r.partition, offset, r.sequence, r.value)
            )
        applied = self._applier.apply(self._connection, batch)
        assert not [s for s in applied.stood.values() if s.held or s.hole]

    def concern(self) -> None:
        self.apply([self.author.concern()])

    def call(self, method: str, path: str, who: str, **params: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {who}"}
        return self.client.request(method, path, headers=headers, params=params)

    def get(self, path: str, who: str, **params: Any) -> Any:
        answer = self.call("GET", path, who, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def items(self, who: str, **params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/v1/feed", who, **params)["items"]
        return found

    def follow(self, who: str, after: str | None = None) -> Follower:
        return Follower(self.base, who, after)

    def close(self) -> None:
        self.stop_serving()
        self._connection.close()
        self.store.close()


class Follower:
    """An open stream, read in a thread."""

    def __init__(self, base: str, who: str, after: str | None) -> None:
        self.events: queue.Queue[tuple[str, str, Any]] = queue.Queue()
        self.opened = threading.Event()
        headers = {"Authorization": f"Bearer {who}"} | ({"Last-Event-ID": after} if after is not None else {})
        self._client = httpx2.Client(base_url=base, trust_env=False, timeout=30)
        self._headers = headers
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        assert self.opened.wait(10)

    def _read(self) -> None:
        try:
            with self._client.stream("GET", "/v1/feed/stream", headers=self._headers) as response:
                assert response.status_code == 200
                self.opened.set()
                for event in httpx2.EventSource(response):
                    if event.data:
                        self.events.put((event.id, event.event, json.loads(event.data)))
                    if self._end.is_set():
                        return
        except httpx2.HTTPError:
            return

    def next(self, seconds: float = 5.0) -> tuple[str, str, Any]:
        return self.events.get(timeout=seconds)

    def quiet(self, seconds: float = 0.7) -> bool:
        try:
            self.events.get(timeout=seconds)
        except queue.Empty:
            return True
        return False


@pytest.fixture
def desk(fresh_database: Callable[[str], str]) -> Iterator[Desk]:
    made = Desk(fresh_database("accord_notifications"))
    yield made
    made.close()


SCREENER, OTHER, ADVOCATE = "screener@human-services", "second@human-services", "advocate@advocacy"


class TestWhoseItemsTheyAre:
    def test_everybody_of_the_queues_role_sees_its_items_and_nobody_else_does(self, desk: Desk) -> None:
        desk.concern()
        assert len(desk.items(SCREENER)) == len(desk.items(OTHER)) == 1
        for who in set(CALLERS) - {SCREENER, OTHER}:
            assert desk.items(who) == []

    def test_an_item_says_why_under_which_clause_and_where_the_thing_is(self, desk: Desk) -> None:
        desk.concern()
        (item,) = desk.items(SCREENER)
        assert (item["tier"], item["clause"], item["rule"]) == ("act-now", "3.3", "concern-reported")
        assert item["reason"].endswith("takes it in hand.")
        assert item["about"]["kind"] == "concern"
        assert item["links"]["about"] == f"/v1/concerns/{item['about']['id']}"
        assert item["acknowledged"] is None
        assert item["read"] is False

    @pytest.mark.parametrize("act", ["", "/acknowledge", "/read"])
    def test_what_is_not_yours_is_answered_as_what_is_not_there(self, desk: Desk, act: str) -> None:
        desk.concern()
        (item,) = desk.items(SCREENER)
        method = "POST" if act else "GET"
        theirs = desk.call(method, f"/v1/feed/items/{item['id']}{act}", ADVOCATE)
        nothing = desk.call(method, f"/v1/feed/items/{uuid4()}{act}", ADVOCATE)
        assert (theirs.status_code, theirs.json()) == (404, nothing.json())

    def test_a_worker_who_was_named_is_told_in_person(self, desk: Desk) -> None:
        from shared.events.names import Agency, Role
        from shared.events.types.case import WorkerAssigned

        case, person = str(uuid4()), CALLERS[ADVOCATE].person
        named = WorkerAssigned(case=case, agency=Agency.ADVOCACY, worker=person, role=Role.ADVOCATE)
        desk.apply([desk.author.event(named, case, "advocacy")])
        assert [i["recipient"] for i in desk.items(ADVOCATE)] == [person]
        assert desk.items("supervisor@advocacy") == []


class TestTheList:
    def test_pages_follow_each_other_without_gap_or_repeat(self, desk: Desk) -> None:
        desk.apply([desk.author.concern() for _ in range(25)])
        seen, cursor = [], None
        while True:
            page = desk.get("/v1/feed", SCREENER, limit=10, **({"cursor": cursor} if cursor else {}))
            seen += [item["id"] for item in page["items"]]
            if not (cursor := page["next"]):
                break
        assert len(seen) == len(set(seen)) == 25
        assert seen == [i["id"] for i in desk.items(SCREENER, limit=200)]

    def test_a_cursor_is_of_use_to_its_caller_and_filter_only(self, desk: Desk) -> None:
        desk.apply([desk.author.concern() for _ in range(3)])
        cursor = desk.get("/v1/feed", SCREENER, limit=1)["next"]
        assert desk.call("GET", "/v1/feed", OTHER, cursor=cursor).status_code == 422
        assert desk.call("GET", "/v1/feed", SCREENER, cursor=cursor, unread=True).status_code == 422

    def test_a_tier_that_is_none_is_refused_without_repeating_it(self, desk: Desk) -> None:
        answer = desk.call("GET", "/v1/feed", SCREENER, tier="CANARY")
        assert answer.status_code == 422
        assert "CANARY" not in answer.text


class TestAcknowledging:
    def test_the_first_counts_and_the_second_learns_who_and_when(self, desk: Desk) -> None:
        desk.concern()
        (item,) = desk.items(SCREENER)
        first = desk.call("POST", f"/v1/feed/items/{item['id']}/acknowledge", SCREENER).json()
        second = desk.call("POST", f"/v1/feed/items/{item['id']}/acknowledge", OTHER).json()
        assert first["acknowledged"]["by"] == CALLERS[SCREENER].person
        assert second["acknowledged"] == first["acknowledged"]
        assert second["status"] == "acknowledged"
        with psycopg.connect(desk.url) as connection:
            rows = connection.execute(
                "SELECT topic FROM stored_events WHERE topic NOT LIKE 'accord.duty.%' ORDER BY notification_id"
            ).fetchall()
        assert [r[0] for r in rows] == [
            "accord.notification.delivered.v1",
            "accord.notification.acknowledged.v1",
        ]

    def test_twenty_at_one_moment_make_one_acknowledgement(self, desk: Desk) -> None:
        desk.concern()
        (item,) = desk.items(SCREENER)
        viewers = [Viewer.of(str(uuid4()), "human-services", ["screener"]) for _ in range(20)]
        answers: list[Any] = []

        def one(viewer: Viewer) -> None:
            answers.append(desk.feed.acknowledge(viewer, UUID(item["id"])))

        threads = [threading.Thread(target=one, args=[v]) for v in viewers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert len({(a["acknowledged_by"], a["acknowledged_at"]) for a in answers}) == 1
        assert len(answers) == 20

    def test_with_the_gate_shut_it_is_refused_and_nothing_is_recorded(self, desk: Desk) -> None:
        desk.concern()
        (item,) = desk.items(SCREENER)
        desk.gate.refusing = True
        answer = desk.call("POST", f"/v1/feed/items/{item['id']}/acknowledge", SCREENER)
        assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
        assert desk.items(SCREENER)[0]["acknowledged"] is None


class TestTheOpenStream:
    def test_an_item_comes_as_it_is_delivered_and_then_that_it_was_acknowledged(self, desk: Desk) -> None:
        follower = desk.follow(OTHER)
        eventually("the hub follows", lambda: desk.hub.position is not None)
        desk.concern()
        id, kind, item = follower.next()
        assert (kind, item["tier"]) == ("item", "act-now")
        desk.call("POST", f"/v1/feed/items/{item['id']}/acknowledge", SCREENER)
        later, kind, item = follower.next()
        assert (kind, item["acknowledged"]["by"]) == ("acknowledged", CALLERS[SCREENER].person)
        assert int(later) > int(id)

    def test_others_items_do_not_come(self, desk: Desk) -> None:
        follower = desk.follow(ADVOCATE)
        desk.concern()
        assert follower.quiet()

    def test_what_i_read_comes_to_my_other_tabs_and_not_to_my_colleague(self, desk: Desk) -> None:
        desk.concern()
        (item,) = desk.items(SCREENER)
        mine, theirs = desk.follow(SCREENER), desk.follow(OTHER)
        desk.call("POST", f"/v1/feed/items/{item['id']}/read", SCREENER)
        assert mine.next()[1] == "read"
        assert theirs.quiet()

    def test_the_api_is_stopped_and_started_and_each_change_comes_exactly_once(self, desk: Desk) -> None:
        follower = desk.follow(SCREENER)
        desk.apply([desk.author.concern() for _ in range(3)])
        seen = [follower.next()[0] for _ in range(3)]
        desk.stop_serving()
        desk.apply([desk.author.concern() for _ in range(4)])
        desk.serve()
        again = desk.follow(SCREENER, seen[-1])
        desk.concern()
        seen += [again.next()[0] for _ in range(5)]
        assert again.quiet()
        assert [int(id) for id in seen] == list(range(1, 9))

    def test_resuming_under_load_leaves_out_and_repeats_nothing(self, desk: Desk) -> None:
        """Streams are cut and opened again at random while items keep coming."""
        rng, total = random.Random(7), 300
        done = threading.Event()

        def write() -> None:
            for _ in range(total // 10):
                desk.apply([desk.author.concern() for _ in range(10)])
            done.set()

        writer = threading.Thread(target=write)
        seen: list[int] = []
        follower = desk.follow(SCREENER, "0")
        writer.start()
        while len(seen) < total:
            for _ in range(rng.randint(1, 60)):
                if len(seen) < total:
                    seen.append(int(follower.next(10)[0]))
            follower = desk.follow(SCREENER, str(seen[-1]))
        writer.join(10)
        assert seen == list(range(1, total + 1))
        assert follower.quiet()

    def test_a_number_that_was_never_given_out_is_told_to_load_anew(self, desk: Desk) -> None:
        desk.concern()
        follower = desk.follow(SCREENER, "9000")
        assert follower.next()[1] == "reset"
        desk.concern()
        assert follower.next()[0] == "2"

    def test_what_is_no_number_is_refused(self, desk: Desk) -> None:
        with httpx2.Client(base_url=desk.base, trust_env=False) as client:
            headers = {"Authorization": f"Bearer {SCREENER}", "Last-Event-ID": "CANARY"}
            answer = client.get("/v1/feed/stream", headers=headers)
        assert answer.status_code == 422
        assert "CANARY" not in answer.text

    def test_the_hub_goes_on_after_its_connection_is_cut(self, desk: Desk) -> None:
        follower = desk.follow(SCREENER)
        desk.concern()
        follower.next()
        with psycopg.connect(desk.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE query LIKE 'LISTEN%%' OR query LIKE '%%c.number > %%' AND pid <> pg_backend_pid()"
            )
        desk.apply([desk.author.concern() for _ in range(2)])
        assert [follower.next(10)[0] for _ in range(2)] == ["2", "3"]


class TestTheCommandLine:
    @pytest.fixture
    def accord(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> Iterator[Callable[..., tuple[int, str]]]:
        app = typer.Typer()
        register(app)
        monkeypatch.setenv("ACCORD_NOTIFICATIONS_URL", desk.base)
        monkeypatch.setenv("ACCORD_TOKEN", SCREENER)

        def call(*arguments: str) -> tuple[int, str]:
            code = run(app, [], ["feed", *arguments])
            return code, capsys.readouterr().out

        with capture_logs():  # the API of this process would write them between
            yield call

    def test_list_shows_the_items_as_one_document_or_as_lines(
        self, desk: Desk, accord: Callable[..., tuple[int, str]]
    ) -> None:
        desk.apply([desk.author.concern() for _ in range(3)])
        code, text = accord("list", "--json")
        assert (code, len(json.loads(text)["items"])) == (0, 3)
        assert len(accord("list", "--jsonl", "--limit", "2")[1].splitlines()) == 2
        assert "act-now" in accord("list", "--tier", "act-now")[1]

    def test_ack_says_who_has_it(self, desk: Desk, accord: Callable[..., tuple[int, str]]) -> None:
        desk.concern()
        (item,) = desk.items(SCREENER)
        code, text = accord("ack", item["id"], "--json")
        assert (code, json.loads(text)["acknowledged"]["by"]) == (0, CALLERS[SCREENER].person)
        assert accord("list", "--open", "--jsonl") == (0, "")

    def test_ack_of_what_is_not_yours_is_exit_code_3(self, accord: Callable[..., tuple[int, str]]) -> None:
        assert accord("ack", str(uuid4()))[0] == 3


class TestReadiness:
    def test_without_a_worker_it_says_so_and_still_answers(self, desk: Desk) -> None:
        with httpx2.Client(base_url=desk.base, trust_env=False) as client:
            answer = client.get("/readyz")
        assert answer.status_code == 200
        assert {c["name"]: c["status"] for c in answer.json()["checks"]} == {
            "database": "ok",
            "worker": "fail",
            "timers": "ok",
        }


ACTS = st.lists(
    st.tuples(st.sampled_from(["arrive", "read", "acknowledge"]), st.integers(0, 30), st.integers(0, 1)),
    min_size=1,
    max_size=25,
)


class TestTheCountIsTheList:
    def test_after_any_acts_unread_is_the_number_of_rows_in_the_unread_view(self, desk: Desk) -> None:
        viewers = [Viewer.of(str(uuid4()), "human-services", ["screener"]) for _ in range(2)]
        ids: list[UUID] = []

        @settings(max_examples=12, deadline=None)
        @given(ACTS)
        def holds(acts: list[tuple[str, int, int]]) -> None:
            for act, which, who in acts:
                if act == "arrive" or not ids:
                    desk.concern()
                    rows, _ = desk.feed.page(viewers[0], Filter(), None, 1)
                    ids.append(rows[0]["id"])
                elif act == "read":
                    desk.feed.mark_read(viewers[who], ids[which % len(ids)])
                else:
                    desk.feed.acknowledge(viewers[who], ids[which % len(ids)])
                for viewer in viewers:
                    unread, count = desk.feed.page(viewer, Filter(unread=True), None, 1_000)
                    assert len(unread) == count

        holds()
        changes = desk.feed.changes(viewers[0], 0, desk.feed.last_change(), 10_000)
        assert sum(1 for c in changes if c.kind == "delivered") == len(ids)
