"""The memorandum's pages in real browsers: for everybody, by keyboard alone, and without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, expect

from shared.mou import packed_document
from shared.web.site.fakes import FakeSite
from tests.browser import watching
from tests.browser.referring import referring
from tests.browser.signed import Open, signed_in_at
from tests.browser.watching import NARROW, WIDE, Watched
from tests.integration.refer_made import Pagewise
from tests.integration.referrals_made import PEOPLE
from tests.mou.alder import MOU

pytestmark = pytest.mark.platform
SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1280", "320"])
WORDS = "Twelve hours are too few at night, and nobody asked us about the weekend."


@pytest.fixture(scope="module")
def here(
    infra: Any, tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., FakeSite]
) -> Iterator[Pagewise]:
    with referring(infra, tmp_path_factory.mktemp("memorandum"), serve) as made:
        yield made


@pytest.fixture
def opened(browser: Browser, here: Pagewise) -> Iterator[Open]:
    with signed_in_at(browser, here.fake, PEOPLE) as made:
        yield made


def proposed(here: Pagewise) -> str:
    """The page of a proposal with a comment of the board that waits for an answer, and one signature."""
    name = {"version": f"alder-2300.{uuid4().hex[:6]}", "effective": date.today()}
    body = {"document": packed_document(MOU.model_copy(update=name))}
    answer = here.county.post("/v1/mou/proposals", body, "coordinator")
    home = answer.headers["Location"]
    signed = {"party": "sheriff", "signed_on": (date.today() - timedelta(days=2)).isoformat()}
    here.county.post(f"{home}/comments", {"text": WORDS, "clause": "9.2"}, "board")
    here.county.post(f"{home}/signatures", signed, "coordinator")
    return home.replace("/v1/mou", "/memorandum")


def answer_page(here: Pagewise, path: str) -> str:
    comments = here.county.get(path.replace("/memorandum", "/v1/mou"), "worker").json()["comments"]
    return f"{path}/answer/{comments[0]['comment']}"


@SIZES
@pytest.mark.parametrize(
    ("who", "page", "language"),
    [
        ("advocate", "list", "es"),
        ("advocate", "version", "en"),
        ("coordinator", "", "en"),
        ("board", "", "es"),
        ("coordinator", "/comment", "en"),
        ("coordinator", "answer", "es"),
        ("coordinator", "/sign", "en"),
        ("coordinator", "/adopt", "en"),
    ],
    ids=["list", "version", "proposal", "proposal-es", "comment", "answer", "sign", "adopt"],
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
    path = proposed(here)
    places = {
        "list": "/memorandum",
        "version": f"/memorandum/versions/{MOU.version}",
        "answer": answer_page(here, path),
    }
    seen = Watched.of(opened(who, language, viewport=size))
    seen.page.goto(places.get(page, f"{path}{page}"))
    name = page.strip("/") or f"proposal-{language}"
    watching.picture(seen.page, pictures, f"memorandum-{name}-{size['width']}")
    assert watching.findings(seen, axe, here.fake.site.url) == []


@SIZES
def test_a_form_that_comes_back_is_for_everybody_and_says_what_to_look_at(
    here: Pagewise, opened: Open, axe: str, size: dict[str, int]
) -> None:
    seen = Watched.of(opened("coordinator", "en", viewport=size))
    seen.page.goto(f"{proposed(here)}/sign")
    seen.page.get_by_label("On which day").fill("last week")
    seen.page.get_by_role("button", name="Record the signature").click()
    expect(seen.page.get_by_role("heading", name="Please look at 2 things")).to_be_focused()
    assert seen.page.get_by_label("On which day").input_value() == "last week"
    seen.complaints.clear()  # the browser names the form that was not taken: 422
    assert watching.findings(seen, axe, here.fake.site.url) == []


def test_a_comment_is_written_and_answered_without_scripts(here: Pagewise, opened: Open) -> None:
    path = proposed(here)
    board = opened("board", "en", java_script_enabled=False).new_page()
    board.goto(path)
    board.get_by_role("link", name="Comment on it").click()
    board.get_by_label("What it is about").select_option("13.7")
    board.get_by_label("Your comment").fill("We want to read it before the meeting.")
    board.get_by_role("button", name="Send the comment").click()
    expect(board.get_by_text("Your comment is recorded.")).to_be_visible()
    coordinator = opened("coordinator", "en", java_script_enabled=False).new_page()
    coordinator.goto(path)
    coordinator.get_by_role("link", name="Answer it").last.click()
    expect(coordinator.get_by_text("We want to read it before the meeting.")).to_be_visible()
    coordinator.get_by_label("Your answer, in plain words").fill("You get it a week before.")
    coordinator.get_by_role("button", name="Send the answer").click()
    board.goto(path)
    expect(board.get_by_text("You get it a week before.")).to_be_visible()


def test_a_signature_is_recorded_by_keyboard_alone(here: Pagewise, opened: Open) -> None:
    page = opened("coordinator", "en").new_page()
    page.goto(proposed(here))
    page.get_by_role("link", name="Record a signature").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Who has signed").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type((date.today() - timedelta(days=2)).isoformat())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The signature is recorded")).to_be_focused()
