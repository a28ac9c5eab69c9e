"""Which service serves which pages: by the first segment of the path. The proxy and every link go by it."""

from __future__ import annotations

from typing import Literal

Serving = Literal["referrals", "notifications", "audit"]

#: First segment of a path -> the service whose pages stand there. `assets` and `status` every service has.
PLACES: dict[str, Serving] = {
    "": "referrals",
    "sign-in": "referrals",
    "session": "referrals",
    "concerns": "referrals",
    "referrals": "referrals",
    "cases": "referrals",
    "worklist": "referrals",
    "calls": "referrals",
    "search": "referrals",
    "people": "referrals",
    "names": "referrals",
    "help": "referrals",
    "memorandum": "referrals",
    "inbox": "notifications",
    "timeline": "audit",
    "evidence": "audit",
    "access": "audit",
    "verify": "audit",
}
#: Served by each service from the same code.
EVERYWHERE = ("assets", "status")


def service_of(path: str) -> Serving | None:
    """The service that serves this path (`/inbox/…`); None if none does, or each."""
    return PLACES.get(path.lstrip("/").partition("/")[0])
