"""A case in audit's ledger whose written report was sent late, with what notifications recorded of its duties."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.audit.domain.duties import happenings
from services.audit.domain.duties_said import Word
from shared.events.types.act import ActRecorded
from tests.integration.audit_paged import Paged
from tests.unit.audit.county import County, canary, versions
from tests.unit.audit.faithful import Faithful, record
from tests.unit.audit.made import Case, Log

HOUR = timedelta(hours=1)
REPORT = "written-report-sent"


@dataclass
class Story:
    """A case whose written report was sent late; two days later."""

    case: Case
    words: list[Word]
    reported: datetime
    end: datetime


def story(api: Paged, spoil: Callable[[list[Word]], list[Word]] = lambda words: words) -> Story:
    log = Log()
    made = County(log, random.Random(1))
    made.adopt(versions()[0])
    log.mouversion = versions()[0].version
    case = Case(log, {"identity": canary("identity", 1)}).open()
    reported = log.now
    log.now += 40 * HOUR
    sent = ActRecorded(
        record=log.id(), concern=case.concern, act=REPORT, to="child-welfare", done_at=log.now - HOUR
    )
    log.add(sent, case.concern, case.concern, agency="sheriff", ago=HOUR)
    log.now += 8 * HOUR
    history = happenings(case.case, log.entries())
    words = spoil(Faithful(lambda _: versions()[0]).run(history, log.now))
    record(log, words)
    api.keep(log.made)
    api.complete(log.now)
    return Story(case, words, reported, log.now)


def other_due(words: list[Word]) -> list[Word]:
    """The written report is recorded as due an hour later than it was."""
    return [
        Word(w.event, w.recorded, w.data.model_copy(update={"due_at": w.data.due_at + HOUR}))
        if w.data.rule == REPORT
        else w
        for w in words
    ]
