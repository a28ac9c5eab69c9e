"""Style, scripts and pictures of the pages: addressed by their digest, so that browsers keep them for good."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from shared.web.problems import Problem

FOLDER = Path(__file__).parent / "assets"
KEPT_FOR_GOOD = "public, max-age=31536000, immutable"
_SERVED = {".css", ".js", ".svg", ".png"}
_URL = re.compile(rb"url\(\"?(img/[^)\"]+)\"?\)")


@dataclass(frozen=True)
class Asset:
    """One file as it is served. `packed` is it under gzip, where that is smaller."""

    name: str
    body: bytes
    media_type: str
    packed: bytes | None

    @property
    def address(self) -> str:
        """Its path on the site."""
        return f"/assets/{_digest(self.body)}/{self.name}"


def asset(name: str, body: bytes) -> Asset:
    """An asset from its bytes."""
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    packed = gzip.compress(body, 9, mtime=0)
    return Asset(name, body, media_type, packed if len(packed) < len(body) else None)


@cache
def assets() -> dict[str, Asset]:
    """Every file of the folder by its short name (`site.css`, `img/…`). Reads the files once."""
    found = {name: asset(name, path.read_bytes()) for name, path in _files() if path.suffix != ".css"}
    for name, path in _files():
        if path.suffix == ".css":
            found[name] = asset(name, _with_addresses(path.read_bytes(), found))
    return found


def _files() -> Iterator[tuple[str, Path]]:
    """Vendored files without the folder of their version."""
    for path in sorted(FOLDER.rglob("*")):
        if path.suffix in _SERVED:
            parts = path.relative_to(FOLDER).parts
            yield "/".join(parts[2:] if parts[0] == "vendor" else parts), path


def _with_addresses(style: bytes, found: dict[str, Asset]) -> bytes:
    """The style with each picture's address: its digest is in it, so a new picture is a new style, too."""
    return _URL.sub(lambda m: f"url({found[m[1].decode()].address})".encode(), style)


def address(name: str) -> str:
    """Where a file is on the site. Raises KeyError for one that is not there."""
    return assets()[name].address


def assets_router(more: dict[str, Asset]) -> APIRouter:
    """`/assets/…`, the same at every service. `more` are made from settings (the county's colour and logo)."""
    router = APIRouter(tags=["assets"])
    known = {one.address: one for one in (*assets().values(), *more.values())}

    @router.get("/assets/{digest}/{name:path}")
    def give(digest: str, name: str, request: Request) -> Response:
        one = known.get(f"/assets/{digest}/{name}")
        if one is None:
            raise Problem("not-found")
        headers = {"Cache-Control": KEPT_FOR_GOOD, "Vary": "Accept-Encoding"}
        if one.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(one.packed, media_type=one.media_type, headers=headers)
        return Response(one.body, media_type=one.media_type, headers=headers)

    return router


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]
