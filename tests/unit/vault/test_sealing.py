from __future__ import annotations

import base64
import json
import os
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.jwk import ECKey, OctKey, OKPKey

from shared.errors import Undeliverable
from shared.events.names import SealedClass
from shared.events.sealing import (
    MAX_SEALED,
    PAD,
    CannotOpen,
    open_for_county,
    padded,
    seal,
    seal_for_county,
    unseal,
)

IDENTITY, HEALTH = SealedClass.IDENTITY, SealedClass.HEALTH
NAME = {"name": "Marisol Quetzal-Ibarra"}
KEY = ECKey.generate_key("P-256")
PUBLIC = KEY.as_dict(private=False) | {"kid": "county-1"}
PRIVATE = KEY.as_dict(private=True) | {"kid": "county-1"}
REGISTRY = jwe.JWERegistry(
    algorithms=["ECDH-ES", "ECDH-ES+A256KW", "ECDH-ES+A128KW", "A256GCM", "A128GCM", "DEF", "dir"],
    strict_check_header=False,
)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def header_of(sealed: str) -> dict:
    return json.loads(base64.urlsafe_b64decode(sealed.split(".")[0] + "=="))


def foreign(plaintext: bytes = b'{"a":1}', key=KEY, **header) -> str:
    """A JWE as some agency's own library may make it."""
    usual = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": "county-1", "submission": "s", "class": "identity"}
    return jwe.encrypt_compact(usual | header, plaintext, key, registry=REGISTRY)


def reason_of(sealed, submission="s", cls=IDENTITY, private=None) -> str:
    with pytest.raises(CannotOpen) as failed:
        open_for_county(private or PRIVATE, sealed, submission, cls)
    assert "Marisol" not in str(failed.value)
    assert failed.value.__cause__ is None
    return failed.value.reason


class TestSealedToTheCounty:
    def test_the_county_opens_what_an_agency_sealed(self):
        assert open_for_county(PRIVATE, seal_for_county(PUBLIC, "s", IDENTITY, NAME), "s", IDENTITY) == NAME

    def test_a_key_on_x25519_serves_as_well(self):
        key = OKPKey.generate_key("X25519")
        sealed = seal_for_county(key.as_dict(private=False) | {"kid": "x"}, "s", IDENTITY, NAME)
        assert open_for_county(key.as_dict(private=True) | {"kid": "x"}, sealed, "s", IDENTITY) == NAME

    def test_direct_key_agreement_and_unpadded_plaintext_of_another_library_open(self):
        assert open_for_county(PRIVATE, foreign(apu=b64(b"sheriff"), cty="json"), "s", IDENTITY) == {"a": 1}

    def test_the_header_names_key_submission_and_class_and_nothing_of_the_facts(self):
        header = header_of(seal_for_county(PUBLIC, "s", IDENTITY, NAME))
        assert header.keys() == {"alg", "enc", "kid", "epk", "submission", "class"}
        assert (header["kid"], header["submission"], header["class"]) == ("county-1", "s", "identity")
        assert "d" not in header["epk"]

    def test_the_submissions_uuid_may_be_written_in_either_case(self):
        submission = uuid4()
        sealed = seal_for_county(PUBLIC, str(submission).upper(), IDENTITY, NAME)
        assert open_for_county(PRIVATE, sealed, submission, IDENTITY) == NAME

    def test_it_belongs_to_one_submission_and_class(self):
        sealed = seal_for_county(PUBLIC, "s", IDENTITY, NAME)
        assert reason_of(sealed, submission="t") == "bound-to-another-submission"
        assert reason_of(sealed, cls=HEALTH) == "bound-to-another-class"

    def test_a_header_rewritten_to_belong_elsewhere_is_damage(self):
        sealed = seal_for_county(PUBLIC, "s", IDENTITY, NAME)
        _, rest = sealed.split(".", 1)
        rewritten = b64(json.dumps(header_of(sealed) | {"submission": "t"}).encode()) + "." + rest
        assert reason_of(rewritten, submission="t") == "damaged"

    def test_another_key_does_not_open_it(self):
        sealed = seal_for_county(PUBLIC, "s", IDENTITY, NAME)
        other = ECKey.generate_key("P-256").as_dict(private=True)
        assert reason_of(sealed, private=other | {"kid": "county-2"}) == "unknown-key"
        assert reason_of(sealed, private=other | {"kid": "county-1"}) == "damaged"
        assert reason_of(sealed, private={"kid": "county-1", "kty": "RSA"}) == "unknown-key"

    def test_sealing_to_what_is_no_county_key_says_so(self):
        for key in (
            {},
            {"kty": "oct", "k": "AA"},
            {"kty": "EC", "crv": "P-521"},
            {"kty": "EC", "crv": "P-256", "x": 1},
        ):
            with pytest.raises(Undeliverable) as failed:
                seal_for_county(key, "s", IDENTITY, NAME)
            assert failed.value.reason == "not-a-county-key"


class TestWhatIsNotOpened:
    @pytest.mark.parametrize(
        "text", ["", "Marisol", "a.b.c", "....", "e30....", "W10....", "é.a.b.c.d", None, 7, {}]
    )
    def test_no_jwe(self, text):
        assert reason_of(text) == "not-a-jwe"

    def test_a_header_nested_beyond_reason(self):
        assert reason_of(b64(b'{"a":' * 5_000) + "....") == "not-a-jwe"

    def test_other_algorithms_compression_and_members_that_are_not_ours(self):
        assert reason_of(foreign(alg="ECDH-ES+A128KW")) == "not-allowed"
        assert reason_of(foreign(enc="A128GCM")) == "not-allowed"
        assert reason_of(foreign(b'{"a":"' + b"a" * 10_000 + b'"}', zip="DEF")) == "not-allowed"
        assert reason_of(foreign(jku="https://elsewhere.example/keys")) == "not-allowed"
        direct = foreign(key=OctKey.import_key(os.urandom(32)), alg="dir")
        assert reason_of(direct) == "not-allowed"

    def test_what_is_too_large(self):
        assert reason_of(foreign(b"x" * MAX_SEALED)) == "too-large"

    @pytest.mark.parametrize(
        "plaintext", [b"", b"[1]", b'"x"', b"{", b"\xff", b'{"a":NaN}', b'{"a":"\\ud800"}', b'{"a":' * 5_000]
    )
    def test_a_plaintext_that_is_no_json_object(self, plaintext):
        assert reason_of(foreign(plaintext)) == "damaged"

    @pytest.mark.parametrize("segment", range(1, 5))
    def test_one_altered_character_of_any_part(self, segment):
        parts = seal_for_county(PUBLIC, "s", IDENTITY, NAME).split(".")
        parts[segment] = ("B" if parts[segment][0] == "A" else "A") + parts[segment][1:]
        assert reason_of(".".join(parts)) == "damaged"

    def test_a_point_that_is_not_on_the_curve(self):
        sealed = seal_for_county(PUBLIC, "s", IDENTITY, NAME)
        header = header_of(sealed)
        header["epk"]["y"] = header["epk"]["x"]
        assert reason_of(b64(json.dumps(header).encode()) + "." + sealed.split(".", 1)[1]) == "damaged"


class TestPadding:
    def test_names_of_any_usual_length_give_parts_of_one_length(self):
        names = ["Al", "Marisol Quetzal-Ibarra", "X" * 200]
        assert len({len(seal_for_county(PUBLIC, "s", IDENTITY, {"name": n})) for n in names}) == 1
        key, kid, case, event = os.urandom(32), uuid4(), uuid4(), uuid4()
        assert len({len(seal(key, kid, case, event, IDENTITY, {"name": n})) for n in names}) == 1

    def test_it_is_spaces_which_every_json_reader_skips(self):
        assert len(padded(NAME)) == PAD
        assert json.loads(padded(NAME)) == NAME
        assert len(padded({"n": "x" * (PAD - 8)})) == PAD
        assert len(padded({"n": "x" * (PAD - 7)})) == 2 * PAD


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet=st.characters(exclude_categories=("Cs",))),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


class TestUnderADataKeyOfItsOwn:
    @settings(max_examples=50, deadline=None)
    @given(facts=st.dictionaries(st.text(st.characters(exclude_categories=("Cs",))), _JSON, max_size=4))
    def test_any_facts_come_back_as_they_were(self, facts):
        key, kid, case, event = os.urandom(32), uuid4(), uuid4(), uuid4()
        assert unseal(key, seal(key, kid, case, event, HEALTH, facts), case, event, HEALTH) == facts

    def test_it_belongs_to_one_case_event_and_class(self):
        key, kid, case, event = os.urandom(32), uuid4(), uuid4(), uuid4()
        sealed = seal(key, kid, case, event, IDENTITY, NAME)
        for here, reason in [
            ((uuid4(), event, IDENTITY), "bound-to-another-case"),
            ((case, uuid4(), IDENTITY), "bound-to-another-event"),
            ((case, event, HEALTH), "bound-to-another-class"),
        ]:
            with pytest.raises(CannotOpen) as failed:
                unseal(key, sealed, *here)
            assert failed.value.reason == reason

    def test_a_part_of_a_submission_is_none_of_an_event(self):
        with pytest.raises(CannotOpen, match="not-allowed"):
            unseal(os.urandom(32), foreign(), "s", "e", IDENTITY)

    def test_another_key_does_not_open_it(self):
        case, event = uuid4(), uuid4()
        sealed = seal(os.urandom(32), uuid4(), case, event, IDENTITY, NAME)
        with pytest.raises(CannotOpen, match="damaged"):
            unseal(os.urandom(32), sealed, case, event, IDENTITY)
