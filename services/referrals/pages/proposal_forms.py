"""The forms of a proposal: from what was typed to a command's body, or what is to be looked at, by field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from shared.events.types.mou import Through
from shared.web.site.forms import Form
from shared.web.site.words import N_

WRITE = N_("Write what you want to say.")
WHO = N_("Choose who wrote it.")
SIGNER = N_("Choose who has signed.")
DAY = N_(
    "Write the day like 2026-03-03. It is not after today, nor after the day on which this takes effect."
)
DIGEST = N_("Write the 64 letters and digits that name the signed file.")
ITEM = N_("Write the day of the meeting and the number of the item, like 2026-12-08/24.")
#: Pointer of a refusal -> the form's field, and what it says there.
FIELDS: Mapping[str, tuple[str, str]] = {
    "/text": ("text", N_("Write what you want to say, in 8,000 characters at most.")),
    "/clause": ("clause", N_("Choose a clause of this version, or none.")),
    "/party": ("party", WHO),
    "/comment": ("", N_("Somebody has answered this comment already.")),
    "/signed_on": ("signed_on", DAY),
    "/pdf_digest": ("pdf_digest", DIGEST),
    "/board_item": ("board_item", ITEM),
}
#: Where a signature names nobody, or somebody who has signed.
SIGNING = {**FIELDS, "/party": ("signer", SIGNER), "/office": ("signer", SIGNER)}
#: A body, and what is wrong by field.
Body = tuple[dict[str, Any], dict[str, str]]


def _comment(form: Form) -> Body:
    body = {name: form.get(name) for name in ("text", "clause", "party") if form.get(name)}
    if "party" in body:
        body["through"] = Through.PAPER.value
    return body, {} if "text" in body else {"text": WRITE}


def _answer(form: Form) -> Body:
    text = form.get("text")
    return {"text": text}, {} if text else {"text": WRITE}


def _sign(form: Form) -> Body:
    party, _, rest = form.get("signer").partition("/")
    county, _, office = rest.partition("/")
    body = {"party": party, "county": county, "office": office, "signed_on": form.get("signed_on")}
    errors = {} if party else {"signer": SIGNER}
    try:
        date.fromisoformat(body["signed_on"])
    except ValueError:
        errors["signed_on"] = DAY
    return {name: part for name, part in body.items() if part} | _digest(form), errors


def _adopt(form: Form) -> Body:
    body = _digest(form) | {"board_item": form.get("board_item")}
    missing = {"pdf_digest": DIGEST, "board_item": ITEM}
    return body, {name: text for name, text in missing.items() if not body.get(name)}


def _digest(form: Form) -> dict[str, Any]:
    """The digest of a file, as people copy it: with or without its kind before it."""
    said = form.get("pdf_digest").lower().removeprefix("sha256:")
    return {"pdf_digest": f"sha256:{said}"} if said else {}


#: The last word of the address -> what its form says.
BODIES = {"comment": _comment, "answer": _answer, "sign": _sign, "adopt": _adopt}
