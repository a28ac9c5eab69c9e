"""What shares a platform runs on one worker; the order is the same in every process."""

from __future__ import annotations

from pathlib import Path

from tests.spreading import DEALT, FIRST, TOGETHER, group_of, in_order, random_names

ROOT = Path(__file__).parents[3]


def test_a_file_is_one_group() -> None:
    assert group_of("tests/unit/a.py::TestA::test_one") == group_of("tests/unit/a.py::test_two[x]")
    assert group_of("tests/unit/a.py::test_one") != group_of("tests/unit/b.py::test_one")


def test_files_that_share_a_running_system_are_one_group() -> None:
    for system in set(TOGETHER.values()):
        files = [file for file in TOGETHER if TOGETHER[file] == system]
        assert len(files) > 1
        assert {group_of(f"{file}::test_one") for file in files} == {system}


def test_a_file_that_is_dealt_out_is_that_many_groups() -> None:
    for file, count in DEALT.items():
        assert len({group_of(f"{file}::test_one[{n}]") for n in range(20)}) == count


def test_the_longest_come_first_and_all_else_stays_as_it_was() -> None:
    rest = ["tests/unit/a.py::test_1", "tests/unit/a.py::test_2", "tests/unit/b.py::test_1"]
    nodeids = [*rest[:2], f"{FIRST[1]}::test_1", rest[2], f"{FIRST[0]}::test_1", f"{FIRST[0]}::test_2"]
    assert in_order(nodeids, nodeids) == [nodeids[4], nodeids[5], nodeids[2], *rest]


def test_every_file_that_is_named_is_there() -> None:
    named = {*TOGETHER, *DEALT, *(group.split()[0] for group in FIRST if group not in TOGETHER.values())}
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_an_id_in_a_name_stands_in_the_file_or_is_another_one_in_each_worker() -> None:
    written, made = "0f000000-0000-4000-8000-000000000002", "8460f4dd-bebd-48b3-acb7-c661aa826140"
    names = [f"tests/a.py::test_it[{written}]", f"tests/a.py::test_it[{made}]", "tests/a.py::test_it[x]"]
    assert random_names(names, lambda _: f'ID = "{written}"') == [names[1]]
