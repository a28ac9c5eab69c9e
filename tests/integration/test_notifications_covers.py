"""Absence and cover in the feed, on real PostgreSQL: whose an item is hangs on the clock at reading."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifications.feed import Change, Filter, Viewer
from services.notifications.hub import Subscriber
from shared.events import read
from shared.events.names import Agency, EndOfCover, Role
from shared.events.types.case import WorkerAssigned
from shared.events.types.cover import CoverArranged, CoverEnded
from tests.integration.notifications_support import START, Made
from tests.integration.test_notifications_feed import CALLERS, Desk

pytestmark = pytest.mark.platform
HOUR, TICK = timedelta(hours=1), timedelta(microseconds=1)
#: Nothing of the author's is recorded as late as this.
BEGINS, UNTIL = START + HOUR, START + 9 * HOUR
AWAY_HANDLE, COLLEAGUE_HANDLE = "advocate@advocacy", "supervisor@advocacy"


class Office:
    """Advocates, one of whom goes away. `at` is what the clock says when the feed is read."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.author, self.feed = desk, desk.author, desk.feed
        self.away, self.colleague, self.third = (
            Viewer.of(str(uuid4()), "advocacy", ["advocate"]) for _ in range(3)
        )
        self.at = START
        desk.store.now = lambda: self.at

    def assigned(self, viewer: Viewer, at: datetime | None = None) -> None:
        """An item for a person, recorded at this moment."""
        self.author.at = (at or self.author.at + timedelta(milliseconds=1)) - timedelta(milliseconds=1)
        case = str(uuid4())
        data = WorkerAssigned(case=case, agency=Agency.ADVOCACY, worker=viewer.person, role=Role.ADVOCATE)
        self.desk.apply([self.author.event(data, case, "advocacy")])

    def cover(
        self,
        person: Viewer | None = None,
        covering: Viewer | None = None,
        begins: datetime = BEGINS,
        until: datetime = UNTIL,
        agency: Agency = Agency.ADVOCACY,
    ) -> CoverArranged:
        data = CoverArranged(
            cover=str(uuid4()),
            person=(person or self.away).person,
            covering=(covering or self.colleague).person,
            agency=agency,
            begins=begins,
            until=until,
        )
        self.desk.apply([self.author.event(data, data.person, agency)])
        return data

    def end(self, cover: CoverArranged) -> None:
        self.desk.apply([self.ended(cover)])

    def ended(self, cover: CoverArranged) -> Made:
        kept = cover.model_dump(include={"cover", "person", "covering", "agency"})
        return self.author.event(CoverEnded(**kept, reason=EndOfCover.RETURNED), cover.person, cover.agency)

    def items(self, viewer: Viewer, at: datetime | None = None, **wanted: Any) -> list[dict[str, Any]]:
        """Those of the viewer's that are not about covers themselves."""
        self.at = at or self.at
        rows, _ = self.feed.page(viewer, Filter(**wanted), None, 1_000)
        return [row for row in rows if not row["type"].startswith("accord.cover.")]

    def acknowledged(self, item: UUID) -> list[Any]:
        with self.desk.store.transaction() as connection:
            rows = connection.execute(
                "SELECT state FROM stored_events WHERE originator_id = %s AND topic LIKE %s",
                [item, "%acknowledged%"],
            ).fetchall()
        return [read(bytes(row["state"])) for row in rows]


@pytest.fixture
def office(infra: Any) -> Iterator[Office]:
    url = infra.fresh_database("accord_notifications")
    made = Desk(url)
    yield Office(made)
    made.close()
    infra.drop_database(url)


class TestWhileAColleagueCovers:
    @pytest.mark.parametrize(
        ("moment", "seen"),
        [(BEGINS - TICK, 0), (BEGINS, 1), (UNTIL - TICK, 1), (UNTIL, 0)],
        ids=["before", "at-its-begin", "before-its-end", "at-its-end"],
    )
    def test_what_is_addressed_to_who_is_away_is_the_colleagues_too(
        self, office: Office, moment: datetime, seen: int
    ) -> None:
        office.cover()
        office.assigned(office.away)
        assert len(office.items(office.colleague, moment)) == seen
        assert len(office.items(office.away, moment)) == 1
        assert office.items(office.third, moment) == []

    def test_the_item_says_that_it_is_for_another_and_to_its_own_person_it_does_not(
        self, office: Office
    ) -> None:
        cover = office.cover()
        office.assigned(office.away)
        [theirs], [own] = office.items(office.colleague, BEGINS), office.items(office.away, BEGINS)
        assert (str(theirs["cover"]), theirs["recipient"]) == (cover.cover, office.away.person)
        assert own["cover"] is None

    def test_what_came_before_and_waited_is_the_colleagues_and_what_was_read_is_not(
        self, office: Office
    ) -> None:
        for _ in range(2):
            office.assigned(office.away)
        [newer, older] = office.items(office.away)
        office.feed.mark_read(office.away, older["id"])
        office.cover()
        assert [row["id"] for row in office.items(office.colleague, BEGINS)] == [newer["id"]]

    def test_it_stays_the_colleagues_when_who_is_away_reads_it_meanwhile(self, office: Office) -> None:
        office.assigned(office.away)
        office.cover()
        [item] = office.items(office.away, BEGINS + HOUR)
        office.feed.mark_read(office.away, item["id"])
        assert len(office.items(office.colleague)) == 1

    def test_what_was_in_hand_before_is_not_the_colleagues(self, office: Office) -> None:
        office.assigned(office.away)
        [item] = office.items(office.away)
        office.feed.acknowledge(office.away, item["id"])
        office.cover()
        assert office.items(office.colleague, BEGINS) == []

    def test_it_is_over_at_once_when_it_is_ended(self, office: Office) -> None:
        cover = office.cover()
        office.assigned(office.away)
        assert len(office.items(office.colleague, BEGINS)) == 1
        office.end(cover)
        assert office.items(office.colleague) == []

    def test_a_cover_of_a_cover_is_not_followed(self, office: Office) -> None:
        office.cover()
        office.cover(office.colleague, office.third)
        office.assigned(office.away)
        office.assigned(office.colleague)
        assert [row["recipient"] for row in office.items(office.third, BEGINS)] == [office.colleague.person]

    def test_it_is_nothing_to_the_same_person_at_another_agency(self, office: Office) -> None:
        office.cover()
        office.assigned(office.away)
        elsewhere = Viewer.of(office.colleague.person, "shelter", ["advocate"])
        assert office.items(elsewhere, BEGINS) == []

    def test_what_stands_in_both_their_queues_stands_there_once(self, office: Office) -> None:
        office.cover()
        office.desk.apply([office.author.requested(str(uuid4()), str(uuid4()))])
        assert len(office.items(office.colleague, BEGINS)) == 1

    def test_the_colleague_is_told_and_told_again_when_it_ends(self, office: Office) -> None:
        office.end(office.cover())
        rows, _ = office.feed.page(office.colleague, Filter(), None, 10)
        assert [(row["type"], row["about"], row["cover"]) for row in rows] == [
            ("accord.cover.ended.v1", None, None),
            ("accord.cover.arranged.v1", None, None),
        ]
        assert office.feed.page(office.away, Filter(), None, 10) == ([], 0)

    def test_both_can_see_until_when(self, office: Office) -> None:
        office.cover()
        office.at = BEGINS
        for viewer, for_them in ((office.away, True), (office.colleague, False)):
            [found] = office.feed.covering(viewer)
            assert (found.until, found.for_them) == (UNTIL, for_them)
        assert office.feed.covering(office.third) == []
        office.at = UNTIL
        assert office.feed.covering(office.away) == []


class TestTakingItInHandForAnother:
    def test_names_who_did_it_and_by_which_cover_it_was_theirs(self, office: Office) -> None:
        cover = office.cover()
        office.assigned(office.away)
        [item] = office.items(office.colleague, BEGINS)
        answer = office.feed.acknowledge(office.colleague, item["id"])
        assert answer is not None
        assert answer["acknowledged_by"] == office.colleague.person
        [event] = office.acknowledged(item["id"])
        assert (event.envelope.actor, event.data.recipient, event.data.cover) == (
            office.colleague.person,
            office.away.person,
            cover.cover,
        )
        [own] = office.items(office.away)
        assert (own["acknowledged_by"], own["cover"]) == (office.colleague.person, None)

    def test_comes_second_where_who_is_away_was_first(self, office: Office) -> None:
        office.cover()
        office.assigned(office.away)
        [item] = office.items(office.away, BEGINS)
        office.feed.acknowledge(office.away, item["id"])
        answer = office.feed.acknowledge(office.colleague, item["id"])
        assert answer is not None
        assert answer["acknowledged_by"] == office.away.person
        [event] = office.acknowledged(item["id"])
        assert event.data.cover is None

    def test_is_not_possible_once_the_cover_is_over(self, office: Office) -> None:
        office.cover()
        office.assigned(office.away)
        [item] = office.items(office.colleague, BEGINS)
        office.at = UNTIL
        assert office.feed.acknowledge(office.colleague, item["id"]) is None
        assert office.feed.mark_read(office.colleague, item["id"]) is None
        assert office.acknowledged(item["id"]) == []

    def test_reading_is_for_oneself_alone(self, office: Office) -> None:
        office.cover()
        office.assigned(office.away)
        [item] = office.items(office.colleague, BEGINS)
        office.feed.mark_read(office.colleague, item["id"])
        assert office.items(office.colleague, unread=True) == []
        assert len(office.items(office.away, unread=True)) == 1


class TestTheOpenStream:
    def seen(self, office: Office, viewer: Viewer, at: datetime) -> list[Change]:
        """What a stream that is open all the time would hand to the viewer, and the same when it is read anew."""
        office.at = at
        missed = office.feed.changes(viewer, 0, office.feed.last_change())
        with office.desk.store.connection() as connection:
            from services.notifications.feed import CHANGES_AFTER, change_of

            wanted = {"after": 0, "limit": 100, "now": at}
            found = [change_of(row) for row in connection.execute(CHANGES_AFTER, wanted).fetchall()]
        handed = [one for change in found if (one := Subscriber(viewer).seen(change)) is not None]
        assert [(c.number, str(c.item["cover"])) for c in missed] == [
            (c.number, str(c.item.get("cover"))) for c in handed
        ]
        return missed

    def test_brings_what_is_for_who_is_away_while_it_lasts(self, office: Office) -> None:
        cover = office.cover()
        office.assigned(office.away)
        assert {str(c.item["cover"]) for c in self.seen(office, office.colleague, BEGINS)} == {
            "None",  # that they cover
            cover.cover,
        }
        assert len(self.seen(office, office.colleague, UNTIL)) == 1
        assert self.seen(office, office.third, BEGINS) == []

    def test_of_the_api_says_by_which_cover_it_came(self, office: Office) -> None:
        office.at = BEGINS
        away, colleague = (_viewer(handle) for handle in (AWAY_HANDLE, COLLEAGUE_HANDLE))
        cover = office.cover(away, colleague)
        follower = office.desk.follow(COLLEAGUE_HANDLE, "0")
        assert follower.next()[2]["type"] == "accord.cover.arranged.v1"
        office.assigned(away)
        _, kind, item = follower.next()
        assert (kind, item["cover"], item["recipient"]) == ("item", cover.cover, away.person)
        [listed] = [i for i in office.desk.items(COLLEAGUE_HANDLE) if i["cover"]]
        assert listed["id"] == item["id"]
        answer = office.desk.call("POST", f"/v1/feed/items/{item['id']}/acknowledge", COLLEAGUE_HANDLE)
        assert answer.json()["acknowledged"]["by"] == colleague.person
        [own] = office.desk.items(AWAY_HANDLE)
        assert (own["cover"], own["acknowledged"]["by"]) == (None, colleague.person)


def _viewer(handle: str) -> Viewer:
    caller = CALLERS[handle]
    return Viewer.of(caller.person, caller.agency, caller.roles)


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["arrive", "read", "acknowledge", "cover", "end", "later"]),
        st.integers(0, 30),
        st.integers(0, 2),
    ),
    min_size=4,
    max_size=25,
)


class TestTheCountIsTheList:
    def test_also_for_those_who_cover_after_any_acts_and_at_any_time(self, office: Office) -> None:
        viewers = [office.away, office.colleague, office.third]
        covers: list[CoverArranged] = []
        shared = 0

        @settings(max_examples=20, deadline=None)
        @given(ACTS)
        def holds(acts: list[tuple[str, int, int]]) -> None:
            nonlocal shared
            for act, which, who in acts:
                viewer, other = viewers[who], viewers[(who + 1) % 3]
                rows, _ = office.feed.page(viewer, Filter(), None, 1_000)
                if act == "arrive":
                    office.assigned(viewer)
                elif act == "cover":
                    span = timedelta(minutes=which)
                    covers.append(office.cover(viewer, other, office.at + span, office.at + span * 2 + HOUR))
                elif act == "end" and covers:
                    office.end(covers.pop(which % len(covers)))
                elif act == "later":
                    office.at += timedelta(minutes=which)
                elif act == "read" and rows:
                    office.feed.mark_read(viewer, rows[which % len(rows)]["id"])
                elif act == "acknowledge" and rows:
                    office.feed.acknowledge(viewer, rows[which % len(rows)]["id"])
                for one in viewers:
                    unread, count = office.feed.page(one, Filter(unread=True), None, 10_000)
                    assert len(unread) == count == len({row["id"] for row in unread})
                    shared += sum(row["cover"] is not None for row in unread)

        holds()
        assert shared, "somebody covered"
