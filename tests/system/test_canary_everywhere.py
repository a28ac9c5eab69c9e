"""DESIGN I7: a name, a birth date and an address, planted through every door, are found in no sink."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from kafka import KafkaProducer

from deploy.local.postgres import wheel_programs
from deploy.local.provision import DATABASES
from deploy.local.system import System
from shared.events.names import submissions_topic
from tests.canary import EXEMPT_TOPICS, Canary, Hit, as_code, is_exempt_broker_file
from tests.faults.found import read_topics
from tests.system.doors import Answered, Doors

pytestmark = [pytest.mark.platform, pytest.mark.timeout(600)]

DEPUTY, SCREENER, WORKER = "deputy@sheriff", "screener@human-services", "worker@human-services"
ADVOCATE, COORDINATOR = "advocate@advocacy", "coordinator@human-services"
SETTLE = 45.0


class Planted:
    """The values of this run; nobody has them."""

    def __init__(self) -> None:
        mark = uuid4().hex[:6]
        self.name = f"Quetzalli Ibarra-{mark}"
        self.born = "2009-02-29"  # no such day, so it stands nowhere else
        self.address = f"{int(mark, 16)} Marigold Court"
        self.all = (self.name, self.born, self.address)
        self.clear = {
            "identity": {"name": self.name, "birth_date": self.born},
            "address": {"street": self.address},
            "narrative": {"text": f"{self.name}, born {self.born}, of {self.address}"},
            "reporter": {"spoke_to": self.name},
        }


@pytest.fixture(scope="module")
def whole(platform_folder) -> Iterator[System]:
    """A system of its own: its disk is searched."""
    with System(platform_folder()) as system:
        system.wait_first_steps()
        yield system
    system.infra.remove()


@pytest.fixture(scope="module")
def planted() -> Planted:
    return Planted()


@pytest.fixture(scope="module")
def canary(planted: Planted) -> Canary:
    return Canary(planted.all)


@pytest.fixture(scope="module")
def told(whole: System, planted: Planted, tmp_path_factory) -> Iterator[list[Answered]]:
    """Everything is planted through every door, once, and has come everywhere; what the doors answered."""
    doors = Doors(whole)
    try:
        concern, referral = story(doors, planted)
        bad_requests(doors, planted, concern, referral)
        bad_submissions(doors, planted)
        command_line(doors, planted, tmp_path_factory.mktemp("bodies"))
        wait_until_taken(doors)
        yield doors.answers
    finally:
        doors.close()


def story(doors: Doors, planted: Planted) -> tuple[str, str]:
    """The good path, identifying facts at every step that takes them."""
    post, clear = doors.http, planted.clear
    made = post("referrals", "POST", "/v1/concerns", DEPUTY, json={"age_years": 15, "clear": clear})
    assert made.status == 201, made.body
    concern = made.json()["concern"]
    call = {"called_at": "2026-01-05T10:00:00Z", "clear": {"reporter": clear["reporter"]}}
    assert post("referrals", "POST", f"/v1/concerns/{concern}/calls", DEPUTY, json=call).status == 200
    tag = {"If-Match": doors.etag(SCREENER, f"/v1/concerns/{concern}")}
    opened = post(
        "referrals", "POST", f"/v1/concerns/{concern}/open-case", SCREENER, json={"matter": "dependency"},
        headers=tag,
    )  # fmt: skip
    case = opened.json()["case"]
    asked = {
        "recipient": "advocacy",
        "matter": "dependency",
        "kind": "advocacy",
        "urgency": "hours",
        "youth_choice": "agrees",
        "clear": {"identity": clear["identity"], "narrative": clear["narrative"]},
    }
    for named in ({"kind": as_code(planted.name)}, {"needs": [f"born-{planted.born}"]}):
        path = f"/v1/cases/{case}/referrals"
        assert post("referrals", "POST", path, WORKER, json={**asked, **named}).status == 422
    referred = post("referrals", "POST", f"/v1/cases/{case}/referrals", WORKER, json=asked)
    assert referred.status == 201, referred.body
    referral = referred.json()["referral"]
    seen = post("referrals", "GET", f"/v1/referrals/{referral}", ADVOCATE, keep=False)
    assert planted.name.encode() in seen.body, "the vault holds it: who may see it does"
    body = {"reason": "no-capacity", "clear": {"narrative": clear["narrative"]}}
    tag = {"If-Match": seen.headers["etag"]}
    rejected = post("referrals", "POST", f"/v1/referrals/{referral}/reject", ADVOCATE, json=body, headers=tag)
    assert rejected.status == 200, rejected.body
    for who in (SCREENER, WORKER, ADVOCATE):
        post("notifications", "GET", "/v1/feed", who)
    for what in ("history", "state"):
        answer = post(
            "audit", "GET", f"/v1/cases/{case}/{what}", "auditor@county", headers={"Accord-Purpose": "audit"}
        )
        assert answer.status == 200, answer.body
    return concern, referral


def bad_requests(doors: Doors, planted: Planted, concern: str, referral: str) -> None:
    """Bodies, paths, queries and headers that are wrong, each with a value in it."""
    name, ask = planted.name, doors.http
    wrong = {
        "not JSON": f'{{"name": "{name}"'.encode(),
        "no object": json.dumps([name, planted.born]).encode(),
        "not UTF-8": b'{"name": "\xff' + name.encode() + b'"}',
        "a name twice": f'{{"{name}": 1, "{name}": "{planted.address}"}}'.encode(),
        "too large": json.dumps({"signs": [name] * 60_000}).encode(),
        "deep": b"[" * 5_000 + name.encode(),
    }
    bodies: list[dict[str, object]] = [
        {name: planted.address, "age_years": 14},
        {"age_years": name, "immediate_danger": planted.born, "known_since": name},
        {"signs": [name, planted.address], "exploitation_kind": name, "called_line": name},
        {"signs": [as_code(name), f"born-{planted.born}"], "exploitation_kind": as_code(planted.address)},
        {"clear": name, "sealed": {name: name}},
        {"clear": {name: {"x": name}, "identity": name, "address": [planted.address]}},
        {"sealed": {"identity": name, "address": "a.b.c.d." + planted.address}},
        {"time": name, "age_years": 14},
        {"matter": name, "case": name, "reason": name, "worker": name, "agency": name},
    ]
    paths = ["/v1/concerns", f"/v1/concerns/{concern}/open-case", f"/v1/referrals/{referral}/accept"]
    paths += [
        f"/v1/cases/{concern}/referrals",
        f"/v1/concerns/{concern}/calls",
        "/v1/roles",
        "/v1/mou/versions",
        "/v1/mou/proposals",
        f"/v1/mou/proposals/{concern}/comments",
    ]
    quoted = name.replace(" ", "%20")
    for path in paths:
        for content in wrong.values():
            ask("referrals", "POST", path, SCREENER, content=content, headers={"If-Match": f'"{quoted}"'})
        for body in bodies:
            ask("referrals", "POST", path, SCREENER, json=body, headers={"If-Match": f'"{name}"'})
    headers = ["Idempotency-Key", "If-Match", "Accord-Purpose", "traceparent", "Authorization", "User-Agent"]
    headers += ["Content-Type", "Last-Event-ID", "X-Request-ID", "Accept", "Cookie", "Origin", name[:9]]
    addresses = [
        ("referrals", "GET", f"/v1/concerns/{quoted}"),
        (
            "referrals",
            "GET",
            f"/v1/referrals?queue={quoted}&status={quoted}&cursor={quoted}&{quoted}={quoted}",
        ),
        ("referrals", "GET", f"/v1/deadletters/{quoted}"),
        ("referrals", "POST", f"/v1/concerns/{quoted}/open-case"),
        ("referrals", "DELETE", f"/{quoted}"),
        ("notifications", "GET", f"/v1/feed?tier={quoted}&cursor={quoted}"),
        ("notifications", "POST", f"/v1/feed/items/{quoted}/acknowledge"),
        ("notifications", "GET", f"/v1/feed/stream/{quoted}"),
        ("audit", "GET", f"/v1/cases/{quoted}/history?as_of={quoted}"),
        ("audit", "GET", f"/v1/cases/{concern}/state?as_of={quoted}&as_of_event={quoted}&axis={quoted}"),
        ("issuer", "POST", f"/token?person={quoted}"),
    ]
    for service, method, address in addresses:
        for person in (COORDINATOR, None):
            ask(service, method, address, person, json={"person": name} if method == "POST" else None)
    for service, method, address in (*addresses[1:4], addresses[5], addresses[8]):
        for header in headers:
            ask(service, method, address, COORDINATOR, headers={header: name})
    for header in headers:
        ask("referrals", "POST", "/v1/concerns", DEPUTY, json={"age_years": 16}, headers={header: name})


def bad_submissions(doors: Doors, planted: Planted) -> None:
    """Over Kafka: sealed well, and wrong in every part of a record. A good one between, so that none is held."""
    name = planted.name
    for n, more in enumerate(
        [
            {"type": f"accord.submission.{name}.v1"},
            {"type": "accord.submission.report-concern.v9", name: name},
            {"source": f"/agencies/{name}", "subject": name},
            {"specversion": name, "purpose": name, "traceparent": name, "correlationid": name},
            {"id": name, "time": name, "basedon": name, "dataschema": f"https://x/{name}"},
            {"data": name},
            {"data": {name: name, "age_years": planted.born}},
            {"data": {"sealed": {"identity": name, name: name, "address": f"a.b.c.d.{planted.address}"}}},
            {"data": {"clear": planted.clear, "age_years": 12}},
        ]
    ):
        doors.submit("sheriff", "report-concern", {"age_years": 13}, changed=more)
        command = ("accept-referral", "open-case", "request-referral")[n % 3]
        doors.submit(
            "sheriff", command, {"worker": name, name: name, "recipient": name}, changed={"subject": name}
        )
    raw = [
        f'{{"specversion": "1.0", "name": "{name}"'.encode(),
        b"\xff\xfe" + name.encode("utf-16-le"),
        name.encode(),
        json.dumps([name]).encode(),
        name.encode() * 40_000,
    ]
    for value in raw:
        doors.kafka(
            "probation", value, name.encode(), [(name[:9], planted.address.encode()), ("h", name.encode())]
        )
        doors.submit("probation", "report-concern", {"age_years": 13})
    number = str(uuid4())
    sealed = doors.sealed(number, planted.clear)
    doors.submit("sheriff", "report-concern", {"age_years": 13, "sealed": sealed}, number=number)
    assert doors.receipt("sheriff", number)["outcome"] == "accepted-with-flags"
    # The same sealed parts in another submission do not open.
    doors.submit("sheriff", "report-concern", {"age_years": 13, "sealed": sealed})


def command_line(doors: Doors, planted: Planted, folder: Path) -> None:
    """`accord` with good and with broken bodies."""
    good, broken, wrong = folder / "good.json", folder / "broken.json", folder / "wrong.json"
    good.write_text(json.dumps({"age_years": 14, "clear": planted.clear}))
    broken.write_text(f'{{"name": "{planted.name}"')
    wrong.write_text(json.dumps({"clear": planted.name, "age_years": planted.born, planted.name: 1}))
    reported = doors.cli("concern", "report", "--body", str(good), "--as", DEPUTY, "--json")
    assert reported.returncode == 0, reported.stderr
    submitted = doors.cli("submit", "report-concern", "--agency", "sheriff", "--body", str(good), "--json")
    assert submitted.returncode == 0, submitted.stderr
    for file in (broken, wrong):
        doors.cli("concern", "report", "--body", str(file), "--as", DEPUTY)
        doors.cli("submit", "report-concern", "--agency", "sheriff", "--body", str(file))
    doors.cli("submit", "report-concern", "--agency", "sheriff", "--raw", str(broken))
    doors.cli("concern", "show", planted.name, "--as", DEPUTY)
    doors.cli("referral", "list", "--cursor", planted.name, "--as", ADVOCATE)
    doors.cli("audit", "history", planted.name, "--as", "auditor@county")


def wait_until_taken(doors: Doors) -> None:
    """Every submission has its receipt, and the ledger holds every kept record, before anything is searched."""
    until = time.monotonic() + SETTLE
    for agency in ("sheriff", "probation"):
        sent = len(read_topics(doors.system.infra, [submissions_topic(agency)]))
        while len(doors.receipts(agency)) < sent:
            assert time.monotonic() < until, f"not every submission of {agency} has its receipt"
            time.sleep(0.3)
    number = doors.submit("sheriff", "report-concern", {"age_years": 17})
    event = doors.receipt("sheriff", number)["events"][0]
    for database, query in (
        ("accord_notifications", "SELECT 1 FROM items WHERE event = %s"),
        ("accord_audit", "SELECT 1 FROM ledger WHERE event_id = %s"),
    ):
        with psycopg.connect(doors.system.infra.database_url(database), autocommit=True) as connection:
            while not connection.execute(query, [event]).fetchone():
                assert time.monotonic() < until, f"the last report did not come to {database}"
                time.sleep(0.2)


def none(hits: list[Hit]) -> None:
    assert not hits, "\n".join(f"{hit.where}: {hit.form}" for hit in hits[:20])


class TestWhatWasPlantedIsInNoSink:
    def test_no_topic_but_what_an_agency_itself_wrote_holds_it(self, whole, told, canary):
        hits, count = canary.search_kafka(whole.infra.bootstrap, *whole.infra.kafka_credentials("admin"))
        assert count > 100
        none(hits)

    @pytest.mark.parametrize("database", DATABASES)
    def test_no_database_holds_it_in_clear_the_vault_included(self, whole, told, canary, database):
        none(canary.search_database(wheel_programs() / "pg_dump", whole.infra.database_url(database)))

    def test_no_log_holds_it(self, whole, told, canary):
        logs = list(whole.places.logs.iterdir())
        assert {f"{name}.log" for name in whole.run.processes} <= {path.name for path in logs}
        none(canary.search_folder(whole.places.logs))

    def test_no_file_of_the_data_directory_holds_it(self, whole, told, canary):
        none(canary.search_folder(whole.places.data, is_exempt_broker_file))

    def test_no_answer_to_a_command_or_a_bad_request_repeats_it(self, told, canary):
        assert len({answer.status for answer in told}) > 6
        none([hit for a in told for hit in canary.search_http(a.what, a.headers, a.body)])

    def test_no_answer_is_a_failure_of_ours(self, told):
        assert [(a.what, a.status) for a in told if a.status == 500] == []


class TestTheSearchItselfFindsWhatIsPlantedInEachSinkOnPurpose:
    @pytest.fixture
    def value(self) -> str:
        return f"Tlaloc Everett {uuid4().hex[:8]}"

    def test_in_a_topic(self, whole, told, value):
        topic, who = whole.infra.fresh_topic(), whole.infra.kafka_credentials("admin")
        producer = KafkaProducer(**whole.infra.kafka_options("admin"), max_block_ms=10_000)
        producer.send(topic, key=b"k", value=value.encode(), partition=0).get(timeout=10)
        producer.close()
        hits, _ = Canary([value]).search_kafka(whole.infra.bootstrap, *who)
        assert hits

    def test_what_the_agencies_wrote_does_hold_the_planted_values(self, whole, told, canary, planted):
        assert {submissions_topic("sheriff"), submissions_topic("probation")} <= EXEMPT_TOPICS
        who = whole.infra.kafka_credentials("admin")
        hits, _ = canary.search_kafka(whole.infra.bootstrap, *who, exempt=frozenset())
        assert {hit.value for hit in hits} == set(planted.all)
        assert all(
            hit.where.split(" of ")[-1].rpartition("/")[0].split("/")[0] in EXEMPT_TOPICS for hit in hits
        )

    @pytest.mark.parametrize("database", DATABASES)
    def test_in_a_database_and_in_its_files(self, whole, told, value, database):
        url = whole.infra.database_url(database)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE planted (said text)")
            connection.execute("INSERT INTO planted VALUES (%s)", [value])
        try:
            assert Canary([value]).search_database(wheel_programs() / "pg_dump", url)
        finally:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("DROP TABLE planted")

    def test_in_a_file_of_the_data_directory_and_in_a_log(self, whole, told, value):
        for folder in (whole.places.data, whole.places.logs):
            path = folder / "planted.log"
            path.write_text(json.dumps({"event": "said", "reason": value}))
            try:
                assert Canary([value]).search_folder(folder, lambda p, path=path: p != path)
            finally:
                path.unlink()

    def test_in_an_answer(self, value):
        for headers, body in (({"x": value}, b""), ({}, value.encode())):
            assert Canary([value]).search_http("GET /", headers, body)
