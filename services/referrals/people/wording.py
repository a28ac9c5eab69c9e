"""What letters say, in both languages: no name, no agency, no case; to open a link changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from uuid import UUID

from shared.web.site.codes import code_of
from shared.web.site.cookie import Language
from shared.web.site.visitor import LANGUAGES
from shared.web.site.words import N_, catalogue

SUBJECTS = {"invitation": N_("Invitation %(code)s"), "code": N_("Sign-in %(code)s")}
#: What stands before and after the link or the code.
PARAGRAPHS = {
    "invitation": (
        (
            N_("You are invited to Accord, where agencies of the county work together."),
            N_("Open this page and accept. The link works once, for 7 days."),
        ),
        (N_("If you do not know what this is, do nothing. Nothing happens."),),
    ),
    "code": (
        (N_("This is your code to sign in. It works once, for 10 minutes, where you asked for it."),),
        (
            N_("Nobody of Accord will ever ask you for it."),
            N_("If you did not ask for a code, do nothing. Nobody can sign in without it."),
        ),
    ),
}


def message(
    letter: UUID, says: Mapping[str, str], to: str, sender: str, site: str, now: datetime
) -> EmailMessage:
    """The letter as mail. The same letter has the same Message-ID, so one that is sent twice is shown once."""
    kind = says["kind"]
    shown = f"{site}/sign-in/invited/{says['link']}" if kind == "invitation" else _spaced(says["code"])
    made = EmailMessage()
    made["Subject"] = catalogue("en").gettext(SUBJECTS[kind]) % {"code": code_of("letter", letter)}
    made["From"], made["To"] = sender, to
    made["Date"] = format_datetime(now)
    made["Message-ID"] = f"<{letter}@{sender.rpartition('@')[2].rstrip('>')}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content("\n\n".join(_text(kind, shown, language) for language in LANGUAGES) + "\n")
    bodies = "<hr>".join(_html(kind, shown, language) for language in LANGUAGES)
    page = f'<!doctype html><html lang="en"><head><title>Accord</title></head><body>{bodies}</body></html>'
    made.add_alternative(page, subtype="html")
    return made


def _said(kind: str, language: Language) -> tuple[list[str], list[str]]:
    words = catalogue(language)
    before, after = PARAGRAPHS[kind]
    return [words.gettext(one) for one in before], [words.gettext(one) for one in after]


def _text(kind: str, shown: str, language: Language) -> str:
    before, after = _said(kind, language)
    return "\n\n".join([*before, f"    {shown}", *after])


def _html(kind: str, shown: str, language: Language) -> str:
    before, after = ("".join(f"<p>{escape(one)}</p>" for one in said) for said in _said(kind, language))
    main = f'<a href="{escape(shown)}">{escape(shown)}</a>' if kind == "invitation" else f"<b>{shown}</b>"
    return f'<div lang="{language}">{before}<p>{main}</p>{after}</div>'


def _spaced(code: str) -> str:
    return f"{code[:4]} {code[4:]}"
