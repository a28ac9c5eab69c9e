"""The papers of the MOU in force, over HTTP."""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest
from fastapi.testclient import TestClient

from services.referrals.api.papers import Role, papers_router
from services.referrals.application import printing
from shared.events.names import Agency
from shared.mou import Mou, load
from shared.mou.papers.pdf import Unprintable, as_pdf
from shared.mou.papers.sheet import ROLES
from shared.settings import Settings
from shared.web.app import create_app
from shared.web.callers import Caller
from shared.web.fakes import FakeVerifier

MOU = load((Path(__file__).parents[3] / "deploy" / "local" / "alder-county.yaml").read_text("utf-8"))
SIGNED_IN = {"Authorization": "Bearer advocate"}
CALLER = Caller("c1a7f2d4-93f5-4c0b-8a4e-2f7f4be0a9c2", Agency.ADVOCACY, frozenset())
ADDRESSES = [
    "/v1/mou/papers/cheatsheet?role=advocate&language=es",
    "/v1/mou/papers/memorandum",
    "/v1/mou/papers/counsel",
]


@dataclass
class Questions:
    mou: Mou | None = MOU

    def in_force(self) -> Mou | None:
        return self.mou


@pytest.fixture
def questions():
    return Questions()


@pytest.fixture
def web(questions):
    doors = SimpleNamespace(referrals=SimpleNamespace(questions=questions))
    app = create_app(
        "referrals",
        verifier=FakeVerifier({"advocate": CALLER}),
        readiness=lambda: [],
        routers=[papers_router(doors)],
        settings=Settings(),
    )
    return TestClient(app)


@pytest.mark.parametrize("address", ADDRESSES)
class TestEachPaper:
    def test_is_a_pdf_to_keep_with_its_version_in_its_name(self, web, address):
        answer = web.get(address, headers=SIGNED_IN)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "application/pdf"
        assert f'{MOU.version}.pdf"' in answer.headers["Content-Disposition"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.content.startswith(b"%PDF-")

    def test_is_html_if_it_is_asked_for_so(self, web, address):
        answer = web.get(f"{address}{'&' if '?' in address else '?'}format=html", headers=SIGNED_IN)
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.text.startswith("<!doctype html>")

    def test_is_not_there_while_no_mou_is_in_force(self, web, questions, address):
        questions.mou = None
        assert web.get(address, headers=SIGNED_IN).status_code == 404

    def test_is_for_whoever_is_signed_in(self, web, address):
        assert web.get(address).status_code == 401


def test_a_paper_is_printed_once_for_as_long_as_it_is_the_same(web, questions, monkeypatch):
    printed = []
    monkeypatch.setattr(printing, "as_pdf", lambda paper: printed.append(paper.version) or as_pdf(paper))
    for version in (MOU.version, MOU.version, "alder-2030.1"):
        questions.mou = MOU.model_copy(update={"version": version})
        web.get(ADDRESSES[0], headers=SIGNED_IN)
    assert printed == [MOU.version, "alder-2030.1"]


def test_only_the_papers_printed_last_are_kept(web, questions, monkeypatch):
    printed = []
    monkeypatch.setattr(
        printing, "as_pdf", lambda paper: printed.append(paper) or SimpleNamespace(pdf=b"%PDF-")
    )
    for version in [*map(str, range(printing.Press.KEPT + 1)), "0"]:
        questions.mou = MOU.model_copy(update={"version": version})
        web.get(ADDRESSES[0], headers=SIGNED_IN)
    assert len(printed) == printing.Press.KEPT + 2


def test_what_cannot_be_printed_is_named_and_is_there_as_html(web, monkeypatch):
    def fails(paper):
        raise Unprintable("It cannot be set: a letter is missing.")

    monkeypatch.setattr(printing, "as_pdf", fails)
    answer = web.get(ADDRESSES[0], headers=SIGNED_IN)
    assert answer.status_code == 404
    assert "format=html" in answer.json()["detail"]
    assert web.get(f"{ADDRESSES[0]}&format=html", headers=SIGNED_IN).status_code == 200


def test_a_role_without_a_sheet_is_an_invalid_field(web):
    answer = web.get("/v1/mou/papers/cheatsheet?role=operator", headers=SIGNED_IN)
    assert answer.status_code == 422


def test_each_role_with_a_sheet_can_be_asked_for():
    assert set(get_args(Role)) == set(ROLES)
