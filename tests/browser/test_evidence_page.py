"""The report of a bundle opened in a real browser, as a file, offline: green in words, and red after one byte."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from shared.events.names import Agency
from tests.browser.browsing import chromium, document, verdict
from tests.unit.audit.bundles import KEY, bundle
from tests.unit.audit.county import county

MADE = county(11, acts=30)
browser = pytest.mark.skipif(chromium() is None, reason="elsewhere: no Chromium is installed here")
Write = Callable[[bytes], Path]
Seen = list[tuple[str, dict[str, str | None]]]
"""Each element's name and attributes."""
RECORD = b'"records":{"data/records/000001.record":"AA'


def report(agency: Agency | None = None) -> bytes:
    return bundle(MADE, MADE.cases[0], None, agency)["data/report.html"]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(page: bytes) -> Path:
        (tmp_path / "report.html").write_bytes(page)
        return tmp_path / "report.html"

    return written


@browser
class TestInABrowser:
    @pytest.mark.parametrize("agency", [None, Agency.MEDICAL_HUB])
    def test_the_page_says_that_it_fits(self, write: Write, agency: Agency | None) -> None:
        kind, said = verdict(write(report(agency)))
        assert kind == "fits"
        assert "Fits: this page is what was signed" in said
        assert "compare the key with one you got by another way" in said

    @pytest.mark.parametrize(
        ("before", "after", "told"),
        [
            (b"opened the case", b"opened the casE", "text of this page is not the one that was signed"),
            (
                b'"records":{"data/records/000001.record":"AAAA',
                b'"records":{"data/records/000001.record":"AABA',
                "was altered",
            ),
            (b'"key":"example.invalid', b'"key":"example.invalyd', "cannot be read"),
            (b'"sequence": ', b"", ""),
        ],
    )
    def test_after_one_byte_it_says_that_it_does_not(
        self, write: Write, before: bytes, after: bytes, told: str
    ) -> None:
        page = report()
        if not after:  # a byte of a proof, wherever it stands
            found = re.search(rb'"proofs":\{.*?"([A-Za-z0-9+/]{43}=)"', page)
            assert found
            at = found.start(1)
            page = page[:at] + (b"B" if page[at : at + 1] == b"A" else b"A") + page[at + 1 :]
            told = "It is not proven that the record at"
        else:
            assert page.count(before) >= 1
            page = page.replace(before, after, 1)
        kind, said = verdict(write(page))
        assert kind == "broken"
        assert "Does not fit: do not rely on this page" in said
        assert told in said

    def test_without_what_browsers_bring_for_hashes_and_signatures_it_says_what_was_not_checked(
        self, write: Write
    ) -> None:
        taken = b"const subtle = globalThis.crypto ? globalThis.crypto.subtle : undefined;"
        page = report()
        assert taken in page
        kind, said = verdict(write(page.replace(taken, b"const subtle = undefined;")))
        assert kind == "doubt"
        assert "its signatures were not checked" in said
        kind, said = verdict(
            write(
                page.replace(taken, b"const subtle = undefined;").replace(
                    b"opened the case", b"opened the casE"
                )
            )
        )
        assert kind == "broken"

    def test_a_script_that_does_not_run_leaves_it_unverified(self, write: Write) -> None:
        kind, said = verdict(write(report().replace(b'"use strict";', b'"use strict"; this is broken', 1)))
        assert kind == "waiting"
        assert "Not verified" in said

    def test_what_is_shown_is_what_was_written(self, write: Write) -> None:
        assert str(KEY) in document(write(report()))


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: Seen = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


class TestForEverybody:
    """What a screen reader and a keyboard need, and that nothing is asked of any other place."""

    @pytest.fixture(params=[None, Agency.MEDICAL_HUB])
    def page(self, request: pytest.FixtureRequest) -> Seen:
        parser = _Page()
        parser.feed(report(request.param).decode())
        return parser.seen

    def test_it_says_its_language_and_its_title(self, page: Seen) -> None:
        assert ("html", {"lang": "en"}) in page
        assert [tag for tag, _ in page].count("title") == 1

    def test_its_headings_go_down_step_by_step_from_one(self, page: Seen) -> None:
        levels = [int(tag[1]) for tag, _ in page if re.fullmatch(r"h[1-6]", tag)]
        assert levels.count(1) == 1
        assert set(levels) == {1, 2}

    def test_its_tables_have_captions_and_scoped_headers(self, page: Seen) -> None:
        tags = [tag for tag, _ in page]
        assert tags.count("table") == tags.count("caption") > 3
        assert all(attrs.get("scope") in {"col", "row"} for tag, attrs in page if tag == "th")

    def test_its_links_lead_to_what_is_there_and_nowhere_else(self, page: Seen) -> None:
        ids = {attrs["id"] for _, attrs in page if "id" in attrs}
        targets = [attrs["href"] or "" for tag, attrs in page if tag == "a"]
        assert {target.removeprefix("#") for target in targets} <= ids
        assert not any("src" in attrs or tag in {"link", "iframe", "img"} for tag, attrs in page)

    def test_its_policy_lets_nothing_be_loaded_or_sent(self, page: Seen) -> None:
        policies = [a["content"] for t, a in page if t == "meta" and "http-equiv" in a]
        assert policies == ["default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"]
