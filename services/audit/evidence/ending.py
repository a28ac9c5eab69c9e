"""The end of the readable report: what it proves and what not, how to verify, words, every record's place. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from services.audit.domain.evidence import Piece
from services.audit.domain.proof.index import EXTRACT, OF_MOU, RAW, WITHHELD
from services.audit.evidence.html import element, heading, listed, paragraph, table, text
from services.audit.evidence.story import Story

HOW = {RAW: "whole", EXTRACT: "in part", WITHHELD: "withheld"}

PROVES = (
    "Every record given here is, byte for byte, in the log that the signed checkpoint is of, at the place"
    " named.",
    "Of every stream of the case, each event from the first to the last by then is here, given or withheld:"
    " they are numbered without gaps, and a missing number shows.",
    "This page, the state and the history are those that the holder of the key signed, and no other file was"
    " put in.",
)
PROVES_NOT = (
    "That what an agency recorded is true.",
    "That there is no further stream of the case, or no later event: the log’s keeper says so, and signed"
    " it; only the whole log shows it.",
    "That the signer never signed another past: for that, compare a checkpoint that somebody else kept.",
    "The sentences, and the case’s state: they are the signer’s reading of the records. The facts of each"
    " record given whole are compared with it; the rest rests on the signature.",
    "That this page is honest about itself, if somebody replaced it whole: verify the bundle with a program"
    " you got by another way.",
)
VERIFY = (
    "Look at the top of this page: it says whether what is on it is what was signed. It needs no network.",
    "In the unpacked folder of the bundle run “python3 verify.py” (Python 3.11 or later, nothing to install, no"
    " network). It looks into every file and names the first that does not fit.",
    "Get the public key from the county by another way (its website, a letter), and give it: “python3"
    " verify.py --key KEY”.",
    "If you, a court or the state kept an earlier checkpoint, give it too: “--checkpoint FILE”, or its root"
    " with “--root”.",
    "Any program that knows BagIt (RFC 8493) can check the files’ digests too.",
)
WORDS = (
    ("Concern", "a report that a young person may have been exploited."),
    (
        "Referral",
        "one agency asks another to help the young person; the other accepts, declines, serves, ends.",
    ),
    ("Screening", "a short set of questions about risk; only its outcome, a band, is recorded."),
    ("Memorandum (MOU)", "what the agencies agreed and signed; its clauses decide who may do and see what."),
    ("Record, event", "one thing that was recorded; it is never changed. A correction is a further event."),
    ("Stream", "the events of one matter, numbered 1, 2, 3 without gaps."),
    ("Log", "all records of one kind in the order in which they came, numbered from 0 without gaps."),
    ("Checkpoint", "the log’s length and a fingerprint of all of it (the root), signed."),
    ("Sealed", "encrypted; the key lies elsewhere."),
)


def place(piece: Piece) -> tuple[str, int, int]:
    """Where the record stands: topic, partition, sequence."""
    return piece.entry.topic, piece.entry.partition, piece.entry.sequence


def ending(story: Story) -> Iterator[str]:
    """The last sections."""
    yield heading("What this proves, and what not", 2, "proves")
    yield paragraph("If everything fits, this is proven:")
    yield listed(PROVES)
    yield paragraph("This is not:")
    yield listed(PROVES_NOT)
    yield heading("How to verify it yourself", 2, "verify")
    yield listed(VERIFY, "ol")
    yield paragraph("The public key that this bundle was signed with:")
    yield element("p", element("code", text(story.key)))
    yield heading("Words used here", 2, "words")
    yield element("dl", "".join(element("dt", text(a)) + element("dd", text(b)) for a, b in WORDS))
    yield heading("Every record, and its place", 2, "places")
    columns = ("Log, partition and sequence", "Stream and part", "Given", "Event")
    pieces = sorted([*story.pieces, *story.mous], key=place)
    yield table("In the order of the logs", columns, [_place(story, piece) for piece in pieces])


def _place(story: Story, piece: Piece) -> list[str]:
    entry, envelope = piece.entry, piece.entry.event.envelope
    stream = story.streams[envelope.stream]
    part = f"{stream.label}, part {entry.event.version}" + (" (MOU)" if stream.kind == OF_MOU else "")
    event = element("code", text(envelope.id)) if piece.given != WITHHELD else "not shown"
    log = f"{entry.topic}/{entry.partition}, {entry.sequence}"
    return [element("code", text(log)), text(part), text(HOW[piece.given]), event]
