"""Outgoing mail: one message to one person, over SMTP."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol

import aiosmtplib

from shared.errors import TryLater, Undeliverable
from shared.settings import Misconfigured, Settings
from shared.web.issuers import is_loopback

TIMEOUT = 20.0
"""Seconds to wait for the server, each time."""


class Mail(Protocol):
    """Sends messages."""

    async def send(self, message: EmailMessage) -> None:
        """Hand it to the server. Raises Undeliverable if it takes none for this address, TryLater if it is away."""


@dataclass(frozen=True)
class Smtp:
    """A server that takes our mail. `tls`: `tls`, `starttls` or `none`."""

    host: str
    port: int
    sender: str
    tls: str = "starttls"
    username: str = ""
    password: str = ""

    async def send(self, message: EmailMessage) -> None:
        """`Mail.send`. Waits at most about a minute."""
        try:
            await aiosmtplib.send(
                message,
                hostname=self.host,
                port=self.port,
                username=self.username or None,
                password=self.password or None,
                use_tls=self.tls == "tls",
                start_tls=self.tls == "starttls",
                timeout=TIMEOUT,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            if all(one.code >= 500 for one in error.recipients):
                raise Undeliverable("recipient-refused") from None
            raise TryLater("the mail server does not take it now", 60) from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise TryLater(f"the mail server does not take it ({type(error).__name__})", 60) from None


def smtp_of(settings: Settings) -> Smtp | None:
    """The server of these settings; None without ACCORD_SMTP_HOST: no mail is sent. Raises Misconfigured."""
    if not settings.smtp_host:
        return None
    if settings.smtp_tls == "none" and not (settings.local and is_loopback(settings.smtp_host)):
        raise Misconfigured(
            "ACCORD_SMTP_TLS=none is for a laptop: with ACCORD_LOCAL=1 and a loopback ACCORD_SMTP_HOST."
        )
    if "@" not in settings.smtp_from:
        raise Misconfigured("ACCORD_SMTP_FROM is not set. Name the address that mail comes from.")
    return Smtp(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_from,
        settings.smtp_tls,
        settings.smtp_username,
        settings.smtp_password.get_secret_value(),
    )
