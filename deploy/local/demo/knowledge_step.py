"""Step 9: what an agency could have known when it declined, what it did see, and how views differ."""

from __future__ import annotations

from typing import Any

from deploy.local.demo.audit_step import AUDITOR
from deploy.local.demo.expecting import expect
from deploy.local.demo.stage import Stage
from deploy.local.demo.telling import listed, short
from services.audit.shown_known import SAW, title, value, word
from shared.cli.client import Client

HEALTH, LEAD = "public-health", "human-services"
#: The section of what stands in feeds: counted here, not told one by one.
NOTICES = "notices"


def what_each_could_know(stage: Stage) -> None:
    """Around the decline: before and after on both axes, public health's view, and human services' beside it."""
    audit = stage.doors.api("audit", AUDITOR, "audit")
    _the_decline(stage, audit)
    things = _could_have_known(stage, audit)
    _side_by_side(stage, audit)
    _never_told(stage, audit, things)


def _the_decline(stage: Stage, audit: Client) -> None:
    """The difference of two points, by what was recorded and by what happened."""
    stage.who("The auditor asks what the decline changed: the case just before it against just after it.")
    entries = audit.get(f"/v1/cases/{stage.case}/history").body["entries"]
    events = [entry["event"] for entry in entries]
    before = events[events.index(stage.rejection) - 1]
    for axis, told in (("recorded", "by when it was recorded"), ("happened", "by when it happened")):
        params = {"as_of_event": before, "to_as_of_event": stage.rejection, "axis": axis}
        stage.door(f"HTTP, GET /v1/cases/{short(stage.case)}/diff, two events, axis={axis}")
        found = audit.get(f"/v1/cases/{stage.case}/diff", params).body
        changed = {change["path"]: change["after"] for change in found["changes"]}
        status = changed.get(f"referrals/{stage.declined}/status")
        expect(status == "rejected", f"a declined referral, {told}", status)
        stage.answer(f"{told}: {found['statement']} The referral's status: {status}.")


def _could_have_known(stage: Stage, audit: Client) -> set[str]:
    """Public health's view at its decline; the things in it."""
    stage.who("What could public health have known of the case when it declined? And what did it see?")
    stage.door(f"HTTP, GET /v1/cases/{short(stage.case)}/state?as_of_event=…&known_to={HEALTH}")
    state = _view(stage, audit, HEALTH, stage.rejection)
    things = {thing["id"]: thing for thing in state["things"]}
    expect(stage.declined in things, "the referral that it was asked for", "it is not there")
    expect(stage.referral not in things, "nothing of the referral to the advocacy agency", "it is there")
    stage.tell.line("", str(state["statement"]))
    for thing in state["things"]:
        if thing["section"] == NOTICES:
            continue
        opens = f"; sealed facts it could open: {listed(sorted(thing['opens']))}" if thing["opens"] else ""
        stage.tell.line("could", f"{title(thing['section'], short(thing['id']))}: {_fields(thing)}{opens}")
    told = sum(thing["section"] == NOTICES for thing in state["things"])
    stage.tell.line("", f"and of {_items(told)}, of its own.")
    saw = [f"{SAW[one['kind']]} at {one['recorded'][11:19]}" for one in state["did_see"]]
    expect(bool(saw), "that somebody of public health read the referral", "nobody did")
    stage.tell.line("did see", "; ".join(saw))
    return set(things)


def _side_by_side(stage: Stage, audit: Client) -> None:
    """How human services' view at the same moment differs from it."""
    stage.who("How does that differ from what human services could have known at the same moment?")
    params = {"as_of_event": stage.rejection, "known_to": HEALTH, "to_known_to": LEAD}
    stage.door(f"HTTP, GET /v1/cases/{short(stage.case)}/diff?known_to={HEALTH}&to_known_to={LEAD}")
    found = audit.get(f"/v1/cases/{stage.case}/diff", params).body
    more = {tuple(change["path"].split("/")[:2]) for change in found["changes"] if change["kind"] == "added"}
    expect(("referrals", stage.referral) in more, "the referral to the advocacy agency besides", "it is not")
    stage.answer(str(found["statement"]))
    rows = [title(section, short(id)) for section, id in sorted(more) if section != NOTICES]
    told = _items(sum(section == NOTICES for section, _ in more))
    stage.tell.line("besides", f"human services could have known of: {'; '.join(rows)}; {told} of its own")


def _never_told(stage: Stage, audit: Client, before: set[str]) -> None:
    """Where the case went after its decline, public health could never have known."""
    now = _view(stage, audit, HEALTH, None)
    text = str(now)
    expect(stage.forwarded not in text, "nothing of the referral that followed", "it is there")
    expect(before <= {thing["id"] for thing in now["things"]}, "what was known to stay known", "it is not")
    stage.checked("To this day public health could not have known where the referral went after it declined.")


def _view(stage: Stage, audit: Client, agency: str, event: str | None) -> dict[str, Any]:
    params = {"as_of_event": event, "known_to": agency}
    return dict(audit.get(f"/v1/cases/{stage.case}/state", params).body)


def _items(count: int) -> str:
    return "1 item in a feed" if count == 1 else f"{count} items in feeds"


def _fields(thing: dict[str, Any]) -> str:
    said = [
        f"{word(name)} {value(one)}" for name, one in thing["fields"].items() if one not in (None, [], {})
    ]
    return "; ".join(" ".join(row.split()) for row in said)
