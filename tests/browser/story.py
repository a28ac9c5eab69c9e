"""The story of the demo as three people play it in their browsers: who does what, one step after another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator

from shared.web.site.codes import code_of
from tests.browser.hands import Hand

#: Whom it is about and what is told of them. Invented, and looks it.
NAME, AGE = "Aurelia Beispiel-Musterfrau", "15"
WHAT = "Seen at the Beispiel Motel with an older person whom she calls her boss. Said by the night clerk."
ASK = "Ask for her at the side door. She asked for somebody who listens."


def item(hand: Hand, place: str) -> Locator:
    """The item of their inbox about the referral at this address: others may wait there as well."""
    code = code_of("referral", place.rpartition("/")[2])
    return hand.page.get_by_role("listitem").filter(has_text=code).first


@dataclass
class Story:
    """The three, and what they named on the way: paths of the concern, the case and the referrals."""

    worker: Hand
    advocate: Hand
    auditor: Hand
    concern: str = ""
    case: str = ""
    referral: str = ""
    second: str = ""
    bundle: Path | None = None

    def sign_in(self) -> None:
        """Each signs in and sees what waits for them."""
        self.worker.signs_in()
        self.advocate.signs_in()
        self.auditor.signs_in("/timeline")

    def report(self) -> None:
        """A call comes in; the social worker writes down what she hears, and calls the hotline."""
        her = self.worker
        her.follows("Report a concern").reads("Accord does not replace a call")
        her.types("What happened", WHAT).types("Name of the young person", NAME).types("Age in years", AGE)
        her.presses("Send the report").reads("Still to be said")
        her.presses("I called the hotline just now").reads("Called")
        self.concern = her.place

    def open_case(self) -> None:
        """She opens a case with it."""
        her = self.worker
        her.follows("Open a case").ticks("Dependency").presses("Open the case").reads("The young person")
        self.case = her.place

    def ask(self, whom: str = "Lantern Advocacy") -> None:
        """She asks for an advocate, and looks first at what the other agency will see."""
        her = self.worker
        her.follows("Ask an agency")
        her.chooses("Who is asked", whom)
        her.chooses("What is asked", "An advocate or survivor mentor, day or night")
        her.ticks("Within hours").ticks("The young person agrees").types("What the agency should know", ASK)
        her.presses("Look at what they will see").reads(ASK).presses("Send")
        her.reads(re.compile("Referral R-"))
        self.referral = her.place

    def ask_outside(self, whom: str) -> str:
        """From the page of the case she asks somebody who has no pages; the id of that referral."""
        her = self.worker
        her.follows("Ask an agency").chooses("Who is asked", whom)
        her.chooses("What is asked", "Advocacy beyond the first response")
        her.ticks("Within a few days").ticks("The young person agrees")
        her.presses("Look at what they will see").reads("This agency sees nothing here").presses("Send")
        her.reads(re.compile("Referral R-"))
        return her.place.rpartition("/")[2]

    def hear(self) -> None:
        """The advocate, who has the inbox open, is told; she takes it in hand and looks at it."""
        her = self.advocate
        her.reads("1 new item").follows("Show")
        her.presses("I have it in hand", item(her, self.referral)).reads("You have it in hand")
        her.follows("Look at it").reads(ASK)
        assert her.place == self.referral

    def serve(self) -> None:
        """She accepts, serves, presses the wrong button once, takes that back, and completes."""
        her = self.advocate
        her.presses("We have it").reads("The agency that asked can see that you have it.")
        her.ticks("I do").presses("Accept").reads("Accepted. The agency that asked is told.")
        her.presses("The service began").reads("It is recorded that the service began.")
        her.opens_up("Other things that you can do").follows("Put it on hold")
        her.ticks("The young person is missing").presses("Put on hold").reads("It is on hold")
        her.opens_up("Other things that you can do").follows("Undo your last entry")
        her.presses("Undo it").reads("Your last entry counts no more.").reads("Being served")
        her.ticks("The service was given as asked").presses("Completed").reads("It is completed.")

    def learn(self) -> None:
        """The social worker, who looks at her inbox, is told of what comes while she looks."""
        her = self.worker
        her.follows("Inbox").reads("is completed").reads("was accepted")

    def decline(self) -> None:
        """A second referral: the advocates cannot take it and say who could; she asks these."""
        her, other = self.worker, self.advocate
        her.opens(self.case).follows("Ask an agency")
        her.chooses("Who is asked", "Lantern Advocacy")
        her.chooses("What is asked", "Advocacy beyond the first response")
        her.ticks("Within a day").ticks("The young person was not asked yet")
        her.presses("Look at what they will see").presses("Send")
        self.second = her.reads(re.compile("Referral R-")).place
        her.follows("Inbox").reads("For information")
        other.follows("Inbox").presses("I have it in hand", item(other, self.second)).follows("Look at it")
        other.opens_up("Other things that you can do").follows("Say that you cannot take it")
        other.ticks("No capacity now").ticks("Harbor Youth Shelter").presses("We cannot take it")
        other.reads("The agency that asked is told that you cannot take it.")
        her.reads("1 new item").follows("Show")
        her.presses("I have it in hand", item(her, self.second)).follows("Look at it")
        her.reads("Your next step: Ask another agency").follows("Ask another agency")
        her.chooses("Who is asked", "Harbor Youth Shelter").ticks("The young person agrees")
        her.presses("Look at what they will see").presses("Send").reads(re.compile("Referral R-"))

    def replay(self) -> None:
        """The auditor opens the case by its code: all of it, and what another agency could have known."""
        his = self.auditor
        code = self.worker.opens(self.case).page.locator("h1").inner_text().split()[1]
        his.types("Code or id of a case", code).presses("Show its timeline").reads(f"Timeline of {code}")
        his.reads(re.compile("Nothing recorded .* is missing"))
        his.chooses("As known to", "Alder County Probation").presses("Show")
        his.reads("By then Alder County Probation could not have known that there is a case.")
        his.chooses("As known to", "Lantern Advocacy").presses("Show")
        his.reads(re.compile("Lantern Advocacy could have known of [0-9]+ events by then"))

    def prove(self) -> None:
        """He has the case checked, and takes a bundle away."""
        his = self.auditor
        his.opens("/verify").presses("Sign each log as it is now").reads("Each log is signed as it is now")
        his.opens(f"/verify{self.case.removeprefix('/cases')}").reads("fit what was signed")
        his.follows("Evidence").ticks("One of a sample for an audit")
        with his.page.expect_download() as bundle:
            his.presses("Make the bundle and keep it")
        self.bundle = bundle.value.path()
