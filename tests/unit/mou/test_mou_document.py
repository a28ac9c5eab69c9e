"""What a document must be, and what is said of one that is not."""

import copy
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.people import PEOPLE
from shared.errors import Refusal
from shared.mou import (
    InvalidMou,
    digest_of,
    document_of,
    effective_at,
    from_adopted,
    load,
    load_document,
    validate,
    validate_document,
)

TEXT = (Path(__file__).parents[3] / "deploy" / "local" / "alder-county.yaml").read_text("utf-8")
MOU = load(TEXT)
DOCUMENT = document_of(MOU)
REMOVE = Ellipsis  # a name that is the same in every process


def changed(path, value):
    """Alder County's document with one value changed or removed."""
    document = copy.deepcopy(DOCUMENT)
    *way, last = path
    place = document
    for step in way:
        place = place[step]
    if value is REMOVE:
        del place[last]
    else:
        place[last] = value
    return document


def paths_of(document):
    return [finding.path for finding in validate_document(document)]


class TestAlderCounty:
    def test_it_can_be_adopted(self):
        assert validate(TEXT) == []

    def test_it_comes_back_the_same_from_an_adopted_event(self):
        assert from_adopted({"document": DOCUMENT, "signed_by": []}) == MOU
        assert digest_of(load_document(DOCUMENT)) == digest_of(MOU)

    def test_another_word_gives_another_digest(self):
        assert digest_of(load_document(changed(["county"], "Elder County"))) != digest_of(MOU)

    def test_it_takes_effect_at_the_start_of_the_day_in_the_county(self):
        assert effective_at(MOU).isoformat() == "2026-01-01T08:00:00+00:00"

    def test_every_clause_is_cited_by_a_rule_except_the_one_that_says_whom_it_is_for(self):
        rules = TEXT[TEXT.index("\nparties:") :]
        uncited = [clause.id for clause in MOU.clauses if f'"{clause.id}"' not in rules]
        assert uncited == ["1.1", "1.2"]
        assert MOU.otherwise == "1.2"

    def test_what_is_not_from_a_source_is_not_called_confirmed(self):
        unsourced = [clause for clause in MOU.clauses if "default" in clause.source.lower()]
        assert unsourced
        assert not any(clause.counsel_confirmed for clause in unsourced)
        assert not any(row.counsel_confirmed for row in MOU.disclosure)

    def test_the_persons_on_its_rota_are_people_of_the_local_platform_in_that_role(self):
        held = {(str(p.id), f"{p.agency}/{role}") for p in PEOPLE for role in p.roles}
        on_rota = {(str(person), queue) for queue, people in MOU.rota.items() for person in people}
        assert on_rota
        assert on_rota <= held

    def test_every_local_person_holds_a_role_of_their_agency(self):
        roles = {str(party.agency): set(party.roles) for party in MOU.parties}
        assert [p.handle for p in PEOPLE if not set(p.roles) <= roles[p.agency]] == []


CLAUSED = [
    ["may", 3, "clause"],
    ["disclosure", 0, "clause"],
    ["routing", 2, "clause"],
    ["parties", 1, "clause"],
    ["reject_reasons", 0, "clause"],
    ["evaluated_out", 0, "clause"],
    ["codes", "signs", 0, "clause"],
    ["respond_within", 0, "clause"],
    ["undo", "clause"],
    ["unroutable", "clause"],
    ["otherwise"],
]


class TestEveryRuleHasAClause:
    @pytest.mark.parametrize("path", CLAUSED, ids=str)
    def test_a_clause_that_is_not_in_the_table_is_found_at_its_place(self, path):
        (finding,) = validate_document(changed(path, "99.9"))
        assert finding.path == "/" + "/".join(map(str, path))
        assert "clause" in finding.problem
        assert finding.remedy

    @pytest.mark.parametrize("path", CLAUSED, ids=str)
    def test_a_rule_without_a_clause_is_found(self, path):
        assert paths_of(changed(path, REMOVE)) == ["/" + "/".join(map(str, path))]

    @given(st.data())
    def test_a_clause_taken_out_of_the_table_leaves_no_document_that_cites_it(self, data):
        index = data.draw(st.integers(min_value=1, max_value=len(MOU.clauses) - 1))
        document = changed(["clauses", index], REMOVE)
        assert paths_of(document)
        with pytest.raises(InvalidMou):
            load_document(document)


WRONG = [
    (["version"], "Alder 2026", "/version"),
    (["effective"], "in spring", "/effective"),
    (["profile"], "everything", "/profile"),
    (["time_zone"], "Alder/Nowhere", "/time_zone"),
    (["id"], "alder", "/id"),
    (["surprise"], 1, "/surprise"),
    (["parties", 0, "lead"], False, "/parties"),
    (["parties", 1, "lead"], True, "/parties"),
    (["parties", 1, "agency"], "sheriff", "/parties/6"),
    (["parties", 8, "inbound"], "nurse", "/parties/8/inbound"),
    (["may", 0, "act"], "delete-case", "/may/0/act"),
    (["may", 0, "agencies"], ["nobody"], "/may/0/agencies"),
    (["may", 0, "roles"], ["nobody"], "/may/0/roles"),
    (["may", 51, "roles"], ["any"], "/may/51/roles"),
    (["disclosure", 0, "agencies"], ["any"], "/disclosure/0"),
    (["disclosure", 0, "roles"], ["any"], "/disclosure/0"),
    (["disclosure", 0, "roles"], ["advisory-board"], "/disclosure/0/roles"),
    (["disclosure", 0, "needs"], ["any"], "/disclosure/0/needs"),
    (["disclosure", 0, "needs"], [], "/disclosure/0/needs"),
    (["disclosure", 0, "purposes"], [], "/disclosure/0/purposes"),
    (["disclosure", 0, "basis"], "", "/disclosure/0/basis"),
    (["disclosure", 0, "basis"], "WIC 18961.5(c)", "/disclosure/0/basis"),
    (["disclosure", 0, "classes"], ["everything"], "/disclosure/0/classes/0"),
    (["agency_sets", "team"], ["human-services", "nobody"], "/agency_sets/team/1"),
    (["agency_sets", "sheriff"], ["sheriff"], "/agency_sets/sheriff"),
    (["role_sets", "any"], ["nurse"], "/role_sets/any"),
    (["routing", 0, "event"], "accord.youth.forgotten.v1", "/routing/0/event"),
    (["routing", 0, "event"], "accord.record.denied.v1", "/routing/0/event"),
    (["routing", 0, "role"], REMOVE, "/routing/0/role"),
    (["routing", 1, "id"], "concern-reported", "/routing/1"),
    (["routing", 0, "needs_acknowledgement"], False, "/routing"),
    (["unroutable", "queue"], "sheriff/nurse", "/unroutable/queue"),
    (["rota", "shelter/nurse"], [], "/rota/shelter~1nurse"),
    (["evaluated_out", 1], REMOVE, "/evaluated_out"),
    (["respond_within", 0], REMOVE, "/respond_within"),
    (["respond_within", 0, "hours"], 0, "/respond_within/0/hours"),
    (["reject_reasons"], [], "/reject_reasons"),
    (["undo", "minutes"], 1000, "/undo/minutes"),
]


class TestWhatIsWrongIsSaid:
    @pytest.mark.parametrize(("path", "value", "where"), WRONG, ids=lambda part: str(part)[:40])
    def test_the_place_is_named_with_what_to_do(self, path, value, where):
        findings = validate_document(changed(path, value))
        assert where in [finding.path for finding in findings]
        assert all(finding.problem and finding.remedy for finding in findings)

    def test_no_finding_repeats_what_was_written(self):
        for path in (
            ["version"],
            ["id"],
            ["effective"],
            ["may", 0, "act"],
            ["routing", 0, "event"],
            ["profile"],
        ):
            findings = validate_document(changed(path, "Zq Secret"))
            assert findings
            assert "Zq" not in repr(findings)

    def test_nobody_can_take_the_report_out_of_the_document(self):
        document = copy.deepcopy(DOCUMENT)
        document["may"] = [rule for rule in document["may"] if rule["act"] != "report-concern"]
        assert paths_of(document) == ["/may"]

    def test_a_document_too_large_for_one_event_is_refused(self):
        document = copy.deepcopy(DOCUMENT)
        more = {**document["clauses"][0], "text": "x" * 400}
        document["clauses"] += [{**more, "id": f"8.{n}"} for n in range(90)]
        assert paths_of(document) == [""]

    def test_the_error_is_a_refusal_with_all_findings(self):
        with pytest.raises(Refusal) as caught:
            load_document(changed(["undo", "clause"], "99.9"))
        assert isinstance(caught.value, InvalidMou)
        assert caught.value.field == "/undo/clause"
        assert [finding.path for finding in caught.value.findings] == ["/undo/clause"]

    @pytest.mark.parametrize("document", [None, [], "text", 7, {}], ids=str)
    def test_what_is_no_document_is_refused(self, document):
        assert validate_document(document)


class TestALocatorMou:
    def test_it_may_share_no_further_class_through_the_shared_record(self):
        found = paths_of(changed(["profile"], "locator"))
        assert "/disclosure/0/classes" in found
        assert "/disclosure/1/classes" in found

    def test_what_goes_to_a_named_recipient_may_be_more(self):
        point_to_point = {
            f"/disclosure/{index}/classes"
            for index, row in enumerate(MOU.disclosure)
            if {"referral-recipient", "referral-sender", "reporter"} & set(row.needs)
        }
        assert point_to_point
        assert not point_to_point & set(paths_of(changed(["profile"], "locator")))


class TestTheText:
    def test_a_clause_number_stays_text_without_quotes(self):
        text = TEXT.replace('"4.1"', "4.30")
        assert validate(text) == []
        assert any(clause.id == "4.30" for clause in load(text).clauses)

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("a: &x [1]\nb: *x", "aliases are not read (line 2, column 4)"),
            ("a: 1\na: 2", "a key stands twice (line 2, column 1)"),
            ("? [1, 2]\n: 3", "a key is not text (line 1, column 3)"),
            ("a: [1", "is not YAML (line 1, column 6)"),
            ("a: !!python/object/apply:os.getcwd []", "is not YAML (line 1, column 4)"),
            ("\x00", "is not YAML"),
        ],
    )
    def test_what_is_not_plain_yaml_is_refused_with_its_place(self, text, problem):
        (finding,) = validate(text)
        assert finding.problem == problem

    def test_no_is_a_word_and_not_a_boolean(self):
        assert "/parties/0/lead" in [f.path for f in validate(TEXT.replace("lead: true", "lead: [no]"))]

    def test_a_text_without_end_is_not_read(self):
        assert [f.problem for f in validate("#" * 300_000)] == ["is too large to read"]

    def test_deep_nesting_is_refused(self):
        assert validate("[" * 5_000)

    @given(st.text(max_size=200))
    def test_any_text_gets_findings_and_no_exception(self, text):
        assert validate(text)

    @given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=10))
    def test_any_document_gets_findings_and_no_exception(self, document):
        assert validate_document(document)
        assert validate(yaml.safe_dump(document))
