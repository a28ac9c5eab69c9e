"""The life of a referral through both doors on a real PostgreSQL: what is taken, what is refused, who knows."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from services.referrals.repair import after_repair, refold_if_older
from shared.settings import Settings
from tests.integration.referrals_made import county

pytestmark = pytest.mark.platform

#: What is asked on a referral's address, with a good body, who does it, and in which status it is legal.
COMMANDS = {
    "start": ({}, "advocate", ("accept",)),
    "hold": ({"reason": "waitlist"}, "advocate", ("accept", "start")),
    "resume": ({}, "advocate", ("accept", "start", "hold")),
    "complete": ({"outcome": "completed", "attempts": 2}, "advocate", ("accept", "start")),
    "fail": ({"reason": "unable-to-locate"}, "advocate", ("accept", "start")),
    "cancel": ({"reason": "need-met"}, "worker", ("accept",)),
    "forward": ({"recipient": "shelter", "youth_choice": "agrees"}, "worker", ("reject",)),
    "undo": ({}, "advocate", ("accept", "start")),
    "enter-in-error": ({"reason": "wrong-youth"}, "worker", ("accept",)),
}
#: The same as submissions on Kafka.
SUBMITTED = {"enter-in-error": "enter-referral-in-error"}
SCREENED = {"tool": "cse-it", "tool_version": "2.0", "band": "clear-concern"}


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with county(infra, tmp_path_factory.mktemp("life")) as made:
        yield made


def problem(answer, status, slug):
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    document = answer.json()
    assert document["type"] == f"/problems/{slug}", document
    return document


def act(here, referral, name, person=None, body=None, **more):
    """One command, based on what its person sees now."""
    good, by, _ = COMMANDS.get(name, ({"reason": "no-capacity"} if name == "reject" else {}, "advocate", ()))
    person, path = person or by, f"/v1/referrals/{referral}"
    more.setdefault("etag", here.etag(path, person))
    return here.post(f"{path}/{name}", good if body is None else body, person, **more)


def brought_to(here, steps, **more):
    """A referral on which these were done."""
    referral = here.referral(**more)
    for step in steps:
        answer = act(here, referral, step)
        assert answer.status_code == 200, answer.text
    return referral


def status(here, referral, person="worker"):
    return here.get(f"/v1/referrals/{referral}", person).json()["status"]


class TestTheStory:
    def test_declined_forwarded_accepted_started_held_resumed_completed_with_the_chain_kept(self, here):
        first = brought_to(here, ["reject"])
        answer = act(here, first, "forward", body={"recipient": "shelter", "youth_choice": "agrees"})
        assert answer.status_code == 201, answer.text
        second = answer.json()["referral"]
        assert answer.headers["Location"] == f"/v1/referrals/{second}"
        for name in ("accept", "start", "hold", "resume", "complete"):
            assert act(here, second, name, "shelter").status_code == 200, name
        shown = here.get(f"/v1/referrals/{second}", "worker").json()
        assert (shown["status"], shown["outcome"], shown["attempts"]) == ("completed", "completed", 2)
        assert (shown["follows"], shown["service"]) == (first, "advocacy")
        assert here.get(f"/v1/referrals/{first}", "worker").json()["forwarded_to"] == [second]
        [forwarded] = here.events(kind="referral.forwarded", referral=first)
        [requested] = here.events(kind="referral.requested", referral=second)
        assert (forwarded.data.forwarded_to, requested.data.follows) == (second, first)
        assert (forwarded.envelope.clause, requested.envelope.clause) == ("4.9", "4.9")

    def test_a_fact_of_monday_recorded_on_thursday_keeps_both_times(self, here):
        referral = brought_to(here, ["accept"])
        monday = datetime.now(UTC) - timedelta(days=3)
        answer = act(here, referral, "start", body={"time": monday.isoformat()})
        assert answer.status_code == 200, answer.text
        [started] = here.events(kind="referral.started", referral=referral)
        assert started.envelope.time == monday
        assert started.envelope.recordedtime > monday + timedelta(days=2)
        shown = here.get(f"/v1/referrals/{referral}", "worker").json()
        assert datetime.fromisoformat(shown["started_at"]) == monday

    def test_a_service_that_nobody_had_accepted_is_taken_flagged_and_makes_its_agency_part_of_the_case(
        self, here
    ):
        case = here.case()
        referral = here.referral(case)
        answer = act(here, referral, "start")
        assert answer.json()["flags"] == ["acceptance-not-recorded"]
        agencies = here.get(f"/v1/cases/{case}", "worker").json()["matters"][0]["agencies"]
        assert agencies["advocacy"] == "referral-recipient"

    def test_an_agency_outside_is_asked_and_answered_for(self, here):
        case = here.case()
        body = {"outside": "regional-center", "matter": "dependency", "kind": "reg-center", "urgency": "days"}
        answer = here.post(f"/v1/cases/{case}/referrals", {**body, "youth_choice": "agrees"}, "worker")
        referral = answer.json()["referral"]
        for name in ("accept", "start", "complete"):
            assert act(here, referral, name, "worker").status_code == 200
        [done] = here.events(kind="referral.completed", referral=referral)
        assert done.envelope.clause == "4.10"


@pytest.mark.parametrize("name", sorted(COMMANDS))
class TestEachCommandOverHttp:
    def test_is_taken_where_it_is_legal_once_for_its_key_and_for_no_other_body(self, here, name):
        referral, key = brought_to(here, COMMANDS[name][2]), str(uuid4())
        etag = here.etag(f"/v1/referrals/{referral}", COMMANDS[name][1])
        first = act(here, referral, name, key=key, etag=etag)
        assert first.status_code in (200, 201), first.text
        before = here.count()
        again = act(here, referral, name, key=key, etag=etag)
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        other = act(here, referral, name, body={**COMMANDS[name][0], "time": "2026-01-01T00:00:00Z"}, key=key)
        problem(other, 422, "idempotency-key-reused")
        assert here.count() == before

    def test_must_say_what_it_is_based_on_and_not_on_what_has_changed(self, here, name):
        referral = brought_to(here, COMMANDS[name][2])
        problem(act(here, referral, name, etag=None), 428, "precondition-required")
        problem(act(here, referral, name, etag='"older"'), 412, "stale")

    def test_does_not_exist_for_who_may_not_know_of_it(self, here, name):
        referral = brought_to(here, COMMANDS[name][2])
        answer = here.post(f"/v1/referrals/{referral}/{name}", COMMANDS[name][0], "officer", etag='"x"')
        problem(answer, 404, "not-found")
        nothing = here.post(f"/v1/referrals/{uuid4()}/{name}", COMMANDS[name][0], "worker", etag='"x"')
        problem(nothing, 404, "not-found")

    def test_is_refused_to_the_other_side_with_clause_and_remedy_and_that_is_recorded(self, here, name):
        referral = brought_to(here, COMMANDS[name][2])
        other = {"advocate": "worker", "worker": "advocate"}[COMMANDS[name][1]]
        answer = act(here, referral, name, other)
        assert answer.status_code == 403, answer.text
        said = answer.json()
        assert said["clause"] in {"4.7", "4.8", "4.9", "7.4", "7.6"}
        assert said["remedy"]
        refused = here.events(kind="command.refused", about=referral)[-1]
        assert (refused.data.command, refused.envelope.clause) == (
            SUBMITTED.get(name, f"{name}-referral"),
            said["clause"],
        )

    def test_is_refused_where_the_table_has_no_cell_and_says_what_there_is(self, here, name):
        referral = brought_to(here, ["accept", "start", "complete"])
        if name in ("undo", "enter-in-error"):
            act(here, referral, "enter-in-error")
            name = "enter-in-error"
        answer = act(here, referral, name)
        assert answer.status_code in (403, 409), answer.text
        assert "undo-referral" in answer.json()["remedy"]

    def test_with_a_field_or_a_code_that_is_none_names_it_and_repeats_nothing(self, here, name):
        referral = brought_to(here, COMMANDS[name][2])
        answer = act(here, referral, name, body={**COMMANDS[name][0], "narrative": "Xochitl"})
        problem(answer, 422, "invalid-field")
        assert "Xochitl" not in answer.text
        coded = next((f for f in ("reason", "outcome") if f in COMMANDS[name][0]), None)
        if coded:
            answer = act(here, referral, name, body={**COMMANDS[name][0], coded: "no-such-code"})
            assert problem(answer, 422, "invalid-field")["errors"][0]["pointer"] == f"/{coded}"


@pytest.mark.parametrize("name", sorted(COMMANDS))
class TestEachCommandOverKafka:
    def submission(self, here, name, referral, agency, etag):
        command = SUBMITTED.get(name, f"{name}-referral")
        body = COMMANDS[name][0]
        return here.submission(agency, command, body, subject=referral, basedon=etag)

    def test_is_taken_with_a_receipt_that_names_the_referral(self, here, name):
        agency = {"advocate": "advocacy", "worker": "human-services"}[COMMANDS[name][1]]
        referral = brought_to(here, [s for s in COMMANDS[name][2] if name != "undo"])
        system = "advocacy-system" if agency == "advocacy" else "human-services-system"
        if name == "undo":  # what a system entered is a system's to take back
            for step in COMMANDS[name][2]:
                etag = here.etag(f"/v1/referrals/{referral}", system)
                event = here.submission(agency, f"{step}-referral", {}, subject=referral, basedon=etag)
                assert here.take(agency, event).data.outcome == "accepted"
        etag = here.etag(f"/v1/referrals/{referral}", system)
        said = here.take(agency, self.submission(here, name, referral, agency, etag)).data
        assert (said.outcome, said.reason) == ("accepted", None)
        assert said.referral
        assert (said.referral == referral) == (name != "forward")

    def test_is_refused_without_what_it_is_based_on_and_to_the_other_side(self, here, name):
        referral = brought_to(here, COMMANDS[name][2])
        agency = {"advocate": "advocacy", "worker": "human-services"}[COMMANDS[name][1]]
        said = here.take(agency, self.submission(here, name, referral, agency, ...)).data
        assert (said.outcome, said.reason, said.field) == ("refused", "precondition-required", "/basedon")
        other, system = {
            "advocacy": ("human-services", "human-services-system"),
            "human-services": ("advocacy", "advocacy-system"),
        }[agency]
        etag = here.etag(f"/v1/referrals/{referral}", system)
        said = here.take(other, self.submission(here, name, referral, other, etag)).data
        assert said.outcome == "refused"
        assert said.clause
        assert said.remedy
        assert here.events(kind="submission.refused", submission=said.submission)


class TestTheChain:
    def test_is_not_shown_to_the_agency_that_declined_nor_to_the_one_that_came_after(self, here):
        first = brought_to(here, ["reject"])
        before = here.etag(f"/v1/referrals/{first}", "advocate")
        second = act(here, first, "forward").json()["referral"]
        declined = here.get(f"/v1/referrals/{first}", "advocate")
        assert second not in declined.text
        assert declined.headers["ETag"] == before
        assert first not in here.get(f"/v1/referrals/{second}", "shelter").text
        assert here.get(f"/v1/referrals/{second}", "advocate").status_code == 404

    def test_what_the_next_agency_is_to_know_is_stated_anew_and_sealed_for_it(self, here):
        first = brought_to(here, ["reject"], clear={"narrative": {"text": "for the first alone"}})
        body = {**COMMANDS["forward"][0], "clear": {"identity": {"name": "Somebody"}}}
        second = act(here, first, "forward", body=body).json()["referral"]
        opened = here.get(f"/v1/referrals/{second}", "shelter").json()["opened"]
        assert [f["facts"] for f in opened["identity"]["facts"]] == [{"name": "Somebody"}]
        assert "narrative" not in opened


class TestCorrections:
    def test_a_mis_click_is_taken_back_within_the_minutes_and_not_after(self, here):
        referral = brought_to(here, ["accept", "start", "complete"])
        assert act(here, referral, "undo").status_code == 200
        assert status(here, referral) == "in-progress"
        here.clock.ahead = timedelta(minutes=11)
        try:
            said = problem(act(here, referral, "undo"), 409, "refused")
        finally:
            here.clock.ahead = timedelta()
        assert (said["reason"], said["clause"]) == ("too-late-to-undo", "7.4")

    def test_an_entry_is_marked_by_its_event_and_the_referral_shows_what_counts(self, here):
        referral = brought_to(here, ["accept", "start", "hold"])
        steps = here.get(f"/v1/referrals/{referral}", "advocate").json()["steps"]
        body = {"reason": "wrong-entry", "entry": steps[-1]["event"]}
        assert act(here, referral, "enter-in-error", "advocate", body).status_code == 200
        shown = here.get(f"/v1/referrals/{referral}", "worker").json()
        assert shown["status"] == "in-progress"
        assert shown["steps"][-1]["struck"] == "entered-in-error"
        assert len(here.events(kind="referral.held", referral=referral)) == 1

    def test_an_entry_that_is_not_there_names_the_field(self, here):
        referral = brought_to(here, ["accept"])
        body = {"reason": "wrong-entry", "entry": str(uuid4())}
        said = problem(act(here, referral, "enter-in-error", "advocate", body), 422, "invalid-field")
        assert (said["reason"], said["errors"][0]["pointer"]) == ("no-such-entry", "/entry")

    def test_taking_back_an_acceptance_takes_the_agency_out_of_the_case(self, here):
        case = here.case()
        referral = here.referral(case)
        assert act(here, referral, "accept").status_code == 200
        assert here.get(f"/v1/cases/{case}", "advocate").status_code == 200
        assert act(here, referral, "undo").status_code == 200
        assert here.get(f"/v1/cases/{case}", "advocate").status_code == 404
        assert status(here, referral, "advocate") == "requested"


class TestAScreening:
    def recorded(self, here, case, person="worker", **more):
        return here.post(f"/v1/cases/{case}/screenings", {**SCREENED, **more}, person)

    def test_is_recorded_and_seen_by_those_who_serve_the_youth_but_not_by_law_enforcement(self, here):
        case = here.case()
        answer = self.recorded(here, case)
        assert answer.status_code == 201, answer.text
        etag = here.etag(f"/v1/cases/{case}", "worker")
        seat = {"agency": "sheriff"}
        assert here.post(f"/v1/cases/{case}/agencies", seat, "worker", etag=etag).status_code == 200
        shown = here.get(f"/v1/cases/{case}", "worker").json()["matters"][0]["screenings"]
        assert [(s["screening"], s["band"]) for s in shown] == [(answer.json()["screening"], "clear-concern")]
        to_the_sheriff = here.get(f"/v1/cases/{case}", "deputy")
        assert to_the_sheriff.status_code == 200
        assert "clear-concern" not in to_the_sheriff.text
        before = to_the_sheriff.headers["ETag"]
        self.recorded(here, case, band="no-concern")
        assert here.etag(f"/v1/cases/{case}", "deputy") == before

    def test_never_holds_an_items_text(self, here):
        case = here.case()
        answer = self.recorded(here, case, items={"3": "Xochitl said"}, tool_version=2.0)
        assert answer.status_code == 201, answer.text
        assert set(answer.json()["flags"]) == {"unknown-field", "unreadable.tool_version", "not-kept"}
        with psycopg.connect(here.url) as connection:
            rows = connection.execute("SELECT state FROM stored_events").fetchall()
        assert not [row for (row,) in rows if b"Xochitl" in bytes(row)]

    def test_that_says_nothing_is_refused_and_needs_a_key(self, here):
        case = here.case()
        answer = here.post(f"/v1/cases/{case}/screenings", {"items": 1}, "worker")
        assert answer.json()["reason"] == "no-usable-fact"
        problem(
            here.post(f"/v1/cases/{case}/screenings", SCREENED, "worker", key=None),
            400,
            "idempotency-key-missing",
        )

    def test_of_a_case_that_is_not_ones_own_does_not_exist(self, here):
        problem(self.recorded(here, here.case(), "officer"), 404, "not-found")

    def test_is_marked_as_recorded_in_error_and_says_so(self, here):
        case = here.case()
        screening = self.recorded(here, case).json()["screening"]
        path, body = f"/v1/cases/{case}", {"screening": screening, "reason": "wrong-youth"}
        wrong = f"{path}/screenings/enter-in-error"
        problem(here.post(wrong, body, "worker"), 428, "precondition-required")
        assert here.post(wrong, body, "worker", etag=here.etag(path, "worker")).status_code == 200
        [shown] = here.get(path, "worker").json()["matters"][0]["screenings"]
        assert shown["struck"] == "wrong-youth"

    def test_comes_over_kafka_too_and_is_flagged_not_refused(self, here):
        case = here.case()
        event = here.submission(
            "human-services", "record-screening", {**SCREENED, "band": "unheard-of"}, subject=case
        )
        said = here.take("human-services", event).data
        assert (said.outcome, said.flags, said.case) == ("accepted-with-flags", ("band-not-listed",), case)
        foreign = here.submission("probation", "record-screening", SCREENED, subject=case)
        assert here.take("probation", foreign).data.reason == "not-found"


def settings_of(here) -> Settings:
    from pydantic import SecretStr

    return Settings().model_copy(update={"database_url": SecretStr(here.url)})


def test_after_a_repair_each_of_these_commands_is_known_again(here):
    asked = []
    for name, (_, person, steps) in sorted(COMMANDS.items()):
        referral, key = brought_to(here, steps), str(uuid4())
        etag = here.etag(f"/v1/referrals/{referral}", person)
        asked.append((referral, name, key, etag, act(here, referral, name, key=key, etag=etag).json()))
    live = here.parts()
    with psycopg.connect(here.url) as connection:
        connection.execute("DELETE FROM commands")
    after_repair(settings_of(here))
    assert here.parts() == live
    for referral, name, key, etag, first in asked:
        assert act(here, referral, name, key=key, etag=etag).json() == first, name


def test_parts_that_an_earlier_version_left_are_folded_anew_at_the_start_and_once(here):
    referral = brought_to(here, ["accept", "start"])
    with psycopg.connect(here.url) as connection:
        before = connection.execute("SELECT state FROM parts WHERE id = %s", [referral]).fetchone()
        connection.execute("UPDATE parts SET state = state - 'steps' WHERE id = %s", [referral])
        connection.execute("DELETE FROM secrets WHERE name = 'parts-form'")
    assert refold_if_older(here.store, here.url) > 0
    assert refold_if_older(here.store, here.url) == 0
    with psycopg.connect(here.url) as connection:
        after = connection.execute("SELECT state FROM parts WHERE id = %s", [referral]).fetchone()
    assert after == before
    assert json.dumps(after[0]).count("start-referral") == 1
