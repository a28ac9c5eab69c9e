"""`make test` runs every test once, and its last line and exit code are those of all its parts."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tools import run_tests
from tools.run_tests import SERVERLESS, Part, closing, counted, default_workers, main, parts


class TestTheParts:
    def test_take_every_test_once_between_them(self) -> None:
        (shared,), (alone, beside) = parts(3)
        assert {"not alone", *(f"--ignore={folder}" for folder in SERVERLESS)} <= set(shared.options)
        assert list(alone.options) == ["tests", "-m", "alone"]
        assert list(beside.options) == [*SERVERLESS, "-m", "not alone"]
        assert beside.last_in_line
        assert not alone.last_in_line
        assert list(shared.options)[-3:-1] == ["-n", "3"]

    def test_without_workers_are_one_with_every_test(self) -> None:
        assert parts(0) == [[Part(["tests"])]]

    def test_what_runs_beside_the_others_needs_no_server(self) -> None:
        marked = [
            path
            for folder in SERVERLESS
            for path in Path(folder).rglob("*.py")
            if re.search(r"mark\.(platform|containers|faults)", path.read_text("utf-8"))
        ]
        assert marked == []

    @pytest.mark.parametrize("given", ["KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"])
    def test_are_one_on_servers_that_are_given(self, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
        monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
        monkeypatch.delenv("DATABASE_URL", raising=False)
        assert default_workers() >= 2
        monkeypatch.setenv(given, "127.0.0.1:1")
        assert default_workers() == 0


class TestTheCounts:
    @pytest.mark.parametrize(
        ("line", "counts"),
        [
            ("2815 passed in 512.34s (0:08:32)", {"passed": 2815}),
            ("2 failed, 2813 passed, 1 skipped in 9.00s", {"failed": 2, "passed": 2813, "skipped": 1}),
            (
                "=== 1 passed, 3 deselected, 2 warnings in 0.01s ===",
                {"passed": 1, "deselected": 3, "warnings": 2},
            ),
            ("1 passed, 1 error in 0.02s", {"passed": 1, "errors": 1}),
        ],
    )
    def test_are_read_from_pytests_last_closing_line(self, line: str, counts: dict[str, int]) -> None:
        assert counted(["9 passed in 1.00s", "....", line, "", "after it"]) == counts

    def test_cannot_be_read_where_pytest_did_not_come_to_its_end(self) -> None:
        with pytest.raises(ValueError, match="no closing line"):
            counted(["..........", "a line that says 3 passed in passing"])

    def test_are_told_in_one_line_as_pytest_tells_them(self) -> None:
        assert (
            closing(Counter(passed=2814, failed=1, deselected=7), 512.3) == "1 failed, 2814 passed in 512.30s"
        )
        assert closing(Counter(), 1.0) == "no tests ran in 1.00s"


class TestTheWhole:
    @pytest.fixture
    def said(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, list[str]]]:
        """What each call of pytest will say, and its exit code."""
        answers: list[tuple[int, list[str]]] = []
        monkeypatch.setattr(run_tests, "run", lambda part, more, show: answers.pop(0))
        monkeypatch.setattr(run_tests, "compile_ours", lambda: None)
        monkeypatch.setattr(run_tests.signal, "signal", lambda *_: None)
        return answers

    def test_passes_and_counts_all_when_every_part_passes(self, said, capsys) -> None:
        said += [
            (0, ["30 passed in 2.00s"]),
            (0, ["3 passed, 30 deselected in 4.00s"]),
            (0, ["9 passed in 1.00s"]),
        ]
        assert main(["--workers", "2"]) == 0
        assert capsys.readouterr().out.startswith("42 passed in ")

    @pytest.mark.parametrize("failing", [0, 1, 2])
    def test_fails_when_any_part_fails_and_runs_the_others(self, said, capsys, failing: int) -> None:
        said += [(0, ["30 passed in 2.00s"]), (0, ["3 passed in 4.00s"]), (0, ["9 passed in 1.00s"])]
        said[failing] = (1, ["1 failed, 4 passed in 4.00s"])
        assert main(["--workers", "2"]) == 1
        assert said == []
        assert capsys.readouterr().out.startswith("1 failed, ")

    def test_fails_when_a_part_did_not_come_to_its_end(self, said, capsys) -> None:
        said += [(0, ["...."]), (0, ["3 passed in 4.00s"]), (0, ["9 passed in 1.00s"])]
        assert main(["--workers", "2"]) == 1
        assert "no closing line" in capsys.readouterr().err
