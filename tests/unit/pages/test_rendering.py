"""A page carries its own strict policy, nothing inline, and no more than its reader's language and roles allow."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import Request
from jinja2 import UndefinedError

from services.referrals.signing_in.session_pages import SessionPages
from shared.events.names import Role
from shared.settings import Settings
from shared.web.site import navigation
from shared.web.site.county import county_of
from shared.web.site.navigation import Way
from shared.web.site.rendering import Pages, language_of
from tests.browser.gallery import STATES
from tests.unit.pages.conftest import Open

#: Script or style in the page itself, or an attribute that is one.
INLINE = re.compile(
    r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=|javascript:|\shx-on|\sjs:", re.IGNORECASE
)


class TestEachPage:
    @pytest.mark.parametrize("state", STATES)
    def test_has_nothing_inline_and_names_no_other_host(self, opened: Open, state: str) -> None:
        text = opened(Role.PROBATION_OFFICER).get(f"/inbox/gallery/{state}").text
        assert INLINE.findall(text) == []
        assert re.findall(r"""(?:src|href|action|hx-get)=["'](?!/|#)""", text) == []

    def test_is_not_kept_framed_or_told_of(self, opened: Open) -> None:
        headers = opened(Role.PROBATION_OFFICER).get("/inbox/gallery/one").headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"

    @pytest.mark.parametrize(
        ("came_from", "packed"),
        [("same-origin", True), ("none", True), ("cross-site", False), ("same-site", False), ("", False)],
    )
    def test_is_packed_for_who_is_on_the_site_and_never_where_another_site_made_the_browser_ask(
        self, opened: Open, came_from: str, packed: bool
    ) -> None:
        headers = {"Accept-Encoding": "gzip", "Sec-Fetch-Site": came_from}
        answer = opened(Role.PROBATION_OFFICER).get("/inbox/gallery/many", headers=headers)
        assert (answer.headers.get("content-encoding") == "gzip") is packed
        assert "Sec-Fetch-Site" in answer.headers["vary"]
        assert "<h1" in answer.text

    @pytest.mark.parametrize(
        ("asked", "given"),
        [
            ("es-US,es;q=0.9,en;q=0.5", "es"),
            ("fr,de", "en"),
            ("en-GB", "en"),
            ("", "en"),
            ("es" * 5_000, "en"),
        ],
    )
    def test_is_in_the_browsers_language_before_anybody_signs_in(self, asked: str, given: str) -> None:
        headers = [(b"accept-language", asked.encode())]
        assert language_of(Request({"type": "http", "headers": headers}), None) == given

    def test_is_in_the_visitors_language_whatever_the_browser_asks_for(self, opened: Open) -> None:
        answer = opened(Role.PROBATION_OFFICER, language="es").get(
            "/inbox/gallery/one", headers={"Accept-Language": "en"}
        )
        assert '<html lang="es">' in answer.text

    def test_a_part_is_rendered_alone(self, opened: Open) -> None:
        text = opened(Role.PROBATION_OFFICER).get("/inbox/part/one").text
        assert text.startswith('<div class="accord-news"')
        assert "<html" not in text

    def test_a_name_that_a_template_lacks_is_a_fault_and_no_blank(self, tmp_path: Path) -> None:
        (tmp_path / "page.html").write_text("{{ nothing_of_this_name }}")
        environment = Pages(county_of(Settings()), tmp_path)._environments["en"]
        with pytest.raises(UndefinedError):
            environment.get_template("page.html").render()


class TestTheNavigation:
    def test_shows_a_way_to_those_with_its_role_alone(
        self, opened: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        way = Way("/timeline", "Timelines", frozenset({Role.AUDITOR}))
        monkeypatch.setattr(navigation, "WAYS", (way,))
        path = "/inbox/gallery/empty"
        assert 'href="/timeline"' in opened(Role.AUDITOR).get(path).text
        assert 'href="/timeline"' not in opened(Role.NURSE).get(path).text
        assert 'href="/timeline"' not in opened().get("/status").text

    def test_who_has_not_signed_in_sees_no_button_of_a_session(self, opened: Open) -> None:
        text = opened().get("/status").text
        assert "/session/" not in text
        assert "data-accord-locks-in" not in text


class TestTheButtonsOfASession:
    def test_lead_to_addresses_that_the_session_has(self, opened: Open) -> None:
        desk: Any = None  # no page is opened
        there = {getattr(route, "path", "") for route in SessionPages(desk).router().routes}
        text = opened(Role.NURSE).get("/inbox/gallery/one").text
        asked = set(re.findall(r'(?:action|href)="(/session/[^"]*)"', text))
        assert {"/session/view", "/session/lock", "/session/stay", "/session/out", "/session/exit"} == asked
        assert asked | {"/session/draft"} <= there  # drafts are sent by away.js

    def test_say_what_they_change(self, opened: Open) -> None:
        text = opened(Role.NURSE, language="es", privacy=True).get("/inbox/gallery/one").text
        assert '<input type="hidden" name="privacy" value="off">' in text
        assert '<input type="hidden" name="language" value="en">' in text


class TestWhatWorksNow:
    def test_is_told_to_everybody_and_the_checks_to_operators_only(self, opened: Open) -> None:
        for client in (opened(), opened(Role.NURSE)):
            text = client.get("/status").text
            assert "Works, but some things come late" in text
            assert "12 s behind" not in text
        assert "12 s behind" in opened(Role.OPERATOR).get("/status").text
