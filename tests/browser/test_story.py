"""The whole story on the running platform, by clicks: three people in three browsers, and again on telephones."""

from __future__ import annotations

import re
import zipfile
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser

from deploy.local.system import System
from shared.events.names import Agency, submissions_topic
from shared.web.site.codes import code_of
from tests.browser import watching
from tests.browser.hands import LONG, hands, within
from tests.browser.story import ASK, NAME, WHAT, Story
from tests.faults.found import read_topics

pytestmark = [pytest.mark.platform, pytest.mark.timeout(600)]
THREE = ("worker@human-services", "advocate@advocacy", "auditor@county")


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


def links_in_mail(system: System) -> list[str]:
    """The links in what the laptop's mail page shows, newest first."""
    shown = httpx2.get(f"{system.url('issuer')}/mail", trust_env=False).text
    return [unescape(link) for link in re.findall(r'<a href="([^"]+)"', shown)]


def test_a_new_small_agency_answers_its_first_referral_after_ten_actions_at_most(
    browser: Browser, system: System
) -> None:
    site = system.url("site")
    with hands(browser, site, "admin@county", "worker@human-services", "nobody yet") as (county, worker, new):
        before = links_in_mail(system)
        county.signs_in("/people").follows("Harbor Youth Shelter")
        county.types("Their e-mail address at work", "ruth@harbor.example")
        county.ticks("Administrator of the agency").ticks("Advocate").presses("Send the invitation")
        link = within(LONG / 1000, lambda: [one for one in links_in_mail(system) if one not in before])[0]

        story = Story(worker, new, county)
        worker.signs_in()
        story.report()
        story.open_case()
        story.ask("Harbor Youth Shelter")

        new.opens(link.removeprefix(site)).presses("Accept and go on")
        new.reads("needs an answer").follows("Look at it").presses("We have it")
        new.presses("Accept").reads("Accepted. The agency that asked is told.")
        assert new.place == story.referral
        assert new.actions <= 10


def test_an_item_is_taken_in_hand_in_two_actions(browser: Browser, system: System) -> None:
    with hands(browser, system.url("site"), *THREE) as (worker, advocate, auditor):
        story = Story(worker, advocate, auditor)
        worker.signs_in()
        advocate.signs_in("/worklist")
        story.report()
        story.open_case()
        story.ask()
        began = advocate.actions
        advocate.follows("Inbox").presses("I have it in hand").reads("You have it in hand")
        assert advocate.actions - began <= 2


def test_a_day_without_any_agencys_system_leaves_nothing_to_be_typed_again(
    browser: Browser, system: System
) -> None:
    """People work by pages and the call log alone; in the evening the systems read what was typed."""
    people = ("deputy@sheriff", "worker@human-services", "advocate@advocacy")
    with hands(browser, system.url("site"), *people) as (deputy, worker, advocate):
        story = Story(worker, advocate, worker)
        for hand in (deputy, worker, advocate):
            hand.signs_in()
        deputy.follows("Report a concern").types("What happened", WHAT)
        deputy.types("Name of the young person", NAME).presses("Send the report").reads("Still to be said")
        story.concern = deputy.place
        code = code_of("concern", story.concern.rpartition("/")[2])
        deputy.follows("Calls").presses(f"Reached by telephone just now: {code}")
        deputy.reads(f"The call is recorded: {code}")
        worker.follows("Concerns").follows(code)
        story.open_case()
        story.ask()
        story.hear()
        story.serve()
        worker.opens(story.case)
        outside = story.ask_outside("The regional center")
        worker.follows("Calls").presses(f"Reached by telephone just now: {code_of('referral', outside)}")
        worker.reads("It is recorded that the agency has it in hand")

    def system_reads(agency: str, path: str) -> Any:
        return asked(system, "referrals", f"/v1{path}", f"system@{agency}")

    assert submissions(system) == [], "no system said anything that day"
    concern = system_reads("sheriff", story.concern)
    assert (concern["status"], concern["reported_by"]) == ("attached", "sheriff")
    assert concern["called_at"]
    case = system_reads("human-services", story.case)
    assert said_in(case) == {NAME, WHAT}
    for agency in ("human-services", "advocacy"):
        referral = system_reads(agency, story.referral)
        steps = [one["act"] for one in referral["steps"] if "struck" not in one]
        assert steps == ["receive-referral", "accept-referral", "start-referral", "complete-referral"]
        assert (referral["status"], referral["outcome"]) == ("completed", "completed")
        assert ASK in said_in(referral)
    assert system_reads("human-services", f"/referrals/{outside}")["received_at"]


def asked(system: System, service: str, path: str, who: str) -> Any:
    """What a program of somebody's reads at the API."""
    headers = {"Authorization": f"Bearer {system.token(who)}", "Accord-Purpose": "coordinate"}
    answer = httpx2.get(system.url(service) + path, headers=headers, trust_env=False, timeout=20)
    assert answer.status_code == 200, answer.text
    return answer.json()


def said_in(view: Any) -> set[str]:
    """Every sentence of the sealed facts that a view opens."""
    facts = [fact["facts"] for one in view["opened"].values() for fact in one["facts"]]
    return {value for one in facts for value in one.values() if isinstance(value, str)}


def submissions(system: System) -> list[Any]:
    """What agencies' systems ever submitted on Kafka."""
    return list(read_topics(system.infra, [submissions_topic(agency) for agency in Agency]))
