"""A county's own rule, "tell the tribe within 24 hours", added by editing the document alone, as the platform runs.

Nothing but the document changes: the act that opens the duty, the duty and its clause are the county's own words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from deploy.local.first_steps import COORDINATOR, DOCUMENT
from deploy.local.system import System
from shared.mou.load import load
from shared.web.site.codes import code_of
from tests.browser.hands import hands, within
from tests.browser.test_flows import WORKER, Made
from tests.system.doors import Doors

pytestmark = [pytest.mark.platform, pytest.mark.timeout(300)]

LEARNED = "It became known that the young person may belong to a tribe"
#: What the county adds, after the line that each stands under.
ADDED = {
    "clauses:": """
  - id: "10.9"
    title: The young person's tribe
    text: When it is known that a young person may belong to a tribe, the tribe is told within 24 hours.
    source: Alder County's own rule, agreed with the tribes of the county
""",
    "acts:": """
  - {code: tribe-known, clause: "10.9", label: It became known that the young person may belong to a tribe}
  - {code: tribe-told, clause: "10.9", label: The tribe was told, to: [tribe], about: [act]}
""",
    "duties:": """
  - id: tell-the-tribe
    clause: "10.9"
    says: The tribe is told within 24 hours that a young person may belong to it.
    source: Alder County's own rule, agreed with the tribes of the county
    opens: [{act: tribe-known}]
    closes: [{act: tribe-told, where: {to: [tribe]}}]
    per: act
    within: {hours: 24}
    warn_before: 6
    owed_by: {agency: lead, role: social-worker}
    to: [tribe]
    escalate: [{after_hours: 0, queue: human-services/supervisor}]
    afterwards: Tell the tribe now, and record when.
""",
}


@dataclass
class County:
    """Alder County with its own rule in force, and people who work under it."""

    doors: Doors
    made: Made

    def known(self, case: str, ago: timedelta) -> str:
        """So long ago it became known that the youth of this case may belong to a tribe; the act's event."""
        return str(self.acts(case, "tribe-known", ago)["events"][0])

    def acts(self, case: str, act: str, ago: timedelta, **more: Any) -> Any:
        """This was done so long ago, and is recorded now."""
        body = {"act": act, "matter": "dependency", "done_at": (datetime.now(UTC) - ago).isoformat(), **more}
        answer = self.doors.http("referrals", "POST", f"/v1/cases/{case}/acts", WORKER, json=body)
        assert answer.status == 201, answer.body
        return answer.json()

    def duty(self, case: str) -> Any:
        """What `accord case duties` says of the county's own duty."""
        done = self.doors.cli("case", "duties", case, "--as", WORKER, "--json")
        found = [one for one in json.loads(done.stdout)["items"] if one["rule"] == "tell-the-tribe"]
        return found[0] if found else None

    def told(self, who: str, case: str, tier: str) -> list[Any]:
        """What still asks something of this person, so loudly, about the county's own duty in this case."""
        path = f"/v1/feed?open=true&limit=200&tier={tier}"
        items = self.doors.http("notifications", "GET", path, who, keep=False).json()["items"]
        return [
            one for one in items if one["rule"] == "tell-the-tribe" and (one["about"] or {}).get("id") == case
        ]


def with_own_rule(text: str, version: str) -> str:
    """The document's text with what the county adds, under a version of its own."""
    for under, added in ADDED.items():
        assert text.count(f"\n{under}\n") == 1
        text = text.replace(f"\n{under}\n", f"\n{under}{added}")
    return text.replace(f"version: {load(text).version}\n", f"version: {version}\n", 1)


@pytest.fixture(scope="module")
def county(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    document = tmp_path_factory.mktemp("own-rule") / "own.yaml"
    document.write_text(with_own_rule(DOCUMENT.read_text("utf-8"), "alder-own.1"), "utf-8")
    doors = Doors(system)
    signed = [str(party.agency) for party in load(document.read_text("utf-8")).parties if party.signatory]
    options = [part for agency in signed for part in ("--signed-by", agency)]
    done = doors.cli("mou", "adopt", str(document), *options, "--as", COORDINATOR)
    assert done.returncode == 0, done.stderr
    yield County(doors, Made(doors))
    doors.close()


class TestTheCountysOwnRule:
    def test_the_document_with_it_is_checked_and_explained_as_any_other(
        self, county: County, tmp_path: Path
    ) -> None:
        document = tmp_path / "own.yaml"
        document.write_text(with_own_rule(DOCUMENT.read_text("utf-8"), "alder-own.1"), "utf-8")
        assert county.doors.cli("mou", "validate", str(document)).returncode == 0
        said = county.doors.cli("mou", "explain", "10.9", "--as", WORKER).stdout
        assert "The tribe is told within 24 hours that a young person may belong to it." in said
        assert "Tell the tribe now, and record when." in said

    def test_it_is_timed_from_what_became_known_and_met_by_telling_them(self, county: County) -> None:
        case = county.made.case()
        assert county.duty(case) is None
        county.known(case, timedelta(hours=2))
        duty = county.duty(case)
        opened, due = (datetime.fromisoformat(duty[name]) for name in ("opened_at", "due_at"))
        assert (duty["state"], duty["owed_by"], due - opened) == (
            "open",
            "human-services",
            timedelta(hours=24),
        )
        county.acts(case, "tribe-told", timedelta(hours=1), to="tribe")
        assert county.duty(case)["state"] == "done-on-time"

    def test_who_owes_it_is_told_when_it_is_due_soon(self, county: County) -> None:
        case = county.made.case()
        county.known(case, timedelta(hours=20))
        within(60, lambda: county.told(WORKER, case, "act-soon"))

    def test_the_supervisor_is_told_when_nobody_recorded_it_in_time_and_telling_them_ends_that(
        self, county: County
    ) -> None:
        case = county.made.case()
        county.known(case, timedelta(hours=25))
        within(60, lambda: county.told(WORKER, case, "act-now"))
        within(60, lambda: county.told("supervisor@human-services", case, "act-now"))
        assert county.duty(case)["state"] == "no-record-by-due-time"
        county.acts(case, "tribe-told", timedelta(hours=2), to="tribe")
        assert county.duty(case)["state"] == "done-on-time-recorded-late"
        within(60, lambda: not county.told(WORKER, case, "act-now"))
        within(60, lambda: not county.told("supervisor@human-services", case, "act-now"))

    def test_it_shows_on_the_page_of_the_case_in_the_documents_words(
        self, county: County, browser: Browser, system: System
    ) -> None:
        case = county.made.case()
        county.known(case, timedelta(hours=2))
        with hands(browser, system.url("site"), WORKER) as (worker,):
            worker.signs_in(f"/cases/{case}").reads(code_of("case", case))
            worker.reads("The tribe is told within 24 hours that a young person may belong to it.")

    def test_it_is_recorded_on_the_pages_as_any_act_and_its_duty_follows(
        self, county: County, browser: Browser, system: System
    ) -> None:
        case = county.made.case()
        with hands(browser, system.url("site"), WORKER) as (worker,):
            worker.signs_in(f"/cases/{case}/done").chooses("What was done", LEARNED).presses("Record it")
            worker.reads("The tribe is told within 24 hours that a young person may belong to it.")
        assert county.duty(case)["state"] == "open"
