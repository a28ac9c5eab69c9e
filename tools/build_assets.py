"""Makes what lies in shared/web/site/assets/vendor anew: the style from USWDS, the scripts of htmx.

    python -m tools.build_assets        exit 0, or 1 if a tool failed

Run by hand when a version in tools/assets/package-lock.json, or tools/assets/site.scss, changes; what it makes is
committed, with `vendor.lock`: SHA-256, file, package, licence. A page never loads anything from elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from pathlib import Path

from tools import npm

ROOT = Path(__file__).resolve().parent.parent
PINNED = ROOT / "tools" / "assets"
VENDOR = ROOT / "shared" / "web" / "site" / "assets" / "vendor"
SECONDS = 180
#: Package -> its licence, and the files that are taken as they are: where from, and where to.
TAKEN = {
    "htmx.org": (
        "0BSD",
        {"dist/htmx.min.js": "htmx.js", "LICENSE": "LICENSE"},
    ),
    "@uswds/uswds": ("public domain, parts Apache-2.0 (LICENSE.md)", {"LICENSE.md": "LICENSE.md"}),
}
USWDS = "@uswds/uswds"
_URL = re.compile(r"url\(\"?(img/[^)\"]+)\"?\)")


def main() -> int:
    """Install, compile, copy, and write the lock."""
    place = npm.installed(PINNED)
    shutil.rmtree(VENDOR, ignore_errors=True)
    lines = []
    for package, (licence, files) in TAKEN.items():
        source = place / "node_modules" / package
        version = json.loads((source / "package.json").read_text("utf-8"))["version"]
        folder = VENDOR / f"{package.rpartition('/')[2]}-{version}"
        folder.mkdir(parents=True)
        for taken, name in files.items():
            shutil.copy(source / taken, folder / name)
            (folder / name).chmod(0o644)
        if package == USWDS:
            compile_style(place, folder)
        made = sorted(path for path in folder.rglob("*") if path.is_file())
        lines += [
            f"{digest(path)}  {path.relative_to(VENDOR)}  {package} {version}  {licence}" for path in made
        ]
    (VENDOR / "vendor.lock").write_text("\n".join(lines) + "\n", "utf-8")
    return 0


def compile_style(place: Path, folder: Path) -> None:
    """`site.css`, and the pictures that it names. Raises CalledProcessError."""
    packages = place / "node_modules" / USWDS / "packages"
    with tempfile.TemporaryDirectory() as work:
        made = Path(work) / "site.css"
        options = ["--quiet", "--style=compressed", "--no-source-map", f"--load-path={packages}"]
        npm.run(
            [str(npm.node()), "node_modules/sass/sass.js", *options, str(PINNED / "site.scss"), str(made)],
            place,
            SECONDS,
        )
        style = made.read_text("utf-8")
    for picture in sorted(set(_URL.findall(style))):
        (folder / picture).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(place / "node_modules" / USWDS / "dist" / picture, folder / picture)
    (folder / "site.css").write_text(style, "utf-8")


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    raise SystemExit(main())
