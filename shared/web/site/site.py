"""What the pages of one process need: the site's address and its keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from starlette.responses import Response

from shared.settings import Misconfigured, Settings
from shared.web.issuers import is_loopback
from shared.web.site.cookie import SiteKeys, load_keys


def _clock() -> datetime:
    return datetime.now(UTC)


def _knows_of_no_end(_: str) -> bool:
    return False


@dataclass(frozen=True)
class Site:
    """`url` is where browsers see it, without a path. A cookie older than `fresh_seconds` is to be renewed.

    `has_ended`: whether this process knows that the session of this id has ended; may block on a database.
    """

    url: str
    keys: SiteKeys
    now: Callable[[], datetime]
    fresh_seconds: float = 180.0
    has_ended: Callable[[str], bool] = _knows_of_no_end

    @property
    def secure(self) -> bool:
        """Whether browsers reach it by https; else it is a laptop's."""
        return self.url.startswith("https:")

    @property
    def cookie_name(self) -> str:
        """`__Host-` lets no other host of the county set it; browsers take that only over https."""
        return "__Host-accord" if self.secure else "accord-local"

    def put_cookie(self, response: Response, value: str) -> None:
        """Have the browser keep the session's cookie until it is closed."""
        self._cookie(response, self.cookie_name, value, None)

    def drop_cookie(self, response: Response) -> None:
        """Have the browser forget it."""
        self._cookie(response, self.cookie_name, "", 0)

    def put_passing_cookie(self, response: Response, value: str, seconds: int) -> None:
        """Have the browser keep, for so long, what proves that it began a sign-in; empty: forget it."""
        self._cookie(response, self.passing_cookie_name, value, seconds if value else 0)

    @property
    def passing_cookie_name(self) -> str:
        """The cookie of a sign-in that is under way."""
        return f"{self.cookie_name}-signing-in"

    def _cookie(self, response: Response, name: str, value: str, seconds: int | None) -> None:
        # Lax: the way back from the provider begins on another site, and Strict would not send it there.
        response.set_cookie(
            name, value, max_age=seconds, path="/", secure=self.secure, httponly=True, samesite="lax"
        )


def load_site(settings: Settings, now: Callable[[], datetime] = _clock) -> Site | None:
    """The site of these settings; None without ACCORD_SITE_URL: then no pages are served. Raises Misconfigured."""
    if not settings.site_url:
        return None
    parts = urlsplit(settings.site_url)
    here = settings.local and is_loopback(settings.http_host) and is_loopback(parts.hostname)
    whole = parts.netloc and not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    if not whole or not (parts.scheme == "https" or (parts.scheme == "http" and here)):
        raise Misconfigured(
            "ACCORD_SITE_URL must be https://HOST, without a path. http is allowed only with ACCORD_LOCAL=1,"
            " a loopback ACCORD_HTTP_HOST and a loopback host."
        )
    url = f"{parts.scheme}://{parts.netloc.lower()}"
    return Site(url, load_keys(settings.site_keys_file), now, settings.site_fresh_seconds)
