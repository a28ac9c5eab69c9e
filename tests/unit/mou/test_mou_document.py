"""What a document must be, and what is said of one that is not."""

import copy
from hashlib import sha256
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.people import PEOPLE
from shared.errors import Refusal
from shared.mou import (
    InvalidMou,
    adoptable,
    digest_of,
    document_of,
    effective_at,
    from_adopted,
    load,
    load_document,
    packed_document,
    validate,
    validate_document,
)
from shared.mou.load import load_for_adoption

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

    def test_every_clause_is_cited_except_the_one_that_says_whom_it_is_for(self):
        head, _, rest = TEXT.partition("\nclauses:")
        rules = head + rest[rest.index("\nparties:") :]
        uncited = [clause.id for clause in MOU.clauses if f'"{clause.id}"' not in rules]
        assert uncited == ["1.1"]
        assert MOU.otherwise == "1.2"

    def test_what_is_not_from_a_source_is_not_called_confirmed(self):
        unsourced = [clause for clause in MOU.clauses if "default" in clause.source.lower()]
        assert unsourced
        assert not any(clause.confirmed == "counsel" for clause in unsourced)
        assert not any(row.confirmed == "counsel" for row in MOU.disclosure)

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
    (["may", 60, "roles"], ["any"], "/may/60/roles"),
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

    def test_what_stands_where_a_name_should_is_not_repeated_either(self):
        assert paths_of(changed(["undo", "Zq, a person"], 1)) == ["/undo/…"]
        (finding,) = validate(
            TEXT.replace('undo: {minutes: 10, clause: "7.4"}', 'undo: {minutes: 10, clause: "7.4", Zq Is: 1}')
        )
        assert finding.path == "/undo/…"
        assert finding.column == 36

    def test_nobody_can_take_the_report_out_of_the_document(self):
        document = copy.deepcopy(DOCUMENT)
        document["may"] = [rule for rule in document["may"] if rule["act"] != "report-concern"]
        assert paths_of(document) == ["/may"]

    def test_a_document_too_large_for_one_event_is_refused_unless_it_is_packed(self):
        with pytest.raises(InvalidMou) as caught:
            load_for_adoption(DOCUMENT)
        assert caught.value.findings[0].problem == "is too large for one event"
        assert load_for_adoption(adoptable(TEXT)) == load_for_adoption(packed_document(MOU)) == MOU

    def test_a_text_too_large_for_one_event_even_when_packed_is_refused(self):
        noise = "".join(f"# {sha256(str(n).encode()).hexdigest()}\n" for n in range(1_500))
        assert [finding.problem for finding in validate(TEXT + noise)] == ["is too large for one event"]

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
        ("text", "problem", "line", "column"),
        [
            ("a: &x [1]\nb: *x", "has an anchor or an alias", 1, 4),
            ("a: 1\nb: *x", "has an anchor or an alias", 2, 4),
            ("a: 1\n\na: 2", "has a key twice", 3, 1),
            ("? [1, 2]\n: 3", "has a key that is not text", 1, 3),
            ("a: [1", "is not YAML", 2, 1),
            ("a: 1\nb: !!python/object/apply:os.getcwd []", "has a tag", 2, 4),
            ("a: 1\nb: \x00", "is not YAML", 2, 1),
            ("a: 1\nb: \ud800", "is not Unicode text", 2, 1),
            ("", "is empty", 1, 1),
            ("# only a comment", "is empty", 1, 1),
            ("--- 1\n--- 2", "holds more than one document", 2, 1),
            ("a: 1\nb: " + "[" * 5_000, "lies too deep", 2, 28),
            ("a: 1\n" + "- " * 70_000, "is not YAML", 2, 1),
            ("[" + "1," * 70_000 + "]", "holds too many values", 1, 120_000),
        ],
        ids=lambda part: str(part)[:20],
    )
    def test_what_is_not_plain_yaml_is_refused_with_its_place(self, text, problem, line, column):
        (finding,) = validate(text)
        assert (finding.problem, finding.line, finding.column) == (problem, line, column)
        assert finding.remedy

    def test_no_is_a_word_and_not_a_boolean(self):
        assert "/parties/0/lead" in [f.path for f in validate(TEXT.replace("lead: true", "lead: [no]"))]

    def test_five_megabytes_are_not_read(self):
        (finding,) = validate(TEXT + "# more of it\n" * 400_000)
        assert finding.problem == "is too large to read"
        assert finding.line > TEXT.count("\n")

    def test_anchors_that_would_expand_without_end_are_refused_at_the_first(self):
        bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
        assert [(f.problem, f.line, f.column) for f in validate(bomb)] == [
            ("has an anchor or an alias", 1, 5)
        ]

    def test_each_finding_has_the_line_and_column_of_what_is_wrong(self):
        text = TEXT.replace("act: open-case", "act: open-sesame").replace("otherwise:", "otherwhise:")
        lines = text.splitlines()
        first, second, third = validate(text)
        assert (first.path, lines[first.line - 1][first.column - 1 :]) == ("/otherwise", lines[4])
        assert second.path == "/otherwhise"
        assert second.remedy == "Did you mean `otherwise`?"
        assert lines[second.line - 1][second.column - 1 :] == 'otherwhise: "1.2"'
        assert third.path == "/may/3/act"
        assert lines[third.line - 1][third.column - 1 :].startswith("open-sesame")

    @pytest.mark.parametrize(
        ("right", "wrong", "meant"),
        [
            ("signatory: false", "signatry: false", "signatory"),
            ("needs_acknowledgement:", "needs_acknowlegement:", "needs_acknowledgement"),
            ("act: evaluate-out", "act: evaluat-out", "evaluate-out"),
            ("screening_tools:", "screning_tools:", "screening_tools"),
            ("  needs:\n", "  neds:\n", "needs"),
        ],
    )
    def test_a_word_that_is_nearly_known_is_named(self, right, wrong, meant):
        assert right in TEXT
        findings = validate(TEXT.replace(right, wrong, 1))
        assert any(finding.remedy.endswith(f"Did you mean `{meant}`?") for finding in findings)

    def test_a_document_that_is_no_text_has_no_lines(self):
        assert {finding.line for finding in validate_document({})} == {None}

    @given(st.text(max_size=200))
    def test_any_text_gets_findings_and_no_exception(self, text):
        assert validate(text)

    @given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=10))
    def test_any_document_gets_findings_and_no_exception(self, document):
        assert validate_document(document)
        assert validate(yaml.safe_dump(document))
