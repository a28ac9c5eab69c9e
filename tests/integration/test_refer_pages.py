"""Asking another agency on pages, over HTTP, on real PostgreSQL: the preview is what the other agency then sees."""

from __future__ import annotations

import re

import psycopg
import pytest

from services.referrals.application.previewing import disclosed
from shared.events.envelope import encode
from tests.integration.refer_made import pagewise

pytestmark = pytest.mark.platform
ASKED = {"recipient": "advocacy", "kind": "advocacy", "urgency": "hours", "youth_choice": "agrees"}
CANARY = "CANARY-7 asked for somebody who speaks Mixtec.\nמחר 🙂"


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with pagewise(infra, tmp_path_factory.mktemp("refer-pages")) as made:
        yield made


@pytest.fixture
def worker(here):
    return here.reader("worker")


def looked_at(reader, path, **typed):
    """The page with what the other agency will see."""
    reader.get(path)
    return reader.fill(path, {**ASKED, **typed, "step": "look"})


def box(page: str) -> str:
    """The part of a page with all that is told to whoever looks at it."""
    [found] = re.findall(r'<div class="accord-seen">.*?</div>', page, re.DOTALL)
    return found


class TestThePreview:
    @pytest.mark.parametrize(
        ("who", "typed"),
        [
            ("advocate", {"needs": ["advocate-now", "safe-bed"], "words": CANARY}),
            ("advocate", {"kind": "med-well", "words": CANARY}),
            ("advocate", {}),
            ("clinician", {"recipient": "behavioral-health", "kind": "mh-outpt", "words": CANARY}),
            ("clinician", {"recipient": "behavioral-health", "kind": "sud", "words": CANARY}),
            ("officer", {"recipient": "probation", "youth_choice": "declines", "words": "A & <b>"}),
        ],
    )
    def test_is_what_the_agency_that_was_asked_then_sees_byte_for_byte(self, here, worker, who, typed):
        path = f"/cases/{here.county.case()}/refer"
        preview = looked_at(worker, path, **typed)
        worker.fill(path, {"step": "send"})
        assert "Sent. The agency you asked is told." in worker.words
        reader = here.reader(who)
        assert box(reader.get(worker.path)) == box(preview)

    def test_and_so_is_the_view_that_it_is_made_of(self, here, worker, monkeypatch):
        found = []
        work = here.work
        real = type(work).look_ahead

        def remembered(self, *given):
            found.append(real(self, *given))
            return found[-1]

        monkeypatch.setattr(type(work), "look_ahead", remembered)
        path = f"/cases/{here.county.case()}/refer"
        looked_at(worker, path, words=CANARY, needs=["transport"])
        worker.fill(path, {"step": "send"})
        referral = worker.path.removeprefix("/referrals/")
        served = here.county.get(f"/v1/referrals/{referral}", "advocate").json()
        (sight,) = found[0].sights
        assert encode(disclosed(served)) == encode(sight.view)
        assert CANARY in encode(sight.view).decode("unicode_escape", "ignore") or "CANARY-7" in str(
            sight.view
        )

    def test_says_for_each_role_what_it_will_see(self, here, worker):
        path = f"/cases/{here.county.case()}/refer"
        looked_at(worker, path, recipient="office-of-education", kind="education", words="Needs a desk.")
        first, second = re.findall(r'<div class="accord-seen">.*?</div>', worker.page, re.DOTALL)
        assert "Seen by: Education liaison, The agency's own computers" in worker.words
        assert "Needs a desk." in first
        assert "Seen by: Supervisor" in worker.words
        assert "Needs a desk." not in second
        assert "Withheld from you" in second

    def test_writes_nothing(self, here, worker):
        case = here.county.case()
        before = here.county.count(), here.county.parts(), keys(here)
        looked_at(worker, f"/cases/{case}/refer", words=CANARY)
        assert "Nothing was sent yet." in worker.words
        assert (here.county.count(), here.county.parts(), keys(here)) == before

    def test_of_an_agency_outside_says_that_it_sees_nothing(self, here, worker):
        path = f"/cases/{here.county.case()}/refer"
        looked_at(worker, path, recipient="outside/regional-center", kind="reg-center")
        assert "This is what The regional center will see" in worker.words
        assert "This agency sees nothing here" in worker.words
        worker.fill(path, {"step": "send"})
        assert "Your next step: Say that you have it" in worker.words

    def test_is_shown_again_where_it_is_not_what_was_looked_at(self, here, worker):
        path = f"/cases/{here.county.case()}/refer"
        looked_at(worker, path, words="Looked at.")
        before = here.county.count()
        worker.fill(path, {"step": "send", "words": "Put in behind."})
        assert "What they will see is not what you looked at before." in worker.words
        assert here.county.count() == before
        worker.fill(path, {"step": "send"})
        assert "Put in behind." in worker.words

    def test_keeps_what_was_typed_when_something_is_to_be_changed(self, here, worker):
        path = f"/cases/{here.county.case()}/refer"
        looked_at(worker, path, words=CANARY, needs=["transport", "phone"])
        worker.fill(path, {"step": "change"})
        assert "CANARY-7 asked for somebody" in worker.page
        for code in ("transport", "phone", "hours", "agrees"):
            assert f'value="{code}" checked' in worker.page
        assert '<option value="advocacy" selected lang="en">Lantern Advocacy' in worker.page


def keys(here):
    """Everything that the vault holds of youths."""
    with psycopg.connect(here.county.vault_url) as connection:
        return connection.execute("SELECT count(*) FROM keys").fetchone()


class TestTheForm:
    @pytest.mark.parametrize("field", ["recipient", "kind", "urgency", "youth_choice"])
    def test_asks_for_what_is_missing_and_keeps_the_rest(self, here, worker, field):
        path = f"/cases/{here.county.case()}/refer"
        worker.get(path)
        typed = {**ASKED, "words": "Typed.", "step": "look"} | {field: ""}
        worker.fill(path, typed, status=422)
        assert f'href="#{field}"' in worker.page
        assert "Typed." in worker.page

    @pytest.mark.parametrize(
        ("forged", "field"),
        [
            ({"recipient": "human-services"}, "recipient"),
            ({"recipient": "outside/made-up"}, "recipient"),
            ({"recipient": "nobody"}, "recipient"),
            ({"kind": "made-up"}, "kind"),
            ({"needs": ["made-up"]}, "needs"),
            ({"urgency": "now"}, "urgency"),
            ({"words": "x" * 60_000}, "words"),
        ],
    )
    @pytest.mark.parametrize("step", ["look", "send"])
    def test_takes_nothing_that_was_forged(self, here, worker, forged, field, step):
        path = f"/cases/{here.county.case()}/refer"
        before = here.county.count()
        worker.get(path)
        worker.fill(path, {**ASKED, **forged, "step": step}, status=422)
        assert f'href="#{field}"' in worker.page
        assert here.county.count() == before

    def test_has_at_most_five_facts_beside_the_words(self, here, worker):
        worker.get(f"/cases/{here.county.case()}/refer")
        main = worker.page.partition("<main")[2].partition("</main>")[0]
        names = set(re.findall(r'<(?:select|textarea|input(?! type="hidden"))[^>]* name="([^"]+)"', main))
        assert names == {"recipient", "kind", "needs", "urgency", "youth_choice", "words"}

    def test_asks_which_matter_where_the_case_has_several(self, here, worker):
        case = here.county.case()
        here.county.referral(case, matter="delinquency")
        path = f"/cases/{case}/refer"
        worker.get(path)
        worker.fill(path, {**ASKED, "step": "look"}, status=422)
        assert 'href="#matter"' in worker.page
        worker.fill(path, {**ASKED, "matter": "delinquency", "step": "look"})
        worker.fill(path, {"step": "send"})
        assert len(here.county.events(kind="referral.requested", case=case, matter="delinquency")) == 2

    def test_sent_twice_asks_once(self, here, worker):
        case = here.county.case()
        path = f"/cases/{case}/refer"
        looked_at(worker, path)
        form = {**worker.form(path), "step": "send"}
        for _ in range(2):
            worker.send(path, form)
            assert "Sent. The agency you asked is told." in worker.words
        assert len(here.county.events(kind="referral.requested", case=case)) == 1

    def test_what_was_typed_and_not_sent_is_there_again_until_it_is_sent(self, here, worker):
        path = f"/cases/{here.county.case()}/refer"
        worker.get(path)
        here.work.desk.drafts.keep(worker.person, path, {"words": ("Not sent.",), "kind": ("transport",)})
        worker.get(path)
        assert "Not sent." in worker.page
        looked_at(worker, path)
        worker.fill(path, {"step": "send"})
        assert "Not sent." not in worker.get(path)

    @pytest.mark.parametrize("who", ["officer", "auditor", "advocate"])
    def test_is_not_there_for_who_may_not_know_of_the_case(self, here, who):
        reader = here.reader(who)
        reader.get(f"/cases/{here.county.case()}/refer", status=404)
        assert "It is not there, or it is not for you." in reader.words

    def test_a_word_is_in_no_address_and_no_title(self, here, worker):
        path = f"/cases/{here.county.case()}/refer"
        looked_at(worker, path, words=CANARY)
        assert "CANARY" not in worker.page.partition("</title>")[0]
        worker.fill(path, {"step": "send"})
        assert "CANARY" not in worker.url


class TestAskingAnotherAgency:
    def test_follows_the_one_that_could_not_take_it(self, here, worker):
        referral = here.county.referral(needs=["safe-bed"])
        here.act(referral, "reject", "advocate", reason="no-capacity")
        path = f"/referrals/{referral}/forward"
        worker.get(path)
        assert 'value="safe-bed" checked' in worker.page
        assert not re.search(r'name="youth_choice"[^>]* checked', worker.page)
        preview = looked_at(worker, path, recipient="shelter", needs=["safe-bed"], words="A quiet room.")
        worker.fill(path, {"step": "send"})
        shelter = here.reader("shelter")
        assert box(shelter.get(worker.path)) == box(preview)
        assert "Follows" in worker.words
        assert "Follows" not in shelter.words
        worker.get(f"/referrals/{referral}")
        assert "Another agency was asked" in worker.words
        assert "Your next step" not in worker.words

    def test_sent_twice_asks_once(self, here, worker):
        referral = here.county.referral()
        here.act(referral, "reject", "advocate", reason="no-capacity")
        path = f"/referrals/{referral}/forward"
        looked_at(worker, path, recipient="shelter")
        form = {**worker.form(path), "step": "send"}
        came = []
        for _ in range(2):
            worker.send(path, form)
            came.append(worker.path)
        assert came[0] == came[1]
        assert len(here.county.events(kind="referral.forwarded", referral=referral)) == 1

    def test_comes_back_as_typed_where_somebody_was_first(self, here, worker):
        referral = here.county.referral()
        here.act(referral, "reject", "advocate", reason="no-capacity")
        path = f"/referrals/{referral}/forward"
        looked_at(worker, path, recipient="shelter", words="Typed before.")
        body = {"recipient": "probation", "youth_choice": "agrees"}
        here.act(referral, "forward", "coordinator", status=201, **body)
        worker.fill(path, {"step": "send"}, status=412)
        assert "This changed while you had it open" in worker.words
        assert "Another agency was asked – Alder County Human Services" in worker.words
        assert "Typed before." in worker.page

    def test_is_not_offered_while_it_is_answered(self, here, worker):
        referral = here.county.referral()
        worker.get(f"/referrals/{referral}/forward")
        assert worker.path == f"/referrals/{referral}"
