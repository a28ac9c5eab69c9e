import json
import re
from contextlib import contextmanager
from pathlib import Path

import pytest
import typer

import shared.cli.client
from shared.cli import run
from shared.cli.client import Answer
from shared.mou import document_of, load, load_document
from shared.mou.cli import register
from shared.mou.packing import pack

FILE = Path(__file__).parents[3] / "deploy" / "local" / "alder-county.yaml"
MOU = load(FILE.read_text("utf-8"))


@pytest.fixture
def accord():
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    return lambda *arguments: run(app, [], [str(argument) for argument in arguments])


@pytest.fixture
def county(monkeypatch):
    """A county's API that keeps what it was sent."""
    sent = []

    class Kept:
        def get(self, path):
            sent.append((path, None))
            return Answer(200, {}, {"document": document_of(MOU)})

        def post(self, path, body):
            sent.append((path, body))
            return Answer(201, {}, {"version": load_document(body["document"]).version})

    @contextmanager
    def connect(service, *, person=None, data=None):
        assert service == "referrals"
        yield Kept()

    monkeypatch.setattr(shared.cli.client, "connect", connect)
    return sent


@pytest.fixture
def broken(tmp_path):
    file = tmp_path / "broken.yaml"
    file.write_text(
        FILE.read_text("utf-8").replace("act: open-case", "act: open-sesame").replace("alder-2026.4", "ALDER")
    )
    return file


class TestValidate:
    def test_a_good_document_exits_0(self, accord, capsys):
        assert accord("mou", "validate", FILE) == 0
        assert "can be adopted" in capsys.readouterr().err

    def test_a_bad_one_exits_6_with_each_place_and_what_to_do(self, accord, broken, capsys):
        assert accord("mou", "validate", broken, "--json") == 6
        out, err = capsys.readouterr()
        answer = json.loads(out)
        assert answer["valid"] is False
        assert [finding["path"] for finding in answer["findings"]] == ["/version", "/may/3/act"]
        assert all(finding["problem"] and finding["remedy"] for finding in answer["findings"])
        assert "open-case" in answer["findings"][1]["remedy"]
        assert f"{broken}:7:10: /version is not written as it must be" in err
        assert re.search(r"broken\.yaml:\d+:26: /may/3/act is none of the known codes", err)
        assert "sesame" not in out + err

    def test_a_file_that_is_not_there_is_a_usage_error(self, accord, tmp_path):
        assert accord("mou", "validate", tmp_path / "nothing.yaml") == 2

    def test_a_file_of_five_megabytes_is_not_read_to_its_end(self, accord, tmp_path, capsys):
        (tmp_path / "large.yaml").write_text("# é\n" * 1_250_000)
        assert accord("mou", "validate", tmp_path / "large.yaml") == 6
        assert "is too large to read" in capsys.readouterr().err

    def test_a_file_that_is_no_text_is_a_usage_error(self, accord, tmp_path):
        (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
        assert accord("mou", "validate", tmp_path / "bytes.yaml") == 2


class TestShow:
    def test_it_lists_who_may_do_what_by_which_clause(self, accord, capsys):
        assert accord("mou", "show", FILE) == 0
        lines = capsys.readouterr().out.splitlines()
        assert "accept-referral\tteam\tworkers\treferral-recipient\tany\t4.2" in lines
        assert any(line.startswith("counsel") and "still to be confirmed" in line for line in lines)

    def test_as_json_it_is_the_document_of_the_event(self, accord, capsys):
        assert accord("mou", "show", FILE, "--json") == 0
        assert json.loads(capsys.readouterr().out) == document_of(MOU)

    def test_a_bad_document_is_refused_with_its_findings(self, accord, broken, capsys):
        assert accord("mou", "show", broken) == 5
        assert "/version" in capsys.readouterr().err

    def test_it_reads_clause_by_clause_with_what_is_due(self, accord, capsys):
        assert accord("mou", "show", FILE) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == "Memorandum of understanding of Alder County, version alder-2026.4"
        at = lines.index("9.2 The initial team meeting")
        assert "  By when: within 7 days, by the end of the last one." in lines[at : at + 12]
        assert (
            "Initial team meeting\tsheriff\tin-meeting\tmon, tue, wed, thu, fri\t08:00-17:00\tif-needed\t9.2"
            in lines
        )

    def test_as_html_it_is_one_page_that_loads_nothing(self, accord, capsys):
        assert accord("mou", "show", FILE, "--html") == 0
        page = capsys.readouterr().out
        assert page.startswith('<!doctype html>\n<html lang="en">')
        assert '<h2 id="clause-9.2">9.2 The initial team meeting</h2>' in page
        assert "<p>By when: within 7 days, by the end of the last one.</p>" in page
        assert "<li>Sheriff, Alder County Sheriff: signed <time>2025-12-09</time></li>" in page
        assert not re.search(r"src=|href=|url\(|<script", page)

    def test_what_a_county_wrote_is_never_read_as_html(self, accord, tmp_path, capsys):
        text = FILE.read_text("utf-8").replace("title: The team\n", "title: The <b>team</b> & more\n")
        (tmp_path / "written.yaml").write_text(text)
        assert accord("mou", "show", tmp_path / "written.yaml", "--html") == 0
        page = capsys.readouterr().out
        assert "The &lt;b&gt;team&lt;/b&gt; &amp; more" in page
        assert "<b>" not in page

    def test_as_pdf_it_is_written_to_a_file(self, accord, tmp_path, capsys):
        out = tmp_path / "mou.pdf"
        assert accord("mou", "show", FILE, "--pdf", out) == 0
        assert out.read_bytes().startswith(b"%PDF-")
        assert re.search(r"Written: .*mou\.pdf, \d+ page", capsys.readouterr().err)


class TestCheatsheet:
    def test_of_the_document_in_force_it_is_told_in_plain_text(self, accord, county, capsys):
        assert accord("mou", "cheatsheet", "--role", "advocate") == 0
        assert county == [("/v1/mou", None)]
        assert capsys.readouterr().out.startswith("Cheat sheet: advocate\n")

    def test_of_a_file_it_is_html_in_spanish(self, accord, capsys):
        given = ("--role", "law-enforcement", "--language", "es", "--file", FILE, "--html")
        assert accord("mou", "cheatsheet", *given) == 0
        assert '<html lang="es">' in capsys.readouterr().out

    def test_a_role_without_a_sheet_is_a_usage_error_that_names_the_others(self, accord, capsys):
        assert accord("mou", "cheatsheet", "--role", "operator", "--file", FILE) == 2
        assert "social-worker" in capsys.readouterr().err

    def test_a_sheet_that_needs_more_than_its_page_is_written_and_says_so(self, accord, tmp_path, capsys):
        says = " ".join(["Go."] * 90)
        line = f'  - {{part: first, clause: "9.1", roles: [advocate], says: "{says}"}}\n'
        text = FILE.read_text("utf-8").replace("\nsheets:\n", "\nsheets:\n" + line * 40)
        (tmp_path / "long.yaml").write_text(text)
        given = ("--role", "advocate", "--file", tmp_path / "long.yaml", "--pdf", tmp_path / "out.pdf")
        assert accord("mou", "cheatsheet", *given) == 0
        assert "It should have at most 1" in capsys.readouterr().err

    def test_what_cannot_be_printed_is_refused_and_leaves_no_file(self, accord, tmp_path, capsys):
        text = FILE.read_text("utf-8").replace("county: Alder County", "county: Alder 子")
        (tmp_path / "letters.yaml").write_text(text)
        given = ("--role", "advocate", "--file", tmp_path / "letters.yaml", "--pdf", tmp_path / "out.pdf")
        assert accord("mou", "cheatsheet", *given) == 5
        assert "--html" in capsys.readouterr().err
        assert not (tmp_path / "out.pdf").exists()

    def test_a_place_that_cannot_be_written_is_said(self, accord, tmp_path, capsys):
        given = ("--role", "advocate", "--file", FILE, "--pdf", tmp_path / "nothing" / "out.pdf")
        assert accord("mou", "cheatsheet", *given) == 5
        assert "could not be written" in capsys.readouterr().err


class TestCounsel:
    def test_of_the_document_in_force_it_is_html(self, accord, county, capsys):
        assert accord("mou", "counsel", "--html") == 0
        assert "For county counsel: the memorandum of Alder County" in capsys.readouterr().out


class TestExplain:
    def test_a_clause_of_a_file_is_told_with_its_source_and_its_duties(self, accord, capsys):
        assert accord("mou", "explain", "8.2", "--file", FILE) == 0
        told = capsys.readouterr().out.splitlines()
        assert told[0] == "8.2 The written report"
        assert "Source: PC 11166(a); form SS 8572." in told
        assert "Counsel has still to confirm it." in told
        assert "  By when: within 36 hours, nights and weekends included." in told
        assert "  Owed by: the agency that reported." in told

    def test_a_clause_of_the_memorandum_in_force_is_asked_of_the_county(self, accord, county, capsys):
        assert accord("mou", "explain", "9.2", "--json") == 0
        answer = json.loads(capsys.readouterr().out)
        assert answer["clause"]["title"] == "The initial team meeting"
        assert answer["treatment"] == "timed"
        assert county == [("/v1/mou", None)]

    def test_a_clause_that_is_not_there_is_a_usage_error_that_names_those_that_are(self, accord, capsys):
        assert accord("mou", "explain", "99.9", "--file", FILE) == 2
        assert "9.2" in capsys.readouterr().err


class TestCoverage:
    def test_what_no_rule_speaks_of_is_listed_and_is_no_finding(self, accord, capsys):
        assert accord("mou", "validate", FILE, "--coverage") == 0
        assert "search-effort-made\ttold" in capsys.readouterr().out.splitlines()

    def test_as_json_it_stands_beside_the_findings(self, accord, capsys):
        assert accord("mou", "validate", FILE, "--coverage", "--json") == 0
        answer = json.loads(capsys.readouterr().out)
        assert (answer["valid"], answer["coverage"]["event"], answer["coverage"]["act"]) == (True, [], [])

    def test_of_a_document_that_is_wrong_only_the_findings_are_told(self, accord, broken, capsys):
        assert accord("mou", "validate", broken, "--coverage", "--json") == 6
        assert "coverage" not in json.loads(capsys.readouterr().out)


class TestAdopt:
    DIGEST = "ab" * 32

    def test_it_sends_the_document_with_its_signatures_and_the_digest(self, accord, county, capsys):
        arguments = ["--signed-by", "human-services", "--signed-by", "shelter", "--pdf-digest", self.DIGEST]
        assert accord("mou", "adopt", FILE, *arguments, "--json") == 0
        ((path, body),) = county
        assert path == "/v1/mou/versions"
        assert body == {
            "document": pack(FILE.read_text("utf-8")),
            "signed_by": ["human-services", "shelter"],
            "pdf_digest": f"sha256:{self.DIGEST}",
        }
        assert json.loads(capsys.readouterr().out) == {"version": "alder-2026.4"}

    def test_without_a_signature_it_is_a_usage_error(self, accord, county):
        assert accord("mou", "adopt", FILE) == 2
        assert county == []

    def test_what_is_no_digest_is_a_usage_error(self, accord, county):
        assert accord("mou", "adopt", FILE, "--signed-by", "shelter", "--pdf-digest", "abc") == 2
        assert county == []

    def test_a_bad_document_is_never_sent(self, accord, county, broken):
        assert accord("mou", "adopt", broken, "--signed-by", "shelter") == 5
        assert county == []


class TestTheLifeOfAVersion:
    PROPOSAL, COMMENT = "0b9c6c1e-51a4-4a6e-8a58-6f2f3a1d7c20", "6f1d2c54-8a37-4f0e-9b61-2d7c5e90a413"
    HOME = f"/v1/mou/proposals/{PROPOSAL}"

    @pytest.fixture
    def words(self, tmp_path):
        file = tmp_path / "words.txt"
        file.write_text("The hours are too few.")
        return file

    def test_a_document_is_proposed_as_its_own_text(self, accord, served, capsys):
        assert accord("mou", "propose", FILE, "--json") == 0
        assert served == [("/v1/mou/proposals", {"document": pack(FILE.read_text("utf-8"))}, None)]
        assert json.loads(capsys.readouterr().out) == {"done": True}

    def test_a_comment_of_the_board_on_paper_is_sent_with_its_clause(self, accord, served, words):
        said = ["--text", words, "--clause", "9.2", "--party", "advisory-board", "--paper"]
        assert accord("mou", "comment", self.PROPOSAL, *said) == 0
        body = {
            "text": "The hours are too few.",
            "clause": "9.2",
            "party": "advisory-board",
            "through": "paper",
        }
        assert served == [(f"{self.HOME}/comments", body, None)]

    def test_an_answer_and_an_adoption_are_based_on_what_is_read_first(self, accord, served, words):
        assert accord("mou", "answer", self.PROPOSAL, self.COMMENT, "--text", words) == 0
        adopting = ["--proposal", self.PROPOSAL, "--pdf-digest", "ab" * 32, "--board-item", "2026-12-08/24"]
        assert accord("mou", "adopt", *adopting) == 0
        body = {"comment": self.COMMENT, "text": "The hours are too few."}
        digest = {"pdf_digest": f"sha256:{'ab' * 32}", "board_item": "2026-12-08/24"}
        assert served == [
            (f"{self.HOME}/comments/answer", body, f"tag of {self.HOME}"),
            (f"{self.HOME}/adopt", digest, f"tag of {self.HOME}"),
        ]

    def test_a_signature_says_who_and_when(self, accord, served):
        assert accord("mou", "sign", self.PROPOSAL, "--party", "probation", "--on", "2026-12-01") == 0
        assert served == [
            (f"{self.HOME}/signatures", {"party": "probation", "signed_on": "2026-12-01"}, None)
        ]

    @pytest.mark.parametrize(
        "arguments",
        [[], [FILE], ["--proposal", PROPOSAL], [FILE, "--signed-by", "shelter", "--proposal", PROPOSAL]],
    )
    def test_an_adoption_says_whole_what_is_adopted(self, accord, served, arguments):
        assert accord("mou", "adopt", *arguments) == 2
        assert served == []

    def test_a_proposal_is_shown_with_what_was_said_and_who_has_still_to_sign(self, accord, served, capsys):
        assert accord("mou", "proposals", self.PROPOSAL) == 0
        said = capsys.readouterr().out
        assert "advisory-board on clause 9.2 (paper)" in said
        assert "Answer: none yet" in said
        assert "Has still to sign: probation, birch, Chief" in said
        assert "document" not in said

    def test_versions_are_listed(self, accord, served, capsys):
        assert accord("mou", "versions") == 0
        assert capsys.readouterr().out.splitlines()[1].startswith("alder-2026.4\tin-force")


@pytest.fixture
def served(monkeypatch):
    """A county's API that keeps what is posted to it, with the tag that it is based on."""
    posted = []
    comment = {
        "comment": "c",
        "party": "advisory-board",
        "through": "paper",
        "clause": "9.2",
        "text": "Words.",
    }
    one = {
        "proposal": "p",
        "comments": [comment],
        "signatures": [],
        "missing_signatures": [{"party": "probation", "county": "birch", "office": "Chief"}],
        "document": {},
    }

    class Served:
        def get(self, path):
            found = {"items": [{"version": "alder-2026.4", "standing": "in-force"}]}
            return Answer(200, {"etag": f"tag of {path}"}, found if path == "/v1/mou/versions" else one)

        def post(self, path, body, if_match=None):
            posted.append((path, body, if_match))
            return Answer(201, {}, {"done": True})

    @contextmanager
    def connect(service, *, person=None, data=None):
        yield Served()

    monkeypatch.setattr(shared.cli.client, "connect", connect)
    return posted
