"""W3C trace context: which request of whom caused what, by random ids."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

_FORM = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?")


@dataclass(frozen=True)
class Trace:
    """One request's place in a trace."""

    trace_id: str
    span_id: str
    sampled: bool

    @property
    def traceparent(self) -> str:
        """For the event's attribute `traceparent`, and for calls to others."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"

    @property
    def correlation_id(self) -> UUID:
        """The trace id as a UUID: the event's `correlationid`."""
        return UUID(hex=self.trace_id)


def continued(header: str | None) -> Trace:
    """The caller's trace with a span of our own; a fresh trace if there is none or it is malformed."""
    found = _FORM.fullmatch(header or "")
    if found is None or ((header or "").startswith("00-") and found[3]):
        return Trace(secrets.token_hex(16), secrets.token_hex(8), sampled=False)
    return Trace(found[1], secrets.token_hex(8), sampled=bool(int(found[2], 16) & 1))


def current_trace(request: Request) -> Trace:
    """FastAPI dependency: the trace of this request."""
    trace: Trace = request.state.trace
    return trace


#: For handlers: `def post(trace: CurrentTrace) -> …`.
CurrentTrace = Annotated[Trace, Depends(current_trace)]
