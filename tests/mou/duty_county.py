"""A small document of duties and the happenings of the tests. No person is real."""

from datetime import UTC, datetime
from itertools import count
from zoneinfo import ZoneInfo

from alder import MOU

from shared.mou.duties.happenings import ACT_RECORDED, Happening
from shared.mou.duties.obligations import obligations
from shared.mou.duties.rules import DutyRule

HERE = ZoneInfo("America/Los_Angeles")
CASE, CONCERN, SECOND_CONCERN = "case-1", "concern-1", "concern-2"
REPORTED = "accord.concern.reported.v1"
CALLED = "accord.concern.call-stated.v1"
LINKED = "accord.concern.linked.v1"
EVALUATED_OUT = "accord.concern.evaluated-out.v1"
REQUESTED = "accord.referral.requested.v1"
ACCEPTED = "accord.referral.accepted.v1"
REJECTED = "accord.referral.rejected.v1"
CANCELLED = "accord.referral.cancelled.v1"
UNDONE = "accord.referral.undone.v1"
SCREENED = "accord.screening.recorded.v1"


def rule(name, **terms):
    terms.setdefault("owed_by", {"agency": "lead", "role": "social-worker"})
    terms.setdefault("says", "It is done in time.")
    return DutyRule.model_validate({"id": name, "clause": "3.2", "source": "Test", **terms})


RULES = (
    rule(
        "cross-report",
        opens=[{"event": REPORTED}],
        closes=[{"act": "cross-reported", "where": {"to": ["law-enforcement"]}}],
        ends=[{"event": EVALUATED_OUT}],
        per="concern",
        within={"hours": 24},
        warn_before=6,
        escalate=[
            {"after_hours": 0, "queue": "human-services/supervisor"},
            {"after_hours": 12, "queue": "human-services/coordinator"},
        ],
    ),
    rule(
        "call",
        opens=[{"event": REPORTED}],
        closes=[
            {"event": CALLED, "at": "called_at"},
            {"event": REPORTED, "present": ["called_at"], "at": "called_at"},
        ],
        per="concern",
        within={"at_once": {"alarm_hours": 1, "outer_hours": 4}},
        closes_itself=True,
        closing_may_precede_hours=24,
    ),
    rule(
        "written-report",
        opens=[{"event": REPORTED}],
        closes=[{"act": "form-sent"}],
        per="concern",
        starts="recorded",
        within={"hours": 36},
    ),
    rule(
        "answer",
        opens=[{"event": REQUESTED, "where": {"urgency": ["day", "days"]}}],
        closes=[{"event": ACCEPTED}, {"event": REJECTED}],
        ends=[{"event": CANCELLED}],
        per="referral",
        within={"days": 2},
    ),
    rule(
        "hearing",
        opens=[{"act": "petition-filed"}],
        closes=[{"act": "hearing-held"}],
        within={"court_days": 1},
    ),
    rule(
        "missing",
        opens=[{"act": "youth-missing"}],
        closes=[{"act": "reported-missing", "where": {"to": ["ncmec"]}}],
        ends=[{"act": "youth-returned"}],
        per="act",
        within={"hours": 24},
    ),
    rule(
        "debrief",
        opens=[{"act": "youth-returned"}],
        closes=[{"act": "debriefed"}],
        per="act",
        within={"hours": 72},
    ),
    rule(
        "review",
        opens=[{"act": "tier-three-began"}],
        closes=[{"act": "team-reviewed"}],
        ends=[{"act": "tier-three-ended"}],
        repeats=True,
        within={"days": 30},
    ),
    rule(
        "advise",
        opens=[{"act": "interviewed"}],
        closes=[{"act": "advised-of-advocate"}],
        per="act",
        within={"before": {"act": "interviewed"}},
        closing_may_precede_hours=720,
    ),
    rule(
        "team",
        opens=[{"event": SCREENED, "where": {"band": ["clear-concern"]}, "at": "screened_at"}],
        closes=[{"act": "team-met"}],
        one_open=True,
        within={"days": 10},
    ),
    rule(
        "re-screen",
        opens=[{"event": SCREENED}],
        closes=[{"event": SCREENED}],
        within={"months": 6},
    ),
    rule(
        "agreement",
        mode="recorded",
        opens=[{"act": "agreement-offered"}],
        closes=[{"act": "agreement-made", "absent": ["declined"]}],
    ),
    rule("annual-review", mode="off", why_off="The board keeps it."),
)
DOCUMENT = MOU.model_copy(update={"duties": RULES})
_ids = count(1)


def here(text):
    """A time on the county's clocks, "2026-01-14 09:00"; a second text's offset may be written behind it."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=HERE)).astimezone(UTC)


def happened(kind, when, *, recorded=None, on=CASE, version="v1", id=None, **data):
    """An event, or an act where `kind` has no dot. Recorded when it happened, unless said."""
    if "." not in kind:
        kind, data = ACT_RECORDED, {"act": kind, **data}
    when = here(when)
    recorded = here(recorded) if recorded else when
    return Happening(id or f"event-{next(_ids):05}", kind, when, recorded, version, on, data)


def reported(when, *, on=CONCERN, **more):
    return happened(REPORTED, when, on=on, concern=on, **more)


def linked(when, concern=CONCERN, **more):
    return happened(LINKED, when, case=CASE, concern=concern, **more)


def stated(kind, duty, when, **more):
    """A statement about a duty: waived, tolled, confirmed not done."""
    about, _, opening = duty.key.partition(":")
    return happened(kind, when, on=duty.subject, rule=about, opening=opening, **more)


def owed(*history, now, document=DOCUMENT, by=None):
    """The duties of one rule, or all, as of a time on the county's clocks."""
    duties = obligations(history, lambda _: document, here(now))
    return [duty for duty in duties if by is None or duty.rule.id == by]


def only(*history, now, by, document=DOCUMENT):
    """The one duty of this rule."""
    (duty,) = owed(*history, now=now, by=by, document=document)
    return duty
