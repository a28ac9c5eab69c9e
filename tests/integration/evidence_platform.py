"""Audit's API with a signing key over a real ledger, the command line in front of it, and a short case in it."""

from __future__ import annotations

import io
import random
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from services.audit.api import make_app
from services.audit.domain.proof.bundle import verify_bundle
from services.audit.domain.proof.outside import Outside
from services.audit.merkle.asking import Proofs
from services.audit.merkle.signing import create_key_file, read_key_file
from services.audit.questions import Questions
from services.audit.session import Session
from services.audit.stranger.reading import read_zip
from shared.cli.failures import ApiProblem, CommandFailed
from shared.settings import Settings
from shared.store.migrate import migrate
from shared.store.store import Store
from shared.web.fakes import FakeVerifier
from tests.integration.test_audit_api import PEOPLE, Api
from tests.unit.audit.county import County, canary, versions
from tests.unit.audit.made import Case, Log


@dataclass
class Platform(Api):
    """Audit's API with a signing key, and the command line in front of it."""

    key_file: Path = field(default=Path())
    away: list[CommandFailed] = field(default_factory=list)

    def ask(self, path: str, body: Any, person: str = "auditor", purpose: str = "audit") -> Any:
        headers = {"Authorization": f"Bearer {person}", "Accord-Purpose": purpose}
        return self.client.post(path, headers=headers, json=body)

    def post(self, path: str, body: Any = None) -> Any:
        """As the command line's client does."""
        answer = self.ask(path, {} if body is None else body)
        if answer.status_code >= 400:
            raise ApiProblem(answer.status_code, answer.json())
        zipped = answer.headers.get("content-type") == "application/zip"
        return SimpleNamespace(body=answer.content if zipped else answer.json() if answer.content else None)

    def bundle(self, case: str, **asked: Any) -> dict[str, bytes]:
        answer = self.ask(f"/v1/cases/{case}/evidence", asked)
        assert answer.status_code == 200, answer.json()
        assert answer.headers["content-type"] == "application/zip"
        return read_zip(io.BytesIO(answer.content))

    def verified(self, case: str, **asked: Any) -> Any:
        key = read_key_file(self.key_file).verifier
        return verify_bundle(self.bundle(case, **asked), Outside(key=key))

    def facts(self, kind: str) -> list[Any]:
        return [event for event in self.appended() if event.type == f"accord.{kind}.v1"]


@pytest.fixture
def api(
    fresh_database: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Platform]:
    url, key_file = fresh_database("accord_audit"), tmp_path / "signing.key"
    migrate(url, Path("services/audit/migrations"))
    create_key_file(key_file)
    store, session = Store(url, 4), Session(url)
    questions, proofs = Questions(store, lambda: None), Proofs(store, partial(read_key_file, key_file))
    app = make_app(questions, FakeVerifier(PEOPLE), Settings(), lambda: [], secrets.token_bytes(32), proofs)
    with capture_logs(), TestClient(app) as client:  # what it logs is not what the command prints
        made = Platform(store, session, client, [], key_file)

        @contextmanager
        def connect(service: str, **_: Any) -> Iterator[Any]:
            assert service == "audit"
            if made.away:
                raise made.away[0]
            yield made

        monkeypatch.setattr("shared.cli.client.connect", connect)
        yield made
    session.close()
    store.close()


@pytest.fixture
def case(api: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    """A case under Alder's MOU, with a referral to public health, declined. Commands run in their own folder."""
    made = County(Log(), random.Random(1))
    made.adopt(versions()[0])
    told = Case(made.log, {"identity": canary("identity", 1)}).open()
    told.reject(told.refer("public-health", sealed={"health": canary("health", 2)}), by="public-health")
    told.told("reported", "human-services/screener", told.concern)
    api.keep(made.log.made)
    api.complete(made.log.now)
    monkeypatch.chdir(tmp_path)
    return told
