"""Ways back: a path of this site, and nothing else, may follow after signing in."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from fastapi import Request

from shared.web.site.places import EVERYWHERE, service_of

HOME = "/inbox"
LONGEST = 1_000
#: Visible ASCII without quotes, brackets and the backslash, which browsers take for a slash.
_PLAIN = re.compile(r"/(?!/)[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*")
#: No page to come back to.
_PASSED_THROUGH = ("sign-in", "session", "assets")


def way_back(to: str | None) -> str:
    """`to` if it is the path of a page of this site, else HOME. Never leaves the site."""
    if not to or len(to) > LONGEST or not _PLAIN.fullmatch(to):
        return HOME
    path = urlsplit(to).path
    first = path.lstrip("/").partition("/")[0]
    if first in _PASSED_THROUGH or (service_of(path) is None and first not in EVERYWHERE):
        return HOME
    return to


def with_way_back(path: str, to: str) -> str:
    """`path` with `to` as its parameter of that name."""
    return f"{path}?to={quote(to, safe='/')}"


def path_of(request: Request) -> str:
    """The path and query that were asked for; for a fragment, those of the page around it."""
    if request.headers.get("hx-request"):
        parts = urlsplit(request.headers.get("hx-current-url", ""))
    else:
        parts = urlsplit(str(request.url))
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
