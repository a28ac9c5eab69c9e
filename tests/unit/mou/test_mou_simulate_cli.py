import json
from contextlib import contextmanager
from pathlib import Path

import pytest
import typer

import shared.cli.client
from shared.cli import run
from shared.cli.client import Answer
from shared.cli.failures import ApiProblem
from shared.mou import document_of, load, load_document
from shared.mou.cli import register, what_if
from shared.mou.simulating import Past, simulate
from tests.unit.mou.decided import County

FILE = Path(__file__).parents[3] / "deploy" / "local" / "alder-county.yaml"
TEXT = FILE.read_text("utf-8")
MOU = load(TEXT)
EVENTS = County().log.events


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(what_if, "PAUSE", 0)


@pytest.fixture
def accord():
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    return lambda *arguments: run(app, [], [str(argument) for argument in arguments])


@pytest.fixture
def stricter(tmp_path):
    """A proposal by which nobody may accept a referral."""
    lines = [line for line in TEXT.splitlines() if "act: accept-referral" not in line]
    file = tmp_path / "proposed.yaml"
    file.write_text("\n".join(lines).replace(MOU.version, "alder-2027.1"))
    return file


@pytest.fixture
def history(tmp_path):
    """What `accord events tail --jsonl` printed, partition by partition."""
    file = tmp_path / "events.jsonl"
    lines = [json.dumps({"topic": "t", "value": json.loads(one.value)}) for one in EVENTS]
    file.write_text("\n".join([*lines[1::2], *lines[::2]]) + "\n")
    return file


@pytest.fixture
def county(monkeypatch):
    """A county's API: simulates in three looks, and keeps what it was sent."""
    sent, looks = [], [{"state": "running", "read": 3}, {"state": "done", "read": 9}]

    class Kept:
        def post(self, path, body):
            sent.append((path, body))
            return Answer(
                202, {}, {"simulation": "s-1", "state": "running", "read": 0, "events": 9, "result": None}
            )

        def get(self, path):
            sent.append((path, None))
            if path == "/v1/mou":
                return Answer(200, {}, {"version": MOU.version, "document": document_of(MOU)})
            if not looks:
                raise ApiProblem(
                    404, {"title": "Not found", "detail": "A restart of the service forgets them."}
                )
            found = looks.pop(0)
            result = simulate([Past.of(one.value) for one in EVENTS], MOU, MOU).model_dump(mode="json")
            return Answer(200, {}, {"simulation": "s-1", "events": 9, "result": result, **found})

    @contextmanager
    def connect(service, *, person=None, data=None):
        assert service == "referrals"
        yield Kept()

    monkeypatch.setattr(shared.cli.client, "connect", connect)
    sent.append(looks)
    return sent


class TestOverAHistoryOfItsOwn:
    def test_tells_what_differs_as_tables_and_that_nothing_was_changed(
        self, accord, stricter, history, capsys
    ):
        assert accord("mou", "simulate", stricter, "--against", FILE, "--history", history) == 0
        told = capsys.readouterr()
        assert "accept-referral\tadvocacy\t" in told.out
        assert (
            f"{len(EVENTS)} events, recorded from 2026-03-02 to 2026-03-02; duties as of 2026-03-02"
            in told.err
        )

    def test_in_any_order_the_figures_are_the_same(self, accord, stricter, history, capsys):
        assert accord("mou", "simulate", stricter, "--against", FILE, "--history", history, "--json") == 0
        whole = simulate([Past.of(one.value) for one in EVENTS], MOU, load(stricter.read_text()))
        assert json.loads(capsys.readouterr().out) == whole.model_dump(mode="json")

    def test_is_compared_with_the_version_in_force_unless_another_one_is_named(
        self, accord, county, stricter, history, capsys
    ):
        assert accord("mou", "simulate", stricter, "--history", history, "--json") == 0
        assert json.loads(capsys.readouterr().out)["present_version"] == MOU.version
        assert [path for path, _ in county[1:]] == ["/v1/mou"]

    def test_a_line_that_is_no_event_is_named_by_its_number_and_not_repeated(
        self, accord, stricter, history, capsys
    ):
        history.write_text(history.read_text() + '{"name": "Xochitl"}\n')
        assert accord("mou", "simulate", stricter, "--against", FILE, "--history", history) == 2
        told = capsys.readouterr().err
        assert f"Line {len(EVENTS) + 1} of the history is no recorded event." in told
        assert "Xochitl" not in told

    def test_an_empty_history_is_no_failure(self, accord, stricter, tmp_path, capsys):
        empty = tmp_path / "empty.jsonl"
        empty.write_text("")
        assert accord("mou", "simulate", stricter, "--against", FILE, "--history", empty) == 0
        assert "No event was recorded. Nothing was changed." in capsys.readouterr().err


class TestOverTheCountysHistory:
    def test_the_document_is_sent_and_the_history_stays_where_it_is(self, accord, county, stricter, capsys):
        assert accord("mou", "simulate", stricter, "--json") == 0
        (begun, body), *looked = county[1:]
        assert begun == "/v1/mou/simulations"
        assert load_document(body["document"]).version == "alder-2027.1"
        assert [path for path, _ in looked] == ["/v1/mou/simulations/s-1"] * 2
        assert json.loads(capsys.readouterr().out)["events"] == len(EVENTS)

    def test_it_may_be_beside_an_earlier_version(self, accord, county, stricter):
        assert accord("mou", "simulate", stricter, "--against", "alder-2026.1") == 0
        assert county[1][1]["against"] == "alder-2026.1"

    def test_a_file_to_compare_with_needs_a_history_beside_it(self, accord, county, stricter, capsys):
        assert accord("mou", "simulate", stricter, "--against", FILE) == 2
        assert "give --history, too" in capsys.readouterr().err
        assert county[1:] == []

    def test_that_the_service_could_not_end_is_said(self, accord, county, stricter, capsys):
        county[0][1]["state"] = "failed"
        assert accord("mou", "simulate", stricter) == 1
        assert "The simulation ended before it was done." in capsys.readouterr().err

    def test_that_a_restart_forgot_it_is_said(self, accord, county, stricter, capsys):
        county[0].pop()
        assert accord("mou", "simulate", stricter) == 3
        assert "A restart of the service forgets them." in capsys.readouterr().err

    def test_a_document_with_findings_is_not_sent(self, accord, county, tmp_path):
        broken = tmp_path / "broken.yaml"
        broken.write_text("format: accord-mou-2\n")
        assert accord("mou", "simulate", broken) == 5
        assert county[1:] == []
