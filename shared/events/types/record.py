"""Reads of case data: one event per person, case, purpose and 15 minutes; and reads that were denied."""

from __future__ import annotations

from typing import ClassVar

from shared.events.data import ClassCode, Data, Id, Word


class RecordRead(Data):
    """A person read what is recorded of a case or concern.

    `about` is what was read first: a concern, a case, a referral or a dead letter. The event's subject is its case,
    if it has one.
    """

    TYPE: ClassVar[str] = "accord.record.read.v1"
    about: Id
    about_kind: Word
    classes: tuple[ClassCode, ...] = ()


class RecordDenied(Data):
    """A person asked for what they may not know of. They were told only that there is no such record."""

    TYPE: ClassVar[str] = "accord.record.denied.v1"
    about: Id
    about_kind: Word
