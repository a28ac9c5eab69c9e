"""Codes stand in clear on kept topics, so only those of the MOU's lists do: a name can be written like a code.

A report is never refused for a code: an unknown one is sealed with the narrative and flagged. Elsewhere it is
refused, by its field, never quoted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from services.referrals.domain.commands import ReportConcern
from shared.errors import Refusal
from shared.mou.document import Mou
from shared.mou.terms import listed_codes
from shared.mou.vocabulary import CodeList


def require_listed(name: CodeList, code: str, mou: Mou | None, clause: str, pointer: str) -> str:
    """`code`, if it is on the MOU's list. Raises Refusal `unknown-code` naming clause and field."""
    if code in listed_codes(name, mou):
        return code
    detail = "The code is not on the MOU's list."
    remedy = f"Choose one under codes.{name} of the MOU: GET /v1/mou, or accord mou show FILE."
    raise Refusal(clause, "unknown-code", detail, remedy, pointer)


def require_all_listed(
    name: CodeList, codes: Iterable[str], mou: Mou | None, clause: str, pointer: str
) -> tuple[str, ...]:
    """As `require_listed`, for each; the refusal names the first that is not on the list by its place."""
    return tuple(require_listed(name, code, mou, clause, f"{pointer}/{n}") for n, code in enumerate(codes))


def without_unlisted(command: ReportConcern, mou: Mou | None) -> tuple[ReportConcern, dict[str, Any]]:
    """The report without the codes that are on no list, and these by field."""
    unknown: dict[str, Any] = {}
    kind = command.exploitation_kind
    if kind is not None and kind not in listed_codes(CodeList.EXPLOITATION_KIND, mou):
        unknown["exploitation_kind"], kind = kind, None
    listed = listed_codes(CodeList.SIGNS, mou)
    signs = tuple(sign for sign in command.signs if sign in listed)
    if signs != command.signs:
        unknown["signs"] = [sign for sign in command.signs if sign not in listed]
    return command.model_copy(update={"exploitation_kind": kind, "signs": signs}), unknown
