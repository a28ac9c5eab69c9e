"""Duties as notifications times them, on real PostgreSQL with a clock that the test moves."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from deploy.local.child import free_port
from services.notifications.bootstrap import checks
from services.notifications.feed import Viewer
from services.notifications.known import Versions
from services.notifications.pages.inbox import card
from services.notifications.timer import fire
from services.notifications.worker import connect
from shared.events.names import Agency
from shared.events.types.concern import CallLine, ConcernCallStated, ConcernReported
from shared.store.append import partition_of
from shared.web.site.fakes import FakeSite
from tests.integration.duties_timed import Timed
from tests.integration.notifications_support import REFERRALS, START
from tests.integration.test_inbox_of_decided import page
from tests.integration.test_notifications_feed import OTHER, SCREENER, Desk

pytestmark = pytest.mark.platform
HOUR = timedelta(hours=1)
#: The written report is due 36 hours after the concern is known, and is warned of 12 hours before.
REPORT, REPORTER = "written-report-sent", "sheriff/deputy"
WARN, DUE = START + 24 * HOUR, START + 36 * HOUR
CALL = "call-made"
SCREENER_QUEUE = "human-services/screener"


@pytest.fixture
def timed(infra: Any) -> Iterator[Timed]:
    url = infra.fresh_database("accord_notifications")
    made = Timed(url)
    yield made
    made.close()
    infra.drop_database(url)


@pytest.fixture
def concern(timed: Timed) -> str:
    """A concern that the sheriff reported, known since the start."""
    concern = str(uuid4())
    data = ConcernReported(
        concern=concern, youth=str(uuid4()), reported_by=Agency.SHERIFF, known_since=START, sealed={}
    )
    timed.apply([timed.author.event(data, concern, "sheriff")])
    return concern


class TestAnEventOpensADuty:
    def test_it_is_recorded_with_its_rule_its_opening_and_who_owes_it(
        self, timed: Timed, concern: str
    ) -> None:
        (event,) = timed.told(rule=REPORT)
        data: Any = event.data
        assert (event.type, data.due_at, data.concern) == ("accord.duty.opened.v1", DUE, concern)
        assert (data.owed_by, data.role) == ("sheriff", "deputy")
        assert (event.envelope.clause, event.envelope.subject) == ("8.2", concern)
        assert event.envelope.causationid == data.opening

    def test_nobody_is_told_of_it(self, timed: Timed, concern: str) -> None:
        timed.hear()
        assert timed.items(REPORTER) == []

    def test_what_was_met_before_it_was_known_is_opened_and_met_at_once(self, timed: Timed) -> None:
        concern = str(uuid4())
        data = ConcernReported(
            concern=concern, youth=str(uuid4()), reported_by=Agency.SHERIFF, known_since=START,
            called_at=START + HOUR, called_line=CallLine.HOTLINE, sealed={},
        )  # fmt: skip
        timed.apply([timed.recorded(data, concern, START + 2 * HOUR)])
        opened, met = timed.told(rule=CALL)
        assert (opened.type, met.type) == ("accord.duty.opened.v1", "accord.duty.met.v1")
        assert (vars(met.data)["met_at"], vars(met.data)["revision"]) == (START + HOUR, 1)
        assert opened.envelope.stream == met.envelope.stream == vars(met.data)["duty"]


class TestTimePasses:
    def test_whoever_owes_it_is_warned_once_and_as_loud_as_the_rule_says(
        self, timed: Timed, concern: str
    ) -> None:
        timed.time(WARN - timedelta(microseconds=1))
        assert timed.kinds(REPORT) == ["opened"]
        timed.time(WARN)
        timed.time(WARN + HOUR)
        assert timed.kinds(REPORT) == ["opened", "warned"]
        (item,) = [i for i in timed.items(REPORTER) if i["rule"] == REPORT]
        assert (item["tier"], item["needs_ack"], item["clause"]) == ("act-soon", False, "8.2")
        assert item["reason"].startswith("The written report follows within 36 hours")
        assert item["reason"].endswith("Due Tue 5 Mar 2030, 13:00.")
        assert (item["about_kind"], str(item["about"]), item["respond_by"]) == ("concern", concern, DUE)

    def test_at_the_last_moment_it_is_not_late_and_a_moment_later_it_is(
        self, timed: Timed, concern: str
    ) -> None:
        timed.time(WARN)
        timed.time(DUE)
        assert timed.kinds(REPORT) == ["opened", "warned"]
        timed.time(DUE + timedelta(microseconds=1))
        assert timed.kinds(REPORT) == ["opened", "warned", "unanswered", "escalated"]

    def test_that_there_is_no_record_waits_until_all_that_was_recorded_by_then_has_come(
        self, timed: Timed, concern: str
    ) -> None:
        timed.time(WARN)
        timed.time(DUE + 5 * HOUR, complete=DUE)
        assert timed.kinds(REPORT) == ["opened", "warned"]
        sent = timed.act(concern, REPORT, DUE - HOUR, concern=concern)
        timed.apply([sent])
        timed.time(DUE + 6 * HOUR)
        assert timed.kinds(REPORT) == ["opened", "warned", "met"]

    def test_then_whoever_owes_it_and_the_next_queue_have_to_act_now(
        self, timed: Timed, concern: str
    ) -> None:
        timed.time(DUE + HOUR)
        for queue in (REPORTER, "human-services/screener"):
            (item,) = [i for i in timed.items(queue) if i["rule"] == REPORT]
            assert (item["tier"], item["needs_ack"]) == ("act-now", True)

    def test_each_step_is_told_when_its_hours_are_over(self, timed: Timed, concern: str) -> None:
        timed.time(DUE + HOUR)
        assert [vars(e.data)["step"] for e in timed.told("escalated", REPORT)] == [0]
        timed.time(DUE + 24 * HOUR)
        steps = timed.told("escalated", REPORT)
        assert [vars(e.data)["queue"] for e in steps] == [
            "human-services/screener",
            "human-services/supervisor",
        ]
        timed.time(DUE + 999 * HOUR)
        assert len(timed.told("escalated", REPORT)) == 2

    def test_what_was_missed_while_nobody_looked_is_caught_up_without_old_warnings(
        self, timed: Timed, concern: str
    ) -> None:
        timed.time(DUE + 30 * HOUR)
        assert timed.kinds(REPORT) == ["opened", "unanswered", "escalated", "escalated"]


class TestWhatIsDoneIsNeverCalledMissed:
    def test_done_in_time_and_recorded_late_is_on_time_after_all(self, timed: Timed, concern: str) -> None:
        timed.time(DUE + HOUR)
        timed.apply([timed.act(concern, REPORT, DUE - HOUR, DUE + 2 * HOUR, concern=concern)])
        met: Any = timed.told("met", REPORT)[0].data
        assert (met.state, met.met_at, met.revision) == ("done-on-time-recorded-late", DUE - HOUR, 1)

    def test_done_late_is_done(self, timed: Timed, concern: str) -> None:
        timed.time(DUE + HOUR)
        timed.apply([timed.act(concern, REPORT, DUE + 2 * HOUR, concern=concern)])
        assert vars(timed.told("met", REPORT)[0].data)["state"] == "done-late"

    def test_its_items_do_not_ask_any_more(self, timed: Timed, concern: str) -> None:
        timed.time(DUE + HOUR)
        waiting = timed.items(REPORTER, waiting=True, tier="act-now")
        timed.apply([timed.act(concern, REPORT, DUE - HOUR, DUE + 2 * HOUR, concern=concern)])
        left = timed.items(REPORTER, waiting=True, tier="act-now")
        assert {i["rule"] for i in waiting} - {i["rule"] for i in left} == {REPORT}

    def test_a_record_that_was_wrong_opens_it_again_and_time_goes_on(
        self, timed: Timed, concern: str
    ) -> None:
        sent = timed.act(concern, REPORT, START + HOUR, concern=concern)
        timed.apply([sent])
        timed.time(DUE + HOUR)
        timed.apply([timed.wrong(concern, sent, DUE + 2 * HOUR, concern=concern)])
        assert timed.kinds(REPORT) == ["opened", "met", "changed"]
        again: Any = timed.told("changed", REPORT)[0].data
        assert (again.state, again.due_at, again.revision) == ("open", DUE, 2)
        timed.time(DUE + 3 * HOUR)
        assert timed.kinds(REPORT)[3:] == ["unanswered", "escalated"]


class TestSeveralWorkers:
    def test_a_worker_that_has_read_nothing_goes_on_where_another_was(
        self, timed: Timed, concern: str
    ) -> None:
        timed.another_worker()
        timed.apply([timed.act(concern, REPORT, START + HOUR, concern=concern)])
        timed.workers.reverse()
        data = ConcernCallStated(concern=concern, called_at=START + HOUR, sealed={})
        timed.apply([timed.recorded(data, concern, START + 2 * HOUR)])
        assert timed.kinds(REPORT) == ["opened", "met"]
        assert timed.kinds(CALL) == ["opened", "met"]

    def test_a_case_and_its_concern_are_one_whichever_comes_first(self, timed: Timed, concern: str) -> None:
        case = next(
            id
            for _ in range(100)
            if partition_of(REFERRALS, id := str(uuid4())) != partition_of(REFERRALS, concern)
        )
        attached, opened = timed.author.opened(concern, case)
        timed.apply([opened])
        timed.another_worker()
        timed.apply([attached])
        (group,) = {row[0] for row in timed.rows("SELECT grp FROM duty_groups")}
        assert str(group) == min(concern, case)
        assert timed.rows("SELECT sum(happenings) FROM duty_groups") == [(3,)]


class TestTwoTimersAtOnce:
    def test_each_moment_is_told_by_one_of_them(self, timed: Timed) -> None:
        timed.apply([timed.author.concern() for _ in range(150)])
        timed.at = DUE + 99 * HOUR
        start = threading.Barrier(2)

        def look() -> None:
            with connect(timed.url) as connection:
                start.wait(10)
                while fire(connection, Versions(), lambda: timed.at, timed.at):
                    pass

        crew = [threading.Thread(target=look) for _ in range(2)]
        for one in crew:
            one.start()
        for one in crew:
            one.join(60)
        for kind in ("unanswered", "escalated"):
            told = [(e.envelope.stream, vars(e.data).get("step")) for e in timed.told(kind)]
            assert len(told) == len(set(told))
        assert len(timed.told("unanswered", REPORT)) == 150
        assert len(timed.told("escalated", REPORT)) == 300
        assert timed.rows("SELECT count(*) FROM duties WHERE next_at <= %s", [timed.at]) == [(0,)]


class TestBeforeThereIsAMemorandum:
    def test_what_came_before_counts_under_the_first_one(self, infra: Any) -> None:
        url = infra.fresh_database("accord_notifications")
        timed = Timed(url, mou=False)
        timed.apply([timed.author.concern(mou="none")])
        assert timed.told() == []
        timed.apply([timed.author.mou()])
        assert timed.kinds(REPORT) == ["opened"]
        assert timed.duty(REPORT)["mouversion"] != "none"
        timed.close()
        infra.drop_database(url)


class TestWhatIsDueNext:
    """Over HTTP, on the command line and on the inbox page."""

    @pytest.fixture
    def desk(self, fresh_database: Any) -> Iterator[Desk]:
        site = FakeSite(url=f"http://127.0.0.1:{free_port()}")
        made = Desk(fresh_database("accord_notifications"), site)
        yield made
        made.close()

    def test_nothing_is_due_and_the_page_says_so(self, desk: Desk) -> None:
        assert desk.get("/v1/feed/duties", SCREENER) == {"duties": [], "next": None}
        assert "Due next Nothing is due from you or your agency's queues." in page(desk, SCREENER)

    def test_the_soonest_comes_first_each_once_over_the_pages(self, desk: Desk) -> None:
        for _ in range(4):
            desk.concern()
        found: list[dict[str, Any]] = []
        cursor = None
        while True:
            more = {"cursor": cursor} if cursor else {}
            answer = desk.get("/v1/feed/duties", SCREENER, limit=3, **more)
            found += answer["duties"]
            cursor = answer["next"]
            if cursor is None:
                break
        due = [one["due_at"] for one in found]
        assert due == sorted(due)
        assert len({one["duty"] for one in found}) == len(found) == 8
        assert {one["rule"] for one in found} == {
            "cross-report-law-enforcement",
            "cross-report-district-attorney",
        }
        assert {one["recipient"] for one in found} == {SCREENER_QUEUE}
        assert {one["state"] for one in found} == {"open"}

    def test_each_sees_what_their_own_queues_owe_and_nothing_else(self, desk: Desk) -> None:
        desk.concern()
        mine = {one["rule"] for one in desk.get("/v1/feed/duties", "deputy@sheriff")["duties"]}
        assert {CALL, REPORT} <= mine
        assert desk.get("/v1/feed/duties", "advocate@advocacy")["duties"] == []

    def test_a_cursor_of_another_person_is_refused(self, desk: Desk) -> None:
        for _ in range(2):
            desk.concern()
        cursor = desk.get("/v1/feed/duties", SCREENER, limit=1)["next"]
        answer = desk.call("GET", "/v1/feed/duties", OTHER, cursor=cursor)
        assert answer.status_code == 422

    def test_the_page_says_what_until_when_and_by_which_clause_in_both_languages(self, desk: Desk) -> None:
        desk.concern()
        said = page(desk, SCREENER)
        assert "A report that child welfare received is told to law enforcement at once." in said
        assert "To be done – by" in said
        assert "clause 8.3" in said
        assert "Próximos vencimientos" in page(desk, SCREENER, language="es")

    def test_an_item_of_a_duty_that_was_met_says_how_it_came_out(self, timed: Timed, concern: str) -> None:
        timed.time(DUE + HOUR)
        timed.apply([timed.act(concern, REPORT, DUE - HOUR, DUE + 2 * HOUR, concern=concern)])
        agency, role = REPORTER.split("/")
        viewer = Viewer.of(str(uuid4()), agency, [role])
        cards = [card(row, viewer) for row in timed.items(REPORTER) if row["rule"] == REPORT]
        assert {(one.settled, one.tier, one.open) for one in cards} == {
            ("Done on time, recorded late", "information", False)
        }

    def test_status_says_how_long_something_waits_to_be_told(self, timed: Timed, concern: str) -> None:
        before = {check.name: check.status for check in checks(timed.feed, START)}
        long = {check.name: check.status for check in checks(timed.feed, WARN + HOUR)}
        assert (before["timers"], long["timers"]) == ("ok", "fail")
