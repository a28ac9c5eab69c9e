"""The local issuer in a process of its own, and the real verifier that trusts it over the network."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from deploy.local.choosing import TO_PROGRAM
from deploy.local.issuer import issuers_document
from deploy.local.people import BY_HANDLE, PEOPLE
from deploy.local.signing_in import is_person, token_of
from shared.cli.failures import SignInNeeded, Usage
from shared.cli.places import local_token
from shared.events.names import Agency, Purpose, Role
from shared.settings import Settings
from shared.web.issuers import load_issuers
from shared.web.problems import Problem
from shared.web.tokens import JwtVerifier

ROOT = Path(__file__).parents[2]


def start(data: Path, port: int, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "deploy.local.issuer"],
        cwd=ROOT,
        env={"ACCORD_LOCAL": "1", "ACCORD_DATA_DIR": str(data), "ACCORD_HTTP_PORT": str(port), **environment},
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_live(process: subprocess.Popen[str], port: int) -> None:
    until = time.monotonic() + 30
    while True:
        assert process.poll() is None, process.stderr and process.stderr.read()
        try:
            httpx2.get(f"http://127.0.0.1:{port}/livez", trust_env=False, timeout=1).raise_for_status()
            return
        except httpx2.HTTPError:
            assert time.monotonic() < until, "the issuer did not answer within 30 s"
            time.sleep(0.05)


def stop(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(timeout=10)
    finally:
        process.kill()
        if process.stderr:
            process.stderr.close()


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def issuer(data: Path, port: int) -> Iterator[str]:
    process = start(data, port)
    wait_until_live(process, port)
    yield f"http://127.0.0.1:{port}"
    assert stop(process) == 0


@pytest.fixture
def verifier(issuer: str, data: Path, port: int) -> JwtVerifier:
    path = data / "issuers.json"
    path.write_text(json.dumps(issuers_document(port)))
    return JwtVerifier(load_issuers(Settings(issuers_file=path, local=True)))


class TestThePeople:
    def test_have_ids_and_handles_of_their_own(self):
        assert len({person.id for person in PEOPLE}) == len(BY_HANDLE) == len(PEOPLE)
        assert all(person.id.version == 4 for person in PEOPLE)

    @pytest.mark.parametrize("agency", Agency)
    def test_include_a_person_and_a_system_of_every_agency(self, agency):
        systems = {Role.SYSTEM in person.roles for person in PEOPLE if person.agency is agency}
        assert systems == {True, False}


class TestATokenOfTheLocalIssuer:
    @pytest.mark.parametrize("handle", BY_HANDLE)
    def test_is_good_for_its_person(self, issuer, verifier, handle):
        caller = asyncio.run(verifier.verify(local_token(handle, issuer), Purpose.AUDIT))
        person = BY_HANDLE[handle]
        assert (caller.person, caller.agency, caller.roles) == (str(person.id), person.agency, person.roles)

    @pytest.mark.parametrize(
        ("more", "slug"), [({"ttl": -60}, "token-expired"), ({"audience": "other"}, "token-wrong-audience")]
    )
    def test_can_be_made_to_be_refused(self, issuer, verifier, more, slug):
        with pytest.raises(Problem) as caught:
            asyncio.run(verifier.verify(local_token("deputy@sheriff", issuer, **more), Purpose.COORDINATE))
        assert caught.value.slug == slug

    def test_is_given_by_the_command(self, issuer, verifier, tmp_path):
        done = subprocess.run(
            [sys.executable, "-c", "import shared.cli; shared.cli.main()", "token", "--as", "deputy@sheriff"],
            env={**os.environ, "ACCORD_ISSUER_URL": issuer},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        assert asyncio.run(verifier.verify(done.stdout.strip(), Purpose.AUDIT)).agency is Agency.SHERIFF

    def test_is_not_given_to_somebody_unknown_and_the_handle_does_not_come_back(self, issuer):
        answer = httpx2.post(f"{issuer}/token", json={"person": "CANARY"}, trust_env=False)
        assert answer.status_code == 422
        assert "CANARY" not in answer.text


class TestAPersonAtAProgram:
    PEOPLE = ("deputy@sheriff", "auditor@county")

    @pytest.mark.parametrize("handle", PEOPLE)
    def test_gets_a_token_of_the_apis_for_the_code_that_they_come_back_with(self, issuer, verifier, handle):
        caller = asyncio.run(verifier.verify(token_of(handle, issuer), Purpose.AUDIT))
        person = BY_HANDLE[handle]
        assert (caller.person, caller.agency, caller.roles) == (str(person.id), person.agency, person.roles)

    def test_is_no_system_which_gets_its_token_as_a_program(self, issuer, verifier):
        caller = asyncio.run(verifier.verify(token_of("system@sheriff", issuer), Purpose.REPORT))
        assert caller.system
        assert not is_person("system@sheriff")

    @pytest.mark.parametrize("changed", ["client_id", "redirect_uri", "code_verifier"])
    def test_gets_nothing_with_another_client_address_or_verifier(self, issuer, changed, monkeypatch):
        real = httpx2.Client.post

        def altered(self, url, *, data, **more):
            return real(self, url, data={**data, changed: "another"}, **more)

        monkeypatch.setattr(httpx2.Client, "post", altered)
        with pytest.raises(SignInNeeded, match="no token for the code"):
            token_of("deputy@sheriff", issuer)

    def test_is_not_sent_to_an_address_of_the_other_client(self, issuer):
        asked = {
            "response_type": "code",
            "client_id": "accord-pages-of-this-laptop",
            "redirect_uri": TO_PROGRAM,
            "state": "s",
            "nonce": "n",
            "code_challenge": "c" * 43,
            "code_challenge_method": "S256",
        }
        for path in ("/authorize", "/authorize/deputy@sheriff"):
            answer = httpx2.get(f"{issuer}{path}", params=asked, trust_env=False)
            assert answer.status_code == 404

    def test_is_nobody_whom_nobody_invented(self, issuer):
        with pytest.raises(Usage):
            token_of("somebody@nowhere", issuer)


class TestTheLocalIssuer:
    def test_tells_what_it_is(self, issuer):
        found = httpx2.get(f"{issuer}/.well-known/openid-configuration", trust_env=False).json()
        assert (found["issuer"], found["jwks_uri"]) == (issuer, f"{issuer}/jwks.json")

    def test_publishes_no_private_part_of_its_key(self, issuer):
        (key,) = httpx2.get(f"{issuer}/jwks.json", trust_env=False).json()["keys"]
        assert "d" not in key

    def test_keeps_its_key_for_its_owner_only(self, issuer, data):
        assert stat.S_IMODE((data / "secrets" / "issuer-key.json").stat().st_mode) == 0o600

    def test_answers_under_its_own_name_only(self, issuer):
        headers = {"Host": "elsewhere.example"}
        assert httpx2.get(f"{issuer}/people", headers=headers, trust_env=False).status_code == 400

    def test_keeps_its_key_over_a_restart(self, tmp_path, port):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            other = int(listener.getsockname()[1])
        keys = []
        for _ in range(2):
            process = start(tmp_path, other)
            wait_until_live(process, other)
            keys.append(httpx2.get(f"http://127.0.0.1:{other}/jwks.json", trust_env=False).json())
            assert stop(process) == 0
        assert keys[0] == keys[1]

    @pytest.mark.parametrize(
        ("environment", "named"),
        [
            ({"ACCORD_LOCAL": "0"}, "ACCORD_LOCAL"),
            ({"ACCORD_LOCAL": ""}, "ACCORD_LOCAL"),
            ({"ACCORD_HTTP_HOST": "0.0.0.0"}, "ACCORD_HTTP_HOST"),
            ({"ACCORD_HTTP_PORT": "0"}, "ACCORD_HTTP_PORT"),
            ({"ACCORD_DATA_DIR": ""}, "ACCORD_DATA_DIR"),
        ],
    )
    def test_does_not_start_anywhere_but_on_the_local_platform(self, tmp_path, environment, named):
        process = start(tmp_path, 1, **environment)
        _, said = process.communicate(timeout=30)
        assert process.returncode == 2
        assert named in said
