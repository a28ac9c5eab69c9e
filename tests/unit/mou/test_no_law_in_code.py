"""No duration, party or code of the law stands in a program: all of it is data, in documents and shared/mou/law."""

import ast
import re
from collections.abc import Container, Iterator
from pathlib import Path

import pytest

from shared.events.names import Agency
from shared.mou import load
from shared.mou.documents import text_of

ROOT = Path(__file__).parents[3]
TEMPLATE = load(text_of("california-csec"))

#: How statutes, letters and forms are cited.
CITED = re.compile(
    r"\b(WIC|PC|MPP|ACL|ACIN|CFR|USC|CRC|SB|AB|SS|BCIA|JV|SOC)[ -][0-9]|\b(Family|Penal|Civil|Evidence) Code\b"
)
#: Durations of Accord's own working that are as long as one of the law's, by file, and what they are.
OWN = {
    "shared/events/examples.py": "invented examples",
    "shared/events/examples_life.py": "invented examples",
    "services/referrals/domain/sessions.py": "how long somebody is signed in",
    "services/referrals/intake/upkeep.py": "how far back keys are looked at again",
    "services/referrals/pages/referral_telling.py": "how long before its answer is due a page says so",
    "services/referrals/signing_in/sessions.py": "how long a session that ended is remembered",
    "services/referrals/vault/drafts.py": "how long a draft is kept",
    "services/referrals/vault/making.py": "how long an unreadable message is kept",
}
#: What the template calls its duties and acts: a program that knew one would decide by it.
CODES = {code for code in ({d.id for d in TEMPLATE.duties} | {a.code for a in TEMPLATE.acts}) if "-" in code}
#: `county` is the oversight, and a word that programs need.
PARTIES = set(Agency) - {Agency.COUNTY}
#: Every length of the template's duties. One hour, day or minute is no law's alone.
LENGTHS = {
    length
    for duty in TEMPLATE.duties
    if duty.within
    for clock in (duty.within, duty.within.at_once)
    if clock
    for _, length in clock
    if type(length) is int and length > 1
}
UNITS = {"hours", "days", "weeks", "court_days", "court_hours", "months", "years"}
NAMED = re.compile(r"(?:^|_)(HOURS?|DAYS?|MONTHS?|YEARS?)(?:_|$)", re.IGNORECASE)


def programs(*roots: str) -> Iterator[tuple[str, str]]:
    for root in roots:
        for path in sorted((ROOT / root).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")


def words(tree: ast.AST) -> Iterator[ast.Constant]:
    """The texts of a program, without docstrings."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    told = {id(n.body[0].value) for n in ast.walk(tree) if isinstance(n, documented) and _has_docstring(n)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node


def _has_docstring(node) -> bool:
    return bool(node.body) and isinstance(node.body[0], ast.Expr)


def durations(tree: ast.AST, lengths: Container[int]) -> Iterator[str]:
    """Each of these numbers that a program gives as hours, days, …: as an argument or as a constant's value."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for given in node.keywords:
                if given.arg in UNITS and _number(given.value) in lengths:
                    yield ast.unparse(given)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            named = any(isinstance(t, ast.Name) and NAMED.search(t.id) for t in targets)
            if named and _number(node.value) in lengths:
                yield ast.unparse(node)


def _number(value: ast.expr) -> int | None:
    """The number that stands there, or that is computed from numbers alone."""
    plain = all(isinstance(node, _PLAIN) for node in ast.walk(value))
    return eval(compile(ast.Expression(value), "", "eval")) if plain else None


_PLAIN = ast.Constant | ast.BinOp | ast.Mult | ast.Add | ast.Sub


def law_in(path: str, text: str) -> list[str]:
    """What of the law stands in this program."""
    tree = ast.parse(text)
    found = [word.value for word in words(tree) if CITED.search(word.value)]
    if not path.startswith("shared/events/examples"):
        found += [word.value for word in words(tree) if word.value in CODES]
    found += [] if path in OWN else list(durations(tree, LENGTHS))
    if path.startswith("shared/mou/"):
        found += [word.value for word in words(tree) if word.value in PARTIES]
        found += [node.attr for node in ast.walk(tree) if _names_an_agency(node)]
    return found


def _names_an_agency(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Agency"


def test_no_program_holds_any_of_it():
    found = {path: law_in(path, text) for path, text in programs("shared", "services")}
    assert {path: what for path, what in found.items() if what} == {}


def test_each_file_with_durations_of_its_own_has_some():
    having = {path for path, text in programs("shared", "services") if [*durations(ast.parse(text), LENGTHS)]}
    assert set(OWN) - having == set()


@pytest.mark.parametrize(
    "planted",
    [
        'BASIS = "WIC 18961.5"',
        'say("Send form SS 8572.")',
        'raise Refusal(f"see PC 11166({letter})")',
        "due = at + timedelta(hours=36)",
        "due = at + timedelta(days=2 * 5)",
        "OUTER_HOURS = 24",
        "within = Within(court_days=15)",
        'if act == "youth-missing": alarm()',
        'if duty.id == "call-made": alarm()',
        'if party == "sheriff": tell()',
        "owner = Agency.PROBATION",
    ],
)
def test_what_is_planted_is_found(planted):
    assert law_in("shared/mou/planted.py", planted)


def test_a_docstring_may_name_what_it_follows():
    assert (
        law_in("shared/mou/explained.py", '"""After WIC 18961.7."""\n\nclass Due:\n    """PC 11166(a)."""\n')
        == []
    )
