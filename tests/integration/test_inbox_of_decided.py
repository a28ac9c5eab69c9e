"""A concern that was decided asks nobody any more to decide it: its item says so, on a real PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from uuid import uuid4

import httpx2
import pytest

from deploy.local.child import free_port
from shared.events.types.concern import ConcernEvaluatedOut
from shared.web.site.codes import code_of
from shared.web.site.cookie import Language
from shared.web.site.fakes import FakeSite
from tests.integration.test_notifications_feed import CALLERS, OTHER, SCREENER, Desk

pytestmark = pytest.mark.platform
GROUPS = ("Act now", "Act soon", "For information")


@pytest.fixture
def desk(fresh_database: Callable[[str], str]) -> Iterator[Desk]:
    made = Desk(fresh_database("accord_notifications"), FakeSite(url=f"http://127.0.0.1:{free_port()}"))
    yield made
    made.close()


@pytest.fixture
def concern(desk: Desk) -> str:
    id = str(uuid4())
    desk.apply([desk.author.concern(id)])
    return id


def evaluate_out(desk: Desk, concern: str, who: str = SCREENER) -> None:
    decided = ConcernEvaluatedOut(concern=concern, reason="insufficient", sealed={})
    desk.apply([desk.author.event(decided, concern, actor=CALLERS[who].person)])


def page(desk: Desk, who: str, path: str = "/inbox", language: Language = "en") -> str:
    assert desk.site is not None
    cookies = desk.site.cookie(CALLERS[who], language=language)
    answer = httpx2.get(desk.base + path, cookies=cookies, headers={"Accept": "text/html"}, trust_env=False)
    assert answer.status_code == 200, answer.text
    main = re.search(r"<main.*?</main>", answer.text, re.DOTALL)
    assert main
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", main[0]).split()))


def counts(desk: Desk, who: str) -> list[int]:
    """How many items stand under each heading."""
    said = page(desk, who)
    return [int(number) for group in GROUPS for number in re.findall(rf"{group} \((\d+)\)", said)]


class TestAConcernThatWasEvaluatedOut:
    def test_needs_nobody_and_says_by_whom_and_when_it_was_decided(self, desk: Desk, concern: str) -> None:
        assert counts(desk, SCREENER) == [1, 0, 0]
        evaluate_out(desk, concern)
        assert counts(desk, SCREENER) == counts(desk, OTHER) == [0, 0, 1]
        mine, others = page(desk, SCREENER), page(desk, OTHER)
        assert f"Concern {code_of('concern', concern)} was evaluated out" in mine
        assert re.search(r"You decided it , \w+, \w+ \d", mine)
        assert "Somebody of your agency decided it" in others
        assert "I have it in hand" not in mine + others
        assert "waits for a decision" not in mine + others

    def test_is_delivered_once_and_nothing_is_recorded_of_it_anew(self, desk: Desk, concern: str) -> None:
        [before] = desk.items(SCREENER)
        assert before["settled"] is None
        evaluate_out(desk, concern)
        assert desk.items(SCREENER) == [before | {"settled": "evaluated-out"}]

    def test_is_no_longer_among_those_that_wait_for_somebody(self, desk: Desk, concern: str) -> None:
        assert len(desk.items(SCREENER, open=True)) == 1
        evaluate_out(desk, concern)
        assert desk.items(SCREENER, open=True) == []

    def test_leaves_the_first_page_once_it_is_read_and_stays_among_all_items(
        self, desk: Desk, concern: str
    ) -> None:
        evaluate_out(desk, concern)
        (item,) = desk.items(SCREENER)
        assert desk.call("POST", f"/v1/feed/items/{item['id']}/read", SCREENER).status_code == 200
        assert counts(desk, SCREENER) == [0, 0, 0]
        assert "was evaluated out" in page(desk, SCREENER, "/inbox/all")

    def test_stays_decided_for_who_had_it_in_hand(self, desk: Desk, concern: str) -> None:
        (item,) = desk.items(SCREENER)
        assert desk.call("POST", f"/v1/feed/items/{item['id']}/acknowledge", SCREENER).status_code == 200
        evaluate_out(desk, concern, OTHER)
        said = page(desk, SCREENER, "/inbox/all")
        assert "You have it in hand since" in said
        assert "Somebody of your agency decided it" in said

    def test_is_so_in_spanish_too(self, desk: Desk, concern: str) -> None:
        evaluate_out(desk, concern)
        assert "Usted lo decidió" in page(desk, SCREENER, language="es")


def test_one_that_became_part_of_a_case_needs_nobody_either(desk: Desk, concern: str) -> None:
    desk.apply(desk.author.opened(concern, str(uuid4())))
    assert counts(desk, SCREENER) == [0, 0, 1]
    assert f"Concern {code_of('concern', concern)} joined a case" in page(desk, SCREENER)


def test_another_one_still_needs_somebody(desk: Desk, concern: str) -> None:
    desk.concern()
    evaluate_out(desk, concern)
    assert counts(desk, SCREENER) == [1, 0, 1]
