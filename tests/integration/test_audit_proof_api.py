"""Proof over HTTP and on the command line, checked as a stranger would: with the verifier, not with the service."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
import typer
from fastapi.testclient import TestClient
from structlog.testing import capture_logs
from typer.testing import CliRunner

from services.audit import cli
from services.audit.api import make_app
from services.audit.domain.proof import (
    VerifierKey,
    leaf,
    leaf_hash,
    signed_checkpoint,
    verify_consistency,
    verify_inclusion,
)
from services.audit.domain.proof.base64s import decoded
from services.audit.domain.proof.leaf import framed_headers
from services.audit.merkle.asking import Proofs
from services.audit.merkle.signing import create_key_file, read_key_file
from services.audit.questions import Questions
from shared.cli.failures import ApiProblem, Usage
from shared.events.names import Agency, Role
from shared.settings import Settings
from shared.store.store import Store
from shared.web.callers import Caller
from shared.web.fakes import FakeVerifier
from tests.integration.audit_kept import PLACE, KeptLedger, made_ledger
from tests.integration.test_audit_ledger import relayed

pytestmark = pytest.mark.platform
PEOPLE = {
    "auditor": Caller(str(uuid4()), Agency.COUNTY, frozenset({Role.AUDITOR})),
    "operator": Caller(str(uuid4()), Agency.COUNTY, frozenset({Role.OPERATOR})),
    "worker": Caller(str(uuid4()), Agency.HUMAN_SERVICES, frozenset({Role.SOCIAL_WORKER})),
}
LOG = f"/v1/ledger/{PLACE[0]}/0"


@dataclass
class Api:
    ledger: KeptLedger
    client: TestClient

    def call(self, method: str, path: str, body: Any = None, person: str = "auditor", **params: Any) -> Any:
        headers = {"Authorization": f"Bearer {person}", "Accord-Purpose": "audit"}
        return self.client.request(method, path, headers=headers, params=params or None, json=body)

    def get(self, path: str, params: dict[str, Any] | None = None) -> Any:
        return self._good(self.call("GET", path, **(params or {})))

    def post(self, path: str, body: Any = None) -> Any:
        return self._good(self.call("POST", path, {} if body is None else body))

    def _good(self, response: Any) -> Any:
        if response.status_code >= 400:
            raise ApiProblem(response.status_code, response.json())
        return SimpleNamespace(body=response.json())


@pytest.fixture
def api(
    fresh_database: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Api]:
    ledger = made_ledger(fresh_database("accord_audit"), tmp_path, 0)
    store = Store(ledger.url, 4)
    proofs = Proofs(store, partial(read_key_file, ledger.key_file))
    questions = Questions(store, lambda: None)
    app = make_app(questions, FakeVerifier(PEOPLE), Settings(), lambda: [], secrets.token_bytes(32), proofs)
    with capture_logs(), TestClient(app) as client:
        made = Api(ledger, client)

        @contextmanager
        def connect(service: str, **_: Any) -> Iterator[Any]:
            assert service == "audit"
            yield made

        monkeypatch.setattr("shared.cli.client.connect", connect)
        yield made
    store.close()


def run(*arguments: str) -> Any:
    app = typer.Typer()
    cli.register(app)
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["audit", *arguments])


def test_checkpoints_and_proofs_hold_for_somebody_who_has_only_the_records_and_the_key(api: Api) -> None:
    made = relayed(700)
    api.ledger.keep(made[:300])
    first = api.post("/v1/checkpoints").body
    api.ledger.keep(made[300:], start=300)
    second = api.post("/v1/checkpoints").body
    key = VerifierKey.parse(second["key"])
    origin = f"{key.name}/{PLACE[0]}/0"
    old, new = (signed_checkpoint(one["checkpoints"][0]["note"], origin, [key]) for one in (first, second))
    assert (old.size, new.size) == (300, 700)

    grown = api.get(f"{LOG}/consistency", {"old_size": 300}).body
    verify_consistency(old.size, old.root, new.size, new.root, [decoded(one) for one in grown["proof"]])
    for sequence in (0, 299, 300, 699):
        _, record_key, value, headers = made[sequence]
        mine = leaf_hash(leaf(record_key, framed_headers(headers), value))
        answer = api.get(f"{LOG}/inclusion", {"sequence": sequence}).body
        assert decoded(answer["leaf_hash"]) == mine
        assert signed_checkpoint(answer["note"], origin, [key]) == new
        verify_inclusion(sequence, new.size, mine, [decoded(one) for one in answer["proof"]], new.root)
    older = api.get(f"{LOG}/inclusion", {"sequence": 7, "size": 300}).body
    assert (decoded(older["root"]), older["size"]) == (old.root, 300)

    assert api.get("/v1/checkpoints").body["checkpoints"] == second["checkpoints"]
    kept = api.get(f"/v1/checkpoints/{PLACE[0]}/0", {"size": 300}).body
    assert kept == first["checkpoints"][0]


@pytest.mark.parametrize(
    ("path", "params"),
    [
        (f"{LOG}/inclusion", {"sequence": 300}),
        (f"{LOG}/inclusion", {"sequence": 5, "size": 301}),
        (f"{LOG}/inclusion", {"sequence": 5, "size": 5}),
        (f"{LOG}/consistency", {"old_size": 301}),
        (f"{LOG}/consistency", {"old_size": 7, "size": 6}),
        ("/v1/ledger/accord.nothing/0/inclusion", {"sequence": 0}),
        (f"/v1/checkpoints/{PLACE[0]}/1", {}),
        (f"/v1/checkpoints/{PLACE[0]}/0", {"size": 299}),
    ],
)
def test_what_is_not_in_the_log_is_not_found(api: Api, path: str, params: dict[str, Any]) -> None:
    api.ledger.keep(relayed(300))
    api.ledger.sign()
    assert api.call("GET", path, **params).status_code == 404


@pytest.mark.parametrize("params", [{"sequence": -1}, {"sequence": 2**63}, {"sequence": "x"}, {}])
def test_what_cannot_be_a_sequence_is_refused(api: Api, params: dict[str, Any]) -> None:
    assert api.call("GET", f"{LOG}/inclusion", **params).status_code == 422


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/checkpoints"),
        ("POST", "/v1/checkpoints"),
        ("GET", f"/v1/checkpoints/{PLACE[0]}/0"),
        ("GET", f"{LOG}/inclusion?sequence=0"),
        ("GET", f"{LOG}/consistency?old_size=1"),
        ("POST", "/v1/verify"),
    ],
)
def test_it_is_for_the_countys_auditor_and_operator_alone(api: Api, method: str, path: str) -> None:
    api.ledger.keep(relayed(3))
    api.ledger.sign()
    body = {} if method == "POST" else None
    assert api.call(method, path, body, person="worker").status_code == 404
    assert api.call(method, path, body, person="operator").status_code == 200
    assert api.client.request(method, path, json=body).status_code == 401


def test_verification_goes_step_by_step_and_names_the_first_bad_entry(api: Api) -> None:
    api.ledger.keep(relayed(300))
    api.ledger.sign()
    good = api.post("/v1/verify").body
    assert (good["verified"], good["size"], good["signed"], good["problems"], good["next"]) == (
        300,
        300,
        300,
        [],
        None,
    )
    with api.ledger.connect() as c:
        c.execute("UPDATE ledger SET value = value || '\\x20' WHERE sequence = 217")
    bad = api.post("/v1/verify").body
    assert [(p["topic"], p["partition"], p["sequence"], p["kind"]) for p in bad["problems"]] == [
        (PLACE[0], 0, 217, "altered")
    ]
    for begin in ({"topic": "x", "partition": 0}, {"topic": PLACE[0], "partition": 0, "sequence": 1}):
        assert api.call("POST", "/v1/verify", {"begin": begin}).status_code == 404


def test_a_ledger_without_entries_verifies_and_has_nothing_to_sign(api: Api) -> None:
    assert api.post("/v1/verify").body["topic"] is None
    assert api.post("/v1/checkpoints").body["checkpoints"] == []
    assert run("verify").exit_code == 0


def test_a_log_that_is_not_what_was_signed_is_refused_and_is_a_finding(api: Api) -> None:
    api.ledger.keep(relayed(300))
    api.ledger.sign()
    with api.ledger.connect() as c:
        c.execute("UPDATE tiles SET hashes = set_byte(hashes, 1, get_byte(hashes, 1) # 1) WHERE level = 1")
    answer = api.post("/v1/checkpoints").body
    assert answer["checkpoints"] == []
    assert [(one["topic"], one["kind"]) for one in answer["refused"]] == [(PLACE[0], "other-root")]
    assert [one["kind"] for one in api.get("/v1/findings").body["findings"]] == ["tree-altered"]
    result = run("checkpoint")
    assert result.exit_code == 6
    assert "NOT SIGNED" in result.stderr


def test_without_a_key_nothing_is_signed_and_the_answer_says_what_to_do(api: Api) -> None:
    api.ledger.keep(relayed(3))
    api.ledger.key_file.unlink()
    answer = api.call("POST", "/v1/checkpoints", {})
    assert answer.status_code == 503
    assert "ACCORD_AUDIT_KEY_FILE" in answer.json()["remedy"]


class TestTheCommandLine:
    def test_a_checkpoint_that_is_kept_is_verified_against_later(self, api: Api, tmp_path: Path) -> None:
        made = relayed(400)
        api.ledger.keep(made[:300])
        kept = tmp_path / "kept.json"
        kept.write_text(run("checkpoint", "--json").stdout)
        api.ledger.keep(made[300:], start=300)
        assert json.loads(run("checkpoint", "--last", "--json").stdout)["checkpoints"][0]["size"] == 300
        run("checkpoint")
        result = run("verify", "--checkpoint", str(kept))
        assert (result.exit_code, result.stdout) == (0, "")
        assert "400 entries of 1 logs verified, 1 checkpoints kept elsewhere. All fit." in result.stderr

    def test_the_first_bad_entry_is_named_and_the_exit_code_is_6(self, api: Api) -> None:
        api.ledger.keep(relayed(300))
        run("checkpoint")
        with api.ledger.connect() as c:
            c.execute("DELETE FROM ledger WHERE sequence = 42")
        result = run("verify")
        assert result.exit_code == 6
        assert result.stdout.splitlines()[1].startswith(f"{PLACE[0]}\t0\t42\tmissing\t")
        document = json.loads(run("verify", "--json").stdout)
        assert [p["sequence"] for p in document["problems"]] == [42]

    def test_a_past_that_was_signed_anew_is_found_by_what_was_kept(self, api: Api, tmp_path: Path) -> None:
        """Whoever owns the database and the key can sign another past; not to somebody who kept a checkpoint."""
        made = relayed(300)
        api.ledger.keep(made)
        kept = tmp_path / "kept.json"
        kept.write_text(run("checkpoint", "--json").stdout)
        with api.ledger.connect() as c:
            for table in ("ledger", "tiles", "trees", "checkpoints", "positions", "generations"):
                c.execute(f"DELETE FROM {table}")
        other = [*made[:100], (0, made[100][1], made[100][2] + b" ", made[100][3]), *made[101:]]
        api.ledger.keep(other)
        assert run("checkpoint").exit_code == 0
        assert run("verify").exit_code == 0
        result = run("verify", "--checkpoint", str(kept))
        assert result.exit_code == 6
        assert "kept-differs" in result.stdout

    def test_a_ledger_that_is_shorter_than_what_was_kept_is_found(self, api: Api, tmp_path: Path) -> None:
        made = relayed(300)
        api.ledger.keep(made)
        kept = tmp_path / "kept.json"
        kept.write_text(run("checkpoint", "--json").stdout)
        with api.ledger.connect() as c:
            for table in ("ledger", "tiles", "trees", "checkpoints", "positions", "generations"):
                c.execute(f"DELETE FROM {table}")
        api.ledger.keep(made[:299])
        result = run("verify", "--checkpoint", str(kept))
        assert result.exit_code == 6
        assert "kept-is-larger" in result.stdout

    def test_a_kept_file_is_refused_if_another_key_signed_it_or_it_is_of_another_log(
        self, api: Api, tmp_path: Path
    ) -> None:
        api.ledger.keep(relayed(5))
        document = json.loads(run("checkpoint", "--json").stdout)
        note = document["checkpoints"][0]["note"]
        create_key_file(tmp_path / "other.key")
        other = read_key_file(tmp_path / "other.key")
        kept = tmp_path / "kept"
        stranger = other.sign(f"{document['key'].partition('+')[0]}/{PLACE[0]}/0\n1\n{'A' * 43}=\n")
        for text, key in (
            (note, None),
            (note, "not+a+key"),
            (note, str(other.verifier)),
            (note.replace("\n5\n", "\n6\n"), document["key"]),
            (note[:-20] + "\n", document["key"]),
            (stranger, document["key"]),
            (stranger, str(other.verifier)),
            ("", document["key"]),
        ):
            kept.write_text(text, encoding="utf-8")
            arguments = ["verify", "--checkpoint", str(kept), *(["--key", key] if key else [])]
            result = run(*arguments)
            assert isinstance(result.exception, Usage), text
        kept.write_text(note, encoding="utf-8")
        assert run("verify", "--checkpoint", str(kept), "--key", document["key"]).exit_code == 0

    def test_a_service_that_shows_another_key_than_the_one_trusted_is_not_believed(
        self, api: Api, tmp_path: Path
    ) -> None:
        api.ledger.keep(relayed(5))
        create_key_file(tmp_path / "other.key")
        other = read_key_file(tmp_path / "other.key").verifier
        result = run("checkpoint", "--key", str(other))
        assert result.exit_code == 6
        assert "NOT PROVEN" in result.stderr
