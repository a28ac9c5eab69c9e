"""What the pages load is ours, is what was vendored, and comes from nowhere else."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from shared.settings import Misconfigured, Settings
from shared.web.site.assets import FOLDER, address, assets
from shared.web.site.county import contrast_with_white, county_of
from shared.web.site.fakes import FakeSite
from tests.browser.gallery import make_gallery

VENDOR = FOLDER / "vendor"
#: The namespace of SVG is a name, not an address that is asked.
NAMESPACE = "http://www.w3.org/2000/svg"


def test_each_vendored_file_is_the_locked_one_and_none_is_missing_or_more() -> None:
    lines = [line.split("  ") for line in (VENDOR / "vendor.lock").read_text("utf-8").splitlines()]
    locked = {path: digest for digest, path, _, _ in lines}
    there = {str(p.relative_to(VENDOR)) for p in VENDOR.rglob("*") if p.is_file()} - {"vendor.lock"}
    assert there == set(locked)
    for path, digest in locked.items():
        assert hashlib.sha256((VENDOR / path).read_bytes()).hexdigest() == digest, path
    assert all(licence for *_, licence in lines)


def test_no_style_or_script_names_another_host() -> None:
    for name, one in assets().items():
        found = set(re.findall(r"https?://[^\s\"')]+", one.body.decode("utf-8"))) - {NAMESPACE}
        assert not found, name


def test_each_picture_of_the_style_is_served() -> None:
    named = re.findall(r"url\(([^)]+)\)", assets()["site.css"].body.decode())
    ours = [one for one in named if one not in ('""', "")]
    assert ours
    assert set(ours) <= {one.address for one in assets().values()}


@pytest.fixture
def client() -> TestClient:
    return TestClient(make_gallery(FakeSite(), Settings()))


def test_is_kept_for_good_and_packed_where_that_is_smaller(client: TestClient) -> None:
    answer = client.get(address("site.css"), headers={"Accept-Encoding": "gzip"})
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.content == assets()["site.css"].body
    plain = client.get(address("site.css"), headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == answer.content
    assert gzip.decompress(assets()["site.css"].packed or b"") == plain.content


def test_another_digest_or_a_path_that_leaves_the_folder_is_not_found(client: TestClient) -> None:
    for path in ("/assets/0000000000000000/site.css", "/assets/x/..%2f..%2fsite.py", "/assets/x/vendor.lock"):
        assert client.get(path).status_code == 404, path


def test_the_countys_colour_and_picture_are_served_as_its_own(tmp_path: Path) -> None:
    logo = tmp_path / "seal.svg"
    logo.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    settings = Settings(site_colour="#123456", site_logo_file=logo)
    county, client = county_of(settings), TestClient(make_gallery(FakeSite(), settings))
    assert client.get(county.style.address).text == ":root{--county:#123456}\n"
    assert county.logo is not None
    assert client.get(county.logo.address).headers["content-type"].startswith("image/svg+xml")


@pytest.mark.parametrize("colour", ["red", "#12345", "#ffff00", "#fff", "#123456;}body{"])
def test_a_colour_that_is_none_or_too_light_is_refused(colour: str) -> None:
    with pytest.raises(Misconfigured, match="ACCORD_SITE_COLOUR"):
        county_of(Settings(site_colour=colour))


def test_contrast_is_that_of_the_guideline() -> None:
    assert round(contrast_with_white("#000000"), 1) == 21.0
    assert round(contrast_with_white("#ffffff"), 1) == 1.0
    assert round(contrast_with_white("#767676"), 2) == 4.54


def test_a_picture_that_is_none_is_refused(tmp_path: Path) -> None:
    big = tmp_path / "seal.png"
    big.write_bytes(b"x" * 60_000)
    for path in (tmp_path / "none.svg", big):
        with pytest.raises(Misconfigured, match="ACCORD_SITE_LOGO_FILE"):
            county_of(Settings(site_logo_file=path))
