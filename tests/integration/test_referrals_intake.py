"""Submissions from Kafka over a real PostgreSQL: each record has its effect once and gets exactly one receipt."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from kafka import KafkaProducer

from deploy.local.provision import make_topics
from services.referrals.intake.process import Intake
from services.referrals.intake.taking import system_of
from services.referrals.intake.upkeep import Upkeep
from services.referrals.vault.port import Which
from shared.bus import clients
from shared.bus.record import Record
from shared.bus.topics import all_topics
from shared.errors import TryLater
from shared.events.names import SealedClass, submissions_topic
from shared.settings import Settings
from shared.store.pulse import Pulse
from tests.integration.bus_support import eventually
from tests.integration.referrals_made import county

pytestmark = pytest.mark.platform
GOOD = {"immediate_danger": "yes", "age_years": 15, "signs": ["unexplained-travel"]}


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with county(infra, tmp_path_factory.mktemp("intake")) as made:
        yield made


def accept(here, referral, agency="advocacy", **more):
    """An acceptance by the agency's system, on the tag that its own worklist gives."""
    if agency == "advocacy" and "basedon" not in more:
        more["basedon"] = here.etag(f"/v1/referrals/{referral}", "advocacy-system")
    return here.submission(agency, "accept-referral", {}, subject=referral, **more)


class TestAGoodConcern:
    def test_is_recorded_and_its_receipt_names_it_and_says_to_telephone(self, here):
        event = here.submission("sheriff", "report-concern", GOOD)
        event["data"] = {
            **GOOD,
            "sealed": {"identity": here.seal(event["id"], "identity", {"name": "Somebody"})},
        }
        receipt = here.take("sheriff", event)
        said = receipt.data
        assert (said.submission, said.submitter, said.command) == (event["id"], "sheriff", "report-concern")
        assert "hotline" in said.notice
        [reported] = here.events(kind="concern.reported", concern=said.report)
        assert said.events == (reported.envelope.id,)
        assert said.case is None
        assert (reported.envelope.commandid, reported.envelope.source) == (event["id"], "/agencies/sheriff")
        assert reported.envelope.actor == system_of("sheriff")
        opened = here.get(f"/v1/concerns/{said.report}", "screener").json()["opened"]
        assert opened["identity"]["facts"][0]["facts"] == {"name": "Somebody"}

    def test_that_lacks_nothing_is_accepted_without_flags(self, here):
        event = here.submission("sheriff", "report-concern", {})
        now = datetime.now(UTC).isoformat()
        sealed = {c: here.seal(event["id"], c, {"text": "x"}) for c in ("identity", "narrative")}
        event["data"] = {
            **GOOD,
            "exploitation_kind": "commercial-sexual",
            "known_since": now,
            "called_at": now,
        }
        event["data"]["sealed"] = sealed
        receipt = here.take("sheriff", event)
        assert (receipt.data.outcome, receipt.data.flags) == ("accepted", ())


ODD = {
    "specversion": ({"specversion": "0.3"}, "specversion"),
    "no specversion": ({"specversion": ...}, "specversion"),
    "no id": ({"id": ...}, "id"),
    "an id that is no UUID": ({"id": "Xochitl"}, "id"),
    "an id that is a list": ({"id": ["x"]}, "id"),
    "another id than the key": ({"id": str(uuid4())}, "id"),
    "no source": ({"source": ...}, "source"),
    "another agency's source": ({"source": "/agencies/probation"}, "source"),
    "an unknown agency's source": ({"source": "/agencies/nobody"}, "source"),
    "an unknown purpose": ({"purpose": "curiosity"}, "purpose"),
    "a purpose that is an object": ({"purpose": {}}, "purpose"),
    "data that are a list": ({"data": []}, "data"),
    "no data": ({"data": ...}, "data"),
}


class TestAnEnvelope:
    @pytest.mark.parametrize("odd", sorted(set(ODD) - {"data that are a list", "no data"}))
    def test_that_is_odd_costs_a_concern_a_flag_and_nothing_else(self, here, odd):
        attributes, name = ODD[odd]
        key = str(uuid4()).encode()
        event = here.submission("sheriff", "report-concern", GOOD, **{"id": key.decode(), **attributes})
        said = here.take("sheriff", event, key=key).data
        assert said.outcome == "accepted-with-flags"
        assert f"envelope.{name}" in said.flags
        assert said.submission == key.decode()
        assert here.events(kind="concern.reported", concern=said.report)

    @pytest.mark.parametrize("odd", sorted(ODD))
    def test_that_is_odd_is_refused_elsewhere_with_the_attribute(self, here, odd):
        attributes, name = ODD[odd]
        referral, key = here.referral(), str(uuid4()).encode()
        event = accept(here, referral) | {"id": key.decode(), **attributes}
        event = {n: v for n, v in event.items() if v is not ...}
        said = here.take("advocacy", event, key=key).data
        assert (said.outcome, said.reason, said.field) == ("refused", "invalid-field", f"/{name}")
        assert said.remedy
        assert "Xochitl" not in json.dumps(said.written())
        assert here.events(kind="submission.refused", submission=key.decode())
        assert not here.events(kind="referral.accepted", referral=referral)

    @pytest.mark.parametrize("key", [None, b"", b"no-uuid", b"\xff\xfe", b"0" * 36])
    def test_with_a_key_that_is_no_uuid_is_flagged_for_a_concern_and_receipted_by_its_id(self, here, key):
        event = here.submission("sheriff", "report-concern", GOOD)
        said = here.take("sheriff", event, key=key).data
        assert (said.submission, "envelope.id" in said.flags) == (event["id"], True)

    @pytest.mark.parametrize(
        "moment", ["yesterday", "0001-01-01T00:00:00+14:00", 7, None, [], "2026-03-02T10:00:00"]
    )
    def test_with_a_time_that_is_none_is_flagged_for_a_concern_and_refused_elsewhere(self, here, moment):
        said = here.take("sheriff", here.submission("sheriff", "report-concern", GOOD, time=moment)).data
        if moment not in (7, None):
            assert "unreadable.time" in said.flags
        assert said.outcome == "accepted-with-flags"
        if isinstance(moment, str):
            said = here.take("advocacy", accept(here, here.referral(), time=moment)).data
            assert (said.outcome, said.field) == ("refused", "/time")

    def test_from_the_future_is_flagged_for_a_concern_and_refused_elsewhere(self, here):
        late = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        said = here.take("sheriff", here.submission("sheriff", "report-concern", GOOD, time=late)).data
        assert "ahead.time" in said.flags
        said = here.take("advocacy", accept(here, here.referral(), time=late)).data
        assert (said.outcome, said.reason, said.field) == ("refused", "too-far-ahead", "/time")

    def test_of_a_newer_version_is_taken_for_a_concern(self, here):
        event = here.submission("sheriff", "report-concern", {**GOOD, "new_field": 1})
        event["type"] = "accord.submission.report-concern.v2"
        said = here.take("sheriff", event).data
        assert {"envelope.type", "unknown-field"} <= set(said.flags)


BIG = {"narrative": "x" * 1_048_576}
UNREADABLE = {
    "empty": (b"", "empty"),
    "null": (None, "empty"),
    "1 MiB": (json.dumps({"type": "accord.submission.report-concern.v1", "data": BIG}).encode(), "too-large"),
    "not UTF-8": (b'{"a": "\xff"}', "not-utf-8"),
    "malformed": (b'{"specversion": "1.0", ', "not-json"),
    "too deep": (b"[" * 50_000, "not-json"),
    "a number of 5,000 digits": (b'{"a": ' + b"1" * 5_000 + b"}", "not-json"),
    "a list": (b"[]", "not-an-object"),
    "no type": (b"{}", "unknown-type"),
    "an unknown type": (b'{"type": "accord.submission.delete-case.v1"}', "unknown-type"),
    "a type that is an object": (b'{"type": {}}', "unknown-type"),
    "a command for people only": (b'{"type": "accord.submission.adopt-mou.v1"}', "unknown-type"),
    "a future version": (b'{"type": "accord.submission.accept-referral.v2"}', "unknown-version"),
    "a concern without any fact": (b'{"type": "accord.submission.report-concern.v1"}', "no-usable-fact"),
}


class TestWhatCannotBeRead:
    @pytest.mark.parametrize("what", sorted(UNREADABLE))
    def test_is_kept_sealed_told_and_receipted(self, here, what):
        value, reason = UNREADABLE[what]
        key = str(uuid4()).encode()
        said = here.take("probation", value, key=key).data
        assert (said.outcome, said.reason, said.submission) == ("unreadable", reason, key.decode())
        assert (said.topic, said.partition) == ("accord.submissions.probation", 0)
        assert said.offset == here.position("probation")
        [told] = here.events(kind="submission.unreadable", offset=said.offset)
        [letter] = here.events(kind="deadletter.recorded", offset=said.offset)
        assert told.data.deadletter == letter.data.deadletter
        shown = here.vault.show_deadletter(UUID(told.data.deadletter))
        assert (shown.value, shown.key) == (value, key)

    def test_without_a_usable_key_gets_a_receipt_under_a_fresh_one(self, here):
        said = here.take("probation", b"{", key=b"Xochitl Quillonbar").data
        assert UUID(said.submission)

    def test_is_shown_to_the_coordinator_only_and_the_read_is_recorded(self, here):
        here.take("probation", b"{", key=None)
        letter = here.events(kind="deadletter.recorded")[-1].data.deadletter
        path = f"/v1/deadletters/{letter}"
        assert here.get(path, "screener").status_code == 403
        assert here.get(path, "coordinator", "audit").status_code == 403
        assert here.get(path, "coordinator").json()["value_base64"] == "ew=="
        assert len(here.events(kind="record.read", about=letter)) == 1
        assert here.get(f"/v1/deadletters/{uuid4()}", "coordinator").status_code == 404

    def test_is_gone_after_thirty_days_by_the_hourly_upkeep(self, here):
        here.take("probation", b"{", key=None)
        letter = UUID(here.events(kind="deadletter.recorded")[-1].data.deadletter)
        upkeep = Upkeep(here.referrals, lambda: 10.0)
        upkeep.if_due()
        assert here.vault.show_deadletter(letter) is not None
        here.clock.ahead = timedelta(days=30, seconds=1)
        try:
            upkeep.if_due()
            assert upkeep.due == 3_610.0
            assert upkeep.referrals.vault.purge(here.clock()) > 0
            Upkeep(here.referrals).if_due()
            assert here.vault.show_deadletter(letter) is None
            assert here.vault.purge(here.clock()) == 0
        finally:
            here.clock.ahead = timedelta()


class TestTheSameAgain:
    def test_submission_has_no_second_effect_and_the_same_receipt(self, here):
        event = here.submission("sheriff", "report-concern", GOOD)
        first = here.take("sheriff", event).data
        again = here.take("sheriff", event).data
        assert first.written() == again.written()
        assert len(here.events(kind="concern.reported", concern=first.report)) == 1

    def test_record_does_nothing_at_all(self, here):
        record = here.record("sheriff", here.submission("sheriff", "report-concern", GOOD))
        assert here.taker.take(record, "sheriff")
        before = here.count()
        assert here.taker.take(record, "sheriff")
        assert here.count() == before

    def test_unreadable_record_does_nothing_at_all(self, here):
        record = here.record("sheriff", b"{", key=None)
        assert not here.taker.take(record, "sheriff")
        before = here.count()
        here.taker.take(record, "sheriff")
        assert here.count() == before

    def test_id_with_another_body_is_refused(self, here):
        event = here.submission("sheriff", "report-concern", GOOD)
        here.take("sheriff", event)
        said = here.take("sheriff", {**event, "data": {**GOOD, "age_years": 16}}).data
        assert (said.outcome, said.reason, said.field) == ("refused", "idempotency-key-reused", "/id")
        assert len(here.events(kind="concern.reported", age_years=16)) == 0

    def test_id_of_another_agency_is_another_submission(self, here):
        event = here.submission("sheriff", "report-concern", GOOD)
        first = here.take("sheriff", event).data
        other = here.take("probation", {**event, "source": "/agencies/probation"}).data
        assert other.report != first.report


class TestSealedParts:
    def test_that_do_not_open_are_flagged_for_a_concern(self, here):
        event = here.submission("sheriff", "report-concern", {})
        other = here.seal(str(uuid4()), "identity", {"name": "Somebody"})
        good = here.seal(event["id"], "contact", {"phone": "555"})
        moved = here.seal(event["id"], "contact", {"phone": "555"})
        event["data"] = {
            **GOOD,
            "sealed": {"identity": other, "contact": good, "health": moved, "narrative": "x"},
        }
        said = here.take("sheriff", event).data
        assert {"unopenable.identity", "unopenable.health", "unopenable.narrative"} <= set(said.flags)
        [reported] = here.events(kind="concern.reported", concern=said.report)
        assert list(reported.data.sealed) == [SealedClass.CONTACT]

    def test_alone_and_none_of_them_opening_make_a_dead_letter_so_that_nothing_is_lost(self, here):
        event = here.submission("sheriff", "report-concern", {"sealed": {"identity": "no-jwe"}})
        said = here.take("sheriff", event).data
        assert (said.outcome, said.reason) == ("unreadable", "no-usable-fact")

    @pytest.mark.parametrize("bound", ["another submission", "another class"])
    def test_bound_elsewhere_are_refused_for_an_answer(self, here, bound):
        referral = here.referral()
        etag = here.etag(f"/v1/referrals/{referral}", "advocacy-system")
        event = here.submission("advocacy", "reject-referral", {}, subject=referral, basedon=etag)
        sealed = here.seal(
            str(uuid4()) if bound == "another submission" else event["id"],
            "narrative" if bound == "another submission" else "health",
            {"text": "x"},
        )
        event["data"] = {"reason": "no-capacity", "sealed": {"narrative": sealed}}
        said = here.take("advocacy", event).data
        assert (said.reason, said.field) == ("sealed-part-cannot-be-opened", "/sealed/narrative")


class TestAReportLongerThanAnEvent:
    @pytest.mark.parametrize("sealed", [True, False])
    def test_is_taken_and_read_whole(self, here, sealed):
        event = here.submission("sheriff", "report-concern", GOOD)
        text = "少" * (15_000 if sealed else 20_000)
        part = here.seal(event["id"], "narrative", {"text": text}) if sealed else {"text": text}
        event["data"] = {**GOOD, ("sealed" if sealed else "clear"): {"narrative": part}}
        value = json.dumps(event, ensure_ascii=False).encode()
        said = here.take("sheriff", value, key=event["id"].encode()).data
        assert said.outcome == "accepted-with-flags"
        shown = here.get(f"/v1/concerns/{said.report}", "screener").json()["opened"]["narrative"]["facts"]
        assert "".join(part["facts"]["text"] for part in shown) == text
        assert len(said.events) == len(shown)
        assert len(shown) > 1
        assert "continued.narrative" in said.flags


class TestFactsInClearOnKafka:
    def test_are_sealed_and_flagged_for_a_concern(self, here):
        receipt = here.take(
            "sheriff",
            here.submission(
                "sheriff", "report-concern", {**GOOD, "clear": {"identity": {"name": "Somebody"}}}
            ),
        )
        assert "clear-on-kafka" in receipt.data.flags
        [reported] = here.events(kind="concern.reported", concern=receipt.data.report)
        assert "identity" in reported.data.sealed
        assert b"Somebody" not in reported.value

    def test_are_refused_for_anything_else(self, here):
        referral = here.referral()
        event = here.submission(
            "advocacy", "reject-referral", {"reason": "no-capacity", "clear": {"narrative": {"a": "b"}}}
        )
        receipt = here.take("advocacy", {**event, "subject": referral})
        assert (receipt.data.outcome, receipt.data.field) == ("refused", "/clear")


class TestAnAnswer:
    def test_names_the_referral_and_nothing_else_of_the_case(self, here):
        referral = here.referral()
        said = here.take("advocacy", accept(here, referral)).data
        assert (said.outcome, said.referral, said.case, said.report) == ("accepted", referral, None, None)

    def test_to_a_referral_that_it_may_not_know_of_is_refused_as_if_there_were_none(self, here):
        referral = here.referral()
        foreign = here.take("shelter", accept(here, referral, "shelter", basedon='"x"')).data.written()
        unknown = here.take("shelter", accept(here, str(uuid4()), "shelter", basedon='"x"')).data.written()
        for said in (foreign, unknown):
            said.pop("submission")
        assert foreign == unknown
        assert (foreign["outcome"], foreign["reason"]) == ("refused", "not-found")
        assert not here.events(kind="submission.refused", about=referral)

    def test_to_a_referral_that_it_sees_but_was_not_asked_is_refused_with_the_clause(self, here):
        referral = here.referral()
        event = here.submission("human-services", "receive-referral", {}, subject=referral)
        said = here.take("human-services", event).data
        assert (said.reason, said.clause) == ("not-the-receiving-agency", "4.2")
        assert said.remedy
        [refused] = here.events(kind="submission.refused", about=referral)
        assert refused.data.submission == event["id"]

    @pytest.mark.parametrize(
        ("basedon", "reason"),
        [
            (..., "precondition-required"),
            ('"old"', "stale"),
            ("é", "stale"),
            ("\ud800", "stale"),
            ({}, "precondition-required"),
        ],
    )
    def test_on_a_missing_or_stale_basis_is_refused(self, here, basedon, reason):
        event = accept(here, here.referral(), basedon=basedon)
        said = here.take("advocacy", {n: v for n, v in event.items() if v is not ...}).data
        assert (said.outcome, said.reason, said.field) == ("refused", reason, "/basedon")

    @pytest.mark.parametrize("thing", [..., "x", "{%s}", "urn:uuid:%s", "１２３", [], "' OR 1=1"])
    def test_to_an_id_that_is_none_is_refused(self, here, thing):
        subject = thing.replace("%s", str(uuid4())) if isinstance(thing, str) else thing
        event = here.submission("advocacy", "receive-referral", {}, subject=subject)
        assert here.take("advocacy", event).data.reason == "not-found"

    def test_that_is_illegal_by_now_is_refused_with_the_clause(self, here):
        referral = here.referral()
        here.take("advocacy", accept(here, referral))
        event = here.submission("advocacy", "receive-referral", {}, subject=referral)
        said = here.take("advocacy", event).data
        assert (said.reason, said.clause) == ("illegal-transition", "4.2")


class TestAConcernIsNeverRefused:
    @pytest.mark.parametrize("agency", ["sheriff", "county", "shelter", "juvenile-court"])
    @pytest.mark.parametrize("purpose", [..., "audit", "break-glass", 5])
    def test_whoever_reports_and_for_whatever_purpose(self, here, agency, purpose):
        said = here.take(agency, here.submission(agency, "report-concern", GOOD, purpose=purpose)).data
        assert said.outcome == "accepted-with-flags"

    @pytest.mark.parametrize(
        "data",
        [
            {"age_years": 15, "signs": "x"},
            {"age_years": 15, "clear": {"narrative": {"text": "a\x00b \ud800"}}},
            {"age_years": 15, "known_since": "9999-12-31T23:59:59-14:00"},
            {"age_years": 15, "called_at": 1e300, "signs": [None, 5, "ok"], "clear": 7, "sealed": []},
            {"age_years": 15, "time": "x", "Xochitl": "Quillonbar"},
            {"age_years": 15, "signs": ["a"] * 5_000},
        ],
    )
    def test_whatever_else_it_says(self, here, data):
        said = here.take("sheriff", here.submission("sheriff", "report-concern", data)).data
        assert said.outcome == "accepted-with-flags"
        assert "Xochitl" not in json.dumps(said.written())
        assert here.events(kind="concern.reported", concern=said.report)[0].data.age_years == 15

    def test_and_what_no_field_takes_is_read_by_the_screener(self, here):
        data = {"age_years": 15, "description": "Seen at the motel"}
        said = here.take("sheriff", here.submission("sheriff", "report-concern", data)).data
        [fact] = here.get(f"/v1/concerns/{said.report}", "screener").json()["opened"]["narrative"]["facts"]
        assert fact["facts"] == {"as_submitted": {"description": "Seen at the motel"}}


class TestAStoreThatWasRepaired:
    def test_gives_no_second_receipt_for_a_record_that_has_one_and_goes_on_behind_them(self, here):
        good = [here.submission("shelter", "report-concern", {"age_years": n}) for n in (11, 12)]
        records = [here.record("shelter", good[0]), here.record("shelter", b"unreadable", key=b"no uuid")]
        records.append(here.record("shelter", good[1]))
        here.taker.take(records[0], "shelter")
        with psycopg.connect(here.url, autocommit=True) as connection:
            mine = [submissions_topic("shelter")]
            older = connection.execute('SELECT sequence, "offset" FROM positions WHERE topic = %s', mine)
            dumped = older.fetchone()
            for record in records[1:]:
                here.taker.take(record, "shelter")
            before = here.count()
            connection.execute(
                'UPDATE positions SET sequence = %s, "offset" = %s WHERE topic = %s', [*dumped, *mine]
            )
        for record in records[1:]:
            assert here.taker.take(record, "shelter")
        assert (here.count(), here.position("shelter")) == (before, records[-1].offset)
        said = here.take("shelter", here.submission("shelter", "report-concern", {"age_years": 13}))
        assert said.data.outcome == "accepted-with-flags"


class Crash(Exception):
    """The process dies here."""


class TestACrash:
    def test_between_vault_and_append_leaves_nothing_but_a_key_and_the_record_is_taken_anew(
        self, here, monkeypatch
    ):
        event = here.submission(
            "sheriff", "report-concern", {**GOOD, "clear": {"identity": {"name": "Somebody"}}}
        )
        record, before = here.record("sheriff", event), here.count()
        position = here.position("sheriff")

        def die(*_, **__):
            raise TryLater("the database does not answer")

        monkeypatch.setattr("services.referrals.application.handle.record", die)
        with pytest.raises(TryLater):
            here.taker.take(record, "sheriff")
        assert (here.count(), here.position("sheriff")) == (before, position)
        monkeypatch.undo()
        assert here.taker.take(record, "sheriff")
        assert here.position("sheriff") == record.offset
        assert [e.data.submission for e in here.receipts("sheriff")].count(event["id"]) == 1

    def test_after_the_append_and_before_the_position_moved_leaves_no_effect(self, here, monkeypatch):
        event = here.submission("sheriff", "report-concern", GOOD)
        record, before = here.record("sheriff", event), here.count()

        def die(*_, **__):
            raise TryLater("the database does not answer")

        monkeypatch.setattr("services.referrals.intake.taking.move_on", die)
        with pytest.raises(TryLater):
            here.taker.take(record, "sheriff")
        assert here.count() == before
        monkeypatch.undo()
        here.taker.take(record, "sheriff")
        reported = here.events(kind="concern.reported")
        assert [e.envelope.commandid for e in reported].count(event["id"]) == 1
        assert [e.data.submission for e in here.receipts("sheriff")].count(event["id"]) == 1

    def test_between_the_dead_letters_bytes_and_its_events_gives_one_letter(self, here, monkeypatch):
        record = here.record("sheriff", b"{", key=None)

        def die(*_, **__):
            raise TryLater("the database does not answer")

        monkeypatch.setattr(type(here.store), "append", die)
        with pytest.raises(TryLater):
            here.taker.take(record, "sheriff")
        monkeypatch.undo()
        assert not here.taker.take(record, "sheriff")
        letters = here.events(kind="deadletter.recorded", offset=record.offset)
        assert [e.data.topic for e in letters].count(record.topic) == 1

    def test_of_ours_about_one_record_is_a_dead_letter_and_the_next_is_taken(self, here, monkeypatch):
        def fail(*_, **__):
            raise Crash("Xochitl Quillonbar")

        monkeypatch.setattr("services.referrals.intake.taking.read_body", fail)
        said = here.take("sheriff", here.submission("sheriff", "report-concern", GOOD)).data
        assert (said.outcome, said.reason) == ("unreadable", "unexpected")
        assert "Xochitl" not in json.dumps(said.written())
        monkeypatch.undo()
        said = here.take("sheriff", here.submission("sheriff", "report-concern", GOOD)).data
        assert said.report


class TestKeysOfAConcernThatJoinedACase:
    def youth(self, here, kind, **data):
        return UUID(here.events(kind=kind, **data)[0].data.youth)

    def test_are_grouped_with_the_cases_youth_and_matter(self, here):
        case = here.case(here.concern(clear={"identity": {"name": "First"}}))
        concern = here.concern(clear={"identity": {"name": "Second"}})
        own, cases_own = (
            self.youth(here, "concern.reported", concern=concern),
            self.youth(here, "case.opened", case=case),
        )
        assert len(here.vault.keys(Which(youth=own))) == 1
        etag = here.etag(f"/v1/concerns/{concern}", "screener")
        answer = here.post(f"/v1/concerns/{concern}/attach", {"case": case}, "screener", etag=etag)
        assert answer.status_code == 200, answer.text
        assert here.vault.keys(Which(youth=own)) == []
        assert len(here.vault.keys(Which(youth=cases_own, matter="dependency"))) == 2
        names = here.get(f"/v1/cases/{case}", "worker").json()["opened"]["identity"]["facts"]
        assert [n["facts"]["name"] for n in names] == ["First", "Second"]

    def test_are_grouped_later_if_the_vault_was_away_just_then(self, here, monkeypatch):
        case, concern = here.case(), here.concern(clear={"identity": {"name": "Somebody"}})
        own = self.youth(here, "concern.reported", concern=concern)
        etag = here.etag(f"/v1/concerns/{concern}", "screener")

        def away(*_, **__):
            raise TryLater("the vault's database does not answer")

        monkeypatch.setattr(type(here.vault), "regroup", away)
        answer = here.post(f"/v1/concerns/{concern}/attach", {"case": case}, "screener", etag=etag)
        assert answer.status_code == 200
        monkeypatch.undo()
        assert len(here.vault.keys(Which(youth=own))) == 1
        Upkeep(here.referrals).if_due()
        assert here.vault.keys(Which(youth=own)) == []

    def test_do_not_take_another_matters_keys_along(self, here):
        concern = here.concern(clear={"identity": {"name": "Somebody"}})
        case = here.case(concern)
        youth = self.youth(here, "case.opened", case=case)
        here.referral(case, matter="delinquency", clear={"health": {"text": "x"}})
        Upkeep(here.referrals).if_due()
        assert len(here.vault.keys(Which(youth=youth, matter="dependency"))) == 1
        assert len(here.vault.keys(Which(youth=youth, matter="delinquency"))) == 1


def test_headers_of_a_record_are_kept_with_a_dead_letter_and_stand_nowhere_else(here):
    record = here.record("sheriff", b"{", key=None, headers=(("Xochitl", b"Quillonbar"),))
    assert isinstance(record, Record)
    here.taker.take(record, "sheriff")
    letter = here.events(kind="deadletter.recorded")[-1].data.deadletter
    assert here.vault.show_deadletter(UUID(letter)).headers == (("Xochitl", b"Quillonbar"),)
    assert not any(b"Quillonbar" in e.value for e in here.events())


class TestAKafkaThatWasRestoredFromAnOlderCopy:
    """The topic ended at an older offset, and by now new submissions lie where lost ones had been taken from."""

    TOPIC = submissions_topic("shelter")

    def publish(self, infra, *events):
        producer = KafkaProducer(**infra.kafka_options("shelter"), acks="all")
        for event in events:
            producer.send(self.TOPIC, json.dumps(event).encode(), event["id"].encode()).get(timeout=10)
        producer.close()

    def emptied(self, infra):
        with infra.kafka_admin() as admin:
            admin.delete_topics([self.TOPIC])
            there = lambda: [t for t in admin.describe_topics() if t["name"] == self.TOPIC]  # noqa: E731
            eventually("the topic is gone", lambda: all(t["error_code"] for t in there()))
            make_topics(admin, [t for t in all_topics() if t.name == self.TOPIC])

    def intake(self, here, infra):
        user, password = infra.kafka_credentials("referrals")
        login = {"kafka_username": user, "kafka_password": password}
        settings = Settings.model_validate({"KAFKA_BOOTSTRAP_SERVERS": infra.bootstrap, **login})
        consumer = clients.consumer(settings, auto_offset_reset="none")
        return Intake(consumer, here.taker, Pulse(here.url, "intake"))

    def taken(self, here, infra, *ids):
        """Run intake until each of these has its receipt."""
        intake = self.intake(here, infra)
        try:
            intake.assign(here.referrals)

            def all_answered():
                intake.poll()
                return {r.data.submission for r in here.receipts("shelter")} >= set(ids)

            eventually("each has its receipt", all_answered, 15)
        finally:
            intake.consumer.close()
            intake.pulse.close()

    def test_no_new_submission_is_passed_over_though_the_topic_grew_beyond_the_position(
        self, infra, tmp_path
    ):
        with county(infra, tmp_path) as here:
            old = [here.submission("shelter", "report-concern", GOOD) for _ in range(4)]
            new = [here.submission("shelter", "report-concern", GOOD) for _ in range(5)]
            self.emptied(infra)
            self.publish(infra, *old)
            self.taken(here, infra, *(e["id"] for e in old))
            self.emptied(infra)
            self.publish(infra, *old[:2], *new)
            self.taken(here, infra, *(e["id"] for e in [*old, *new]))
            self.taken(here, infra)  # and again, as after any start: nothing is taken twice
            said = [r.data.submission for r in here.receipts("shelter")]
        assert sorted(said) == sorted(e["id"] for e in [*old, *new]), "each has one receipt"
