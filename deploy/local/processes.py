"""The table of Accord's own processes, and what each is given: its own credentials and no others'."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy.local.infrastructure import Infrastructure
from deploy.local.places import Places, bare_environment, write_private
from shared.events.names import Service

#: What people and other programs call; the command line finds their addresses in `run.json`.
APIS = ("referrals", "notifications", "audit", "issuer", "site")


#: Settings of the pages that a person may set for the whole platform.
_OF_SITE = (
    "COUNTY",
    "COLOUR",
    "LOGO_FILE",
    "TIME_ZONE",
    "SUPPORT",
    "EXIT_URL",
    "IDLE_MINUTES",
    "FRESH_SECONDS",
)
SITE = frozenset(f"ACCORD_SITE_{name}" for name in _OF_SITE)


def address(api: str, ports: Mapping[str, int]) -> str:
    """Where an api listens."""
    return f"http://127.0.0.1:{ports[api]}"


@dataclass(frozen=True)
class Spec:
    """One process. `database` and `vault`: whether it gets that login; `signs`: whether it gets audit's signing
    key; `signs_in`: whether it gets the site's private key; `api`: the address it serves, or none.

    `stop_order`: those with a lower number are stopped first.
    """

    name: str
    module: str
    argument: str = ""
    service: str = ""
    database: str = ""
    vault: bool = False
    signs: bool = False
    signs_in: bool = False
    api: str = ""
    slot: int = 0
    stop_order: int = 0

    @property
    def command(self) -> list[str]:
        """What is run."""
        return [sys.executable, "-m", self.module, *([self.argument] if self.argument else [])]


def process_table(workers: int = 1) -> tuple[Spec, ...]:
    """Every process in the order of starting. Relays stop after what appends; the issuer goes last."""

    def of(service: str, argument: str, name: str = "", **more: Any) -> Spec:
        return Spec(
            name or f"{service}-{argument}",
            f"services.{service}",
            argument,
            service=service,
            database=f"accord_{service}",
            **more,
        )

    return (
        Spec("issuer", "deploy.local.issuer", api="issuer", stop_order=2),
        of("referrals", "api", api="referrals", vault=True, signs_in=True),
        of("referrals", "intake", vault=True),
        of("referrals", "relay", stop_order=1),
        of("notifications", "api", api="notifications"),
        *(of("notifications", "worker", f"notifications-worker-{n}", slot=n) for n in range(workers)),
        of("notifications", "relay", stop_order=1),
        of("audit", "api", api="audit", signs=True),
        of("audit", "consumer", signs=True),
        of("audit", "relay", stop_order=1),
        Spec("site", "deploy.local.proxy", api="site"),
    )


def environment_of(spec: Spec, infra: Infrastructure, ports: Mapping[str, int]) -> dict[str, str]:
    """The environment of one process. Nothing of ours is inherited, so no administrator's rights are."""
    places = infra.places
    env = bare_environment() | {
        "ACCORD_LOCAL": "1",
        "PYTHONUNBUFFERED": "1",
        "ACCORD_LOG_LEVEL": os.environ.get("ACCORD_LOG_LEVEL", "info"),
    }
    env |= {name: value for name, value in os.environ.items() if name.startswith("OTEL_")}
    if spec.api:
        env["ACCORD_HTTP_HOST"] = "127.0.0.1"
        env["ACCORD_HTTP_PORT"] = str(ports[spec.api])
    if spec.api and "site" in ports:  # an api over a copy of a database has no pages
        env["ACCORD_SITE_COUNTY"] = "Alder County (invented)"
        env |= {name: value for name, value in os.environ.items() if name in SITE}
        env["ACCORD_SITE_URL"] = address("site", ports)
    if spec.api and spec.service:
        env["ACCORD_ISSUERS_FILE"] = str(places.data / "issuers.json")
        env["ACCORD_SITE_KEYS_FILE"] = str(places.data / "site-keys.json")
    if "mail" in ports and (spec.signs_in or spec.name == "issuer"):
        env |= {"ACCORD_SMTP_HOST": "127.0.0.1", "ACCORD_SMTP_PORT": str(ports["mail"])}
        env |= {"ACCORD_SMTP_TLS": "none", "ACCORD_SMTP_FROM": "accord@laptop.example"}
    if spec.signs_in:
        env["ACCORD_SITE_KEY_FILE"] = str(places.secrets / "site.key")
    if spec.name == "site":
        env["ACCORD_SITE_KEYS_FILE"] = str(places.data / "site-keys.json")
        env |= {f"ACCORD_{name.upper()}_URL": address(name, ports) for name in ports if name in set(Service)}
        return env
    if not spec.service:
        env["ACCORD_DATA_DIR"] = str(places.data)
        return env
    username, password = infra.kafka_credentials(spec.service)
    env |= {
        "KAFKA_BOOTSTRAP_SERVERS": infra.bootstrap,
        "ACCORD_KAFKA_USERNAME": username,
        "ACCORD_KAFKA_PASSWORD": password,
        "DATABASE_URL": infra.database_url(spec.database),
        "ACCORD_WORKER_SLOT": str(spec.slot),
    }
    if spec.vault:
        env["ACCORD_VAULT_DATABASE_URL"] = infra.database_url("accord_vault")
        env["ACCORD_VAULT_KEY_FILE"] = str(places.secrets / "vault.key")
    if spec.signs:
        env["ACCORD_AUDIT_KEY_FILE"] = str(places.secrets / "audit-signing.key")
    return env


def write_files(places: Places, ports: Mapping[str, int]) -> None:
    """Make the vault's, audit's and the site's keys once, and write whom the services trust for tokens."""
    from deploy.local.issuer import issuers_document
    from services.audit.merkle.signing import create_key_file as create_signing_key
    from services.referrals.vault.key_file import create_key_file
    from shared.web.site.cookie import create_key_files

    for name, create in (("vault.key", create_key_file), ("audit-signing.key", create_signing_key)):
        if not (places.secrets / name).exists():
            create(places.secrets / name)
    if not (places.secrets / "site.key").exists():
        create_key_files(places.secrets / "site.key", places.data / "site-keys.json")
    write_private(places.data / "issuers.json", json.dumps(issuers_document(ports["issuer"]), indent=2))


def write_environments(infra: Infrastructure, ports: Mapping[str, int]) -> None:
    """Write `secrets/env/SERVICE.json`: a service's own settings, for commands run as it (`accord repair`)."""
    folder = infra.places.secrets / "env"
    folder.mkdir(mode=0o700, exist_ok=True)
    # Of each service the process that is given most: the one with the vault, or the signing key, if it has one.
    ordered = sorted(process_table(), key=lambda spec: (spec.vault, spec.signs, not spec.signs_in))
    chosen = {spec.service: spec for spec in ordered if spec.service}
    for service, spec in chosen.items():
        env = environment_of(spec, infra, ports)
        own = {name: env[name] for name in env if name not in bare_environment() and "HTTP" not in name}
        write_private(folder / f"{service}.json", json.dumps(own, indent=2))


def api_ports(places: Places) -> dict[str, int]:
    """The port of each api, and of the server that catches mail: the one it had last time if it is free."""
    return {api: places.port(api) for api in (*APIS, "mail")}
