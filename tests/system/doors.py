"""The public doors as callers use them, and everything that came out of them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx2
from kafka import KafkaProducer

from deploy.local.system import System
from shared.events.names import SealedClass, receipts_topic, submissions_topic
from shared.events.sealing import seal_for_county
from tests.faults.found import read_topics

RECEIPT_SECONDS = 30.0


@dataclass(frozen=True)
class Answered:
    """An answer of a door, as a caller sees it."""

    what: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Doors:
    """Every door of one running system. Close it."""

    system: System
    answers: list[Answered] = field(default_factory=list)
    _http: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=20.0, trust_env=False))
    _producers: dict[str, Any] = field(default_factory=dict)

    def http(
        self, service: str, method: str, path: str, who: str | None = None, *, json: Any = None,
        content: bytes | None = None, headers: Mapping[str, str] | None = None, keep: bool = True,
    ) -> Answered:  # fmt: skip
        """One request; its answer is kept with the others unless `keep` is False."""
        signed = {"Authorization": f"Bearer {self.system.token(who)}"} if who else {}
        if method == "POST":
            signed["Idempotency-Key"] = str(uuid4())
        given = {k: v.encode() for k, v in (signed | dict(headers or {})).items()}
        answer = self._http.request(
            method, self.system.url(service) + path, headers=given, json=json, content=content
        )
        told = Answered(f"{method} of {service}", answer.status_code, answer.headers, answer.content)
        if keep:
            self.answers.append(told)
        return told

    def etag(self, who: str, path: str) -> str:
        """What this person sees of a thing of referrals."""
        return str(self.http("referrals", "GET", path, who, keep=False).headers["etag"])

    def cli(self, *arguments: str, keep: bool = True) -> Any:
        """`accord …` as a person gives it; what it prints is kept."""
        done = self.system.accord(*arguments)
        if keep:
            said = (done.stdout + done.stderr).encode()
            self.answers.append(Answered(f"accord {arguments[0]}", done.returncode, {}, said))
        return done

    def kafka(
        self, agency: str, value: bytes | None, key: bytes | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> int:  # fmt: skip
        """One record on the agency's submissions topic, by its own login; its offset."""
        if agency not in self._producers:
            options = self.system.infra.kafka_options(agency)
            self._producers[agency] = KafkaProducer(
                **options, acks="all", max_block_ms=10_000, max_request_size=2**21
            )
        sent = self._producers[agency].send(
            submissions_topic(agency), value, key, headers=list(headers), partition=0
        )
        return int(sent.get(timeout=15).offset)

    def submit(
        self,
        agency: str,
        command: str,
        facts: Any,
        *,
        number: str = "",
        changed: Mapping[str, Any] | None = None,
    ) -> str:
        """A well-formed submission, but for the attributes `changed` (None leaves one out); its key."""
        number = number or str(uuid4())
        self.kafka(agency, event(agency, command, number, facts, changed), number.encode())
        return number

    def county_key(self) -> dict[str, Any]:
        """The county's submission key."""
        return dict(self.http("referrals", "GET", "/v1/keys", keep=False).json()["keys"][0])

    def sealed(self, submission: str, clear: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """Facts by class, sealed to the county's key for this submission."""
        key = self.county_key()
        return {c: seal_for_county(key, submission, SealedClass(c), facts) for c, facts in clear.items()}

    def receipts(self, agency: str) -> list[dict[str, Any]]:
        """Every receipt of an agency so far, oldest first."""
        found = read_topics(self.system.infra, [receipts_topic(agency)])
        return [json.loads(record.value or b"")["data"] for record in found]

    def receipt(self, agency: str, submission: str, count: int = 1) -> dict[str, Any]:
        """The last of `count` receipts of a submission. Fails after 30 s."""
        until = time.monotonic() + RECEIPT_SECONDS
        while True:
            found = [r for r in self.receipts(agency) if r["submission"] == submission]
            if len(found) == count:
                return found[-1]
            if len(found) > count or time.monotonic() > until:
                raise AssertionError(f"{len(found)} receipts of {submission} in {agency}, not {count}")
            time.sleep(0.2)

    def receipt_at(self, agency: str, offset: int) -> dict[str, Any]:
        """The receipt of a record that was dead-lettered, by where it lies. Fails after 30 s."""
        until = time.monotonic() + RECEIPT_SECONDS
        while True:
            found = [r for r in self.receipts(agency) if r.get("offset") == offset]
            if len(found) == 1:
                return found[0]
            if found or time.monotonic() > until:
                raise AssertionError(f"{len(found)} receipts for offset {offset} of {agency}, not 1")
            time.sleep(0.2)

    def close(self) -> None:
        """Close every client."""
        self._http.close()
        for producer in self._producers.values():
            producer.close(timeout=2)


def event(
    agency: str, command: str, number: str, facts: Any, changed: Mapping[str, Any] | None = None
) -> bytes:
    """The bytes of a submission."""
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "id": number,
        "source": f"/agencies/{agency}",
        "type": f"accord.submission.{command}.v1",
        "time": datetime.now(UTC).isoformat(),
        "datacontenttype": "application/json",
        "data": facts,
    }
    attributes |= changed or {}
    return json.dumps({k: v for k, v in attributes.items() if v is not None}).encode()
