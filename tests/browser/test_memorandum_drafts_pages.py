"""The drafts of a memorandum in real browsers: for everybody, by keyboard alone, and without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from shared.mou.duties.rules import Within
from shared.mou.load import load, validate
from shared.web.site.fakes import FakeSite
from tests.browser import watching
from tests.browser.keys import Keys
from tests.browser.referring import referring
from tests.browser.signed import Open, signed_in_at
from tests.browser.watching import NARROW, WIDE, Watched
from tests.integration.refer_made import Pagewise
from tests.integration.referrals_made import PEOPLE

pytestmark = pytest.mark.platform
SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1280", "320"])
DRAFTS = "/memorandum/drafts"


@pytest.fixture(scope="module")
def here(
    infra: Any, tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., FakeSite]
) -> Iterator[Pagewise]:
    with referring(infra, tmp_path_factory.mktemp("memorandum-drafts"), serve) as made:
        yield made


@pytest.fixture
def opened(browser: Browser, here: Pagewise) -> Iterator[Open]:
    with signed_in_at(browser, here.fake, PEOPLE) as made:
        yield made


def begun(page: Page) -> str:
    """The address of a new draft of the template."""
    page.goto(DRAFTS)
    page.locator('input[name="begin"][value="california-csec"] + label').click()
    page.locator("main form button").last.click()
    page.wait_for_url("**/memorandum/drafts/*?done=begun")
    return page.url.partition("?")[0]


@SIZES
@pytest.mark.parametrize(
    ("place", "language"),
    [
        ("", "en"),
        ("", "es"),
        ("/questions/counties", "en"),
        ("/questions/clause-9.2", "en"),
        ("/questions/duty-initial-meeting-held", "es"),
        ("/questions/told-referral-requested", "en"),
        ("/duty", "en"),
    ],
)
def test_each_page_is_for_everybody(
    here: Pagewise,
    opened: Open,
    axe: str,
    pictures: Path | None,
    place: str,
    language: str,
    size: dict[str, int],
) -> None:
    seen = Watched.of(opened("coordinator", language, viewport=size))
    draft = begun(seen.page)
    seen.page.goto(f"{draft}{place}")
    name = f"memorandum{place.replace('/', '-') or '-draft'}-{language}-{size['width']}"
    watching.picture(seen.page, pictures, name)
    assert watching.findings(seen, axe, here.fake.site.url) == []


@SIZES
def test_the_list_and_a_form_that_came_back_are_for_everybody(
    here: Pagewise, opened: Open, axe: str, pictures: Path | None, size: dict[str, int]
) -> None:
    seen = Watched.of(opened("coordinator", "en", viewport=size))
    draft = begun(seen.page)
    seen.page.goto(DRAFTS)
    watching.picture(seen.page, pictures, f"memorandum-drafts-{size['width']}")
    assert watching.findings(seen, axe, here.fake.site.url) == []
    seen.page.goto(f"{draft}/questions/effective")
    seen.page.get_by_label("The day on which it takes effect").fill("New Year")
    seen.page.get_by_role("button", name="Save and go on").click()
    expect(seen.page.get_by_role("heading", name="Please look at one thing")).to_be_focused()
    expect(seen.page.get_by_label("The day on which it takes effect")).to_have_value("New Year")
    watching.picture(seen.page, pictures, f"memorandum-came-back-{size['width']}")
    seen.complaints.clear()  # the browser names the form that was not taken: 422
    assert watching.findings(seen, axe, here.fake.site.url) == []


def test_a_county_adds_its_own_duty_without_scripts(opened: Open) -> None:
    page = opened("coordinator", "en", java_script_enabled=False).new_page()
    draft = begun(page)
    page.get_by_role("link", name="Add a duty of your own").click()
    page.get_by_label("What is to be done, in one plain sentence").fill("The tribe is told within 24 hours.")
    page.get_by_label("What the clause is called").fill("Telling the tribe")
    page.get_by_label("Where it comes from").fill("County policy 12")
    page.get_by_label("What opens it", exact=True).select_option(label="The young person was placed")
    page.get_by_label("What meets it", exact=True).select_option(
        label="Something new, which people will record"
    )
    page.locator('[name="closes_new"]').fill("The tribe was told")
    page.get_by_label("Whom it is told to").select_option(label="The young person's tribe")
    page.get_by_label("How long").fill("24")
    page.get_by_label("Who does it").select_option(label="The case's lead agency")
    page.get_by_label("In which role there").select_option(label="Social worker")
    page.get_by_role("button", name="Add it to the draft").click()
    expect(page.get_by_role("heading", name="The duty is in the draft, with its clause")).to_be_visible()
    text = page.request.get(f"{draft}/document").text()
    assert validate(text) == []
    assert load(text).duties[-1].within == Within(hours=24)


def test_questions_are_answered_by_keyboard_alone_and_gone_on_with_later(opened: Open) -> None:
    page = opened("coordinator").new_page()
    draft, keys = begun(page), Keys(page, "coordinator")
    heading = page.get_by_role("heading", level=1)
    keys.follows("Go on with the questions").types("The county's name", "Birch County").presses(
        "Save and go on"
    )
    expect(heading).to_have_text("The county or counties that it covers")
    keys.follows("Back to the draft").follows("Go on with the questions")
    expect(heading).to_have_text("The county or counties that it covers")
    keys.presses("It stays as it is")
    expect(heading).to_have_text("The county's time zone")
    keys.follows("Back to the draft")
    expect(page.get_by_text("“Birch County” instead of “Your county”")).to_be_visible()
    assert load(page.request.get(f"{draft}/document").text()).county == "Birch County"
