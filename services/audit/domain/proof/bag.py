"""The bag around an evidence bundle (BagIt, RFC 8493): its manifests, and the seal over all of them.

Every file but the seal stands in a manifest, the manifest of the payload stands in the tag manifest, and the seal
is a signed note over the tag manifest. So whichever byte is altered, the file that it is in can be named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from .errors import NotProven
from .keys import VerifierKey
from .note import open_note

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
BAGIT, INFO = "bagit.txt", "bag-info.txt"
MANIFEST, TAGS, SEAL = "manifest-sha256.txt", "tagmanifest-sha256.txt", "seal.note"
KEY = "data/key.txt"
PAYLOAD = "data/"

Members = Mapping[str, bytes]
"""Path in the bag, with `/` -> the file's bytes."""

_LINE = re.compile(r"([0-9a-f]{64})  (.+)", re.ASCII)
_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that does not fit: the file of the bag that it is in, and what, in words."""

    member: str
    text: str


def is_safe(path: str) -> bool:
    """Whether it is a path that a bundle may have: plain letters, no way out of the folder."""
    return len(path) <= 200 and _PATH.fullmatch(path) is not None


def manifest(members: Members, wanted: Callable[[str], bool]) -> bytes:
    """A line for each wanted file: SHA-256, two spaces, path."""
    lines = [
        f"{sha256(data).hexdigest()}  {path}\n" for path, data in sorted(members.items()) if wanted(path)
    ]
    return "".join(lines).encode()


def is_payload(path: str) -> bool:
    """Whether the file stands in the manifest of the payload."""
    return path.startswith(PAYLOAD)


def is_tag(path: str) -> bool:
    """Whether the file stands in the tag manifest."""
    return not is_payload(path) and path not in (TAGS, SEAL)


def sealed_text(name: str, what: str, data: bytes) -> str:
    """What is signed over a file: not the text of any checkpoint, so neither can be taken for the other."""
    return f"{name}/evidence\n{what} sha256:{sha256(data).hexdigest()}\n"


def open_seal(note: bytes, what: str, data: bytes, keys: Sequence[VerifierKey]) -> bool:
    """Whether the note is over just these bytes of `what`. Raises NotProven if no trusted key signed it."""
    opened = open_note(text_of(note), keys)
    names = {key.name for key in keys}
    return any(opened.text == sealed_text(name, what, data) for name in names)


def text_of(data: bytes) -> str:
    """UTF-8 as text. Raises NotProven."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotProven("it is not text in UTF-8") from error


def read_key(members: Members) -> VerifierKey:
    """The public key that the bundle brings along. Raises NotProven."""
    text = text_of(members.get(KEY, b""))
    if not text.endswith("\n"):
        raise NotProven("it holds no public key on one line")
    return VerifierKey.parse(text[:-1])


def digest_of(members: Members) -> str:
    """What names the bundle: SHA-256 of its tag manifest."""
    return f"sha256:{sha256(members.get(TAGS, b'')).hexdigest()}"


def bag_problems(members: Members, keys: Sequence[VerifierKey]) -> Iterator[Problem]:
    """What does not fit of declaration, manifests and seal. A file is blamed by a manifest that is sealed."""
    missing = [path for path in (BAGIT, INFO, MANIFEST, TAGS, SEAL, KEY) if path not in members]
    yield from (Problem(path, "is missing: this is not a whole evidence bundle") for path in missing)
    yield from (
        Problem(path, "has a name that no bundle gives a file") for path in members if not is_safe(path)
    )
    if missing:
        return
    if members[BAGIT] != DECLARATION:
        yield Problem(BAGIT, "does not say that this is a bag (BagIt 1.0, UTF-8)")
    if keys:
        seal = list(_seal_problems(members, keys))
        yield from seal
        if seal:
            return
    found = list(_listed(members, TAGS, is_tag))
    yield from found
    if not any(one.member == MANIFEST for one in found):
        yield from _listed(members, MANIFEST, is_payload)


def _seal_problems(members: Members, keys: Sequence[VerifierKey]) -> Iterator[Problem]:
    try:
        if not open_seal(members[SEAL], TAGS, members[TAGS], keys):
            yield Problem(TAGS, "is not the one that was sealed")
    except NotProven as error:
        yield Problem(SEAL, f"does not seal this bundle: {error}")


def _listed(members: Members, name: str, wanted: Callable[[str], bool]) -> Iterator[Problem]:
    try:
        told = dict(_lines(text_of(members[name])))
    except NotProven as error:
        yield Problem(name, f"cannot be read as a manifest: {error}")
        return
    for path, digest in told.items():
        if not wanted(path):
            yield Problem(name, "lists a file that it cannot be about")
        elif path not in members:
            yield Problem(path, f"is missing: {name} lists it")
        elif sha256(members[path]).hexdigest() != digest:
            yield Problem(path, f"was altered: its bytes are not those that {name} lists")
    extra = (path for path in sorted(members) if wanted(path) and path not in told)
    yield from (
        Problem(path, f"does not belong here: it was put in, {name} does not list it") for path in extra
    )


def _lines(text: str) -> Iterator[tuple[str, str]]:
    if not text.endswith("\n"):
        raise NotProven("its last line has no end")
    seen: set[str] = set()
    for line in text[:-1].split("\n"):
        found = _LINE.fullmatch(line)
        if found is None or found[2] in seen:
            raise NotProven("a line of it is not a digest and a path that comes once")
        seen.add(found[2])
        yield found[2], found[1]
