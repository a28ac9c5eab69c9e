"""The public doors, as agencies and people use them: HTTP with a token, Kafka with an agency's own login."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from pydantic import SecretStr

from deploy.local.demo.watching import FeedStream, Records
from deploy.local.infrastructure import Infrastructure
from deploy.local.signing_in import token_of
from shared.bus.clients import Publisher
from shared.cli.client import Client
from shared.events.names import SealedClass, receipts_topic, submissions_topic
from shared.events.sealing import seal_for_county
from shared.settings import Settings

#: What an agency states of a youth, by class. Sealed before it leaves the agency.
Facts = Mapping[SealedClass, Mapping[str, Any]]


@dataclass(frozen=True)
class Submitted:
    """A record that an agency's system published: its id, where it lies, and when (monotonic seconds)."""

    id: UUID
    topic: str
    partition: int
    offset: int
    at: float


class Doors:
    """Every door of one platform. Blocks as its clients do; close it at the end."""

    def __init__(self, infra: Infrastructure, addresses: Mapping[str, str]) -> None:
        self.infra, self._addresses = infra, addresses
        self._clients: dict[tuple[str, str | None, str | None], Client] = {}
        self._publishers: dict[str, Publisher] = {}
        self._readers: list[Records] = []
        self._key: dict[str, Any] | None = None

    def api(self, service: str, person: str | None = None, purpose: str | None = None) -> Client:
        """A service's API for one of the invented people. The token is asked at the first call."""
        known = (service, person, purpose)
        if known not in self._clients:
            issuer = self._addresses["issuer"]
            token = (lambda: token_of(person, issuer)) if person else None
            self._clients[known] = Client(self._addresses[service], token, purpose=purpose)
        return self._clients[known]

    def address(self, service: str) -> str:
        """Where a service's API is."""
        return self._addresses[service]

    def county_key(self) -> dict[str, Any]:
        """The county's public submission key, from `GET /v1/keys`. Raises Unreachable, ApiProblem."""
        if self._key is None:
            self._key = dict(self.api("referrals").get("/v1/keys").body["keys"][0])
        return self._key

    def seal(self, number: UUID, facts: Facts) -> dict[str, str]:
        """`facts` sealed to the county's key, bound to this submission: only the county's vault opens them."""
        return {
            cls.value: seal_for_county(self.county_key(), number, cls, said) for cls, said in facts.items()
        }

    def submit(
        self,
        agency: str,
        command: str,
        body: Mapping[str, Any],
        *,
        facts: Facts | None = None,
        about: str | None = None,
        based_on: str | None = None,
    ) -> Submitted:
        """Publish a submission to the agency's own topic, with its own login. Raises TryLater."""
        number = uuid4()
        event = {
            "specversion": "1.0",
            "id": str(number),
            "source": f"/agencies/{agency}",
            "type": f"accord.submission.{command}.v1",
            "time": datetime.now(UTC).isoformat(),
            "datacontenttype": "application/json",
            "data": {**body, **({"sealed": self.seal(number, facts)} if facts else {})},
        }
        event |= {name: said for name, said in (("subject", about), ("basedon", based_on)) if said}
        return self.submit_bytes(agency, json.dumps(event).encode(), number)

    def submit_bytes(self, agency: str, value: bytes, number: UUID) -> Submitted:
        """Publish these bytes to the agency's own topic. Raises TryLater."""
        if agency not in self._publishers:
            self._publishers[agency] = Publisher(self.login(agency))
        topic, at = submissions_topic(agency), time.monotonic()
        offset = self._publishers[agency].publish(topic, str(number).encode(), value)
        return Submitted(number, topic, 0, offset, at)

    def receipts(self, agency: str) -> Records:
        """The agency's receipts from now on, read with its own login; begun."""
        return self.records(agency, receipts_topic(agency))

    def records(self, principal: str, *topics: str) -> Records:
        """These topics from now on, read as this Kafka principal; begun."""
        reader = Records(self.login(principal), topics)
        self._readers.append(reader)
        reader.begin()
        return reader

    def feed(self, person: str) -> FeedStream:
        """The person's feed, with its stream open; begun."""
        issuer = self._addresses["issuer"]
        # A client of its own: a stream holds its connection as long as it lives.
        stream = FeedStream(
            person, Client(self._addresses["notifications"], lambda: token_of(person, issuer))
        )
        stream.begin()
        return stream

    def login(self, principal: str) -> Settings:
        """Kafka's address and this principal's own login."""
        username, password = self.infra.kafka_credentials(principal)
        return Settings().model_copy(
            update={
                "kafka_bootstrap_servers": self.infra.bootstrap,
                "kafka_username": username,
                "kafka_password": SecretStr(password),
            }
        )

    def close(self) -> None:
        """Close what is open. Blocks a few seconds at most."""
        for reader in self._readers:
            reader.end()
        for publisher in self._publishers.values():
            publisher.close()
        for client in self._clients.values():
            client.__exit__()
