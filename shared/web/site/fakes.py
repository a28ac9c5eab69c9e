"""A site whose key is made here, for tests of pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from shared.web.callers import Caller
from shared.web.site.cookie import Claims, Language, SiteKey, new_key
from shared.web.site.site import Site

URL = "http://127.0.0.1"
FORM_TOKEN = "a-form-token-of-the-tests"  # noqa: S105 - opens nothing


def _clock() -> datetime:
    return datetime.now(UTC)


class FakeSite:
    """`create_app(…, site=fake.site)`, then `client.cookies.update(fake.cookie(Caller(…)))`."""

    def __init__(self, now: Callable[[], datetime] = _clock, url: str = URL) -> None:
        self.key: SiteKey = new_key()
        self.site = Site(url, self.key.public, now)

    def cookie(
        self,
        caller: Caller,
        *,
        language: Language = "en",
        privacy: bool = False,
        age: timedelta = timedelta(),
        idle: timedelta = timedelta(minutes=15),
        session: str = "",
    ) -> dict[str, str]:
        """The cookie of somebody who signed in, made `age` ago."""
        made = self.site.now() - age
        claims = Claims(
            sub=caller.person,
            agency=caller.agency,
            roles=caller.roles,
            sid=session or str(uuid4()),
            form=FORM_TOKEN,
            language=language,
            privacy=privacy,
            iat=int(made.timestamp()),
            exp=int((made + idle).timestamp()),
        )
        return {self.site.cookie_name: self.key.write(claims)}
