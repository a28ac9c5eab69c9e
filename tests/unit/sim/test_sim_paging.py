"""What a step becomes on the pages, and when its person signs in."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import httpx2
import pytest

from deploy.local.sim import paging
from deploy.local.sim.browsers import Browser, NoForm, People, form_on
from deploy.local.sim.invented import facts
from deploy.local.sim.patience import Again, NotAnswered
from deploy.local.sim.place import Place
from deploy.local.sim.steps import Door, Step
from shared.events.names import SealedClass

SITE, ISSUER = "http://127.0.0.1:1", "http://127.0.0.1:2"
KEY, REFERRAL, ITEM = (str(uuid4()) for _ in range(3))
#: It stands in names of tests, which are not random.
CONCERN = "0f000000-0000-4000-8000-000000000002"
Answers = Callable[[httpx2.Request], httpx2.Response]


def form(action: str) -> str:
    return (
        f'<form method="post" action="{action}"><input type="hidden" name="form-token" value="t">'
        f'<input type="hidden" name="key" value="{KEY}"><input name="words"></form>'
    )


def page(text: str, status: int = 200) -> httpx2.Response:
    return httpx2.Response(status, text=text)


def leads_to(address: str) -> httpx2.Response:
    return httpx2.Response(303, headers={"Location": address})


@dataclass
class Site:
    """The pages and the provider; remembers every request. `own`: what the pages under test answer."""

    own: Answers = lambda request: page("")
    asked: list[str] = field(default_factory=list)
    sent: list[dict[str, list[str]]] = field(default_factory=list)
    signed_in: bool = False

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        at = request.url.path
        self.asked.append(f"{request.method} {at}")
        if request.method == "POST":
            self.sent.append(parse_qs(request.read().decode(), keep_blank_values=True))
        if at == "/sign-in" and "as" not in request.url.params:
            return page("Sign in")
        if at == "/sign-in":
            return leads_to(f"{ISSUER}/authorize?client_id=pages&state=s")
        if at == "/authorize":
            return page("Choose an invented person")
        if at.startswith("/authorize/"):
            return leads_to(f"{SITE}/sign-in/back?code=c&state=s")
        if at == "/sign-in/back":
            self.signed_in = True
            headers = {"Location": f"{SITE}/inbox", "Set-Cookie": "accord-local=session; Path=/; HttpOnly"}
            return httpx2.Response(303, headers=headers)
        if not self.signed_in and at != "/session/exit":
            return leads_to(f"{SITE}/sign-in")
        return self.own(request)


@pytest.fixture
def at_the_site(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answers], tuple[Site, Browser]]:
    def begin(own: Answers) -> tuple[Site, Browser]:
        site, real = Site(own), httpx2.Client

        def client(**given: Any) -> httpx2.Client:
            return real(transport=httpx2.MockTransport(site), headers=given.get("headers"))

        monkeypatch.setattr(httpx2, "Client", client)
        return site, Browser("advocate@advocacy", SITE, Again(threading.Event()))

    return begin


ACCEPT = Step("step-1", "accept-referral", "advocate@advocacy", Door.PAGES, about="referral-1")
REPORT = Step(
    "step-2",
    "report-concern",
    "deputy@sheriff",
    Door.PAGES,
    body={"immediate_danger": "no", "exploitation_kind": "sexual", "signs": ["injury"], "age_years": 15},
    facts=facts(3, SealedClass.IDENTITY, SealedClass.NARRATIVE),
)


def test_a_person_signs_in_at_the_provider_and_is_led_back(at_the_site: Any) -> None:
    site, browser = at_the_site(lambda request: page("inbox"))
    browser.begin()
    assert site.asked == [
        "GET /sign-in",
        "GET /authorize",
        "GET /authorize/advocate@advocacy",
        "GET /sign-in/back",
        "GET /inbox",
    ]


def test_an_act_is_the_form_of_its_page_with_what_the_page_put_into_it(at_the_site: Any) -> None:
    path = f"/referrals/{REFERRAL}/accept"

    def own(request: httpx2.Request) -> httpx2.Response:
        if request.method == "POST":
            return leads_to(f"{SITE}/referrals/{REFERRAL}?done=accept")
        return page(form(path) if request.url.path == path else "done")

    site, browser = at_the_site(own)
    browser.begin()
    assert paging.send(ACCEPT, REFERRAL, browser) == paging.Sent(KEY, REFERRAL)
    assert site.sent == [{"form-token": ["t"], "key": [KEY]}]


@pytest.mark.parametrize("landed", [f"/concerns/{CONCERN}?done=reported", f"/concerns/new?done={CONCERN}"])
def test_a_report_is_typed_into_the_form_and_its_concern_is_known_from_the_page(
    at_the_site: Any, landed: str
) -> None:
    def own(request: httpx2.Request) -> httpx2.Response:
        return leads_to(SITE + landed) if request.method == "POST" else page(form("/concerns/new"))

    site, browser = at_the_site(own)
    browser.begin()
    assert paging.send(REPORT, "", browser) == paging.Sent(KEY, CONCERN)
    [sent] = site.sent
    assert (sent["age"], sent["danger"], sent["signs"]) == (["15"], ["no"], ["injury"])
    assert "Notareal" in sent["name"][0]


def test_an_item_is_taken_in_hand_from_its_own_card_though_it_stands_on_the_next_page(
    at_the_site: Any,
) -> None:
    action = f"/inbox/{ITEM}/acknowledge"
    other = f'<li class="accord-card"><a href="/concerns/x"></a>{form(f"/inbox/{KEY}/acknowledge")}</li>'
    card = f'<li class="accord-card"><a href="/concerns/{CONCERN}"></a>{form(action)}</li>'

    def own(request: httpx2.Request) -> httpx2.Response:
        if request.method == "POST":
            return leads_to(f"{SITE}/inbox?done={ITEM}")
        if "cursor" in str(request.url):
            return page(card)
        return page(f'{other}<a href="/inbox/all?cursor=abc&amp;x=1">Next</a>')

    site, browser = at_the_site(own)
    browser.begin()
    assert paging.acknowledge(CONCERN, browser, 5) == ITEM
    assert f"POST {action}" in site.asked


def test_an_item_that_does_not_come_is_said_not_to_have_come(at_the_site: Any) -> None:
    _, browser = at_the_site(lambda request: page("empty"))
    browser.begin()
    with pytest.raises(NotAnswered):
        paging.acknowledge(CONCERN, browser, 0.01)


@pytest.mark.parametrize("form_is_there", [True, False], ids=["the form came back", "no such form"])
def test_what_the_page_does_not_take_is_told_by_its_address_alone(
    at_the_site: Any, form_is_there: bool
) -> None:
    path = f"/referrals/{REFERRAL}/accept"

    def own(request: httpx2.Request) -> httpx2.Response:
        back = page("CANARY" + form(path), 422 if request.method == "POST" else 200)
        return back if form_is_there or request.url.path != path else page("CANARY", 404)

    _, browser = at_the_site(own)
    browser.begin()
    with pytest.raises(NoForm, match=path) as raised:
        paging.send(ACCEPT, REFERRAL, browser)
    assert "CANARY" not in str(raised.value)


def test_whoever_was_away_too_long_signs_in_again_and_finds_the_page(at_the_site: Any) -> None:
    site, browser = at_the_site(lambda request: page("the page"))
    browser.begin()
    site.signed_in = False
    assert browser.get("/worklist").text == "the page"
    assert site.asked.count("GET /sign-in/back") == 2


def test_a_person_signs_in_to_the_pages_before_they_get_a_token_and_once(
    at_the_site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, _ = at_the_site(lambda request: page("inbox"))
    given: list[tuple[str, bool]] = []

    def token(handle: str, issuer: str, **more: Any) -> str:
        given.append((handle, site.signed_in))
        return "token"

    monkeypatch.setattr("deploy.local.sim.browsers.token_of", token)
    monkeypatch.setattr("deploy.local.sim.browsers.local_token", token)
    people = People(Place(Path(), {"site": SITE, "issuer": ISSUER}), Again(threading.Event()))
    for _ in range(3):
        people.token("system@sheriff")
        people.token("advocate@advocacy")
    assert given == [("system@sheriff", False), ("advocate@advocacy", True)]
    assert site.asked.count("GET /sign-in/back") == 1
    people.close()
    assert site.asked.count("GET /session/exit") == 1


def test_only_the_hidden_fields_of_the_wanted_form_are_taken() -> None:
    both = page(form("/a") + form("/b").replace(KEY, "other"))
    both.request = httpx2.Request("GET", f"{SITE}/x")
    assert form_on(both, "/b")["key"] == ["other"]
