from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest
import typer

import shared.cli
from shared.cli.failures import ApiProblem, SignInNeeded, Unreachable, Usage

DOCUMENT = {"type": "/problems/refused", "title": "T", "status": 409, "detail": "Not so.", "clause": "4.2"}

FAILURES = {
    "api": ApiProblem(409, DOCUMENT),
    "unreachable": Unreachable("It does not answer.", "Start it."),
    "token": SignInNeeded("No token."),
    "usage": Usage("Not like this."),
    "unexpected": RuntimeError("CANARY"),
    "interrupted": KeyboardInterrupt(),
    "found": typer.Exit(6),
}

CODES = {
    "api": 5,
    "unreachable": 7,
    "token": 8,
    "usage": 2,
    "unexpected": 1,
    "interrupted": 130,
    "found": 6,
}


def register(app: typer.Typer) -> None:
    @app.command()
    def fail(kind: str, as_json: bool = typer.Option(False, "--json")) -> None:
        raise FAILURES[kind]

    @app.command()
    def works() -> None:
        sys.stdout.write("data\n")


def register_badly(app: typer.Typer) -> None:
    raise ImportError("CANARY")


GOOD = EntryPoint("good", "tests.unit.cli.test_main:register", shared.cli.GROUP)
BROKEN = EntryPoint("broken", "tests.unit.cli.test_main:register_badly", shared.cli.GROUP)
MISSING = EntryPoint("missing", "tests.unit.cli.no_such_module:register", shared.cli.GROUP)


@pytest.fixture(autouse=True)
def _no_debug(monkeypatch):
    monkeypatch.delenv("ACCORD_DEBUG", raising=False)


def run(*arguments: str, points=(GOOD,)) -> int:
    app, broken = shared.cli.build(points)
    return shared.cli.run(app, broken, list(arguments))


class TestACommandsEnd:
    @pytest.mark.parametrize(("kind", "code"), CODES.items())
    def test_has_the_code_that_scripts_read(self, kind, code, capsys):
        assert run("fail", kind) == code
        captured = capsys.readouterr()
        assert captured.out == ""
        assert "CANARY" not in captured.err
        assert "Traceback" not in captured.err

    def test_is_0_with_the_data_on_stdout(self, capsys):
        assert run("works") == 0
        assert capsys.readouterr() == ("data\n", "")

    def test_is_2_for_a_command_or_option_that_there_is_not(self, capsys):
        assert run("nothing") == run("works", "--nothing") == run("fail") == 2
        assert "Usage" in capsys.readouterr().err

    def test_says_what_happened_and_what_to_do(self, capsys):
        run("fail", "unreachable")
        assert capsys.readouterr().err == "accord: It does not answer.\n  Start it.\n"

    def test_gives_the_problem_document_with_json(self, capsys):
        assert run("fail", "api", "--json") == 5
        captured = capsys.readouterr()
        assert json.loads(captured.out) == DOCUMENT
        assert "MOU clause 4.2" in captured.err

    def test_shows_where_it_failed_only_if_asked(self, monkeypatch):
        monkeypatch.setenv("ACCORD_DEBUG", "1")
        with pytest.raises(RuntimeError):
            run("fail", "unexpected")


class TestAPackageThatCannotBeLoaded:
    POINTS = (GOOD, BROKEN, MISSING)

    def test_leaves_the_others_commands_alone(self, capsys):
        assert run("works", points=self.POINTS) == 0
        assert capsys.readouterr() == ("data\n", "")

    @pytest.mark.parametrize("arguments", [("--help",), ("commandofbroken",), ()])
    def test_is_named_where_its_commands_are_missed(self, arguments, capsys):
        run(*arguments, points=self.POINTS)
        said = capsys.readouterr().err
        assert "The commands of broken are missing: ImportError" in said
        assert "The commands of missing are missing: ModuleNotFoundError" in said
        assert "CANARY" not in said


class TestTheInstalledCommand:
    def test_offers_accord_token(self):
        command = [sys.executable, "-c", "import shared.cli; shared.cli.main()", "token", "--list", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        people = json.loads(done.stdout)
        assert {"person": "system@sheriff", "agency": "sheriff", "roles": ["system"]} in people
