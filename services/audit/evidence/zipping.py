"""A bundle as one zip, the same bytes for the same files; and a file that is written whole or not at all."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

#: The earliest that a zip can say; when the bundle was made stands in it.
NO_TIME = (1980, 1, 1, 0, 0, 0)
PLAIN_FILE = 0o100644 << 16


def zipped(members: Mapping[str, bytes], folder: str) -> bytes:
    """A zip that holds one folder with these files, in the order of their paths."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as out:
        for path, data in sorted(members.items()):
            entry = zipfile.ZipInfo(f"{folder}/{path}", NO_TIME)
            entry.compress_type, entry.external_attr, entry.create_system = (
                zipfile.ZIP_DEFLATED,
                PLAIN_FILE,
                3,
            )
            out.writestr(entry, data)
    return packed.getvalue()


def write_whole(path: Path, data: bytes, *, replace: bool) -> None:
    """Write `data` to `path`, durable, readable by its owner only; on any failure nothing is left under that name.

    Raises FileExistsError unless `replace`, OSError for a full disk or a place that cannot be written.
    """
    if path.is_dir():
        raise IsADirectoryError(str(path))
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            unfinished.replace(path)
        else:
            os.link(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
