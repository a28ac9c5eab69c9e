"""Where things lie in a data directory, its secrets, and the ports it keeps."""

from __future__ import annotations

import json
import os
import secrets
import time
from pathlib import Path
from typing import Any

from deploy.local.child import free_port, port_is_free

_PORT_SECONDS = 1.0


def default_data_dir() -> Path:
    """`ACCORD_DATA`, else `.accord` in the current folder."""
    return Path(os.environ.get("ACCORD_DATA") or ".accord").absolute()


class Places:
    """The data directory: `secrets/` (0700), `logs/`, `ports.json`, `run.json`, and one folder per store."""

    def __init__(self, data: Path) -> None:
        self.data = data.absolute()
        self.logs = self.data / "logs"
        self.secrets = self.data / "secrets"
        self.run = self.data / "run.json"

    def make(self) -> None:
        """Make the folders. Others may pass through the data directory (PostgreSQL runs as another user when
        we are root) but not list it; secrets are ours alone."""
        self.data.mkdir(parents=True, exist_ok=True)
        self.data.chmod(0o711)
        self.logs.mkdir(exist_ok=True, mode=0o700)
        self.secrets.mkdir(exist_ok=True, mode=0o700)

    def password(self, name: str) -> str:
        """The password of `name`, made at random the first time (32 URL-safe characters, file mode 0600)."""
        path = self.secrets / f"{name}.password"
        if not path.exists():
            write_private(path, secrets.token_urlsafe(24))
        return path.read_text().strip()

    def log(self, name: str) -> Path:
        """The log file of a process."""
        return self.logs / f"{name}.log"

    def port(self, name: str) -> int:
        """The port that `name` had last time if it is free, else another one, which is then kept."""
        path = self.data / "ports.json"
        ports: dict[str, int] = read_json(path) or {}
        if name not in ports or not _free_soon(ports[name]):
            ports[name] = free_port(frozenset(ports.values()))
            write_private(path, json.dumps(ports, indent=2))
        return ports[name]


def _free_soon(port: int) -> bool:
    # What was killed a moment ago may hold its port a moment longer; clients know this port.
    limit = time.monotonic() + _PORT_SECONDS
    while not port_is_free(port):
        if time.monotonic() > limit:
            return False
        time.sleep(0.05)
    return True


def read_json(path: Path) -> Any:
    """The parsed file, or None if there is none or it is not JSON."""
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None


def write_private(path: Path, text: str, *, durable: bool = True) -> None:
    """Replace the file in one step; only its owner may read it. `durable`: it outlives a power cut."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(text)
        out.flush()
        if durable:
            os.fsync(out.fileno())
    os.replace(partial, path)


def bare_environment() -> dict[str, str]:
    """What every child gets: nothing that is a credential or a setting of ours."""
    keep = (
        "PATH",
        "HOME",
        "LANG",
        "LC_ALL",
        "TMPDIR",
        "VIRTUAL_ENV",
        "PYTHONDONTWRITEBYTECODE",
        "SSL_CERT_FILE",
    )
    return {name: os.environ[name] for name in keep if name in os.environ}
