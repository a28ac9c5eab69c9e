"""What the parts of a whole document must be, each finding with its place in the text."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.first_steps import EARLIER as FOLLOWED
from shared.mou import document_of, load, load_document, validate
from shared.mou.coverage import coverage
from shared.mou.documents import DOCUMENTS, text_of
from shared.mou.law import counties

TEXT = (Path(__file__).parents[3] / "deploy" / "local" / "alder-county.yaml").read_text("utf-8")
THREE = text_of("three-counties")


def replaced(old, new, text=TEXT):
    """The text with the first of these words replaced; they are there."""
    assert old in text
    return text.replace(old, new, 1)


def without(start, text=TEXT):
    """The text without a part of the first level."""
    found = re.search(rf"^{start}:.*\n(?:[ #].*\n|\n)*", text, re.MULTILINE)
    assert found
    return text.replace(found.group(), "", 1)


PROBATION = (
    '  - {queue: probation/probation-officer, to: probation/supervisor, after_minutes: 60, clause: "16.2"}'
)
MOU = load(TEXT)


def place(part, name):
    """The pointer to an entry of a list of Alder County's document."""
    entries = [getattr(entry, "id", None) or entry.code for entry in getattr(MOU, part)]
    return f"/{part}/{entries.index(name)}"


BACK = '{queue: probation/supervisor, to: probation/probation-officer, after_minutes: 5, clause: "16.2"}'
WRONG = {
    "a county that does not exist": (
        replaced("counties: [alder]", "counties: [alderr]"),
        "/counties/0",
        "is no county of California",
    ),
    "a zone that does not exist": (
        replaced("America/Los_Angeles", "America/Los_Angles"),
        "/time_zone",
        "is no time zone",
    ),
    "a zone of another place": (
        replaced("America/Los_Angeles", "America/New_York"),
        "/time_zone",
        "is not the zone of its counties",
    ),
    "an effective date before a signature": (
        replaced("effective: 2026-01-01", "effective: 2025-12-10"),
        "/effective",
        "lies before a signature",
    ),
    "a term that is over": (
        replaced('term:\n  clause: "13.3"', 'term:\n  clause: "13.3"\n  until: 2025-01-01'),
        "/term/until",
        "lies before it takes effect",
    ),
    "no term": (without("term"), "/term", "is missing"),
    "no signatories": (without("signatories"), "/signatories", "is missing"),
    "nobody who took part": (without("developed_with"), "/developed_with", "is missing"),
    "no review": (without("annual_review"), "/annual_review", "is missing"),
    "a signature of nobody who signs": (
        replaced("- {agency: shelter, office: Executive", "- {agency: county, office: Executive"),
        "/signatories/8/agency",
        "is not a party that signs",
    ),
    "a party that signs without an office": (
        replaced("- {agency: shelter, office: Executive", "- {agency: advocacy, office: Executive"),
        "/parties/9/signatory",
        "has no office that signs",
    ),
    "an office without its county": (
        replaced("county: cedar, ", "", THREE),
        "/signatories/3/county",
        "does not say for which county it signs",
    ),
    "a clause twice": (
        replaced('- id: "8.2"', '- id: "8.1"'),
        place("clauses", "8.2"),
        "says again what an entry above says",
    ),
    "a duty twice": (
        replaced("- id: written-report-sent", "- id: call-made"),
        place("duties", "written-report-sent"),
        "says again what an entry above says",
    ),
    "an act twice": (
        replaced("- {code: placed,", "- {code: case-closed,"),
        place("acts", "case-closed"),
        "says again what an entry above says",
    ),
    "a clause without a source": (
        re.sub(r'(id: "8.7"\n.*\n.*\n)    source: .*\n', r"\1", TEXT),
        place("clauses", "8.7") + "/source",
        "is missing",
    ),
    "a duty without a source": (
        re.sub(r"(id: licensing-told\n(?:    .*\n)*?)    source: .*\n", r"\1", TEXT, count=1),
        place("duties", "licensing-told") + "/source",
        "is missing",
    ),
    "a duty that no act meets": (
        replaced("- {act: notice-given, where: {to: [licensing]}}", "- {act: licence-taken}"),
        place("duties", "licensing-told") + "/closes/0/act",
        "nobody can do or record",
    ),
    "a duty that no event meets": (
        replaced("- {event: accord.concern.call-stated.v1, at", "- {event: accord.concern.phoned.v1, at"),
        place("duties", "call-made") + "/closes/1/event",
        "nobody can do or record",
    ),
    "a duty met by telling somebody whom nobody can tell": (
        replaced(
            "- {act: notice-given, where: {to: [licensing]}}", "- {act: notice-given, where: {to: [court]}}"
        ),
        place("duties", "licensing-told") + "/closes/0/where/to",
        "names somebody whom this act is never told to",
    ),
    "acts that nobody may record": (
        re.sub(r"  - \{clause: \"5.8\", act: record-act.*\n", "", TEXT),
        "/may",
        "has no rule for record-act",
    ),
    "a duty of a role that nobody holds": (
        replaced("owed_by: {agency: sheriff, role: deputy}", "owed_by: {agency: sheriff, role: nurse}"),
        "/duties/4/owed_by/role",
        "a role that nobody holds",
    ),
    "a duty of nobody": (
        TEXT.replace(
            "owed_by: {agency: lead, role: social-worker}",
            "owed_by: {agency: lead, role: education-liaison}",
            1,
        )
        .replace("roles: [education-liaison, supervisor", "roles: [supervisor", 1)
        .replace("bound: education-liaison", "bound: supervisor"),
        "/duties/6/owed_by",
        "is nobody",
    ),
    "a duty told to nobody": (
        replaced("to: [licensing]\n", "to: [licenser]\n"),
        place("duties", "licensing-told") + "/to",
        "names nobody of the list",
    ),
    "a duty on two clocks": (
        replaced("within: {hours: 36}", "within: {hours: 36, days: 2}"),
        place("duties", "written-report-sent") + "/within",
        "names exactly one clock",
    ),
    "an escalation to a role nobody holds": (
        replaced(
            "- {after_hours: 0, queue: human-services/screener}",
            "- {after_hours: 0, queue: human-services/nurse}",
        ),
        place("duties", "call-made") + "/escalate/0/queue",
        "goes to a role that nobody holds",
    ),
    "an escalation that does not go up": (
        replaced(
            "- {after_hours: 4, queue: human-services/supervisor}",
            "- {after_hours: 0, queue: human-services/supervisor}",
        ),
        place("duties", "call-made") + "/escalate",
        "does not go up step by step",
    ),
    "an escalation of a duty in a circle": (
        replaced(
            "- {after_hours: 4, queue: human-services/supervisor}",
            "- {after_hours: 4, queue: human-services/screener}",
        ),
        place("duties", "call-made") + "/escalate",
        "goes round in a circle",
    ),
    "a cyclic escalation": (
        replaced(
            PROBATION,
            f"{PROBATION}\n  - {BACK}",
        ),
        "/escalation/4",
        "goes round in a circle",
    ),
    "a long cyclic escalation": (
        replaced(
            "- {queue: sheriff/deputy, to: sheriff/supervisor,",
            "- {queue: human-services/coordinator, to: human-services/screener,",
        ),
        "/escalation/7",
        "goes round in a circle",
    ),
    "an escalation to itself": (
        replaced(
            "- {queue: sheriff/deputy, to: sheriff/supervisor,",
            "- {queue: sheriff/deputy, to: sheriff/deputy,",
        ),
        "/escalation/7",
        "goes round in a circle",
    ),
    "an escalation to nobody": (
        replaced(
            "- {queue: sheriff/deputy, to: sheriff/supervisor,",
            "- {queue: sheriff/deputy, to: sheriff/nurse,",
        ),
        "/escalation/7/to",
        "goes to a role that nobody holds",
    ),
    "a party that receives nothing": (
        replaced(
            "agencies: [county, juvenile-court], roles: [auditor]",
            "agencies: [juvenile-court], roles: [auditor]",
        ),
        "/parties/10",
        "is a party that receives nothing",
    ),
    "a class disclosed without a basis": (
        replaced("basis: WIC 827; WIC 10850}", "basis: to be found}"),
        "/disclosure/1/basis",
        "disclosed without one",
    ),
    "a class that needs a consent": (
        replaced("classes: [health],", "classes: [health, substance_use],"),
        "/disclosure/8/classes",
        "needs a consent on record",
    ),
    "a report to nobody": (
        replaced("    to: [licensing]\n    how", "    to: [licenser]\n    how"),
        "/reporting/4/to",
        "is not on the list `told`",
    ),
    "a form that is not listed": (
        replaced("    form: ss-8572", "    form: ss-8573"),
        "/reporting/0/form",
        "is not on the list `forms`",
    ),
    "a report without its duty": (
        replaced("duties: [exploitation-told]", "duties: [exploitation-tld]"),
        "/reporting/3/duties/0",
        "is no duty of this document",
    ),
    "a condition that is not listed": (
        replaced("condition: on-scene", "condition: on-the-scene"),
        "/response_tiers/0/members/2/condition",
        "is not on the list `conditions`",
    ),
    "a team of no party": (
        re.sub(r"(\n  - agency: shelter\n(?:    .*\n)*)", "\n", TEXT),
        "/response_tiers/0/members/6/agency",
        "is no party",
    ),
    "an hour that no clock shows": (
        replaced('opens: "08:00"', 'opens: "25:00"'),
        "/response_tiers/1/members/3/window/opens",
        "is not written as it must be",
    ),
    "a kind of service that is not listed": (
        replaced("- {kind: tribal,", "- {kind: trible,"),
        "/referral_kinds/14/kind",
        "is not on the list `codes/kind`",
    ),
    "a receiver that cannot be asked": (
        replaced("receivers: [tribal-social-services]", "receivers: [juvenile-court]"),
        "/referral_kinds/14/receivers",
        "names somebody who cannot be asked",
    ),
    "a consent that is no rule": (
        replaced("consent: part-2", "consent: part-3"),
        "/referral_kinds/6/consent",
        "is no rule of /consent_rules",
    ),
    "a trigger that is not listed": (
        replaced("triggers: [return-from-missing,", "triggers: [return,"),
        "/screening_tools/0/rescreen/triggers",
        "is not on the list",
    ),
    "a plan that asks to search": (
        replaced("Signs that things get difficult", "Staff may search the room"),
        "/plan_elements/0",
        "asks to search or to track",
    ),
    "an agreement that asks for a password": (
        replaced("What to do if my phone is gone", "My password for staff"),
        "/device_agreement/elements/3",
        "asks to search or to track",
    ),
    "an agreement that is required": (
        replaced("  written_by: youth\n  optional: true", "  written_by: youth\n  optional: false"),
        "/device_agreement/optional",
        "is none of the known words",
    ),
    "an agreement with tracking": (
        replaced(
            "  written_by: youth\n  optional: true", "  tracking: true\n  written_by: youth\n  optional: true"
        ),
        "/device_agreement/tracking",
        "is not known",
    ),
}


@pytest.mark.parametrize(("text", "path", "problem"), WRONG.values(), ids=WRONG)
def test_is_found_at_its_line(text, path, problem):
    findings = {finding.path: finding for finding in validate(text)}
    assert path in findings
    found = findings[path]
    assert problem in found.problem
    assert found.remedy
    assert 1 <= found.line <= text.count("\n") + 1
    if problem != "is missing":
        last = path.rsplit("/", 1)[1]
        around = "\n".join(text.splitlines()[max(0, found.line - 2) : found.line + 1])
        assert last.isdigit() or last.strip("0123456789") in around


def test_several_late_signatures_are_one_finding():
    early = replaced("effective: 2026-01-01", "effective: 2025-12-01")
    assert [finding.path for finding in validate(early)] == ["/effective"]


class TestTheDocuments:
    @pytest.mark.parametrize("name", DOCUMENTS)
    def test_each_can_be_adopted_as_it_is(self, name):
        assert validate(text_of(name)) == []

    @pytest.mark.parametrize("name", DOCUMENTS)
    def test_each_comes_back_the_same(self, name):
        mou = load(text_of(name))
        assert load_document(document_of(mou)) == mou

    @pytest.mark.parametrize("name", DOCUMENTS)
    def test_none_is_called_confirmed_by_a_counsel_who_does_not_exist(self, name):
        mou = load(text_of(name))
        sourced = [*mou.clauses, *mou.duties, *mou.disclosure]
        assert {one.confirmed for one in sourced} == {"default"}

    @pytest.mark.parametrize("name", DOCUMENTS)
    def test_each_names_counties_that_do_not_exist(self, name):
        assert all(counties()[code].fictional for code in load(text_of(name)).counties)

    def test_what_has_no_name_is_no_document(self):
        with pytest.raises(KeyError):
            text_of("../../secret")


class TestEarlierDocuments:
    """What was adopted once is read for good."""

    EARLIER = (Path(__file__).parent / "alder-2026.2.yaml").read_text("utf-8")

    def test_a_document_of_the_first_format_is_read_as_it_was(self):
        mou = load(self.EARLIER)
        assert mou.format == "accord-mou-1"
        assert (mou.duties, mou.signatories, mou.term) == ((), (), None)
        confirmed = {clause.id for clause in mou.clauses if clause.confirmed == "counsel"}
        assert confirmed == {"2.1", "2.2", "2.4", "3.1", "3.2"}

    def test_the_laptops_platform_adopts_todays_document_after_it(self):
        assert load(self.EARLIER).version in FOLLOWED
        assert load(TEXT).version not in FOLLOWED

    def test_its_plain_values_are_read_too_in_either_wording(self):
        mou = load(self.EARLIER)
        assert load_document(document_of(mou)) == mou

    def test_who_may_and_who_sees_is_what_it_is_today(self):
        earlier, now = load(self.EARLIER), load(TEXT)
        assert [rule for rule in now.may if rule in earlier.may] == list(earlier.may)
        assert earlier.parties == now.parties

    def test_what_is_asked_only_of_later_documents_is_not_asked_of_it(self):
        text = self.EARLIER.replace("basis: WIC 827; WIC 10850}", "basis: by agreement}")
        assert validate(text) == []
        assert "/disclosure/1/basis" in [
            f.path for f in validate(text.replace("accord-mou-1", "accord-mou-2"))
        ]

    def test_a_format_that_is_not_known_is_refused(self):
        text = replaced("format: accord-mou-2", "format: accord-mou-3")
        assert [finding.path for finding in validate(text)] == ["/format"]


class TestCounties:
    def test_there_are_58_and_each_has_a_seat_a_number_and_a_federal_code_of_its_own(self):
        real = [county for county in counties().values() if not county.fictional]
        assert len(real) == 58
        assert sorted(county.number for county in real) == [f"{n:02}" for n in range(1, 59)]
        assert [county.fips for county in real] == [f"06{n:03}" for n in range(1, 116, 2)]
        assert all(county.seat for county in real)

    @pytest.mark.parametrize(
        ("code", "fips", "seat"),
        [
            ("alameda", "06001", "Oakland"),
            ("los-angeles", "06037", "Los Angeles"),
            ("monterey", "06053", "Salinas"),
            ("san-luis-obispo", "06079", "San Luis Obispo"),
            ("santa-clara", "06085", "San Jose"),
            ("yuba", "06115", "Marysville"),
        ],
    )
    def test_some_that_are_known(self, code, fips, seat):
        assert (counties()[code].fips, counties()[code].seat) == (fips, seat)

    def test_those_that_do_not_exist_are_marked(self):
        assert {code for code, county in counties().items() if county.fictional} == {
            "alder",
            "birch",
            "cedar",
            "hazel",
        }


class TestCoverage:
    def test_an_event_that_no_rule_speaks_of_is_listed(self):
        text = re.sub(r"  - id: agency-joined\n(    .*\n)+", "", TEXT)
        assert "accord.agency.joined.v1" not in coverage(load(TEXT))["event"]
        assert "accord.agency.joined.v1" in coverage(load(text))["event"]

    def test_an_act_that_nobody_may_do_is_listed(self):
        text = re.sub(r'  - \{clause: "5.2", act: assign-worker.*\n', "", TEXT)
        assert coverage(load(text))["act"] == ["assign-worker"]

    def test_an_act_that_moves_no_duty_is_listed(self):
        assert "search-effort-made" in coverage(load(TEXT))["told"]
        assert "youth-missing" not in coverage(load(TEXT))["told"]


@given(st.data())
def test_a_line_taken_out_anywhere_gives_a_document_or_findings_with_lines(data):
    lines = TEXT.splitlines(keepends=True)
    index = data.draw(st.integers(min_value=0, max_value=len(lines) - 1))
    for finding in validate("".join(lines[:index] + lines[index + 1 :])):
        assert finding.problem
        assert finding.line
