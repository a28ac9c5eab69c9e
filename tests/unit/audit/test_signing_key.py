"""The file with the key that checkpoints are signed with."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.audit.domain.proof import Checkpoint, VerifierKey, signed_checkpoint
from services.audit.domain.proof.hashing import EMPTY_ROOT
from services.audit.merkle.signing import create_key_file, read_key_file
from shared.errors import Disagreement


def test_what_it_signs_verifies_in_the_bundles_own_verifier(tmp_path: Path) -> None:
    create_key_file(tmp_path / "key", "example.invalid/audit")
    key = read_key_file(tmp_path / "key")
    note = key.sign(str(Checkpoint(key.origin("t", 3), 0, EMPTY_ROOT)))
    trusted = VerifierKey.parse(str(key.verifier))
    assert signed_checkpoint(note, "example.invalid/audit/t/3", [trusted]).size == 0


def test_it_is_its_owners_alone_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "key"
    create_key_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        create_key_file(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["key"]


def test_two_ledgers_have_different_names(tmp_path: Path) -> None:
    names = set()
    for name in "ab":
        create_key_file(tmp_path / name)
        names.add(read_key_file(tmp_path / name).verifier.name)
    assert len(names) == 2


def test_the_secret_is_in_no_text_of_the_key(tmp_path: Path) -> None:
    create_key_file(tmp_path / "key")
    secret = (tmp_path / "key").read_text().strip().split("+", 4)[4]
    assert secret not in repr(read_key_file(tmp_path / "key"))


@pytest.mark.parametrize(
    "text",
    ["", "x", "PRIVATE+KEY+a+00000000+AAAA", "a+b+c", "PRIVATE+KEY+", "\u20ac"],
)
def test_a_file_that_holds_no_key_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "key"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(Disagreement, match=r"holds no signing key|cannot be read"):
        read_key_file(path)


def test_a_file_with_a_key_of_another_id_or_a_wrong_older_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    create_key_file(path)
    good = path.read_text()
    name, key_id, seed = good.removeprefix("PRIVATE+KEY+").split("+", 2)
    create_key_file(tmp_path / "other", "accord.example/another-ledger")
    other_public = read_key_file(tmp_path / "other").verifier
    for text in (
        f"PRIVATE+KEY+{name}+{'0' * 8}+{seed}",
        f"PRIVATE+KEY+other+{key_id}+{seed}",
        good + "not-a-key\n",
        good + f"{other_public}\n",
    ):
        path.write_text(text)
        with pytest.raises(Disagreement, match="holds no signing key"):
            read_key_file(path)


def test_no_file_or_one_that_others_can_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Disagreement, match="has no key"):
        read_key_file(None)
    with pytest.raises(Disagreement, match="cannot be read"):
        read_key_file(tmp_path / "gone")
    create_key_file(tmp_path / "key")
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(Disagreement, match="read by others"):
        read_key_file(tmp_path / "key")
