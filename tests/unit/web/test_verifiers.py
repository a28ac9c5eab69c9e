"""One contract, two verifiers: the real one and the one that unit tests use."""

from __future__ import annotations

import asyncio

import pytest

from shared.events.names import Agency, Purpose, Role
from shared.web.callers import Caller, Verifier
from shared.web.fakes import FakeVerifier
from shared.web.problems import Problem
from shared.web.tokens import JwtVerifier
from tests.unit.web.test_tokens import ISSUER, NOW, PERSON, County, signed


def real() -> tuple[Verifier, str]:
    return JwtVerifier([ISSUER], fetch=County().fetch, now=lambda: NOW), signed()


def fake() -> tuple[Verifier, str]:
    caller = Caller(PERSON, Agency.SHERIFF, frozenset({Role.DEPUTY, Role.SYSTEM}))
    return FakeVerifier({"good": caller}), "good"


@pytest.mark.parametrize("made", [real, fake])
class TestAVerifier:
    def test_gives_the_caller_of_a_good_token_with_the_purpose_stated(self, made):
        verifier, token = made()
        caller = asyncio.run(verifier.verify(token, Purpose.AUDIT))
        assert caller == Caller(PERSON, Agency.SHERIFF, frozenset({Role.DEPUTY, Role.SYSTEM}), Purpose.AUDIT)

    @pytest.mark.parametrize("token", ["", "CANARY", "é", "a.b.c"])
    def test_refuses_any_other_with_401_and_does_not_repeat_it(self, made, token):
        verifier, _ = made()
        with pytest.raises(Problem) as caught:
            asyncio.run(verifier.verify(token, Purpose.AUDIT))
        assert (caught.value.status, caught.value.slug) == (401, "token-invalid")
        assert "CANARY" not in str(caught.value.document())
        assert caught.value.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'

    def test_serves_many_at_once(self, made):
        verifier, token = made()

        async def many() -> list[Caller]:
            return await asyncio.gather(*(verifier.verify(token, purpose) for purpose in Purpose))

        assert [caller.purpose for caller in asyncio.run(many())] == list(Purpose)
