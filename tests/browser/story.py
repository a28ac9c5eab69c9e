"""The story of the demo as three people play it in their browsers: who does what, one step after another."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.browser.hands import Hand

#: Whom it is about and what is told of them. Invented, and looks it.
NAME, AGE = "Aurelia Beispiel-Musterfrau", "15"
WHAT = "Seen at the Beispiel Motel with an older person whom she calls her boss. Said by the night clerk."
ASK = "Ask for her at the side door. She asked for somebody who listens."


@dataclass
class Story:
    """The three, and what they named on the way: paths of the concern, the case and the referrals."""

    screener: Hand
    advocate: Hand
    auditor: Hand
    concern: str = ""
    case: str = ""
    referral: str = ""

    def sign_in(self) -> None:
        """Each signs in and sees what waits for them."""
        self.screener.signs_in()
        self.advocate.signs_in()
        self.auditor.signs_in("/timeline")

    def report(self) -> None:
        """A call comes in; the screener writes down what she hears, and calls the hotline."""
        her = self.screener
        her.follows("Report a concern").reads("Accord does not replace a call")
        her.types("What happened", WHAT).types("Name of the young person", NAME).types("Age in years", AGE)
        her.presses("Send the report").reads("Still to be said")
        her.presses("I called the hotline just now").reads("Called")
        self.concern = her.place

    def open_case(self) -> None:
        """She opens a case with it."""
        her = self.screener
        her.follows("Open a case").ticks("Dependency").presses("Open the case").reads("The young person")
        self.case = her.place

    def ask(self) -> None:
        """She asks the advocates, and looks first at what they will see."""
        her = self.screener
        her.follows("Ask an agency")
        her.chooses("Who is asked", "Lantern Advocacy")
        her.chooses("What is asked", "An advocate or survivor mentor, day or night")
        her.ticks("Within hours").ticks("The young person agrees").types("What the agency should know", ASK)
        her.presses("Look at what they will see").reads(ASK).presses("Send")
        her.reads(re.compile("Referral R-"))
        self.referral = her.place

    def hear(self) -> None:
        """The advocate, who has the inbox open, is told; she takes it in hand and looks at it."""
        her = self.advocate
        her.reads("1 new item").follows("Show")
        her.presses("I have it in hand").reads("You have it in hand")
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
        her.opens_up("Other things that you can do").follows("Say that an entry was wrong")
