"""Signing in to the pages, the session and its end, on a real PostgreSQL."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from fastapi import Request
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import ECKey

from deploy.local.choosing import CLIENT
from deploy.local.issuer import token
from services.referrals.domain.governance import roles_stream
from services.referrals.domain.sessions import NOT_NAMED
from services.referrals.signing_in.door import Door
from services.referrals.signing_in.sessions import NoRole, fold_again
from shared.events import Draft
from shared.events.names import Agency, Role, events_topic
from shared.events.types.role import RoleEnded
from shared.web.callers import Caller
from tests.integration.signing_in_made import SITE, WORKER, parameters, person, place

pytestmark = pytest.mark.platform
MINUTES = timedelta(minutes=1)


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with place(infra, tmp_path_factory.mktemp("signing-in")) as made:
        yield made


@pytest.fixture
def at(here):
    """The same place, its clock put right again and its provider honest."""
    here.clock.ahead = timedelta()
    here.provider.away, here.provider.says, here.provider.token = False, {}, None
    for provider in here.desk.providers.values():
        provider._found = None
    return here


@pytest.fixture
def browser(at):
    return at.browser()


class TestSigningIn:
    def test_leads_to_the_provider_and_back_to_the_page(self, browser):
        answer = browser.sign_in(to="/cases/1%3Fq%3D2")
        assert (answer.status_code, answer.headers["location"]) == (303, "/cases/1?q=2")
        assert browser.get("/cases/1").json() == {"person": str(person().id), "roles": ["social-worker"]}

    def test_sets_one_cookie_that_scripts_and_other_sites_cannot_use(self, browser):
        set_cookie = [v for v in browser.sign_in().headers.get_list("set-cookie") if "Max-Age=0" not in v]
        assert len(set_cookie) == 1
        assert all(word in set_cookie[0] for word in ("HttpOnly", "SameSite=lax", "Path=/"))
        assert "Max-Age" not in set_cookie[0]

    def test_asks_for_a_code_with_pkce_a_state_and_a_nonce_and_names_no_secret(self, browser):
        asked = parameters(browser.leave())
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["redirect_uri"] == f"{SITE}/sign-in/back"
        assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3

    def test_is_an_event_that_names_no_more_than_it_must(self, at, browser):
        browser.sign_in()
        [begun] = at.events("session.begun", session=browser.claims.sid)
        assert (begun.data.person, begun.data.agency, begun.data.how) == (
            str(person().id),
            "human-services",
            "openid-connect",
        )
        assert (begun.envelope.source, begun.envelope.stream) == ("/services/referrals", begun.data.session)

    @pytest.mark.parametrize("to", ["https://evil.example", "//evil.example", "/session/exit", "/v1/mou"])
    def test_never_leads_to_another_site(self, browser, to):
        assert browser.sign_in(to=to).headers["location"] == "/inbox"

    def test_has_the_browsers_language_the_first_time_and_later_what_was_preferred(self, at):
        one = at.browser()
        back = at.provider.choose(one.leave(accept_language="es-MX,en;q=0.5"), "board@county")
        one.get(back.removeprefix(SITE))
        assert one.claims.language == "es"
        one.post("/session/view", {"language": "en"})
        one.post("/session/view", {"privacy": "on", "language": "fr"})
        assert (one.claims.language, one.claims.privacy) == ("en", True)
        other = at.browser()
        other.sign_in("board@county")
        assert (other.claims.language, other.claims.privacy) == ("en", True)

    def test_again_ends_the_session_before(self, at, browser):
        browser.sign_in()
        first = browser.claims.sid
        browser.sign_in()
        assert browser.claims.sid != first
        assert [e.data.reason for e in at.events("session.ended", session=first)] == ["sign-out"]


class TestAnAddressThatNamesAnInventedPerson:
    def test_leads_straight_to_the_provider_with_that_person_first(self, at, browser):
        answer = browser.get(f"/sign-in?as={WORKER}&to=/cases/1")
        answer = browser.get(answer.headers["location"])
        page = at.provider.client.get(answer.headers["location"])
        first = re.search(r'href="([^"]+)"[^>]*>([^<]+)<', page.text)
        assert first[2] == "Go on as Social worker, Human services"
        back = at.provider.client.get(unescape(first[1])).headers["location"]
        assert browser.get(back.removeprefix(SITE)).headers["location"] == "/cases/1"
        assert browser.claims.sub == str(person().id)

    @pytest.mark.parametrize("who", ["nobody@nowhere", "system@sheriff", "<b>"])
    def test_leads_to_the_list_if_there_is_nobody_of_that_name(self, at, browser, who):
        answer = browser.get(browser.get(f"/sign-in?as={quote(who)}").headers["location"])
        page = at.provider.client.get(answer.headers["location"])
        assert "Go on as" not in page.text
        assert who not in page.text

    def test_is_not_looked_at_on_a_countys_site(self, at):
        desk = replace(at.desk, site=replace(at.desk.site, url="https://accord.county.example"))
        assert Door(desk).choose(asked_by(at), person=WORKER).status_code == 200


def asked_by(at) -> Request:
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": "/sign-in",
            "headers": [],
            "query_string": b"",
            "app": at.app,
        }
    )


def refused(answer) -> str:
    assert answer.status_code == 403, answer.text
    assert not any("accord-local=ey" in value for value in answer.headers.get_list("set-cookie"))
    return str(answer.text)


class TestASignInThatIsNotGood:
    def test_with_a_state_that_nobody_asked_with_is_refused(self, at, browser):
        back = at.provider.choose(browser.leave(), WORKER)
        assert "Start again" in refused(browser.get(back.removeprefix(SITE).replace("state=", "state=x")))

    def test_that_another_browser_began_is_refused(self, at, browser):
        back = at.provider.choose(browser.leave(), WORKER)
        third = at.browser()
        third.leave()
        refused(third.get(back.removeprefix(SITE)))
        refused(at.browser().get(back.removeprefix(SITE)))

    def test_a_second_time_is_refused(self, at, browser):
        back = at.provider.choose(browser.leave(), WORKER).removeprefix(SITE)
        jar = dict(browser.client.cookies)
        assert browser.get(back).status_code == 303
        again = at.browser()
        again.client.cookies.update(jar)
        refused(again.get(back))

    def test_after_ten_minutes_is_refused(self, at, browser):
        back = at.provider.choose(browser.leave(), WORKER)
        at.clock.ahead = 11 * MINUTES
        refused(browser.get(back.removeprefix(SITE)))

    def test_with_a_code_that_was_used_is_refused(self, at):
        one, other = at.browser(), at.browser()
        code = parameters(at.provider.choose(one.leave(), WORKER))["code"]
        asked = parameters(other.leave())
        one.get(
            f"/sign-in/back?code={code}&state={asked['state']}"
        )  # another browser's state: nothing happens
        answer = other.get(f"/sign-in/back?code={code}&state={asked['state']}")
        assert "cannot use the answer" in refused(answer)  # PKCE: the code belongs to the first one's request

    def test_that_the_provider_denied_is_refused(self, browser):
        state = parameters(browser.leave())["state"]
        assert "did not let you in" in refused(
            browser.get(f"/sign-in/back?error=access_denied&state={state}")
        )

    def test_that_names_another_provider_is_refused(self, at, browser):
        back = at.provider.choose(browser.leave(), WORKER).removeprefix(SITE)
        refused(browser.get(back.replace("iss=http", "iss=https")))

    @pytest.mark.parametrize(
        "claims",
        [
            {},
            {"azp": CLIENT},
            {"azp": "somebody-else"},
            {"audience": "accord"},
            {"audience": "somebody-else"},
            {"nonce": "of-another-sign-in"},
            {"nonce": None},
            {"issuer": "https://id.example"},
            {"ttl": -60},
        ],
        ids=str,
    )
    def test_with_a_good_id_token_is_taken_and_with_a_foreign_or_stale_one_refused(self, at, browser, claims):
        address = browser.leave()
        asked = parameters(address)
        full = {"audience": CLIENT, "nonce": asked["nonce"], "issuer": at.provider.url, "ttl": 300, **claims}
        back, key = at.provider.choose(address, WORKER), at.provider.key
        now = int(at.now().timestamp())
        good = token(key, full["issuer"], person(), now, full["ttl"], full["audience"], full["nonce"])
        azp = {"azp": claims["azp"]} if "azp" in claims else {}
        header = {"alg": "ES256", "kid": str(key.kid)}
        at.provider.token = jwt.encode(header, jwt.decode(good, key).claims | azp, key)
        answer = browser.get(back.removeprefix(SITE))
        if claims in ({}, {"azp": CLIENT}):  # the same way of asking, with a good token
            assert answer.headers["location"] == "/cases/1"
        else:
            assert "cannot use the answer" in refused(answer)

    def test_with_an_id_token_signed_by_another_key_is_refused(self, at, browser):
        address = browser.leave()
        asked = parameters(address)
        back = at.provider.choose(address, WORKER)
        forged = ECKey.generate_key("P-256", {"kid": str(at.provider.key.kid)})
        now = int(at.now().timestamp())
        at.provider.token = token(forged, at.provider.url, person(), now, 300, CLIENT, asked["nonce"])
        assert "cannot use the answer" in refused(browser.get(back.removeprefix(SITE)))

    def test_as_a_system_is_refused_since_pages_are_for_people(self, at, browser):
        address = browser.leave()
        asked = parameters(address)
        back = at.provider.choose(address, WORKER)
        now = int(at.now().timestamp())
        system = person("system@human-services")
        at.provider.token = token(at.provider.key, at.provider.url, system, now, 300, CLIENT, asked["nonce"])
        assert "no role" in refused(browser.get(back.removeprefix(SITE)))
        assert not at.events("session.begun", person=str(system.id))

    def test_while_the_provider_is_away_says_so_and_is_tried_again(self, at, browser):
        at.provider.away = True
        answer = browser.get("/sign-in/with/0?to=/cases/1")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
        assert "/sign-in?to=/cases/1" in answer.text
        at.provider.away = False
        back = at.provider.choose(browser.leave(), WORKER)
        at.provider.away = True
        assert browser.get(back.removeprefix(SITE)).status_code == 503

    @pytest.mark.parametrize(
        "says",
        [
            {"issuer": "https://evil.example"},
            {"authorization_endpoint": "http://evil.example/a"},
            {"authorization_endpoint": "javascript:alert(1)"},
            {"authorization_endpoint": 1},
        ],
        ids=str,
    )
    def test_by_a_discovery_document_of_somebody_else_leads_nowhere(self, at, browser, says):
        at.provider.says = says
        assert browser.get("/sign-in/with/0").status_code == 503


class TestAnIssuerThatMayNotSpeakForTheAgency:
    def test_signs_nobody_in(self, infra, tmp_path):
        with place(infra, tmp_path, agencies=["probation"]) as at:
            assert "may not speak for" in refused(at.browser().sign_in(WORKER))
            assert at.browser().sign_in("officer@probation").status_code == 303
            assert not at.events("role.assigned", agency="human-services")


class TestASession:
    def test_is_renewed_after_three_minutes_for_whoever_opens_a_page(self, at, browser):
        browser.sign_in()
        at.clock.ahead = 4 * MINUTES
        answer = browser.get("/cases/1")
        assert answer.headers["location"] == "/session/renew?to=/cases/1"
        assert browser.follow(answer).json()["person"] == str(person().id)
        assert abs(browser.claims.exp - browser.claims.iat - 900) <= 1  # both are whole seconds

    def test_is_locked_when_nothing_was_done_for_fifteen_minutes(self, at, browser):
        browser.sign_in()
        at.clock.ahead = 15 * MINUTES
        sid = browser.claims.sid
        answer = browser.get(browser.get("/cases/1").headers["location"])
        assert answer.headers["location"] == "/sign-in?to=/cases/1&why=idle"
        assert "locked" in browser.get(answer.headers["location"]).text
        [ended] = at.events("session.ended", session=sid)
        assert ended.data.reason == "idle"
        assert browser.get("/cases/1").status_code == 303

    def test_is_not_kept_open_by_what_a_page_fetches_by_itself(self, at, browser):
        browser.sign_in()
        ends = browser.claims.exp
        at.clock.ahead = 10 * MINUTES
        for headers in ({"hx_request": "true"}, {"accept": "text/event-stream"}, {"sec_fetch_dest": "empty"}):
            browser.get("/session/renew?to=/cases/1", **headers)
            assert browser.claims.exp == ends
        browser.get("/session/renew?to=/cases/1", sec_fetch_dest="document")
        assert browser.claims.exp > ends + 500

    def test_goes_on_when_its_person_says_that_they_are_there(self, at, browser):
        browser.sign_in()
        at.clock.ahead = 14 * MINUTES
        assert browser.post("/session/stay").headers["location"] == "/cases/1"
        at.clock.ahead = 28 * MINUTES
        assert browser.post("/session/stay", hx_request="true").status_code == 204
        at.clock.ahead = 44 * MINUTES
        assert "why=idle" in browser.post("/session/stay").headers["location"]

    def test_lasts_twelve_hours_whatever_is_done(self, at, browser):
        browser.sign_in()
        sid = browser.claims.sid
        for minutes in range(10, 12 * 60, 10):
            at.clock.ahead = minutes * MINUTES
            assert "why" not in browser.post("/session/stay").headers["location"]
        assert browser.claims.exp - browser.claims.iat <= 600
        at.clock.ahead = 12 * 60 * MINUTES
        assert "why=absolute" in browser.get("/session/renew?to=/cases/1").headers["location"]
        assert [e.data.reason for e in at.events("session.ended", session=sid)] == ["absolute"]

    def test_locked_by_its_person_opens_nothing_anywhere_and_the_way_back_is_kept(self, at, browser):
        browser.sign_in()
        answer = browser.post("/session/lock", {"page": "/cases/7"})
        assert answer.headers["location"] == "/sign-in?to=/cases/7&why=lock"
        assert "renew" in browser.get("/cases/7").headers["location"]
        elsewhere = TestClient(
            at.audit, base_url=SITE, follow_redirects=False, cookies=dict(browser.client.cookies)
        )
        assert "renew" in elsewhere.get("/cases/7").headers["location"]
        assert browser.sign_in(to="/cases/7").headers["location"] == "/cases/7"

    def test_ends_when_its_person_signs_out(self, at, browser):
        browser.sign_in()
        sid = browser.claims.sid
        assert browser.post("/session/out").headers["location"] == "/sign-in?why=sign-out"
        assert browser.claims is None
        assert [e.data.reason for e in at.events("session.ended", session=sid)] == ["sign-out"]

    @pytest.mark.parametrize(
        "path", ["/session/stay", "/session/view", "/session/lock", "/session/out", "/session/draft"]
    )
    def test_is_moved_by_no_other_site_and_by_no_other_session(self, at, browser, path):
        browser.sign_in()
        assert browser.post(path, sec_fetch_site="cross-site").status_code == 403
        assert browser.post(path, {"form-token": "x" * 24}).status_code == 403
        assert not at.events("session.ended", session=browser.claims.sid)

    def test_whose_row_is_gone_is_over(self, at, browser):
        browser.sign_in()
        with at.county.store.transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE id = %s", [browser.claims.sid])
        assert "why=removed" in browser.get("/session/renew?to=/cases/1").headers["location"]

    def test_that_is_over_ends_also_when_nobody_comes_back(self, at, browser):
        browser.sign_in()
        seen = at.now()
        at.clock.ahead = 60 * MINUTES
        assert at.sessions.sweep() >= 1
        [ended] = at.events("session.ended", session=browser.claims.sid)
        assert (ended.data.reason, ended.envelope.actor) == ("idle", "referrals")
        assert abs(ended.envelope.time - seen - 15 * MINUTES) < timedelta(seconds=5)
        assert at.sessions.sweep() == 0

    def test_ends_once_however_many_say_so(self, at, browser):
        browser.sign_in()
        sid = browser.claims.sid
        with ThreadPoolExecutor(6) as pool:
            ended = list(pool.map(lambda _: at.sessions.end(sid, "exit", str(uuid4())), range(6)))
        assert (ended.count(True), len(at.events("session.ended", session=sid))) == (1, 1)


class TestTheQuickExit:
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_ends_the_session_and_leaves_nothing_on_the_screen(self, at, browser, method):
        browser.sign_in()
        sid, cookie = browser.claims.sid, dict(browser.client.cookies)
        answer = getattr(browser, method)("/session/exit")
        assert (answer.status_code, answer.headers["location"]) == (303, "/session/gone")
        assert browser.claims is None
        assert [e.data.reason for e in at.events("session.ended", session=sid)] == ["exit"]
        assert "Accord" not in browser.get("/session/gone").text
        thief = at.browser()
        thief.client.cookies.update(cookie)
        assert thief.get("/cases/1").headers["location"] == "/session/renew?to=/cases/1"
        assert "why=exit" in thief.get("/session/renew?to=/cases/1").headers["location"]
        assert "renew" in thief.get("/cases/1").headers["location"]

    def test_after_which_a_stolen_cookie_opens_other_services_for_three_minutes_at_most(self, at, browser):
        browser.sign_in()
        elsewhere = TestClient(
            at.audit, base_url=SITE, follow_redirects=False, cookies=dict(browser.client.cookies)
        )
        browser.get("/session/exit")
        at.clock.ahead = 4 * MINUTES
        assert elsewhere.get("/cases/1").headers["location"] == "/session/renew?to=/cases/1"

    def test_works_for_whoever_has_no_session(self, browser):
        assert browser.get("/session/exit").headers["location"] == "/session/gone"

    @pytest.mark.parametrize("headers", [{"sec_fetch_site": "cross-site"}, {"sec_purpose": "prefetch"}])
    def test_that_was_not_meant_ends_nothing(self, at, browser, headers):
        browser.sign_in()
        sid = browser.claims.sid
        browser.get("/session/exit", **headers)
        assert not at.events("session.ended", session=sid)


class TestRoles:
    def caller(self, who: str, *roles: Role) -> Caller:
        return Caller(who, Agency.ADVOCACY, frozenset(roles))

    def begin(self, at, caller):
        return at.sessions.begin(caller, "en", "openid-connect", str(uuid4()))

    def told(self, at, who):
        kinds = ("role.assigned", "role.ended")
        return [(k, e.data.role) for k in kinds for e in at.events(k, person=who)]

    def test_that_the_token_names_are_recorded_the_first_time_and_not_again(self, at):
        who = str(uuid4())
        self.begin(at, self.caller(who, Role.ADVOCATE, Role.SUPERVISOR))
        self.begin(at, self.caller(who, Role.ADVOCATE, Role.SUPERVISOR))
        assert self.told(at, who) == [("role.assigned", "advocate"), ("role.assigned", "supervisor")]

    def test_that_the_token_names_no_longer_end_and_the_other_sessions_with_them(self, at):
        who = str(uuid4())
        first = self.begin(at, self.caller(who, Role.ADVOCATE, Role.SUPERVISOR))
        self.begin(at, self.caller(who, Role.ADVOCATE))
        [ended] = at.events("role.ended", person=who)
        assert (ended.data.role, ended.data.reason) == ("supervisor", NOT_NAMED)
        over = at.sessions.renew(first.id, by_person=True, correlation=str(uuid4()))
        assert over.reason == "roles-ended"
        assert [e.data.reason for e in at.events("session.ended", session=first.id)] == ["roles-ended"]

    def test_that_an_administrator_took_away_are_not_brought_back_by_a_token(self, at):
        who = str(uuid4())
        session = self.begin(at, self.caller(who, Role.ADVOCATE))
        self.end_role(at, who)
        over = at.sessions.renew(session.id, by_person=True, correlation=str(uuid4()))
        assert over.reason == "roles-ended"
        with pytest.raises(NoRole):
            self.begin(at, self.caller(who, Role.ADVOCATE))
        assert len(at.events("role.assigned", person=who)) == 1

    def end_role(self, at, who):
        """As the agency's administrator does it, by the command."""
        data = RoleEnded(person=who, agency=Agency.ADVOCACY, role=Role.ADVOCATE, reason="left-the-agency")
        draft = Draft(
            id=uuid4(),
            topic=events_topic("referrals"),
            source="/agencies/advocacy",
            subject=UUID(who),
            time=datetime.now(UTC),
            stream=UUID(roles_stream(who)),
            commandid=str(uuid4()),
            correlationid=str(uuid4()),
            actor=str(uuid4()),
            agency="advocacy",
            purpose="coordinate",
            mouversion="x",
            clause="2.2",
            data=data,
        )
        with at.county.store.transaction() as connection:
            at.county.store.append(connection, [draft], {})

    def test_are_recorded_once_by_two_sign_ins_at_the_same_time(self, at):
        who = str(uuid4())
        with ThreadPoolExecutor(4) as pool:
            sessions = list(pool.map(lambda _: self.begin(at, self.caller(who, Role.ADVOCATE)), range(3)))
        assert len({session.id for session in sessions}) == 3
        assert self.told(at, who) == [("role.assigned", "advocate")]


class TestWhatWasTyped:
    def test_is_sent_on_when_the_cookie_was_old(self, at, browser):
        browser.sign_in()
        at.clock.ahead = 5 * MINUTES
        fields = {"words": "facts, who said it, when", "key": str(uuid4())}
        answer = browser.follow(browser.post("/cases/1", fields), fields)
        assert answer.json() == {"key": fields["key"], "words": "facts, who said it, when"}

    def test_when_the_screen_was_locked_comes_back_after_signing_in_and_is_sent_once(self, at, browser):
        browser.sign_in()
        at.clock.ahead = 20 * MINUTES
        fields = {"words": "ten minutes of typing ñ 🙂", "key": str(uuid4()), "page": "/cases/1"}
        locked = browser.follow(browser.post("/cases/1", fields), fields)
        assert "ten minutes" not in locked.text
        answer = browser.sign_in()
        assert answer.headers["location"] == "/session/kept?to=/cases/1"
        kept = browser.get(answer.headers["location"])
        assert "ten minutes of typing ñ 🙂" in kept.text
        sent = browser.follow(browser.post("/session/kept", fields), fields)
        assert sent.json() == {"key": fields["key"], "words": "ten minutes of typing ñ 🙂"}
        assert browser.get("/session/kept?to=/cases/1").headers["location"] == "/cases/1"

    def test_in_two_tabs_is_kept_of_both(self, at, browser):
        browser.sign_in("coordinator@county")
        at.clock.ahead = 20 * MINUTES
        tabs = [{"words": word, "key": str(uuid4())} for word in ("first tab", "second tab")]
        for fields in tabs:
            browser.follow(browser.post("/cases/1", fields), fields)
        browser.sign_in("coordinator@county")
        for fields in tabs:
            assert fields["words"] in browser.get("/session/kept").text
            assert (
                browser.follow(browser.post("/session/kept", fields), fields).json()["key"] == fields["key"]
            )

    def test_with_a_field_without_a_name_is_sent_to_the_page_it_was_for(self, at, browser):
        browser.sign_in("privacy@county")
        at.clock.ahead = 20 * MINUTES
        fields = {"": "https://evil.example", "key": str(uuid4())}
        browser.follow(browser.post("/cases/1", fields), fields)
        browser.sign_in("privacy@county")
        assert browser.post("/session/kept", fields).headers["location"] == "/cases/1"

    def test_when_the_lock_was_found_by_the_clock_is_kept_and_the_reason_is_said(self, at, browser):
        browser.sign_in("operator@county")
        at.clock.ahead = 20 * MINUTES
        at.sessions.sweep()
        fields = {"words": "typed"}
        answer = browser.get(browser.get("/cases/1").headers["location"])
        assert answer.headers["location"].endswith("why=idle")
        browser.follow(browser.post("/cases/1", fields), fields)
        assert browser.sign_in("operator@county").headers["location"].startswith("/session/kept")

    def test_is_shown_to_nobody_else(self, at, browser):
        browser.sign_in()
        at.clock.ahead = 20 * MINUTES
        fields = {"words": "CANARY"}
        browser.follow(browser.post("/cases/1", fields), fields)
        assert browser.sign_in("officer@probation").headers["location"] == "/cases/1"
        assert "CANARY" not in browser.get("/session/kept").text

    def test_is_kept_of_that_sessions_own_pages_only(self, at, browser):
        browser.sign_in("liaison@office-of-education")
        at.clock.ahead = 20 * MINUTES
        fields = {"words": "planted", "form-token": "x" * 24}
        browser.follow(browser.post("/cases/1", fields), fields)
        assert browser.sign_in("liaison@office-of-education").headers["location"] == "/cases/1"

    def test_as_a_draft_is_its_persons_and_is_forgotten_when_sent(self, at, browser):
        browser.sign_in()
        assert browser.post("/session/draft", {"page": "/concerns/new", "words": "so far"}).status_code == 303
        who = str(person().id)
        assert at.drafts.of(who, "/concerns/new") == {"words": ("so far",)}
        assert at.drafts.of(str(uuid4()), "/concerns/new") == {}
        at.drafts.sent(who, "/concerns/new")
        assert at.drafts.of(who, "/concerns/new") == {}

    def test_is_nowhere_in_referrals_database_or_in_a_log(self, at, browser, capsys):
        browser.sign_in()
        browser.post("/session/draft", {"page": "/concerns/new", "words": "CANARY-draft"})
        with at.county.store.transaction() as connection:
            rows = connection.execute("SELECT * FROM sessions").fetchall()
        assert "CANARY" not in str(rows)
        said = capsys.readouterr()
        assert "CANARY" not in said.out + said.err


class TestAfterARepair:
    def test_a_session_that_ended_after_the_dump_stays_ended(self, at, browser):
        browser.sign_in()
        sid = browser.claims.sid
        browser.get("/session/exit")
        with at.county.store.transaction() as connection:
            connection.execute("UPDATE sessions SET ended = NULL WHERE id = %s", [sid])
        assert not at.sessions.has_ended(sid)
        with at.county.store.transaction() as connection:
            assert fold_again(connection, at.county.events(topic="accord.referrals.access")) >= 1
        assert at.sessions.has_ended(sid)

    def test_one_that_began_after_the_dump_is_known_again(self, at, browser):
        browser.sign_in()
        with at.county.store.transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE id = %s", [browser.claims.sid])
            fold_again(connection, at.county.events(topic="accord.referrals.access"))
        assert "why" not in browser.get("/session/renew?to=/cases/1").headers["location"]
