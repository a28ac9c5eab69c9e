"""Passkeys: what a person's own device signs, in place of a code. The device asks for a finger, a face or a PIN."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.base64url_to_bytes import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from services.referrals.people.accounts import Account, Accounts
from shared.store.store import Store
from shared.web.site.codes import code_of

LASTS = timedelta(minutes=5)
"""How long somebody may take with their device."""
MOST = 10
"""Passkeys of one person."""
LONGEST = 20_000
"""Characters of what a device answers."""
#: What reading and verifying an answer that anybody can send may raise.
UNUSABLE = (WebAuthnException, ValueError, KeyError, TypeError, RecursionError)


@dataclass(frozen=True)
class Passkeys:
    """Thread-safe. Methods block on the database and raise TryLater when it is away."""

    store: Store
    accounts: Accounts
    site: str
    county: str
    now: Callable[[], datetime]

    @property
    def possible(self) -> bool:
        """Whether browsers make passkeys for this site: not for one that has a number in place of a name."""
        try:
            ip_address(self._host)
        except ValueError:
            return True
        return False

    def begin_making(self, session: str, person: str) -> str:
        """What the browser is to ask the device for, as JSON."""
        options = generate_registration_options(
            rp_id=self._host,
            rp_name=self.county,
            user_id=UUID(person).bytes,
            user_name=code_of("person", person),
            challenge=self._challenge(session),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(one) for one in self._of(person)],
        )
        return options_to_json(options)

    def make(self, session: str, person: str, answer: str) -> bool:
        """Keep the passkey that the device made, if it is good."""
        challenge = self._take(session)
        if challenge is None or len(answer) > LONGEST or len(self._of(person)) >= MOST:
            return False
        try:
            made = verify_registration_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self.site,
                require_user_verification=True,
            )
        except UNUSABLE:
            return False
        with self.store.transaction() as connection:
            row = connection.execute(
                "INSERT INTO passkeys (credential, person, public_key, sign_count, made)"
                " VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING person",
                [made.credential_id, person, made.credential_public_key, made.sign_count, self.now()],
            ).fetchone()
        return row is not None

    def begin_using(self, browser: str) -> str:
        """What the browser is to ask the device for, as JSON. It names nobody: the device knows its person."""
        options = generate_authentication_options(
            rp_id=self._host,
            challenge=self._challenge(browser),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json(options)

    def use(self, browser: str, answer: str) -> Account | None:
        """Whose passkey signed, if it is good."""
        challenge = self._take(browser)
        if challenge is None or len(answer) > LONGEST:
            return None
        try:
            credential = base64url_to_bytes(json.loads(answer)["rawId"])
            with self.store.transaction() as connection:
                row = connection.execute(
                    "SELECT person, public_key, sign_count FROM passkeys WHERE credential = %s", [credential]
                ).fetchone()
            if row is None:
                return None
            used = verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self.site,
                credential_public_key=bytes(row["public_key"]),
                credential_current_sign_count=row["sign_count"],
                require_user_verification=True,
            )
        except UNUSABLE:
            return None
        with self.store.transaction() as connection:
            connection.execute(
                "UPDATE passkeys SET sign_count = %s WHERE credential = %s", [used.new_sign_count, credential]
            )
        account = self.accounts.of(str(row["person"]))
        return account if account and account.active else None

    def count(self, person: str) -> int:
        """How many somebody has."""
        return len(self._of(person))

    def drop(self, person: str) -> None:
        """Forget all of somebody's."""
        with self.store.transaction() as connection:
            connection.execute("DELETE FROM passkeys WHERE person = %s", [person])

    def forget(self) -> None:
        """Remove challenges whose time is over."""
        with self.store.transaction() as connection:
            connection.execute("DELETE FROM challenges WHERE made <= %s", [self.now() - LASTS])

    @property
    def _host(self) -> str:
        return urlsplit(self.site).hostname or ""

    def _of(self, person: str) -> list[bytes]:
        with self.store.transaction() as connection:
            rows = connection.execute(
                "SELECT credential FROM passkeys WHERE person = %s", [person]
            ).fetchall()
        return [bytes(row["credential"]) for row in rows]

    def _challenge(self, owner: str) -> bytes:
        challenge = secrets.token_bytes(32)
        with self.store.transaction() as connection:
            connection.execute(
                "INSERT INTO challenges VALUES (%s, %s, %s) ON CONFLICT (owner)"
                " DO UPDATE SET challenge = excluded.challenge, made = excluded.made",
                [_digest(owner), challenge, self.now()],
            )
        return challenge

    def _take(self, owner: str) -> bytes | None:
        with self.store.transaction() as connection:
            row = connection.execute(
                "DELETE FROM challenges WHERE owner = %s AND made > %s RETURNING challenge",
                [_digest(owner), self.now() - LASTS],
            ).fetchone()
        return bytes(row["challenge"]) if row else None


def _digest(owner: str) -> bytes:
    return hashlib.sha256(owner.encode()).digest()
