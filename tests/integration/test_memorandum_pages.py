"""The memorandum's pages, over HTTP, on a real PostgreSQL: what is read, what is sent, and what comes back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from shared.mou import packed_document
from shared.mou.diff import differences
from shared.mou.parties import party_of
from shared.mou.terms import signers
from tests.integration.casework_made import casework, said
from tests.mou.alder import MOU

pytestmark = pytest.mark.platform
CANARY = "CANARY-41 The hours are too few.\nמחר 🙂 & <b>"
SIGNED_ON = (date.today() - timedelta(days=2)).isoformat()
FILE = "b" * 64


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with casework(infra, tmp_path_factory.mktemp("memorandum-pages")) as made:
        yield made


@pytest.fixture
def coordinator(here):
    return here.person("coordinator")


def proposed(here, version):
    """The page of a proposal of this version."""
    document = MOU.model_copy(update={"version": version, "effective": date.today()})
    answer = here.county.post("/v1/mou/proposals", {"document": packed_document(document)}, "coordinator")
    assert answer.status_code == 201, answer.text
    return f"/memorandum/proposals/{answer.json()['proposal']}"


def comment_of(here, path):
    """The id of the last comment on a proposal."""
    return here.county.get(f"/v1/mou/{path.removeprefix('/memorandum/')}", "worker").json()["comments"][-1][
        "comment"
    ]


class TestTheVersionInForce:
    def test_is_named_first_and_read_clause_after_clause(self, here):
        advocate = here.person("advocate")
        home = advocate.get("/memorandum")
        assert f"Version {MOU.version}" in said(home)
        assert "In force" in said(home)
        found = advocate.get(f"/memorandum/versions/{MOU.version}")
        for clause in MOU.clauses:
            assert f'id="clause-{clause.id}"' in found.text
        assert MOU.clauses[0].text in said(found)

    def test_is_what_the_short_address_leads_to(self, here):
        answer = here.person("shelter").get("/memorandum/in-force")
        assert (answer.status_code, answer.headers["location"]) == (
            303,
            f"/memorandum/versions/{MOU.version}",
        )

    def test_that_never_was_is_not_here(self, here):
        assert here.person("shelter").get("/memorandum/versions/alder-1999.1").status_code == 404

    def test_is_where_the_way_of_everybody_leads(self, here):
        for name in ("advocate", "board", "auditor"):
            assert 'href="/memorandum"' in here.person(name).get("/memorandum").text


class TestAComment:
    def test_is_written_read_by_others_and_answered(self, here, coordinator):
        path = proposed(here, "alder-2200.1")
        deputy = here.person("deputy")
        after = deputy.follow(deputy.send(f"{path}/comment", text=CANARY, clause="9.2"))
        assert "Your comment is recorded." in said(after)
        assert "clause 9.2" in said(after)
        assert "Waits for an answer" in said(here.person("shelter").get(path))
        assert f"{path}/answer/" not in deputy.get(path).text

        answering = f"{path}/answer/{comment_of(here, path)}"
        assert "CANARY-41" in coordinator.get(answering).text
        after = coordinator.follow(coordinator.send(answering, text="It is twenty-four now."))
        assert "The comment is answered" in said(after)
        assert "Answer: It is twenty-four now." in said(deputy.get(path))

    def test_of_the_board_stands_under_its_name_and_so_does_its_paper(self, here, coordinator):
        path = proposed(here, "alder-2201.1")
        board = here.person("board")
        assert "Who wrote it" not in said(board.get(f"{path}/comment"))
        board.send(f"{path}/comment", text="We were not asked.")
        assert "The survivor advisory board: the whole version" in said(board.get(path))
        coordinator.send(f"{path}/comment", text="From our meeting.", party="advisory-board")
        assert "The survivor advisory board, on paper: the whole version" in said(board.get(path))

    def test_without_words_comes_back(self, here):
        deputy, path = here.person("deputy"), proposed(here, "alder-2202.1")
        answer = deputy.send(f"{path}/comment", text="  ", clause="9.2")
        assert answer.status_code == 422
        assert "Write what you want to say." in said(answer)
        assert '<option value="9.2" selected' in answer.text

    def test_that_comes_twice_is_one(self, here):
        deputy, path = here.person("deputy"), proposed(here, "alder-2203.1")
        fields = {**deputy.form(f"{path}/comment", f"{path}/comment"), "text": "Once."}
        assert deputy.post(f"{path}/comment", fields).status_code == 303
        assert deputy.post(f"{path}/comment", fields).status_code == 303
        assert said(deputy.get(path)).count("Once.") == 1

    def test_of_another_session_is_not_taken(self, here):
        deputy, path = here.person("deputy"), proposed(here, "alder-2204.1")
        fields = deputy.form(f"{path}/comment", f"{path}/comment")
        sent = deputy.post(f"{path}/comment", {**fields, "form-token": "x", "text": "Once."})
        assert sent.status_code == 403
        assert "Nobody has commented." in said(deputy.get(path))

    def test_is_covered_where_names_are_covered(self, here):
        deputy, path = here.person("deputy"), proposed(here, "alder-2205.1")
        deputy.send(f"{path}/comment", text=CANARY)
        assert "CANARY-41" in deputy.get(path).text
        assert "CANARY-41" not in here.person("deputy", privacy=True).get(path).text

    def test_is_not_for_an_auditor(self, here):
        path = proposed(here, "alder-2206.1")
        assert "Comment on it" not in said(here.person("auditor").get(path))
        assert here.person("auditor").get(f"{path}/comment").status_code == 403


class TestAnAnswer:
    def test_on_what_has_changed_comes_back_with_what_was_typed(self, here, coordinator):
        path = proposed(here, "alder-2210.1")
        here.person("deputy").send(f"{path}/comment", text="First.")
        page = f"{path}/answer/{comment_of(here, path)}"
        fields = coordinator.form(page, page)
        here.person("shelter").send(f"{path}/comment", text="Second.")
        answer = coordinator.post(page, {**fields, "text": "Kept as typed."})
        assert answer.status_code == 412
        assert "This changed while you had it open" in said(answer)
        assert "Kept as typed." in answer.text

    def test_is_only_for_the_coordinator(self, here):
        path = proposed(here, "alder-2211.1")
        here.person("deputy").send(f"{path}/comment", text="First.")
        assert here.person("deputy").get(f"{path}/answer/{comment_of(here, path)}").status_code == 403

    def test_to_a_comment_that_is_not_there_is_not_here(self, here, coordinator):
        path = proposed(here, "alder-2212.1")
        assert coordinator.get(f"{path}/answer/{path.rpartition('/')[2]}").status_code == 404


class TestASignature:
    def test_is_recorded_for_whoever_is_chosen(self, here, coordinator):
        path = proposed(here, "alder-2220.1")
        typed = {"signer": "sheriff//Sheriff", "signed_on": SIGNED_ON, "pdf_digest": FILE.upper()}
        after = coordinator.follow(coordinator.send(f"{path}/sign", **typed))
        assert "The signature is recorded" in said(after)
        [event] = here.county.events(kind="mou.signed", proposal=path.rpartition("/")[2])
        assert (event.data.party, event.data.pdf_digest) == ("sheriff", f"sha256:{FILE}")
        assert 'value="sheriff//Sheriff"' not in coordinator.get(f"{path}/sign").text

    @pytest.mark.parametrize(
        ("typed", "message"),
        [
            ({"signed_on": SIGNED_ON}, "Choose who has signed."),
            ({"signer": "sheriff//Sheriff", "signed_on": "last week"}, "Write the day like 2026-03-03."),
            ({"signer": "sheriff//Sheriff", "signed_on": "2999-01-01"}, "It is not after today"),
            ({"signer": "shelter//Nobody", "signed_on": SIGNED_ON}, "Choose who has signed."),
        ],
    )
    def test_that_cannot_be_comes_back_and_says_where(self, here, coordinator, typed, message):
        path = f"{self.path(here)}/sign"
        answer = coordinator.send(path, **{"signer": "", **typed})
        assert answer.status_code == 422, answer.text
        assert message in said(answer)

    def path(self, here):
        listed = here.county.get("/v1/mou/proposals", "worker").json()["items"]
        known = [one["proposal"] for one in listed if one["version"] == "alder-2221.1"]
        return f"/memorandum/proposals/{known[0]}" if known else proposed(here, "alder-2221.1")


class TestAnAdoption:
    def test_waits_and_says_for_what_then_is_done(self, infra, tmp_path):
        with casework(infra, tmp_path) as here:
            coordinator, path = here.person("coordinator"), proposed(here, "alder-2230.1")
            here.person("deputy").send(f"{path}/comment", text="First.")
            waiting = said(coordinator.get(f"{path}/adopt"))
            assert "1 comment waits for an answer" in waiting
            assert f"Sheriff, {party_of(MOU, 'sheriff').name} has still to sign." in waiting
            coordinator.send(f"{path}/answer/{comment_of(here, path)}", text="Done.")
            for one in signers(MOU):
                typed = {"signer": f"{one.agency}//{one.office}", "signed_on": SIGNED_ON}
                assert coordinator.send(f"{path}/sign", **typed).status_code == 303
            assert "Everybody has signed." in said(coordinator.get(f"{path}/sign"))

            answer = coordinator.send(f"{path}/adopt", pdf_digest="abc", board_item="item 24")
            assert answer.status_code == 422
            after = coordinator.follow(
                coordinator.send(f"{path}/adopt", pdf_digest=FILE, board_item="2026-12-08/24")
            )
            assert "This version is adopted" in said(after)
            version = said(coordinator.get("/memorandum/versions/alder-2230.1"))
            assert "In force" in version
            assert "2026-12-08/24" in version
            assert "Followed by version alder-2230.1" in said(coordinator.get("/memorandum"))
            assert coordinator.get(f"{path}/comment").status_code == 404

    def test_is_not_shown_to_others(self, here):
        path = proposed(here, "alder-2231.1")
        assert "Adopt this version" not in said(here.person("deputy").get(path))
        assert here.person("deputy").get(f"{path}/adopt").status_code == 403


class TestAProposal:
    def test_is_read_whole_and_in_spanish(self, here):
        path = proposed(here, "alder-2240.1")
        text = here.person("board", language="es").get(f"{path}/text")
        assert "Esto está propuesto. No está vigente." in said(text)
        assert 'id="clause-13.7"' in text.text
        assert "Nadie ha comentado." in said(here.person("board", language="es").get(path))

    def test_that_is_not_there_is_not_here(self, here):
        page = "/memorandum/proposals/0b9c6c1e-51a4-4a6e-8a58-6f2f3a1d7c20"
        for path in (page, f"{page}/text", f"{page}/comment"):
            assert here.person("coordinator").get(path).status_code == 404


def test_while_no_memorandum_is_in_force_there_is_none_to_read(infra, tmp_path):
    with casework(infra, tmp_path, adopt=False) as here:
        coordinator = here.person("coordinator")
        assert "No version was adopted yet." in said(coordinator.get("/memorandum"))
        assert coordinator.get("/memorandum/in-force").headers["location"] == "/memorandum"


class TestWhatAProposalChanges:
    def test_is_told_in_sentences_with_the_clause_to_read(self, here):
        sooner = tuple(
            one.model_copy(update={"hours": one.hours + 1}) if one.urgency == "hours" else one
            for one in MOU.respond_within
        )
        document = MOU.model_copy(update={"version": "alder-2250.1", "respond_within": sooner})
        body = {"document": packed_document(document)}
        home = here.county.post("/v1/mou/proposals", body, "coordinator").headers["Location"]
        path = home.replace("/v1/mou", "/memorandum")
        page = here.person("board").get(path)
        [told] = [one for one in differences(MOU, document) if one.section == "duties"]
        assert told.sentence in said(page)
        assert f'href="{path}/text#clause-{told.clauses[0]}"' in page.text

    def test_is_begun_from_the_drafts_by_who_may_propose(self, here, coordinator):
        assert 'href="/memorandum/drafts"' in coordinator.get("/memorandum").text
        assert 'href="/memorandum/drafts"' not in here.person("deputy").get("/memorandum").text
