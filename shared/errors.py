"""Four failures, four behaviours.

    AccordError
    ├── Refusal        the MOU forbids it: recorded, answered with clause and remedy, never retried
    ├── Conflict       someone wrote first: reload and decide again, at most three times
    ├── Undeliverable  this input can never work: dead letter with topic, partition, offset
    ├── TryLater       the world is slow: pause, commit nothing
    └── Disagreement   a store, its topic and its own record disagree: stop, and say which command repairs it

No message of these ever repeats a submitted value (DESIGN 1, rule 5).
"""

from __future__ import annotations


class AccordError(Exception):
    """The root of every failure that Accord raises on purpose."""


class Refusal(AccordError):
    """The MOU, or the plainly impossible, forbids a command. Recorded and answered, never retried.

    `reason` is a stable kebab-case code and names the problem page; `field` is a JSON pointer into the
    command's body, or None; `remedy` says what the caller can do; `sentence` is the clause's own, once whoever
    records it has looked it up in the document in force.
    """

    def __init__(
        self,
        clause: str,
        reason: str,
        detail: str,
        remedy: str,
        field: str | None = None,
        sentence: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.clause, self.reason, self.detail, self.remedy, self.field = clause, reason, detail, remedy, field
        self.sentence = sentence


class Conflict(AccordError):
    """The stream moved between reading and appending."""


class Undeliverable(AccordError):
    """This input can never work. `reason` is a stable kebab-case code for the dead letter."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason = reason


class TryLater(AccordError):
    """The world is slow or not there. `seconds` is when to try again."""

    def __init__(self, what: str, seconds: float = 1.0) -> None:
        super().__init__(what)
        self.seconds = seconds


class Disagreement(AccordError):
    """A service's store and its topic disagree. `kind` is `ahead` or `other-bytes`; `remedy` a command."""

    def __init__(self, kind: str, detail: str, remedy: str) -> None:
        super().__init__(f"{detail} {remedy}")
        self.kind, self.detail, self.remedy = kind, detail, remedy
