"""What an agency could have known of a case, where values came from, and differences, as text for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from services.audit.domain.words_life import agency as named
from services.audit.shown import day, moment, when

Doc = Mapping[str, Any]

#: Section -> what a thing of it is called.
THINGS = {
    "case": "The case",
    "matters": "Matter",
    "agencies": "Agency",
    "workers": "Worker",
    "concerns": "Concern",
    "referrals": "Referral",
    "screenings": "Screening",
    "acts": "Act on record",
    "notices": "Item in a feed",
}
HOW = {"stated": "stated by it", "could-see": "could see it"}
SAW = {"read": "read the case", "told": "was told", "acknowledged": "acknowledged an item"}


def known_head(answer: Doc) -> Iterator[str]:
    """Whose view, of which case, when, and how far the answer reaches."""
    who = named(answer["known_to"])
    yield f"Case {answer['case']}, as {who} could have known it"
    yield f"As of {when(answer['as_of'])} (by when it was recorded)"
    yield answer["statement"]
    yield "That is what it stated itself, and all that the MOU in force at each moment let any of its people see."
    until = answer["complete_until"]
    if answer["complete"]:
        yield f"Complete: nothing recorded before {when(until)} is missing."
    elif until:
        yield f"Known to be complete until {when(until)}; more may follow."
    else:
        yield "It is not yet known until when the ledger is complete: a service has not said so yet."
    yield f"MOU in force: {answer['mouversion'] or 'none'}"
    for gap in answer["gaps"]:
        yield f"MISSING: {gap}"


def known_timeline(answer: Doc, entries: Iterable[Doc]) -> Iterator[str]:
    """The history as known to an agency, a paragraph for each day."""
    yield from known_head(answer)
    last = ""
    for entry in entries:
        at = moment(entry["recorded"])
        if day(at) != last:
            last = day(at)
            yield ""
            yield f"{last} (recorded; {at:%Z})"
        who = named(entry["agency"]) if entry["agency"] else "(not shown)"
        yield f"  {at:%H:%M:%S}  {who:<20}  {entry['sentence']}"
        how = ", ".join(HOW[h] for h in entry["how"])
        seen = "" if entry["whole"] else f" · {_seen(entry['fields'])}"
        yield " " * 34 + f"{how}{seen} · event {entry['event']}"


def _seen(fields: Doc) -> str:
    said = [f"{word(p.rpartition('/')[2])}: {value(v)}" for p, v in fields.items()]
    return "; ".join(said) or "sealed facts only"


def known_state(answer: Doc) -> Iterator[str]:
    """What an agency could have known, thing by thing; then what its people did see."""
    yield from known_head(answer)
    for thing in sorted(answer["things"], key=lambda t: list(THINGS).index(t["section"])):
        yield ""
        yield f"{title(thing['section'], thing['id'])} ({_sight(thing)})"
        yield from columns((f"  {word(n)}", value(v)) for n, v in thing["fields"].items())
        if thing["opens"]:
            yield f"  sealed facts it could have opened: {', '.join(sorted(thing['opens']))}"
    yield ""
    yield "What its people did see" if answer["did_see"] else "No event says that its people saw anything."
    for saw in answer["did_see"]:
        classes = f", opened {', '.join(saw['classes'])}" if saw["classes"] else ""
        beyond = f"; BEYOND WHAT THE MOU ALLOWED: {', '.join(saw['beyond'])}" if saw["beyond"] else ""
        said = f"read the {saw['thing']}" if saw["thing"] else SAW[saw["kind"]]
        yield f"  {when(saw['recorded'])}: {said}{classes}{beyond}"


def _sight(thing: Doc) -> str:
    if thing["until"]:
        return f"as it could see it until {when(thing['until'])}"
    return "as it can see it" if thing["seen"] else "only what it stated, or could open through the case"


def provenance(answer: Doc) -> Iterator[str]:
    """Where a field's value came from."""
    yield f"Case {answer['case']}, field {answer['path']}"
    if answer["known_to"]:
        yield f"As {named(answer['known_to'])} could have known it"
    yield f"As of {when(answer['as_of'])}"
    if not answer["values"]:
        yield "By then there is no such field in this view. `accord audit state --fields` lists those that are."
    for found in answer["values"]:
        yield ""
        yield f"  {value(found['value']) if found['value'] is not None else '(taken away)'}"
        yield f"    {_by(found['set_by'])}"


def field_list(answer: Doc) -> Iterator[str]:
    """Every field, its value, and the event that last set it, by number."""
    yield f"Case {answer['case']}" + (
        f", as {named(answer['known_to'])} could have known it" if answer["known_to"] else ""
    )
    yield f"As of {when(answer['as_of'])}"
    numbers = {ref["event"]: n for n, ref in enumerate(answer["set_by"], 1)}
    yield ""
    yield from columns((f["path"], value(f["value"]), f"[{numbers[f['set_by']]}]") for f in answer["fields"])
    yield from _events(answer["set_by"])


def differences(answer: Doc) -> Iterator[str]:
    """What the second view has that the first has not, and the other way round, thing by thing."""
    yield f"Case {answer['case']}: how one view differs from another"
    yield f"  from  {_point(answer['before'])}"
    yield f"  to    {_point(answer['after'])}"
    yield answer["statement"]
    for gap in answer["gaps"]:
        yield f"MISSING: {gap}"
    numbers = {ref["event"]: n for n, ref in enumerate(answer["set_by"], 1)}
    things: dict[str, list[Doc]] = {}
    for change in answer["changes"]:
        things.setdefault(change["path"].rpartition("/")[0], []).append(change)
    for thing, changes in things.items():
        yield ""
        yield title(*(thing.split("/") if "/" in thing else (thing, "")))
        rows = [("  field", "was", "is", "", "set by")]
        rows += [(f"  {word(c['path'].rpartition('/')[2])}", *_change(c, numbers)) for c in changes]
        yield from columns(rows)
    yield from _events(answer["set_by"])


def _change(c: Doc, numbers: Mapping[str, int]) -> tuple[str, str, str, str]:
    was, now = (value(c[k]) if c[f"{k}_set_by"] else "(nothing)" for k in ("before", "after"))
    return (
        was,
        now,
        c["kind"].replace("-", " "),
        f"[{numbers.get(c['after_set_by'] or c['before_set_by'], '-')}]",
    )


def _point(point: Doc) -> str:
    whose = (
        f"as {named(point['known_to'])} could have known it" if point["known_to"] else "everything recorded"
    )
    noun = "event" if point["events"] == 1 else "events"
    return f"{when(point['as_of'])}, {whose} ({point['events']} {noun})"


def _events(refs: Sequence[Doc]) -> Iterator[str]:
    if refs:
        yield ""
        yield "Set by"
    for number, ref in enumerate(refs, 1):
        yield f"  [{number}] {_by(ref)}"


def _by(ref: Doc) -> str:
    return f"{when(ref['recorded'])}: {ref['sentence']} (event {ref['event']})"


def title(section: str, id: str) -> str:
    """What a thing is called: Referral 4efe…"""
    return f"{THINGS.get(section, section)} {id}".strip()


def word(name: str) -> str:
    """A field's name in words: respond_by → respond by; agencies.probation → agencies, probation."""
    return name.replace("_", " ").replace(".", ", ")


def value(found: Any) -> str:
    """A field's value for people."""
    if isinstance(found, dict):
        if "happened" in found:
            return f"{when(found['happened'])}, by {named(found['agency'])}"
        return "; ".join(f"{word(n)}: {value(v)}" for n, v in found.items() if v is not None)
    if isinstance(found, list):
        return ", ".join(map(value, found))
    if isinstance(found, str) and found[10:11] == "T" and found.endswith("Z"):
        return when(found)
    return {True: "yes", False: "no"}.get(found, str(found)) if isinstance(found, bool) else str(found)


def columns(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Rows in columns as wide as their widest cell."""
    every = list(rows)
    widths = [max(len(cell) for cell in column) for column in zip(*every, strict=True)]
    for row in every:
        yield "  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip()
