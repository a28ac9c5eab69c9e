"""`accord audit history|state`: what people read, and what scripts get."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from services.audit import cli, known_answers, timeline
from services.audit.answers import case_view, history_entry
from services.audit.domain.difference import difference
from services.audit.domain.entry import in_order
from services.audit.domain.fold import fold
from services.audit.domain.knowing import known_to
from shared.cli.failures import Usage
from shared.events import TYPES
from tests.unit.audit.county import versions
from tests.unit.audit.made import MONDAY, Case, Log

ASKED: list[tuple[str, dict[str, Any]]] = []


def story() -> Case:
    case = Case(Log()).open()
    referral = case.refer()
    case.log.now += timedelta(days=1)
    case.accept(referral, ago=timedelta(hours=20))
    return case


def answers(case: Case) -> dict[str, Any]:
    entries = in_order(case.log.entries())
    moment = case.log.now.isoformat()
    return {
        "case": case.case,
        "axis": "recorded",
        "as_of": moment,
        "as_of_event": None,
        "complete_until": moment,
        "complete": True,
        "mouversion": "2026.1",
        "events": len(entries),
        "statement": "8 events.",
        "gaps": ["Stream x lacks version 3."],
        "positions": [],
        "entries": [history_entry(e).model_dump(mode="json") for e in entries],
        "state": case_view(fold(case.case, entries)).model_dump(mode="json"),
        "next": None,
    }


def known_answer(case: Case, path: str, params: dict[str, Any]) -> dict[str, Any]:
    """What the API answers where it is asked as known to an agency, or field by field."""
    entries, until = in_order(case.log.entries()), case.log.now
    mou = [(MONDAY - timedelta(days=1), versions()[0])]
    known = known_to(params.get("known_to") or "human-services", case.case, entries, mou, until)
    refs = [known_answers.known_ref(known, k).model_dump(mode="json") for k in known.in_order()]
    fields = [known_answers.field_view(p, f).model_dump(mode="json") for p, f in known.table().items()]
    point = {"as_of": until.isoformat(), "as_of_event": None, "events": 4, "mouversion": "alder-1"}
    changes = [known_answers.change_view(d).model_dump(mode="json") for d in difference({}, known.table())]
    status = f"referrals/{case.referrals[0]}/status"
    return {
        **answers(case),
        "known_to": params.get("known_to"),
        "path": params.get("field"),
        "entries": [known_answers.known_entry(known, k).model_dump(mode="json") for k in known.in_order()],
        "things": [known_answers.known_thing(t).model_dump(mode="json") for t in known.things.values()],
        "did_see": [known_answers.sighting(s).model_dump(mode="json") for s in known.did_see],
        "fields": fields,
        "set_by": refs,
        "values": [{"value": f["value"], "set_by": refs[-1]} for f in fields if f["path"] == status],
        "before": {**point, "known_to": None},
        "after": {**point, "known_to": params.get("to_known_to")},
        "changes": changes,
    }


@pytest.fixture
def case(monkeypatch: pytest.MonkeyPatch) -> Case:
    made = story()
    whole = answers(made)
    ASKED.clear()

    @contextmanager
    def connect(service: str, **_: Any) -> Iterator[Any]:
        assert service == "audit"

        def get(path: str, params: dict[str, Any]) -> Any:
            ASKED.append((path, params))
            if params.get("known_to") or path.endswith(("/fields", "/fields/history", "/diff")):
                return SimpleNamespace(body=known_answer(made, path, params))
            if path.endswith("/state"):
                return SimpleNamespace(body=whole)
            page = {**whole, "entries": whole["entries"][:3], "next": "more"}
            return SimpleNamespace(
                body={**whole, "entries": whole["entries"][3:]} if "cursor" in params else page
            )

        yield SimpleNamespace(get=get)

    monkeypatch.setattr("shared.cli.client.connect", connect)
    return made


def run(*arguments: str) -> Any:
    app = typer.Typer()
    cli.register(app)
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["audit", *arguments])


def test_the_history_is_a_timeline_by_day_with_both_times_agency_words_and_clause(case: Case) -> None:
    out = run("history", case.case).stdout
    assert "Monday 2 March 2026" in out
    assert "Tuesday 3 March 2026" in out
    assert "Advocacy accepted the referral." in out
    assert "(recorded late)" in out
    assert "clause 4.1" in out
    assert "sealed: narrative" in out
    assert "MISSING: Stream x lacks version 3." in out
    assert "MOU in force: 2026.1" in out


def test_all_pages_come_as_one_document_for_scripts(case: Case) -> None:
    document = json.loads(run("history", case.case, "--json").stdout)
    assert len(document["entries"]) == len(case.log.made)
    assert [params.get("cursor") for _, params in ASKED] == [None, "more"]


def test_the_state_is_told_section_by_section(case: Case) -> None:
    out = run("state", case.case, "--as-of", "2026-03-03T14:15:00-08:00").stdout
    assert f"{case.referrals[0]}: ACCEPTED" in out
    assert "Human services to Advocacy: advocate, urgency hours; the youth agrees" in out
    assert "told advocacy/supervisor (act-now): not acknowledged" in out
    assert ASKED[0][1]["as_of"] == "2026-03-03T14:15:00-08:00"


def test_a_moment_and_an_event_at_once_is_a_usage_error(case: Case) -> None:
    result = run("state", case.case, "--as-of", "2026-03-03T14:15:00Z", "--as-of-event", case.case)
    assert isinstance(result.exception, Usage)


def test_nothing_sealed_is_shown(case: Case) -> None:
    for command in ("history", "state"):
        assert "eyJ" not in run(command, case.case).stdout
        assert "eyJ" not in run(command, case.case, "--json").stdout


class TestAsKnownToAnAgency:
    def test_the_history_says_how_the_agency_could_know_of_each_event(self, case: Case) -> None:
        out = run("history", case.case, "--known-to", "advocacy").stdout
        assert f"Case {case.case}, as Advocacy could have known it" in out
        assert "Human services referred the youth to Advocacy" in out
        assert "stated by it" in out
        assert "Sheriff" not in out
        assert ASKED[0][1]["known_to"] == "advocacy"

    def test_the_state_is_told_thing_by_thing_with_what_could_be_opened_and_what_was_seen(
        self, case: Case
    ) -> None:
        out = run("state", case.case, "--known-to", "advocacy").stdout
        assert f"Referral {case.referrals[0]} (as it can see it)" in out
        assert "status        accepted" in out
        assert "sealed facts it could have opened: narrative" in out
        assert out.endswith(": was told\n")

    def test_an_agency_that_there_is_not_is_a_usage_error(self, case: Case) -> None:
        assert run("state", case.case, "--known-to", "nobody").exit_code == 2


class TestFieldByField:
    def test_every_field_names_the_event_that_set_it(self, case: Case) -> None:
        out = run("state", case.case, "--fields").stdout
        assert f"referrals/{case.referrals[0]}/status" in out
        assert "Advocacy accepted the referral." in out
        assert ASKED[0][0].endswith("/fields")

    def test_where_a_value_came_from(self, case: Case) -> None:
        path = f"referrals/{case.referrals[0]}/status"
        out = run("history", case.case, "--field", path).stdout
        assert f"field {path}" in out
        assert "accepted" in out
        assert ASKED[0] == (
            f"/v1/cases/{case.case}/fields/history",
            {"as_of": None, "as_of_event": None, "axis": "recorded", "known_to": None, "field": path},
        )

    def test_a_field_and_a_picture_at_once_is_a_usage_error(self, case: Case) -> None:
        result = run("history", case.case, "--field", "case/lead", "--timeline")
        assert isinstance(result.exception, Usage)


class TestDiff:
    def test_two_views_are_compared_field_by_field_in_words(self, case: Case) -> None:
        out = run("diff", case.case, "--known-to", "advocacy", "--to-known-to", "human-services").stdout
        assert "as Human services could have known it" in out
        assert "(nothing)" in out
        assert "added" in out
        assert "[1]" in out
        asked = ASKED[0][1]
        assert (asked["known_to"], asked["to_known_to"]) == ("advocacy", "human-services")
        assert "to_axis" not in asked

    def test_nothing_to_compare_with_is_a_usage_error(self, case: Case) -> None:
        assert isinstance(run("diff", case.case).exception, Usage)

    def test_scripts_get_the_document(self, case: Case) -> None:
        document = json.loads(run("diff", case.case, "--to-as-of", "2026-03-03T14:15:00Z", "--json").stdout)
        assert document["changes"]


class TestTheTimeline:
    def picture(self, case: Case, width: int = 100, axis: str = "recorded", plain: bool = False) -> list[str]:
        return list(timeline.picture(answers(case)["entries"], width, axis, plain))

    def test_each_agency_has_a_lane_and_who_asks_whom_is_an_arrow(self, case: Case) -> None:
        lines = self.picture(case)
        assert "Sheriff" in lines[0]
        assert "Human services" in lines[0]
        asked = next(line for line in lines if "referred the youth" in line)
        assert "●─" in asked
        assert "─▶" in asked
        answered = next(line for line in lines if "accepted the referral" in line)
        assert "◀─" in answered
        assert "─✓" in answered

    def test_days_are_told_and_what_was_recorded_late(self, case: Case) -> None:
        text = "\n".join(self.picture(case, 140))
        assert "Mon 2 Mar 2026" in text
        assert "Tue 3 Mar 2026" in text
        assert "(Happened Mon 2 Mar" in text

    def test_what_is_not_drawn_is_counted(self, case: Case) -> None:
        assert self.picture(case)[-1] == "Not drawn: 2 notices."

    @pytest.mark.parametrize("width", [60, 80, 100, 160])
    def test_no_line_is_wider_than_the_terminal(self, case: Case, width: int) -> None:
        lines = [line for line in self.picture(case, width) if line != timeline.LEGEND]
        assert max(map(len, lines)) <= width

    def test_where_there_are_no_such_characters_it_keeps_to_ascii(self, case: Case) -> None:
        assert "".join(self.picture(case, plain=True)).isascii()

    def test_the_command_draws_it(self, case: Case) -> None:
        assert "Not drawn: 2 notices." in run("history", case.case, "--timeline").stdout
        assert "Human services" in run("history", case.case, "--timeline", "--known-to", "advocacy").stdout

    def test_nothing_is_said_to_be_nothing(self) -> None:
        assert list(timeline.picture([])) == [
            "Nothing to draw: by then nothing had happened that could be told."
        ]

    def test_every_mark_has_a_noun_that_is_drawn_or_counted(self) -> None:
        nouns = {kind.TYPE.split(".")[1] for kind in TYPES.values()}
        of_no_case = {"role", "session", "cover", "mou", "deadletter"}
        assert nouns - of_no_case <= timeline.DRAWN | timeline.COUNTED.keys()
