"""A body as it comes: whatever it is, it ends in a command, or in a refusal that quotes nothing of it."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.referrals.application.bodies import (
    AS_SUBMITTED,
    is_lenient,
    open_sealed,
    read_body,
    says_nothing,
    usable,
)
from services.referrals.application.orders import Order
from services.referrals.application.table import COMMANDS
from services.referrals.domain import concerns
from services.referrals.domain.commands import ReportConcern
from services.referrals.vault import MemoryVault
from shared.errors import Refusal
from shared.events.envelope import require_plain
from shared.events.names import SealedClass
from shared.events.sealing import seal_for_county
from tests.unit.referrals.made import DEPUTY, MOU, at

CANARY = "Xochitl Quillonbar"
RELAXED = settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
FIELDS = {name: sorted(spec.body.model_fields) for name, spec in COMMANDS.items()}
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(max_size=12)
    | st.just(CANARY)
    | st.sampled_from(["\ud800", "\x00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1e400"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=6) | st.sampled_from(list(SealedClass)), inner, max_size=4)
    ),
    max_leaves=12,
)


def bodies(name: str) -> st.SearchStrategy[dict[str, object]]:
    return st.dictionaries(st.sampled_from(FIELDS[name]) | st.just(CANARY), ANYTHING, max_size=8)


def deep(levels: int) -> dict[str, object]:
    facts: dict[str, object] = {}
    for _ in range(levels):
        facts = {"x": facts}
    return facts


def order(name: str, command, flags=()) -> Order:
    return Order(
        name, None, command, DEPUTY, str(uuid4()), "key", "/agencies/sheriff", str(uuid4()), flags=flags
    )


class TestAnyBody:
    @pytest.mark.parametrize("name", sorted(COMMANDS))
    def test_ends_in_a_command_or_a_refusal_that_quotes_nothing(self, name):
        @RELAXED
        @given(bodies(name))
        def check(body):
            try:
                command, flags = read_body(name, body)
            except Refusal as refusal:
                said = f"{refusal} {refusal.remedy} {refusal.field} {refusal.clause} {refusal.reason}"
                assert CANARY not in said
                return
            assert not any(CANARY in flag for flag in flags)
            order(name, command).digest(b"secret")

        check()

    @RELAXED
    @given(bodies("report-concern"))
    def test_of_a_concern_becomes_an_event_whose_clear_part_holds_none_of_it(self, body):
        command, flags = read_body("report-concern", body)
        [fact] = concerns.report(command, at(DEPUTY), flags)
        written = fact.data.written()
        require_plain(written)
        assert CANARY not in json.dumps(written)
        json.dumps({cls: dict(facts) for cls, facts in fact.seal.items()}, allow_nan=False)

    @RELAXED
    @given(
        bodies("report-concern"),
        st.sampled_from(["immediate_danger", "age_years", "signs", "exploitation_kind"]),
    )
    def test_of_a_concern_with_one_usable_fact_is_accepted_with_that_fact(self, body, name):
        good = {"immediate_danger": "yes", "age_years": 15, "signs": ["unexplained-travel"]}
        good["exploitation_kind"] = "commercial-sexual"
        command, _ = read_body("report-concern", {**body, name: good[name]})
        assert usable(command)
        value = getattr(command, name)
        assert (list(value) if name == "signs" else value) == good[name]

    @RELAXED
    @given(bodies("report-concern"))
    def test_of_a_concern_is_flagged_in_names_of_the_contract_only(self, body):
        _, flags = read_body("report-concern", body)
        known = {f"unreadable.{name}" for name in ReportConcern.model_fields}
        assert set(flags) <= known | {"unknown-field", "unknown-class", "not-kept", "offence-not-recorded"}
        assert "unreadable.treated_as" not in flags


class TestWhatNoFieldTakes:
    def test_is_sealed_with_the_narrative_so_that_a_screener_can_read_it(self):
        body = {
            "immediate_danger": "yes",
            "signs": ["unexplained-travel", CANARY],
            "known_since": CANARY,
            "x": CANARY,
        }
        command, flags = read_body("report-concern", body)
        assert command.signs == ("unexplained-travel",)
        assert set(flags) == {"unreadable.signs", "unreadable.known_since", "unknown-field"}
        kept = command.clear[SealedClass.NARRATIVE][AS_SUBMITTED]
        assert kept == {"signs": ["unexplained-travel", CANARY], "known_since": CANARY, "x": CANARY}

    def test_does_not_make_a_report_usable_by_itself(self):
        command, flags = read_body("report-concern", {"x": CANARY})
        assert not usable(command)
        assert flags == ("unknown-field",)

    def test_is_kept_however_much_it_is_and_though_no_json_writer_takes_it(self):
        for lost in ("y" * 60_000, float("nan"), "\ud800", deep(300)):
            command, flags = read_body("report-concern", {"immediate_danger": "no", "x": lost})
            assert flags == ("unknown-field",)
            kept = command.clear[SealedClass.NARRATIVE][AS_SUBMITTED]
            assert kept == {"x": lost} or kept["json"] == json.dumps({"x": lost})

    def test_does_not_take_the_place_of_what_was_stated_under_the_same_name(self):
        clear = {"narrative": {AS_SUBMITTED: CANARY}}
        command, _ = read_body("report-concern", {"x": 1, "clear": clear})
        kept = command.clear[SealedClass.NARRATIVE]
        assert kept == {AS_SUBMITTED: CANARY, f"{AS_SUBMITTED}_2": {"x": 1}}
        assert not usable(command)

    def test_costs_no_good_class_beside_it(self):
        body = {"clear": {"identity": {"name": CANARY}, "contact": 7, CANARY: {"a": 1}}}
        command, flags = read_body("report-concern", body)
        assert command.clear[SealedClass.IDENTITY] == {"name": CANARY}
        assert set(flags) == {"unreadable.clear", "unknown-class"}


@pytest.mark.parametrize(
    ("said", "usable_"),
    [
        ({}, False),
        ({"time": "2026-03-02T16:00:00Z"}, False),
        ({"clear": {}}, False),
        ({"clear": {"identity": {}}}, False),
        ({"immediate_danger": "unknown"}, False),
        ({"immediate_danger": "no"}, True),
        ({"age_years": 0}, True),
        ({"clear": {"narrative": {"text": "seen at the motel"}}}, True),
    ],
)
def test_a_report_is_usable_with_any_fact_and_a_time_alone_is_none(said, usable_):
    assert usable(read_body("report-concern", said)[0]) is usable_


@pytest.mark.parametrize(
    "code", ["Maria", "Maria-Lopez", "maria lopez", "2009-04-17", "", "a" * 49, "x_y", "-x"]
)
@pytest.mark.parametrize("field", ["kind", "needs"])
def test_a_code_in_clear_has_the_form_of_a_code_and_not_of_a_name_or_date(code, field):
    body = {
        "recipient": "advocacy",
        "matter": "none",
        "kind": "advocacy",
        "urgency": "day",
        "youth_choice": "agrees",
    }
    read_body("request-referral", body)
    with pytest.raises(Refusal) as refused:
        read_body("request-referral", {**body, field: [code] if field == "needs" else code})
    assert refused.value.field.startswith(f"/{field}")


@pytest.mark.parametrize("facts", [deep(300), deep(21), {"a": float("nan")}, {"a": "\ud800"}, {"\ud800": 1}])
def test_facts_that_no_json_writer_takes_are_refused_or_flagged(facts):
    with pytest.raises(Refusal) as refused:
        read_body("evaluate-out", {"reason": "other", "clear": {"narrative": facts}})
    assert refused.value.field == "/clear/narrative"
    _, flags = read_body("report-concern", {"age_years": 15, "clear": {"narrative": facts}})
    assert "unreadable.clear" in flags


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-02T16:00:00"]
)
def test_a_moment_off_the_calendar_or_without_its_offset_is_refused_or_flagged(moment):
    with pytest.raises(Refusal) as refused:
        read_body("receive-referral", {"time": moment})
    assert refused.value.field == "/time"
    _, flags = read_body("report-concern", {"age_years": 15, "known_since": moment})
    assert "unreadable.known_since" in flags


class TestSealedParts:
    @pytest.fixture
    def vault(self):
        return MemoryVault()

    def sealed(self, vault, submission, cls=SealedClass.IDENTITY):
        return seal_for_county(vault.county_jwks()["keys"][0], submission, cls, {"name": CANARY})

    def test_open_when_they_are_bound_to_this_submission_and_class(self, vault):
        submission = uuid4()
        command, _ = read_body("report-concern", {"sealed": {"identity": self.sealed(vault, submission)}})
        opened, flags = open_sealed("report-concern", command, str(submission).upper(), vault)
        assert (opened.clear, opened.sealed, flags) == ({SealedClass.IDENTITY: {"name": CANARY}}, {}, ())

    @pytest.mark.parametrize("name", ["report-concern", "state-call", "record-act", "record-concern-act"])
    def test_of_another_submission_are_flagged_where_safety_depends_on_it(self, vault, name):
        when = "done_at" if name.endswith("-act") else "called_at"
        body = {when: "2026-03-02T16:00:00Z", "sealed": {"identity": self.sealed(vault, uuid4())}}
        command, _ = read_body(name, body)
        opened, flags = open_sealed(name, command, uuid4(), vault)
        assert (opened.clear, flags) == ({}, ("unopenable.identity",))

    @pytest.mark.parametrize("spoilt", ["other submission", "other class", "other county", "no JWE"])
    def test_that_do_not_open_are_refused_elsewhere(self, vault, spoilt):
        submission = uuid4()
        sealed = {
            "other submission": self.sealed(vault, uuid4()),
            "other class": self.sealed(vault, submission, SealedClass.CONTACT),
            "other county": self.sealed(MemoryVault(), submission),
            "no JWE": CANARY,
        }[spoilt]
        command, _ = read_body("evaluate-out", {"reason": "other", "sealed": {"identity": sealed}})
        with pytest.raises(Refusal) as refused:
            open_sealed("evaluate-out", command, submission, vault)
        assert (refused.value.reason, refused.value.field) == (
            "sealed-part-cannot-be-opened",
            "/sealed/identity",
        )
        assert CANARY not in f"{refused.value} {refused.value.remedy}"

    def test_with_facts_too_deep_to_be_written_again_do_not_open(self, vault):
        submission = uuid4()
        jwk = vault.county_jwks()["keys"][0]
        sealed = seal_for_county(jwk, submission, SealedClass.NARRATIVE, deep(300))
        command, _ = read_body("report-concern", {"age_years": 15, "sealed": {"narrative": sealed}})
        opened, flags = open_sealed("report-concern", command, submission, vault)
        assert (opened.clear, flags) == ({}, ("unopenable.narrative",))


class TestAScreeningsBody:
    def test_keeps_what_is_good_flags_what_is_not_and_holds_no_items_text_not_even_sealed(self):
        body = {"tool": "cse-it", "band": 7, "items": {"3": CANARY}, "screened_at": "yesterday"}
        command, flags = read_body("record-screening", body)
        assert (command.tool, command.band, command.screened_at) == ("cse-it", None, None)
        assert set(flags) == {"unknown-field", "unreadable.band", "unreadable.screened_at", "not-kept"}
        assert CANARY not in command.model_dump_json()

    @pytest.mark.parametrize("body", [{}, {"matter": "dependency"}, {"items": 1}])
    def test_that_states_no_fact_is_not_usable(self, body):
        assert not usable(read_body("record-screening", body)[0])

    def test_with_a_version_that_looks_like_a_date_does_not_keep_it(self):
        command, flags = read_body("record-screening", {"tool": "cse-it", "tool_version": "2011-03-19"})
        assert (command.tool_version, flags) == (None, ("unreadable.tool_version", "not-kept"))


class TestWhatTheDocumentDecides:
    """Which commands are taken whatever is amiss is the county's to say, down to the law's own list."""

    def county(self, **changes):
        rule = MOU.safety_facts.model_copy(update=changes)
        return lambda: MOU.model_copy(update={"safety_facts": rule})

    def test_a_command_that_it_leaves_out_is_refused_for_want_of_form(self):
        body = {"act": "cross-reported", "method": "by pigeon"}
        _, flags = read_body("record-act", body, self.county())
        assert flags == ("unreadable.method",)
        with pytest.raises(Refusal, match="not of its form"):
            read_body("record-act", body, self.county(accepted=("report-concern", "state-call")))

    def test_the_form_of_one_on_a_concern_goes_with_that_in_a_case(self):
        with pytest.raises(Refusal):
            read_body("record-concern-act", {"method": 7}, self.county(accepted=("report-concern",)))

    def test_what_needs_a_fact_is_its_choice_too(self):
        empty, _ = read_body("record-act", {})
        assert says_nothing("record-act", empty, self.county())
        assert not says_nothing("record-act", empty, self.county(need_a_fact=()))

    def test_without_a_document_accords_own_list_holds(self):
        assert is_lenient("report-concern")
        assert is_lenient("record-concern-act")
        assert not is_lenient("accept-referral")
