"""I7 for referrals: what is planted in every field, key, header and malformed body is found in no sink of ours."""

from __future__ import annotations

import io
import json
import logging
from uuid import uuid4

import psycopg
import pytest
import structlog

from deploy.local.postgres import wheel_programs
from services.referrals.application.table import COMMANDS
from shared import telemetry
from shared.events.names import SealedClass
from tests.canary import Canary, as_code
from tests.integration.referrals_made import PEOPLE, county

#: Every door with every field is some thousand requests, and the machine may be busy.
pytestmark = [pytest.mark.platform, pytest.mark.timeout(400)]
NAME, BORN, STREET = "Xochitl Quillonbar", "2009-04-17", "4417 Wrenfield Terrace"
PLANTED = [NAME, BORN, STREET, "Quillonbar"]
CANARY = Canary(PLANTED)

VALUES = (NAME, [NAME, BORN], {STREET: BORN}, {"identity": {"name": NAME}}, {NAME: {NAME: STREET}})
#: A field of codes takes the form of these.
CODE, BORN_CODE = as_code(NAME), f"born-{BORN}"
VALUES += (CODE, [CODE, BORN_CODE])


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with county(infra, tmp_path_factory.mktemp("canary")) as made:
        yield made


@pytest.fixture
def logged():
    """What the process writes with the service's own configuration of logs."""
    written = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    telemetry.configure("referrals", "test", "debug")
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(written), cache_logger_on_first_use=False)
    yield written.getvalue
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:], root.level = handlers, level


def clean(*texts):
    for text in texts:
        blob = text if isinstance(text, bytes) else str(text).encode()
        assert CANARY.search_bytes(blob) == []


def answers(here):
    """Every door with something planted: the answers, status, headers and body."""
    referral, case, concern = here.referral(), here.case(), here.concern()
    proposal = here.proposal()
    places = {
        "report-concern": "/v1/concerns",
        "state-call": f"/v1/concerns/{concern}/calls",
        "open-case": f"/v1/concerns/{concern}/open-case",
        "attach-concern": f"/v1/concerns/{concern}/attach",
        "evaluate-out": f"/v1/concerns/{concern}/evaluate-out",
        "request-referral": f"/v1/cases/{case}/referrals",
        "join-agency": f"/v1/cases/{case}/agencies",
        "leave-agency": f"/v1/cases/{case}/agencies/leave",
        "assign-worker": f"/v1/cases/{case}/workers",
        "receive-referral": f"/v1/referrals/{referral}/receive",
        "accept-referral": f"/v1/referrals/{referral}/accept",
        "reject-referral": f"/v1/referrals/{referral}/reject",
        **{
            f"{act}-referral": f"/v1/referrals/{referral}/{act}"
            for act in ("start", "hold", "resume", "complete", "fail", "cancel", "forward", "undo")
        },
        "ask-information": f"/v1/referrals/{referral}/ask-information",
        "give-information": f"/v1/referrals/{referral}/give-information",
        "state-referral-call": f"/v1/referrals/{referral}/calls",
        "enter-referral-in-error": f"/v1/referrals/{referral}/enter-in-error",
        "record-screening": f"/v1/cases/{case}/screenings",
        "enter-screening-in-error": f"/v1/cases/{case}/screenings/enter-in-error",
        "record-act": f"/v1/cases/{case}/acts",
        "enter-act-in-error": f"/v1/cases/{case}/acts/enter-in-error",
        "record-concern-act": f"/v1/concerns/{concern}/acts",
        "enter-concern-act-in-error": f"/v1/concerns/{concern}/acts/enter-in-error",
        **{
            f"{verb}-{about}duty{rest}": f"/v1/{kind}/duties/{last}"
            for about, kind in (("", f"cases/{case}"), ("concern-", f"concerns/{concern}"))
            for verb, rest, last in (
                ("waive", "", "waive"),
                ("toll", "", "toll"),
                ("confirm", "-not-done", "not-done"),
                ("enter", "-statement-in-error", "enter-in-error"),
            )
        },
        "assign-role": "/v1/roles",
        "end-role": "/v1/roles/end",
        "arrange-cover": f"/v1/people/{PEOPLE['screener'].person}/covers",
        "end-cover": f"/v1/people/{PEOPLE['screener'].person}/covers/end",
        "propose-mou": "/v1/mou/proposals",
        "comment-mou": f"/v1/mou/proposals/{proposal}/comments",
        "answer-mou-comment": f"/v1/mou/proposals/{proposal}/comments/answer",
        "sign-mou": f"/v1/mou/proposals/{proposal}/signatures",
        "adopt-proposal": f"/v1/mou/proposals/{proposal}/adopt",
        "adopt-mou": "/v1/mou/versions",
    }
    assert set(places) == set(COMMANDS)
    for name, path in places.items():
        for field in (*COMMANDS[name].body.model_fields, NAME):
            for value in VALUES:
                yield here.post(path, {"age_years": 15, field: value}, "screener", etag=f'"{NAME}"')
        for body in (
            f'{{"{NAME}": '.encode(),
            f'["{BORN}"]'.encode(),
            NAME.encode("utf-16"),
            b"\xff" + NAME.encode(),
        ):
            yield here.post(path, body, "screener", etag='"x"')
        for header in ("Idempotency-Key", "traceparent", "Accord-Purpose", "If-Match", "X-Name", "Cookie"):
            headers = {header: NAME if header != "Idempotency-Key" else "Quillonbar"}
            yield here.post(path, {"age_years": 15}, "screener", key=None, headers=headers)
    for person in ("screener", "shelter"):
        for path in ("concerns", "cases", "referrals", "deadletters"):
            yield here.get(f"/v1/{path}/{NAME}", person)
        yield here.get(f"/v1/people/{NAME}/covers", person)
        yield here.post(f"/v1/people/{NAME}/covers", {"covering": NAME}, person)
        yield here.get("/v1/referrals", person, queue=NAME, cursor=NAME, limit=BORN)
        yield here.get("/v1/referrals", person, queue="inbound", cursor="UXVpbGxvbmJhcg")
    for body in ({"document": {NAME: BORN}}, {"document": {}, "against": NAME}, {NAME: {}}):
        json_too = {"Content-Type": "application/json"}
        yield here.post("/v1/mou/simulations", body, "coordinator", headers=json_too)
    yield here.get(f"/v1/mou/simulations/{NAME}", "coordinator")
    yield here.client.post("/v1/concerns", headers={"Authorization": f"Bearer {NAME}"})
    yield here.client.get(f"/schemas/{NAME}.json")


def submissions(here):
    agency = "probation"
    for name in COMMANDS:
        for field in (*COMMANDS[name].body.model_fields, NAME):
            for value in VALUES:
                yield (
                    here.submission(agency, name, {"age_years": 15, field: value}),
                    str(uuid4()).encode(),
                    (),
                )
        for attribute in (
            "id",
            "source",
            "subject",
            "time",
            "purpose",
            "basedon",
            "correlationid",
            "traceparent",
            NAME,
        ):
            yield here.submission(agency, name, {"age_years": 15}, **{attribute: NAME}), NAME.encode(), ()
    for value in (f'{{"{NAME}": '.encode(), NAME.encode(), b"\xff" + BORN.encode()):
        yield value, NAME.encode(), ((NAME, STREET.encode()),)
    yield here.submission(agency, NAME, {}), NAME.encode(), ()


class TestNothingPlantedIsFound:
    def test_in_answers_and_logs_of_the_door_for_people(self, here, logged):
        count = 0
        for answer in answers(here):
            count += 1
            assert answer.status_code < 500, answer.text
            clean(answer.content, json.dumps(dict(answer.headers)))
        assert count > 300
        lines = logged()
        assert "request_answered" in lines
        clean(lines)

    def test_in_receipts_and_logs_of_the_door_for_systems(self, here, logged):
        count = 0
        for value, key, headers in submissions(here):
            count += 1
            clean(here.take("probation", value, key=key, headers=headers).value)
        assert count > 300
        lines = logged()
        assert "submission_dead_lettered" in lines
        assert "record_failed" not in lines
        clean(lines)

    def test_in_a_dump_of_either_database(self, here):
        case = here.case()
        path = f"/v1/cases/{case}"
        asked = {"recipient": "advocacy", "matter": "dependency", "kind": "advocacy", "urgency": "hours"}
        asked |= {"youth_choice": "agrees"}
        for field, value in (("kind", CODE), ("needs", ["safe-bed", BORN_CODE])):
            assert here.post(f"{path}/referrals", {**asked, field: value}, "worker").status_code == 422
        for place, body in (("", {"relation": CODE}), ("/leave", {"reason": BORN_CODE})):
            body = {"agency": "shelter", **body}
            tag = here.etag(path, "worker")
            assert here.post(f"{path}/agencies{place}", body, "worker", etag=tag).status_code == 422
        here.post("/v1/concerns", {"exploitation_kind": CODE, "signs": [BORN_CODE, CODE]}, "deputy")
        key = str(uuid4())
        facts = {cls.value: {"name": NAME, "born": BORN, "street": STREET} for cls in SealedClass}
        concern = here.post("/v1/concerns", {"clear": facts}, "deputy", key=key).json()["concern"]
        case = here.case(concern)
        here.referral(case, clear=facts)
        assert NAME in here.get(f"/v1/cases/{case}", "worker").text
        pg_dump = wheel_programs() / "pg_dump"
        for url in (here.url, here.vault_url):
            assert CANARY.search_database(pg_dump, url) == []

    def test_and_the_search_would_find_it(self, here):
        with psycopg.connect(here.url) as connection:
            connection.execute("CREATE TABLE planted (it text)")
            connection.execute("INSERT INTO planted VALUES (%s)", [NAME.encode().hex()])
        try:
            assert CANARY.search_database(wheel_programs() / "pg_dump", here.url)
        finally:
            with psycopg.connect(here.url) as connection:
                connection.execute("DROP TABLE planted")


def test_every_caller_of_these_tests_is_a_random_id():
    clean(*(caller.person for caller in PEOPLE.values()))
