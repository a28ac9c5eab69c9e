"""The search for a planted value in any sink (DESIGN I7), and what it can see through.

`Canary(values).search_bytes(blob)` finds each value as it stands, in any case, in UTF-8, Latin-1 and UTF-16;
written like a code (`as_code`: what was planted may have come through a field that takes codes);
URL-encoded, JSON-escaped (also where only some characters are), HTML-escaped; hex and base64 (any alignment,
both alphabets, folded into lines), also one inside the other. The walkers below bring it to folders, logs,
PostgreSQL, Kafka and HTTP. `tests/unit/test_canary.py` plants values in every form on purpose.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import subprocess
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from shared.events.names import Agency, submissions_topic

#: The one exempt sink: what an agency itself wrote, as it wrote it, and the broker's files of it.
EXEMPT_TOPICS = frozenset(submissions_topic(agency) for agency in Agency)

#: Shorter values are found by chance.
SHORTEST = 6
#: How many layers of hex and base64 are taken off.
LAYERS = 2
_CHUNK = 32 * 1024 * 1024
_OVERLAP = 64 * 1024
_EMPTY = re.compile(rb"\0{16,}")
_HEX_RUN = re.compile(rb"[0-9a-fA-F]{12,}")
_BASE64_RUN = re.compile(rb"[A-Za-z0-9+/_-]{16,}")
_JSON_ESCAPE = re.compile(rb"\\u([0-9a-fA-F]{4})")
_URLSAFE = bytes.maketrans(b"+/", b"-_")


@dataclass(frozen=True)
class Hit:
    """A planted value that was found: which, in what form, in which sink."""

    value: str
    form: str
    where: str


class Canary:
    """Searches for the planted values. Raises ValueError for one that is too short to be told from chance."""

    def __init__(self, values: Sequence[str]) -> None:
        if any(len(value) < SHORTEST for value in values):
            raise ValueError(f"a planted value has at least {SHORTEST} characters")
        self._folded = [(v, form, needle) for v in values for form, needle in _folded_needles(v)]
        self._exact = [(v, "base64", needle) for v in values for needle in _base64_needles(v)]

    def search_bytes(self, blob: bytes, where: str = "") -> list[Hit]:
        """Every value found in `blob`, once for each form it was found in."""
        hits = {Hit(value, form, where) for value, form in self._search(blob, LAYERS)}
        return sorted(hits, key=lambda hit: (hit.value, hit.form))

    def search_text(self, text: str, where: str = "") -> list[Hit]:
        """As `search_bytes`."""
        return self.search_bytes(text.encode("utf-8", "surrogatepass"), where)

    def search_file(self, path: Path) -> list[Hit]:
        """A file's name and content, of any size; gzip is unpacked."""
        hits = self.search_text(str(path), f"{path} (its name)")
        opener = gzip.open if path.suffix == ".gz" else open
        before = b""
        with opener(path, "rb") as file:
            while chunk := file.read(_CHUNK):
                chunk = _EMPTY.sub(b"\0", chunk)  # pages and logs are mostly that
                hits += self.search_bytes(before + chunk, str(path))
                before = chunk[-_OVERLAP:]
        return list(dict.fromkeys(hits))

    def search_folder(self, folder: Path, exempt: Callable[[Path], bool] = lambda _: False) -> list[Hit]:
        """Every file below a folder; one that vanishes meanwhile is passed over."""
        hits: list[Hit] = []
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink() and not exempt(path):
                try:
                    hits += self.search_file(path)
                except FileNotFoundError:
                    continue
        return hits

    def search_database(self, pg_dump: Path, database_url: str, seconds: float = 120) -> list[Hit]:
        """All that `pg_dump` (its path) writes of a database."""
        command = [str(pg_dump), "--dbname", database_url]
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)
        if done.returncode != 0 or b"PostgreSQL database dump complete" not in done.stdout:
            raise AssertionError("pg_dump gave no whole dump, so nothing was searched")
        return self.search_bytes(done.stdout, "dump of " + database_url.rsplit("/", 1)[-1])

    def search_http(self, url: str, headers: Mapping[str, str], body: bytes) -> list[Hit]:
        """An address with what was answered there."""
        lines = "\n".join(f"{name}: {value}" for name, value in headers.items())
        return [
            *self.search_text(url, f"address {url}"),
            *self.search_text(lines, f"headers of {url}"),
            *self.search_bytes(body, f"body of {url}"),
        ]

    def search_kafka(
        self, bootstrap: str, username: str, password: str, *, exempt: frozenset[str] = EXEMPT_TOPICS
    ) -> tuple[list[Hit], int]:
        """Every record of every topic but the exempt ones: key, value and headers; and how many there were."""
        hits, count = [], 0
        for topic, place, parts in kafka_records(bootstrap, username, password, exempt):
            count += 1
            hits += self.search_text(topic, "name of a topic")
            for part, held in parts.items():
                hits += self.search_bytes(held, f"{part} of {place}")
        return list(dict.fromkeys(hits)), count

    def _search(self, blob: bytes, layers: int) -> Iterator[tuple[str, str]]:
        folded = blob.lower()
        yield from ((v, form) for v, form, needle in self._folded if needle in folded)
        unfolded = blob.replace(b"\r", b"").replace(b"\n", b"")
        yield from ((v, form) for v, form, needle in self._exact if needle in unfolded)
        for form, seen in _unescaped(folded):
            yield from ((v, form) for v, _, needle in self._folded if needle in seen)
        if layers:
            for form, inner in _peeled(blob):
                yield from ((v, f"{form} of {deeper}") for v, deeper in self._search(inner, layers - 1))


def is_exempt_broker_file(path: Path) -> bool:
    """Whether a path lies in the broker's folder of a partition of an exempt topic."""
    return any(part.rpartition("-")[0] in EXEMPT_TOPICS for part in path.parts)


def kafka_records(
    bootstrap: str, username: str, password: str, exempt: frozenset[str], seconds: float = 120
) -> Iterator[tuple[str, str, dict[str, bytes]]]:
    """(topic, place, parts) of every record that was there when this was called. Fails after `seconds`."""
    from kafka import KafkaConsumer, TopicPartition

    secure = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "SCRAM-SHA-256"}
    secure |= {"sasl_plain_username": username, "sasl_plain_password": password}
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=None,
        enable_auto_commit=False,
        exclude_internal_topics=False,
        **(secure if username else {}),
    )
    try:
        topics = sorted(consumer.topics() - exempt)
        places = [
            TopicPartition(t, p) for t in topics for p in sorted(consumer.partitions_for_topic(t) or ())
        ]
        consumer.assign(places)
        ends = consumer.end_offsets(places)
        consumer.seek_to_beginning(*places)
        limit = time.monotonic() + seconds
        while any(consumer.position(place) < end for place, end in ends.items()):
            if time.monotonic() > limit:
                raise AssertionError(f"Kafka was not read to its end within {seconds:.0f} s")
            for place, records in consumer.poll(timeout_ms=500).items():
                yield from ((place.topic, _named(r), _parts(r)) for r in records)
    finally:
        consumer.close()


def planted(value: str) -> dict[str, bytes]:
    """`value` in every form that must be found, for planting on purpose."""
    plain = value.encode("utf-8")
    forms = {
        "plain": plain,
        "upper case": value.upper().encode("utf-8"),
        "Latin-1": value.encode("latin-1", "replace"),
        "UTF-16, little end first": value.encode("utf-16-le"),
        "UTF-16, big end first": value.encode("utf-16-be"),
        "hex": plain.hex().encode("ascii"),
        "hex, upper case": plain.hex().upper().encode("ascii"),
        "URL-encoded": quote(value, safe="").encode("ascii"),
        "URL-encoded form": quote(value, safe=" ").replace(" ", "+").encode("ascii"),
        "URL-encoded throughout": "".join(f"%{byte:02X}" for byte in plain).encode("ascii"),
        "JSON-escaped": json.dumps(value)[1:-1].encode("ascii"),
        "JSON-escaped throughout": "".join(f"\\u{ord(char):04x}" for char in value).encode("ascii"),
        "HTML-escaped": html.escape(value).encode("utf-8"),
        "repr of bytes": repr(plain)[2:-1].encode("ascii"),
        "as a code": as_code(value).encode("ascii"),
    }
    for shift in range(3):
        encoded = base64.b64encode(b"#" * shift + plain + b"??>>")
        forms[f"base64, shifted by {shift}"] = encoded
        forms[f"base64url, shifted by {shift}"] = encoded.translate(_URLSAFE).rstrip(b"=")
    forms["base64, folded"] = base64.encodebytes(b"." * 50 + plain)
    forms["hex of base64"] = base64.b64encode(b"{" + plain + b"}").hex().encode("ascii")
    forms["base64 of hex"] = base64.b64encode(plain.hex().encode("ascii"))
    forms["hex of URL-encoded"] = quote(value, safe="").encode("ascii").hex().encode("ascii")
    return forms


def as_code(value: str) -> str:
    """`value` written like a code, as a field of codes would take it: "Testa Example" -> "testa-example"."""
    plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _folded_needles(value: str) -> Iterator[tuple[str, bytes]]:
    """What is looked for in the blob in lower case."""
    for text in {value, value.lower(), value.upper(), value.casefold()}:
        for encoding in ("utf-8", "latin-1", "utf-16-le", "utf-16-be"):
            try:
                yield f"plain, {encoding}", text.encode(encoding).lower()
            except UnicodeEncodeError:
                continue
        yield "HTML-escaped", html.escape(text).encode("utf-8").lower()
        yield "repr of bytes", repr(text.encode("utf-8"))[2:-1].encode("ascii").lower()
        yield "hex", text.encode("utf-8").hex().encode("ascii")
        yield "hex", text.encode("utf-16-le").hex().encode("ascii")
    if len(code := as_code(value)) >= SHORTEST:
        yield "as a code", code.encode("ascii")
        yield "as a code in hex", code.encode("ascii").hex().encode("ascii")


def _base64_needles(value: str) -> set[bytes]:
    """The characters of base64 that `value` alone decides, for each place it may have in a group of three."""
    needles: set[bytes] = set()
    code = as_code(value) if len(as_code(value)) >= SHORTEST else value
    for text in (value, value.lower(), value.upper(), json.dumps(value)[1:-1], code):
        for plain in (text.encode("utf-8"), text.encode("utf-16-le")):
            for shift in range(3):
                whole = base64.b64encode(b"\0" * shift + plain)
                decided = whole[(shift * 8 + 5) // 6 : (shift + len(plain)) * 8 // 6]
                needles |= {decided, decided.translate(_URLSAFE)}
    return needles


def _unescaped(folded: bytes) -> Iterator[tuple[str, bytes]]:
    if b"%" in folded or b"+" in folded:
        unquoted = unquote_to_bytes(folded).lower()
        yield "URL-encoded", unquoted
        yield "URL-encoded form", unquote_to_bytes(folded.replace(b"+", b" ")).lower()
    if b"\\u" in folded or b"\\/" in folded:
        text = _JSON_ESCAPE.sub(lambda m: chr(int(m[1], 16)).encode("utf-8", "surrogatepass"), folded)
        yield "JSON-escaped", text.replace(b'\\"', b'"').replace(b"\\/", b"/").lower()


def _peeled(blob: bytes) -> Iterator[tuple[str, bytes]]:
    """The blob's runs of hex and base64, decoded from each place where a group may begin."""
    runs = _HEX_RUN.findall(blob)
    for start in (0, 1) if runs else ():
        cut = (run[start:] for run in runs)
        yield "hex", b"\n".join(bytes.fromhex(r[: len(r) // 2 * 2].decode("ascii")) for r in cut)
    # A run without its padding is filled up with zeros, so that its last bytes are seen too.
    runs = [run.replace(b"-", b"+").replace(b"_", b"/") for run in _BASE64_RUN.findall(blob)]
    for start in range(4) if runs else ():
        cut = (run[start:] for run in runs)
        yield "base64", b"\n".join(base64.b64decode(r + b"A" * (-len(r) % 4)) for r in cut)


def _named(record: Any) -> str:
    return f"{record.topic}/{record.partition}/{record.offset}"


def _parts(record: Any) -> dict[str, bytes]:
    parts = {"key": record.key or b"", "value": record.value or b""}
    for name, held in record.headers or ():
        parts[f"header {len(parts)}"] = name.encode("utf-8") + b": " + (held or b"")
    return parts
