"""What a command is based on (If-Match), and how a repeat is known (Idempotency-Key)."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from typing import Annotated

from fastapi import Header, Request

from shared.events.names import Agency, Role
from shared.web.problems import Problem

_KEY = re.compile(r"[\x21-\x7e]{1,200}")


def etag(secret: bytes, viewer_agency: Agency, viewer_roles: Iterable[Role], representation: bytes) -> str:
    """An opaque strong ETag of what this viewer sees; what is hidden does not move it.

    `representation` is the answer's bytes, or whatever stands for them; `secret` is the service's, 32 bytes.
    """
    viewer = f"{viewer_agency}\x00{','.join(sorted(viewer_roles))}\x00".encode()
    digest = hmac.new(secret, viewer + representation, hashlib.sha256).digest()
    return f'"{urlsafe_b64encode(digest[:18]).decode()}"'


def require_if_match(
    request: Request,
    if_match: Annotated[str | None, Header(alias="If-Match", description="Needed: the ETag you saw.")] = None,
) -> str:
    """FastAPI dependency: the header If-Match. Raises Problem 428 if it does not say what was seen."""
    given = ", ".join(request.headers.getlist("If-Match")).strip()
    if not given or given == "*":
        raise Problem("precondition-required")
    return given


def names(given: str, current: str) -> bool:
    """Whether `given`, an If-Match list, names the tag `current`. A weak tag never does (RFC 9110, 13.1.1)."""
    tags = (tag.strip().encode("utf-8", "surrogatepass") for tag in given.split(","))
    return any(hmac.compare_digest(tag, current.encode()) for tag in tags)


def idempotency_key(
    request: Request,
    key: Annotated[
        str | None,
        Header(alias="Idempotency-Key", description="Needed: a fresh UUID; the same for a repeat."),
    ] = None,
) -> str:
    """FastAPI dependency: the header Idempotency-Key. Raises Problem 400 if missing, 422 if not usable."""
    given = request.headers.getlist("Idempotency-Key")
    if not given or given == [""]:
        raise Problem("idempotency-key-missing")
    if len(given) != 1 or not _KEY.fullmatch(given[0]):
        raise Problem("idempotency-key-invalid")
    return given[0]
