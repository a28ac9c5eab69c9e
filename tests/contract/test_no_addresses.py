"""No committed file names a package registry: where packages come from is the machine's own setting."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Written in parts, so that this file does not hold what it looks for.
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("repo1", "maven", "org"),
        ("repo", "maven", "apache", "org"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("deb", "debian", "org"),
        ("registry-1", "docker", "io"),
    )
)


def committed() -> list[Path]:
    """Every file of the repository that is committed, or would be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=30,
    )
    names = listed.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def addresses_in(raw: bytes) -> list[str]:
    return [name for name in REGISTRIES if name.encode() in raw.lower()]


def test_no_committed_file_holds_the_address_of_a_package_registry() -> None:
    files = committed()
    assert ROOT / "pyproject.toml" in files
    found = {path.relative_to(ROOT).as_posix(): addresses_in(path.read_bytes()) for path in files}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize("name", REGISTRIES)
def test_an_address_would_be_found(name: str) -> None:
    assert addresses_in(f'"resolved": "https://{name.upper()}/x"'.encode()) == [name]


def test_a_lock_of_node_packages_says_no_addresses_but_pins_every_package() -> None:
    lock = (ROOT / "tools/validators/package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') > 100
