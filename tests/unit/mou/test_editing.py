from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.mou.documents import text_of
from shared.mou.editing import Add, CannotEdit, Edit, Remove, Set, changed
from shared.mou.reading import pointer, read

ALDER = (Path(__file__).parents[3] / "deploy" / "local" / "alder-county.yaml").read_text("utf-8")
SMALL = """# What is above the document.
county: Your county  # its name
version: "2026.1"
closures: []   # none yet
rota: {}
clauses:
  # The first one.
  - id: "1.1"
    # Before the title.
    title: Whom this is for   # a title

    text: This memorandum is for children and young people
      of this county.
    # After the text.

  # The second one.
  - id: "1.2"
    title: "Colon: here"
    text: >-
      Folded
      text.

# Lists in brackets.
acts:
  - {code: told, to: [tribe, court], about: [act]}   # told
  - {code: placed, to: [court,  # first the court
     tribe], label: "Placed, or not"}
notes:
- plain
- 'single'
term:
  clause: "13.3"
  until: null
"""


def comments(text: str) -> Counter[str]:
    """The comments of a text: whatever stands behind a `#` outside its values."""
    outside, place = [], 0
    for token in yaml.scan(text):
        if isinstance(token, yaml.ScalarToken):
            outside.append(text[place : token.start_mark.index])
            place = token.end_mark.index
    return Counter(re.findall(r"#.*", "".join([*outside, text[place:]])))


def all_paths(values: Any, path: str = "") -> Iterator[str]:
    named = (
        values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    )
    for name, part in named:
        yield pointer(path, name)
        yield from all_paths(part, pointer(path, name))


def at(values: Any, path: str) -> Any:
    for part in path.split("/")[1:]:
        values = values[int(part)] if isinstance(values, list) else values[part]
    return values


class TestOneValueIsChanged:
    @pytest.mark.parametrize(
        ("edit", "before", "after"),
        [
            (Set("/county", "Alder County"), "county: Your county  # its", "county: Alder County  # its"),
            (Set("/version", "2026.2"), 'version: "2026.1"', 'version: "2026.2"'),
            (Set("/clauses/1/title", "Plain"), '"Colon: here"', '"Plain"'),
            (Set("/acts/0/to/0", "casa"), "[tribe, court], about", "[casa, court], about"),
            (Set("/acts/0/label", "Told"), "about: [act]}", "about: [act], label: Told}"),
            (Set("/term/until", "2030-01-01"), "until: null", "until: 2030-01-01"),
            (Set("/notes/1", "double"), "'single'", '"double"'),
            (Add("/notes", "more"), "- 'single'\n", "- 'single'\n- more\n"),
            (Add("/notes", "first", at=0), "- plain\n", "- first\n- plain\n"),
            (Add("/acts/0/to", "casa"), "[tribe, court]", "[tribe, court, casa]"),
            (Add("/closures", "2026-12-24"), "closures: []   #", "closures: [2026-12-24]   #"),
            (Remove("/notes/0"), "- plain\n", ""),
            (Remove("/acts/0/to/0"), "[tribe, court], about", "[court], about"),
            (Remove("/acts/0/to/1"), "[tribe, court], about", "[tribe], about"),
            (Remove("/acts/0/about"), ", about: [act]", ""),
            (Remove("/term/clause"), '  clause: "13.3"\n', ""),
        ],
    )
    def test_and_the_text_differs_there_only(self, edit: Edit, before: str, after: str) -> None:
        assert SMALL.count(before) == 1
        assert changed(SMALL, edit) == SMALL.replace(before, after)

    def test_a_long_sentence_is_broken_as_the_others_are(self) -> None:
        sentence = " ".join(["word"] * 60)
        after = changed(SMALL, Set("/clauses/0/text", sentence))
        assert max(map(len, after.splitlines())) <= 116
        assert read(after)[0]["clauses"][0]["text"] == sentence

    def test_a_new_rule_is_written_in_lines_below_the_others(self) -> None:
        clause = {
            "id": "1.3",
            "title": "The tribe",
            "text": " ".join(["The tribe is told."] * 9),
            "source": "25 USC 1912",
        }
        after = changed(SMALL, Add("/clauses", clause))
        assert '      text.\n  - id: "1.3"\n    title: The tribe\n    text: The tribe' in after
        assert comments(after) == comments(SMALL)

    def test_of_a_list_that_is_set_only_the_items_that_differ_are_written(self) -> None:
        values = read(SMALL)[0]["clauses"]
        values[0]["title"] = "Another"
        assert changed(SMALL, Set("/clauses", values)) == SMALL.replace("Whom this is for", "Another")

    def test_the_only_item_leaves_an_empty_list(self) -> None:
        after = changed(SMALL, Remove("/notes/0"), Remove("/notes/0"))
        assert "notes: []\nterm:" in after

    def test_a_text_with_the_line_breaks_of_windows_keeps_them(self) -> None:
        after = changed(SMALL.replace("\n", "\r\n"), Add("/notes", "more"), Remove("/clauses/0"))
        assert "\n" not in after.replace("\r\n", "")

    def test_a_mark_at_the_beginning_stays(self) -> None:
        assert changed("\ufeffcounty: a\n", Set("/county", "b")) == "\ufeffcounty: b\n"


class TestWhatCannotBeChanged:
    @pytest.mark.parametrize(
        "edit",
        [
            Set("", "x"),
            Set("/nothing/here", "x"),
            Set("/notes/7", "x"),
            Add("/county", "x"),
            Remove("/notes/7"),
        ],
    )
    def test_is_said(self, edit: Edit) -> None:
        with pytest.raises(CannotEdit):
            changed(SMALL, edit)

    def test_so_is_a_text_that_is_no_yaml(self) -> None:
        with pytest.raises(CannotEdit):
            changed("a: [", Set("/a", "x"))


scalars = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn", "Co")), max_size=140),
    st.integers(0, 10**9),
    st.booleans(),
    st.none(),
    st.sampled_from(["4.10", "on", "- a", "a: b", "a #b", "#", "2026-01-01", "a\nb\t", "a  b", "word " * 40]),
)
names = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=4)),
    max_leaves=8,
)


@st.composite
def edits(draw: st.DrawFn, text: str) -> Edit:
    """Any change of a text that can be made."""
    document = read(text)[0]
    path = draw(st.sampled_from(list(all_paths(document))))
    there = at(document, path)
    match draw(st.sampled_from(["set", "remove", "add" if isinstance(there, list) else "further"])):
        case "add":
            return Add(path, draw(anything), draw(st.sampled_from([None, *range(len(there))])))
        case "further" if isinstance(there, dict):
            return Set(f"{path}/further", draw(anything))
        case "remove":
            return Remove(path)
        case _:
            return Set(path, draw(anything))


def after(document: Any, edit: Edit) -> Any:
    """The values that the change should give, made without any text."""
    around, _, last = edit.path.rpartition("/")
    there = at(document, around)
    key: Any = int(last) if isinstance(there, list) else last
    match edit:
        case Add(at=place):
            there[key].insert(len(there[key]) if place is None else place, deepcopy(edit.value))
        case Set():
            there[key] = deepcopy(edit.value)
        case Remove():
            del there[key]
    return document


class TestAnyChange:
    @settings(max_examples=500)
    @given(edit=edits(SMALL))
    def test_gives_exactly_the_new_values_and_leaves_the_others(self, edit: Edit) -> None:
        assert read(changed(SMALL, edit))[0] == after(read(SMALL)[0], edit)

    @settings(max_examples=300)
    @given(path=st.sampled_from([p for p in all_paths(read(SMALL)[0])]), value=scalars)
    def test_of_one_value_keeps_every_comment(self, path: str, value: Any) -> None:
        there = at(read(SMALL)[0], path)
        edit = (
            Add(path, value)
            if isinstance(there, list)
            else Set(f"{path}/further" if isinstance(there, dict) else path, value)
        )
        assert comments(changed(SMALL, edit)) == comments(SMALL)

    @settings(max_examples=100)
    @given(several=st.lists(edits(SMALL), min_size=2, max_size=2))
    def test_after_another_gives_what_both_say(self, several: list[Edit]) -> None:
        document = read(SMALL)[0]
        try:
            for edit in several:
                document = after(document, edit)
        except (KeyError, IndexError, TypeError, AttributeError, ValueError):
            with pytest.raises(CannotEdit):
                changed(SMALL, *several)
        else:
            assert read(changed(SMALL, *several))[0] == document


class TestTheDocuments:
    @pytest.mark.parametrize("text", [ALDER, *map(text_of, ("california-csec", "three-counties"))])
    def test_of_a_whole_document_one_line_changes(self, text: str) -> None:
        edited = changed(text, Set("/version", "other-2027.1"))
        pairs = list(zip(text.splitlines(), edited.splitlines(), strict=True))
        assert [new for old, new in pairs if old != new] == ["version: other-2027.1"]

    @settings(max_examples=25)
    @given(path=st.sampled_from(list(all_paths(read(ALDER)[0]))), value=scalars)
    def test_any_value_of_alder_countys_can_be_changed(self, path: str, value: Any) -> None:
        text = ALDER
        edited = changed(text, Set(path, value))
        assert read(edited)[0] == after(read(text)[0], Set(path, value))
        if not isinstance(at(read(text)[0], path), dict | list):
            assert comments(edited) == comments(text)
