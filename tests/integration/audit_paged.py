"""Audit's pages over a real ledger: an app with its own site, visitors who have signed in, and a case in it."""

from __future__ import annotations

import random
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from fastapi.testclient import TestClient

from services.audit.api import make_app
from services.audit.merkle.asking import Proofs
from services.audit.merkle.signing import create_key_file, read_key_file
from services.audit.questions import Questions
from services.audit.session import Session
from shared.events.names import Agency, Role
from shared.settings import Settings
from shared.store.migrate import migrate
from shared.store.store import Store
from shared.web.callers import Caller
from shared.web.fakes import FakeVerifier
from shared.web.site.fakes import FORM_TOKEN, FakeSite
from tests.integration.test_audit_api import PEOPLE, Api
from tests.unit.audit.county import County, canary, versions
from tests.unit.audit.made import Case, Log

SUPERVISOR = Caller(str(uuid4()), Agency.HUMAN_SERVICES, frozenset({Role.SUPERVISOR}))
VISITORS = {**PEOPLE, "supervisor": SUPERVISOR}
#: A browser's own headers, as far as they matter here.
BROWSER = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Site": "same-origin"}


@dataclass
class Paged(Api):
    """Audit with pages, on a ledger of its own."""

    site: FakeSite = field(default_factory=FakeSite)
    app: FastAPI = field(default_factory=FastAPI)
    key_file: Path = field(default=Path())

    @classmethod
    def on(cls, url: str, folder: Path, site: FakeSite | None = None) -> Paged:
        migrate(url, Path("services/audit/migrations"))
        key_file, site = folder / "signing.key", site or FakeSite()
        create_key_file(key_file)
        store, session = Store(url, 4), Session(url)
        questions, proofs = Questions(store, lambda: None), Proofs(store, partial(read_key_file, key_file))
        app = make_app(
            questions,
            FakeVerifier(PEOPLE),
            Settings(),
            lambda: [],
            secrets.token_bytes(32),
            proofs,
            site.site,
        )
        made = cls(store, session, TestClient(app), [], site, app, key_file)
        made.sign_in("auditor")
        return made

    def close(self) -> None:
        self.session.close()
        self.store.close()

    def sign_in(self, who: str, **more: Any) -> None:
        """From now on the client is this person's browser."""
        self.client = TestClient(
            self.app, base_url=self.site.site.url, headers=BROWSER, follow_redirects=False
        )
        self.client.cookies.update(self.site.cookie(VISITORS[who], **more))

    def page(self, path: str, status: int = 200, **params: Any) -> str:
        """The page's text in words, with one blank between them."""
        return words_of(self.html(path, status, **params))

    def html(self, path: str, status: int = 200, **params: Any) -> str:
        answer = self.client.get(path, params=params or None)
        assert answer.status_code == status, (answer.status_code, answer.text[-2_000:])
        assert answer.headers["content-type"].startswith("text/html")
        return answer.text

    def send(self, path: str, page: str = "", **typed: Any) -> Any:
        own = {"form-token": FORM_TOKEN, "key": str(uuid4()), "page": page or path}
        return self.client.post(path, data={**own, **typed})

    def facts(self, kind: str) -> list[Any]:
        return [event for event in self.appended() if event.type == f"accord.{kind}.v1"]


def words_of(html: str) -> str:
    """What is to be read between the tags of the main part."""
    main = html[html.index("<main") : html.index("</main>")]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())


def told_case(api: Api) -> Case:
    """A case under Alder's MOU, with a referral to public health, declined, and one to advocacy, accepted late."""
    made = County(Log(), random.Random(1))
    made.adopt(versions()[0])
    case = Case(made.log, {"identity": canary("identity", 1)}).open()
    case.reject(case.refer("public-health", sealed={"health": canary("health", 2)}), by="public-health")
    case.accept(case.refer("advocacy"), by="advocacy")
    api.keep(made.log.made)
    api.complete(made.log.now)
    return case


def local(moment: datetime) -> str:
    """The moment as people in Alder type it, to the second."""
    return moment.astimezone(ZoneInfo("America/Los_Angeles")).strftime("%Y-%m-%d %H:%M:%S")


FORGED = """
UPDATE ledger
SET value = convert_to(replace(convert_from(value, 'UTF8'), '"clause":"4.1"', '"clause":"4.2"'), 'UTF8')
WHERE event_id = %s RETURNING 1
"""


def alter(api: Paged, event: str) -> None:
    """Another clause in an event's record, in the ledger alone."""
    with api.store.transaction() as c:
        assert len(c.execute(FORGED, [event]).fetchall()) == 1


def looked_at(api: Api) -> Case:
    """A case that two agencies read, and that a third asked for and was not shown."""
    made = County(Log(), random.Random(1))
    made.adopt(versions()[0])
    case = Case(made.log).open()
    made.chance.random = lambda: 1.0  # type: ignore[method-assign]
    made.read(case, "sheriff")
    made.read(case, "advocacy")
    made.chance.random = lambda: 0.0  # type: ignore[method-assign]
    made.read(case, "probation")
    api.keep(made.log.made)
    return case
