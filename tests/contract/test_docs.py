"""What the documents point to is there: files, headings, targets of make; and every setting has its row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared.settings import Settings

ROOT = Path(__file__).parents[2]
BY_HAND = [
    *(
        ROOT / name
        for name in (
            "README.md",
            "CONTRIBUTING.md",
            "docs/architecture.md",
            "docs/mou.md",
            "docs/proof.md",
            "docs/evidence.md",
            "docs/rebuild.md",
            "docs/simulator.md",
        )
    ),
    ROOT / "docs/events/README.md",
]
_LINK = re.compile(r"\]\((?!https?:)([^)#]*)(#[^)]*)?\)")
_PATH = re.compile(r"`((?:shared|services|deploy|tests|tools|docs|bench|requirements|\.ci)/[\w./-]*)`")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def anchors(path: Path) -> set[str]:
    titles = _HEADING.findall(path.read_text())
    return {"#" + re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", BY_HAND, ids=lambda path: path.name)
class TestADocument:
    def test_links_to_what_is_there(self, path: Path) -> None:
        for target, anchor in _LINK.findall(path.read_text()):
            found = (path.parent / target) if target else path
            assert found.exists(), target
            assert not anchor or anchor in anchors(found), anchor

    def test_names_files_that_are_there(self, path: Path) -> None:
        named = set(_PATH.findall(path.read_text()))
        assert {name for name in named if not (ROOT / name).exists()} == set()

    def test_names_targets_of_make_that_are_there(self, path: Path) -> None:
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        named = set(re.findall(r"(?:^|`)make ([a-z-]+)", path.read_text(), re.MULTILINE))
        assert named <= targets


def variables() -> set[str]:
    """Every environment variable of ours that the code names; not those of tests alone."""
    fields = {
        f"ACCORD_{name.upper()}" for name, one in Settings.model_fields.items() if not one.validation_alias
    }
    sources = [path for folder in ("shared", "services", "deploy") for path in (ROOT / folder).rglob("*.py")]
    text = "".join(path.read_text() for path in [*sources, ROOT / ".ci/run"])
    named = set(re.findall(r"\bACCORD_[A-Z_]*[A-Z]\b", text))
    return {name for name in named | fields if not name.startswith("ACCORD_TEST_")}


def test_every_setting_has_a_row() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    rows = set(
        re.findall(r"`([A-Z_]+)`", "".join(line for line in text.splitlines() if line.startswith("| `")))
    )
    assert {"ACCORD_VAULT_KEY_FILE", "ACCORD_CACHE"} <= variables()
    assert variables() | {"DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS"} <= rows


def test_the_documents_are_not_empty() -> None:
    assert all(len(path.read_text()) > 1000 for path in BY_HAND)
