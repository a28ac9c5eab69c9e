"""A version of the memorandum from proposal to adoption, over HTTP, on a real PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from uuid import uuid4

import psycopg
import pytest

from services.referrals.application.recording import rebuild
from services.referrals.repair import answer_of
from shared.mou import load, packed_document
from shared.mou.documents import text_of
from shared.mou.terms import signers
from tests.integration.referrals_made import ALL_SIGNED, PEOPLE, county
from tests.mou.alder import MOU

pytestmark = pytest.mark.platform

YESTERDAY = date.today() - timedelta(days=2)
DIGEST = "sha256:" + "b" * 64
ADOPTING = {"pdf_digest": DIGEST, "board_item": "2026-12-08/24"}
WORDS, ANSWER = "Twelve hours are too few at night.", "It is twenty-four hours now."
THREE = load(text_of("three-counties")).model_copy(update={"effective": date.today(), "signatories": tuple(
    one.model_copy(update={"signed": None}) for one in load(text_of("three-counties")).signatories
)})  # fmt: skip


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with county(infra, tmp_path_factory.mktemp("memorandum")) as made:
        yield made


def next_version(version):
    return MOU.model_copy(update={"version": version, "effective": date.today()})


def proposed(here, document):
    answer = here.post("/v1/mou/proposals", {"document": packed_document(document)}, "coordinator")
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/v1/mou/proposals/{answer.json()['proposal']}"
    return answer.headers["Location"]


def commented(here, home, person="deputy", **more):
    answer = here.post(f"{home}/comments", {"text": WORDS, **more}, person)
    assert answer.status_code == 201, answer.text
    return answer.json()["comment"]


def answered(here, home, comment):
    body = {"comment": comment, "text": ANSWER}
    return here.post(f"{home}/comments/answer", body, "coordinator", etag=here.etag(home, "coordinator"))


def signed(here, home, one):
    named = {
        "party": one.agency,
        "county": one.county,
        "office": one.office,
        "signed_on": YESTERDAY.isoformat(),
    }
    body = {name: part for name, part in named.items() if part is not None}
    return here.post(f"{home}/signatures", body, "coordinator")


def adopted(here, home):
    return here.post(f"{home}/adopt", ADOPTING, "coordinator", etag=here.etag(home, "coordinator"))


class TestAVersion:
    def test_is_proposed_commented_answered_signed_and_adopted(self, here):
        document = next_version("alder-2100.1")
        before = here.get("/v1/mou", "worker").json()
        home = proposed(here, document)
        comment = commented(here, home, "board", clause="9.2")
        assert here.get("/v1/mou", "worker").json() == before, "a proposal changes nothing"

        said = adopted(here, home).json()
        assert (said["reason"], said["clause"]) == ("comments-unanswered", "13.7")
        assert answered(here, home, comment).status_code == 200
        assert adopted(here, home).json()["reason"] == "not-signed-by-all"
        for one in signers(document):
            assert signed(here, home, one).status_code == 200
        answer = adopted(here, home)
        assert answer.status_code == 200, answer.text
        assert answer.json()["proposal"] == home.rpartition("/")[2]

        in_force = here.get("/v1/mou", "worker").json()
        assert in_force["version"] == in_force["document"]["version"] == "alder-2100.1"
        versions = {one["version"]: one for one in here.get("/v1/mou/versions", "worker").json()["items"]}
        assert versions["alder-2100.1"]["standing"] == "in-force"
        assert versions["alder-2100.1"]["board_item"] == "2026-12-08/24"
        assert versions[MOU.version]["standing"] == "earlier"
        assert versions[MOU.version]["superseded_by"] == "alder-2100.1"
        concern = here.concern()
        [event] = here.events(kind="concern.reported", concern=concern)
        assert event.envelope.mouversion == "alder-2100.1"

    def test_is_read_with_its_document_while_it_is_in_force_and_afterwards(self, here):
        found = here.get(f"/v1/mou/versions/{MOU.version}", "board").json()
        assert found["document"]["version"] == MOU.version
        assert here.get("/v1/mou/versions/alder-1999.1", "worker").status_code == 404


class TestAProposal:
    def test_shows_what_was_said_and_answered_and_who_has_still_to_sign(self, here):
        home = proposed(here, next_version("alder-2101.1"))
        comment = commented(here, home)
        answered(here, home, comment)
        signed(here, home, signers(MOU)[0])
        found = here.get(home, "shelter").json()
        [said] = found["comments"]
        assert (said["party"], said["text"], said["answer"]) == ("sheriff", WORDS, ANSWER)
        assert [one["party"] for one in found["signatures"]] == ["human-services"]
        assert len(found["missing_signatures"]) == len(signers(MOU)) - 1
        assert found["document"]["version"] == "alder-2101.1"
        assert [one["version"] for one in here.get("/v1/mou/proposals", "board").json()["items"]][-1:] == [
            "alder-2101.1"
        ]

    def test_holds_no_word_of_a_comment_in_the_store_outside_the_vault(self, here):
        home = proposed(here, next_version("alder-2102.1"))
        answered(here, home, commented(here, home))
        with psycopg.connect(here.url) as connection:
            for table in ("stored_events", "parts", "commands"):
                rows = connection.execute(f"SELECT * FROM {table}").fetchall()
                text = str([bytes(v) if isinstance(v, memoryview) else v for row in rows for v in row])
                assert WORDS not in text
                assert ANSWER not in text

    def test_is_not_answered_or_adopted_on_what_somebody_else_has_changed(self, here):
        home = proposed(here, next_version("alder-2103.1"))
        comment, etag = commented(here, home), here.etag(home, "coordinator")
        commented(here, home, "shelter")
        body = {"comment": comment, "text": ANSWER}
        for path, sent in ((f"{home}/comments/answer", body), (f"{home}/adopt", ADOPTING)):
            assert here.post(path, sent, "coordinator", etag=etag).status_code == 412
            assert here.post(path, sent, "coordinator").status_code == 428

    def test_a_repeat_of_a_comment_is_the_same_comment(self, here):
        home, key = proposed(here, next_version("alder-2104.1")), str(uuid4())
        first = here.post(f"{home}/comments", {"text": WORDS}, "deputy", key=key)
        again = here.post(f"{home}/comments", {"text": WORDS}, "deputy", key=key)
        assert first.json() == again.json()
        assert len(here.get(home, "worker").json()["comments"]) == 1
        assert here.post(f"{home}/comments", {"text": WORDS}, "deputy", key=None).status_code == 400

    @pytest.mark.parametrize("path", ["", "/comments", "/signatures"])
    def test_that_is_not_there_is_not_found(self, here, path):
        home = f"/v1/mou/proposals/{uuid4()}{path}"
        body = {"text": WORDS} if path == "/comments" else {"party": "sheriff", "signed_on": "2026-01-01"}
        answer = here.post(home, body, "coordinator") if path else here.get(home, "coordinator")
        assert answer.status_code == 404

    def test_of_a_document_with_a_mistake_is_refused_and_says_where(self, here):
        broken = packed_document(MOU.model_copy(update={"otherwise": "99.9"}))
        answer = here.post("/v1/mou/proposals", {"document": broken}, "coordinator")
        assert (answer.status_code, answer.json()["reason"]) == (422, "invalid-field")
        assert "/otherwise" in answer.json()["remedy"]


class TestTheAdvisoryBoard:
    def test_comments_and_sees_no_case(self, here):
        home = proposed(here, next_version("alder-2105.1"))
        commented(here, home, "board")
        case = here.case()
        assert here.get(f"/v1/cases/{case}", "board").status_code == 404
        assert here.get(home, "board").json()["comments"][0]["party"] == "advisory-board"

    def test_a_comment_of_theirs_on_paper_is_entered_by_the_coordinator_under_their_name(self, here):
        home = proposed(here, next_version("alder-2106.1"))
        commented(here, home, "coordinator", party="advisory-board", through="paper")
        [event] = here.events(kind="mou.commented", proposal=home.rpartition("/")[2])
        assert (event.data.party, event.data.through) == ("advisory-board", "paper")
        assert event.envelope.actor == PEOPLE["coordinator"].person


class TestThreeCounties:
    def test_adopt_their_first_memorandum_once_all_nine_offices_have_signed(self, infra, tmp_path):
        with county(infra, tmp_path, adopt=False) as made:
            home = proposed(made, THREE)
            assert made.get("/v1/mou", "coordinator").status_code == 404
            assert len(signers(THREE)) == 9
            for one in signers(THREE):
                assert adopted(made, home).json()["reason"] == "not-signed-by-all"
                assert signed(made, home, one).status_code == 200
            assert adopted(made, home).status_code == 200
            in_force = made.get("/v1/mou", "worker").json()
            assert in_force["version"] == THREE.version
            assert in_force["signed_by"] == ["human-services", "probation", "public-health"]


def test_of_two_who_adopt_the_same_version_at_once_one_does(infra, tmp_path):
    with county(infra, tmp_path) as made, ThreadPoolExecutor(4) as pool:
        body = {"document": packed_document(next_version("alder-2100.1")), "signed_by": ALL_SIGNED}
        answers = list(pool.map(lambda _: made.post("/v1/mou/versions", body, "coordinator"), range(4)))
        assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]
        assert {one.json()["reason"] for one in answers if one.status_code == 409} == {"mou-version-known"}
        assert len(made.events(kind="mou.adopted", version="alder-2100.1")) == 1


def test_a_comment_that_comes_while_a_version_is_adopted_is_not_lost(infra, tmp_path):
    """Whichever is first: either the comment holds the adoption up, or it comes too late and is told so."""
    with county(infra, tmp_path) as made, ThreadPoolExecutor(2) as pool:
        document = next_version("alder-2100.1")
        home = proposed(made, document)
        for one in signers(document):
            signed(made, home, one)
        etag = made.etag(home, "coordinator")
        adopting = pool.submit(made.post, f"{home}/adopt", ADOPTING, "coordinator", etag=etag)
        commenting = pool.submit(made.post, f"{home}/comments", {"text": WORDS}, "deputy")
        came = (adopting.result().status_code, commenting.result().status_code)
        assert came in {(200, 409), (412, 201), (409, 201)}, came
        adopted_at = made.get(home, "worker").json()["adopted_at"]
        assert (adopted_at is not None) == (came[0] == 200)


def test_what_was_proposed_and_adopted_is_the_same_when_it_is_folded_anew(here):
    home = proposed(here, next_version("alder-2107.1"))
    answered(here, home, commented(here, home))
    before, versions = here.parts(), here.get("/v1/mou/versions", "worker").json()
    with here.store.transaction() as connection:
        rebuild(connection, here.events())
    assert here.parts() == before
    assert here.get("/v1/mou/versions", "worker").json() == versions


def test_after_a_repair_an_adopted_proposal_is_known_to_be_adopted(infra, tmp_path):
    with county(infra, tmp_path) as made:
        document = next_version("alder-2100.1")
        home = proposed(made, document)
        for one in signers(document):
            signed(made, home, one)
        first = adopted(made, home).json()
        told = [e for e in made.events() if e.envelope.id in first["events"]]
        outcome = answer_of(told)
        assert outcome.command == "adopt-proposal"
        assert outcome.made["proposal"] == first["proposal"]


def test_todays_document_follows_kept_data_without_a_proposal(infra, tmp_path):
    with county(infra, tmp_path) as made:
        body = {"document": packed_document(next_version("alder-2100.1")), "signed_by": ALL_SIGNED}
        assert made.post("/v1/mou/versions", body, "coordinator").status_code == 201
        [superseded] = made.events(kind="mou.superseded")
        assert superseded.data.version == MOU.version
