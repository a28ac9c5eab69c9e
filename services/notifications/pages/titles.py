"""What an item of the feed is called on a page, by the type of its event."""

from __future__ import annotations

from shared.web.site.words import N_

TITLES: dict[str, str] = {
    "accord.concern.reported.v1": N_("Concern %(code)s waits for a decision"),
    "accord.concern.attached.v1": N_("Concern %(code)s joined a case"),
    "accord.concern.linked.v1": N_("A further concern joined case %(code)s"),
    "accord.concern.evaluated-out.v1": N_("Concern %(code)s was evaluated out"),
    "accord.case.opened.v1": N_("Case %(code)s was opened"),
    "accord.referral.requested.v1": N_("Referral %(code)s needs an answer"),
    "accord.referral.accepted.v1": N_("Referral %(code)s was accepted"),
    "accord.referral.rejected.v1": N_("Referral %(code)s: the agency could not take it"),
    "accord.referral.started.v1": N_("Referral %(code)s: the service has begun"),
    "accord.referral.held.v1": N_("Referral %(code)s is on hold"),
    "accord.referral.resumed.v1": N_("Referral %(code)s goes on"),
    "accord.referral.completed.v1": N_("Referral %(code)s is completed"),
    "accord.referral.failed.v1": N_("Referral %(code)s was not completed"),
    "accord.referral.cancelled.v1": N_("Referral %(code)s is no longer asked for"),
    "accord.referral.information-asked.v1": N_("Referral %(code)s: the agency you asked has a question"),
    "accord.referral.information-given.v1": N_("Referral %(code)s: your question is answered"),
    "accord.referral.undone.v1": N_("Referral %(code)s: an entry was taken back"),
    "accord.referral.entered-in-error.v1": N_("Referral %(code)s: an entry was wrong"),
    "accord.screening.recorded.v1": N_("A screening was recorded in case %(code)s"),
    "accord.screening.entered-in-error.v1": N_("A screening in case %(code)s was recorded in error"),
    "accord.worker.assigned.v1": N_("A worker was named for case %(code)s"),
    "accord.cover.arranged.v1": N_("You cover for a colleague who is away"),
    "accord.cover.ended.v1": N_("You do not cover for your colleague any more"),
    "accord.duty.warned.v1": N_("%(code)s: something is soon due"),
    "accord.duty.unanswered.v1": N_("%(code)s: no record by the due time"),
    "accord.duty.escalated.v1": N_("%(code)s: still no record by the due time"),
    "accord.submission.unreadable.v1": N_("A message could not be read"),
    "accord.submission.refused.v1": N_("A message of your agency was not taken"),
    "accord.command.refused.v1": N_("An entry of your agency was not taken"),
}
OTHER = N_("Something new on %(code)s")
