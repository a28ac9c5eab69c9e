"""Invented examples of the life of a version of the MOU: proposed, commented on, answered, signed, superseded."""

from __future__ import annotations

from datetime import UTC, date, datetime

from shared.events import names
from shared.events.inventing import Example, sealed_parts
from shared.events.inventing import invented_id as _id
from shared.events.names import Agency, SealedClass
from shared.events.types.mou import (
    ADVISORY_BOARD,
    MouCommentAnswered,
    MouCommented,
    MouProposed,
    MouSigned,
    MouSuperseded,
    Through,
)

MOU, PROPOSAL, COMMENT, COORDINATOR = _id("30c0"), _id("940905a1"), _id("c033e27"), _id("c0041d", 1)
_NEXT, _DIGEST = "alder-2031-1", "sha256:" + "0" * 64

LIFE_OF_A_VERSION: tuple[Example, ...] = (
    Example(
        MouProposed(
            proposal=PROPOSAL,
            mou=MOU,
            version=_NEXT,
            based_on="alder-2030-1",
            digest=_DIGEST,
            document={"county": "Alder (invented)", "version": _NEXT},
        ),
        *(Agency.COUNTY, COORDINATOR, MOU, PROPOSAL, 1, "7.1", None, names.MOU_TOPIC),
    ),
    Example(
        MouCommented(
            comment=COMMENT,
            proposal=PROPOSAL,
            party=ADVISORY_BOARD,
            through=Through.PAPER,
            clause="9.2",
            sealed=sealed_parts(SealedClass.NARRATIVE),
        ),
        *(Agency.COUNTY, COORDINATOR, MOU, PROPOSAL, 2, "13.7", None, names.MOU_TOPIC),
    ),
    Example(
        MouCommentAnswered(comment=COMMENT, proposal=PROPOSAL, sealed=sealed_parts(SealedClass.NARRATIVE)),
        *(Agency.COUNTY, COORDINATOR, MOU, PROPOSAL, 3, "13.7", None, names.MOU_TOPIC),
    ),
    Example(
        MouSigned(
            proposal=PROPOSAL,
            party=Agency.PROBATION,
            office="Chief Probation Officer",
            signed_on=date(2030, 11, 19),
            pdf_digest=_DIGEST,
        ),
        *(Agency.COUNTY, COORDINATOR, MOU, PROPOSAL, 4, "7.1", None, names.MOU_TOPIC),
    ),
    Example(
        MouSuperseded(
            version="alder-2030-1",
            by_version=_NEXT,
            since=datetime(2031, 1, 1, 8, tzinfo=UTC),
        ),
        *(Agency.COUNTY, COORDINATOR, MOU, MOU, 3, "7.1", None, names.MOU_TOPIC),
    ),
)
