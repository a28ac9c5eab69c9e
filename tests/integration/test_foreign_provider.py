"""A provider that is not ours (npm's oidc-provider, on the Node of the wheel) signs people in."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.integration.signing_in_made import SITE, Browser, parameters, place
from tools import npm

pytestmark = pytest.mark.platform
PINNED = Path(__file__).parents[2] / "tools" / "provider"
SECRET = "a secret, of a test/+%"

PEOPLE: dict[str, dict[str, Any]] = {
    str(uuid4()): {"agency": "probation", "roles": ["probation-officer", "supervisor"]},
    str(uuid4()): {"agency": "sheriff", "roles": ["deputy"]},
    str(uuid4()): {"agency": "probation", "roles": ["emperor"]},
    str(uuid4()): {"agency": "probation"},
    str(uuid4()): {"agency": "county-of-oz", "roles": ["supervisor"]},
    "maria@probation.example": {"agency": "probation", "roles": ["supervisor"]},
}
OFFICER, DEPUTY, EMPEROR, NOBODY, OZ, NAMED = PEOPLE


@dataclass
class Theirs:
    """The provider, running."""

    url: str

    def entry(self, client: str, secret: Path | None = None) -> dict[str, Any]:
        """How the county trusts it: for probation alone."""
        sign_in = {"client_id": client, "name": "Probation"}
        if secret is not None:
            sign_in["client_secret_file"] = str(secret)
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/jwks",
            "audience": "accord",
            "algorithms": ["ES256"],
            "agencies": ["probation"],
            "sign_in": sign_in,
        }

    def sign_in(self, address: str, login: str) -> str:
        """What its own pages lead to, back on the site."""
        with httpx2.Client(trust_env=False, follow_redirects=False) as browser:
            answer = browser.get(address)
            for _ in range(12):
                if answer.is_redirect:
                    place = str(answer.url.join(answer.headers["location"]))
                    if place.startswith(SITE + "/"):
                        return place
                    answer = browser.get(place)
                else:
                    assert answer.status_code == 200, answer.text
                    prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
                    action = re.search(r'action="([^"]+)"', answer.text)
                    assert prompt is not None
                    assert action is not None
                    fields = {"prompt": prompt[1], "login": login, "password": "x"}
                    answer = browser.post(str(answer.url.join(action[1])), data=fields)
        raise AssertionError("their pages led nowhere")


@pytest.fixture(scope="module")
def theirs() -> Iterator[Theirs]:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    folder = npm.installed(PINNED)
    command = [str(npm.node()), str(PINNED / "provider.mjs"), str(port), f"{SITE}/sign-in/back"]
    process = subprocess.Popen(
        [*command, json.dumps(PEOPLE)],
        cwd=folder,
        env=npm.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Theirs(f"http://127.0.0.1:{port}")
    finally:
        process.kill()
        process.wait(10)


@pytest.fixture(scope="module")
def secret(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("secret") / "client.secret"
    file.write_text(f"{SECRET}\n")
    return file


@pytest.fixture(scope="module", params=["accord-public", "accord-secret"])
def here(request, infra, theirs, secret, tmp_path_factory):
    entry = theirs.entry(request.param, secret if request.param == "accord-secret" else None)
    with place(infra, tmp_path_factory.mktemp("foreign"), **entry) as made:
        yield made


def come_back(here, theirs, login: str) -> tuple[Browser, Any]:
    browser = here.browser()
    back = theirs.sign_in(browser.leave(), login)
    return browser, browser.get(back.removeprefix(SITE))


class TestAProviderThatIsNotOurs:
    def test_signs_a_person_in_with_the_roles_of_their_agency(self, here, theirs):
        browser, answer = come_back(here, theirs, OFFICER)
        assert (answer.status_code, answer.headers["location"]) == (303, "/cases/1")
        shown = {"person": OFFICER, "roles": ["probation-officer", "supervisor"]}
        assert browser.get("/cases/1").json() == shown
        assert len(here.events("role.assigned", person=OFFICER)) == 2

    @pytest.mark.parametrize(
        ("login", "why"),
        [
            (DEPUTY, "may not speak for your agency"),
            (EMPEROR, "no role"),
            (NOBODY, "cannot use the answer"),
            (OZ, "cannot use the answer"),
            (NAMED, "cannot use the answer"),
        ],
        ids=["other-agency", "unknown-role", "no-roles", "unknown-agency", "a-name-for-an-id"],
    )
    def test_signs_nobody_in_beyond_what_it_may_say(self, here, theirs, login, why):
        browser, answer = come_back(here, theirs, login)
        assert answer.status_code == 403
        assert why in answer.text
        assert browser.claims is None
        assert not here.events("session.begun", person=login)

    def test_gives_a_code_that_is_good_once_and_for_its_own_browser(self, here, theirs):
        one, other = here.browser(), here.browser()
        back = theirs.sign_in(one.leave(), OFFICER)
        asked = parameters(other.leave())
        stolen = f"/sign-in/back?code={parameters(back)['code']}&state={asked['state']}&iss={theirs.url}"
        assert other.get(stolen).status_code == 403
        assert other.claims is None

    def test_is_not_taken_for_another_client(self, infra, theirs, secret, tmp_path):
        """The right provider, but the id token is written for somebody else's client."""
        entry = theirs.entry("accord-public")
        with place(infra, tmp_path, **entry) as made:
            [provider] = made.desk.providers.values()
            provider._verifier._issuers[theirs.url] = made.issuer.model_copy(
                update={"audience": "other-client"}
            )
            _, answer = come_back(made, theirs, OFFICER)
            assert answer.status_code == 403
