from __future__ import annotations

from pathlib import Path

import pytest

from shared.mou.authority import REASON_OF
from shared.web import problem_pages
from shared.web.problem_types import BY_SLUG, TYPES
from shared.web.problems import REFUSAL_STATUS, SLUG_OF_STATUS, Problem

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "docs" / "problems"


class TestTheTableOfProblemTypes:
    def test_has_each_slug_once(self):
        assert len(BY_SLUG) == len(TYPES)

    def test_names_a_type_of_the_same_status_for_each_plain_status(self):
        assert {status: BY_SLUG[slug].status for status, slug in SLUG_OF_STATUS.items()} == {
            status: status for status in SLUG_OF_STATUS
        }

    @pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.slug)
    def test_says_for_each_type_the_cause_what_to_do_and_an_example(self, kind):
        assert 400 <= kind.status < 600
        assert all(text.endswith(".") for text in (kind.cause, kind.fix, kind.example))

    @pytest.mark.parametrize("slug", sorted(BY_SLUG))
    def test_names_no_type_that_nothing_answers_with(self, slug):
        told = {"problem_types.py", "problem_pages.py", "failures.py"}
        code = [p for part in ("shared", "services") for p in ROOT.joinpath(part).rglob("*.py")]
        assert any(f'"{slug}"' in p.read_text("utf-8") for p in code if p.name not in told)

    def test_has_a_committed_page_for_each_type_and_no_other(self):
        assert problem_pages.drift(PAGES) == []

    def test_notices_a_page_that_differs_is_missing_or_has_no_type(self, tmp_path):
        problem_pages.main([str(tmp_path)])
        assert problem_pages.drift(tmp_path) == []
        (tmp_path / "stale.md").write_text("other")
        (tmp_path / "refused.md").unlink()
        (tmp_path / "invented.md").write_text("x")
        assert problem_pages.drift(tmp_path) == ["invented.md", "refused.md", "stale.md"]
        assert problem_pages.main(["--check", str(tmp_path)]) == 6
        problem_pages.main([str(tmp_path)])
        assert problem_pages.drift(tmp_path) == []

    def test_gives_every_lack_of_authority_under_the_mou_a_status_of_its_own(self):
        assert {REFUSAL_STATUS.get(reason) for reason in REASON_OF.values()} == {403, 422}

    @pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.slug)
    def test_is_served_as_text_where_the_type_points(self, client, kind):
        answer = client.get(Problem(kind.slug).document()["type"])
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
        assert kind.cause in answer.text

    def test_serves_no_page_for_a_type_that_is_none(self, client):
        assert client.get("/problems/nothing").json()["type"] == "/problems/not-found"
