"""Pages from templates, whole or in part for htmx: in the visitor's language, with headers that keep them safe."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from babel import negotiate_locale
from fastapi import Request
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import i18n
from starlette.responses import HTMLResponse

from shared.web.site import times
from shared.web.site.assets import address
from shared.web.site.codes import unbroken
from shared.web.site.cookie import Language
from shared.web.site.county import County
from shared.web.site.forms import own_fields
from shared.web.site.navigation import FOOT, ways
from shared.web.site.site import Site
from shared.web.site.visitor import LANGUAGES, Visitor
from shared.web.site.words import catalogue

TEMPLATES = Path(__file__).parent / "templates"
#: Templates of macros that every template finds by these names, in this order.
COMPONENTS = ("parts", "casework")
#: Own scripts, style and pictures only; nothing inline, no frame, no other host (UX 2.3).
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Vary": "Cookie, HX-Request, Accept-Language, Accept-Encoding, Sec-Fetch-Site",
}
PACKING = 5
"""How hard a page is packed (1 to 9): a fifth of its size is left, for less than 1 ms of work."""


def language_of(request: Request, visitor: Visitor | None) -> Language:
    """The visitor's language; before they sign in, what their browser asks for."""
    if visitor is not None:
        return visitor.language
    asked = [part.split(";")[0].strip() for part in request.headers.get("accept-language", "").split(",")]
    found = negotiate_locale([tag[:20] for tag in asked[:10]], LANGUAGES, sep="-")
    return next((language for language in LANGUAGES if language == found), "en")


class Pages:
    """The templates of one service beside those that all share."""

    def __init__(self, county: County, *folders: Path) -> None:
        """`folders` hold the service's own templates. Reads each template at its first use."""
        self.county = county
        loader = ChoiceLoader([FileSystemLoader(folder) for folder in (*folders, TEMPLATES)])
        self._environments = {language: _environment(loader, language, county) for language in LANGUAGES}

    def answer(
        self,
        request: Request,
        template: str,
        visitor: Visitor | None = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **context: Any,
    ) -> HTMLResponse:
        """The page as an answer. Raises jinja2.UndefinedError for a name that the context lacks.

        `as_of=True` in the context: the page shows another moment than now, and looks it.
        """
        return _answer(request, self._render(request, template, visitor, context), status, headers)

    def part(
        self,
        request: Request,
        template: str,
        block: str,
        visitor: Visitor | None = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **context: Any,
    ) -> HTMLResponse:
        """One block of a page, for htmx."""
        return _answer(request, self._render(request, template, visitor, context, block), status, headers)

    def _render(
        self,
        request: Request,
        template: str,
        visitor: Visitor | None,
        context: Mapping[str, Any],
        block: str | None = None,
    ) -> str:
        language = language_of(request, visitor)
        site: Site = request.app.state.site
        now = site.now()
        everywhere: dict[str, Any] = {
            "visitor": visitor,
            "language": language,
            "ways": ways(visitor),
            "footer_ways": FOOT,
            "here": request.url.path,
            "now": now,
            "ago": lambda moment: times.relative(moment, now, language),
            "locks_in": int((visitor.seen_until - now).total_seconds()) if visitor else 0,
        }
        environment = self._environments[language]
        # Here and not by `import` in each template: a block that is rendered alone has no imports.
        for name in COMPONENTS:
            everywhere[name] = environment.get_template(f"{name}.html").make_module(everywhere)
        found = environment.get_template(template)
        if block is None:
            return found.render(everywhere | dict(context))
        inner = found.new_context(everywhere | dict(context))
        return "".join(found.blocks[block](inner))


def _answer(request: Request, text: str, status: int, headers: Mapping[str, str] | None) -> HTMLResponse:
    """The text, packed where the browser takes that and somebody on the site asked.

    How long a packed page is tells of what is in it to whoever chooses a part of it and measures the line (BREACH).
    To choose, they must make the browser ask from their own page: such a request is answered unpacked.
    """
    more = {**HEADERS, **(headers or {})}
    asked_here = request.headers.get("sec-fetch-site") in ("same-origin", "none")
    if not asked_here or "gzip" not in request.headers.get("accept-encoding", ""):
        return HTMLResponse(text, status, headers=more)
    packed = gzip.compress(text.encode(), PACKING, mtime=0)
    return HTMLResponse(packed, status, headers={**more, "Content-Encoding": "gzip"})


def _environment(loader: ChoiceLoader, language: Language, county: County) -> Environment:
    made = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=[i18n],
    )
    # The extension adds this method to the environment; Jinja's own types do not know of it.
    made.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]

    def when(moment: datetime) -> str:
        return times.absolute(moment, county.zone, language)

    made.globals |= {
        "asset": address,
        "county": county,
        "own_fields": own_fields,
        "apart": lambda first, second: times.apart(first, second, language),
    }
    made.filters |= {
        "codes": unbroken,
        "when": when,
        "day": lambda moment: times.day(moment, county.zone, language),
        "local": lambda moment: times.local(moment, county.zone),
    }
    return made
