import json
from contextlib import contextmanager
from pathlib import Path

import pytest
import typer

import shared.cli.client
from shared.cli import run
from shared.cli.client import Answer
from shared.cli.failures import ApiProblem
from shared.mou import document_of, load
from shared.mou.cli import register
from shared.mou.documents import text_of

FILE = Path(__file__).parents[3] / "deploy" / "local" / "alder-county.yaml"
MOU = load(FILE.read_text("utf-8"))
TEMPLATE = load(text_of("california-csec"))


@pytest.fixture
def accord():
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    return lambda *arguments: run(app, [], [str(argument) for argument in arguments])


@pytest.fixture
def county(monkeypatch):
    """A county in which Alder's document is in force, and the template was before."""

    class Kept:
        def get(self, path):
            if path == "/v1/mou":
                return Answer(200, {}, {"version": MOU.version, "document": document_of(MOU)})
            if path == f"/v1/mou/versions/{TEMPLATE.version}":
                return Answer(200, {}, {"version": TEMPLATE.version, "document": document_of(TEMPLATE)})
            raise ApiProblem(404, {"title": "Not found", "detail": "There is no such version."})

    @contextmanager
    def connect(service, *, person=None, data=None):
        assert service == "referrals"
        yield Kept()

    monkeypatch.setattr(shared.cli.client, "connect", connect)


@pytest.fixture
def sooner(tmp_path):
    file = tmp_path / "sooner.yaml"
    text = FILE.read_text("utf-8").replace("within: {days: 7}", "within: {days: 5}")
    file.write_text(text.replace("alder-2026.4", "alder-2027.1"))
    return file


class TestDiff:
    def test_two_files_are_told_apart_section_by_section(self, accord, sooner, capsys):
        assert accord("mou", "diff", FILE, sooner) == 0
        assert capsys.readouterr().out.splitlines() == [
            "The memorandum itself:",
            "  Version is now alder-2027.1 instead of alder-2026.4.",
            "",
            "What is to be done, and by when:",
            "  The initial team meeting is due in 5 days instead of 7 (clause 9.2).",
            "",
        ]

    def test_a_file_that_says_the_same_is_no_failure(self, accord, capsys):
        assert accord("mou", "diff", FILE, FILE) == 0
        assert "Both say the same." in capsys.readouterr().err

    def test_versions_of_the_county_are_named_by_their_names(self, accord, county, capsys):
        assert accord("mou", "diff", TEMPLATE.version, MOU.version, "--json") == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["old"], told["new"]) == (TEMPLATE.version, MOU.version)
        assert "The initial team meeting is due in 7 days instead of 10 (clause 9.2)." in [
            one["sentence"] for one in told["differences"]
        ]

    def test_a_version_that_never_was_is_not_found(self, accord, county):
        assert accord("mou", "diff", "alder-1999.1", FILE) == 3

    @pytest.mark.parametrize("name", ["no such file.yaml", "../other.yaml", "/v1/people"])
    def test_what_is_neither_file_nor_version_is_not_asked_for(self, accord, county, name):
        assert accord("mou", "diff", name, FILE) == 2

    def test_a_document_with_findings_is_not_compared(self, accord, tmp_path, capsys):
        broken = tmp_path / "broken.yaml"
        broken.write_text("format: accord-mou-2\n")
        assert accord("mou", "diff", FILE, broken) == 5
        assert f"{broken}:1:1" in capsys.readouterr().err
