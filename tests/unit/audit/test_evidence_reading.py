"""A bundle from nobody knows where is read within limits, or refused in words; nothing of it is written."""

from __future__ import annotations

import io
import os
import random
import stat
import struct
import warnings
import zipfile
from pathlib import Path

import pytest

from services.audit.evidence.zipping import write_whole, zipped
from services.audit.stranger import reading
from services.audit.stranger.reading import Unreadable, read_bundle, read_folder, read_zip

MEMBERS = {"bagit.txt": b"one", "data/index.json": b"two" * 1000, "verifier/__init__.py": b"three"}


def packed(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two entries of one name are what is tested
        for name, data in entries:
            out.writestr(name, data)
    made.seek(0)
    return made


def refused(source: io.BytesIO | Path) -> str:
    with pytest.raises(Unreadable) as caught:
        read_zip(source)
    return str(caught.value)


class TestAZip:
    def test_is_read_as_it_was_written_and_is_the_same_for_the_same_files(self) -> None:
        one = zipped(MEMBERS, "bag")
        assert read_zip(io.BytesIO(one)) == MEMBERS
        assert one == zipped(dict(reversed(MEMBERS.items())), "bag")

    @pytest.mark.parametrize(
        "name",
        [
            "../out.txt",
            "bag/../../out.txt",
            "/etc/out.txt",
            "bag\\..\\out.txt",
            "C:/out.txt",
            "bag/..",
            "//host/out",
        ],
    )
    def test_with_a_path_that_leads_out_of_its_folder_is_refused(self, name: str) -> None:
        assert "leads out of the folder" in refused(packed(("bag/bagit.txt", b""), (name, b"out")))

    @pytest.mark.parametrize(
        "name", ["bag/.hidden", "bag/a b", "bag/a\nb", "bag/\u202etxt.exe", "bag//a", "bag/-rf"]
    )
    def test_with_a_name_that_no_bundle_gives_is_refused(self, name: str) -> None:
        assert "is a name that no bundle gives" in refused(packed((name, b"")))

    @pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
    def test_with_a_link_or_a_device_is_refused(self, kind: int) -> None:
        link = zipfile.ZipInfo("bag/data/index.json")
        link.create_system, link.external_attr = 3, (kind | 0o777) << 16
        assert "is a link, or no plain file" in refused(packed((link, b"/etc/passwd")))

    def test_with_one_name_twice_is_refused(self) -> None:
        assert "stands in the zip twice" in refused(packed(("bag/a", b"one"), ("bag/a", b"two")))

    def test_that_grows_without_measure_is_refused_before_it_is_unpacked(self) -> None:
        assert "a zip bomb" in refused(packed(("bag/data/zeros", bytes(30_000_000))))

    def test_that_says_less_than_it_unpacks_to_is_refused(self) -> None:
        made = bytearray(packed(("bag/data/zeros", bytes(500_000))).getvalue())
        for at in (made.find(b"PK\x03\x04") + 22, made.find(b"PK\x01\x02") + 24):
            struct.pack_into("<I", made, at, 100)
        said = refused(io.BytesIO(bytes(made)))
        assert "larger than it says" in said or "damaged" in said

    def test_with_too_many_files_or_bytes_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        made = zipped(MEMBERS, "bag")
        for limit, told in (
            ("MOST_FILES", "more than 2 files"),
            ("MOST_BYTES", "larger"),
            ("MOST_OF_ONE", "bytes"),
        ):
            with monkeypatch.context() as patched:
                patched.setattr(reading, limit, 2)
                assert told in refused(io.BytesIO(made))

    def test_that_is_encrypted_is_refused(self) -> None:
        made = bytearray(packed(("bag/a", b"one")).getvalue())
        made[made.find(b"PK\x01\x02") + 8] |= 1
        made[made.find(b"PK\x03\x04") + 6] |= 1
        assert "is encrypted" in refused(io.BytesIO(bytes(made)))

    def test_of_no_folder_or_two_is_refused(self) -> None:
        for entries in ((("bagit.txt", b""),), (("a/bagit.txt", b""), ("b/bagit.txt", b"")), ()):
            assert "just one folder" in refused(packed(*entries))

    def test_that_is_cut_anywhere_is_refused(self) -> None:
        made = zipped(MEMBERS, "bag")
        for at in range(len(made)):
            assert "cut off or damaged" in refused(io.BytesIO(made[:at]))

    def test_of_which_a_byte_is_altered_is_refused_or_gives_the_same_files_or_others_which_are_then_found(
        self,
    ) -> None:
        made, chance = zipped(MEMBERS, "bag"), random.Random(5)
        for at in range(len(made)):
            broken = bytearray(made)
            broken[at] ^= 1 << chance.randrange(8)
            try:
                found = read_zip(io.BytesIO(bytes(broken)))
            except Unreadable:
                continue
            # What is no file's content may differ (dates, rights); a name that differs stands in no manifest.
            assert set(found.values()) <= set(MEMBERS.values())

    def test_that_is_something_else_is_refused(self, tmp_path: Path) -> None:
        for content in (b"", b"not a zip", b"PK\x03\x04" + bytes(100), os.urandom(500)):
            (tmp_path / "file").write_bytes(content)
            with pytest.raises(Unreadable, match="not a zip"):
                read_bundle(tmp_path / "file")

    def test_that_is_not_there_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(Unreadable, match="no such file"):
            read_bundle(tmp_path / "none.zip")


class TestAFolder:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        for path, data in MEMBERS.items():
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_bytes(data)
        return tmp_path

    def test_is_read_with_all_that_is_in_it(self, folder: Path) -> None:
        assert read_bundle(folder) == MEMBERS

    def test_with_a_link_to_a_file_or_a_folder_is_refused_not_followed(
        self, folder: Path, tmp_path: Path
    ) -> None:
        (folder / "data" / "linked").symlink_to("/etc/hostname")
        with pytest.raises(Unreadable, match="is a link"):
            read_folder(folder)
        (folder / "data" / "linked").unlink()
        (folder / "data" / "linked").symlink_to("/etc", target_is_directory=True)
        with pytest.raises(Unreadable, match="is a link"):
            read_folder(folder)

    def test_with_a_pipe_is_refused_without_waiting_for_it(self, folder: Path) -> None:
        os.mkfifo(folder / "data" / "pipe")
        with pytest.raises(Unreadable, match="no plain file"):
            read_folder(folder)

    def test_that_is_too_large_is_refused(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reading, "MOST_OF_ONE", 100)
        with pytest.raises(Unreadable, match="more than 100 bytes"):
            read_folder(folder)


class TestAFileIsWrittenWholeOrNotAtAll:
    def test_it_is_the_owners_alone(self, tmp_path: Path) -> None:
        write_whole(tmp_path / "out.zip", b"whole", replace=False)
        assert (tmp_path / "out.zip").read_bytes() == b"whole"
        assert (tmp_path / "out.zip").stat().st_mode & 0o777 == 0o600

    def test_one_that_is_there_stays_unless_it_is_to_be_replaced(self, tmp_path: Path) -> None:
        (tmp_path / "out.zip").write_bytes(b"before")
        with pytest.raises(FileExistsError):
            write_whole(tmp_path / "out.zip", b"after", replace=False)
        assert (tmp_path / "out.zip").read_bytes() == b"before"
        write_whole(tmp_path / "out.zip", b"after", replace=True)
        assert (tmp_path / "out.zip").read_bytes() == b"after"

    def test_on_a_full_disk_nothing_is_left(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            write_whole(tmp_path / "out.zip", b"whole", replace=True)
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_or_a_place_that_is_not_there_is_no_place_to_write_to(self, tmp_path: Path) -> None:
        with pytest.raises(IsADirectoryError):
            write_whole(tmp_path, b"", replace=True)
        with pytest.raises(FileNotFoundError):
            write_whole(tmp_path / "none" / "out.zip", b"", replace=True)
