"""From a record of a submissions topic to a command: what it is, or why it cannot be read at all.

A record is unreadable only if it is no CloudEvent of a known command; whatever else is wrong is refused with a
field, or, for a concern, accepted and flagged (DESIGN 1, rule 4). Nothing here quotes what was submitted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from services.referrals.application.bodies import LENIENT, InForce, is_lenient, nothing_in_force
from services.referrals.application.table import COMMANDS
from shared.bus.record import Record
from shared.errors import Undeliverable
from shared.events.envelope import MAX_EVENT_BYTES
from shared.events.names import Purpose
from shared.events.reading import parse_json

_TYPE = re.compile(r"accord\.submission\.([a-z-]{3,40})\.v([1-9][0-9]{0,3})")
#: What the purpose is if the submission does not say.
PURPOSES = {"report-concern": Purpose.REPORT, "state-call": Purpose.REPORT}
#: Commands that people give with a screen before them, and that systems have no business with.
NOT_OVER_KAFKA = frozenset(
    {
        *("propose-mou", "comment-mou", "answer-mou-comment", "sign-mou", "adopt-proposal", "adopt-mou"),
        *("assign-role", "end-role", "arrange-cover", "end-cover"),
    }
)


@dataclass(frozen=True)
class Submission:
    """A submission that is a command. `wrong` is the attribute for which it must be refused, if any."""

    command: str
    id: UUID
    body: Mapping[str, Any]
    thing: str | None = None
    based_on: str | None = None
    purpose: Purpose = Purpose.COORDINATE
    correlation: str | None = None
    traceparent: str | None = None
    flags: tuple[str, ...] = ()
    wrong: str | None = None
    said_id: str = field(default="", repr=False)
    """The id as it was said: sealed parts are bound to it."""


def parse(record: Record, agency: str, fresh: UUID, mou: InForce = nothing_in_force) -> Submission:
    """The submission in this record; `fresh` is its id if it names none that can be used.

    Raises Undeliverable: too-large, empty, not-utf-8, not-json, not-an-object, unknown-type, unknown-version.
    """
    if not record.value:
        raise Undeliverable("empty")
    if len(record.value) > MAX_EVENT_BYTES:
        raise Undeliverable("too-large")
    event = parse_json(record.value)
    command, newer = _command(event.get("type"))
    wrong = [*_wrong_attributes(event, record, agency), *(["type"] if newer else [])]
    body = event.get("data")
    if not isinstance(body, dict):
        body, wrong = {}, [*wrong, "data"]
    lenient = not wrong or is_lenient(command, mou)
    return Submission(
        command,
        submission_id(record) or _uuid(event.get("id")) or fresh,
        _timed(event, body),
        _text(event, "subject"),
        _text(event, "basedon"),
        _purpose(event, command),
        str(_uuid(event.get("correlationid")) or fresh),
        _traceparent(event),
        tuple(f"envelope.{name}" for name in wrong) if lenient else (),
        None if lenient or not wrong else wrong[0],
        _text(event, "id") or "",
    )


def submission_id(record: Record) -> UUID | None:
    """The record's key, if it is a UUID: the submission's id and its receipt's key."""
    try:
        return _uuid((record.key or b"").decode("ascii"))
    except UnicodeDecodeError:
        return None


def _command(said: Any) -> tuple[str, bool]:
    """The command of this type, and whether it is a newer version; only a concern's newer version is taken."""
    found = _TYPE.fullmatch(said) if isinstance(said, str) else None
    if found is None or found[1] not in COMMANDS or found[1] in NOT_OVER_KAFKA:
        raise Undeliverable("unknown-type")
    newer = int(found[2]) > 1
    if newer and found[1] not in LENIENT:
        raise Undeliverable("unknown-version")
    return found[1], newer


def _wrong_attributes(event: Mapping[str, Any], record: Record, agency: str) -> list[str]:
    said = _uuid(event.get("id"))
    checks = {
        "specversion": event.get("specversion") == "1.0",
        "id": said is not None and said == submission_id(record),
        "source": event.get("source") == f"/agencies/{agency}",
        "purpose": "purpose" not in event or _known_purpose(event["purpose"]),
    }
    return [name for name, good in checks.items() if not good]


def _timed(event: Mapping[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """The CloudEvents `time` is when it happened, unless the body says so itself."""
    return {"time": event["time"], **body} if "time" in event else body


def _purpose(event: Mapping[str, Any], command: str) -> Purpose:
    said = event.get("purpose")
    if _known_purpose(said):
        return Purpose(str(said))
    return PURPOSES.get(command, Purpose.COORDINATE)


def _known_purpose(said: Any) -> bool:
    return isinstance(said, str) and said in set(Purpose)


def _traceparent(event: Mapping[str, Any]) -> str | None:
    said = event.get("traceparent")
    good = isinstance(said, str) and re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", said)
    return said if good else None


def _text(event: Mapping[str, Any], name: str) -> str | None:
    said = event.get(name)
    return said if isinstance(said, str) and 0 < len(said) <= 200 else None


def _uuid(said: Any) -> UUID | None:
    try:
        return UUID(said) if isinstance(said, str) and len(said) == 36 else None
    except ValueError:
        return None
