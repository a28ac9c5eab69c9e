"""Every setting, read from the environment in one place. A process reads them once, at its start.

`ACCORD_…` are ours; `DATABASE_URL` and `KAFKA_BOOTSTRAP_SERVERS` are the field's own names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.errors import AccordError


class Misconfigured(AccordError):
    """A setting with which a process must not start. The text names the setting and what to do."""


def _env(name: str) -> AliasChoices:
    return AliasChoices(name)


class Settings(BaseSettings):
    """What one process of a service is given: its own credentials and no others'."""

    model_config = SettingsConfigDict(
        env_prefix="ACCORD_", extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    database_url: SecretStr = Field(SecretStr(""), validation_alias=_env("DATABASE_URL"))
    """This service's own database and login."""
    vault_database_url: SecretStr = SecretStr("")
    """The vault's database and login; given to referrals' api and intake only."""
    vault_key_file: Path | None = None
    """File with the vault's key-encryption key (32 bytes, base64); never in a dump."""
    audit_key_file: Path | None = None
    """File with the key that audit signs checkpoints with; given to audit's api and consumer only."""
    audit_checkpoint_seconds: float = Field(60.0, gt=0)
    """How often the consumer signs each log that has grown."""
    kafka_bootstrap_servers: str = Field("", validation_alias=_env("KAFKA_BOOTSTRAP_SERVERS"))
    kafka_username: str = ""
    kafka_password: SecretStr = SecretStr("")
    http_host: str = "127.0.0.1"
    http_port: int = 0
    http_per_minute: int = Field(20_000, ge=0)
    """Requests that one caller may make of this process in a minute; 0: no limit."""
    http_at_once: int = Field(2_000, ge=1)
    """Requests that are answered at the same time, open streams not counted."""
    http_streams: int = Field(10_000, ge=1)
    """Streams that are open at the same time."""
    issuers_file: Path | None = None
    """JSON: a list of {issuer, jwks_uri, audience, algorithms, agencies, sign_in} (docs/architecture.md)."""
    site_url: str = ""
    """Where browsers see the pages, e.g. https://accord.county.example; empty: no pages."""
    site_keys_file: Path | None = None
    """JWK set: the public keys that session cookies are verified with."""
    site_key_file: Path | None = None
    """JWK: the private key that session cookies are signed with; given to referrals' api only."""
    site_fresh_seconds: float = Field(180.0, ge=1, le=180)
    """A cookie older than this is renewed by referrals before it opens a page."""
    site_idle_minutes: float = Field(15.0, ge=5, le=30)
    """A session locks when its person has done nothing for so long."""
    site_county: str = "Accord"
    """The county's name, at the top of every page."""
    site_colour: str = "#1b4e6b"
    """The county's colour, behind white words."""
    site_logo_file: Path | None = None
    """The county's picture, .svg or .png, at most 50 kB."""
    site_time_zone: str = "America/Los_Angeles"
    """In which times are shown."""
    site_support: str = ""
    """Whom people ask for help with the pages: an address or a telephone number."""
    site_exit_url: str = ""
    """The neutral page that quick exit leads to; empty: a blank one of our own."""
    smtp_host: str = ""
    """The server that takes our mail; empty: no mail is sent. Given to referrals' api only, as what follows."""
    smtp_port: int = 587
    smtp_tls: Literal["tls", "starttls", "none"] = "starttls"
    """How the way to it is kept secret; `none` on a laptop only."""
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_from: str = ""
    """The address that mail comes from."""
    local: bool = False
    """Set by the local platform: allows an http issuer as long as every listener is loopback."""
    worker_slot: int = 0
    """Which of the notification workers this is; its Kafka member id is static per slot."""
    log_level: str = "info"
    data_dir: Path | None = Field(None, validation_alias=AliasChoices("ACCORD_DATA_DIR", "ACCORD_DATA"))
    """The local platform's data directory, for the command line: where `run.json` lies."""
