from __future__ import annotations

import io
import json
import sys

import pytest

from shared.cli import output


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class TestWhatACommandWrites:
    def test_is_one_document_for_json(self, capsys):
        output.emit_json({"a": ["é"]})
        assert json.loads(capsys.readouterr().out) == {"a": ["é"]}

    def test_is_one_line_each_for_jsonl(self, capsys):
        output.emit_line({"a": 1})
        output.emit_line({"a": "x\ny"})
        assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
            {"a": 1},
            {"a": "x\ny"},
        ]

    def test_is_tab_separated_and_whole_where_no_person_looks(self, capsys):
        output.emit_table(["id", "roles"], [("x" * 200, ["a", "b"]), (None, [])])
        assert capsys.readouterr().out == f"id\troles\n{'x' * 200}\ta, b\n-\t\n"

    def test_is_a_table_without_colour_where_colour_is_not_wanted(self, monkeypatch):
        terminal = Terminal()
        monkeypatch.setattr(sys, "stdout", terminal)
        monkeypatch.setenv("NO_COLOR", "1")
        output.emit_table(["id"], [("[bold]not markup[/bold]",)])
        assert "\x1b" not in terminal.getvalue()
        assert "[bold]not markup[/bold]" in terminal.getvalue()

    def test_names_each_field_of_one_thing(self, capsys):
        output.emit_fields({"case": "c", "agencies": ["a", "b"]})
        assert capsys.readouterr().out == "case      c\nagencies  a, b\n"

    @pytest.mark.parametrize("text", ["said"])
    def test_goes_to_stderr_if_it_is_a_message(self, text, capsys):
        output.say(text)
        assert capsys.readouterr() == ("", "said\n")
