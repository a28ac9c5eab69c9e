"""Every refusal and every flag tells its clause, the sentence of that and what to do, in five places: in the event,
the receipt, over HTTP, on the command line and on the page (issue 6, acceptance 8)."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

from services.referrals.api.calls import answer
from services.referrals.application.explaining import explained, gaps_of
from services.referrals.application.handle import Handler
from services.referrals.application.orders import Order, Outcome
from services.referrals.cli.things import _print
from services.referrals.domain.commands import Command
from services.referrals.domain.facts import Fact
from services.referrals.intake.receipts import receipt_of
from services.referrals.pages.flags import flagged, say_flag
from services.referrals.pages.wording import Wording
from services.referrals.signing_in.opening import CASEWORK, TEMPLATES
from shared.cli.failures import ApiProblem
from shared.errors import Refusal
from shared.events.names import SealedClass
from shared.events.sealing import MAX_SEALED, plain_room
from shared.events.types.act import ActRecorded
from shared.mou.facts import CallerFacts
from shared.mou.gaps import FLAGS, OF_ITSELF, told
from shared.mou.vocabulary import REASONS
from shared.settings import Settings
from shared.web.problems import REFUSAL_STATUS, of_refusal
from shared.web.site.county import county_of
from shared.web.site.fakes import FakeSite
from shared.web.site.refusing import route_of
from shared.web.site.rendering import Pages
from tests.mou.alder import MOU
from tests.unit.referrals.made import NOW

ROOT = Path(__file__).parents[2]
CLAUSE = "4.2"
SENTENCE = "Only the agency that was asked may answer a referral."
DETAIL, REMEDY = "What stands here is the refusal's own.", "Do what stands here."


def reasons() -> set[str]:
    """Every reason that a Refusal of the services is made with, read from their sources."""
    found = set(REASONS)
    for path in ROOT.joinpath("services").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refusal":
                found |= {str(a.value) for a in node.args[1:2] if isinstance(a, ast.Constant)}
    return found


def order(over_kafka: bool) -> Order:
    caller = CallerFacts("probation", frozenset({"system"}), "coordinate", True, str(uuid4()))
    return Order(
        *("accept-referral", None, Command(), caller, str(uuid4()), str(uuid4()), "/agencies/probation"),
        str(uuid4()),
        over_kafka=over_kafka,
    )


def refusal(reason: str) -> Refusal:
    return Refusal(CLAUSE, reason, DETAIL, REMEDY)


def recorded(found: Refusal, over_kafka: bool) -> dict[str, Any]:
    """The event of the refusal, as it would be appended."""
    nothing: Any = SimpleNamespace()
    handler = Handler(nothing, nothing, nothing, b"", lambda: NOW)
    draft = handler._refused(order(over_kafka), found, MOU, known=False)
    event: dict[str, Any] = json.loads(draft.seal_bytes(NOW, 1))
    return event


class TestEveryRefusal:
    def test_is_found(self) -> None:
        assert reasons() > {"no-such-duty", "role-may-not", "too-far-ahead", "no-usable-fact", "stale"}
        assert set(REFUSAL_STATUS) <= reasons() | {"not-found"}

    @pytest.mark.parametrize("reason", sorted(reasons()))
    @pytest.mark.parametrize("over_kafka", [True, False], ids=["kafka", "http"])
    def test_tells_it_in_the_event(self, reason: str, over_kafka: bool) -> None:
        event = recorded(refusal(reason), over_kafka)
        assert (event["clause"], event["data"]["reason"]) == (CLAUSE, reason)
        assert (event["data"]["sentence"], event["data"]["remedy"]) == (SENTENCE, REMEDY)

    @pytest.mark.parametrize("reason", sorted(reasons()))
    def test_tells_it_in_the_receipt(self, reason: str) -> None:
        found = refusal(reason)
        recorded(found, over_kafka=True)
        said = receipt_of(uuid4(), "probation", Outcome("accept-referral", refusal=found))
        assert (said.clause, said.sentence, said.remedy) == (CLAUSE, SENTENCE, REMEDY)

    @pytest.mark.parametrize("reason", sorted(reasons() - {"not-found"}))
    def test_tells_it_over_http_and_on_the_command_line(self, reason: str) -> None:
        found = refusal(reason)
        recorded(found, over_kafka=False)
        problem = of_refusal(found, REFUSAL_STATUS)
        document = problem.document()
        assert [document[name] for name in ("clause", "sentence", "remedy")] == [CLAUSE, SENTENCE, REMEDY]
        failed = ApiProblem(problem.status, document)
        assert failed.text == DETAIL
        assert failed.hint.splitlines() == [f"MOU clause {CLAUSE}: {SENTENCE}", REMEDY]

    @pytest.mark.parametrize("reason", sorted(reasons() - {"not-found"}))
    def test_tells_it_on_the_page(self, pages: TestClient, reason: str) -> None:
        page = pages.get(f"/{reason}", headers={"Accept": "text/html"}).text
        for words in (DETAIL, SENTENCE, REMEDY, f"(MOU {CLAUSE})"):
            assert words.replace("'", "&#39;") in page

    def test_of_what_is_not_there_tells_the_same_as_of_what_is_hidden(self) -> None:
        said = of_refusal(refusal("not-found"), REFUSAL_STATUS).document()
        assert (said["clause"], said["sentence"]) == ("none", OF_ITSELF)
        assert "remedy" in said
        assert "reason" not in said

    def test_that_is_answered_again_tells_it_again(self) -> None:
        found = refusal("role-may-not")
        recorded(found, over_kafka=False)
        again = Outcome.of_stored(json.loads(json.dumps(Outcome("x", refusal=found).stored())))
        assert again.refusal is not None
        assert again.refusal.sentence == SENTENCE


@pytest.fixture(scope="module")
def pages() -> TestClient:
    """A site whose every address is refused, for the reason that it names."""
    site = FakeSite()
    made = Pages(county_of(Settings(local=True)), TEMPLATES, CASEWORK)
    router = APIRouter(route_class=route_of(made))

    @router.get("/{reason}")
    def refuse(reason: str) -> None:
        found = refusal(reason)
        recorded(found, over_kafka=False)
        raise found

    app = FastAPI()
    app.include_router(router)
    app.state.site = site.site
    return TestClient(app, raise_server_exceptions=False)


#: Every flag, one of each kind; and some that the document tells apart from their kind.
EVERY = [kind if "-" in kind else f"{kind}.called_at" for kind in FLAGS]
FLAGGED = sorted({*EVERY, "missing.identity", "missing.matter"})


def outcome(flag: str) -> Outcome:
    return Outcome("record-act", {"record": str(uuid4())}, (), (flag,), tuple(gaps_of([flag], MOU)))


@pytest.mark.parametrize("flag", FLAGGED)
class TestEveryFlag:
    def test_has_a_clause_a_sentence_and_a_remedy(self, flag: str) -> None:
        [one] = told([flag], MOU)
        assert one.clause == "none" or one.sentence == next(c.text for c in MOU.clauses if c.id == one.clause)
        assert len(one.sentence) > 10
        assert len(one.remedy) > 10

    def test_tells_it_in_the_event(self, flag: str) -> None:
        data = ActRecorded(record=str(uuid4()), act="x", done_at=NOW, flags=(flag,), sealed={})
        fact = Fact(data, "5.8", NOW, str(uuid4()), str(uuid4()))
        [[kept], _] = explained([fact], MOU)
        [one] = told([flag], MOU)
        assert kept.data.written()["gaps"] == [
            {"flag": flag, "clause": one.clause, "sentence": one.sentence, "remedy": one.remedy}
        ]

    def test_tells_it_in_the_receipt(self, flag: str) -> None:
        [one] = told([flag], MOU)
        said = receipt_of(uuid4(), "probation", outcome(flag)).gaps
        assert said is not None
        assert [(g.flag, g.clause, g.sentence, g.remedy) for g in said] == [
            (flag, one.clause, one.sentence, one.remedy)
        ]

    def test_tells_it_over_http_and_on_the_command_line(self, flag: str, capsys: Any) -> None:
        [one] = told([flag], MOU)
        doors = SimpleNamespace(published=lambda: True)
        body = json.loads(answer(doors, outcome(flag), None).body)  # type: ignore[arg-type]
        assert body["flags"] == [flag]
        assert body["gaps"] == [
            {"flag": flag, "clause": one.clause, "sentence": one.sentence, "remedy": one.remedy}
        ]
        _print(body, as_json=False)
        words = " ".join(capsys.readouterr())
        for part in (flag, f"clause {one.clause}", one.sentence, one.remedy):
            assert part in words

    def test_tells_it_on_the_page_in_words_of_its_own(self, flag: str) -> None:
        [one] = told([flag], MOU)
        [shown] = flagged([flag], Wording("en", MOU))
        assert (shown.sentence, shown.remedy) == (one.sentence, one.remedy)
        assert shown.says == [say_flag(flag, Wording("en", MOU))]
        assert shown.says != [flag]
        assert say_flag(flag, Wording("es", MOU)) != shown.says[0]


def test_an_event_that_has_no_room_for_the_words_keeps_the_clauses_and_every_fact() -> None:
    flags = tuple(f"unopenable.{cls}" for cls in SealedClass)
    data = ActRecorded(record=str(UUID(int=1)), act="x", done_at=NOW, flags=flags, sealed={})
    room = plain_room(SealedClass.NARRATIVE, MAX_SEALED) - len('{"text":""}')
    full = {SealedClass.NARRATIVE: {"text": "x" * room}}
    [[kept], gaps] = explained([Fact(data, "5.8", NOW, str(uuid4()), str(uuid4()), seal=full)], MOU)
    assert kept.seal == full
    assert [list(gap) for gap in kept.data.written()["gaps"]] == [["flag", "clause"]] * len(flags)
    assert all(gap.sentence and gap.remedy for gap in gaps)
