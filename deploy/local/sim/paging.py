"""What people do on pages: the form of a step is opened, filled in and sent, as a browser without scripts does."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from deploy.local.sim.browsers import Browser, NoForm, form_on
from deploy.local.sim.patience import NotAnswered
from deploy.local.sim.steps import Step
from shared.events.names import SealedClass

#: Command -> the last part of the address of its form on a referral.
SLUGS: Mapping[str, str] = {
    "receive-referral": "receive",
    "accept-referral": "accept",
    "reject-referral": "decline",
    "start-referral": "start",
    "hold-referral": "hold",
    "resume-referral": "resume",
    "complete-referral": "complete",
    "fail-referral": "not-completed",
    "cancel-referral": "cancel",
    "ask-information": "ask",
}
#: Pages of the inbox that are looked through for an item.
MOST_PAGES = 20
#: Seconds between two looks into the inbox.
LOOK = 0.25


@dataclass(frozen=True)
class Sent:
    """A form that was taken: under which key, and the thing that its page then shows."""

    key: str
    thing: str


def send(step: Step, about: str, browser: Browser) -> Sent:
    """Do a step on its pages. Raises NoForm, NotAnswered, Stopped."""
    with browser.lock:
        return PAGED[step.act](step, about, browser)


def acknowledge(concern: str, browser: Browser, seconds: float) -> str:
    """Find the concern's item in the inbox and take it in hand; the item. Raises NoForm, NotAnswered, Stopped."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with browser.lock:
            found = _item(concern, browser)
            if found is not None:
                page, item = found
                action = f"/inbox/{item}/acknowledge"
                _landed(browser.send(action, form_on(page, action)), f"/inbox?done={item}")
                return item
        time.sleep(LOOK)
    raise NotAnswered("the item did not come into the screener's inbox")


def _item(concern: str, browser: Browser) -> tuple[httpx2.Response, str] | None:
    """The page of the inbox on which an item about this concern waits, and the item."""
    path = "/inbox/all"
    for _ in range(MOST_PAGES):
        page = browser.get(path)
        for card in re.findall(r'<li class="accord-card.*?</li>', page.text, re.DOTALL):
            waits = re.search(r'action="/inbox/([0-9a-f-]+)/acknowledge"', card)
            if waits and f"/concerns/{concern}" in card:
                return page, waits[1]
        more = re.search(r'href="(/inbox/all\?cursor=[^"]+)"', page.text)
        if more is None:
            break
        path = unescape(more[1])
    return None


def _report(step: Step, about: str, browser: Browser) -> Sent:
    body, facts = step.body, step.facts
    typed = {
        "danger": body["immediate_danger"],
        "kind": body["exploitation_kind"],
        "signs": body["signs"],
        "age": str(body["age_years"]),
        "name": facts[SealedClass.IDENTITY]["name"],
        "what": facts[SealedClass.NARRATIVE]["text"],
    }
    path = "/concerns/new"
    fields = form_on(browser.get(path), path) | typed
    landed = urlsplit(str(_landed(browser.send(path, fields), "/concerns/").url))
    shown = landed.path.removeprefix("/concerns/")
    # Whose role reads no report is told its code alone.
    return Sent(fields["key"][0], parse_qs(landed.query)["done"][0] if shown == "new" else shown)


def _refer(step: Step, about: str, browser: Browser) -> Sent:
    """Two steps: what is asked, then what the other agency will see of it."""
    body, path = step.body, f"/cases/{about}/refer"
    to = {"recipient": f"outside/{body['outside']}" if "outside" in body else body["recipient"]}
    typed = to | {name: body[name] for name in ("matter", "kind", "urgency", "youth_choice")}
    typed |= {"words": step.facts[SealedClass.IDENTITY]["name"], "step": "look"}
    looked = browser.send(path, form_on(browser.get(path), path) | typed)
    fields = form_on(looked, path) | {"step": "send"}
    landed = _landed(browser.send(path, fields), "/referrals/", "sent")
    return Sent(str(fields["key"][0]), urlsplit(str(landed.url)).path.removeprefix("/referrals/"))


def _act(step: Step, about: str, browser: Browser) -> Sent:
    slug = SLUGS[step.act]
    path = f"/referrals/{about}/{slug}"
    typed = {name: value if isinstance(value, list) else str(value) for name, value in step.body.items()}
    fields: dict[str, Any] = form_on(browser.get(path), path) | typed
    _landed(browser.send(path, fields), f"/referrals/{about}", slug)
    return Sent(fields["key"][0], about)


def _landed(page: httpx2.Response, path: str, done: str = "") -> httpx2.Response:
    """The page, if it is the one that says that it was taken. Raises NoForm."""
    at = urlsplit(str(page.url))
    said = parse_qs(at.query).get("done", [""])[0]
    if not page.is_success or not f"{at.path}?{at.query}".startswith(path) or (done and said != done):
        raise NoForm(f"a form was answered {page.status_code} at {at.path}")
    return page


#: What can be done on pages, and how.
PAGED: Mapping[str, Callable[[Step, str, Browser], Sent]] = {
    "report-concern": _report,
    "request-referral": _refer,
    **dict.fromkeys(SLUGS, _act),
}
