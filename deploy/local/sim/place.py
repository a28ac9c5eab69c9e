"""The platform that the county is played on: the local one that runs on this data, and never another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from shared.bus.logins import kafka_login
from shared.cli.failures import Unreachable, Usage
from shared.cli.places import address
from shared.settings import Settings
from shared.web.issuers import is_loopback

SERVICES = ("referrals", "notifications", "audit", "issuer", "site")
_WHY = (
    "The simulator plays invented people: it needs the local platform's own issuer, and loopback addresses."
)


@dataclass(frozen=True)
class Place:
    """Where its services are, and its data directory, which holds the agencies' Kafka logins."""

    data: Path
    addresses: Mapping[str, str]

    def login(self, principal: str) -> Settings:
        """Kafka's address and this principal's login. Raises Usage."""
        found = kafka_login([principal], self.data)
        if found.kafka_username != principal:
            hint = "Unset ACCORD_KAFKA_USERNAME; the logins are in the local platform's data directory."
            raise Usage("The simulator needs each agency's own Kafka login.", hint)
        return found


def find(data: Path) -> Place:
    """The platform on this data. Blocks a few seconds. Raises Usage if it is not local, Unreachable."""
    addresses = {name: address(name, data) for name in SERVICES}
    require_local(addresses)
    place = Place(data, addresses)
    for server in place.login("audit").kafka_bootstrap_servers.split(","):
        require_local({"kafka": f"kafka://{server}"})
    _require_issuer(addresses["issuer"])
    return place


def require_local(addresses: Mapping[str, str]) -> None:
    """Raises Usage if one of them is not on this machine's loopback."""
    for name, where in addresses.items():
        if not is_loopback(urlsplit(where).hostname):
            raise Usage(f"The address of {name} is not on this machine, so nothing was sent.", _WHY)


def _require_issuer(where: str) -> None:
    """That it is the local platform's: it names itself so, and says who can sign in."""
    try:
        with httpx2.Client(timeout=5.0, trust_env=False) as client:
            said = client.get(f"{where}/.well-known/openid-configuration")
            people = client.get(f"{where}/people")
    except httpx2.TransportError as error:
        raise Unreachable("The local issuer does not answer.", "Start the platform: `accord up`.") from error
    if people.status_code != 200 or said.status_code != 200 or said.json().get("issuer") != where:
        raise Usage("The issuer is not the local platform's, so nothing was sent.", _WHY)
