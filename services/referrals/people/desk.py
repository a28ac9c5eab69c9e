"""What the pages of people without a provider share."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from services.referrals.people.accounts import Account, Accounts
from services.referrals.people.codes import Codes
from services.referrals.people.letters import Letters
from services.referrals.people.passkeys import Passkeys
from services.referrals.people.post import Post
from services.referrals.signing_in.desk import Desk
from services.referrals.signing_in.welcome import welcome
from shared.events.names import Agency, Purpose, Role
from shared.mail import smtp_of
from shared.mou.document import Mou
from shared.settings import Settings
from shared.web.callers import Caller
from shared.web.site.rendering import language_of
from shared.web.trace import Trace


@dataclass(frozen=True)
class People:
    """Accounts, codes and letters, beside the desk where sessions begin. Its methods block on the databases."""

    desk: Desk
    accounts: Accounts
    letters: Letters
    codes: Codes
    passkeys: Passkeys

    def mou(self) -> Mou | None:
        """The MOU in force."""
        sessions = self.desk.sessions
        with sessions.store.transaction() as connection:
            return sessions.shelf.in_force(connection, sessions.now())

    def held(self, person: str, agency: str) -> frozenset[str]:
        """The roles that a person holds at an agency now."""
        return self.desk.sessions.held(person, agency)

    def welcome(self, request: Request, account: Account, how: str, back: str, trace: Trace) -> Response:
        """A session for the account's person, in the roles that they hold. Raises NoRole."""
        held = self.held(account.person, account.agency)
        roles = frozenset(Role(role) for role in held)
        caller = Caller(account.person, Agency(account.agency), roles, Purpose.COORDINATE)
        language = language_of(request, None)
        return welcome(self.desk, request, caller, language, how, back, str(trace.correlation_id))


def people_of(desk: Desk) -> People:
    """The people of the county of this desk. Does no I/O."""
    sessions = desk.sessions
    book = desk.drafts.vault.addresses
    letters = Letters(sessions.store, book, sessions.now)
    accounts = Accounts(sessions.store, book, letters, sessions.now)
    codes = Codes(sessions.store, accounts, letters, sessions.secret, sessions.now)
    passkeys = Passkeys(sessions.store, accounts, desk.site.url, desk.pages.county.name, sessions.now)
    return People(desk, accounts, letters, codes, passkeys)


def post_of(people: People, settings: Settings) -> Post | None:
    """What sends their letters; None where no mail is sent. Raises Misconfigured."""
    mail = smtp_of(settings)
    if mail is None:
        return None
    return Post(people.letters, people.accounts, mail, settings.smtp_from, people.desk.site.url)
