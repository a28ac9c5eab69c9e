"""Absence and cover: the pages of who is away and of an administrator, and the same over HTTP."""

from __future__ import annotations

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import typer
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from services.referrals.api.app import checks, make_app
from services.referrals.cli import things
from shared.cli import run
from shared.events.moments import write_moment
from shared.events.names import Role
from shared.settings import Settings
from shared.web.callers import Caller
from shared.web.fakes import FakeVerifier
from shared.web.server import make_server
from shared.web.site.codes import code_of
from tests.integration.bus_support import eventually
from tests.integration.people_made import sign_in_as
from tests.integration.signing_in_made import place

pytestmark = pytest.mark.platform
OK, BACK, FORBIDDEN, UNKNOWN, NOT_RIGHT = 200, 303, 403, 404, 422
HOURS = timedelta(hours=1)
ZONE = ZoneInfo("America/Los_Angeles")
OWN = "/people/away"
#: What nobody may find again.
CANARY = "Marisol-Vega"


@pytest.fixture(scope="module")
def here(infra, tmp_path_factory):
    with place(infra, tmp_path_factory.mktemp("covers")) as made:
        yield made


class Agency:
    """Three people of the shelter, of whom one administers it; each test has its own."""

    def __init__(self, place):
        self.place = place
        self.away, self.colleague, self.admin = (str(uuid4()) for _ in range(3))
        self.person = sign_in_as(place, self.away, "shelter", "advocate")
        self.other = sign_in_as(place, self.colleague, "shelter", "advocate", "supervisor")
        self.administrator = sign_in_as(place, self.admin, "shelter", "agency-admin")

    def local(self, hours=0):
        return (self.place.now() + hours * HOURS).astimezone(ZONE).strftime("%Y-%m-%d %H:%M")

    def form(self, **changes):
        return {"covering": self.colleague, "begins": self.local(), "until": self.local(48), **changes}

    def arrange(self, browser=None, path=OWN, **changes):
        return (browser or self.person).post(path, self.form(**changes))

    def arranged(self):
        return self.place.events("cover.arranged", person=self.away)

    def ended(self):
        return self.place.events("cover.ended", person=self.away)

    def end(self, browser=None, path=OWN, cover=None, **more):
        cover = cover or self.arranged()[-1].data.cover
        return (browser or self.person).post(f"{path}/end", {"cover": cover, **more})


@pytest.fixture
def agency(here):
    here.clock.ahead = timedelta()
    return Agency(here)


def field_of(page, name):
    [found] = re.findall(rf'id="{name}"[^>]*value="([^"]*)"', page)
    return found


class TestOnesOwnAbsence:
    def test_is_arranged_with_a_colleague_from_and_until_a_local_time(self, agency):
        answer = agency.arrange(begins="2030-03-04 08:00", until="2030-03-08 17:30")
        assert (answer.status_code, answer.headers["location"]) == (BACK, f"{OWN}?done=arranged")
        [event] = agency.arranged()
        assert event.data.written() == {
            "cover": event.data.cover,
            "person": agency.away,
            "covering": agency.colleague,
            "agency": "shelter",
            "begins": "2030-03-04T16:00:00.000000Z",
            "until": "2030-03-09T01:30:00.000000Z",
        }
        assert (event.envelope.actor, event.envelope.clause, event.envelope.subject) == (
            agency.away,
            "7.7",
            agency.away,
        )
        page = agency.person.get(answer.headers["location"]).text
        assert "The cover is arranged" in page
        assert f"{code_of('person', agency.colleague)} (Supervisor, Advocate) covers" in page or (
            f"{code_of('person', agency.colleague)} (Advocate, Supervisor) covers" in page
        )

    def test_until_a_date_lasts_to_the_end_of_that_day(self, agency):
        agency.arrange(begins="2030-03-04", until="2030-03-08")
        [event] = agency.arranged()
        assert write_moment(event.data.begins) == "2030-03-04T08:00:00.000000Z"
        assert write_moment(event.data.until) == "2030-03-09T08:00:00.000000Z"

    def test_offers_the_people_of_the_agency_by_code_and_no_address(self, agency):
        page = agency.person.get(OWN).text
        offered = re.findall(r'<option value="([0-9a-f-]{36})"', page)
        assert agency.colleague in offered
        assert agency.away not in offered
        assert "@" not in page.split("<main")[1].split("</main>")[0]
        stranger = str(uuid4())
        sign_in_as(agency.place, stranger, "advocacy", "advocate")
        assert stranger not in agency.person.get(OWN).text

    def test_begins_now_unless_something_else_is_typed(self, agency):
        assert field_of(agency.person.get(OWN).text, "begins")[:13] == agency.local()[:13]

    def test_ends_in_one_press(self, agency):
        agency.arrange()
        assert agency.end().headers["location"] == f"{OWN}?done=ended"
        [event] = agency.ended()
        assert (event.data.reason, event.data.covering, event.envelope.clause) == (
            "returned",
            agency.colleague,
            "7.7",
        )
        assert "No cover is arranged" in agency.person.get(OWN).text

    def test_that_has_not_begun_is_taken_back(self, agency):
        agency.arrange(begins=agency.local(24))
        assert "Take this back" in agency.person.get(OWN).text
        agency.end()
        assert agency.ended()[0].data.reason == "changed"

    @pytest.mark.parametrize("begins", [0, 24], ids=["in-force", "to-come"])
    def test_ended_by_a_double_click_is_ended_once_and_says_so_twice(self, agency, begins):
        agency.arrange(begins=agency.local(begins))
        key = str(uuid4())
        answers = [agency.end(key=key) for _ in range(2)]
        assert [one.headers.get("location") for one in answers] == [f"{OWN}?done=ended"] * 2
        assert len(agency.ended()) == 1

    def test_ended_twice_says_that_it_was_over(self, agency):
        agency.arrange()
        agency.end()
        assert agency.end().headers["location"] == f"{OWN}?done=over"
        assert len(agency.ended()) == 1

    def test_is_gone_from_the_page_when_its_time_is_over(self, agency):
        agency.arrange()
        agency.place.clock.ahead = 49 * HOURS
        agency.person = sign_in_as(agency.place, agency.away, "shelter", "advocate")
        assert "No cover is arranged" in agency.person.get(OWN).text

    def test_shows_the_colleague_for_whom_they_cover_and_lets_them_end_nothing(self, agency):
        agency.arrange()
        page = agency.other.get(OWN).text
        assert f"You cover for {code_of('person', agency.away)}" in page
        assert "End now" not in page
        assert agency.end(agency.other).headers["location"] == f"{OWN}?done=over"
        assert agency.ended() == []


class TestAFormThatComesBack:
    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"covering": ""}, "Choose a colleague from the list"),
            ({"covering": CANARY}, "Choose a colleague from the list"),
            ({"begins": "tomorrow"}, "Write the date and time like 2026-03-03 14:15"),
            ({"begins": ""}, "Write the date and time like 2026-03-03 14:15"),
            ({"until": "2030-02-30 10:00"}, "There is no such date or time"),
            ({"begins": "2030-03-10 02:30"}, "The clocks go forward then"),
            ({"begins": "2030-03-04 10:00", "until": "2030-03-04 10:00"}, "Choose an end after the start"),
            ({"begins": "2020-03-04", "until": "2020-03-05"}, "Choose an end after the start"),
            ({"begins": "2030-03-04", "until": "2031-03-06"}, "Choose an end after the start"),
        ],
    )
    def test_says_what_is_wrong_and_keeps_what_was_typed(self, agency, changes, says):
        form = agency.form(**changes)
        answer = agency.person.post(OWN, form)
        assert (answer.status_code, says in answer.text, agency.arranged()) == (NOT_RIGHT, True, [])
        assert [field_of(answer.text, name) for name in ("begins", "until")] == [
            form["begins"],
            form["until"],
        ]
        assert CANARY not in answer.text

    @pytest.mark.parametrize("whom", ["oneself", "a-stranger", "of-another-agency"])
    def test_covers_by_a_colleague_alone(self, agency, whom):
        foreign = str(uuid4())
        sign_in_as(agency.place, foreign, "advocacy", "advocate")
        covering = {"oneself": agency.away, "a-stranger": str(uuid4()), "of-another-agency": foreign}[whom]
        answer = agency.arrange(covering=covering)
        assert (answer.status_code, "Choose a colleague from the list" in answer.text) == (NOT_RIGHT, True)
        assert agency.arranged() == []

    def test_names_a_time_in_which_somebody_covers_already(self, agency):
        agency.arrange()
        answer = agency.arrange(begins=agency.local(47), until=agency.local(50))
        assert answer.status_code == NOT_RIGHT
        assert "A colleague covers in a part of that time already" in answer.text
        assert len(agency.arranged()) == 1

    def test_is_carried_out_once_however_often_it_is_sent(self, agency):
        form = agency.form(key=str(uuid4()))
        with ThreadPoolExecutor(4) as many:
            answers = list(many.map(lambda _: agency.person.post(OWN, form), range(4)))
        assert {a.headers.get("location") for a in answers} == {f"{OWN}?done=arranged"}
        assert len(agency.arranged()) == 1

    def test_sent_by_two_at_one_moment_makes_no_two_covers_of_one_time(self, agency):
        path = f"/people/{agency.away}/away"
        with ThreadPoolExecutor(2) as many:
            answers = [
                many.submit(agency.arrange, browser, to)
                for browser, to in ((agency.person, OWN), (agency.administrator, path))
            ]
        assert sorted(a.result().status_code for a in answers) == [BACK, NOT_RIGHT]
        assert len(agency.arranged()) == 1

    def test_of_another_site_or_session_is_not_taken(self, agency):
        assert agency.person.post(OWN, agency.form(), sec_fetch_site="cross-site").status_code == FORBIDDEN
        forged = {"form-token": agency.other.form_token}
        assert agency.person.post(OWN, agency.form(**forged)).status_code == FORBIDDEN
        assert agency.arranged() == []

    def test_acts_for_its_sender_whatever_person_or_agency_it_names(self, agency):
        agency.arrange(person=agency.admin, agency="county", reason=CANARY)
        [event] = agency.arranged()
        assert (event.data.person, event.data.agency) == (agency.away, "shelter")
        assert CANARY not in event.value.decode()


class TestAnAdministratorsPage:
    def test_arranges_and_ends_for_one_of_the_agencys_people(self, agency):
        path = f"/people/{agency.away}/away"
        assert f'href="{path}"' in agency.administrator.get(f"/people/{agency.away}").text
        answer = agency.arrange(agency.administrator, path)
        assert answer.headers["location"] == f"{path}?done=arranged"
        [event] = agency.arranged()
        assert (event.envelope.actor, event.data.person) == (agency.admin, agency.away)
        assert "covers" in agency.administrator.get(path).text
        assert agency.end(agency.administrator, path).headers["location"] == f"{path}?done=ended"
        assert [e.envelope.actor for e in agency.ended()] == [agency.admin]

    def test_is_not_there_for_who_is_no_administrator(self, agency):
        path = f"/people/{agency.away}/away"
        assert agency.other.get(path).status_code == UNKNOWN
        assert agency.arrange(agency.other, path).status_code == UNKNOWN
        assert agency.arranged() == []

    @pytest.mark.parametrize("elsewhere", ["advocacy", "county"])
    def test_is_not_there_for_the_administrator_of_another_agency(self, agency, elsewhere):
        path = f"/people/{agency.away}/away"
        agency.arrange()
        foreign = sign_in_as(agency.place, str(uuid4()), elsewhere, "agency-admin")
        assert foreign.get(path).status_code == UNKNOWN
        assert (
            agency.arrange(foreign, path, begins=agency.local(72), until=agency.local(80)).status_code
            == UNKNOWN
        )
        assert agency.end(foreign, path).status_code == UNKNOWN
        assert (len(agency.arranged()), agency.ended()) == (1, [])

    def test_of_oneself_is_ones_own(self, agency):
        path = f"/people/{agency.admin}/away"
        assert agency.arrange(agency.administrator, path).headers["location"] == f"{OWN}?done=arranged"

    def test_removing_a_person_ends_the_covers_in_which_they_cover(self, agency):
        agency.arrange()
        agency.administrator.post(f"/people/{agency.colleague}/remove")
        [event] = agency.ended()
        assert (event.data.reason, event.envelope.actor) == ("covering-person-left", agency.admin)

    def test_taking_a_removal_back_brings_them_back(self, agency):
        agency.arrange()
        agency.administrator.post(f"/people/{agency.colleague}/remove")
        agency.administrator.post(f"/people/{agency.colleague}/restore")
        first, again = agency.arranged()
        assert again.data.cover != first.data.cover
        assert (again.data.covering, again.data.begins, again.data.until) == (
            agency.colleague,
            first.data.begins,
            first.data.until,
        )

    def test_taking_a_removal_back_leaves_what_was_arranged_meanwhile(self, agency):
        agency.arrange()
        agency.administrator.post(f"/people/{agency.colleague}/remove")
        agency.arrange(covering=agency.admin)
        answer = agency.administrator.post(f"/people/{agency.colleague}/restore")
        assert answer.headers["location"] == "/people?done=restored"
        assert [e.data.covering for e in agency.arranged()] == [agency.colleague, agency.admin]


class Api:
    """The same over HTTP: two colleagues who have signed in to pages before and so are known, and a stranger."""

    def __init__(self, place):
        self.place, callers = place, {}
        for name, agency in (("away", "shelter"), ("colleague", "shelter"), ("stranger", "advocacy")):
            callers[name] = Caller(str(uuid4()), agency, frozenset({Role.ADVOCATE}))
            sign_in_as(place, callers[name].person, agency, "advocate")
        self.away, self.colleague = callers["away"].person, callers["colleague"].person
        doors = place.county.doors
        app = make_app(doors, FakeVerifier(callers), Settings(), lambda: checks(doors))
        self.client = TestClient(app, raise_server_exceptions=False)

    def post(self, path, body, who, key=None):
        headers = {"Authorization": f"Bearer {who}", "Idempotency-Key": key or str(uuid4())}
        return self.client.post(f"/v1/people/{self.away}/{path}", json=body, headers=headers)

    def body(self):
        now = self.place.now()
        span = {"begins": write_moment(now), "until": write_moment(now + HOURS)}
        return {"covering": self.colleague, **span}

    def arrange(self, who="away"):
        return self.post("covers", self.body(), who)

    def end(self, cover, who="away", **more):
        return self.post("covers/end", {"cover": cover, "reason": "returned", **more}, who)

    def list(self, who="away", person=None):
        headers = {"Authorization": f"Bearer {who}"}
        return self.client.get(f"/v1/people/{person or self.away}/covers", headers=headers)


@pytest.fixture
def api(here):
    here.clock.ahead = timedelta()
    return Api(here)


class TestOverHttp:
    def test_a_cover_is_arranged_listed_and_ended(self, api):
        made = api.arrange()
        assert (made.status_code, made.json()["person"]) == (201, api.away)
        [listed] = api.list().json()["items"]
        assert (listed["cover"], listed["covering"], listed["in_force"]) == (
            made.json()["cover"],
            api.colleague,
            True,
        )
        assert api.list("colleague", api.colleague).json()["items"] == [listed]
        assert api.end(listed["cover"]).status_code == OK
        assert api.list().json()["items"] == []
        again = api.end(listed["cover"])
        assert (again.status_code, again.json()["reason"], again.json()["clause"]) == (
            409,
            "illegal-transition",
            "7.7",
        )

    def test_a_repeat_gets_the_first_answer(self, api):
        key, body = str(uuid4()), api.body()
        first, second = (api.post("covers", body, "away", key) for _ in range(2))
        assert first.json() == second.json()
        assert len(api.list().json()["items"]) == 1

    def test_a_second_one_at_the_same_time_is_refused_with_what_to_do(self, api):
        api.arrange()
        answer = api.arrange()
        assert (answer.status_code, answer.json()["reason"]) == (409, "cover-overlaps")
        assert "End the other cover first" in answer.text

    def test_of_a_person_of_another_agency_there_is_none(self, api):
        api.arrange()
        answers = [api.list("stranger"), api.arrange("stranger"), api.end(str(uuid4()), "stranger")]
        answers.append(api.list("stranger", str(uuid4())))
        assert [answer.status_code for answer in answers] == [UNKNOWN] * 4

    def test_of_a_colleague_is_for_them_or_their_administrator(self, api):
        for answer in (api.list("colleague"), api.arrange("colleague")):
            assert (answer.status_code, answer.json()["reason"]) == (FORBIDDEN, "role-may-not")
            assert answer.json()["clause"] == "7.7"

    def test_a_reason_in_words_is_not_taken_nor_repeated(self, api):
        cover = api.arrange().json()["cover"]
        for answer in (api.end(cover, reason=CANARY), api.end(cover, why=CANARY)):
            assert (answer.status_code, CANARY in answer.text) == (NOT_RIGHT, False)
        assert api.place.events("cover.ended", cover=cover) == []


class TestOnTheCommandLine:
    @pytest.fixture
    def accord(self, api, monkeypatch, capsys):
        app = typer.Typer()
        things.register(app)

        def call(*arguments):
            code = run(app, [], ["cover", *arguments])
            return code, capsys.readouterr().out

        server = make_server(api.client.app, Settings(local=True, http_port=0))
        thread = threading.Thread(target=server.run)
        with capture_logs():  # the API of this process would write them between
            thread.start()
            eventually("the API listens", lambda: server.started)
            port = server.servers[0].sockets[0].getsockname()[1]
            monkeypatch.setenv("ACCORD_REFERRALS_URL", f"http://127.0.0.1:{port}")
            monkeypatch.setenv("ACCORD_TOKEN", "away")
            yield call
            server.should_exit = True
            thread.join(15)

    def test_a_cover_is_arranged_listed_and_ended(self, api, accord):
        fields = [f"{name}={value}" for name, value in api.body().items()]
        code, text = accord(
            "arrange", api.away, *(word for field in fields for word in ("--set", field)), "--json"
        )
        cover = json.loads(text)["cover"]
        assert code == 0
        code, text = accord("list", api.away)
        assert (code, cover in text, api.colleague in text) == (0, True, True)
        assert accord("end", api.away, "--set", f"cover={cover}", "--set", "reason=returned")[0] == 0
        assert json.loads(accord("list", api.away, "--json")[1]) == {"items": []}

    def test_of_somebody_else_it_says_why_not(self, api, accord):
        assert accord("list", api.colleague)[0] != 0
        assert accord("list", str(uuid4()))[0] == 3
