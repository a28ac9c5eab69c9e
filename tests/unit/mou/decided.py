"""A history that referrals decided, for tests: something of almost every command, one after another."""

from services.referrals.domain import acts, cases, referrals, screenings
from services.referrals.domain.commands import (
    AssignWorker,
    EnterActInError,
    EnterScreeningInError,
    JoinAgency,
    LeaveAgency,
    RecordAct,
    RecordScreening,
)
from services.referrals.domain.parts import Matter, Referral
from shared.events.names import SealedClass
from tests.unit.referrals.made import (
    ADVOCATE,
    BODIES,
    NOW,
    OFFICER,
    PATHS,
    REFERRAL_ACTS,
    REQUEST,
    SCREENER,
    Log,
    a_concern,
    a_referral,
    at,
    body_of,
)

TOLD = {
    SealedClass.IDENTITY: {"name": "Invented"},
    SealedClass.HEALTH: {"text": "Invented."},
    SealedClass.JUSTICE: {"number": "invented"},
}


class County:
    """A county and its log."""

    def __init__(self):
        self.log = Log()
        for status in PATHS:
            a_referral(status, self.log)
        self.in_a_case()
        a_concern("evaluated-out", self.log)
        self.between_the_agencies()

    @property
    def matter(self):
        return self.log.one(Matter)

    def do(self, decide, body, by=SCREENER):
        self.log.append(decide(self.matter, body, at(by)), by)

    def in_a_case(self):
        self.do(cases.join, JoinAgency(agency="probation", relation="participant"))
        officer = AssignWorker(worker=OFFICER.person, role="probation-officer")
        self.do(cases.assign_worker, officer, OFFICER)
        screened = RecordScreening(tool="cse-it", tool_version="2.0", band="clear-concern", screened_at=NOW)
        self.do(screenings.record, screened, OFFICER)
        screening = next(iter(self.matter.screenings))
        self.do(screenings.enter_in_error, EnterScreeningInError(screening=screening, reason="wrong-entry"))
        met = acts.record(acts.in_case(self.matter), RecordAct(act="team-met"), at(OFFICER))
        self.log.append(met, OFFICER)
        wrong = EnterActInError(record=next(iter(self.matter.acts)), reason="wrong-entry")
        self.log.append(acts.enter_in_error(acts.in_case(self.matter), wrong, at()), SCREENER)
        self.do(cases.leave, LeaveAgency(agency="probation", reason="done"))

    def between_the_agencies(self):
        referral, _ = a_referral("received", self.log)
        for act, by in (
            ("ask-information", ADVOCATE),
            ("give-information", SCREENER),
            ("state-referral-call", SCREENER),
            ("reject-referral", ADVOCATE),
            ("undo-referral", ADVOCATE),
            ("reject-referral", ADVOCATE),
            ("forward-referral", SCREENER),
        ):
            body = body_of(act, self.log.parts[referral.id])
            self.log.append(REFERRAL_ACTS[act](self.log.parts[referral.id], self.matter, body, at(by)), by)
        self.do(referrals.request, REQUEST.model_copy(update={"clear": TOLD}))
        outside = {"recipient": None, "outside": "regional-center"}
        self.do(referrals.request, REQUEST.model_copy(update=outside))
        accepted = referrals.accept(self.log.one(Referral), self.matter, BODIES["accept-referral"], at())
        self.log.append(accepted, SCREENER)
        self.do(referrals.request, REQUEST.model_copy(update={"matter": "delinquency"}))
