"""`/worklist`: what was asked of the visitor's agency, and what it asked of others; codes and no names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.referrals.application.worklists import Counts, Part, Queue, Wanted, Worklists
from services.referrals.domain.parts import ReferralStatus
from services.referrals.pages import referral_telling as telling
from services.referrals.pages.labels import URGENCIES, Labels
from services.referrals.pages.referral_telling import Due
from services.referrals.pages.wording import REFERRAL_STATES
from services.referrals.pages.work import Work
from shared.events.moments import read_moment, write_moment
from shared.events.names import Urgency
from shared.mou.facts import CallerFacts
from shared.web import cursors
from shared.web.site.codes import code_of
from shared.web.site.components import Choice, Facet, Filter
from shared.web.site.refusing import route_of
from shared.web.site.visitor import CurrentVisitor
from shared.web.site.words import N_, catalogue

#: A page of so many weighs less than 20 kB over the wire, in either language.
PATH, SHOWN = "/worklist", 20
QUEUES: tuple[tuple[Queue, str], ...] = (
    ("inbound", N_("Asked of your agency")),
    ("outbound", N_("Asked by your agency")),
)
#: What is said of a referral with an open question.
QUESTION: Mapping[Queue, str] = {
    "inbound": N_("Your question waits for an answer"),
    "outbound": N_("Answer the question"),
}
#: Parts of a queue, and what an empty one says.
PARTS: tuple[tuple[Part, str, str], ...] = (
    ("open", N_("Open"), N_("Nothing is open here.")),
    ("again", N_("Needs another agency"), N_("Nobody needs another agency.")),
    ("ended", N_("Ended"), N_("Nothing has ended yet.")),
)
Status = Annotated[list[ReferralStatus], Query()]
Soon = Annotated[list[Urgency], Query()]


@dataclass(frozen=True)
class Row:
    """A referral of the list."""

    path: str
    code: str
    kind: str
    agency: str
    outside: bool
    state: str
    question: str
    urgency: str
    due: Due | None


def row_of(view: Mapping[str, Any], queue: Queue, labels: Labels, now: Any) -> Row:
    """The row of a referral, with the agency on the other side."""
    outside = view.get("outside")
    other = view["sender"] if queue == "inbound" else view["recipient"]
    return Row(
        f"/referrals/{view['id']}",
        code_of("referral", view["id"]),
        labels.kind(view["service"]),
        labels.outside(outside) if outside else labels.agency(other),
        bool(outside),
        REFERRAL_STATES[view["status"]],
        QUESTION[queue] if telling.waiting(view) else "",
        URGENCIES.get(view["urgency"], view["urgency"]),
        telling.due(view, now),
    )


def filter_of(wanted: Wanted, counts: Counts, says: telling.Said) -> Filter:
    """What can be chosen in this part of the queue, and how many each would show."""
    here = {key: n for key, n in counts.items() if key[0] == wanted.part}
    status = _facet("status", says(N_("State")), REFERRAL_STATES, wanted.statuses, here, 1, says)
    urgency = _facet("urgency", says(N_("How soon")), URGENCIES, wanted.urgencies, here, 2, says)
    kept = (("queue", wanted.queue), *((("part", wanted.part),) if wanted.part != "open" else ()))
    return Filter(PATH, (status, urgency), wanted.counted(counts), sum(here.values()), kept)


def _facet(
    name: str,
    legend: str,
    words: Mapping[str, str],
    chosen: frozenset[str],
    here: Counts,
    place: int,
    says: telling.Said,
) -> Facet:
    found = {code: sum(n for key, n in here.items() if key[place] == code) for code in words}
    return Facet(
        name,
        legend,
        tuple(
            Choice(code, says(words[code]), n, code in chosen)
            for code, n in found.items()
            if n or code in chosen
        ),
    )


def worklist_router(work: Work) -> APIRouter:
    """`/worklist`."""
    pages = work.pages
    router = APIRouter(route_class=route_of(pages))
    lists, secret = Worklists(work.doors.referrals.questions), work.doors.referrals.secret

    @router.get(PATH)
    def worklist(
        request: Request,
        visitor: CurrentVisitor,
        status: Status = [],  # noqa: B006 - FastAPI copies it
        urgency: Soon = [],  # noqa: B006
        queue: Queue = "inbound",
        part: Part = "open",
        cursor: Annotated[str | None, Query(max_length=600)] = None,
    ) -> Response:
        """A page of one part of a queue, asked first first."""
        viewer = lists.viewer(CallerFacts.of(visitor.caller))
        wanted = Wanted(queue, part, frozenset(map(str, status)), frozenset(map(str, urgency)))
        bound = {"queue": queue, "part": part, "of": _of(wanted)}
        after = read_moment(cursors.decode(secret, visitor.caller, bound, cursor)) if cursor else None
        counts, found = lists.count(viewer, queue), lists.page(viewer, wanted, after, SHOWN)
        says = catalogue(visitor.language).gettext
        given, labels = filter_of(wanted, counts, says), Labels(viewer.mou)
        more = found.following
        following = cursors.encode(secret, visitor.caller, bound, write_moment(more)) if more else None
        return pages.answer(
            request,
            "worklist.html",
            visitor,
            rows=[row_of(view, queue, labels, work.desk.site.now()) for view in found.items],
            filter=given,
            queues=[(f"{PATH}?queue={name}", label, name == queue) for name, label in QUEUES],
            parts_of_queue=[
                (_part_path(queue, name), label, Wanted(queue, name).counted(counts), name == part)
                for name, label, _ in PARTS
                if queue == "outbound" or name != "again"
            ],
            empty=next(words for name, _, words in PARTS if name == part),
            inbound=queue == "inbound",
            following=f"{PATH}?{_of(wanted)}&cursor={following}" if following else "",
            first=f"{PATH}?{_of(wanted)}" if cursor else "",
        )

    return router


def _part_path(queue: Queue, part: Part) -> str:
    return f"{PATH}?queue={queue}" + ("" if part == "open" else f"&part={part}")


def _of(wanted: Wanted) -> str:
    chosen = [("status", one) for one in sorted(wanted.statuses)]
    chosen += [("urgency", one) for one in sorted(wanted.urgencies)]
    return urlencode([("queue", wanted.queue), ("part", wanted.part), *chosen])
