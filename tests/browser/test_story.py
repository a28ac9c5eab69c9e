"""The whole story on the running platform, by clicks: three people in three browsers, and again on telephones."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from deploy.local.system import System
from tests.browser import watching
from tests.browser.hands import hands
from tests.browser.story import Story

pytestmark = [pytest.mark.platform, pytest.mark.timeout(600)]
THREE = ("worker@human-services", "advocate@advocacy", "auditor@county")


@pytest.fixture(scope="module")
def system(platform_folder: Callable[[], Path]) -> Iterator[System]:
    with System(platform_folder()) as whole:
        whole.wait_first_steps()
        yield whole
    whole.infra.remove()


@pytest.mark.parametrize("phone", [False, True], ids=["at a desk", "on a telephone with a poor line"])
def test_three_people_play_it_live(
    browser: Browser, system: System, pictures: Path | None, phone: bool
) -> None:
    with hands(browser, system.url("site"), *THREE, phone=phone) as (worker, advocate, auditor):
        story = Story(worker, advocate, auditor)
        story.sign_in()
        story.report()
        story.open_case()
        story.ask()
        story.hear()
        story.serve()
        story.learn()
        story.decline()
        story.replay()
        story.prove()
        for hand in (worker, advocate, auditor):
            assert watching.too_wide(hand.page) == 0
            watching.picture(hand.page, pictures, f"story-{hand.who}-{'phone' if phone else 'desk'}")
        assert story.bundle is not None
        with zipfile.ZipFile(story.bundle) as bundle:
            assert "manifest-sha256.txt" in {Path(name).name for name in bundle.namelist()}
