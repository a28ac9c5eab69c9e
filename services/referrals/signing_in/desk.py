"""What the pages of signing in share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from services.referrals.domain.sessions import Session
from services.referrals.signing_in.drafts import Drafts
from services.referrals.signing_in.provider import Provider
from services.referrals.signing_in.sessions import Sessions
from services.referrals.signing_in.under_way import SignIns
from shared.web.site.cookie import Claims, SiteKey
from shared.web.site.rendering import Pages
from shared.web.site.site import Site


@dataclass(frozen=True)
class Desk:
    """Whom people sign in with, their sessions, and the key that cookies are signed with."""

    site: Site
    key: SiteKey
    providers: Mapping[str, Provider]
    sign_ins: SignIns
    sessions: Sessions
    drafts: Drafts
    pages: Pages
    exit_url: str = ""

    def provider_of(self, issuer: str) -> Provider | None:
        """The provider whose issuer this is."""
        return next((p for p in self.providers.values() if p.issuer.issuer == issuer), None)

    def put_session(self, answer: Response, session: Session) -> None:
        """Give the browser a fresh cookie."""
        self.site.put_cookie(answer, self.key.write(self.sessions.claims(session)))

    def put_locked(self, answer: Response, claims: Claims) -> None:
        """Give the browser a cookie that opens nothing and says whose screen this was, so that what is typed on
        a page that is still open can be kept for its person."""
        over = claims.model_copy(update={"exp": min(claims.exp, claims.iat)})
        self.site.put_cookie(answer, self.key.write(over))
