"""How a rebuild's end is told, and with which exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from shared.bus import cli, rebuild_cli
from shared.bus.rebuild_options import Options
from shared.bus.rebuild_parts import Difference, NotEnough, Report
from shared.cli.failures import CommandFailed
from shared.errors import Conflict, Disagreement, TryLater
from shared.settings import Settings
from shared.store.generations import Tables


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command with a rebuild that ends so."""

    def run(end: Any, as_json: bool = False) -> None:
        def rebuild(*_: Any) -> Report:
            if isinstance(end, BaseException):
                raise end
            assert isinstance(end, Report)
            return end

        monkeypatch.setattr(rebuild_cli, "rebuild", rebuild)
        monkeypatch.setattr(rebuild_cli.telemetry, "configure", lambda *_: None)
        monkeypatch.setattr(cli, "settings_of", lambda *_: (Settings(), None))
        make: Any = None
        rebuild_cli.run("audit", Path(), make, Tables(()), lambda _: None, Options(), as_json=as_json)

    return run


def full() -> TryLater:
    later = TryLater("the database does not answer (DiskFull)")
    later.__cause__ = psycopg.errors.DiskFull()
    return later


@pytest.mark.parametrize(
    ("end", "code", "told"),
    [
        (Conflict("another rebuild runs"), 4, "another rebuild runs"),
        (NotEnough(["t/0: Offsets 0 to 9 were deleted from the log."]), 6, "Kafka does not hold all"),
        (Disagreement("key-file", "There is no key.", "Give one."), 6, "There is no key."),
        (TryLater("Kafka does not answer"), 7, "Kafka does not answer"),
        (full(), 7, "disk is full"),
        (psycopg.errors.DiskFull(), 7, "disk is full"),
        (psycopg.errors.InsufficientPrivilege("who"), 7, "InsufficientPrivilege"),
    ],
    ids=["two at once", "log cut", "no key", "away", "disk full", "disk full at once", "refused"],
)
def test_each_way_to_fail_has_its_exit_code_and_says_that_nothing_was_lost(
    ends: Any, end: Exception, code: int, told: str
) -> None:
    with pytest.raises(CommandFailed) as failed:
        ends(end)
    assert failed.value.exit_code == code
    assert told in failed.value.text
    whole = failed.value.text + failed.value.hint
    assert any(word in whole for word in ("Nothing was", "as they were"))
    if isinstance(end, NotEnough):
        assert failed.value.hint == end.lacking[0]


def differing(lost: bool = False) -> Report:
    one = Difference("ledger", 2, "The first: sequence 3 at offset 4 is missing.", "t", 0, 4, lost)
    return Report(
        "audit", 1, False, differences=[one], digests={"ledger": {"live": "a" * 64, "rebuilt": "b" * 64}}
    )


def test_what_differs_is_told_in_words_and_ends_with_6(ends: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandFailed) as failed:
        ends(differing())
    assert failed.value.exit_code == 6
    assert "ledger of t/0: 2 differ. The first: sequence 3 at offset 4 is missing." in failed.value.hint
    assert "--switch-anyway" in failed.value.hint
    assert "differs from live's aaaaaaaaaaaaaaaa" in capsys.readouterr().out


def test_where_what_is_proven_would_be_lost_no_way_around_is_named(ends: Any) -> None:
    with pytest.raises(CommandFailed) as failed:
        ends(differing(lost=True))
    assert "--switch-anyway" not in failed.value.hint


def test_the_document_is_on_stdout_also_where_they_differ(
    ends: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandFailed):
        ends(differing(), as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["switched"] is False
    assert found["differences"][0]["offset"] == 4


def test_a_switch_is_told_with_rate_and_roots(ends: Any, capsys: pytest.CaptureFixture[str]) -> None:
    done = Report(
        "audit", 3, False, True, 900, 900, 2.0, 450, {"ledger": {"live": "a" * 64, "rebuilt": "a" * 64}}
    )
    done.roots, done.kept = 7, "before_3"
    ends(done)
    told = capsys.readouterr()
    assert "450 records a second" in told.out
    assert "7 reproduced" in told.out
    assert "aaaaaaaaaaaaaaaa… equal" in told.out
    assert "before_3" in told.err
