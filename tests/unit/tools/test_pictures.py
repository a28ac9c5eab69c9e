"""The README's pictures are there, light, told in words, and each is one that the tool makes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.pictures import FOLDER, LARGEST, PICTURES

ROOT = Path(__file__).parents[3]
FIRST_SCREEN = 40
SHOWN = re.compile(r"!\[([^\]]*)\]\((docs/pictures/[^)]+)\)")


def shown() -> list[tuple[str, str]]:
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()[:FIRST_SCREEN]
    return SHOWN.findall("\n".join(lines))


def test_the_first_screen_shows_each_picture_that_the_tool_makes() -> None:
    assert {path for _, path in shown()} == {f"docs/pictures/{one.name}.png" for one in PICTURES}
    assert {path.name for path in FOLDER.iterdir()} == {f"{one.name}.png" for one in PICTURES}


@pytest.mark.parametrize(("alt", "path"), shown(), ids=lambda given: Path(given).name[:20])
def test_a_picture_is_light_and_told_in_words(alt: str, path: str) -> None:
    body = (ROOT / path).read_bytes()
    assert body.startswith(b"\x89PNG")
    assert len(body) <= LARGEST
    assert len(alt.split()) >= 10
