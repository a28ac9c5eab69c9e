"""The plan of one referral, from the request to its end, and of those that follow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy.local.sim.invented import facts
from deploy.local.sim.steps import Door, Fault, Step
from deploy.local.sim.writing import WORKER, Writing
from shared.events.names import SealedClass

#: Sealed with a referral, by the agency that is asked.
CLASSES: Mapping[str, tuple[SealedClass, ...]] = {
    "medical-hub": (SealedClass.IDENTITY, SealedClass.HEALTH),
    "public-health": (SealedClass.IDENTITY, SealedClass.HEALTH),
    "behavioral-health": (SealedClass.IDENTITY, SealedClass.HEALTH),
    "office-of-education": (SealedClass.IDENTITY, SealedClass.EDUCATION),
    "outside": (SealedClass.IDENTITY,),
}
_USUAL = (SealedClass.IDENTITY, SealedClass.CONTACT)
#: Status -> acts of the agency that was asked that are easily pressed by mistake there, and can be taken back.
MISCLICKS: Mapping[str, tuple[str, ...]] = {
    "requested": ("reject", "accept"),
    "received": ("reject", "accept"),
    "accepted": ("fail", "hold"),
    "in-progress": ("complete", "fail"),
    "on-hold": ("fail", "resume"),
}
#: What an act leads to.
AFTER: Mapping[str, str] = {
    "receive": "received",
    "accept": "accepted",
    "reject": "rejected",
    "start": "in-progress",
    "hold": "on-hold",
    "resume": "in-progress",
    "complete": "completed",
    "fail": "failed",
    "cancel": "cancelled",
}
#: How an answer is given, from the two tables of first answers.
ANSWERS: Mapping[str, str] = {"received": "receive", "accepted": "accept", "rejected": "reject"}
#: After these nothing but a correction is taken.
ENDS = frozenset({"completed", "failed", "cancelled", "rejected"})


@dataclass
class _Referral:
    """A referral while it is planned."""

    w: Writing
    label: str
    sender: str
    recipient: str
    status: str = "requested"

    @property
    def server(self) -> str:
        """Who answers: for an agency outside, whoever asked."""
        return self.sender if self.recipient == "outside" else self.w.person(self.recipient)

    def body(self, act: str) -> dict[str, Any]:
        """What an act says."""
        table = {"reject": "reject", "hold": "hold", "fail": "fail", "cancel": "cancel"}.get(act)
        if act == "complete":
            return {"outcome": self.w.pick("reasons.outcome"), "attempts": self.w.chance.randrange(1, 4)}
        return {"reason": self.w.pick(f"reasons.{table}")} if table else {}

    def do(self, act: str) -> Step:
        """An act of the agency that was asked, or the request taken back; perhaps after a slip."""
        mine, theirs = (self.sender, self.server) if act == "cancel" else (self.server, self.sender)
        if act != "cancel":
            self.slip()
        forbidden = theirs if theirs != mine else ""
        step = self.w.say(
            f"{act}-referral", mine, about=self.label, body=self.body(act), forbidden=forbidden, late=True
        )
        self.status = AFTER[act]
        if self.status in ENDS and self.w.happens("slips.bad"):
            self.w.wrong(
                step, Fault.ILLEGAL, act="start-referral", body={}, actor=self.server, door=Door.HTTP
            )
        return step

    def slip(self) -> None:
        """The wrong act, taken back at once or marked as wrong: it leaves the referral as it was."""
        misclick = self.w.happens("slips.misclick")
        if not misclick and not self.w.happens("slips.wrong_entry"):
            return
        act = self.w.chance.choice(MISCLICKS[self.status])
        step = self.w.say(f"{act}-referral", self.server, about=self.label, body=self.body(act))
        if misclick:
            self.w.follow(step, "undo-referral", {}, {})
        else:
            reason = {"reason": self.w.pick("reasons.error")}
            self.w.follow(step, "enter-referral-in-error", reason, {"entry": step.label})

    def talk(self) -> None:
        """What is asked and told before the answer, and a call: the referral stays as it is."""
        w, forbidden = self.w, _other(self)
        if w.happens("referral.asks"):
            missing = {"missing": [w.pick("referral.missing")]}
            asked = w.say(
                "ask-information",
                self.server,
                about=self.label,
                body=missing,
                forbidden=self.sender if forbidden else "",
            )
            if w.happens("referral.told"):
                w.say(
                    "give-information",
                    self.sender,
                    about=self.label,
                    facts=facts(w.number, SealedClass.NARRATIVE),
                    refs={"question": asked.label},
                    forbidden=forbidden,
                )
        if w.happens("referral.telephoned"):
            body = {"called_by": "sender", "result": w.pick("referral.call")}
            w.say("state-referral-call", self.sender, about=self.label, body=body, late=True)

    def live(self) -> None:
        """Its first answer and all that comes of it."""
        first = self.w.pick("referral.first")
        if first == "received":
            self.do("receive")
            self.talk()
            first = self.w.pick("referral.after_received")
        if first == "unanswered":
            return
        if first == "served":  # served before anybody wrote down that it was accepted: taken, and flagged
            self.course("start-complete")
        elif first == "cancelled":
            self.do("cancel")
        else:
            self.do(ANSWERS[first])
            course = self.w.pick("referral.course") if first == "accepted" else "none"
            if course != "none":
                self.course(course)

    def course(self, acts: str) -> None:
        """The service, step by step."""
        for act in acts.split("-"):
            self.do(act)


def refer(w: Writing, matter: str) -> None:
    """A referral of the case, by an agency of its team, and those that follow it where one could not help."""
    sender, forwards = WORKER if w.chance.random() < 0.8 else w.person(w.chance.choice(w.team)), 0
    now = _request(w, sender, matter)
    while now is not None:
        now.live()
        if w.happens("referral.wrong_as_a_whole"):
            body = {"reason": w.pick("reasons.error")}
            w.say("enter-referral-in-error", sender, about=now.label, body=body, forbidden=_other(now))
            return
        share = {"rejected": "forwarded_after_rejection", "failed": "forwarded_after_failure"}.get(now.status)
        if (
            share is None
            or forwards >= w.table("referral.most_forwards")
            or not w.happens(f"referral.{share}")
        ):
            return
        forwards, now = forwards + 1, _forward(w, now)


def _other(referral: _Referral) -> str:
    return "" if referral.server == referral.sender else referral.server


def _request(w: Writing, sender: str, matter: str) -> _Referral:
    asked, body = _asked(w, sender)
    body |= {"matter": matter, "kind": w.chance.choice(w.table("referral.kinds")[asked])}
    body |= {"urgency": w.pick("referral.urgency")}
    made = _new(w, sender, asked)
    w.say(
        "request-referral",
        sender,
        about="case",
        makes=made.label,
        body=body,
        facts=_facts(w, asked),
        late=True,
    )
    return made


def _forward(w: Writing, before: _Referral) -> _Referral:
    asked, body = _asked(w, before.sender, before.recipient)
    body |= {"kind": w.chance.choice(w.table("referral.kinds")[asked])}
    made = _new(w, before.sender, asked)
    w.say(
        "forward-referral", before.sender, about=before.label, makes=made.label, body=body,
        facts=_facts(w, asked), forbidden=_other(before),
    )  # fmt: skip
    return made


def _asked(w: Writing, sender: str, not_again: str = "") -> tuple[str, dict[str, Any]]:
    """Which agency is asked, and how that is said; never the one that asks."""
    body: dict[str, Any] = {"youth_choice": w.pick("referral.youth_choice")}
    if w.happens("referral.outside"):
        return "outside", {**body, "outside": w.pick("reasons.outside")}
    others = frozenset(w.table("referral.recipient")) - {sender.partition("@")[2], not_again}
    agency = w.pick("referral.recipient", others)
    if w.happens("referral.by_name"):
        body["to_worker"] = w.person_id(w.person(agency))
    return agency, {**body, "recipient": agency}


def _facts(w: Writing, asked: str) -> Any:
    return facts(w.number, *CLASSES.get(asked, _USUAL))


def _new(w: Writing, sender: str, recipient: str) -> _Referral:
    w.referrals += 1
    return _Referral(w, f"referral-{w.referrals}", sender, recipient)
