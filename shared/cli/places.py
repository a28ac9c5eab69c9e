"""Where the services are and how to sign in: from the environment, or from the data directory."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from shared.cli.failures import SignInNeeded, Unreachable, Usage

_UP = "Start the local platform with `accord up`, or set {name} to the service's address."


def data_directory(given: Path | None, environment: Mapping[str, str] = os.environ) -> Path:
    """--data, else $ACCORD_DATA, else ./.accord."""
    return given or Path(environment.get("ACCORD_DATA") or ".accord")


def run_document(data: Path) -> dict[str, Any]:
    """DATA/run.json, which the local platform keeps true; empty if there is none. Reads one file."""
    path = data / "run.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Usage(
            f"{path} cannot be read.", "Stop and start the platform: `accord down`, `accord up`."
        ) from error
    return found if isinstance(found, dict) else {}


def address(service: str, data: Path, environment: Mapping[str, str] = os.environ) -> str:
    """The base address of `referrals`, `notifications`, `audit` or `issuer`. Raises Unreachable, Usage."""
    name = f"ACCORD_{service.upper()}_URL"
    found = environment.get(name) or (run_document(data).get("addresses") or {}).get(service)
    if not found:
        raise Unreachable(f"It is not known where {service} is.", _UP.format(name=name))
    if urlsplit(str(found)).scheme not in {"http", "https"}:
        raise Usage(f"The address of {service} is no http or https address.", _UP.format(name=name))
    return str(found).rstrip("/")


def bearer(person: str | None, data: Path, environment: Mapping[str, str] = os.environ) -> str:
    """A token: for `--as PERSON` from the local issuer, else ACCORD_TOKEN, else ACCORD_TOKEN_FILE.

    May ask the issuer over the network, at most 5 seconds. Raises SignInNeeded, Unreachable.
    """
    if person:
        return local_token(person, address("issuer", data, environment))
    if environment.get("ACCORD_TOKEN"):
        return environment["ACCORD_TOKEN"]
    if environment.get("ACCORD_TOKEN_FILE"):
        return _from_file(Path(environment["ACCORD_TOKEN_FILE"]))
    raise SignInNeeded(
        "No token to sign in with.",
        "Use --as PERSON on the local platform, or set ACCORD_TOKEN or ACCORD_TOKEN_FILE.",
    )


def _from_file(path: Path) -> str:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise SignInNeeded(f"{path} can be read by others.", f"chmod 600 {path}")
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise SignInNeeded(f"{path} (ACCORD_TOKEN_FILE) cannot be read.") from error


def local_token(person: str, issuer: str, **more: Any) -> str:
    """A token of the local issuer. `more`: ttl, audience."""
    try:
        with httpx2.Client(timeout=5.0, trust_env=False) as client:
            answer = client.post(f"{issuer}/token", json={"person": person, **more})
    except httpx2.TransportError as error:
        raise Unreachable("The local issuer does not answer.", "`accord status` shows what runs.") from error
    if answer.status_code == 422:
        raise Usage(
            "The local issuer knows nobody of that handle.", "`accord token --list` shows who can sign in."
        )
    if answer.status_code != 200:
        raise SignInNeeded(f"The local issuer answered {answer.status_code}.")
    return str(answer.json()["access_token"])
