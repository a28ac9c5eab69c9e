"""`accord audit duties`: what people read of a case's duties, and how the command ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from services.audit import cli
from services.audit.shown_duties import span_in_words

CASE = "0a0b0c0d-0000-4000-8000-000000000001"
EVENT = "0a0b0c0d-0000-4000-8000-000000000002"
OWED: dict[str, Any] = {
    "says": "The written report is sent in time.",
    "clause": "3.2",
    "source": "PC 11166(a)",
    "mouversion": "alder-1",
    "clock": "within 36 hours, nights and weekends included",
    "zone": "America/Los_Angeles",
    "court_closures": 0,
    "owed_by": "Sheriff",
    "matter": CASE,
    "opened_by": EVENT,
    "opened_at": "2026-03-02T16:00:00Z",
    "due_at": "2026-03-04T04:00:00Z",
    "state": "done-late",
    "late": 11_100,
    "met_by": EVENT,
    "met_at": "2026-03-04T07:05:00Z",
    "settled_by": None,
    "joined": [],
    "held": [{"since": "2026-03-02T17:00:00Z", "until": None}],
}
RECORDED = {"state": "open", "due_at": None, "event": EVENT, "recorded": "2026-03-02T16:00:00Z"}
DIFFERENT = {"what": "not-opened", "since": "2026-03-02T16:00:00Z", "event": None}


def duty(verdict: str = "agrees", **more: Any) -> dict[str, Any]:
    facts = {"duty": f"written:{EVENT}", "rule": "written", "opening": EVENT, "verdict": verdict}
    return {**facts, "owed": OWED, "recorded": None, "differences": [], **more}


def answer(*duties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "case": CASE,
        "axis": "recorded",
        "as_of": "2026-03-05T16:00:00Z",
        "complete_until": "2026-03-05T16:00:00Z",
        "complete": True,
        "known_to": None,
        "mouversion": "alder-1",
        "statement": "1 duty worked out from the ledger; notifications recorded the same.",
        "gaps": [],
        "duties": list(duties),
        "differ": sum(1 for one in duties if one["verdict"] == "differs"),
        **more,
    }


def run(monkeypatch: pytest.MonkeyPatch, told: dict[str, Any], *arguments: str) -> Any:
    asked = []

    class Client:
        def get(self, path: str, params: dict[str, Any]) -> Any:
            asked.append((path, params))
            return type("Answer", (), {"body": told})

    @contextmanager
    def connect(service: str, **_: Any) -> Iterator[Client]:
        assert service == "audit"
        yield Client()

    monkeypatch.setattr("shared.cli.client.connect", connect)
    app = typer.Typer()
    cli.register(app)
    result = CliRunner().invoke(app, ["audit", "duties", CASE, *arguments])
    return result, asked


def test_a_duty_is_told_with_clause_clock_state_and_how_late_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    result, [asked] = run(monkeypatch, answer(duty()), "--as-of", "2026-03-05T08:00:00-08:00")
    assert result.exit_code == 0
    assert "The written report is sent in time. (clause 3.2)" in result.stdout
    assert "Done late, 3 h 5 min after it was due" in result.stdout
    assert "within 36 hours, nights and weekends included (America/Los_Angeles)" in result.stdout
    assert "owed by Sheriff" in result.stdout
    assert "its clock stood still from" in result.stdout
    assert asked[0] == f"/v1/cases/{CASE}/duties"
    assert asked[1]["as_of"] == "2026-03-05T08:00:00-08:00"


def test_what_is_explained_ends_well(monkeypatch: pytest.MonkeyPatch) -> None:
    explained = {**DIFFERENT, "explained": "recorded-later", "sentence": "It recorded the same later."}
    result, _ = run(monkeypatch, answer(duty("explained", differences=[explained])))
    assert result.exit_code == 0
    assert "explained: It recorded the same later." in result.stdout


def test_what_nothing_explains_ends_with_six(monkeypatch: pytest.MonkeyPatch) -> None:
    different = {**DIFFERENT, "explained": None, "sentence": "Nothing explains this."}
    not_owed = duty("differs", owed=None, recorded=RECORDED, differences=[different])
    for arguments in ((), ("--json",)):
        result, _ = run(monkeypatch, answer(not_owed), *arguments)
        assert result.exit_code == 6
        assert "Nothing explains this." in result.stdout


def test_it_is_told_as_known_to_an_agency(monkeypatch: pytest.MonkeyPatch) -> None:
    result, [asked] = run(monkeypatch, answer(duty(), known_to="sheriff"), "--known-to", "sheriff")
    assert "as Sheriff could have known it" in result.stdout
    assert asked[1]["known_to"] == "sheriff"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (3_600, "1 h"), (11_100, "3 h 5 min"), (90_061, "1 d 1 h")],
)
def test_a_span_is_told_by_its_two_largest_units(seconds: int, words: str) -> None:
    assert span_in_words(timedelta(seconds=seconds)) == words
