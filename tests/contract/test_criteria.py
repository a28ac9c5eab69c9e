"""Each test that docs/criteria.md names is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "criteria.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)))


def test_each_criterion_is_held_or_says_why_not() -> None:
    rows = [line.split("|") for line in TEXT.splitlines() if re.match(r"\| \d+ \|", line)]
    assert [int(row[1]) for row in rows] == list(range(1, 31))
    assert all("::" in row[3] or "not due" in row[3] or "the same" in row[3] for row in rows)


def test_each_flow_is_held_both_ways_or_says_why_not() -> None:
    flows = [line.split("|") for line in TEXT.partition("## Flows")[2].splitlines() if line.startswith("| ")]
    assert len(flows) > 15
    for _, flow, by_keyboard, without_scripts, _ in flows[1:]:
        assert re.search(r"::\w+`", by_keyboard), flow
        assert re.search(r"::\w+`|^ the same $|^ not possible: ", without_scripts), flow


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_is_there(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    defined = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, defined)}
