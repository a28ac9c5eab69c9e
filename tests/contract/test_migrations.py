"""The migrations of each database are one chain, in the order of their numbers."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = sorted(path for path in (ROOT / "services").rglob("migrations") if path.is_dir())


def test_there_are_those_of_four_databases() -> None:
    assert len(FOLDERS) == 4


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.parent.relative_to(ROOT)))
def test_each_follows_the_one_before_it(folder: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "shared" / "store" / "migrations"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", str(folder))
    found = list(ScriptDirectory.from_config(config).walk_revisions())[::-1]
    numbers = [path.name.partition("_")[0] for path in sorted(folder.glob("[0-9]*.py"))]
    assert [one.revision for one in found] == numbers
    assert all(later.down_revision == earlier.revision for earlier, later in pairwise(found))
