"""Real servers for the figures, and the application of referrals on them, with Alder County's MOU adopted."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import structlog
from pydantic import SecretStr

from deploy.local.first_steps import DOCUMENT
from deploy.local.infrastructure import Infrastructure
from services.referrals.application.orders import Order, Outcome
from services.referrals.bootstrap import Referrals, bootstrap
from services.referrals.domain import commands as c
from services.referrals.domain.commands_mou import AdoptMou
from services.referrals.vault.key_file import create_key_file
from shared.events.names import Agency, Matter, Urgency, YouthChoice
from shared.mou.facts import CallerFacts
from shared.mou.load import adoptable
from shared.settings import Settings


@contextmanager
def servers() -> Iterator[Infrastructure]:
    """Kafka and PostgreSQL of their own, gone at the end."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    folder = Path(tempfile.mkdtemp(prefix="accord-bench-"))
    folder.chmod(0o711)
    infra = Infrastructure(folder, external=False).start()
    try:
        yield infra
    finally:
        infra.remove()
        shutil.rmtree(folder, ignore_errors=True)


def settings_of(infra: Infrastructure, service: str) -> Settings:
    """What a process of `service` is given."""
    username, password = infra.kafka_credentials(service)
    key = infra.places.secrets / "vault.key"
    if not key.exists():
        create_key_file(key)
    return Settings(
        database_url=SecretStr(infra.database_url(f"accord_{service}")),
        vault_database_url=SecretStr(infra.database_url("accord_vault")),
        vault_key_file=key,
        kafka_bootstrap_servers=infra.bootstrap,
        kafka_username=username,
        kafka_password=SecretStr(password),
    )


class County:
    """The application of referrals and invented people to act in it."""

    def __init__(self, infra: Infrastructure) -> None:
        """Migrates, and adopts the MOU."""
        self.referrals: Referrals = bootstrap(settings_of(infra, "referrals"))
        document = adoptable(DOCUMENT.read_text(encoding="utf-8"))
        adopt = AdoptMou(document=document, signed_by=tuple(Agency))
        self.order("adopt-mou", None, adopt, "human-services", "coordinator")

    def order(
        self,
        name: str,
        thing: str | None,
        command: c.Command,
        agency: str,
        role: str,
        based_on: str | None = None,
    ) -> Outcome:
        """Carry out a command; it must not be refused."""
        person = str(uuid4())
        caller = CallerFacts(agency, frozenset({role}), "coordinate", role == "system", person)
        source, trace = f"/agencies/{agency}", str(uuid4())
        order = Order(name, thing, command, caller, person, str(uuid4()), source, trace, based_on)
        outcome = self.referrals.handler.handle(order)
        if outcome.refusal is not None:
            raise outcome.refusal
        return outcome

    def open_case(self) -> str:
        """A case with one concern."""
        concern = self.order("report-concern", None, c.ReportConcern(age_years=15), "sheriff", "system").made[
            "concern"
        ]
        screener = CallerFacts("human-services", frozenset({"screener"}), "coordinate", False, str(uuid4()))
        tag = self.referrals.questions.show("concern", concern, screener, "bench").etag
        opened = self.order(
            "open-case", concern, c.OpenCase(matter=Matter.DEPENDENCY), "human-services", "screener", tag
        )
        return opened.made["case"]

    def refer(self, case: str, clear: dict[str, dict[str, str]] | None = None) -> Outcome:
        """A referral to the advocacy agency."""
        asked = c.RequestReferral.model_validate(
            {
                "recipient": Agency.ADVOCACY,
                "matter": Matter.DEPENDENCY,
                "kind": "advocate",
                "urgency": Urgency.HOURS,
                "youth_choice": YouthChoice.AGREES,
                "clear": clear or {},
            }
        )
        return self.order("request-referral", case, asked, "human-services", "social-worker")
