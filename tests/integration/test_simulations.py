"""What-if over the county's recorded history, over HTTP, on a real PostgreSQL."""

from __future__ import annotations

import json
import socket
import threading
from uuid import uuid4

import pytest
import typer
import uvicorn

from services.referrals.api import simulations as api
from services.referrals.application import simulations as application
from shared.cli import run
from shared.mou import Mou, document_of, packed_document
from shared.mou.cli import register
from shared.mou.simulating import Past, simulate
from tests.integration.referrals_made import PEOPLE, county
from tests.mou.alder import MOU

pytestmark = pytest.mark.platform
DOOR = "/v1/mou/simulations"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with county(infra, tmp_path_factory.mktemp("what-if")) as made:
        made.referral()
        yield made


def proposed(change=lambda values: None):
    values = document_of(MOU)
    values["version"] = "alder-2027.1"
    change(values)
    return Mou.model_validate(values)


def nobody_accepts(values):
    values["may"] = [rule for rule in values["may"] if rule["act"] != "request-referral"]


def asked(here, mou=None, person="coordinator", key="", **more):
    body = {"document": packed_document(mou or proposed()), **more}
    return here.post(DOOR, body, person, key=key, headers=JSON)


def ended(here, begun, person="coordinator"):
    """The simulation once it is over."""
    assert begun.status_code == 202, begun.text
    place = begun.headers["Location"]
    for _ in range(600):
        answer = here.get(place, person)
        assert answer.status_code == 200, answer.text
        if answer.json()["state"] != "running":
            return answer.json()
        threading.Event().wait(0.05)
    raise AssertionError("it did not end")


def events(here):
    """Everything that was recorded, and what of it a simulation reads."""
    with here.store.transaction() as connection:
        rows = connection.execute(
            "SELECT kafka_topic, state FROM stored_events ORDER BY notification_id"
        ).fetchall()
    return [(row["kafka_topic"], bytes(row["state"])) for row in rows]


@pytest.fixture
def held(monkeypatch):
    """Simulations wait until they are let go."""
    go = threading.Event()
    batch = application.Simulations._batch

    def waiting(self, after, last):
        assert go.wait(30)
        return batch(self, after, last)

    monkeypatch.setattr(application.Simulations, "_batch", waiting)
    yield go
    go.set()


class TestASimulation:
    def test_finds_over_the_recorded_history_what_the_pure_function_finds(self, here):
        mou = proposed(nobody_accepts)
        found = ended(here, asked(here, mou))
        read = [Past.of(value) for topic, value in events(here) if topic in application.TOPICS]
        assert (found["state"], found["read"], found["events"]) == ("done", len(read), len(read))
        result = simulate(read, MOU, mou).model_dump(mode="json")
        differing = {name for name in result if result[name] != found["result"][name]}
        assert differing <= {"now"}
        (refused,) = [line for line in found["result"]["acts"] if line["refused_proposed"]]
        assert refused["act"] == "request-referral"

    def test_changes_nothing_and_is_recorded_as_a_read(self, here):
        before = events(here)
        found = ended(here, asked(here))
        ((topic, value),) = events(here)[len(before) :]
        read = Past.of(value)
        assert topic == "accord.referrals.access"
        assert (read.type, read.data["about_kind"], read.data["about"]) == (
            *("accord.record.read.v1", "simulation"),
            found["simulation"],
        )
        assert (read.agency, read.actor) == ("human-services", PEOPLE["coordinator"].person)

    def test_tells_nothing_that_the_history_calls_by_an_id(self, here):
        text = str(ended(here, asked(here, proposed(nobody_accepts)))["result"])
        for _, value in events(here):
            event = Past.of(value)
            assert event.id not in text
            assert event.subject not in text

    def test_may_be_beside_a_version_that_is_named(self, here):
        assert ended(here, asked(here, against=MOU.version))["present"] == MOU.version

    def test_one_at_a_time(self, here, held):
        first = asked(here)
        second = asked(here)
        assert (second.status_code, second.json()["type"]) == (429, "/problems/too-many-requests")
        assert second.headers["Retry-After"]
        held.set()
        assert ended(here, first)["state"] == "done"
        assert ended(here, asked(here))["state"] == "done"

    def test_says_how_far_it_is(self, here, held):
        begun = asked(here)
        look = here.get(begun.headers["Location"], "coordinator").json()
        assert (look["state"], look["read"], look["result"]) == ("running", 0, None)
        assert look["events"] > 0
        held.set()
        ended(here, begun)

    def test_that_is_asked_again_with_the_same_key_is_the_same(self, here):
        key = str(uuid4())
        first = asked(here, key=key)
        ended(here, first)
        assert asked(here, key=key).json()["simulation"] == first.json()["simulation"]
        assert asked(here).json()["simulation"] != first.json()["simulation"]

    def test_the_same_key_for_another_document_is_refused(self, here):
        key = str(uuid4())
        ended(here, asked(here, key=key))
        answer = asked(here, proposed(nobody_accepts), key=key)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/idempotency-key-reused")

    def test_that_cannot_be_ended_says_so_and_the_next_one_may_begin(self, here, monkeypatch):
        with monkeypatch.context() as broken:
            broken.setattr(application.Past, "of", None)
            assert ended(here, asked(here))["state"] == "failed"
        assert ended(here, asked(here))["state"] == "done"

    def test_the_last_ones_are_remembered_and_the_earlier_ones_forgotten(self, here):
        begun = [asked(here) for _ in range(application.KEPT + 1) if ended(here, asked(here))]
        assert here.get(begun[0].headers["Location"], "coordinator").status_code == 404


class TestWhoMay:
    @pytest.mark.parametrize("person", ["screener", "worker", "deputy", "auditor", "advocate"])
    def test_nobody_but_a_coordinator(self, here, person):
        answer = asked(here, person=person)
        assert (answer.status_code, answer.json()["clause"]) == (403, "7.1")

    def test_another_person_does_not_find_it(self, here):
        begun = asked(here)
        ended(here, begun)
        answer = here.get(begun.headers["Location"], "worker")
        assert (answer.status_code, answer.json()["detail"]) == (404, api.FORGOTTEN)

    def test_without_a_token_nothing(self, here):
        assert here.client.post(DOOR, json={}).status_code == 401


class TestWhatIsRefused:
    def test_a_document_with_findings(self, here):
        answer = here.post(
            DOOR, {"document": {"format": "accord-mou-2", "name": "Xochitl"}}, "coordinator", headers=JSON
        )
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/document")
        assert "Xochitl" not in answer.text

    @pytest.mark.parametrize("body", [{}, {"document": "text"}, {"document": {}, "further": 1}])
    def test_a_body_of_another_form(self, here, body):
        assert here.post(DOOR, body, "coordinator", headers=JSON).status_code == 422

    def test_a_version_that_was_never_adopted(self, here):
        answer = asked(here, against="alder-1999.1")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/against")

    def test_no_key(self, here):
        assert asked(here, key=None).status_code == 400

    def test_a_history_that_is_too_long_and_says_what_reads_it(self, here, monkeypatch):
        monkeypatch.setattr(application, "LONGEST", 2)
        answer = asked(here)
        assert (answer.status_code, answer.json()["reason"]) == (409, "history-too-long")
        assert "--history" in answer.json()["remedy"]

    def test_a_simulation_that_never_was(self, here):
        for unknown in (str(uuid4()), "Xochitl"):
            answer = here.get(f"{DOOR}/{unknown}", "coordinator")
            assert (answer.status_code, answer.json()["detail"]) == (404, api.FORGOTTEN)


class TestTheCommandItself:
    @pytest.fixture
    def accord(self, here, monkeypatch):
        """The command, called by the coordinator of a county that is served."""
        app = typer.Typer()
        app.callback()(lambda: None)
        register(app)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(here.client.app, port=port, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        monkeypatch.setenv("ACCORD_REFERRALS_URL", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("ACCORD_TOKEN", "coordinator")
        while not server.started:
            threading.Event().wait(0.02)
        yield lambda *arguments: run(app, [], [str(argument) for argument in arguments])
        server.should_exit = True
        thread.join(10)

    def test_simulates_over_the_countys_history_and_tells_the_versions_apart(
        self, here, accord, tmp_path, capsys
    ):
        file = tmp_path / "proposed.yaml"
        file.write_text(json.dumps(document_of(proposed(nobody_accepts))))
        assert accord("mou", "simulate", file, "--json") == 0
        told = capsys.readouterr().out  # the service's own log lines stand there, too
        result, _ = json.JSONDecoder().raw_decode(told, told.index("{\n"))
        assert (result["present_version"], result["proposed_version"]) == (MOU.version, "alder-2027.1")
        assert sum(line["refused_proposed"] for line in result["acts"]) == 1
        assert accord("mou", "diff", MOU.version, file) == 0
        assert "may no longer request referral (clause 4.1)." in capsys.readouterr().out
