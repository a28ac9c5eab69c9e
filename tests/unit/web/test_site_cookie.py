"""The session's cookie: what opens pages, and what does not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from shared.events.names import Agency, Role
from shared.settings import Misconfigured, Settings
from shared.web.callers import Caller
from shared.web.site.cookie import Claims, SiteKey, create_key_files, load_key, load_keys, new_key
from shared.web.site.fakes import FakeSite
from shared.web.site.site import load_site

NOW = datetime(2026, 3, 3, 14, 15, tzinfo=UTC)
AT = int(NOW.timestamp())
PERSON = "c1a7f2d4-93f5-4c0b-8a4e-2f7f4be0a9c2"
CLAIMS = Claims(
    sub=PERSON,
    agency=Agency.PROBATION,
    roles=frozenset({Role.SUPERVISOR, Role.PROBATION_OFFICER}),
    sid=str(uuid4()),
    form="0123456789abcdef",
    language="es",
    privacy=True,
    iat=AT,
    exp=AT + 900,
)
KEY = new_key()


def signed(key: SiteKey = KEY, header: dict[str, str] | None = None, **changed: object) -> str:
    facts = {"aud": "accord-pages", **CLAIMS.model_dump(mode="json"), **changed}
    facts = {name: value for name, value in facts.items() if value is not None}
    header = header or {"alg": "ES256", "kid": str(key.key.kid)}
    return jwt.encode(header, facts, key.key, algorithms=["ES256"])


class TestACookie:
    def test_says_again_what_was_written(self):
        assert KEY.public.read(KEY.write(CLAIMS)) == CLAIMS

    def test_opens_until_its_session_locks(self):
        assert CLAIMS.lasts(NOW)
        assert CLAIMS.lasts(NOW + timedelta(seconds=899))
        assert not CLAIMS.lasts(NOW + timedelta(seconds=900))

    def test_is_fresh_for_three_minutes(self):
        assert CLAIMS.fresh(NOW + timedelta(seconds=180), 180)
        assert not CLAIMS.fresh(NOW + timedelta(seconds=181), 180)

    def test_opens_nothing_before_it_was_made_but_clocks_may_differ_a_little(self):
        assert CLAIMS.lasts(NOW - timedelta(seconds=30))
        assert not CLAIMS.lasts(NOW - timedelta(seconds=31))


class TestAForgedCookie:
    def test_signed_with_another_key_is_none(self):
        assert KEY.public.read(new_key().write(CLAIMS)) is None

    def test_signed_with_another_key_that_has_our_keys_id_is_none(self):
        foreign = ECKey.generate_key("P-256", {"kid": str(KEY.key.kid)})
        assert KEY.public.read(SiteKey(foreign).write(CLAIMS)) is None

    def test_with_one_claim_changed_is_none(self):
        head, _, signature = KEY.write(CLAIMS).split(".")
        _, other, _ = signed(roles=["coordinator"]).split(".")
        assert KEY.public.read(f"{head}.{other}.{signature}") is None

    def test_without_a_signature_is_none(self):
        head, body, _ = KEY.write(CLAIMS).split(".")
        none = "eyJhbGciOiJub25lIn0"
        assert KEY.public.read(f"{none}.{body}.") is None
        assert KEY.public.read(f"{head}.{body}.") is None

    def test_signed_with_the_public_key_as_a_shared_secret_is_none(self):
        secret = OctKey.import_key(json.dumps(KEY.key.as_dict(private=False)))
        header = {"alg": "HS256", "kid": str(KEY.key.kid)}
        facts = {"aud": "accord-pages", **CLAIMS.model_dump(mode="json")}
        cookie = jwt.encode(header, facts, secret, algorithms=["HS256"])
        assert KEY.public.read(cookie) is None

    @pytest.mark.parametrize(
        "changed",
        [
            {"aud": "accord"},
            {"aud": None},
            {"aud": ["accord-pages", "accord"]},
            {"sub": "maria"},
            {"agency": "county-x"},
            {"roles": ["emperor"]},
            {"sid": "1"},
            {"form": ""},
            {"exp": None},
            {"iat": None},
            {"language": "fr"},
            {"more": "x"},
        ],
        ids=str,
    )
    def test_whose_claims_are_not_ours_is_none(self, changed):
        assert KEY.public.read(signed()) is not None
        assert KEY.public.read(signed(**changed)) is None

    @pytest.mark.parametrize("text", ["", "a", "a.b.c", "é.é.é", "x" * 5_000, "[" * 4_000])
    def test_that_is_no_jwt_is_none(self, text):
        assert KEY.public.read(text) is None


class TestTheKeyFiles:
    def test_are_read_as_they_were_made_and_the_private_one_is_its_owners(self, tmp_path):
        create_key_files(tmp_path / "site.key", tmp_path / "site.jwks")
        key, keys = load_key(tmp_path / "site.key"), load_keys(tmp_path / "site.jwks")
        assert keys.read(key.write(CLAIMS)) == CLAIMS
        assert (tmp_path / "site.key").stat().st_mode & 0o077 == 0
        assert '"d"' not in (tmp_path / "site.jwks").read_text()

    def test_are_not_made_over_others(self, tmp_path):
        create_key_files(tmp_path / "site.key", tmp_path / "site.jwks")
        with pytest.raises(FileExistsError):
            create_key_files(tmp_path / "site.key", tmp_path / "site.jwks")

    def test_a_private_key_among_the_public_ones_is_refused(self, tmp_path):
        (tmp_path / "k").write_text(json.dumps({"keys": [KEY.key.as_dict(private=True)]}))
        with pytest.raises(Misconfigured, match="public"):
            load_keys(tmp_path / "k")

    @pytest.mark.parametrize(
        "text", ["", "{}", "[]", '{"keys": []}', '{"keys": [{"kty": "oct", "k": "AA"}]}']
    )
    def test_what_is_no_key_is_refused_and_names_the_setting(self, tmp_path, text):
        (tmp_path / "k").write_text(text)
        with pytest.raises(Misconfigured, match="ACCORD_SITE_KEYS_FILE"):
            load_keys(tmp_path / "k")
        with pytest.raises(Misconfigured, match="ACCORD_SITE_KEY_FILE"):
            load_key(tmp_path / "k")


class TestTheSite:
    @pytest.fixture
    def keys(self, tmp_path):
        create_key_files(tmp_path / "site.key", tmp_path / "site.jwks")
        return tmp_path / "site.jwks"

    def test_is_none_without_an_address(self):
        assert load_site(Settings(site_url="")) is None

    def test_on_https_has_a_cookie_that_no_other_host_can_set(self, keys):
        site = load_site(Settings(site_url="https://Accord.county.example/", site_keys_file=keys))
        assert (site.url, site.cookie_name) == ("https://accord.county.example", "__Host-accord")

    def test_on_http_is_a_laptops_only(self, keys):
        site = load_site(Settings(site_url="http://127.0.0.1:81", site_keys_file=keys, local=True))
        assert site.cookie_name == "accord-local"

    @pytest.mark.parametrize(
        ("url", "more"),
        [
            ("http://127.0.0.1:81", {"local": False}),
            ("http://accord.county.example", {"local": True}),
            ("http://127.0.0.1:81", {"local": True, "http_host": "0.0.0.0"}),
            ("https://accord.county.example/x", {}),
            ("https://me@accord.county.example", {}),
            ("accord.county.example", {}),
        ],
    )
    def test_anywhere_else_is_refused(self, keys, url, more):
        with pytest.raises(Misconfigured, match="ACCORD_SITE_URL"):
            load_site(Settings(site_url=url, site_keys_file=keys, **more))

    def test_of_tests_makes_cookies_that_it_reads(self):
        fake = FakeSite(lambda: NOW)
        caller = Caller(PERSON, Agency.SHERIFF, frozenset({Role.DEPUTY}))
        (name, value), *_ = fake.cookie(caller, age=timedelta(minutes=4)).items()
        claims = fake.site.keys.read(value)
        assert (name, claims.agency, claims.iat) == ("accord-local", Agency.SHERIFF, AT - 240)
