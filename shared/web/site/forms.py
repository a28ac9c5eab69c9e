"""What a form sends: checked that it came from a page of ours, in this session; and never lost when refused."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import parse_qsl
from uuid import UUID, uuid4

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from shared.web.edge import LARGEST_BODY
from shared.web.problems import Problem
from shared.web.site.paths import way_back
from shared.web.site.site import Site
from shared.web.site.visitor import CurrentVisitor, Visitor

TOKEN, KEY, BASED_ON, PAGE = "form-token", "key", "basedon", "page"
#: Fields that every form has for itself; what a person typed is in the others.
OWN = frozenset({TOKEN, KEY, BASED_ON, PAGE})
MOST_FIELDS = 200
#: Every value of every field, in order.
Fields = Mapping[str, tuple[str, ...]]
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


@dataclass(frozen=True)
class Form:
    """A form as it was sent. `key` is its idempotency key; `based_on` the ETag that it was rendered with.

    `page` is the path of the page that it stands on. `typed` holds every value of every field, in order.
    """

    key: str
    typed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    based_on: str | None = None
    page: str = ""

    def get(self, name: str, default: str = "") -> str:
        """What was typed into a field, without blanks around it; `default` if nothing was."""
        return next((value.strip() for value in self.typed.get(name, ()) if value.strip()), default)

    def every(self, name: str) -> tuple[str, ...]:
        """What was chosen where several can be."""
        return tuple(value for value in self.typed.get(name, ()) if value.strip())


class ForeignForm(Exception):
    """A form that no page of ours sent. Nothing of it is looked at."""


class FormOfAnotherSession(Exception):
    """A form that was rendered for another session, with what was typed: its person may send it again."""

    def __init__(self, typed: Fields, visitor: Visitor | None) -> None:
        super().__init__("form token")
        self.typed, self.visitor = typed, visitor


def own_fields(visitor: Visitor, page: str, based_on: str = "") -> dict[str, str]:
    """The hidden fields of a form that is rendered now. A repeat of what it sends gets the first answer."""
    fields = {TOKEN: visitor.form_token, KEY: str(uuid4()), PAGE: page}
    return fields | ({BASED_ON: based_on} if based_on else {})


def require_own_origin(request: Request) -> None:
    """Raise ForeignForm unless a page of this site sent the request.

    A page with `Referrer-Policy: no-referrer` sends `Origin: null` with its forms; `Sec-Fetch-Site`, which no page
    can set, then tells. A browser too old for it gives no proof: there the form's token alone does.
    """
    site: Site = request.app.state.site
    came_from = request.headers.get("sec-fetch-site")
    if came_from is not None and came_from not in ("same-origin", "none"):
        raise ForeignForm
    if request.headers.get("origin", "null") not in ("null", site.url):
        raise ForeignForm


async def typed_in(request: Request) -> dict[str, tuple[str, ...]]:
    """Every field of the request's form. Raises Problem 400, 413 or 415, quoting nothing.

    `multipart/form-data` takes 10,000 emoji in a third of the bytes; a file in it is refused.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (URLENCODED, MULTIPART):
        raise Problem("unsupported-media-type")
    pairs = await (_in_parts(request) if kind == MULTIPART else _encoded(request))
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        # Browsers send line ends as CRLF and count them as one character.
        fields[name] = (*fields.get(name, ()), value.replace("\r\n", "\n"))
    return fields


async def _encoded(request: Request) -> list[tuple[str, str]]:
    raw = await request.body()
    if len(raw) > LARGEST_BODY:
        raise Problem("too-large")
    try:
        return parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise Problem("unreadable") from None


async def _in_parts(request: Request) -> list[tuple[str, str]]:
    try:
        form = await request.form(max_files=0, max_fields=MOST_FIELDS, max_part_size=LARGEST_BODY)
    except HTTPException as error:
        raise Problem("too-large" if error.status_code == 413 else "unreadable") from None
    except UnicodeDecodeError:
        raise Problem("unreadable") from None
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


async def checked_form(request: Request, visitor: CurrentVisitor) -> Form:
    """FastAPI dependency: the form, if a page of ours sent it in this session.

    Raises ForeignForm, FormOfAnotherSession, Problem 400 (also without a usable key), 413, 415.
    """
    require_own_origin(request)
    return form_of(await typed_in(request), visitor)


def form_of(fields: Fields, visitor: Visitor) -> Form:
    """The form that these fields make, in this visitor's session. Raises FormOfAnotherSession, Problem 400."""
    own = {name: fields.get(name, ("",))[0] for name in OWN}
    typed = {name: values for name, values in fields.items() if name not in OWN}
    if not hmac.compare_digest(own[TOKEN].encode(), visitor.form_token.encode()) or not visitor.form_token:
        raise FormOfAnotherSession(fields, visitor)
    try:
        key = str(UUID(own[KEY]))
    except ValueError:
        raise Problem("idempotency-key-invalid") from None
    return Form(key, typed, own[BASED_ON] or None, way_back(own[PAGE]))


#: For handlers of POST: `def send(visitor: CurrentVisitor, form: CheckedForm) -> …`.
CheckedForm = Annotated[Form, Depends(checked_form)]
