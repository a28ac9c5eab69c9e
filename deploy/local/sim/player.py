"""Playing a step: from what the plan says to a call or a record, and from the answer to the tally."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx2

from deploy.local.sim import paging
from deploy.local.sim.browsers import NoForm
from deploy.local.sim.calls import Calls
from deploy.local.sim.invented import MARKER
from deploy.local.sim.patience import NotAnswered, Stopped
from deploy.local.sim.steps import ACKNOWLEDGE, ACTS, MUST, Act, Door, Fault, Step
from deploy.local.sim.submissions import Submissions
from deploy.local.sim.tally import CaseIds, Refused, Tally
from shared.events.names import SealedClass
from shared.events.sealing import seal_for_county

#: No tag that was ever given out.
NO_TAG = '"seen-long-ago"'
#: Seconds until an item must be in the feed.
ITEM_SECONDS = 60.0
_AHEAD = timedelta(hours=1)
_ANOTHER_TIME = 7.0
_GOOD = frozenset({"accepted", "accepted-with-flags"})


class Astray(Exception):
    """An answer that the plan does not foresee: the rest of this youth's plan cannot be played."""


@dataclass
class Player:
    """Plays steps through the public doors. Thread-safe; blocks, each wait with its limit."""

    calls: Calls
    submissions: Submissions
    tally: Tally
    county_key: Mapping[str, Any]
    stop: threading.Event
    run: UUID

    @classmethod
    def of(cls, calls: Calls, submissions: Submissions, tally: Tally, stop: threading.Event) -> Player:
        """With the county's public key, and a run of its own: the ids of two runs of a seed differ."""
        key = calls.get("referrals", "/v1/keys", "system@sheriff").json()["keys"][0]
        return cls(calls, submissions, tally, key, stop, uuid4())

    def play(self, step: Step, case: CaseIds) -> None:
        """One step. Raises Astray once it is in the tally, Stopped."""
        try:
            if step.act == ACKNOWLEDGE:
                self._acknowledge(step, case.ids[step.about])
            elif step.door is Door.PAGES:
                self._on_page(step, case)
            elif step.door is Door.KAFKA:
                self._submit(step, case)
            else:
                self._post(step, case)
        except (NotAnswered, NoForm, KeyError) as error:
            what = str(error) if isinstance(error, NoForm) else "its thing is not known"
            if isinstance(error, NotAnswered):
                self.tally.no_answer()
                what = f"no answer: {error}"
            raise self._astray(step, case, what) from error

    def _astray(self, step: Step, case: CaseIds, what: str) -> Astray:
        wrong = f", wrong on purpose ({step.fault})" if step.fault else ""
        text = (
            f"youth {case.number}, {step.label}: {step.act} by {step.actor} over {step.door}{wrong}: {what}"
        )
        self.tally.surprise(text)
        return Astray(text)

    # Over HTTP

    def _post(self, step: Step, case: CaseIds) -> None:
        act, about = ACTS[step.act], _about(step, case)
        body = self._body(step, case) | ({"clear": _by_class(step)} if step.facts else {})
        headers = self._headers(step, act, about, case)
        given: dict[str, Any] = {"json": body}
        if step.fault is Fault.MALFORMED:
            given = {"content": _cut(body, case)}
            headers["Content-Type"] = "application/json"
        path = act.path.format(about=about)
        answer = self.calls.post("referrals", path, step.actor, headers, **given)
        self._judge_http(step, case, answer)
        if step.again:
            self._same(step, case, answer, self.calls.post("referrals", path, step.actor, headers, **given))

    def _headers(self, step: Step, act: Act, about: str, case: CaseIds) -> dict[str, str]:
        headers = {} if step.fault is Fault.NO_KEY else {"Idempotency-Key": self._key(step, case)}
        if act.based and step.fault is not Fault.NO_BASIS:
            headers["If-Match"] = self._tag(step, act, about)
        return headers

    def _tag(self, step: Step, act: Act, about: str) -> str:
        if step.fault in (Fault.STALE, Fault.UNKNOWN):
            return NO_TAG
        actor = f"system@{step.agency}" if step.door is Door.KAFKA else step.actor
        answer = self.calls.get("referrals", act.read.format(about=about), actor)
        if answer.status_code != 200:
            raise NotAnswered(f"reading it first was answered {answer.status_code}")
        return str(answer.headers["etag"])

    def _judge_http(self, step: Step, case: CaseIds, answer: httpx2.Response) -> None:
        if step.fault is None:
            if answer.status_code not in (200, 201, 202):
                raise self._astray(step, case, _said(answer))
            self._took(step, case, answer.json())
            return
        must, why = MUST[step.fault], _refused(answer)
        if (answer.status_code, why.problem) != (must.status, must.problem):
            raise self._astray(step, case, _said(answer))
        self.tally.refuse(why)

    def _same(self, step: Step, case: CaseIds, first: httpx2.Response, second: httpx2.Response) -> None:
        if not second.is_success or second.json()["events"] != first.json()["events"]:
            raise self._astray(step, case, f"the same key was answered otherwise: {_said(second)}")
        self.tally.repeated()

    # On pages

    def _on_page(self, step: Step, case: CaseIds) -> None:
        about = _about(step, case)
        sent = paging.send(step, about, self.calls.people.browser(step.actor))
        self.tally.took_form(step.act, sent.key)
        case.keys[step.label] = sent.key
        if step.makes:
            case.ids[step.makes] = sent.thing
        if step.act in paging.SLUGS:  # a page names no event; a later step may have to
            shown = self.calls.get("referrals", f"/v1/referrals/{about}", step.actor).json()
            case.ids[step.label] = shown["steps"][-1]["event"]

    # Over Kafka

    def _submit(self, step: Step, case: CaseIds) -> None:
        number, act = self._key(step, case), ACTS[step.act]
        about = _about(step, case)
        event: dict[str, Any] = {
            "specversion": "1.0",
            "id": number,
            "source": f"/agencies/{step.agency}",
            "type": f"accord.submission.{step.act}.v1",
            "datacontenttype": "application/json",
            "data": self._body(step, case) | self._sealed(step, number),
        }
        event |= {"subject": about} if about else {}
        if act.based and step.fault is not Fault.NO_BASIS:
            event["basedon"] = self._tag(step, act, about)
        value = _cut(event, case) if step.fault is Fault.MALFORMED else json.dumps(event).encode()
        times = 2 if step.again else 1
        receipts = self.submissions.submit(step.agency, number, value, times)
        self.tally.submit(step.agency, number, times)
        self._judge_receipts(step, case, receipts)

    def _sealed(self, step: Step, number: str) -> dict[str, Any]:
        sealed = {
            str(cls): seal_for_county(self.county_key, number, cls, said) for cls, said in step.facts.items()
        }
        return {"sealed": sealed} if sealed else {}

    def _judge_receipts(self, step: Step, case: CaseIds, receipts: list[dict[str, Any]]) -> None:
        first = receipts[0]
        if any(_effect(other) != _effect(first) for other in receipts):
            raise self._astray(step, case, "the same submission has two different receipts")
        outcome, reason = first["outcome"], first.get("reason")
        if step.fault is None:
            if outcome not in _GOOD:
                raise self._astray(step, case, f"{outcome} {first.get('clause')} {reason}")
            self._took(step, case, {**first, "concern": first.get("report")})
        else:
            must = MUST[step.fault]
            if outcome != must.outcome or must.reason not in (None, reason):
                raise self._astray(step, case, f"{outcome} {first.get('clause')} {reason}")
            self.tally.refuse(Refused(first.get("clause") or "none", outcome, reason or ""))
        for _ in receipts[1:]:
            self.tally.repeated()

    # Both

    def _key(self, step: Step, case: CaseIds) -> str:
        case.keys[step.label] = str(uuid5(self.run, f"{case.number}/{step.label}"))
        return case.keys[step.key_of or step.label]

    def _body(self, step: Step, case: CaseIds) -> dict[str, Any]:
        body = {**step.body, **{name: case.ids[label] for name, label in step.refs.items()}}
        now, name = datetime.now(UTC), ACTS[step.act].time
        if step.fault is Fault.AHEAD:
            body[name] = (now + _AHEAD).isoformat()
        elif step.ago or step.fault is Fault.KEY_REUSED:
            body[name] = (now - timedelta(seconds=step.ago or _ANOTHER_TIME)).isoformat()
        return body

    def _took(self, step: Step, case: CaseIds, said: Mapping[str, Any]) -> None:
        self.tally.took(step.act, list(said["events"]))
        case.ids[step.label] = said["events"][0]
        if step.makes:
            case.ids[step.makes] = said[step.makes.partition("-")[0]]

    def _acknowledge(self, step: Step, concern: str) -> None:
        """The screener finds the concern's item and says that it is in hand."""
        if step.door is Door.PAGES:
            browser = self.calls.people.browser(step.actor)
            self.tally.in_hand(paging.acknowledge(concern, browser, ITEM_SECONDS), by_pages=True)
            return
        until, who = time.monotonic() + ITEM_SECONDS, step.actor
        while time.monotonic() < until:
            page = self.calls.get("notifications", "/v1/feed", who, limit=50, open=True).json()["items"]
            found = [i["id"] for i in page if i["about"] and i["about"]["id"] == concern]
            if found:
                path = f"/v1/feed/items/{found[0]}/acknowledge"
                if not self.calls.post("notifications", path, who, {}, json={}).is_success:
                    raise NotAnswered("acknowledging an item was refused")
                self.tally.in_hand(found[0])
                return
            if self.stop.wait(0.25):
                raise Stopped
        raise NotAnswered("the item did not come into the screener's feed")


def _about(step: Step, case: CaseIds) -> str:
    """The id of the thing that the step is about. Raises KeyError if it was never made."""
    return case.ids[step.about] if step.about else ""


def _by_class(step: Step) -> dict[str, Any]:
    return {str(SealedClass(cls)): dict(said) for cls, said in step.facts.items()}


def _cut(document: Mapping[str, Any], case: CaseIds) -> bytes:
    """Bytes that are no JSON, with a name in clear in them."""
    return json.dumps(document).encode()[:-1] + f', "name": "Invented {MARKER}-{case.number}'.encode()


def _refused(answer: httpx2.Response) -> Refused:
    try:
        said = answer.json()
    except ValueError:
        said = {}
    slug = str(said.get("type", "")).rpartition("/")[2]
    return Refused(str(said.get("clause") or "none"), slug, str(said.get("reason") or ""))


def _said(answer: httpx2.Response) -> str:
    why = _refused(answer)
    return f"{answer.status_code} {why.problem} {why.reason} (clause {why.clause})"


def _effect(receipt: Mapping[str, Any]) -> tuple[Any, list[str]]:
    return receipt["outcome"], list(receipt.get("events", ()))
