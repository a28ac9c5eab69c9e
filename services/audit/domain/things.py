"""The things that a state is made of, by section and id. Pure."""

from __future__ import annotations

from dataclasses import fields

from services.audit.domain.state import CaseState, Notice

#: A thing of the state: its section (a table of CaseState; "case" for the rest of it) and its id there.
Key = tuple[str, str]
#: The tables of the state.
SECTIONS: tuple[str, ...] = tuple(f.name for f in fields(CaseState) if f.default_factory is dict)
CASE: Key = ("case", "")
#: The things that notices stand with, and the field of an event that names one; the first that is there counts.
WITH_NOTICES = (("referrals", "referral"), ("concerns", "concern"))


def notices_of(state: CaseState, key: Key) -> list[Notice]:
    """The notices that stand with a thing, or with the case itself."""
    section, id = key
    found: list[Notice] = state.notices if key == CASE else getattr(state, section)[id].notices
    return found
