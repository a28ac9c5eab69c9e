"""Two months of Alder County under its own document: what notifications' worker and timer recorded in PostgreSQL of
its duties, and what audit works out anew from its ledger. Three acts in ten are recorded one to five days late."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from shared.events import Data, read
from shared.events.moments import write_moment
from shared.events.types.act import ActEnteredInError, ActRecorded
from shared.events.types.concern import ConcernReported
from shared.events.types.duty import DutyChanged, DutyMet, DutyOpened
from tests.integration.audit_paged import Paged
from tests.integration.duties_timed import Timed
from tests.integration.notifications_support import COUNTY, OWN, START, Made
from tests.integration.test_audit_api import iso
from tests.unit.audit.made import Made as Kept

pytestmark = pytest.mark.platform
HOUR, DAY, TICK = timedelta(hours=1), timedelta(days=1), timedelta(milliseconds=2)
END = START + 60 * DAY
REPORT = "written-report-sent"
ACTS = [act for act in COUNTY.acts if act.code != REPORT]
#: What notifications takes to read an event, or to notice the time.
LAG = timedelta(seconds=1)


@dataclass
class Planned:
    """What somebody records at a moment. A text is a concern, of which a case is opened."""

    recorded: datetime
    happened: datetime
    subject: str
    data: Data | str


@dataclass
class Months:
    """Cases, and what is recorded of them, by seed."""

    chance: random.Random
    cases: list[str] = field(default_factory=list)
    planned: list[Planned] = field(default_factory=list)

    def fill(self, cases: int) -> None:
        for number in range(cases):
            concern, case = str(uuid4()), str(uuid4())
            self.cases.append(case)
            began = START + HOUR + 20 * DAY * self.chance.random()
            told = ConcernReported(
                concern=concern, youth=str(uuid4()), reported_by="sheriff", known_since=began, sealed={}
            )
            self.planned.append(Planned(self._recorded(began), began, concern, told))
            opened = self.planned[-1].recorded + HOUR
            self.planned.append(Planned(opened, opened, case, concern))
            records: list[str] = []
            for _ in range(self.chance.randrange(5, 20)):
                self._act(concern, case, opened + 25 * DAY * self.chance.random() ** 3, records)
            sent = began + 30 * HOUR * self.chance.random()
            said = ActRecorded(record=str(uuid4()), act=REPORT, done_at=sent, concern=concern, sealed={})
            late = 2 * DAY if number % 2 else HOUR
            self.planned.append(Planned(sent + late, sent, concern, said))

    def _recorded(self, happened: datetime) -> datetime:
        late = DAY * self.chance.uniform(1, 5) if self.chance.random() < 0.3 else timedelta(minutes=1)
        return happened + late

    def _act(self, concern: str, case: str, at: datetime, records: list[str]) -> None:
        act, record = self.chance.choice(ACTS), str(uuid4())
        on_concern = "concern" in act.about and self.chance.random() < 0.5
        of = {"concern": concern} if on_concern else {"case": case}
        data = ActRecorded(
            record=record,
            act=act.code,
            done_at=at,
            to=self.chance.choice(act.to) if act.to else None,
            about=self.chance.choice(records) if records and "act" in act.about else None,
            sealed={},
            **of,
        )
        recorded, subject = self._recorded(at), concern if on_concern else case
        self.planned.append(Planned(recorded, at, subject, data))
        records.append(record)
        if self.chance.random() < 0.1:
            wrong = ActEnteredInError(record=record, reason="wrong-youth", **of)
            after = recorded + DAY * self.chance.random()
            self.planned.append(Planned(after, after, subject, wrong))

    def made(self, timed: Timed) -> Iterator[Made]:
        """The events, in the order in which they are recorded."""
        for one in sorted(self.planned, key=lambda each: each.recorded):
            if isinstance(one.data, str):
                timed.author.at = max(timed.author.at, one.recorded)
                yield from timed.author.opened(one.data, one.subject)
            else:
                yield timed.recorded(one.data, one.subject, one.happened, one.recorded)


def live(timed: Timed, months: Months) -> list[Made]:
    """Every event is read soon after it was recorded; whatever time brings is noticed soon after it comes."""
    recorded = []
    for one in months.made(timed):
        at = read(one.value).envelope.recordedtime + LAG
        pass_until(timed, at - LAG)
        timed.at = max(timed.at, at)
        timed.apply([one])
        recorded.append(one)
    pass_until(timed, END)
    return recorded


def pass_until(timed: Timed, end: datetime) -> None:
    while (found := timed.rows("SELECT min(next_at) FROM duties")[0][0]) is not None and found <= end:
        at = max(found + LAG, timed.at)
        assert timed.time(at, complete=max(found, at - LAG)), "what comes next is told"


def as_kept(timed: Timed, recorded: list[Made]) -> list[Kept]:
    own = timed.rows(
        "SELECT kafka_topic, kafka_partition, kafka_sequence, state FROM stored_events WHERE kafka_topic = %s"
        " ORDER BY kafka_partition, kafka_sequence",
        [OWN],
    )
    made = [Kept(m.topic, m.partition, m.sequence, m.key.encode(), m.value) for m in recorded]
    values = [(topic, partition, sequence, bytes(value)) for topic, partition, sequence, value in own]
    return made + [Kept(t, p, s, read(v).envelope.subject.encode(), v) for t, p, s, v in values]


@pytest.fixture(scope="module")
def lived(infra: Any) -> Iterator[tuple[Months, list[Kept]]]:
    url = infra.fresh_database("accord_notifications")
    timed = Timed(url, mou=False)
    months = Months(random.Random(20301))
    months.fill(12)
    adopted = timed.author.mou()
    timed.at = START + LAG
    timed.apply([adopted])
    recorded = [adopted, *live(timed, months)]
    yield months, as_kept(timed, recorded)
    timed.close()
    infra.drop_database(url)


@pytest.fixture
def api(infra: Any, tmp_path: Path) -> Iterator[Paged]:
    url = infra.fresh_database("accord_audit")
    made = Paged.on(url, tmp_path)
    yield made
    made.close()
    infra.drop_database(url)


def duties(api: Paged, case: str, **params: Any) -> dict[str, Any]:
    answer = api.get(f"/v1/cases/{case}/duties", **params)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def wrong(body: dict[str, Any]) -> list[tuple[str, str, Any]]:
    return [
        (one["duty"], difference["sentence"], one["recorded"])
        for one in body["duties"]
        for difference in one["differences"]
        if not difference["explained"]
    ]


class TestTwoMonths:
    def test_at_their_end_both_say_the_same_of_every_duty(
        self, api: Paged, lived: tuple[Months, list[Kept]]
    ) -> None:
        months, kept = lived
        api.keep(kept)
        api.complete(END)
        states: set[str] = set()
        for case in months.cases:
            body = duties(api, case)
            assert wrong(body) == []
            assert (body["explained"], body["gaps"]) == (0, [])
            assert body["agree"] > 3
            states |= {one["owed"]["state"] for one in body["duties"] if one["owed"]}
        assert states >= {"done-on-time", "done-on-time-recorded-late", "done-late", "no-record-by-due-time"}

    def test_at_any_moment_they_say_the_same_or_the_record_explains_why_not(
        self, api: Paged, lived: tuple[Months, list[Kept]]
    ) -> None:
        months, kept = lived
        api.keep(kept)
        api.complete(END)
        chance = random.Random(7)
        own = [read(one.value).envelope.recordedtime for one in kept if one.topic == OWN]
        explained = 0
        for case in months.cases:
            moments = [START + HOUR + (END - START) * chance.random() for _ in range(6)]
            moments += [at - TICK for at in chance.sample(own, 6)]
            for moment in moments:
                body = duties(api, case, as_of=iso(moment))
                assert wrong(body) == []
                explained += body["explained"]
        assert explained

    def test_one_due_time_among_all_that_is_recorded_an_hour_later_is_found(
        self, api: Paged, lived: tuple[Months, list[Kept]]
    ) -> None:
        months, kept = lived
        place, duty = last_word_of_a_duty(kept)
        body = json.loads(kept[place].value)
        body["data"]["due_at"] = write_moment(datetime.fromisoformat(body["data"]["due_at"]) + HOUR)
        api.keep([*kept[:place], replace(kept[place], value=json.dumps(body).encode()), *kept[place + 1 :]])
        api.complete(END)
        found = [one for case in months.cases for one in wrong(duties(api, case))]
        assert [one["duty"] for _, _, one in found] == [duty]


def last_word_of_a_duty(kept: list[Kept]) -> tuple[int, str]:
    """Where the last word on how some duty stands lies, and its id."""
    last: dict[str, int] = {}
    for place, one in enumerate(kept):
        data = read(one.value).data
        if isinstance(data, DutyOpened | DutyMet | DutyChanged):
            last[data.duty] = place
            if data.due_at is None:
                del last[data.duty]
    duty = sorted(last)[0]
    return last[duty], duty
