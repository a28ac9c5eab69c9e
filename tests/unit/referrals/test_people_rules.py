"""Of people without a provider, what needs no database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from services.referrals.domain import governance
from services.referrals.domain.commands import AssignRole
from services.referrals.people.addresses import is_address
from services.referrals.people.codes import as_typed
from services.referrals.people.wording import message
from shared.errors import Refusal
from shared.mail import smtp_of
from shared.settings import Misconfigured, Settings
from tests.unit.referrals.made import SHELTER, at

PERSON = "8e0bb9a6-2f0a-4f8e-9d0e-5b1c7f3f6d11"
NOON, DAY = datetime(2026, 3, 2, 12, tzinfo=UTC), timedelta(days=1)


class TestMou_7_2_RolesOfAnAgency:
    @pytest.mark.parametrize("role", ["deputy", "auditor", "coordinator"])
    def test_are_those_that_the_mou_lists_for_it(self, role):
        admin = replace(SHELTER, roles=frozenset({"agency-admin"}))
        with pytest.raises(Refusal) as refused:
            governance.assign_role(AssignRole(person=PERSON, agency="shelter", role=role), at(admin))
        assert (refused.value.reason, refused.value.field, refused.value.clause) == (
            "unknown-code",
            "/role",
            "7.2",
        )


@pytest.mark.parametrize("text", ["ruth@harbor.example", "R.O'Neill+x@mail.harbor.example", "a@b.co"])
def test_an_address_is_taken(text):
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ruth",
        "ruth@harbor",
        "@harbor.example",
        "ruth@harbor.example\nBcc: all@harbor.example",
        "ruth@harbor.example, all@harbor.example",
        "Ruth <ruth@harbor.example>",
        "rüth@harbor.example",
        f"{'r' * 65}@harbor.example",
        f"ruth@{'h.' * 130}example",
    ],
)
def test_what_is_no_address_or_more_than_one_is_not(text):
    assert not is_address(text)


@pytest.mark.parametrize(
    "typed", ["12345678", "1234 5678", " 1234-5678 ", "1234\u00a05678", "1234\u20135678"]
)
def test_a_code_is_the_same_however_it_is_spaced(typed):
    assert as_typed(typed) == "12345678"


class TestALetter:
    def test_has_the_same_message_id_however_often_it_is_sent(self):
        letter, says = uuid4(), {"kind": "code", "code": "12345678"}
        first, second = (
            message(letter, says, "r@h.example", "accord@a.example", "https://a.example", NOON + n * DAY)
            for n in range(2)
        )
        assert first["Message-ID"] == second["Message-ID"] == f"<{letter}@a.example>"

    def test_names_a_sender_with_a_name_by_the_host_alone(self):
        made = message(
            uuid4(),
            {"kind": "invitation", "link": "x"},
            "r@h.example",
            "Accord <accord@a.example>",
            "https://a.example",
            NOON,
        )
        assert made["Message-ID"].endswith("@a.example>")
        assert made["Message-ID"].count(">") == 1


class TestTheMailServer:
    def test_is_none_unless_it_is_named(self):
        assert smtp_of(Settings()) is None

    @pytest.mark.parametrize(
        "more",
        [
            {"smtp_host": "127.0.0.1", "smtp_tls": "none", "smtp_from": "a@b.example"},
            {"smtp_host": "mail.example", "smtp_tls": "none", "smtp_from": "a@b.example", "local": True},
            {"smtp_host": "mail.example"},
        ],
        ids=["open-not-local", "open-to-elsewhere", "no-sender"],
    )
    def test_is_not_used_in_the_open_or_without_a_sender(self, more):
        with pytest.raises(Misconfigured, match="ACCORD_SMTP"):
            smtp_of(Settings(**more))
