"""The readable report: a case told to somebody who never saw Accord. Pure. What it says is signed by its digest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from services.audit.domain.evidence import Piece
from services.audit.domain.gaps import ranges
from services.audit.domain.proof.index import EXTRACT, RAW
from services.audit.domain.words_life import agency as named
from services.audit.evidence.ending import HOW, ending, place
from services.audit.evidence.html import element, facts, heading, paragraph, table, text
from services.audit.evidence.owed import owed
from services.audit.evidence.stood import stood
from services.audit.evidence.story import Doc, Story


def report(story: Story) -> str:
    """The HTML inside `<main>`."""
    parts = [
        *_beginning(story),
        *_happened(story),
        *stood(story),
        *owed(story),
        *_withheld(story),
        *_rules(story),
    ]
    return "\n" + "\n".join([*parts, *ending(story)]) + "\n"


def _beginning(story: Story) -> Iterator[str]:
    county = story.mou.get("county")
    where = f"the agencies of {county}" if county else "the agencies of a county"
    view = f", as far as {story.view} could have known it" if story.view else ""
    yield heading(f"One case, as it stood on {story.when(story.history['as_of'])}", 1, "top")
    yield paragraph(
        f"This page tells what {where} recorded about one young person’s case up to that moment{view}. Each"
        " line rests on a record in a log that is kept so that nothing in it can be changed or left out"
        " without being noticed. Nobody is named here: what identifies a person is sealed, and neither this"
        " page nor those who made it can open it."
    )
    yield facts("At a glance", _glance(story))


def _glance(story: Story) -> Iterator[tuple[str, str]]:
    said = story.history
    yield "Case", element("code", text(story.case))
    yield "As of", text(f"{story.when(said['as_of'])}, by when things were recorded")
    yield (
        "Seen by",
        text(f"{story.view}: what it could have known then" if story.view else "an auditor: everything"),
    )
    yield "Taken by", text(f"{named(story.asked.agency)}, for the purpose of {story.asked.purpose}")
    yield "Taken on", text(story.when(story.asked.made))
    yield "Memorandum in force", text(said["mouversion"] or "none yet")
    yield "Events told here", text(said["events"])
    until = story.when(said["complete_until"])
    complete = "yes: nothing recorded up to then was still on its way"
    yield (
        "Complete",
        text(complete if said["complete"] else f"known to be complete until {until}; more may have followed"),
    )
    for gap in said["gaps"]:
        yield "MISSING", text(gap)


def _happened(story: Story) -> Iterator[str]:
    yield heading("What happened", 2, "happened")
    entries: Sequence[Doc] = story.history["entries"]
    if not entries:
        yield paragraph("Nothing of this case was recorded by then.")
        return
    yield paragraph(
        "In the order in which it was recorded. “Recorded” is when the log learned of it; “happened” is when"
        " it is said to have taken place. All times are those of the county. “Proof” says whether the record"
        " itself is in this bundle."
    )
    given = {piece.entry.event.envelope.id: piece for piece in story.pieces}
    columns = ("No.", "Recorded", "Happened", "Who", "What", "Under which clause", "Proof")
    rows = []
    for number, entry in enumerate(entries, 1):
        piece = given[entry["event"]]
        happened = story.when(entry["happened"]) if entry.get("happened") else "not shown"
        late = " (recorded late)" if piece.given == RAW and piece.entry.late else ""
        who = named(entry["agency"]) if entry.get("agency") else "not shown"
        rule = story.rule(piece.entry.event.envelope.clause) if piece.given == RAW else "not shown"
        cells = (number, story.when(entry["recorded"]), happened + late, who)
        rows.append([*map(text, cells), _what(entry), text(rule), text(f"given {HOW[piece.given]}")])
    yield table("Every event, one a line", columns, rows)


def _what(entry: Doc) -> str:
    said = text(entry["sentence"])
    if entry.get("sealed"):
        said += element("small", text(f" Sealed, not opened here: {', '.join(entry['sealed'])}."))
    if entry.get("whole") is False and entry["fields"]:
        fields = "; ".join(f"{path.rpartition('/')[2]}: {value}" for path, value in entry["fields"].items())
        said += element("small", text(f" Extract, not provable by itself: {fields}."))
    return said


def _withheld(story: Story) -> Iterator[str]:
    yield heading("What is withheld, and why", 2, "withheld")
    kept = [piece for piece in story.pieces if piece.given != RAW]
    yield paragraph(
        "Names, addresses and other sealed facts can be read in no bundle: they are encrypted, and their keys lie"
        " elsewhere, under the county’s rules."
    )
    if not kept:
        yield paragraph("Beyond that nothing of the case is withheld: every record is here whole.")
        return
    yield paragraph(
        "Of each of these records the bundle holds a fingerprint and the proof of its place, so that none"
        " can be left out unseen, but not the record. “Part 3 of s2” is the third event of stream s2;"
        " streams whose id would tell too much have a label only."
    )
    columns = ("Which record", "Its place in the log", "How much is given", "Why", "Under which clause")
    yield table(
        "Withheld, wholly or in part", columns, [_kept(story, group) for group in _groups(story, kept)]
    )


def _groups(story: Story, kept: Sequence[Piece]) -> Iterator[list[Piece]]:
    """What is told in one line: all that is withheld of a stream; each record that is given in part."""
    together: dict[object, list[Piece]] = {}
    for piece in sorted(kept, key=place):
        label = story.streams[piece.entry.event.envelope.stream].label
        one = (label, piece.given, piece.reason, piece.clause)
        together.setdefault((*one, place(piece)) if piece.given == EXTRACT else one, []).append(piece)
    yield from together.values()


def _kept(story: Story, group: Sequence[Piece]) -> list[str]:
    piece, entry = group[0], group[0].entry
    stream = story.streams[entry.event.envelope.stream]
    parts = _numbers("Part", sorted(one.entry.event.version for one in group))
    places = _numbers("sequence", sorted(one.entry.sequence for one in group))
    which = text(f"{parts} of {stream.label}")
    if piece.given == EXTRACT:
        which += element("small", text(f" event {entry.event.envelope.id}"))
    log = f"{entry.topic}, partition {entry.partition}, {places}"
    return [which, text(log), text(HOW[piece.given]), text(piece.reason), text(story.rule(piece.clause))]


def _numbers(what: str, numbers: Sequence[int]) -> str:
    return f"{what}{'s' if len(numbers) > 1 else ''} {', '.join(ranges(numbers))}"


def _rules(story: Story) -> Iterator[str]:
    yield heading("The memorandum of understanding", 2, "mou")
    if not story.adopted:
        yield paragraph("No version had been adopted by then.")
        return
    yield paragraph(
        "What the agencies agreed: who may do what, and who may see what. Each version is in this bundle"
        " whole, as it was adopted, in data/mou."
    )
    in_force = story.history["mouversion"]
    rows = [
        [
            text(one.version + (" (in force at this page’s moment)" if one.version == in_force else "")),
            text(story.when(one.recorded)),
            text(story.when(one.effective)),
            text(story.document(one).get("county", "-")),
        ]
        for one in story.adopted
    ]
    yield table("Versions adopted by then", ("Version", "Adopted", "In force from", "County"), rows)
