"""A process that cannot start says in one line which setting to change, and shows no traceback."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

STARTS = [
    (["services.referrals", "api"], "ACCORD_ISSUERS_FILE is not set."),
    (["services.notifications", "api"], "ACCORD_ISSUERS_FILE is not set."),
    (["services.audit", "api"], "ACCORD_ISSUERS_FILE is not set."),
    (["deploy.local.issuer"], "ACCORD_DATA_DIR is not set"),
    (["deploy.local.proxy"], "ACCORD_REFERRALS_URL is not set"),
]


@pytest.mark.parametrize(
    ("module", "reason"), STARTS, ids=lambda one: one[0] if isinstance(one, list) else ""
)
def test_a_setting_that_is_missing_is_named(module: list[str], reason: str) -> None:
    done = subprocess.run([sys.executable, "-m", *module], env={}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    said = json.loads(line)
    assert said["event"] == "cannot_start"
    assert said["reason"].startswith(reason)
    assert said["remedy"]


def test_a_process_that_the_service_does_not_have_is_answered_with_those_it_has() -> None:
    command = [sys.executable, "-m", "services.audit", "apis"]
    done = subprocess.run(command, env={}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr == "usage: python -m services.audit api|consumer|relay\n"
