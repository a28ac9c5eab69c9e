"""Every version ever published can be read, and is written the same way as on its first day."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from shared.events import TYPES, Unhandled, read
from shared.events.examples import EXAMPLES
from shared.events.registry import UPCASTERS

GOLDEN = Path(__file__).parent / "golden"
FILES = sorted(GOLDEN.glob("*.json"))
SUMS = dict(reversed(line.split("  ")) for line in (GOLDEN / "SHA256SUMS").read_text().splitlines())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
class TestAGoldenFile:
    def test_is_read_by_todays_reader(self, path: Path) -> None:
        event = read(path.read_bytes())
        assert not isinstance(event.data, Unhandled)
        assert event.type == path.stem
        assert event.value == path.read_bytes()

    def test_keeps_the_bytes_that_its_digest_names(self, path: Path) -> None:
        assert SUMS[path.name] == hashlib.sha256(path.read_bytes()).hexdigest()

    def test_holds_no_fact_that_todays_reader_loses(self, path: Path) -> None:
        event = read(path.read_bytes())
        if path.stem not in UPCASTERS:
            assert not isinstance(event.data, Unhandled)
            assert event.data.written().items() >= event.envelope.data.items()


class TestTheSetOfGoldenFiles:
    def test_never_shrinks(self) -> None:
        assert {path.name for path in FILES} == set(SUMS)

    def test_has_every_type_of_today(self) -> None:
        assert {path.stem for path in FILES} >= set(TYPES)

    def test_holds_only_versions_that_are_known_or_upcast(self) -> None:
        assert {path.stem for path in FILES} <= set(TYPES) | set(UPCASTERS)


@pytest.mark.parametrize("name", sorted(TYPES))
def test_writing_the_same_draft_gives_the_bytes_of_its_first_day(name: str) -> None:
    assert EXAMPLES[name].value() == (GOLDEN / f"{name}.json").read_bytes()
