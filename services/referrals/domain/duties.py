"""What is said of a duty besides meeting it: that it is waived, that its clock stands still, that it was not done.

Waiving and tolling need an authority of the MOU's list, and are refused without one. That a thing was not done is a
fact: it is taken, and what is unusual about it is flagged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from services.referrals.domain.acts import Place
from services.referrals.domain.commands import (
    ConfirmDutyNotDone,
    EnterDutyStatementInError,
    TollDuty,
    WaiveDuty,
)
from services.referrals.domain.deciding import AHEAD, At, happened, in_force, listed, permit, take
from services.referrals.domain.facts import Fact
from services.referrals.domain.screenings import NOT_LISTED
from shared.errors import Refusal
from shared.events import Data
from shared.events.types.duty import DutyConfirmedNotDone, DutyEnteredInError, DutyTolled, DutyWaived
from shared.mou.document import Authority
from shared.mou.duties.states import SETTLED, Duty, State
from shared.mou.terms import authorities
from shared.mou.vocabulary import Act

#: In these nothing that an authority says could still change anything.
OVER = SETTLED - {State.CONFIRMED_NOT_DONE, State.DONE_LATE}


@dataclass(frozen=True)
class Owed:
    """A duty, the agency that owes it (by code; None where the MOU names nobody of this case), and the stream of
    the matter or concern in which things are said of it."""

    duty: Duty
    agency: str | None
    stream: str

    @property
    def keys(self) -> frozenset[str]:
        """The keys under which something may be said of it: by what opened it, or opened it again."""
        return frozenset(f"{self.duty.rule.id}:{one}" for one in (self.duty.opened_by, *self.duty.joined))


@dataclass(frozen=True)
class Said:
    """A statement on a duty, as recorded. `kind` is its event's type; `struck` is why it was entered in error."""

    entry: str
    kind: str
    duty: str
    agency: str
    clause: str
    time: datetime
    recorded_at: datetime
    stream: str
    authority: str | None = None
    reason: str | None = None
    begins: datetime | None = None
    until: datetime | None = None
    flags: tuple[str, ...] = ()
    struck: str | None = None
    struck_at: datetime | None = None


def waive(place: Place, owed: Owed | None, command: WaiveDuty, at: At) -> list[Fact]:
    """Lift the duty, on an authority that the MOU lists for it. Raises Refusal."""
    duty, authority = _on_authority(place, owed, Act.WAIVE_DUTY, command, at)
    listed(at, "waiver_reasons", command.reason, authority.clause, "/reason")
    time = happened(command.time, at, authority.clause)
    _require_in_time(duty, time, authority.clause, "/time")
    data = DutyWaived(
        rule=duty.rule.id,
        opening=duty.opened_by,
        authority=authority.code,
        reason=command.reason,
        concern=place.concern,
        case=place.case,
    )
    return [_fact(place, data, authority.clause, time)]


def toll(place: Place, owed: Owed | None, command: TollDuty, at: At) -> list[Fact]:
    """Let the duty's clock stand still for a while, on an authority that the MOU lists for it. Raises Refusal."""
    duty, authority = _on_authority(place, owed, Act.TOLL_DUTY, command, at)
    time = happened(command.time, at, authority.clause)
    if command.until is not None and command.until <= command.begins:
        detail, remedy = (
            "The time ends before it begins.",
            "State a later end, or none while it is not known.",
        )
        raise Refusal(authority.clause, "invalid-field", detail, remedy, "/until")
    _require_in_time(duty, command.begins, authority.clause, "/begins")
    data = DutyTolled(
        rule=duty.rule.id,
        opening=duty.opened_by,
        authority=authority.code,
        begins=command.begins,
        until=command.until,
        concern=place.concern,
        case=place.case,
    )
    return [_fact(place, data, authority.clause, time)]


def confirm_not_done(
    place: Place, owed: Owed | None, command: ConfirmDutyNotDone, at: At, flags: tuple[str, ...] = ()
) -> list[Fact]:
    """Take it that the duty was not done. Refused only where the caller's agency has no part in it."""
    permission = take(at, Act.CONFIRM_DUTY_NOT_DONE, place.facts)
    assert command.duty is not None, "without it nothing is stated, which the edges refuse"
    rule, _, opening = command.duty.partition(":")
    late = command.time is not None and command.time > at.now + AHEAD
    if rule not in {duty.id for duty in in_force(at, permission.clause).duties} and owed is None:
        rule = NOT_LISTED
    checks = {
        "duty-not-known": owed is None,
        "duty-settled": owed is not None and owed.duty.state in SETTLED - {State.CONFIRMED_NOT_DONE},
        "ahead.time": late,
    }
    data = DutyConfirmedNotDone(
        rule=rule,
        opening=opening,
        concern=place.concern,
        case=place.case,
        flags=tuple(
            dict.fromkeys((*permission.flags, *flags, *(flag for flag, found in checks.items() if found)))
        ),
    )
    return [_fact(place, data, permission.clause, at.now if late or command.time is None else command.time)]


def enter_in_error(place: Place, said: Said | None, command: EnterDutyStatementInError, at: At) -> list[Fact]:
    """Mark a statement on a duty as a mistake: by the agency that made it, or the lead. Raises Refusal."""
    owner = said.agency if said else at.caller.agency
    clause = permit(at, Act.ENTER_DUTY_STATEMENT_IN_ERROR, replace(place.facts, owner=owner)).clause
    if said is None or said.struck is not None:
        detail, remedy = "There is no such statement that counts.", "They stand with what is due in the case."
        raise Refusal(clause, "no-such-entry", detail, remedy, "/entry")
    listed(at, "error_reasons", command.reason, clause, "/reason")
    data = DutyEnteredInError(
        entry=command.entry, reason=command.reason, concern=place.concern, case=place.case
    )
    return [_fact(place, data, clause, happened(command.time, at, clause))]


def _on_authority(
    place: Place, owed: Owed | None, act: Act, command: WaiveDuty | TollDuty, at: At
) -> tuple[Duty, Authority]:
    """The duty and the authority that is named. Raises Refusal where there is none."""
    clause = permit(at, act, place.facts).clause
    duty = _standing(owed, clause)
    allowed = authorities(act, duty.rule.id, at.caller.all_roles, in_force(at, clause))
    if command.authority not in allowed:
        detail = "The memorandum lists no such authority for this duty and for somebody in your role."
        raise Refusal(clause, "authority-not-listed", detail, _remedy(allowed.values()), "/authority")
    return duty, allowed[command.authority]


def _remedy(allowed: Iterable[Authority]) -> str:
    codes = ", ".join(authority.code for authority in allowed)
    return f"It lists: {codes}." if codes else "It lists none: record what is done, or that it was not done."


def _standing(owed: Owed | None, clause: str) -> Duty:
    if owed is None:
        detail, remedy = "There is no such duty here.", "Read what is due in the case, and name one of it."
        raise Refusal(clause, "no-such-duty", detail, remedy, "/duty")
    if owed.duty.state in OVER:
        detail = f"The duty is {owed.duty.state}: nothing is left to be waived or to wait for."
        remedy = "If what was recorded is wrong, mark that entry as entered in error first."
        raise Refusal(clause, "duty-settled", detail, remedy, "/duty")
    return owed.duty


def _require_in_time(duty: Duty, moment: datetime, clause: str, field: str) -> None:
    if duty.due_at is not None and moment > duty.due_at:
        detail = "The duty was past its due time by then; an authority cannot change that afterwards."
        remedy = (
            "State when it was said, if that was in time; else record what was done, or that it was not done."
        )
        raise Refusal(clause, "duty-past-due", detail, remedy, field)


def _fact(place: Place, data: Data, clause: str, time: datetime) -> Fact:
    return Fact(data, clause, time, stream=place.stream, subject=place.subject)
