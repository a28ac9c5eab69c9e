from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from services.referrals.domain.adopting import adopt
from services.referrals.domain.commands_mou import AdoptMou
from services.referrals.domain.deciding import At, NewIds
from services.referrals.domain.versions import Memorandum
from shared.errors import Refusal
from shared.events.names import Agency
from shared.mou.facts import CallerFacts
from shared.mou.load import document_of
from shared.mou.terms import unsigned
from tests.mou.alder import MOU

NOW = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
COORDINATOR = CallerFacts("human-services", frozenset({"coordinator"}), "coordinate", person=str(uuid4()))
NOBODY_YET = At(COORDINATOR, None, NOW, NewIds(*(str(uuid4()) for _ in fields(NewIds))))
SIGNATORIES = tuple(Agency(agency) for agency in unsigned(MOU, ()))


def adopting(signed_by):
    return adopt(Memorandum(), AdoptMou(document=document_of(MOU), signed_by=signed_by), MOU, NOBODY_YET)


class TestAVersionOfTheMou:
    def test_comes_into_force_once_every_signatory_has_signed(self):
        [fact] = adopting(SIGNATORIES)
        assert fact.data.signed_by == SIGNATORIES

    @pytest.mark.parametrize("missing", SIGNATORIES)
    def test_does_not_while_one_of_them_has_not_and_the_remedy_names_it(self, missing):
        signed = tuple(a for a in SIGNATORIES if a != missing)
        with pytest.raises(Refusal) as refused:
            adopting(signed)
        assert (refused.value.reason, refused.value.field) == ("not-signed-by-all", "/signed_by")
        assert missing in refused.value.remedy
