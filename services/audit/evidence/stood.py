"""How the case stood at the report's moment, as tables: the auditor's view, or an agency's. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from services.audit.domain.words_life import agency as named
from services.audit.domain.words_life import plain
from services.audit.evidence.html import element, facts, heading, paragraph, table, text
from services.audit.evidence.story import Doc, Story
from services.audit.shown_known import title, word


def stood(story: Story) -> Iterator[str]:
    """The section."""
    yield heading("How the case stood then", 2, "stood")
    yield from _known(story) if story.view else _whole(story)


def _whole(story: Story) -> Iterator[str]:
    state: Doc = story.state["state"]
    if not state["last"]:
        yield paragraph("There was no case yet.")
        return
    lead = named(state["lead"]) if state["lead"] else "nobody yet"
    yield paragraph(f"The case was led by {lead}.")
    for caption, columns, rows in _sections(story, state):
        if rows:
            yield table(caption, columns, rows)
    counts = f"It was read {state['reads']} times through Accord, and {state['denials']} reads were denied"
    yield paragraph(f"{counts}; {state['refusals']} commands were refused.")


def _sections(story: Story, state: Doc) -> Iterator[tuple[str, tuple[str, ...], list[list[str]]]]:
    yield (
        "Agencies that took part",
        ("Agency", "As", "Since", "Until"),
        [
            [text(named(a["agency"])), _code(a["relation"]), _at(story, a["joined"]), _at(story, a["left"])]
            for a in state["agencies"]
        ],
    )
    yield (
        "Concerns",
        ("Reported by", "On", "Status"),
        [
            [_named(c["reported_by"]), _at(story, c["reported"]), _code(c["status"])]
            for c in state["concerns"]
        ],
    )
    yield (
        "Screenings",
        ("Tool", "Outcome (band)", "On", "Entered in error"),
        [
            [
                _code(s["tool"]),
                _code(s["band"]),
                text(story.when(s["screened_at"])),
                "yes" if s["corrected"] else "no",
            ]
            for s in state["screenings"]
        ],
    )
    yield (
        "Done outside Accord",
        ("What", "To", "On", "Entered in error"),
        [
            [
                _code(a["act"]),
                _code(a["to"]),
                text(story.when(a["done_at"])),
                "yes" if a["corrected"] else "no",
            ]
            for a in state["acts"]
        ],
    )
    yield (
        "Referrals",
        ("What for", "From", "To", "How it stood", "First answer due", "Answered", "Ended"),
        [_referral(story, r) for r in state["referrals"]],
    )


def _referral(story: Story, r: Doc) -> list[str]:
    to = text(f"{plain(r['outside'])} (outside the network)") if r["outside"] else _named(r["recipient"])
    why = f" ({plain(r['outcome'] or r['reason'])})" if r["outcome"] or r["reason"] else ""
    due = text(story.when(r["respond_by"]))
    stands = text(plain(r["status"]) + why)
    return [
        _code(r["kind"]),
        _named(r["sender"]),
        to,
        stands,
        due,
        _at(story, r["answered"]),
        _at(story, r["ended"]),
    ]


def _known(story: Story) -> Iterator[str]:
    yield paragraph(
        f"What {story.view} stated itself, and all that the memorandum in force at each moment let any of"
        " its people see; each thing as it last could see it."
    )
    for thing in story.state["things"]:
        yield facts(_title(story, thing), _thing(story, thing))
    saw = [
        f"{named(story.asked.known_to or '')} {_saw(one)} on {story.when(one['recorded'])}."
        for one in story.state["did_see"]
    ]
    yield paragraph(
        "What its people did see, as far as an event says so:"
        if saw
        else "No event says that its people saw any of it."
    )
    if saw:
        yield element("ul", "".join(element("li", text(one)) for one in saw))


def _saw(one: Doc) -> str:
    return {"read": "read the case", "told": "was told", "acknowledged": "acknowledged an item"}[one["kind"]]


def _title(story: Story, thing: Doc) -> str:
    until = f"could see it until {story.when(thing['until'])}" if thing["until"] else "could see it still"
    return f"{title(thing['section'], thing['id'])} ({until if thing['seen'] else 'only stated it'})"


def _thing(story: Story, thing: Doc) -> Iterator[tuple[str, str]]:
    for name, said in thing["fields"].items():
        yield word(name), text(_value(story, said))
    if thing["opens"]:
        opens = ", ".join(plain(name) for name in sorted(thing["opens"]))
        yield "sealed facts it could have opened", text(opens)


def _value(story: Story, said: object) -> str:
    if isinstance(said, list):
        return ", ".join(_value(story, one) for one in said) or "-"
    if isinstance(said, dict):
        return "; ".join(f"{word(str(k))}: {_value(story, v)}" for k, v in said.items())
    if isinstance(said, str) and said[10:11] == "T" and said.endswith("Z"):
        return story.when(said)
    return "-" if said is None else str(said) if _is_id(said) else plain(said)


def _is_id(said: object) -> bool:
    return isinstance(said, str) and len(said) == 36 and said.count("-") == 4


def _at(story: Story, happened: Doc | None) -> str:
    return text(story.when(happened["happened"]) if happened else "-")


def _named(code: str | None) -> str:
    return text(named(code) if code else "-")


def _code(code: object) -> str:
    return text(plain(code) if code else "-")
