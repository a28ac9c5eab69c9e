"""Who calls, for which agency and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared.events.names import Agency, Purpose, Role
from shared.web.problems import Problem
from shared.web.shares import Shares

PURPOSE_HEADER = "Accord-Purpose"


@dataclass(frozen=True)
class Caller:
    """A person or a system, acting for one agency with a purpose. `person` is a random UUID, never a name."""

    person: str
    agency: Agency
    roles: frozenset[Role]
    purpose: Purpose = Purpose.COORDINATE

    @property
    def system(self) -> bool:
        """An agency's system, not a person."""
        return Role.SYSTEM in self.roles


class Verifier(Protocol):
    """Turns a bearer token into a caller."""

    async def verify(self, token: str, purpose: Purpose) -> Caller:
        """Raises Problem (401) if the token is not good, TryLater if that cannot be known now.

        May wait for an issuer's keys, at most a few seconds. The token is in no error and no log.
        """


def challenge(error: str = "") -> dict[str, str]:
    """The header that goes with every 401 (RFC 6750)."""
    return {"WWW-Authenticate": f'Bearer error="{error}"' if error else "Bearer"}


def purpose_of(request: Request) -> Purpose:
    """The header `Accord-Purpose`; `coordinate` without it. Raises Problem (422)."""
    given = request.headers.getlist(PURPOSE_HEADER)
    if not given:
        return Purpose.COORDINATE
    if len(given) != 1 or given[0] not in {purpose.value for purpose in Purpose}:
        errors = [{"header": PURPOSE_HEADER, "detail": f"must be one of {', '.join(Purpose)}"}]
        raise Problem("purpose-unknown", errors=errors)
    return Purpose(given[0])


_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="A token of your agency's issuer.")


async def current_caller(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    purpose_header: Annotated[
        str | None, Header(alias=PURPOSE_HEADER, description="Why you act or read; coordinate by default.")
    ] = None,
) -> Caller:
    """FastAPI dependency: the verified caller. Raises Problem 401, 422 or 429, TryLater."""
    if credentials is None or not credentials.credentials:
        raise Problem("token-missing", headers=challenge())
    verifier: Verifier = request.app.state.verifier
    purpose = purpose_of(request)
    caller = await verifier.verify(credentials.credentials, purpose)
    request.state.caller = caller
    shares: Shares = request.app.state.shares
    shares.count(
        f"{caller.agency}/{caller.person}", getattr(request.scope.get("route"), "operation_id", None)
    )
    return caller


#: For handlers: `def show(caller: CurrentCaller) -> …`.
CurrentCaller = Annotated[Caller, Depends(current_caller)]
