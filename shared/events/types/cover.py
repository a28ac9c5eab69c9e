"""Absence and cover: who stands in for a person who is away. Random ids, moments and codes; no words."""

from __future__ import annotations

from typing import ClassVar

from shared.events.data import AgencyCode, Data, EndOfCoverCode, Id
from shared.events.moments import Moment


class CoverArranged(Data):
    """From `begins` on and before `until`, a colleague of the same agency stands in for a person who is away."""

    TYPE: ClassVar[str] = "accord.cover.arranged.v1"
    cover: Id
    person: Id
    covering: Id
    agency: AgencyCode
    begins: Moment
    until: Moment


class CoverEnded(Data):
    """A cover is over from now on, before its time or before it began."""

    TYPE: ClassVar[str] = "accord.cover.ended.v1"
    cover: Id
    person: Id
    covering: Id
    agency: AgencyCode
    reason: EndOfCoverCode
