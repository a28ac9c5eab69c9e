"""People without a provider: invited by mail, signing in with a code, and what an administrator does."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import psycopg
import pytest

from services.referrals.people.codes import MOST, TRIES
from services.referrals.people.letters import LEASE
from shared.errors import TryLater
from tests.integration.people_made import mailbox, post_at, sign_in_as, text_of
from tests.integration.signing_in_made import SENDER, place

pytestmark = pytest.mark.platform
MINUTES, DAYS = timedelta(minutes=1), timedelta(days=1)
OK, BACK, UNKNOWN, NOT_RIGHT = 200, 303, 404, 422


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with place(infra, tmp_path_factory.mktemp("people")) as made:
        yield made


@pytest.fixture(scope="module")
def server():
    with mailbox() as made:
        yield made


class County:
    """A county with mail, and a new address for each test."""

    def __init__(self, place, server):
        self.place, (self.box, port) = place, server
        self.people, self.post = post_at(place, port)
        self.box.says = "250 OK"
        self.admin_id, self.agency = str(uuid4()), "shelter"
        self.admin = sign_in_as(place, self.admin_id, self.agency, "agency-admin")
        self.address = f"ruth-{uuid4().hex[:8]}@harbor.example"

    def send_mail(self):
        return asyncio.run(self.post.send_due())

    def invite(self, address=None, *roles, browser=None, **more):
        fields = [("address", address or self.address), *(("role", role) for role in roles or ("advocate",))]
        own = {"agency": "", **more}
        return post(browser or self.admin, "/people/invite", [*fields, *own.items()])

    def invited(self, address=None, *roles, **more):
        """The link that somebody got."""
        answer = self.invite(address, *roles, **more)
        assert answer.status_code == BACK, answer.text
        self.send_mail()
        return self.box.link(address or self.address)

    def accepted(self, address=None, *roles, **more):
        """A browser of somebody who accepted."""
        browser = self.place.browser()
        answer = browser.post(self.invited(address, *roles, **more))
        assert answer.headers["location"] == "/inbox", answer.text
        return browser

    def ask_for_code(self, address=None, browser=None):
        browser = browser or self.place.browser()
        answer = browser.post("/sign-in/own?to=/cases/1", {"address": address or self.address})
        assert answer.status_code == BACK
        return browser, answer

    def roles(self, person):
        return self.people.held(person, self.agency)


def post(browser, path, fields):
    """As `Browser.post`, for fields that stand there more than once."""
    own = {"form-token": browser.form_token, "key": str(uuid4()), "page": "/people"}
    sent = [(n, v) for n, v in own.items() if n not in dict(fields)] + list(fields)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return browser.client.post(path, content=urlencode(sent), headers=headers)


def raises_try_later(*_):
    raise TryLater("away", 1)


@pytest.fixture
def county(here, server):
    here.clock.ahead = timedelta()
    return County(here, server)


class TestAnInvitation:
    def test_leads_from_the_mail_to_the_inbox_in_two_actions(self, county):
        link = county.invited()
        browser = county.place.browser()
        page = browser.get(link)
        assert (page.status_code, "Harbor Youth Shelter" in page.text, "Advocate" in page.text) == (
            OK,
            True,
            True,
        )
        answer = browser.post(link)
        assert (answer.status_code, answer.headers["location"]) == (BACK, "/inbox")
        assert browser.get("/cases/1").json() == {"person": browser.claims.sub, "roles": ["advocate"]}
        [begun] = county.place.events("session.begun", session=browser.claims.sid)
        assert (begun.data.how, begun.data.agency) == ("invitation", "shelter")

    def test_gives_roles_that_are_the_administrators_own_act(self, county):
        browser = county.accepted(None, "advocate", "supervisor")
        given = county.place.events("role.assigned", person=browser.claims.sub)
        assert {(e.data.role, e.envelope.actor, e.envelope.clause) for e in given} == {
            ("advocate", county.admin_id, "7.2"),
            ("supervisor", county.admin_id, "7.2"),
        }

    def test_is_a_letter_that_says_nothing_of_anybody(self, county):
        county.invited()
        [letter] = county.box.to(county.address)
        assert re.fullmatch(r"Invitation L-[0-9A-Z]{6}", letter["Subject"])
        assert (letter["From"], letter["Auto-Submitted"]) == (SENDER, "auto-generated")
        assert letter.get_content_type() == "multipart/alternative"
        whole = letter.as_string()
        assert not any(word in whole for word in ("Harbor", "shelter", "dvocate", county.admin_id))
        assert "Abra esta página" in text_of(letter)

    @pytest.mark.parametrize("ask", ["GET", "HEAD"])
    def test_is_not_accepted_by_a_program_that_opens_links(self, county, ask):
        link = county.invited()
        county.place.browser().client.request(ask, link)
        assert county.place.browser().post(link).headers["location"] == "/inbox"

    def test_works_once(self, county):
        link = county.invited()
        county.place.browser().post(link)
        other = county.place.browser()
        answer = other.post(link)
        assert (answer.status_code, "accepted before" in answer.text, other.claims) == (410, True, None)

    def test_accepted_twice_by_the_same_browser_leads_to_the_inbox_twice(self, county):
        link = county.invited()
        browser = county.place.browser()
        first, second = browser.post(link), browser.post(link)
        assert [one.headers["location"] for one in (first, second)] == ["/inbox", "/inbox"]

    def test_is_over_after_seven_days(self, county):
        link = county.invited()
        county.place.clock.ahead = 7 * DAYS
        answer = county.place.browser().post(link)
        assert (answer.status_code, "time is over" in answer.text) == (410, True)
        assert "no-such-link" not in county.place.browser().get("/sign-in/invited/no-such-link").text

    def test_sent_again_is_a_new_link_and_the_old_one_opens_nothing(self, county):
        old = county.invited()
        person = county.people.accounts.here("shelter", county.address).person
        county.place.clock.ahead = MINUTES
        answers = [county.admin.post(f"/people/{person}/invite-again") for _ in range(2)]
        assert [one.status_code for one in answers] == [BACK, BACK]
        assert county.send_mail() == 1
        new = county.box.link(county.address)
        assert new != old
        assert county.place.browser().post(old).status_code == 410
        assert county.place.browser().post(new).status_code == BACK

    def test_that_is_sent_twice_by_a_double_click_is_one(self, county):
        key = str(uuid4())
        answers = [county.invite(key=key) for _ in range(2)]
        assert [one.headers["location"] for one in answers] == ["/people?done=invited"] * 2
        county.send_mail()
        assert len(county.box.to(county.address)) == 1
        person = county.people.accounts.here("shelter", county.address).person
        assert len(county.place.events("role.assigned", person=person)) == 1

    @pytest.mark.parametrize(
        ("fields", "says"),
        [
            ({"address": "nobody"}, "like name@agency.org"),
            ({"address": "a b@c.example"}, "like name@agency.org"),
            ({"role": "deputy"}, "Choose at least one role"),
            ({"role": "system"}, "Choose at least one role"),
            ({"role": "<script>"}, "Choose at least one role"),
        ],
        ids=str,
    )
    def test_with_a_forged_or_a_wrong_field_is_not_sent_and_keeps_what_was_typed(self, county, fields, says):
        whole = {"address": county.address, "role": "advocate", "agency": "", **fields}
        answer = post(county.admin, "/people/invite", list(whole.items()))
        assert (answer.status_code, says in answer.text) == (NOT_RIGHT, True)
        assert f'value="{whole["address"]}"' in answer.text
        assert "<script>" not in answer.text.replace("<script src", "")
        assert county.send_mail() == 0

    def test_of_somebody_who_is_there_is_said_at_the_field(self, county):
        county.accepted()
        answer = county.invite()
        assert (answer.status_code, "on the list already" in answer.text) == (NOT_RIGHT, True)

    def test_to_an_address_of_another_agencys_person_cannot_be_accepted(self, county):
        county.accepted()
        other = sign_in_as(county.place, str(uuid4()), "advocacy", "agency-admin")
        link = county.invited(None, "advocate", browser=other)
        answer = county.place.browser().post(link)
        assert (answer.status_code, "in use for another agency" in answer.text) == (410, True)

    def test_to_a_new_agencys_first_administrator_comes_from_the_county(self, county):
        oversight = sign_in_as(county.place, str(uuid4()), "county", "agency-admin")
        assert "Harbor Youth Shelter" in oversight.get("/people").text
        assert 'value="agency-admin" checked' in oversight.get("/people/invite?agency=shelter").text
        first = county.accepted(None, "agency-admin", "advocate", browser=oversight, agency="shelter")
        assert (first.claims.agency, first.claims.roles) == ("shelter", {"agency-admin", "advocate"})
        assert county.address not in oversight.get("/people").text

    @pytest.mark.parametrize("agency", ["sheriff", "county", "nowhere", "<b>"])
    def test_for_another_agency_is_not_for_an_agencys_administrator(self, county, agency):
        assert county.admin.get(f"/people/invite?agency={agency}").status_code == UNKNOWN
        assert county.invite(agency=agency).status_code == UNKNOWN
        assert county.send_mail() == 0


class TestACode:
    def test_signs_in_who_was_invited_and_leads_back_to_the_page(self, county):
        first = county.accepted()
        browser, answer = county.ask_for_code()
        assert answer.headers["location"] == "/sign-in/own/code?to=/cases/1"
        county.send_mail()
        answer = browser.post("/sign-in/own/code?to=/cases/1", {"code": county.box.code(county.address)})
        assert (answer.status_code, answer.headers["location"]) == (BACK, "/cases/1")
        assert browser.claims.sub == first.claims.sub
        [begun] = county.place.events("session.begun", session=browser.claims.sid)
        assert begun.data.how == "one-time-code"

    def test_stands_in_no_subject_and_the_letter_names_nobody(self, county):
        county.accepted()
        county.ask_for_code()
        county.send_mail()
        letter = county.box.to(county.address)[-1]
        assert re.fullmatch(r"Sign-in L-[0-9A-Z]{6}", letter["Subject"])
        assert not any(word in letter.as_string() for word in ("Harbor", "shelter", "dvocate"))

    def test_for_an_address_that_nobody_has_looks_the_same_and_sends_nothing(self, county):
        county.accepted()
        known, unknown = county.ask_for_code(), county.ask_for_code("nobody@harbor.example")
        assert [a.headers["location"] for _, a in (known, unknown)] == ["/sign-in/own/code?to=/cases/1"] * 2
        pages = [browser.get("/sign-in/own/code").text for browser, _ in (known, unknown)]
        assert pages[0] == pages[1]
        assert county.send_mail() == 1
        answers = [b.post("/sign-in/own/code", {"code": "00000000"}) for b, _ in (known, unknown)]
        assert answers[0].text == answers[1].text
        assert [one.status_code for one in answers] == [403, 403]

    def test_works_once_and_only_in_the_browser_that_asked(self, county):
        county.accepted()
        browser, _ = county.ask_for_code()
        county.send_mail()
        code, other = county.box.code(county.address), county.place.browser()
        assert "cannot be used any more" in other.post("/sign-in/own/code", {"code": code}).text
        jar = dict(browser.client.cookies)
        assert browser.post("/sign-in/own/code", {"code": code}).status_code == BACK
        other.client.cookies.update(jar)
        assert "cannot be used any more" in other.post("/sign-in/own/code", {"code": code}).text

    def test_is_over_after_ten_minutes(self, county):
        county.accepted()
        browser, _ = county.ask_for_code()
        county.send_mail()
        county.place.clock.ahead = 10 * MINUTES
        answer = browser.post("/sign-in/own/code", {"code": county.box.code(county.address)})
        assert (answer.status_code, "cannot be used any more" in answer.text) == (403, True)

    def test_typed_wrong_says_how_often_it_can_be_tried_and_then_is_over(self, county):
        county.accepted()
        browser, _ = county.ask_for_code()
        county.send_mail()
        code = county.box.code(county.address)
        wrong = f"{(int(code.replace(' ', '')) + 1) % 10**8:08d}"
        said = [browser.post("/sign-in/own/code", {"code": wrong}).text for _ in range(TRIES)]
        assert "4 times more" in said[0]
        assert "once more" in said[3]
        assert "cannot be used any more" in said[4]
        assert "cannot be used any more" in browser.post("/sign-in/own/code", {"code": code}).text
        assert not any(wrong in text for text in said)

    @pytest.mark.parametrize("typed", ["", "1234567", "123456789", "１２３４５６７８", "x" * 3_000])
    def test_of_another_form_costs_no_try(self, county, typed):
        county.accepted()
        browser, _ = county.ask_for_code()
        county.send_mail()
        for _ in range(TRIES):
            answer = browser.post("/sign-in/own/code", {"code": typed})
            assert (answer.status_code, "8 digits" in answer.text) == (NOT_RIGHT, True)
        code = county.box.code(county.address)
        assert browser.post("/sign-in/own/code", {"code": code.replace(" ", "-")}).status_code == BACK

    def test_is_sent_five_times_in_an_hour_and_then_not(self, county):
        county.accepted()
        county.send_mail()
        for _ in range(MOST + 2):
            county.ask_for_code()
        assert county.send_mail() == MOST

    def test_tried_by_many_at_once_is_tried_five_times(self, county):
        county.accepted()
        browser, _ = county.ask_for_code()
        [cookie] = [v for n, v in browser.client.cookies.items() if n.endswith("signing-in")]
        with ThreadPoolExecutor(8) as many:
            found = list(many.map(lambda n: county.people.codes.check(cookie, f"{n:08d}"), range(20)))
        assert sum(one is not None for one in found) == TRIES - 1  # the fifth says that it was the last

    def test_signs_nobody_in_who_holds_no_role_any_more(self, county):
        person = county.accepted().claims.sub
        fields = {"role": "advocate", "reason": "on-leave"}
        assert county.admin.post(f"/people/{person}/roles/end", fields).status_code == BACK
        browser, _ = county.ask_for_code()
        county.send_mail()
        answer = browser.post("/sign-in/own/code", {"code": county.box.code(county.address)})
        assert (answer.status_code, "no role" in answer.text, browser.claims) == (403, True, None)

    def test_is_offered_where_people_sign_in(self, county):
        assert 'href="/sign-in/own?to=/cases/1"' in county.place.browser().get("/sign-in?to=/cases/1").text

    def test_from_another_site_is_not_asked_for(self, county):
        answer = county.place.browser().post(
            "/sign-in/own", {"address": county.address}, sec_fetch_site="cross-site"
        )
        assert answer.status_code == 403
        assert county.send_mail() == 0


GARBAGE = ["", "null", "[]", '{"rawId": 5}', '{"rawId": "AA"}', "[" * 19_000, "x" * 30_000]


class TestAPasskey:
    @pytest.mark.parametrize("answer", GARBAGE, ids=lambda text: text[:20])
    def test_that_no_device_signed_opens_nothing(self, county, answer):
        browser = county.place.browser()
        jar = county.people.passkeys.begin_using("browser")
        assert "challenge" in jar
        browser.client.cookies.set("accord-local-signing-in", "browser")
        refused = browser.post("/sign-in/own/passkey", {"credential": answer})
        assert (refused.status_code, "does not open Accord" in refused.text) == (403, True)
        assert browser.claims is None

    @pytest.mark.parametrize("answer", GARBAGE, ids=lambda text: text[:20])
    def test_that_no_device_made_is_not_kept(self, county, answer):
        browser = county.accepted()
        county.people.passkeys.begin_making(browser.claims.sid, browser.claims.sub)
        made = browser.post("/people/passkey", {"credential": answer})
        assert made.headers["location"] == "/people/passkey?done=not-made"
        assert county.people.passkeys.count(browser.claims.sub) == 0

    def test_is_not_asked_for_at_an_address_that_is_a_number(self, county):
        browser = county.accepted()
        assert browser.post("/people/passkey/begin").status_code == UNKNOWN
        assert county.place.browser().post("/sign-in/own/passkey/begin").status_code == UNKNOWN
        assert "do not work at this address" in browser.get("/people/passkey").text

    def test_is_not_for_those_whom_a_provider_lets_in(self, county):
        browser = sign_in_as(county.place, str(uuid4()), "shelter", "advocate")
        assert browser.get("/people/passkey").status_code == UNKNOWN
        assert browser.post("/people/passkey", {"credential": "{}"}).status_code == UNKNOWN


class TestTheMail:
    def test_that_its_server_does_not_take_now_is_kept_said_and_sent_later(self, county):
        county.box.says = "451 later"
        county.invite()
        assert county.send_mail() == 0
        assert "does not go out just now" in county.admin.get("/people").text
        assert county.send_mail() == 0
        county.box.says = "250 OK"
        county.place.clock.ahead = MINUTES
        assert county.send_mail() == 1
        assert "does not go out just now" not in county.admin.get("/people").text
        assert county.place.browser().post(county.box.link(county.address)).status_code == BACK

    def test_of_an_invitation_that_the_vault_could_not_keep_is_sent_when_the_form_is_sent_again(
        self, county, monkeypatch
    ):
        key = str(uuid4())
        with monkeypatch.context() as away:
            away.setattr(county.place.county.vault.addresses, "keep_letter", raises_try_later)
            answer = county.invite(key=key)
        assert (answer.status_code, county.address in answer.text) == (503, True)
        assert county.invite(key=key).status_code == BACK
        assert county.send_mail() == 1
        person = county.people.accounts.here("shelter", county.address).person
        assert len(county.place.events("role.assigned", person=person)) == 1

    def test_whose_server_is_away_is_kept_and_the_page_of_the_code_says_so(self, county):
        county.accepted()
        _, away = post_at(county.place, 9)
        browser, _ = county.ask_for_code()
        assert asyncio.run(away.send_due()) == 0
        assert "does not go out just now" in browser.get("/sign-in/own/code").text
        county.place.clock.ahead = MINUTES
        county.send_mail()
        code = county.box.code(county.address)
        assert browser.post("/sign-in/own/code", {"code": code}).status_code == BACK

    def test_for_an_address_that_the_server_does_not_know_is_said_to_the_administrator(self, county):
        county.box.says = "550 no such user"
        county.invite()
        county.send_mail()
        assert "does not arrive" in county.admin.get("/people").text
        county.place.clock.ahead = DAYS
        county.box.says = "250 OK"
        assert county.send_mail() == 0

    def test_sent_by_two_processes_is_sent_once(self, county):
        for n in range(6):
            county.invite(f"{n}-{county.address}")
        with ThreadPoolExecutor(3) as many:
            sent = list(many.map(lambda _: county.send_mail(), range(3)))
        assert sum(sent) == 6
        assert [len(county.box.to(f"{n}-{county.address}")) for n in range(6)] == [1] * 6

    def test_that_one_process_sends_no_other_takes_until_that_one_must_have_died(self, county):
        county.invite()
        taken = county.people.letters.take()
        assert county.people.letters.take() is None
        county.place.clock.ahead = LEASE
        assert county.people.letters.take().id == taken.id
        county.people.letters.done(taken.id)

    def test_sent_again_after_a_process_died_is_the_same_message(self, county):
        county.invite()
        taken = county.people.letters.take()
        assert asyncio.run(county.post._send(taken))
        with psycopg.connect(county.place.county.url) as connection:
            county.people.letters.book.keep_letter(
                taken.id, b'{"kind": "invitation", "link": "x"}', county.place.now() + DAYS
            )
            connection.execute(
                "INSERT INTO letters (id, person, due, until) VALUES (%s, %s, now(), now() + interval '1 day')",
                [taken.id, taken.person],
            )
        county.send_mail()
        first, second = county.box.to(county.address)
        assert first["Message-ID"] == second["Message-ID"]

    def test_and_all_that_waited_with_it_is_forgotten_in_time(self, county):
        county.invite()
        county.ask_for_code()
        county.people.passkeys.begin_using("somebody")
        county.place.clock.ahead = 8 * DAYS
        for kept in (county.people.codes, county.people.letters, county.people.passkeys):
            kept.forget()
        with psycopg.connect(county.place.county.url) as connection:
            left = {
                name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
                for name in ("codes", "letters", "challenges")
            }
        assert left == {"codes": 0, "letters": 0, "challenges": 0}

    def test_is_in_no_database_in_clear_nor_is_an_address(self, county):
        county.accepted()
        county.ask_for_code()
        for url in (county.place.county.url, county.place.county.vault_url):
            with psycopg.connect(url) as connection:
                tables = [
                    row[0]
                    for row in connection.execute(
                        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
                    ).fetchall()
                ]
                dump = "".join(
                    str(connection.execute(f'SELECT * FROM "{name}"').fetchall()) for name in tables
                )
            assert "people" in tables or "addresses" in tables
            assert county.address not in dump
            assert county.address.split("@")[0] not in dump
        assert county.box.link(county.address).rpartition("/")[2] not in dump


class TestAnAdministrator:
    def test_sees_the_people_of_their_own_agency_with_how_they_stand(self, county):
        person = county.accepted(None, "advocate", "supervisor").claims.sub
        county.invite(f"new-{county.address}")
        own = sign_in_as(county.place, str(uuid4()), "shelter", "advocate").claims.sub
        text = county.admin.get("/people").text
        assert "People of Harbor Youth Shelter" in text
        assert county.address in text
        assert "Supervisor, Advocate" in text
        assert f"new-{county.address}" in text
        assert f'href="/people/{own}"' in text
        assert "own account" in text
        assert f'action="/people/{person}/remove"' in text

    def test_sees_no_address_in_privacy_view(self, county):
        county.accepted()
        county.admin.post("/session/view", {"privacy": "on"})
        text = county.admin.get("/people").text
        assert county.address not in text
        assert re.search(r">P-[0-9A-Z]{6}<", text)

    @pytest.mark.parametrize("path", ["", "/roles", "/roles/end", "/remove", "/restore", "/invite-again"])
    def test_of_another_agency_finds_nobody(self, county, path):
        person = county.accepted().claims.sub
        other = sign_in_as(county.place, str(uuid4()), "advocacy", "agency-admin")
        fields = {"role": "advocate", "new-role": "advocate", "reason": "on-leave"}
        there, nowhere = (
            other.post(f"/people/{one}{path}", fields) if path else other.get(f"/people/{one}")
            for one in (person, uuid4())
        )
        assert there.status_code == nowhere.status_code
        assert there.status_code == (UNKNOWN if path != "/restore" else BACK)
        assert county.roles(person) == {"advocate"}
        assert person not in other.get("/people").text

    def test_cannot_close_the_account_of_another_agencys_person_who_holds_a_role_here_too(self, county):
        person = county.accepted().claims.sub
        other = sign_in_as(county.place, str(uuid4()), "advocacy", "agency-admin")
        sign_in_as(county.place, person, "advocacy", "advocate")
        assert county.address not in other.get("/people").text
        other.post(f"/people/{person}/remove")
        other.post(f"/people/{person}/restore")
        assert county.people.accounts.of(person).active
        assert county.roles(person) == {"advocate"}

    @pytest.mark.parametrize("role", ["advocate", "supervisor"])
    def test_is_the_only_one_who_is_told_that_the_pages_are_there(self, county, role):
        browser = sign_in_as(county.place, str(uuid4()), "shelter", role)
        assert browser.get("/people").status_code == UNKNOWN
        assert browser.get("/people/invite").status_code == UNKNOWN
        assert county.invite(browser=browser).status_code == UNKNOWN
        assert 'href="/people"' not in browser.get("/sign-in").text
        assert county.place.browser().get("/people").headers["location"] == "/sign-in?to=/people"

    def test_gives_and_ends_roles_by_their_own_act(self, county):
        person = county.accepted().claims.sub
        given = county.admin.post(f"/people/{person}/roles", {"new-role": "supervisor"})
        assert given.headers["location"] == f"/people/{person}?done=given"
        assert county.roles(person) == {"advocate", "supervisor"}
        ended = county.admin.post(
            f"/people/{person}/roles/end", {"role": "advocate", "reason": "changed-role"}
        )
        assert "The role has ended" in county.admin.get(ended.headers["location"]).text
        assert county.roles(person) == {"supervisor"}
        [event] = county.place.events("role.ended", person=person)
        assert (event.envelope.actor, event.data.reason) == (county.admin_id, "changed-role")

    @pytest.mark.parametrize(
        ("path", "fields", "field"),
        [
            ("roles", {"new-role": "deputy"}, "new-role"),
            ("roles", {"new-role": "system-of-ours"}, "new-role"),
            ("roles/end", {"role": "advocate", "reason": "because"}, "reason"),
        ],
        ids=str,
    )
    def test_is_told_at_the_field_what_is_on_no_list(self, county, path, fields, field):
        person = county.accepted().claims.sub
        answer = county.admin.post(f"/people/{person}/{path}", fields)
        assert (answer.status_code, f'href="#{field}"' in answer.text) == (NOT_RIGHT, True)
        assert county.roles(person) == {"advocate"}

    def test_removes_somebody_in_one_action_and_nothing_of_theirs_goes_on(self, county):
        browser = county.accepted()
        person, session = browser.claims.sub, browser.claims.sid
        asked, _ = county.ask_for_code()
        county.send_mail()
        code = county.box.code(county.address)
        answer = county.admin.post(f"/people/{person}/remove")
        assert county.address not in county.admin.get(answer.headers["location"]).text
        assert browser.get("/cases/1").status_code == BACK
        [ended] = county.place.events("session.ended", session=session)
        assert (ended.data.reason, ended.envelope.actor) == ("removed", "referrals")
        assert county.roles(person) == set()
        assert "cannot be used any more" in asked.post("/sign-in/own/code", {"code": code}).text
        county.ask_for_code()
        assert county.send_mail() == 0
        assert [e.data.reason for e in county.place.events("role.ended", person=person)] == [
            "left-the-agency"
        ]

    def test_who_presses_twice_removes_once(self, county):
        person = county.accepted().claims.sub
        answers = [county.admin.post(f"/people/{person}/remove") for _ in range(2)]
        assert {one.headers["location"] for one in answers} == {f"/people?done=removed&who={person}"}
        assert len(county.place.events("role.ended", person=person)) == 1

    def test_takes_a_removal_back_for_ten_minutes(self, county):
        person = county.accepted(None, "advocate", "supervisor").claims.sub
        page = county.admin.get(county.admin.post(f"/people/{person}/remove").headers["location"])
        assert f'action="/people/{person}/restore"' in page.text
        answer = county.admin.post(f"/people/{person}/restore")
        assert answer.headers["location"] == "/people?done=restored"
        assert county.roles(person) == {"advocate", "supervisor"}
        browser, _ = county.ask_for_code()
        county.send_mail()
        code = county.box.code(county.address)
        assert browser.post("/sign-in/own/code", {"code": code}).status_code == BACK

    def test_after_ten_minutes_invites_anew_and_the_address_was_forgotten(self, county):
        person = county.accepted().claims.sub
        county.admin.post(f"/people/{person}/remove")
        county.place.clock.ahead = 11 * MINUTES
        county.people.accounts.forget()
        county.admin = sign_in_as(county.place, county.admin_id, "shelter", "agency-admin")
        answer = county.admin.post(f"/people/{person}/restore")
        assert answer.headers["location"] == "/people?done=too-late"
        assert county.people.accounts.of(person) is None
        with psycopg.connect(county.place.county.vault_url) as connection:
            found = connection.execute("SELECT 1 FROM addresses WHERE person = %s", [person]).fetchall()
        assert found == []
        assert county.invite().headers["location"] == "/people?done=invited"

    def test_removes_also_somebody_whom_the_agencys_provider_lets_in(self, county):
        browser = sign_in_as(county.place, str(uuid4()), "shelter", "advocate")
        person = browser.claims.sub
        county.admin.post(f"/people/{person}/remove")
        assert browser.get("/cases/1").status_code == BACK
        assert county.roles(person) == set()
        county.admin.post(f"/people/{person}/restore")
        assert county.roles(person) == {"advocate"}

    def test_cannot_lock_themselves_out(self, county):
        removed = county.admin.post(f"/people/{county.admin_id}/remove")
        fields = {"role": "agency-admin", "reason": "on-leave"}
        ended = county.admin.post(f"/people/{county.admin_id}/roles/end", fields)
        assert [one.status_code for one in (removed, ended)] == [NOT_RIGHT, NOT_RIGHT]
        assert "Ask another administrator" in removed.text
        assert county.roles(county.admin_id) == {"agency-admin"}

    def test_withdraws_an_invitation_by_removing(self, county):
        link = county.invited()
        person = county.people.accounts.here("shelter", county.address).person
        county.admin.post(f"/people/{person}/remove")
        assert county.place.browser().post(link).status_code == 410

    def test_from_another_site_or_session_changes_nothing(self, county):
        person = county.accepted().claims.sub
        foreign = county.admin.post(f"/people/{person}/remove", sec_fetch_site="cross-site")
        forged = county.admin.post(f"/people/{person}/remove", {"form-token": "guessed"})
        assert [one.status_code for one in (foreign, forged)] == [403, 403]
        assert county.roles(person) == {"advocate"}

    def test_begins_a_typed_invitation_where_it_was_left(self, county):
        county.admin.post("/session/draft", {"page": "/people/invite", "address": "left@harbor.example"})
        assert 'value="left@harbor.example"' in county.admin.get("/people/invite").text
        county.invite()
        assert "left@harbor.example" not in county.admin.get("/people/invite").text

    def test_who_presses_twice_removes_a_person_of_the_provider_once(self, county):
        person = sign_in_as(county.place, str(uuid4()), "shelter", "advocate").claims.sub
        answers = [county.admin.post(f"/people/{person}/remove") for _ in range(2)]
        assert [one.status_code for one in answers] == [BACK, BACK]
        assert len(county.place.events("role.ended", person=person)) == 1

    def test_removes_and_restores_somebody_without_a_role(self, county):
        person = county.accepted().claims.sub
        fields = {"role": "advocate", "reason": "on-leave"}
        county.admin.post(f"/people/{person}/roles/end", fields)
        assert "No role" in county.admin.get(f"/people/{person}").text
        county.admin.post(f"/people/{person}/remove")
        assert county.address not in county.admin.get("/people").text
        answer = county.admin.post(f"/people/{person}/restore")
        assert answer.headers["location"] == "/people?done=restored"
        assert county.address in county.admin.get("/people").text

    def test_who_invites_a_waiting_person_again_sends_a_new_link(self, county):
        old = county.invited()
        county.place.clock.ahead = MINUTES
        assert county.invite(None, "supervisor").status_code == BACK
        county.send_mail()
        assert county.box.link(county.address) != old
        browser = county.place.browser()
        browser.post(county.box.link(county.address))
        assert browser.claims.roles == {"advocate", "supervisor"}
