from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from shared.errors import TryLater
from shared.events.names import Agency, Purpose, Role
from shared.web.issuers import Issuer
from shared.web.problems import Problem
from shared.web.tokens import REFETCH, JwtVerifier

NOW = 1_800_000_000
PERSON = "c1a7f2d4-93f5-4c0b-8a4e-2f7f4be0a9c2"
ISSUER = Issuer(
    issuer="https://id.example",
    jwks_uri="https://id.example/keys",
    audience="accord",
    algorithms=frozenset({"ES256"}),
    agencies=frozenset({Agency.SHERIFF, Agency.PROBATION}),
)
KEY = ECKey.generate_key("P-256", {"kid": "one"})
SECOND = ECKey.generate_key("P-256", {"kid": "two"})
CLAIMS: dict[str, Any] = {
    "iss": "https://id.example",
    "sub": PERSON,
    "aud": "accord",
    "agency": "sheriff",
    "roles": ["deputy", "system", "CANARY-role"],
    "iat": NOW,
    "nbf": NOW,
    "exp": NOW + 60,
}


class County:
    """An issuer's key set that a test can change, slow down or take away."""

    def __init__(self) -> None:
        self.keys: list[Any] = [KEY.as_dict(private=False)]
        self.asked, self.away, self.time = 0, False, 100.0

    async def fetch(self, uri: str) -> dict[str, Any]:
        self.asked += 1
        await asyncio.sleep(0)
        if self.away:
            raise httpx2.ConnectError("CANARY")
        return {"keys": self.keys}


@pytest.fixture
def county() -> County:
    return County()


@pytest.fixture
def verifier(county: County) -> JwtVerifier:
    return JwtVerifier([ISSUER], fetch=county.fetch, now=lambda: NOW, monotonic=lambda: county.time)


def signed(claims: dict[str, Any] | None = None, key: Any = KEY, **header: Any) -> str:
    full = {"alg": "ES256", "kid": key.kid, **header}
    return jwt.encode(full, {**CLAIMS, **(claims or {})}, key, algorithms=[full["alg"]])


def verify(verifier: JwtVerifier, token: str):
    return asyncio.run(verifier.verify(token, Purpose.RESPOND))


def refused(verifier: JwtVerifier, token: str) -> str:
    with pytest.raises(Problem) as caught:
        verify(verifier, token)
    assert caught.value.status == 401
    assert caught.value.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    said = json.dumps(caught.value.document())
    assert not any(len(part) > 3 and part in said for part in [*token.split("."), "CANARY"])
    return caught.value.slug


def raw(header: dict[str, Any], claims: Any, signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


class TestAGoodToken:
    def test_gives_the_caller_with_the_roles_that_are_known_and_the_purpose(self, verifier):
        caller = verify(verifier, signed())
        assert (caller.person, caller.agency, caller.purpose) == (PERSON, Agency.SHERIFF, Purpose.RESPOND)
        assert caller.roles == {Role.DEPUTY, Role.SYSTEM}
        assert caller.system

    def test_of_a_person_is_no_systems(self, verifier):
        assert not verify(verifier, signed({"roles": ["deputy"]})).system

    def test_may_name_several_audiences(self, verifier):
        assert verify(verifier, signed({"aud": ["other", "accord"]})).person == PERSON

    @pytest.mark.parametrize("claims", [{"exp": NOW - 29}, {"iat": NOW + 30}, {"nbf": NOW + 30}])
    def test_may_be_off_by_half_a_minute(self, verifier, claims):
        assert verify(verifier, signed(claims)).person == PERSON

    def test_asks_for_the_keys_once(self, verifier, county):
        async def many() -> None:
            await asyncio.gather(*(verifier.verify(signed(), Purpose.RESPOND) for _ in range(20)))

        asyncio.run(many())
        assert county.asked == 1


OTHER = ECKey.generate_key("P-256", {"kid": "one"})
SHARED = OctKey.generate_key(256, {"kid": "one"})
RSA = RSAKey.generate_key(2048, {"kid": "one"})

WRONG_CLAIMS = {
    "expired": ({"exp": NOW - 30}, "token-expired"),
    "issued ahead": ({"iat": NOW + 31}, "token-not-yet-valid"),
    "not yet": ({"nbf": NOW + 31}, "token-not-yet-valid"),
    "foreign issuer": ({"iss": "https://CANARY.example"}, "token-foreign-issuer"),
    "no issuer": ({"iss": None}, "token-foreign-issuer"),
    "a list as issuer": ({"iss": ["https://id.example"]}, "token-foreign-issuer"),
    "wrong audience": ({"aud": "CANARY"}, "token-wrong-audience"),
    "wrong audiences": ({"aud": ["CANARY", "accord2"]}, "token-wrong-audience"),
    "an object as audience": ({"aud": {"accord": 1}}, "token-wrong-audience"),
    "agency of another issuer": ({"agency": "advocacy"}, "token-wrong-agency"),
    "unknown agency": ({"agency": "CANARY"}, "token-invalid"),
    "agency as list": ({"agency": ["sheriff"]}, "token-invalid"),
    "roles as text": ({"roles": "system"}, "token-invalid"),
    "a name as subject": ({"sub": "CANARY"}, "token-invalid"),
    "expiry as text": ({"exp": str(NOW + 60)}, "token-invalid"),
}


class TestARefusedToken:
    @pytest.mark.parametrize("name", WRONG_CLAIMS)
    def test_has_a_wrong_claim(self, verifier, name):
        claims, slug = WRONG_CLAIMS[name]
        assert refused(verifier, signed(claims)) == slug

    @pytest.mark.parametrize("missing", ["sub", "aud", "agency", "roles", "exp", "iat"])
    def test_lacks_a_claim(self, verifier, missing):
        claims = {name: value for name, value in CLAIMS.items() if name != missing}
        token = jwt.encode({"alg": "ES256", "kid": "one"}, claims, KEY)
        assert refused(verifier, token) == "token-invalid"

    @pytest.mark.parametrize("alg", ["none", "None", "NONE", ""])
    def test_is_unsigned(self, verifier, alg):
        assert refused(verifier, raw({"alg": alg, "kid": "one"}, CLAIMS)) == "token-invalid"

    def test_is_signed_with_the_public_key_as_a_shared_secret(self, verifier):
        for public in (
            KEY.as_pem(private=False),
            KEY.as_der(private=False),
            json.dumps(KEY.as_dict(private=False)),
        ):
            secret = public if isinstance(public, bytes) else public.encode()
            unsigned = raw({"alg": "HS256", "kid": "one"}, CLAIMS).rstrip(".")
            mac = hmac.new(secret, unsigned.encode(), hashlib.sha256).digest()
            token = f"{unsigned}.{urlsafe_b64encode(mac).decode().rstrip('=')}"
            assert refused(verifier, token) == "token-invalid"

    def test_is_signed_with_a_shared_secret_that_the_issuer_publishes(self, verifier, county):
        county.keys.append(SHARED.as_dict(private=True))
        assert refused(verifier, signed(key=SHARED, alg="HS256")) == "token-invalid"

    def test_is_signed_with_an_algorithm_that_this_issuer_may_not_use(self, verifier, county):
        county.keys = [RSA.as_dict(private=False)]
        assert refused(verifier, signed(key=RSA, alg="RS256")) == "token-invalid"

    def test_is_signed_by_another_key_of_the_same_id(self, verifier):
        assert refused(verifier, signed(key=OTHER)) == "token-invalid"

    def test_brings_its_own_key(self, verifier):
        own = OTHER.as_dict(private=False)
        header = {"alg": "ES256", "kid": "one", "jwk": own}
        token = jwt.encode(header, CLAIMS, OTHER)
        assert refused(verifier, token) == "token-invalid"

    def test_was_altered(self, verifier):
        head, _, signature = signed().split(".")
        claims = (
            urlsafe_b64encode(json.dumps({**CLAIMS, "agency": "probation"}).encode()).decode().rstrip("=")
        )
        assert refused(verifier, f"{head}.{claims}.{signature}") == "token-invalid"

    def test_names_no_key(self, verifier):
        assert refused(verifier, jwt.encode({"alg": "ES256"}, CLAIMS, KEY)) == "token-invalid"

    @pytest.mark.parametrize(
        "token",
        [
            "CANARY",
            "a.b.c",
            "..",
            "CANARY.CANARY.CANARY.CANARY.CANARY",
            "é.é.é",
            "x" * 9_000,
            raw({}, [CLAIMS]),
        ],
        ids=["text", "short", "dots", "five parts", "no ASCII", "long", "a list"],
    )
    def test_is_no_jwt(self, verifier, token):
        assert refused(verifier, token) == "token-invalid"


class TestAnIssuersKeys:
    def test_are_asked_for_again_when_a_key_is_unknown_but_not_more_often_than_every_ten_seconds(
        self, verifier, county
    ):
        verify(verifier, signed())
        county.keys.append(SECOND.as_dict(private=False))
        for _ in range(5):
            assert refused(verifier, signed(key=SECOND)) == "token-invalid"
        assert county.asked == 1
        county.time += REFETCH
        assert verify(verifier, signed(key=SECOND)).person == PERSON
        assert county.asked == 2

    def test_no_longer_published_are_no_longer_good_after_the_next_fetch(self, verifier, county):
        verify(verifier, signed())
        county.keys = [SECOND.as_dict(private=False)]
        county.time += REFETCH
        verify(verifier, signed(key=SECOND))
        assert refused(verifier, signed()) == "token-invalid"

    def test_that_cannot_be_fetched_make_it_a_matter_of_later_and_not_of_a_bad_token(self, verifier, county):
        county.away = True
        with pytest.raises(TryLater):
            verify(verifier, signed())
        county.away, county.time = False, county.time + REFETCH
        assert verify(verifier, signed()).person == PERSON

    def test_already_known_stay_good_while_the_issuer_is_away(self, verifier, county):
        verify(verifier, signed())
        county.away, county.time = True, county.time + REFETCH
        assert verify(verifier, signed()).person == PERSON

    @pytest.mark.parametrize("keys", ["CANARY", [1], [{"kty": "CANARY"}], None])
    def test_that_are_no_key_set_are_as_good_as_none(self, verifier, county, keys):
        county.keys = keys
        with pytest.raises(TryLater):
            verify(verifier, signed())
