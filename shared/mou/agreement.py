"""Who agreed to what, for how long: the head of the document and its own upkeep. Frozen, closed models."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from shared.events.names import Agency, Role
from shared.mou.parts import ClauseId, Code, Label, Name, Part, Queue, Sentence, Version

#: A rule is confirmed by county counsel, or still the proposal of whoever wrote the template.
Confirmed = Literal["counsel", "default"]


class AdoptedFrom(Part):
    """The document that this one was begun from; what differs was chosen by the county."""

    document: Name
    version: Version


class Term(Part):
    """How long the memorandum holds: until a day, or until it is changed or ended."""

    clause: ClauseId
    until: date | None = None
    says: Sentence


class Signatory(Part):
    """An office that signs for a party. Any set of parties may sign; `signed` is left out until it has.

    `county` is needed if the memorandum covers several, since each county's office signs for itself.
    """

    agency: Agency
    county: Name | None = None
    office: Label
    clause: ClauseId
    signed: date | None = None


class TookPart(Part):
    """Who took part in developing the protocol, which is not signing it. `named_by`: the law that names them."""

    who: Label
    agency: Agency | None = None
    how: Sentence
    named_by: Label | None = None
    clause: ClauseId


class RoleMeaning(Part):
    """What people of a role do, for those who choose roles."""

    role: Role
    clause: ClauseId
    label: Label


class AnnualReview(Part):
    """How often the memorandum is looked at again, who sees to it, and who is heard."""

    clause: ClauseId
    months: int = Field(ge=1, le=60)
    by: Queue
    heard: tuple[Label, ...] = ()
    says: Sentence


class Training(Part):
    """What people in these roles are trained in, and how often again; `months` left out: once."""

    code: Code
    clause: ClauseId
    label: Label
    roles: tuple[Name, ...] = Field(min_length=1)
    months: int | None = Field(default=None, ge=1, le=120)


class Form(Part):
    """A form that the law or the county asks for: its number, and who publishes it. Never its content."""

    code: Code
    clause: ClauseId
    label: Label
    published_by: Label
    used_for: Sentence


class Retention(Part):
    """How long something is kept, and what then; counted from `since`, or until the youth has an age."""

    id: Name
    clause: ClauseId
    says: Sentence
    years: int | None = Field(default=None, ge=0, le=100)
    until_age: int | None = Field(default=None, ge=18, le=100)
    since: Label | None = None
    then: Literal["destroy", "seal", "keep", "may-destroy", "ask-the-court"]
