"""Referrals over a real PostgreSQL, with people of every kind, for its tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from fastapi.testclient import TestClient

from services.referrals.api.app import checks, make_app
from services.referrals.api.calls import Doors
from services.referrals.bootstrap import MIGRATIONS, Referrals, wire
from services.referrals.intake.taking import Taker
from services.referrals.vault import MIGRATIONS as VAULT_MIGRATIONS
from services.referrals.vault import Vault, create_key_file
from shared.bus.record import Record
from shared.events import Recorded, read
from shared.events.names import Agency, Role, SealedClass, submissions_topic
from shared.events.sealing import seal_for_county
from shared.mou import packed_document
from shared.settings import Settings
from shared.store.migrate import migrate
from shared.store.store import Store
from shared.web.callers import Caller
from shared.web.fakes import FakeVerifier
from tests.mou.alder import MOU

PEOPLE: dict[str, Caller] = {
    name: Caller(str(uuid4()), agency, frozenset({role}))
    for name, agency, role in (
        ("screener", Agency.HUMAN_SERVICES, Role.SCREENER),
        ("worker", Agency.HUMAN_SERVICES, Role.SOCIAL_WORKER),
        ("human-services-system", Agency.HUMAN_SERVICES, Role.SYSTEM),
        ("coordinator", Agency.HUMAN_SERVICES, Role.COORDINATOR),
        ("deputy", Agency.SHERIFF, Role.DEPUTY),
        ("advocate", Agency.ADVOCACY, Role.ADVOCATE),
        ("advocacy-system", Agency.ADVOCACY, Role.SYSTEM),
        ("shelter", Agency.SHELTER, Role.ADVOCATE),
        ("clinician", Agency.BEHAVIORAL_HEALTH, Role.CLINICIAN),
        ("officer", Agency.PROBATION, Role.PROBATION_OFFICER),
        ("auditor", Agency.COUNTY, Role.AUDITOR),
        ("board", Agency.COUNTY, Role.ADVISORY_BOARD),
    )
}
ALL_SIGNED = [str(p.agency) for p in MOU.parties if p.signatory]


class Clock:
    """The host's clock, moved on by the test."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class OpenGate:
    """Lets every command pass."""

    def require(self) -> None:
        return None


class County:
    """The application, its door for people, its taker of submissions, and what came of it all."""

    def __init__(self, url: str, vault_url: str, folder: Path) -> None:
        self.url, self.vault_url, self.clock = url, vault_url, Clock()
        migrate(url, MIGRATIONS)
        migrate(vault_url, VAULT_MIGRATIONS)
        create_key_file(folder / "vault.key")
        self.store = Store(url, 8, self.clock)
        self.vault = Vault(vault_url, folder / "vault.key", self.clock)
        self.referrals: Referrals = wire(self.store, self.vault, self.clock)
        self.doors = Doors(self.referrals, OpenGate(), lambda: True)
        app = make_app(self.doors, FakeVerifier(PEOPLE), Settings(), lambda: checks(self.doors))
        self.client = TestClient(app, raise_server_exceptions=False)
        self.taker = Taker(self.referrals, self.clock)
        self._offsets: dict[str, int] = {}

    def close(self) -> None:
        self.referrals.close()

    # --- the door for people

    def post(
        self,
        path: str,
        body: Any,
        person: str,
        *,
        key: str | None = "",
        etag: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        sent = {"Authorization": f"Bearer {person}", **(headers or {})}
        if key is not None:
            sent["Idempotency-Key"] = key or str(uuid4())
        if etag is not None:
            sent["If-Match"] = etag.encode("latin-1")  # type: ignore[assignment]
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(path, content=content, headers=sent)

    def get(self, path: str, person: str, purpose: str = "coordinate", **params: Any) -> Any:
        headers = {"Authorization": f"Bearer {person}", "Accord-Purpose": purpose}
        return self.client.get(path, headers=headers, params=params)

    def etag(self, path: str, person: str) -> str:
        answer = self.get(path, person)
        assert answer.status_code == 200, answer.text
        return str(answer.headers["ETag"])

    def adopt(self) -> None:
        body = {"document": packed_document(MOU), "signed_by": ALL_SIGNED}
        answer = self.post("/v1/mou/versions", body, "coordinator")
        assert answer.status_code == 201, answer.text

    def proposal(self) -> str:
        """A proposed version, of a name that nothing else has."""
        document = MOU.model_copy(update={"version": f"alder-{uuid4().hex[:12]}"})
        answer = self.post("/v1/mou/proposals", {"document": packed_document(document)}, "coordinator")
        assert answer.status_code == 201, answer.text
        return str(answer.json()["proposal"])

    def concern(self, **facts: Any) -> str:
        answer = self.post("/v1/concerns", {"immediate_danger": "yes", **facts}, "deputy")
        assert answer.status_code == 201, answer.text
        return str(answer.json()["concern"])

    def case(self, concern: str | None = None, matter: str = "dependency") -> str:
        concern = concern or self.concern()
        etag = self.etag(f"/v1/concerns/{concern}", "screener")
        answer = self.post(f"/v1/concerns/{concern}/open-case", {"matter": matter}, "screener", etag=etag)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["case"])

    def referral(self, case: str | None = None, **more: Any) -> str:
        body = {"recipient": "advocacy", "matter": "dependency", "kind": "advocacy", "urgency": "hours"}
        body |= {"youth_choice": "agrees", **more}
        answer = self.post(f"/v1/cases/{case or self.case()}/referrals", body, "worker")
        assert answer.status_code == 201, answer.text
        return str(answer.json()["referral"])

    # --- the door for systems

    def submission(self, agency: str, command: str, data: Any, **attributes: Any) -> dict[str, Any]:
        event = {
            "specversion": "1.0",
            "id": str(uuid4()),
            "source": f"/agencies/{agency}",
            "type": f"accord.submission.{command}.v1",
            "data": data,
            **attributes,
        }
        return {name: value for name, value in event.items() if value is not ...}

    def record(self, agency: str, event: Any, *, key: bytes | str | None = "", **more: Any) -> Record:
        topic = submissions_topic(agency)
        offset = self._offsets[topic] = self._offsets.get(topic, -1) + 1
        value = event if isinstance(event, bytes) or event is None else json.dumps(event).encode()
        if key == "":
            key = str(event["id"]).encode()
        return Record(topic, 0, offset, 1, key, more.get("headers", ()), value)  # type: ignore[arg-type]

    def take(self, agency: str, event: Any, **more: Any) -> Recorded:
        """Take it as the next record of the agency's topic; its one receipt."""
        before, _ = self._last_receipt(agency)
        self.taker.take(self.record(agency, event, **more), agency)
        after, receipt = self._last_receipt(agency)
        assert (after, receipt is None) == (before + 1, False), "exactly one receipt for each record"
        return read(bytes(receipt or b""))

    def _last_receipt(self, agency: str) -> tuple[int, bytes | None]:
        with psycopg.connect(self.url) as connection:
            row = connection.execute(
                "SELECT count(*), (array_agg(state ORDER BY kafka_sequence DESC))[1] FROM stored_events"
                " WHERE kafka_topic = %s",
                [f"accord.receipts.{agency}"],
            ).fetchone()
        assert row is not None
        return row[0], row[1]

    def receipts(self, agency: str) -> list[Recorded]:
        return self.events(topic=f"accord.receipts.{agency}")

    def seal(self, submission: str, cls: str, facts: dict[str, Any]) -> str:
        return seal_for_county(self.vault.county_jwks()["keys"][0], submission, SealedClass(cls), facts)

    # --- what came of it

    def events(self, topic: str | None = None, kind: str | None = None, **data: Any) -> list[Recorded]:
        """All stored events of a topic, a type, and with these facts, in the order of recording."""
        with psycopg.connect(self.url) as connection:
            rows = connection.execute(
                "SELECT state FROM stored_events WHERE %s::text IS NULL OR kafka_topic = %s"
                " ORDER BY notification_id",
                [topic, topic],
            ).fetchall()
        found = [read(bytes(row[0])) for row in rows]
        return [
            e
            for e in found
            if (kind is None or e.type == f"accord.{kind}.v1")
            and all(getattr(e.data, name, None) == value for name, value in data.items())
        ]

    def count(self) -> int:
        with psycopg.connect(self.url) as connection:
            row = connection.execute("SELECT count(*) FROM stored_events").fetchone()
        return int(row[0]) if row else 0

    def position(self, agency: str) -> int:
        with psycopg.connect(self.url) as connection:
            row = connection.execute(
                'SELECT "offset" FROM positions WHERE topic = %s', [submissions_topic(agency)]
            ).fetchone()
        return int(row[0]) if row else -1

    def parts(self) -> list[Any]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(
                "SELECT id, kind, stream, subject, changed, state, sender, recipient, status, listed"
                " FROM parts ORDER BY id"
            ).fetchall()


@contextmanager
def county(infra: Any, folder: Path, adopt: bool = True) -> Iterator[County]:
    """A county on databases of its own."""
    url, vault_url = infra.fresh_database("accord_referrals"), infra.fresh_database("accord_vault")
    made = County(url, vault_url, folder)
    try:
        if adopt:
            made.adopt()
        yield made
    finally:
        made.close()
        infra.drop_database(url)
        infra.drop_database(vault_url)
