"""A county's own rule, added by pages or in YAML alone: the running system times, routes, shows and explains it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest

from deploy.local.system import System
from tests.integration.forms_shown import stands
from tests.own_duty import DUTY
from tests.system.doors import Doors
from tests.system.test_site import Browser

pytestmark = [pytest.mark.platform, pytest.mark.timeout(420)]
COORDINATOR, WORKER = "coordinator@human-services", "worker@human-services"
SAYS = DUTY["says"]
DRAFTS = "/memorandum/drafts"
TODAY = datetime.now(ZoneInfo("America/Los_Angeles")).date().isoformat()
#: What a county writes into its document, and where: below the heading of each list.
YAML = {
    "clauses": f"""
  - id: "98.1"
    title: Telling the tribe
    text: {SAYS}
    source: County policy 12""",
    "acts": """
  - {code: tribe-told-of-placement, clause: "98.1", label: The tribe was told of the placement, to: [tribe]}""",
    "duties": f"""
  - id: tribe-told
    clause: "98.1"
    says: {SAYS}
    source: County policy 12
    opens:
      - {{act: placed}}
    closes:
      - {{act: tribe-told-of-placement, where: {{to: [tribe]}}}}
    per: act
    within: {{hours: 24}}
    owed_by: {{agency: lead, role: social-worker}}
    to: [tribe]""",
}


@pytest.fixture(scope="module")
def own_system(platform_folder: Callable[[], Path]) -> Iterator[System]:
    """A system of its own: another memorandum comes into force."""
    with System(platform_folder()) as whole:
        whole.wait_first_steps()
        yield whole
    whole.infra.remove()


@pytest.fixture
def own_doors(own_system: System) -> Iterator[Doors]:
    made = Doors(own_system)
    yield made
    made.close()


@pytest.fixture
def pages(own_system: System) -> Iterator[Browser]:
    made = Browser(own_system)
    made.sign_in(COORDINATOR)
    yield made
    made.http.close()


def send(pages: Browser, page: str, action: str = "", **typed: str) -> Any:
    """Open a page, change what is given in its form and send it."""
    action, text = action or page, pages.http.get(page).text
    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', text, re.DOTALL)
    assert form, text
    own = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form[0])
    fields = {**stands(text), **{name: unescape(value) for name, value in own}, **typed}
    answer = pages.http.post(
        action,
        content=urlencode(fields, doseq=True),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 200, answer.text
    return answer


def draft_of(pages: Browser, version: str) -> str:
    """The path of a draft of the version in force, under another name and from today on."""
    [first, *_] = re.findall(r'name="begin" value="([^"]+)"', pages.http.get(DRAFTS).text)
    draft = str(send(pages, DRAFTS, begin=first).url.path)
    send(pages, f"{draft}/questions/version", version=version)
    send(pages, f"{draft}/questions/effective", effective=TODAY)
    return draft


def adopt(doors: Doors, proposal: str) -> None:
    """Everybody signs, and the county adopts it."""
    home = f"/v1/mou/proposals/{proposal}"
    found = doors.http("referrals", "GET", home, COORDINATOR).json()
    for one in found["missing_signatures"]:
        signed = {"signed_on": TODAY, **{n: one[n] for n in ("party", "county", "office") if one.get(n)}}
        answer = doors.http("referrals", "POST", f"{home}/signatures", COORDINATOR, json=signed)
        assert answer.status in (200, 201), answer.body
    body = {"pdf_digest": f"sha256:{'b' * 64}", "board_item": f"{TODAY}/24"}
    headers = {"If-Match": doors.etag(COORDINATOR, home)}
    answer = doors.http("referrals", "POST", f"{home}/adopt", COORDINATOR, json=body, headers=headers)
    assert answer.status in (200, 201), answer.body


def placed(doors: Doors) -> tuple[str, datetime]:
    """A case whose young person was placed an hour ago, and when that was."""
    facts = {"immediate_danger": "yes"}
    concern = doors.http("referrals", "POST", "/v1/concerns", "deputy@sheriff", json=facts).json()["concern"]
    place = f"/v1/concerns/{concern}"
    headers = {"If-Match": doors.etag("screener@human-services", place)}
    opened = doors.http(
        "referrals", "POST", f"{place}/open-case", "screener@human-services",
        json={"matter": "dependency"}, headers=headers,
    )  # fmt: skip
    case = str(opened.json()["case"])
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    said = {"act": "placed", "done_at": at.isoformat()}
    answer = doors.http("referrals", "POST", f"/v1/cases/{case}/acts", WORKER, json=said)
    assert answer.status == 201, answer.body
    return case, at


def in_the_feed(doors: Doors, rule: str) -> dict[str, Any]:
    """What the queue of those who owe it has, once notifications has timed it."""
    limit = time.monotonic() + 120
    while True:
        items = doors.http("notifications", "GET", "/v1/feed/duties", WORKER).json()["duties"]
        found = [one for one in items if one["rule"] == rule]
        if found or time.monotonic() > limit:
            return dict(found[0])
        time.sleep(0.5)


def is_timed_routed_shown_and_explained(doors: Doors, rule: str, clause: str) -> None:
    case, at = placed(doors)
    due = (at + timedelta(hours=24)).isoformat().replace("+00:00", "Z")[:16]
    owed = doors.http("referrals", "GET", f"/v1/cases/{case}/duties", WORKER).json()["items"]
    [mine] = [one for one in owed if one["rule"] == rule]
    assert (mine["state"], mine["clause"], mine["due_at"][:16]) == ("open", clause, due)
    told = in_the_feed(doors, rule)
    assert told["due_at"][:16] == due
    worker = Browser(doors.system)
    worker.sign_in(WORKER)
    assert SAYS in unescape(worker.http.get(f"/cases/{case}").text)
    worker.http.close()
    said = doors.cli("mou", "explain", clause, "--as", WORKER)
    assert said.returncode == 0, said.stderr
    assert "By when: within 24 hours, nights and weekends included." in said.stdout


def test_through_the_pages(own_doors: Doors, pages: Browser) -> None:
    draft = draft_of(pages, "alder-2040.1")
    send(pages, f"{draft}/duty", **DUTY)
    proposal = str(send(pages, draft, f"{draft}/propose").url.path).rpartition("/")[2]
    adopt(own_doors, proposal)
    is_timed_routed_shown_and_explained(own_doors, "telling-the-tribe", "99.1")


def test_in_yaml(own_doors: Doors, pages: Browser, tmp_path: Path) -> None:
    draft = draft_of(pages, "alder-2040.2")
    text = pages.http.get(f"{draft}/document").text
    for name, lines in YAML.items():
        assert text.count(f"\n{name}:\n") == 1
        text = text.replace(f"\n{name}:\n", f"\n{name}:{lines}\n")
    file = tmp_path / "alder.yaml"
    file.write_text(text, encoding="utf-8")
    assert own_doors.cli("mou", "validate", str(file)).returncode == 0
    said = own_doors.cli("mou", "propose", str(file), "--as", COORDINATOR, "--json")
    assert said.returncode == 0, said.stderr
    [proposal] = re.findall(r'"proposal": "([^"]+)"', said.stdout)
    adopt(own_doors, proposal)
    is_timed_routed_shown_and_explained(own_doors, "tribe-told", "98.1")
