"""The page on a referral's life, made from its table (`domain/life_cycle.py`), for `accord events export`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from services.referrals.domain.life_cycle import MOVES, Party, rows
from services.referrals.domain.parts import ReferralStatus
from shared.mou import Mou, load

#: The MOU whose clauses the page shows; another county's has its own.
COUNTY = Path(__file__).parents[2] / "deploy" / "local" / "alder-county.yaml"

HEAD = """# The life of a referral

Made from the table in `services/referrals/domain/life_cycle.py`; `accord events export` writes it. States are those
of FHIR's SDOH Clinical Care guide, with `received` as a step of our own. The same holds whether a party's queue was
asked, a worker of it by name, or an agency outside the network: for the last one, the agency that asked records the
answers.

What is not in the table is refused (409), with the clause of the act and with what the referral does take, and the
refusal is recorded. A move with a **flag** is taken although a step before it was not recorded: that a youth was
served is never refused for its order. The agency that asked is then told as act-now.
"""

FOOT = """
- **Undo** takes back the last entry that counts, by the person who made it, within the MOU's minutes; what the
  remaining entries say counts again. Going on to another agency is not undone: the new referral is cancelled.
- **Enter in error** marks one entry (`entry`, the id of its event; the referral is then what the others say) or the
  whole referral, by the agency that made it, at any time. Both stay in the record, and as of before they count.
- **Ask information** says by the MOU's codes what has to be known first; **give information** answers one such
  question, within what the agency that was asked may see. Neither is the referral's answer: it stays as it stands,
  and the time for its answer goes on. A question is open until it is answered or the referral waits for nothing
  more.
- A **call** says when the two agencies telephoned, who called, and whether they reached each other: never who spoke
  or what was said. A call that was tried in vain is recorded as well.
- **Forward** makes a new referral that names the one it follows; the first one says where it went, and keeps its
  status.
- An agency that an entry on the referral brought into the case takes part no longer once no entry that counts says
  that it serves the youth; and again if what took it out is undone. Accord looks at this referral alone: if the
  agency serves another one of the case, the lead agency adds it again.
"""

#: What every state takes, and the picture leaves out.
NOT_DRAWN = (
    "each state takes **undo** and a **call**; each but `entered-in-error` takes **enter in error**; while"
    " something is to be done, the one agency may **ask** and the other **give information**"
)


def exports() -> dict[str, str]:
    """Path from the repository's root -> text."""
    mou = load(COUNTY.read_text("utf-8"))
    return {"docs/referral-life.md": "\n".join([HEAD, *_diagram(), "", *_table(mou), FOOT])}


def _name(status: ReferralStatus) -> str:
    return "[*]" if status is ReferralStatus.NONE else status.replace("-", "_")


def _short(act: str) -> str:
    return act.replace("-referral", "").replace("-in-error", " in error")


def _diagram() -> Iterator[str]:
    """The moves between states. What every state takes (undo, enter in error) is said once, below."""
    yield "```mermaid"
    yield "stateDiagram-v2"
    for status in ReferralStatus:
        if status is not ReferralStatus.NONE and "-" in status:
            yield f'    state "{status.replace("-", " ")}" as {_name(status)}'
    for (status, act), move in MOVES.items():
        if move.after is not None and move.by is not Party.AUTHOR:
            flagged = " (flagged)" if move.flags else ""
            yield f"    {_name(status)} --> {_name(move.after)} : {_short(act)}{flagged}"
    yield "```"
    yield ""
    yield f"Not drawn: {NOT_DRAWN}."


def _table(mou: Mou) -> Iterator[str]:
    yield f"Clauses are those of {mou.county}, version {mou.version}."
    yield ""
    yield "| status | act | then | who may, at most | clause | flag |"
    yield "|--|--|--|--|--|--|"
    for row in rows(mou):
        then = row.move.after or "what the other entries say"
        flags = ", ".join(f"`{flag}`" for flag in row.move.flags)
        clauses = ", ".join(row.clauses) or "none allows it"
        yield f"| {row.status} | `{row.act}` | {then} | {row.move.by} | {clauses} | {flags} |"
