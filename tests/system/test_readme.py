"""The README's section "By hand" does what it says: its blocks are run, one after another, in one shell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.system import System

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"<!-- by hand: (\d+) -->\n```sh\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)
#: Each block's number, and what the README says that it prints.
SHOWN = [(number, shown) for number, _, shown in BLOCK.findall(README.read_text(encoding="utf-8"))]
#: What differs from run to run: ids, moments, offsets.
VARIES = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z|\d\d:\d\d:\d\d|offset \d+"
)


@pytest.fixture(scope="module")
def said(system: System, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("by-hand")
    blocks = BLOCK.findall(README.read_text(encoding="utf-8"))
    script = "set -e -o pipefail\nexec 2>&1\n" + "\n".join(
        f"echo; echo @@{n}\n{block}" for n, block, _ in blocks
    )
    environment = os.environ | {
        "ACCORD_DATA": str(system.places.data),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "NO_COLOR": "1",
    }
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    parts = re.split(r"\n@@(\d+)\n", done.stdout)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.platform
@pytest.mark.timeout(240)
class TestTheReadmeByHand:
    @pytest.mark.parametrize(
        ("number", "shown"), [(n, shown) for n, _, shown in BLOCK.findall(README.read_text("utf-8"))]
    )
    def test_each_block_prints_what_the_readme_shows(
        self, said: dict[str, str], number: str, shown: str
    ) -> None:
        printed = VARIES.sub("~", said[number])
        for line in VARIES.sub("~", shown).splitlines():
            if line.strip() and line != "..." and "events, in the order" not in line and "UTC" not in line:
                assert line in printed, f"block {number} no longer prints this line of the README: {line}"
