"""`/cases/{id}`: a case as its reader may see it: who takes part, who works on it, what was asked and reported."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from services.referrals.application.finding import Finding
from services.referrals.application.listing import Lists
from services.referrals.application.owing import Owing
from services.referrals.application.standing import Standing
from services.referrals.application.views import Viewer
from services.referrals.domain.duties import Owed
from services.referrals.pages.duties import Beside, due_of
from services.referrals.pages.flags import Flagged, flagged
from services.referrals.pages.labels import Labels, in_english
from services.referrals.pages.listing import Card
from services.referrals.pages.recording import Done, done_of
from services.referrals.pages.saying import COMMANDS, SAYINGS, WRONG, Line, line_of, offered, times_of
from services.referrals.pages.telling import told
from services.referrals.pages.wording import BANDS, MATTERS, REFERRAL_STATES, RELATIONS, Wording
from services.referrals.pages.work import Work
from shared.events.moments import read_moment
from shared.events.names import Purpose
from shared.events.types.act import ActRecorded
from shared.events.types.case import AgencyJoined, AgencyLeft, CaseOpened, WorkerAssigned
from shared.events.types.concern import ConcernLinked
from shared.mou.authority import may
from shared.mou.facts import CallerFacts, ThingFacts
from shared.mou.vocabulary import Act, CodeList
from shared.web.site.codes import code_of
from shared.web.site.refusing import route_of
from shared.web.site.visitor import CurrentVisitor
from shared.web.site.words import N_
from shared.web.trace import CurrentTrace

#: How long a page says that something was done.
LATELY = timedelta(minutes=10)
#: What the page says after something was done, if an event of this type was recorded lately: anybody can write an
#: address. Codes only come in it.
DONE = {
    "opened": (CaseOpened.TYPE, N_("Case %(code)s is open")),
    "attached": (ConcernLinked.TYPE, N_("The concern joined case %(code)s")),
    "joined": (AgencyJoined.TYPE, N_("An agency joined case %(code)s")),
    "left": (AgencyLeft.TYPE, N_("An agency left case %(code)s")),
    "assigned": (WorkerAssigned.TYPE, N_("A worker was named for case %(code)s")),
    "recorded": (ActRecorded.TYPE, N_("What was done is recorded in case %(code)s")),
}
ACTS = ("join-agency", "leave-agency", "assign-worker", "record-act", *COMMANDS)


def _said_lately(done: str, standing: Standing, since: datetime, wording: Wording) -> str:
    """What the page says after something was said of a duty, if it was said lately."""
    for saying in SAYINGS:
        if saying.slug == done and any(at > since for at in times_of(saying, standing.said)):
            return wording.say(saying.done)
    return ""


def may_replay(viewer: Viewer) -> bool:
    """Whether the MOU lets the viewer look at the timelines of cases, for the purpose of audit."""
    auditing = replace(viewer.caller, purpose=Purpose.AUDIT)
    return viewer.mou is not None and may(auditing, Act.READ_HISTORY, ThingFacts("case"), viewer.mou).allowed


@dataclass(frozen=True)
class Screened:
    """A screening as the page shows it; `struck` if it was recorded in error."""

    tool: str
    band: str
    agency: str
    moment: datetime
    struck: bool
    flags: list[Flagged]


@dataclass(frozen=True)
class Matter:
    """One matter of the case. `screenings` and `done` are None where they are withheld from the reader."""

    code: str
    name: str
    lead: str
    opened: datetime
    agencies: list[tuple[str, str]]
    workers: list[tuple[str, str]]
    concerns: list[tuple[str, str]]
    referrals: list[Card]
    screenings: list[Screened] | None
    done: list[Done] | None


def matter_of(
    view: Mapping[str, Any],
    referrals: Sequence[Mapping[str, Any]],
    known: Collection[str],
    reader: str,
    wording: Wording,
) -> Matter:
    """The matter in its reader's words. `known` are the concerns that the reader may know of."""
    bands, acts = view.get("screenings"), view.get("acts")
    return Matter(
        view["matter"],
        wording.word(MATTERS, view["matter"]),
        wording.agency(view["lead"]),
        read_moment(view["opened_at"]),
        [(wording.agency(code), _relation(how, wording)) for code, how in view["agencies"].items()],
        [
            (wording.say(N_("You")) if id == reader else code_of("person", id), wording.agency(agency))
            for id, agency in view["workers"].items()
        ],
        [(code_of("concern", id), f"/concerns/{id}" if id in known else "") for id in view["concerns"]],
        [referral_card(one, wording) for one in referrals if one["matter"] == view["matter"]],
        None if bands is None else [_screened(one, wording) for one in bands],
        None if acts is None else [done_of(one, wording) for one in acts],
    )


def referral_card(view: Mapping[str, Any], wording: Wording) -> Card:
    """A referral of the case, in a list."""
    labels = Labels(wording.mou)
    outside = in_english(labels.outside(view["outside"])) if view.get("outside") else ""
    to = outside or wording.agency(view["recipient"])
    return Card(
        f"/referrals/{view['id']}",
        code_of("referral", view["id"]),
        wording.word(REFERRAL_STATES, view["status"]),
        Markup("{}: {} → {}").format(
            in_english(labels.kind(view["service"])), wording.agency(view["sender"]), to
        ),
        read_moment(view["requested_at"]),
    )


def _relation(code: str, wording: Wording) -> str:
    return wording.word(RELATIONS, code) if code in RELATIONS else wording.listed(CodeList.RELATION, code)


def _screened(view: Mapping[str, Any], wording: Wording) -> Screened:
    return Screened(
        wording.tool(view["tool"]),
        wording.word(BANDS, view["band"]),
        wording.agency(view["agency"]),
        read_moment(view["screened_at"]),
        "struck" in view,
        flagged(view.get("flags", ()), wording),
    )


@dataclass(frozen=True)
class CasePages:
    """The page of a case. Handlers run in threads and block on the databases."""

    work: Work
    lists: Lists
    finding: Finding
    owing: Owing

    def router(self) -> APIRouter:
        """Its address."""
        router = APIRouter(route_class=route_of(self.work.pages))
        router.add_api_route("/cases/{case:uuid}", self.show, methods=["GET"])
        return router

    def show(
        self, request: Request, visitor: CurrentVisitor, trace: CurrentTrace, case: UUID, done: str = ""
    ) -> Response:
        """The case."""
        id, code = str(case), code_of("case", case)
        shown = self.work.show("case", id, visitor, trace)
        viewer = self.lists.viewer(CallerFacts.of(visitor.caller))
        wording = Wording(visitor.language, viewer.mou)
        matters: Sequence[Mapping[str, Any]] = shown.view["matters"]
        known = self.finding.knows(viewer, "concern", [one for m in matters for one in m["concerns"]])
        referrals = self.lists.referrals(id, viewer)
        rights = self.finding.rights(viewer, "case", id, ACTS, viewer.caller.agency)
        standing = self.owing.in_case(id, viewer.caller)
        waits, settled = due_of(
            standing.owed, wording, self._beside(id, standing, rights.acts, viewer, wording)
        )
        return self.work.pages.answer(
            request,
            "case.html",
            visitor,
            id=id,
            waits=waits,
            settled=settled,
            code=code,
            asks=bool(self.work.asking(id, visitor).askable),
            matters=[matter_of(m, referrals, known, visitor.caller.person, wording) for m in matters],
            told=told(shown.view, wording, ("identity",), rights.classes),
            acts=rights.acts,
            replays=may_replay(viewer),
            done=_said_lately(done, standing, self._since, wording)
            or (wording.say(DONE[done][1], code=code) if self._was_done(done, viewer, shown.view) else ""),
        )

    def _beside(
        self, case: str, standing: Standing, acts: frozenset[str], viewer: Viewer, wording: Wording
    ) -> Beside:
        """What stands beside each duty: what was said of it, and what the viewer may say."""
        owners = {one.agency for one in standing.said}
        strikes = {
            owner: self.finding.rights(viewer, "case", case, [WRONG.command], owner).acts for owner in owners
        }

        def beside(one: Owed) -> tuple[list[Line], list[tuple[str, str]]]:
            said = [s for s in standing.said if s.duty in one.keys]
            lines = [line_of(s, case, strikes[s.agency], wording) for s in said]
            return lines, offered(one, case, acts, viewer)

        return beside

    @property
    def _since(self) -> datetime:
        return self.work.desk.site.now() - LATELY

    def _was_done(self, done: str, viewer: Viewer, view: Mapping[str, Any]) -> bool:
        """Whether what the address says was done to the case lately."""
        if done not in DONE:
            return False
        since = self._since
        if done == "recorded":  # which not everybody sees who may know of the case
            acts = [act for matter in view["matters"] for act in matter.get("acts") or ()]
            return any(read_moment(act["recorded_at"]) > since for act in acts)
        changes = self.finding.changes(viewer, "case", view["id"], since)
        return DONE[done][0] in {change.type for change in changes}
