"""A document is adopted as its own text, packed; what was made to burst is never opened."""

import base64
import tracemalloc
import zlib
from pathlib import Path

import pytest

from shared.events.envelope import encode
from shared.mou import InvalidMou, adoptable, load, load_document, plain_document, validate_document
from shared.mou.packing import MAX_PACKED, Unpackable, digest_of_text, pack, unpack

TEXT = (Path(__file__).parents[3] / "deploy" / "local" / "alder-county.yaml").read_text("utf-8")


def packed(raw, digest="sha256:" + "0" * 64):
    return {"format": "accord-mou-packed-1", "digest": digest, "text": base64.b64encode(raw).decode()}


def test_the_text_comes_back_with_its_comments():
    document = adoptable(TEXT)
    assert unpack(document) == TEXT
    assert "# docs/mou.md explains this document" in unpack(document)
    assert document["digest"] == digest_of_text(TEXT)
    assert len(encode(document)) < 65_535


def test_an_event_of_it_reads_as_the_document():
    assert load_document(adoptable(TEXT)) == load(TEXT)


def test_its_plain_values_are_those_of_the_document():
    assert load_document(plain_document(pack(TEXT))) == load(TEXT)
    assert plain_document({"version": "as it is"}) == {"version": "as it is"}


def test_a_finding_in_a_packed_text_has_its_line():
    text = TEXT.replace("act: open-case", "act: open-sesame")
    (finding,) = validate_document(pack(text))
    assert text.splitlines()[finding.line - 1][finding.column - 1 :].startswith("open-sesame")
    with pytest.raises(InvalidMou):
        adoptable(text)


BURSTS = zlib.compress(b"#" * 200_000_000, 9)
WRONG = {
    "made to burst": packed(BURSTS[:44_000]),
    "burst whole": packed(zlib.compress(b"#" * 20_000_000, 9)),
    "cut": packed(zlib.compress(TEXT.encode())[:-1]),
    "more behind it": packed(zlib.compress(TEXT.encode()) + b"x"),
    "no text": packed(zlib.compress(b"\xff\xfe")),
    "no zlib": packed(b"plain"),
    "no base64": packed(b"") | {"text": "?"},
    "another text": packed(zlib.compress(b"a: 1"), digest_of_text("a: 2")),
    "no digest": {"format": "accord-mou-packed-1", "text": ""},
    "a later way of packing": pack("a: 1") | {"format": "accord-mou-packed-2"},
    "too large": packed(b"x" * MAX_PACKED),
    "a number": packed(b"") | {"text": 7},
}  # fmt: skip


@pytest.mark.parametrize("document", WRONG.values(), ids=WRONG)
def test_what_is_not_packed_as_it_must_be_is_refused(document):
    with pytest.raises(Unpackable):
        unpack(document)
    (finding,) = validate_document(document)
    assert finding.problem
    assert finding.remedy


def test_what_was_made_to_burst_takes_no_more_room_than_the_largest_text():
    tracemalloc.start()
    for name in ("made to burst", "burst whole"):
        with pytest.raises(Unpackable):
            unpack(WRONG[name])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12_000_000
