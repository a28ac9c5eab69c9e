"""Signed notes (C2SP signed-note): a text, a blank line, and lines of signatures. Strict in what it takes.

<text, ends in a newline>
<blank line; the last one counts>
— <key name> <base64 of key id (4 bytes) and signature>        (the dash is U+2014)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import base64s
from .checkpoint import Checkpoint
from .errors import NotProven
from .keys import VerifierKey, check_name

DASH = "\u2014 "
#: A checkpoint is some hundred bytes.
MOST_BYTES, MOST_SIGNATURES = 100_000, 100


@dataclass(frozen=True, slots=True)
class Signature:
    """One line: who signed, four bytes of which key, and the signature."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{DASH}{self.name} {base64s.encoded(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A text and its signatures, none of them verified yet."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, note: str) -> SignedNote:
        """Raises NotProven for anything that is not a signed note, to the byte."""
        if len(note.encode("utf-8", "surrogatepass")) > MOST_BYTES:
            raise NotProven("the note is too long")
        if any((c < " " and c != "\n") or "\ud800" <= c <= "\udfff" for c in note):
            raise NotProven("the note has characters that a note cannot have")
        text, blank, lines = note.rpartition("\n\n")
        if not blank or not lines.endswith("\n"):
            raise NotProven("the note has no lines of signatures behind a blank line")
        signatures = tuple(_signature(line) for line in lines[:-1].split("\n"))
        if len(signatures) > MOST_SIGNATURES:
            raise NotProven("the note has too many signatures")
        return cls(text + "\n", signatures)

    def __str__(self) -> str:
        return self.text + "\n" + "".join(map(str, self.signatures))


def _signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(DASH).partition(" ")
    if not line.startswith(DASH) or not space:
        raise NotProven("a line of signatures is not one")
    check_name(name)
    data = base64s.decoded(encoded)
    if len(data) < 5:
        raise NotProven("a signature is too short")
    return Signature(name, data[:4], data[4:])


def open_note(note: str, keys: Sequence[VerifierKey]) -> SignedNote:
    """The note, once at least one of `keys` signed it, and no signature that names one of them is wrong.

    Signatures by other keys say nothing and are passed over. Raises NotProven.
    """
    opened = SignedNote.parse(note)
    by, known = {(key.name, key.id): key for key in keys}, False
    for one in opened.signatures:
        key = by.get((one.name, one.key_id))
        if key is None:
            continue
        if not key.verifies(opened.text.encode(), one.signature):
            raise NotProven("a signature is not by the key that it names")
        known = True
    if not known:
        raise NotProven("none of its signatures is by a key that is trusted here")
    return opened


def signed_checkpoint(note: str, origin: str, keys: Sequence[VerifierKey]) -> Checkpoint:
    """The checkpoint of the log `origin` in a signed note. Raises NotProven, also for another log's."""
    checkpoint = Checkpoint.parse(open_note(note, keys).text)
    if checkpoint.origin != origin:
        raise NotProven("the checkpoint is of another log")
    return checkpoint
