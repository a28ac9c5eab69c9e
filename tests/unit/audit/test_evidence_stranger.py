"""Verification by strangers: a Python with nothing installed and no network; the Library of Congress's bagit."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import bagit
import pytest

from services.audit.evidence.zipping import zipped
from shared.events.names import Agency
from tests.unit.audit.bundles import KEY, NAME, Logs, bundle
from tests.unit.audit.county import county
from tests.unit.audit.made import MONDAY

ROOT = Path(__file__).parents[3]
MADE = county(11, acts=30)
#: Nothing of ours can be found from here, nor anything of anybody's: no packages, no proxy, no home.
BARE = {"PATH": "/nonexistent", "HOME": "/nonexistent", "LANG": "C.UTF-8"}


def unpacked(members: dict[str, bytes], folder: Path) -> Path:
    for path, data in members.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return unpacked(bundle(MADE, MADE.cases[0]), tmp_path / "bundle")


def verify(program: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """As a stranger runs it: `-I -S`, so that no package is seen; without network, if it can be taken away."""
    away = ["unshare", "--net", "--map-root-user"] if _can_unshare() else []
    found = [shutil.which(away[0]) or away[0], *away[1:]] if away else []
    command = [*found, sys.executable, "-I", "-S", str(program), *arguments]
    return subprocess.run(command, cwd=cwd, env=BARE, capture_output=True, text=True, timeout=60, check=False)


def _can_unshare() -> bool:
    if shutil.which("unshare") is None:
        return False
    tried = subprocess.run(["unshare", "--net", "--map-root-user", "true"], capture_output=True, check=False)
    return tried.returncode == 0


class TestABarePython:
    def test_verifies_the_bundle_in_the_folder_that_it_lies_in(self, folder: Path, tmp_path: Path) -> None:
        before = sorted(folder.rglob("*"))
        done = verify(folder / "verify.py", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("FITS")
        assert done.stderr == ""
        assert sorted(folder.rglob("*")) == before, "verifying puts nothing into the folder"

    def test_names_the_file_that_was_altered_and_ends_with_6(self, folder: Path, tmp_path: Path) -> None:
        record = folder / "data/records/000003.record"
        record.write_bytes(record.read_bytes().replace(b"accord", b"accorD", 1))
        done = verify(folder / "verify.py", cwd=tmp_path)
        assert done.returncode == 6
        assert "data/records/000003.record was altered" in done.stdout

    def test_verifies_another_folder_and_a_zip_with_what_was_brought_along(
        self, folder: Path, tmp_path: Path
    ) -> None:
        zip_file, kept = tmp_path / "evidence.zip", tmp_path / "kept.json"
        zip_file.write_bytes(zipped(bundle(MADE, MADE.cases[0]), "evidence"))
        notes = [{"note": root.note} for root in Logs(MADE).roots.values()]
        kept.write_text(json.dumps({"key": str(KEY), "checkpoints": notes}))
        given = ("--key", str(KEY), "--checkpoint", str(kept))
        for path in (folder, zip_file):
            done = verify(folder / "verify.py", str(path), *given, cwd=tmp_path)
            assert done.returncode == 0, done.stdout + done.stderr
            assert "The key is the one you gave" in done.stdout
            assert "checkpoints or roots that you gave are of these logs, and say the same" in done.stdout

    @pytest.mark.parametrize(
        "given",
        [("--key", "nonsense"), ("--root", "nonsense"), ("--checkpoint", "/nonexistent"), ("--else",)],
    )
    def test_ends_with_2_on_wrong_usage(self, folder: Path, tmp_path: Path, given: tuple[str, ...]) -> None:
        assert verify(folder / "verify.py", *given, cwd=tmp_path).returncode == 2

    def test_ends_with_6_for_what_is_no_bundle(self, folder: Path, tmp_path: Path) -> None:
        done = verify(folder / "verify.py", str(tmp_path / "none"), cwd=tmp_path)
        assert done.returncode == 6
        assert "not an evidence bundle that is safe to read" in done.stdout

    def test_is_all_that_what_is_carried_needs(self, folder: Path) -> None:
        files = [folder / "verify.py", *folder.glob("verifier/**/*.py")]
        assert len(files) > 15
        for path in files:
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
                tops = {name.partition(".")[0] for name in names}
                assert tops <= sys.stdlib_module_names | {"verifier"}, path

    def test_runs_the_very_files_that_the_service_runs(self, folder: Path) -> None:
        for path in folder.glob("verifier/**/*.py"):
            assert (
                path.read_bytes()
                == (ROOT / "services/audit" / path.relative_to(folder / "verifier")).read_bytes()
            )


class TestTheLibraryOfCongresssBagit:
    def test_takes_the_bundle_for_a_complete_and_valid_bag(self, folder: Path) -> None:
        bag = bagit.Bag(str(folder))
        bag.validate()
        assert bag.info["External-Identifier"] == MADE.cases[0].case
        assert bag.info["Source-Organization"] == NAME

    def test_refuses_it_once_a_file_is_altered_missing_or_put_in(self, folder: Path) -> None:
        state = folder / "data/state.json"
        whole = state.read_bytes()
        state.write_bytes(whole[:-2] + b" \n")
        with pytest.raises(bagit.BagValidationError, match=r"state\.json"):
            bagit.Bag(str(folder)).validate()
        state.unlink()
        with pytest.raises(bagit.BagValidationError):
            bagit.Bag(str(folder)).validate()
        state.write_bytes(whole)
        (folder / "data/more.txt").write_text("more")
        with pytest.raises(bagit.BagValidationError):
            bagit.Bag(str(folder)).validate()

    def test_takes_the_bundle_of_an_agencys_view_and_of_nothing_at_all(self, tmp_path: Path) -> None:
        view = bundle(MADE, MADE.cases[1], None, Agency.HUMAN_SERVICES)
        nothing = bundle(MADE, MADE.cases[0], MONDAY - timedelta(days=1))
        for n, members in enumerate((view, nothing)):
            bagit.Bag(str(unpacked(members, tmp_path / str(n)))).validate()
