"""A question on a referral, its answer and a call, in real browsers: for everybody, and without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from shared.web.site.fakes import FakeSite
from tests.browser import watching
from tests.browser.referring import referring
from tests.browser.signed import Open, signed_in_at
from tests.browser.watching import NARROW, WIDE, Watched
from tests.integration.refer_made import Pagewise
from tests.integration.referrals_made import PEOPLE

pytestmark = pytest.mark.platform
SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1280", "320"])
ASKED: dict[str, Any] = {
    "missing": ["language", "consent"],
    "clear": {"narrative": {"text": "Which language does she speak with her family?"}},
}


@pytest.fixture(scope="module")
def here(
    infra: Any, tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., FakeSite]
) -> Iterator[Pagewise]:
    with referring(infra, tmp_path_factory.mktemp("questions"), serve) as made:
        yield made


@pytest.fixture
def opened(browser: Browser, here: Pagewise) -> Iterator[Open]:
    with signed_in_at(browser, here.fake, PEOPLE) as made:
        yield made


@SIZES
@pytest.mark.parametrize(
    ("who", "page", "language"),
    [
        ("worker", "", "en"),
        ("advocate", "", "es"),
        ("advocate", "/ask", "en"),
        ("worker", "/answer", "en"),
        ("worker", "/call", "es"),
    ],
    ids=["to answer", "waiting", "ask", "answer", "call"],
)
def test_each_page_is_for_everybody(
    here: Pagewise,
    opened: Open,
    axe: str,
    pictures: Path | None,
    who: str,
    page: str,
    language: str,
    size: dict[str, int],
) -> None:
    referral = here.county.referral()
    here.act(referral, "ask-information", "advocate", **ASKED)
    seen = Watched.of(opened(who, language, viewport=size))
    seen.page.goto(f"/referrals/{referral}{page}")
    watching.picture(seen.page, pictures, f"question-{who}{page.replace('/', '-')}-{size['width']}")
    assert watching.findings(seen, axe, here.fake.site.url) == []


@SIZES
def test_what_is_looked_at_before_it_is_sent_is_for_everybody(
    here: Pagewise, opened: Open, axe: str, pictures: Path | None, size: dict[str, int]
) -> None:
    referral = here.county.referral()
    here.act(referral, "ask-information", "advocate", **ASKED)
    seen = Watched.of(opened("worker", "en", viewport=size))
    seen.page.goto(f"/referrals/{referral}/answer")
    seen.page.get_by_label("Your answer").fill("She speaks Mixtec and some Spanish.")
    seen.page.get_by_role("button", name="Look at what they will see").click()
    expect(seen.page.get_by_role("heading", level=1)).to_be_focused()
    watching.picture(seen.page, pictures, f"question-preview-{size['width']}")
    assert watching.findings(seen, axe, here.fake.site.url) == []


def test_a_question_is_asked_answered_and_talked_about_without_scripts(here: Pagewise, opened: Open) -> None:
    referral = here.county.referral()
    advocate = opened("advocate", "en", java_script_enabled=False).new_page()
    worker = opened("worker", "en", java_script_enabled=False).new_page()

    advocate.goto(f"/referrals/{referral}/ask")
    advocate.get_by_text("The language that the young person speaks", exact=True).click()
    advocate.get_by_role("button", name="Ask", exact=True).click()
    expect(advocate.get_by_text("It waits for an answer.")).to_be_visible()

    worker.goto(f"/referrals/{referral}")
    worker.get_by_role("link", name="Answer the question").first.click()
    worker.get_by_label("Your answer").fill("Mixtec.")
    worker.get_by_role("button", name="Look at what they will see").click()
    worker.get_by_role("button", name="Send").click()
    expect(worker.get_by_text("Answered. The agency that has the question is told.")).to_be_visible()

    advocate.goto(f"/referrals/{referral}")
    expect(advocate.get_by_text("Mixtec.")).to_be_visible()
    advocate.get_by_role("button", name="We called and spoke").click()
    expect(advocate.get_by_text("The call is recorded.")).to_be_visible()
    advocate.goto("/calls")
    expect(advocate.get_by_text("They spoke with each other")).to_be_visible()
