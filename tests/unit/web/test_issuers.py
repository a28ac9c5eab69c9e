from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shared.events.names import Agency
from shared.settings import Misconfigured, Settings
from shared.web.issuers import is_loopback, load_issuers

HTTPS = {
    "issuer": "https://id.example",
    "jwks_uri": "https://id.example/keys",
    "audience": "accord",
    "algorithms": ["ES256"],
    "agencies": ["sheriff"],
}
HERE = {**HTTPS, "issuer": "http://127.0.0.1:4000", "jwks_uri": "http://127.0.0.1:4000/jwks.json"}


@pytest.fixture
def load(tmp_path: Path):
    def loaded(document: Any, **settings: Any):
        path = tmp_path / "issuers.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return load_issuers(Settings(issuers_file=path, **settings))

    return loaded


class TestTrustedIssuers:
    def test_are_read_with_the_agencies_they_may_speak_for(self, load):
        (issuer,) = load([HTTPS])
        assert issuer.agencies == {Agency.SHERIFF}

    @pytest.mark.parametrize(
        "document",
        [
            "no JSON CANARY",
            [],
            {},
            [HTTPS, HTTPS],
            [{**HTTPS, "algorithms": ["HS256"]}],
            [{**HTTPS, "algorithms": ["none"]}],
            [{**HTTPS, "algorithms": []}],
            [{**HTTPS, "agencies": ["CANARY"]}],
            [{**HTTPS, "agencies": []}],
            [{**HTTPS, "audience": ""}],
            [{**HTTPS, "CANARY": 1}],
            ["CANARY"],
        ],
    )
    def test_must_be_stated_in_full(self, load, document):
        with pytest.raises(Misconfigured, match="ACCORD_ISSUERS_FILE") as caught:
            load(document)
        assert "CANARY" not in str(caught.value)

    def test_must_be_named(self):
        with pytest.raises(Misconfigured, match="not set"):
            load_issuers(Settings())

    def test_must_be_in_a_file_that_exists(self, tmp_path):
        with pytest.raises(Misconfigured):
            load_issuers(Settings(issuers_file=tmp_path / "none"))


class TestAnIssuerWithoutHttps:
    def test_is_trusted_on_the_local_platform(self, load):
        assert load([HERE], local=True)[0].issuer == "http://127.0.0.1:4000"

    @pytest.mark.parametrize(
        ("changed", "settings"),
        [
            ({}, {}),
            ({}, {"local": True, "http_host": "0.0.0.0"}),
            ({}, {"local": True, "http_host": "192.0.2.7"}),
            ({"issuer": "http://id.example"}, {"local": True}),
            ({"jwks_uri": "http://id.example/keys"}, {"local": True}),
            ({"jwks_uri": "http://127.0.0.1.example/keys"}, {"local": True}),
            ({"jwks_uri": "file:///etc/keys"}, {"local": True}),
        ],
    )
    def test_is_refused_anywhere_else(self, load, changed, settings):
        with pytest.raises(Misconfigured, match="https"):
            load([{**HERE, **changed}], **settings)

    @pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.9.9.9"])
    def test_is_here_if_its_host_is_this_machine(self, host):
        assert is_loopback(host)

    @pytest.mark.parametrize("host", ["0.0.0.0", "", None, "localhost.example", "10.0.0.1"])
    def test_is_not_here_otherwise(self, host):
        assert not is_loopback(host)
