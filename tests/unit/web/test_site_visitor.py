"""Pages for people who have signed in, and the forms on them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient

from shared.events.names import Agency, Role
from shared.settings import Settings
from shared.web.app import create_app
from shared.web.callers import Caller
from shared.web.fakes import FakeVerifier
from shared.web.site.fakes import FORM_TOKEN, URL, FakeSite
from shared.web.site.forms import CheckedForm, own_fields
from shared.web.site.paths import HOME, way_back
from shared.web.site.visitor import CurrentVisitor, MaybeVisitor

NOW = datetime(2026, 3, 3, 14, 15, tzinfo=UTC)
OFFICER = Caller(
    "c1a7f2d4-93f5-4c0b-8a4e-2f7f4be0a9c2", Agency.PROBATION, frozenset({Role.PROBATION_OFFICER})
)
AUDITOR = Caller("a2c4f6d0-3b9e-4857-ae1c-78d5b0f9e364", Agency.COUNTY, frozenset({Role.AUDITOR}))
MINUTES = timedelta(minutes=1)


def pages() -> APIRouter:
    router = APIRouter()

    @router.get("/cases/{case}")
    def case(case: str, visitor: CurrentVisitor) -> dict[str, str]:
        return {
            "person": visitor.caller.person,
            "purpose": visitor.caller.purpose,
            "language": visitor.language,
        }

    @router.get("/help")
    def help(visitor: MaybeVisitor) -> dict[str, str | None]:
        return {"person": visitor and visitor.caller.person}

    @router.post("/cases/{case}")
    def send(visitor: CurrentVisitor, form: CheckedForm) -> dict[str, object]:
        return {"key": form.key, "based_on": form.based_on, "page": form.page, "words": form.get("words")}

    return router


def county(service: str = "referrals", fake: FakeSite | None = None) -> tuple[TestClient, FakeSite]:
    fake = fake or FakeSite(lambda: NOW)
    app = create_app(
        service,
        verifier=FakeVerifier({}),
        readiness=lambda: [],
        routers=[],
        settings=Settings(),
        site=fake.site,
        pages=[pages()],
    )
    return TestClient(app, base_url=URL, follow_redirects=False), fake


def signed_in(age: timedelta = 0 * MINUTES, who: Caller = OFFICER, service: str = "referrals") -> TestClient:
    client, fake = county(service)
    client.cookies.update(fake.cookie(who, age=age, language="es"))
    return client


class TestAPage:
    def test_opens_to_its_visitor(self):
        answer = signed_in().get("/cases/1")
        assert answer.json() == {"person": OFFICER.person, "purpose": "coordinate", "language": "es"}

    def test_of_audit_is_read_by_an_auditor_for_audit(self):
        assert signed_in(who=AUDITOR, service="audit").get("/cases/1").json()["purpose"] == "audit"
        assert signed_in(who=OFFICER, service="audit").get("/cases/1").json()["purpose"] == "coordinate"

    def test_leads_who_has_not_signed_in_to_the_sign_in_and_back(self):
        client, _ = county()
        answer = client.get("/cases/1?as_of=2026-01-01T00:00:00Z")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/sign-in?to=/cases/1%3Fas_of%3D2026-01-01T00%3A00%3A00Z"

    def test_has_a_cookie_older_than_three_minutes_renewed(self):
        assert signed_in(3 * MINUTES).get("/cases/1").status_code == 200
        answer = signed_in(4 * MINUTES).get("/cases/1?q=1")
        assert (answer.status_code, answer.headers["location"]) == (303, "/session/renew?to=/cases/1%3Fq%3D1")

    def test_has_a_cookie_whose_session_is_locked_looked_at_by_referrals(self):
        assert signed_in(16 * MINUTES).get("/cases/1").headers["location"] == "/session/renew?to=/cases/1"

    def test_does_not_open_where_the_session_is_known_to_have_ended(self):
        fake = FakeSite(lambda: NOW)
        gone = str(uuid4())
        object.__setattr__(fake.site, "has_ended", lambda session: session == gone)
        client, _ = county(fake=fake)
        client.cookies.update(fake.cookie(OFFICER, session=gone))
        assert client.get("/cases/1").headers["location"] == "/session/renew?to=/cases/1"

    def test_does_not_open_to_the_cookie_of_another_site(self):
        client, _ = county()
        client.cookies.update(FakeSite(lambda: NOW).cookie(OFFICER))
        assert client.get("/cases/1").headers["location"] == "/sign-in?to=/cases/1"

    def test_that_needs_no_sign_in_opens_to_everybody(self):
        assert county()[0].get("/help").json() == {"person": None}
        assert signed_in(4 * MINUTES).get("/help").json() == {"person": OFFICER.person}
        assert signed_in(15 * MINUTES).get("/help").json() == {"person": None}

    def test_changed_in_part_is_led_away_as_a_whole(self):
        client, _ = county()
        headers = {"HX-Request": "true", "HX-Current-URL": f"{URL}/worklist?status=open"}
        answer = client.get("/cases/1", headers=headers)
        assert (answer.status_code, answer.headers["hx-redirect"]) == (
            204,
            "/sign-in?to=/worklist%3Fstatus%3Dopen",
        )

    def test_is_in_no_openapi_document(self):
        client, _ = county()
        assert "/cases/{case}" not in client.app.openapi()["paths"]


class TestTheWayBack:
    @pytest.mark.parametrize(
        "to", ["/inbox", "/cases/1", "/timeline/1?as_of=2026-03-03T14:15:00%2B00:00", "/status"]
    )
    def test_leads_to_pages_of_the_site(self, to):
        assert way_back(to) == to

    @pytest.mark.parametrize(
        "to",
        [
            *(None, "", "inbox", "//evil.example", "///evil.example", "/\\evil.example", "\\/evil.example"),
            *("https://evil.example/inbox", "javascript:alert(1)", "/inbox\r\nSet-Cookie: a=b", "/inbox\t"),
            *(
                "/sign-in",
                "/session/exit",
                "/session/renew?to=/inbox",
                "/assets/x",
                "/v1/concerns",
                "/nowhere",
            ),
            *(
                "/@evil.example",
                "/inbox" + "x" * 1_000,
                "/%2f%2fevil.example",
                "/ínbox",
                "/../inbox",
                "/.//evil.example",
            ),
        ],
    )
    def test_leads_nowhere_else(self, to):
        assert way_back(to) == HOME


VISITED = "/cases/1"


def fields(**more: str) -> dict[str, str]:
    return {"form-token": FORM_TOKEN, "key": str(uuid4()), "page": "/cases/1", **more}


def post(client: TestClient, body: dict[str, str], **headers: str):
    given = {
        "Content-Type": "application/x-www-form-urlencoded",
        **{n.replace("_", "-"): v for n, v in headers.items()},
    }
    return client.post(VISITED, content=urlencode(body), headers=given)


class TestAForm:
    def test_of_this_session_is_taken_with_its_key_and_basis(self):
        body = fields(basedon='"abc"', words=" sí, \r\nعربي 🙂 ")
        answer = post(signed_in(), body, sec_fetch_site="same-origin", origin=URL)
        assert answer.json() == {
            "key": body["key"],
            "based_on": '"abc"',
            "page": "/cases/1",
            "words": "sí, \nعربي 🙂",
        }

    def test_of_a_page_that_sends_no_referrer_has_the_origin_null_and_is_taken(self):
        assert post(signed_in(), fields(), sec_fetch_site="same-origin", origin="null").status_code == 200

    def test_of_an_old_browser_is_taken_by_its_token(self):
        assert post(signed_in(), fields()).status_code == 200

    @pytest.mark.parametrize(
        "headers",
        [
            {"sec_fetch_site": "cross-site"},
            {"sec_fetch_site": "same-site"},
            {"sec_fetch_site": "cross-site", "origin": URL},
            {"origin": "https://evil.example"},
            {"origin": f"{URL}.evil.example"},
            {"sec_fetch_site": "same-origin", "origin": "https://evil.example"},
        ],
        ids=str,
    )
    def test_of_another_site_is_refused_and_not_looked_at(self, headers):
        answer = post(signed_in(), fields(words="CANARY"), **headers)
        assert answer.status_code == 403
        assert "CANARY" not in answer.text

    @pytest.mark.parametrize("token", ["", "another-form-token-of-tests", FORM_TOKEN + " ", "é"])
    def test_of_another_session_is_kept_and_can_be_sent_again(self, token):
        answer = post(signed_in(), fields(**{"form-token": token}, words='<b>"10"</b>'))
        assert answer.status_code == 403
        assert f'name="form-token" value="{FORM_TOKEN}"' in answer.text
        assert 'name="words" value="&lt;b&gt;&#34;10&#34;&lt;/b&gt;"' in answer.text
        assert "<b>" not in answer.text

    def test_of_somebody_who_has_not_signed_in_is_kept_without_a_token(self):
        client, _ = county()
        answer = post(client, fields(words="typed for ten minutes"))
        assert answer.status_code == 403
        assert 'value="typed for ten minutes"' in answer.text
        assert FORM_TOKEN not in answer.text

    def test_of_somebody_who_has_not_signed_in_from_another_site_is_not_looked_at(self):
        client, _ = county()
        assert "CANARY" not in post(client, fields(words="CANARY"), sec_fetch_site="cross-site").text

    def test_with_an_old_cookie_goes_to_referrals_with_all_that_was_typed(self):
        answer = post(signed_in(5 * MINUTES), fields())
        assert (answer.status_code, answer.headers["location"]) == (307, "/session/renew?to=/cases/1")

    @pytest.mark.parametrize("key", ["", "1", "x" * 300])
    def test_without_a_usable_key_is_refused(self, key):
        assert post(signed_in(), fields(key=key)).status_code == 422

    def test_in_parts_takes_ten_thousand_characters_of_any_kind(self):
        long = "🙂" * 5_000 + "ع" * 5_000
        parts = {name: (None, value) for name, value in fields(words=long).items()}
        answer = signed_in().post(VISITED, files=parts)
        assert answer.json()["words"] == long

    @pytest.mark.parametrize("body", [b"", b"--x\r\nrubbish", b"--x\r\n\r\n--x--"])
    def test_in_parts_that_cannot_be_read_is_refused(self, body):
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        assert signed_in().post(VISITED, content=body, headers=headers).status_code in (400, 403)

    def test_with_a_file_is_refused(self):
        parts = {name: (None, value) for name, value in fields().items()}
        assert signed_in().post(VISITED, files={**parts, "words": ("a.txt", b"x")}).status_code == 400

    def test_of_another_kind_is_refused(self):
        answer = signed_in().post(VISITED, json={"form-token": FORM_TOKEN})
        assert answer.status_code == 415

    @pytest.mark.parametrize(
        ("body", "status"),
        [(b"a=%ff", 400), (b"\xff=1", 400), (b"&".join([b"a=1"] * 201), 400), (b"a" * 70_000, 413)],
    )
    def test_that_cannot_be_read_is_refused(self, body, status):
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        assert signed_in().post(VISITED, content=body, headers=headers).status_code == status

    def test_made_now_carries_what_it_must(self):
        client, fake = county()
        client.cookies.update(fake.cookie(OFFICER))
        from shared.web.site.visitor import visitor_of

        (cookie,) = fake.cookie(OFFICER).values()
        own = own_fields(visitor_of(fake.site.keys.read(cookie), "referrals"), "/cases/1", '"e"')
        answer = post(client, {**own, "words": "x"}).json()
        assert (answer["key"], answer["based_on"]) == (own["key"], '"e"')
