"""What is printed of the memorandum, on its page, on a real PostgreSQL."""

from __future__ import annotations

import pytest

from services.referrals.application import printing
from services.referrals.pages.papers import FOR, PAPERS
from shared.mou.papers.pdf import Unprintable
from shared.mou.papers.sheet import ROLES
from tests.integration.casework_made import casework, said
from tests.mou.alder import MOU

pytestmark = pytest.mark.platform
VERSION = f"/memorandum/versions/{MOU.version}"


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with casework(infra, tmp_path_factory.mktemp("paper-pages")) as made:
        yield made


def test_each_paper_is_named_on_the_page_that_the_version_leads_to(here):
    advocate = here.person("advocate")
    assert f'href="{VERSION}/papers"' in advocate.get(VERSION).text
    page = advocate.get(f"{VERSION}/papers")
    for name in PAPERS:
        assert f'href="{VERSION}/papers/{name}.pdf"' in page.text
    assert set(FOR) == set(ROLES)


def test_a_paper_is_a_pdf_to_keep(here):
    answer = here.person("deputy").get(f"{VERSION}/papers/sheet-law-enforcement-es.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].endswith(f'sheet-law-enforcement-es-{MOU.version}.pdf"')
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content.startswith(b"%PDF-")


@pytest.mark.parametrize("name", ["sheet-operator-en", "memorandum-es", "nothing"])
def test_a_paper_that_there_is_not_is_not_here(here, name):
    assert here.person("advocate").get(f"{VERSION}/papers/{name}.pdf").status_code == 404


def test_of_a_version_that_never_was_there_is_none(here):
    assert here.person("advocate").get("/memorandum/versions/alder-1999.1/papers").status_code == 404
    assert (
        here.person("advocate").get("/memorandum/versions/alder-1999.1/papers/counsel.pdf").status_code == 404
    )


def test_what_cannot_be_printed_is_said_on_the_page(here, monkeypatch):
    def fails(paper):
        raise Unprintable("It cannot be set: a letter is missing.")

    monkeypatch.setattr(printing, "as_pdf", fails)
    answer = here.person("advocate").get(f"{VERSION}/papers/counsel.pdf")
    assert answer.status_code == 409
    assert "This paper cannot be printed. It cannot be set: a letter is missing." in said(answer)


def test_the_page_is_there_in_spanish(here):
    page = said(here.person("advocate", language="es").get(f"{VERSION}/papers"))
    assert "Hojas de una página" in page
