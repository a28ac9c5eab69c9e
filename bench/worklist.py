"""The first page of a worklist of 10,000 referrals of one agency, against the bare query; its bytes on the wire."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
from fastapi.testclient import TestClient
from psycopg.rows import dict_row

from bench.county import County, servers, settings_of
from bench.measuring import percentile, say
from deploy.local.people import BY_HANDLE
from services.referrals.api.app import make_app
from services.referrals.api.calls import Doors
from services.referrals.application.worklists import page_query
from services.referrals.bootstrap import Referrals
from services.referrals.pages.worklist import PATH, SHOWN
from services.referrals.signing_in.desk import Desk
from services.referrals.signing_in.drafts import Drafts
from services.referrals.signing_in.opening import CASEWORK, TEMPLATES
from services.referrals.signing_in.sessions import Sessions
from services.referrals.signing_in.under_way import SignIns
from shared.settings import Settings
from shared.web.callers import Caller
from shared.web.fakes import FakeVerifier
from shared.web.site.county import county_of
from shared.web.site.fakes import FakeSite
from shared.web.site.rendering import Pages

REFERRALS, IN_A_CASE, SAMPLE, WARM = 10_000, 100, 200, 10
PERSON = BY_HANDLE["advocate@advocacy"]
FILTERED = f"{PATH}?queue=inbound&status=requested&urgency=hours"


class _Open:
    def require(self) -> None:
        """The gate of a figure stands open."""


def main() -> None:
    """Print the figures: p50 and p95 of the page, bare and with filters; bytes at a first visit and after."""
    with servers() as infra:
        county = County(infra)
        for _ in range(REFERRALS // IN_A_CASE):
            case = county.open_case()
            for _ in range(IN_A_CASE):
                county.refer(case)
        url = settings_of(infra, "referrals").database_url.get_secret_value()
        bare = _bare(url)
        base = [_took(bare) for _ in range(SAMPLE)][WARM:]
        client = reader(county.referrals)
        for name, path in (("first page", PATH), ("with two filters", FILTERED)):
            took = [_took(partial(_page, client, path)) for _ in range(SAMPLE)][WARM:]
            for share in (0.5, 0.95):
                ours, theirs = percentile(took, share), percentile(base, share)
                aim = "≤ 300 ms" if share > 0.9 else "-"
                what = f"worklist of {REFERRALS:,}, {name}, p{share * 100:.0f}"
                say(what, f"{ours:.1f} ms", f"{theirs:.1f} ms", ours / theirs, aim)
        first, after = weights(client)
        print(
            f"over the wire: {first:,} bytes at the first visit (aim ≤ 150,000), {after:,} after (≤ 20,000)"
        )
        county.referrals.close()


def reader(referrals: Referrals) -> TestClient:
    """An advocate at the pages of referrals, in this process."""
    settings, fake = Settings(), FakeSite(referrals.store.now)
    store = referrals.store
    sessions = Sessions(store, referrals.handler.shelf, referrals.secret, timedelta(minutes=15), store.now)
    desk = Desk(
        fake.site,
        fake.key,
        {},
        SignIns(store, store.now),
        sessions,
        Drafts(referrals.vault),
        Pages(county_of(settings), TEMPLATES, CASEWORK),
    )
    app = make_app(Doors(referrals, _Open(), lambda: True), FakeVerifier({}), settings, list, desk)
    client = TestClient(app, base_url=fake.site.url)
    idle = timedelta(hours=1)
    client.headers["Sec-Fetch-Site"] = "same-origin"
    client.cookies.update(fake.cookie(Caller(str(PERSON.id), PERSON.agency, PERSON.roles), idle=idle))
    return client


def weights(client: TestClient) -> tuple[int, int]:
    """Bytes of the page with everything that it links to, for who comes from the provider; of the page alone."""
    page = client.get(PATH, headers={"Sec-Fetch-Site": "cross-site"})
    linked = set(re.findall(r'(?:href|src)="(/assets/[^"]+)"', page.text))
    return _sent(page) + sum(_sent(client.get(path)) for path in linked), _sent(client.get(PATH))


def _sent(answer: Any) -> int:
    """Bytes of the answer's body as it was sent."""
    assert answer.status_code == 200, answer.text
    return int(answer.headers["content-length"])


def _page(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200, answer.status_code
    assert answer.text.count("<tr>") == SHOWN + 1, "a full page"


def _bare(url: str) -> Callable[[], object]:
    """The page's query alone, on a connection of its own."""
    connection = psycopg.connect(url, autocommit=True, row_factory=dict_row)
    given = {
        "agency": PERSON.agency,
        "part": "open",
        "statuses": None,
        "urgencies": None,
        "after": None,
        "limit": SHOWN + 1,
    }
    query = page_query("inbound").encode()
    return lambda: connection.execute(query, given).fetchall()


def _took(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1_000


if __name__ == "__main__":
    main()
