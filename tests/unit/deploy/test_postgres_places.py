"""PostgreSQL refuses root, so its data lies where an unprivileged user can reach it."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local import postgres
from deploy.local.child import User
from deploy.local.places import Places

STRANGER = User(uid=54_321, gid=54_321, name="stranger")


def test_a_closed_folder_anywhere_above_makes_a_place_unreachable(tmp_path: Path) -> None:
    inner = tmp_path / "closed" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "closed").chmod(0o700)
    assert not postgres.can_reach(inner, STRANGER)


def test_the_data_lies_in_the_data_directory_if_we_run_it_ourselves(tmp_path: Path) -> None:
    places = Places(tmp_path / "data")
    places.make()
    assert postgres.data_folder(places, None) == places.data / "postgres"


def test_unreachable_data_lies_elsewhere_and_is_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "REACHABLE", tmp_path / "elsewhere")
    monkeypatch.setattr(postgres, "can_reach", lambda path, user: False)
    monkeypatch.setattr(postgres.os, "chown", lambda *_: None)
    places = Places(tmp_path / "data")
    places.make()
    chosen = postgres.data_folder(places, STRANGER)
    assert chosen.parent == tmp_path / "elsewhere"
    assert postgres.data_folder(places, STRANGER) == chosen


def test_a_place_that_cannot_be_made_is_said_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(postgres, "REACHABLE", tmp_path / "file" / "inner")
    monkeypatch.setattr(postgres, "can_reach", lambda path, user: False)
    places = Places(tmp_path / "data")
    places.make()
    with pytest.raises(postgres.PostgresFailed, match="choose another with --data"):
        postgres.data_folder(places, STRANGER)
