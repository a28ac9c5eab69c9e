"""`accord audit history|state`: what people read, and what scripts get."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from services.audit import cli
from services.audit.answers import case_view, history_entry
from services.audit.domain.entry import in_order
from services.audit.domain.fold import fold
from shared.cli.failures import Usage
from tests.unit.audit.made import Case, Log

ASKED: list[tuple[str, dict[str, Any]]] = []


def story() -> Case:
    case = Case(Log()).open()
    referral = case.refer()
    case.log.now += timedelta(days=1)
    case.accept(referral, ago=timedelta(hours=20))
    return case


def answers(case: Case) -> dict[str, Any]:
    entries = in_order(case.log.entries())
    moment = case.log.now.isoformat()
    return {
        "case": case.case,
        "axis": "recorded",
        "as_of": moment,
        "as_of_event": None,
        "complete_until": moment,
        "complete": True,
        "mouversion": "2026.1",
        "events": len(entries),
        "statement": "8 events.",
        "gaps": ["Stream x lacks version 3."],
        "positions": [],
        "entries": [history_entry(e).model_dump(mode="json") for e in entries],
        "state": case_view(fold(case.case, entries)).model_dump(mode="json"),
        "next": None,
    }


@pytest.fixture
def case(monkeypatch: pytest.MonkeyPatch) -> Case:
    made = story()
    whole = answers(made)
    ASKED.clear()

    @contextmanager
    def connect(service: str, **_: Any) -> Iterator[Any]:
        assert service == "audit"

        def get(path: str, params: dict[str, Any]) -> Any:
            ASKED.append((path, params))
            if path.endswith("/state"):
                return SimpleNamespace(body=whole)
            page = {**whole, "entries": whole["entries"][:3], "next": "more"}
            return SimpleNamespace(
                body={**whole, "entries": whole["entries"][3:]} if "cursor" in params else page
            )

        yield SimpleNamespace(get=get)

    monkeypatch.setattr("shared.cli.client.connect", connect)
    return made


def run(*arguments: str) -> Any:
    app = typer.Typer()
    cli.register(app)
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["audit", *arguments])


def test_the_history_is_a_timeline_by_day_with_both_times_agency_words_and_clause(case: Case) -> None:
    out = run("history", case.case).stdout
    assert "Monday 2 March 2026" in out
    assert "Tuesday 3 March 2026" in out
    assert "Advocacy accepted the referral." in out
    assert "(recorded late)" in out
    assert "clause 4.1" in out
    assert "sealed: narrative" in out
    assert "MISSING: Stream x lacks version 3." in out
    assert "MOU in force: 2026.1" in out


def test_all_pages_come_as_one_document_for_scripts(case: Case) -> None:
    document = json.loads(run("history", case.case, "--json").stdout)
    assert len(document["entries"]) == len(case.log.made)
    assert [params.get("cursor") for _, params in ASKED] == [None, "more"]


def test_the_state_is_told_section_by_section(case: Case) -> None:
    out = run("state", case.case, "--as-of", "2026-03-03T14:15:00-08:00").stdout
    assert f"{case.referrals[0]}: ACCEPTED" in out
    assert "Human services to Advocacy: advocate, urgency hours; the youth agrees" in out
    assert "told advocacy/supervisor (act-now): not acknowledged" in out
    assert ASKED[0][1]["as_of"] == "2026-03-03T14:15:00-08:00"


def test_a_moment_and_an_event_at_once_is_a_usage_error(case: Case) -> None:
    result = run("state", case.case, "--as-of", "2026-03-03T14:15:00Z", "--as-of-event", case.case)
    assert isinstance(result.exception, Usage)


def test_nothing_sealed_is_shown(case: Case) -> None:
    for command in ("history", "state"):
        assert "eyJ" not in run(command, case.case).stdout
        assert "eyJ" not in run(command, case.case, "--json").stdout
