"""A case's history and state as text for people, in the host's own time zone; `--json` has the same in full."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from services.audit.domain.words import YOUTH
from services.audit.domain.words_life import agency as named

Doc = Mapping[str, Any]


def moment(text: str) -> datetime:
    """A moment of an answer, in the host's own zone."""
    return datetime.fromisoformat(text).astimezone()


def day(at: datetime) -> str:
    """Monday 2 March 2026."""
    return f"{at:%A} {at.day} {at:%B %Y}"


def when(text: str | None) -> str:
    """Mon 2 Mar 2026, 16:00:01 PST."""
    if text is None:
        return "-"
    at = moment(text)
    return f"{at:%a} {at.day} {at:%b %Y, %H:%M:%S %Z}"


def head(answer: Doc) -> Iterator[str]:
    """What the answer covers: case, moment, axis, MOU, completeness, gaps."""
    axis = "was recorded" if answer["axis"] == "recorded" else "happened, as far as recorded by now"
    yield f"Case {answer['case']}"
    yield f"As of {when(answer['as_of'])} (by when it {axis})"
    yield answer["statement"]
    if answer["complete"]:
        yield f"Complete: nothing recorded before {when(answer['complete_until'])} is missing."
    elif answer["complete_until"]:
        yield f"Known to be complete until {when(answer['complete_until'])}; more may follow."
    else:
        yield "It is not yet known until when the ledger is complete: a service has not said so yet."
    yield f"MOU in force: {answer['mouversion'] or 'none'}"
    for gap in answer["gaps"]:
        yield f"MISSING: {gap}"


def timeline(answer: Doc, entries: Iterable[Doc]) -> Iterator[str]:
    """The history, a paragraph for each day, two lines for each event."""
    yield from head(answer)
    name, other = ("recorded", "happened") if answer["axis"] == "recorded" else ("happened", "recorded")
    last = ""
    for entry in entries:
        at = moment(entry[name])
        if day(at) != last:
            last = day(at)
            yield ""
            yield f"{last} ({name}; {at:%Z})"
        yield f"  {at:%H:%M:%S}  {named(entry['agency']):<20}  {entry['sentence']}"
        yield " " * 34 + " · ".join(_details(entry, other, at))


def _details(entry: Doc, other: str, at: datetime) -> Iterator[str]:
    second = moment(entry[other])
    shown = f"{second:%H:%M:%S}" if second.date() == at.date() else when(entry[other])
    yield f"{other} {shown}" + (" (recorded late)" if entry["late"] else "")
    yield f"clause {entry['clause']}"
    if entry["sealed"]:
        yield f"sealed: {', '.join(entry['sealed'])}"
    yield f"event {entry['event']}"


def standing(answer: Doc) -> Iterator[str]:
    """The state, section by section; what is empty is left out."""
    yield from head(answer)
    state = answer["state"]
    if not state["known"] and not state["last"]:
        return
    yield ""
    yield f"Lead agency: {named(state['lead']) if state['lead'] else '-'}    Youth: {state['youth'] or '-'}"
    sections = (
        ("Matters", state["matters"], _matter),
        ("Agencies", state["agencies"], _agency),
        ("Workers", state["workers"], _worker),
        ("Concerns", state["concerns"], _concern),
        ("Screenings", state["screenings"], _screening),
        ("Done outside Accord", state["acts"], _act),
        ("Referrals", state["referrals"], _referral),
        ("Not read by this version", state["unhandled"], _unhandled),
    )
    for title, things, told in sections:
        if things:
            yield ""
            yield title
            for thing in things:
                yield from (f"  {line}" for line in told(thing))
    yield ""
    counts = f"Reads: {state['reads']}, denied: {state['denials']}; refused commands: {state['refusals']}."
    yield f"{counts} Last event: {when(state['last']['recorded'])}."


def _matter(m: Doc) -> Iterator[str]:
    lead, opened = named(m["lead"]) if m["lead"] else "-", when((m["opened"] or {}).get("happened"))
    yield f"{m['matter'] or 'not yet opened'}, led by {lead}, opened {opened}"


def _agency(a: Doc) -> Iterator[str]:
    joined = f", since {when(a['joined']['happened'])}" if a["joined"] else ""
    left = f"; left {when(a['left']['happened'])} ({a['left_reason']})" if a["left"] else ""
    yield f"{named(a['agency'])}: {a['relation'] or 'relation not stated'}{joined}{left}"


def _worker(w: Doc) -> Iterator[str]:
    yield f"{w['worker']} ({w['role']}, {named(w['agency'])}), since {when(w['assigned']['happened'])}"


def _concern(c: Doc) -> Iterator[str]:
    by = f" by {named(c['reported_by'])}" if c["reported_by"] else ""
    at = f" on {when(c['reported']['happened'])}" if c["reported"] else ""
    yield f"{c['concern']}: {c['status']}, reported{by}{at}"
    if c["sealed"]:
        yield f"    sealed: {', '.join(c['sealed'])}"
    yield from _notices(c)


def _screening(s: Doc) -> Iterator[str]:
    version = f" {s['tool_version']}" if s["tool_version"] else ""
    by = f" by {named(s['recorded']['agency'])}" if s["recorded"] else ""
    wrong = f"; entered in error ({s['reason']})" if s["corrected"] else ""
    yield f"{s['tool'] or '-'}{version}: {s['band'] or '-'}{by}, on {when(s['screened_at'])}{wrong}"


def _act(a: Doc) -> Iterator[str]:
    to = f", to {a['to']}" if a["to"] else ""
    by = f" by {named(a['agency'])}" if a["agency"] else ""
    wrong = f"; entered in error ({a['reason']})" if a["corrected"] else ""
    yield f"{a['act'] or '-'}{to}{by}, on {when(a['done_at'])}{wrong}"


def _referral(r: Doc) -> Iterator[str]:
    sender, recipient = (named(r[k]) if r[k] else "?" for k in ("sender", "recipient"))
    recipient = f"{r['outside']} (outside)" if r["outside"] else recipient
    yield f"{r['referral']}: {str(r['status']).upper()}"
    yield f"    {sender} to {recipient}: {r['kind'] or '-'}, urgency {r['urgency'] or '-'};" + (
        f" {YOUTH.get(r['youth_choice'], r['youth_choice'])}"
    )
    if r["follows"]:
        yield f"    follows {r['follows']}"
    yield f"    first answer due {when(r['respond_by'])}"
    yield from _steps(r)
    for to in r["forwarded_to"]:
        yield f"    forwarded: {to}"
    for c in r["corrections"]:
        why = f" ({c['reason']})" if c["reason"] else ""
        how = str(c["how"]).replace("-", " ")
        yield f"    {how}{why} on {when(c['corrected']['happened'])}: {c['act']}, event {c['entry']}"
    if r["sealed"]:
        yield f"    sealed: {', '.join(r['sealed'])}"
    yield from _notices(r)


def _steps(r: Doc) -> Iterator[str]:
    for name in ("answered", "started", "held", "ended"):
        if r[name]:
            why = r["outcome"] if name == "ended" and r["outcome"] else r["reason"]
            last = name == next(n for n in ("ended", "held", "started", "answered") if r[n])
            said = f" ({why})" if why and last else ""
            yield f"    {name} by {named(r[name]['agency'])} on {when(r[name]['happened'])}{said}"


def _notices(thing: Doc) -> Iterator[str]:
    for n in thing["notices"]:
        seen = n["acknowledged"]
        state = f"acknowledged {when(seen['happened'])}" if seen else "not acknowledged"
        yield f"    told {n['recipient']} ({n['tier'] or '-'}): {state}"


def _unhandled(u: Doc) -> Iterator[str]:
    yield f"{u['type']}, recorded {when(u['recorded'])}, event {u['event']}"
