from __future__ import annotations

import json
from pathlib import Path

import pytest

from shared.cli.failures import SignInNeeded, Unreachable, Usage
from shared.cli.places import address, bearer, data_directory


def running(data: Path, **addresses: str) -> Path:
    (data / "run.json").write_text(json.dumps({"addresses": addresses}))
    return data


class TestTheDataDirectory:
    def test_is_the_one_given_then_the_environments_then_the_default(self):
        assert data_directory(Path("/a"), {"ACCORD_DATA": "/b"}) == Path("/a")
        assert data_directory(None, {"ACCORD_DATA": "/b"}) == Path("/b")
        assert data_directory(None, {}) == Path(".accord")


class TestAServicesAddress:
    def test_is_the_environments_before_the_local_platforms(self, tmp_path):
        data = running(tmp_path, audit="http://127.0.0.1:1")
        assert address("audit", data, {}) == "http://127.0.0.1:1"
        assert (
            address("audit", data, {"ACCORD_AUDIT_URL": "https://county.example/"})
            == "https://county.example"
        )

    def test_that_is_not_known_says_how_to_make_it_known(self, tmp_path):
        with pytest.raises(Unreachable) as caught:
            address("audit", tmp_path, {})
        assert "accord up" in caught.value.hint
        assert "ACCORD_AUDIT_URL" in caught.value.hint

    def test_must_be_http(self, tmp_path):
        with pytest.raises(Usage):
            address("audit", tmp_path, {"ACCORD_AUDIT_URL": "county.example"})

    def test_in_a_broken_file_is_a_matter_of_usage(self, tmp_path):
        (tmp_path / "run.json").write_text("{")
        with pytest.raises(Usage):
            address("audit", tmp_path, {})


class TestAToken:
    def test_is_the_environments(self, tmp_path):
        assert bearer(None, tmp_path, {"ACCORD_TOKEN": "t"}) == "t"

    def test_is_read_from_a_file_that_only_its_owner_can_read(self, tmp_path):
        path = tmp_path / "token"
        path.write_text("t\n")
        path.chmod(0o600)
        assert bearer(None, tmp_path, {"ACCORD_TOKEN_FILE": str(path)}) == "t"
        path.chmod(0o640)
        with pytest.raises(SignInNeeded) as caught:
            bearer(None, tmp_path, {"ACCORD_TOKEN_FILE": str(path)})
        assert "chmod 600" in caught.value.hint

    def test_in_a_file_that_is_not_there_means_sign_in(self, tmp_path):
        with pytest.raises(SignInNeeded):
            bearer(None, tmp_path, {"ACCORD_TOKEN_FILE": str(tmp_path / "none")})

    def test_must_come_from_somewhere(self, tmp_path):
        with pytest.raises(SignInNeeded) as caught:
            bearer(None, tmp_path, {})
        assert "--as" in caught.value.hint

    def test_for_a_person_needs_the_local_issuer(self, tmp_path):
        with pytest.raises(Unreachable):
            bearer(
                "deputy@sheriff", running(tmp_path, issuer="http://127.0.0.1:1"), {"ACCORD_TOKEN": "other"}
            )
