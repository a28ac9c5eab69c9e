"""Every flow of the site by keyboard alone, and again without scripts, on the running platform."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from html import unescape
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from playwright.sync_api import Browser, Locator, expect

from deploy.local.system import System
from shared.web.site.codes import code_of
from tests.browser.hands import LONG, Hand, hands, within
from tests.browser.keys import Keys
from tests.browser.story import ASK, WHAT, Story
from tests.system.doors import Doors

pytestmark = [pytest.mark.platform, pytest.mark.timeout(300)]
WAYS: dict[str, tuple[type[Hand], dict[str, Any]]] = {
    "by keyboard alone": (Keys, {}),
    "without scripts": (Hand, {"java_script_enabled": False}),
}
WORKER, ADVOCATE, SCREENER = "worker@human-services", "advocate@advocacy", "screener@human-services"
DEPUTY, AUDITOR = "deputy@sheriff", "auditor@county"
REPORT_SENT = "The written report was sent – Child welfare"
Open = Callable[..., list[Hand]]


@pytest.fixture(params=list(WAYS))
def opened(request: pytest.FixtureRequest, browser: Browser, system: System) -> Iterator[Open]:
    """Opens browsers for people who use the site in one of the ways; nobody has signed in."""
    kind, options = WAYS[request.param]
    with ExitStack() as stack:

        def of(*people: str) -> list[Hand]:
            return stack.enter_context(hands(browser, system.url("site"), *people, kind=kind, **options))

        yield of


@dataclass(frozen=True)
class Made:
    """What a flow begins with, made at the API."""

    doors: Doors

    def _post(self, path: str, who: str, body: Any, thing: str = "") -> Any:
        headers = {"If-Match": self.doors.etag(who, thing)} if thing else None
        answer = self.doors.http("referrals", "POST", path, who, json=body, headers=headers, keep=False)
        assert answer.status in (200, 201), answer.body
        return answer.json()

    def concern(self, who: str = WORKER) -> str:
        """A concern that waits for a decision."""
        said = {"immediate_danger": "yes", "clear": {"narrative": {"text": WHAT}}}
        return str(self._post("/v1/concerns", who, said)["concern"])

    def case(self) -> str:
        """A case that human services lead."""
        path = f"/v1/concerns/{self.concern()}"
        return str(self._post(f"{path}/open-case", SCREENER, {"matter": "dependency"}, path)["case"])

    def referral(self, case: str = "", urgency: str = "hours") -> str:
        """A referral to the advocates that waits for an answer."""
        asked = {"recipient": "advocacy", "matter": "dependency", "kind": "advocacy"}
        asked |= {"urgency": urgency, "youth_choice": "agrees"}
        return str(self._post(f"/v1/cases/{case or self.case()}/referrals", WORKER, asked)["referral"])


@pytest.fixture
def made(system: System) -> Iterator[Made]:
    doors = Doors(system)
    yield Made(doors)
    doors.close()


def item(hand: Hand, kind: str, thing: str) -> Locator:
    """The item about this thing, once it is in their inbox."""
    code = code_of(kind, thing)
    hand.finds("/inbox", re.compile(code))
    return hand.page.get_by_role("listitem").filter(has_text=code).first


def test_a_concern_is_reported_called_decided_asked_for_and_served(opened: Open) -> None:
    worker, advocate = opened(WORKER, ADVOCATE)
    story = Story(worker, advocate, worker)
    worker.signs_in()
    advocate.signs_in()
    story.report()
    story.open_case()
    story.ask()
    asked = item(advocate, "referral", story.referral.rpartition("/")[2])
    advocate.opens_up("Why did I get this?").reads("Rule of the memorandum", asked)
    advocate.presses("I have it in hand", asked).reads("You have it in hand").follows("Look at it").reads(ASK)
    story.serve()
    worker.finds("/inbox", "is completed").presses("Mark as read").follows(
        "All items, also those that are done"
    )
    worker.reads("is completed")


def test_a_referral_is_declined_and_forwarded(opened: Open, made: Made) -> None:
    worker, advocate = opened(WORKER, ADVOCATE)
    referral = made.referral()
    advocate.signs_in(f"/referrals/{referral}")
    advocate.opens_up("Other things that you can do").follows("Say that you cannot take it")
    advocate.presses("We cannot take it").reads("Please look at one thing")
    advocate.ticks("No capacity now").ticks("Harbor Youth Shelter").presses("We cannot take it")
    advocate.reads("The agency that asked is told that you cannot take it.")
    worker.signs_in().follows("Look at it", item(worker, "referral", referral))
    worker.reads("Harbor Youth Shelter").follows("Ask another agency")
    worker.chooses("Who is asked", "Harbor Youth Shelter").ticks("The young person agrees")
    worker.presses("Look at what they will see").presses("Send").reads(re.compile("Referral R-"))
    assert worker.place != f"/referrals/{referral}"


def test_a_concern_joins_a_case_and_another_is_evaluated_out(opened: Open, made: Made) -> None:
    (screener,) = opened(SCREENER)
    joins, out, case = made.concern(), made.concern(), code_of("case", made.case())
    screener.signs_in().follows("Concerns").reads("Concerns that wait for a decision")
    screener.follows(code_of("concern", joins)).follows("Add it to a case").types("Code of the case", case)
    screener.presses("Add it to the case").reads(f"The concern joined case {case}")
    screener.follows("Look at it", item(screener, "concern", out)).follows("Evaluate out")
    screener.reads("Who will be told:").chooses("Why", "The same concern was reported before")
    screener.presses("Evaluate out").reads("The concern was evaluated out")


def test_a_call_is_logged(opened: Open, made: Made) -> None:
    (deputy,) = opened(DEPUTY)
    now, later = (code_of("concern", made.concern(DEPUTY)) for _ in range(2))
    deputy.signs_in().follows("Calls").presses(f"Reached by telephone just now: {now}")
    deputy.reads(f"The call is recorded: {now}").follows("Concerns").follows(later)
    deputy.opens_up("Another time, or somebody else").types("Called at", "2026-03-03 14:15")
    deputy.presses("Record the call").reads("Tue, Mar 3, 2026, 2:15 PM PST")


def test_what_was_done_outside_is_recorded(opened: Open, made: Made) -> None:
    deputy, worker = opened(DEPUTY, WORKER)
    concern, case = made.concern(DEPUTY), made.case()
    deputy.signs_in(f"/concerns/{concern}").follows("Record what was done").presses("Record it")
    deputy.reads("Choose what was done.").chooses("What was done", REPORT_SENT).presses("Record it")
    deputy.reads("What was done is recorded: K-").reads(REPORT_SENT)
    worker.signs_in(f"/cases/{case}").follows("Record what was done")
    worker.chooses("What was done", "Cross-reported – Law enforcement").chooses("How", "By telephone")
    worker.types("When, if not just now", "2026-03-02 14:15").presses("Record it")
    worker.reads("Cross-reported – Law enforcement, By telephone").reads("Mon, Mar 2, 2026, 2:15 PM PST")


def test_a_question_is_asked_and_answered(opened: Open, made: Made) -> None:
    worker, advocate = opened(WORKER, ADVOCATE)
    referral = made.referral()
    advocate.signs_in(f"/referrals/{referral}/ask").ticks("The language that the young person speaks")
    advocate.presses("Ask").reads("It waits for an answer.")
    worker.signs_in(f"/referrals/{referral}").follows("Answer the question").types("Your answer", "Mixtec.")
    worker.presses("Look at what they will see").presses("Send")
    worker.reads("Answered. The agency that has the question is told.")
    advocate.opens(f"/referrals/{referral}").reads("Mixtec.").presses("We called and spoke")
    advocate.reads("The call is recorded.")


def test_a_case_is_searched_and_its_team_changes(opened: Open, made: Made) -> None:
    (worker,) = opened(WORKER)
    code = code_of("case", made.case())
    worker.signs_in().follows("Search").types("Code or id", code).presses("Search").reads(f"Case {code}")
    worker.follows("Name a worker").presses("Name the worker").reads(f"A worker was named for case {code}")
    worker.follows("Add an agency").chooses("Which agency", "Alder County Probation")
    worker.presses("Add the agency").reads("Alder County Probation – Takes part in the team")
    worker.follows("An agency leaves").chooses("Which agency", "Alder County Probation")
    worker.page.get_by_label("Why").locator("option").nth(1).wait_for(state="attached")
    worker.chooses("Why", worker.page.get_by_label("Why").locator("option").nth(1).inner_text())
    worker.presses("Record that it leaves").reads(f"An agency left case {code}")


def test_the_worklist_is_filtered_and_a_referral_taken_from_it(opened: Open, made: Made) -> None:
    (advocate,) = opened(ADVOCATE)
    case = made.case()
    hours, routine = (code_of("referral", made.referral(case, how)) for how in ("hours", "routine"))
    advocate.signs_in("/worklist").opens_up("Choose filters")
    advocate.ticks(advocate.page.locator('label[for="urgency-routine"]').inner_text())
    advocate.presses("Apply filters").reads("Your filters hide")
    expect(advocate.page.get_by_role("link", name=hours)).to_have_count(0)
    advocate.follows(routine).presses("We have it").reads("The agency that asked can see that you have it.")
    advocate.follows("Worklist").follows(hours)


def test_an_auditor_looks_back_at_a_case(opened: Open, made: Made) -> None:
    (auditor,) = opened(AUDITOR)
    case = made.case()
    made.referral(case)
    code = code_of("case", case)
    auditor.signs_in("/timeline").types("Code or id of a case", code).presses("Show its timeline")
    auditor.reads(f"Timeline of {code}").finds(f"/timeline/{case}", "A referral was asked for")
    auditor.follows("Previous event").reads("Back to now").follows("Next event").follows("Previous event")
    auditor.follows("Back to now").chooses("By when it", "happened").presses("Show")
    auditor.reads(re.compile("Shown as it happened by"))
    auditor.chooses("By when it", "was recorded").types("Date and time", "2026-01-05").chooses(
        "As known to", "Alder County Probation"
    ).presses("Show")
    auditor.reads("By then Alder County Probation could not have known that there is a case.")
    auditor.follows("Back to now").chooses("As known to", "The whole record").presses("Show")
    auditor.opens_up("Choose filters")
    auditor.ticks(auditor.page.locator('label[for="kind-referrals"]').inner_text()).presses("Apply filters")
    auditor.reads("Your filters hide").follows("A referral was asked for").reads("What the record says")
    auditor.follows("Show the case at this event").opens_up("Referrals").follows("History").reads("Set by")
    auditor.follows("Compare two moments").types("Date and time", "2026-01-05").presses("Compare")
    auditor.reads(re.compile("fields? differs?"))


def test_a_case_is_verified_and_evidence_of_it_taken(opened: Open, made: Made) -> None:
    (auditor,) = opened(AUDITOR)
    case = made.case()
    auditor.signs_in("/timeline").finds(f"/timeline/{case}", "The case was opened").follows("Check it")
    auditor.follows("Proof of every log").presses("Sign each log as it is now").reads(
        "Each log is signed as it is now"
    )
    auditor.follows("Check every log now").reads(re.compile("log"))
    auditor.opens(f"/timeline/{case}").follows("Check it").reads(re.compile("fits? what was signed"))
    auditor.follows("Evidence").ticks("One of a sample for an audit")
    with auditor.page.expect_download() as bundle:
        auditor.presses("Make the bundle and keep it")
    assert bundle.value.suggested_filename == f"accord-evidence-{case}.zip"
    auditor.follows("Who looked").reads("Each time somebody looked")


def test_what_stands_on_every_page(opened: Open) -> None:
    (worker,) = opened(WORKER)
    worker.signs_in().follows("What works now").reads("What works now").follows("Help").reads("Whom to call")
    worker.opens_up("What others do first").reads("You look back")
    worker.presses("Español").reads("Ayuda").presses("English").reads("Whom to call")
    worker.presses("Cover names").presses("Show names").reads("Whom to call")
    worker.presses("Lock").reads("The screen is locked.")
    worker.follows("Sign in with").is_themselves().reads("Whom to call").presses("Sign out").reads(
        "You have signed out."
    )
    worker.signs_in("/help").follows("Exit now").page.wait_for_url("**/session/gone")
    assert worker.opens("/help").page.get_by_role("button", name="Lock").count() == 0


def letters(system: System, address: str, count: int) -> list[str]:
    """What the laptop's mail page shows for somebody, newest first, once it is so many."""

    def found() -> list[str]:
        shown = httpx2.get(f"{system.url('issuer')}/mail", trust_env=False).text
        return [unescape(one) for one in re.split(r"(?=<article)", shown) if address in one]

    return within(LONG / 1000, lambda: of_theirs if len(of_theirs := found()) == count else [])


def link(system: System, address: str) -> str:
    """The path in the first letter to somebody, their invitation."""
    (first,) = letters(system, address, 1)
    return str(re.findall(r'<a href="[^"]+(/sign-in/invited/[^"]+)"', first)[0])


def test_an_agency_begins_and_its_people_come_and_go(opened: Open, system: System) -> None:
    county, first, second = opened("admin@county", "an administrator", "an advocate")
    ruth, tom = (f"{name}-{uuid4().hex[:8]}@harbor.example" for name in ("ruth", "tom"))
    county.signs_in("/people").follows("Harbor Youth Shelter").types("Their e-mail address at work", ruth)
    county.presses("Send the invitation").reads("The invitation is on its way")
    first.opens(link(system, ruth)).presses("Accept and go on").follows("People").follows("Invite a person")
    first.types("Their e-mail address at work", tom).ticks("Advocate").presses("Send the invitation")
    second.opens(link(system, tom)).presses("Accept and go on").reads("Inbox").presses("Sign out")
    second.follows("Sign in with a code").types("Your e-mail address", tom).presses("Send me a code")
    newest, _ = letters(system, tom, 2)
    second.types("Code", re.findall(r"\d{4} \d{4}", newest)[0]).presses("Sign in").reads("Inbox")
    first.follows("People").follows(tom).chooses("A role to give", "Supervisor").presses("Give this role")
    first.reads("The role was given").chooses("A role to end", "Supervisor")
    first.chooses("Why", "Assigned by mistake").presses("End this role").reads("The role has ended")
    first.presses("Remove now").reads("This person has no access any more")
    assert second.opens("/worklist").page.get_by_role("link", name="Worklist").count() == 0
    first.presses("Undo this").reads("This person has access again").follows(tom)
    expect(first.page.get_by_label("A role to end").locator("option")).to_have_text("Advocate")
