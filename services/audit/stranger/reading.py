"""A bundle's files, read from a folder or a zip that nobody vouches for: within limits, never written anywhere."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ..domain.proof.bag import is_safe

MOST_FILES = 60_000
MOST_BYTES = 512 * 1024 * 1024
"""Of all files together."""
MOST_OF_ONE = 128 * 1024 * 1024
MOST_ZIPPED = 256 * 1024 * 1024
MOST_RATIO = 200
"""Times that a file of more than a megabyte may grow when it is unpacked."""
SMALL = 1024 * 1024
STEP = 1024 * 1024


class Unreadable(Exception):
    """It is no bundle that is safe to read. The message says why, in words."""


def read_bundle(path: Path) -> dict[str, bytes]:
    """The files of a bundle, by their path in it. Blocks on the disk. Raises Unreadable."""
    try:
        if path.is_dir():
            return read_folder(path)
        if not path.is_file():
            raise Unreadable("There is no such file or folder.")
        if path.stat().st_size > MOST_ZIPPED:
            raise Unreadable(f"The file has more than {MOST_ZIPPED:,} bytes.")
        return read_zip(path)
    except OSError as error:
        raise Unreadable(f"It cannot be read: {error.strerror or type(error).__name__}.") from error


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files under a folder. Links and what is no plain file are refused, not followed."""
    found: dict[str, bytes] = {}
    total = 0
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if not stat.S_ISREG(path.lstat().st_mode):
            raise Unreadable(f"{_named(name)} is a link, or no plain file.")
        with path.open("rb") as file:
            found[name] = file.read(MOST_OF_ONE + 1)
        total += len(found[name])
        _within(name, len(found), len(found[name]), total)
    return found


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder, onerror=_refuse):
        for name in folders:
            if (Path(place) / name).is_symlink():
                raise Unreadable(f"{_named(name)} is a link, or no plain file.")
        yield from (Path(place) / name for name in files)


def _refuse(error: OSError) -> None:
    raise error


def read_zip(path: Path | BinaryIO) -> dict[str, bytes]:
    """The files in a zip that holds one folder, without that folder's name. Raises Unreadable."""
    try:
        with zipfile.ZipFile(path) as opened:
            return _unpacked(opened)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,  # zipfile's for a way of packing that it does not know
        RuntimeError,
        UnicodeError,
        ValueError,
    ) as error:
        raise Unreadable("It is not a zip, or it is cut off or damaged.") from error


def _unpacked(opened: zipfile.ZipFile) -> dict[str, bytes]:
    entries = [one for one in opened.infolist() if not one.is_dir()]
    if len(entries) > MOST_FILES:
        raise Unreadable(f"It has more than {MOST_FILES:,} files.")
    names = [_checked(one) for one in entries]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(
            f"{_named(twice)} stands in the zip twice: two programs could read two different files."
        )
    tops = {name.partition("/")[0] for name in names}
    if len(tops) != 1 or any("/" not in name for name in names):
        raise Unreadable("It does not hold just one folder, as the zip of a bag does.")
    found: dict[str, bytes] = {}
    total = 0
    for name, one in zip(names, entries, strict=True):
        data = _read(opened, one, MOST_BYTES - total)
        total += len(data)
        found[name.partition("/")[2]] = data
    return found


def _checked(one: zipfile.ZipInfo) -> str:
    # As it stands in the zip: ZipInfo.filename was already made harmless, and so would not show what was meant.
    name = one.orig_filename
    if name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/"):
        raise Unreadable(f"{_named(name)} leads out of the folder that the bundle is unpacked to.")
    if not is_safe(name):
        raise Unreadable(f"{_named(name)} is a name that no bundle gives a file.")
    kind = stat.S_IFMT(one.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise Unreadable(f"{_named(name)} is a link, or no plain file.")
    if one.flag_bits & 0x1:
        raise Unreadable(f"{_named(name)} is encrypted.")
    if one.file_size > SMALL and one.file_size > MOST_RATIO * max(one.compress_size, 1):
        raise Unreadable(
            f"{_named(name)} grows more than {MOST_RATIO} times when it is unpacked: a zip bomb."
        )
    _within(name, 0, one.file_size, 0)
    return name


def _read(opened: zipfile.ZipFile, one: zipfile.ZipInfo, left: int) -> bytes:
    """No more than what was declared and is allowed, whatever the packed bytes would give."""
    parts, size = [], 0
    with opened.open(one) as file:
        while part := file.read(STEP):
            size += len(part)
            parts.append(part)
            if size > min(one.file_size, left):
                raise Unreadable("Unpacked it is larger than it says, or than a bundle may be.")
    return b"".join(parts)


def _within(name: str, files: int, size: int, total: int) -> None:
    if size > MOST_OF_ONE:
        raise Unreadable(f"{_named(name)} has more than {MOST_OF_ONE:,} bytes.")
    if files > MOST_FILES or total > MOST_BYTES:
        raise Unreadable(f"It has more than {MOST_FILES:,} files, or more than {MOST_BYTES:,} bytes in all.")


def _named(name: str) -> str:
    """A name of somebody else's making, fit for a terminal."""
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in name[:100])
