"""Sentences for a referral's life after its answer, for corrections, for screenings and for acts on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shared.events.moments import write_moment
from shared.events.types.act import ActEnteredInError, ActRecorded
from shared.events.types.duty import DutyConfirmedNotDone, DutyEnteredInError, DutyTolled, DutyWaived
from shared.events.types.referral import (
    ReferralCallStated,
    ReferralCancelled,
    ReferralCompleted,
    ReferralEnteredInError,
    ReferralFailed,
    ReferralForwarded,
    ReferralHeld,
    ReferralInformationAsked,
    ReferralInformationGiven,
    ReferralResumed,
    ReferralStarted,
    ReferralUndone,
)
from shared.events.types.screening import ScreeningEnteredInError, ScreeningRecorded


def agency(code: str) -> str:
    """An agency's code as words: human-services → Human services."""
    words = code.replace("-", " ")
    return words[:1].upper() + words[1:]


def plain(word: object) -> str:
    """A code as words."""
    return str(word).replace("-", " ")


def listed(words: tuple[Any, ...]) -> str:
    """Codes as words, one after another."""
    return ", ".join(plain(w) for w in words)


def _flags(flags: tuple[str, ...]) -> str:
    return f" Flagged: {listed(flags)}." if flags else ""


def _attempts(attempts: int | None) -> str:
    return "" if attempts is None else f", after {attempts} {'attempt' if attempts == 1 else 'attempts'}"


def _started(who: str, d: ReferralStarted) -> str:
    return f"{agency(who)} began to serve the youth.{_flags(d.flags)}"


def _held(who: str, d: ReferralHeld) -> str:
    until = f" It expects to go on by {d.until:%Y-%m-%d}." if d.until else ""
    return f"{agency(who)} put the referral on hold: {plain(d.reason)}.{until}"


def _resumed(who: str, _: ReferralResumed) -> str:
    return f"{agency(who)} serves the youth again."


def _completed(who: str, d: ReferralCompleted) -> str:
    said = f"{agency(who)} ended its service, outcome {plain(d.outcome)}{_attempts(d.attempts)}."
    return said + _flags(d.flags)


def _failed(who: str, d: ReferralFailed) -> str:
    said = f"{agency(who)} could not give the service to its end: {plain(d.reason)}{_attempts(d.attempts)}."
    return said + _flags(d.flags)


def _cancelled(who: str, d: ReferralCancelled) -> str:
    return f"{agency(who)} took its request back: {plain(d.reason)}."


def _forwarded(who: str, d: ReferralForwarded) -> str:
    to = f"{plain(d.outside)} (outside the network)" if d.outside else agency(d.recipient)
    return f"{agency(who)} went on to {to}, with a new referral that follows this one."


def _asked(who: str, d: ReferralInformationAsked) -> str:
    return f"{agency(who)} needs to know more before it can go on: {listed(d.missing)}."


def _told(who: str, _: ReferralInformationGiven) -> str:
    return f"{agency(who)} answered what was asked about the referral."


#: What came of a call, as the end of a sentence.
CALLS = {
    "reached": "they reached each other",
    "left-no-message": "nobody was reached and no message was left",
    "no-answer": "nobody answered",
}


def _called(who: str, d: ReferralCallStated) -> str:
    caller = {"sender": "the agency that asked", "recipient": "the agency that was asked"}.get(
        str(d.called_by), plain(d.called_by)
    )
    result = CALLS.get(str(d.result), plain(d.result))
    return f"{agency(who)} stated a call about the referral: {caller} called, {result}.{_flags(d.flags)}"


def _undone(who: str, d: ReferralUndone) -> str:
    return f"{agency(who)} took back a mis-click: {plain(d.act)}. The entry stays in the record."


def _in_error(who: str, d: ReferralEnteredInError) -> str:
    what = f"its entry “{plain(d.act)}”" if d.entry else "the whole referral"
    return f"{agency(who)} marked {what} as entered in error: {plain(d.reason)}. It stays in the record."


def _screened(who: str, d: ScreeningRecorded) -> str:
    tool = plain(d.tool).upper().replace("CSE IT", "CSE-IT") + (
        f" {d.tool_version}" if d.tool_version else ""
    )
    return f"{agency(who)} recorded a screening with {tool}: {plain(d.band)}.{_flags(d.flags)}"


def _not_screened(who: str, d: ScreeningEnteredInError) -> str:
    return f"{agency(who)} marked a screening as entered in error: {plain(d.reason)}. It stays in the record."


def _done(who: str, d: ActRecorded) -> str:
    to = f", to {plain(d.to)}" if d.to else ""
    how = f", by {plain(d.method)}" if d.method and d.method != "other" else ""
    return f"{agency(who)} recorded what was done: {plain(d.act)}{to}{how}.{_flags(d.flags)}"


def _not_done(who: str, d: ActEnteredInError) -> str:
    return f"{agency(who)} marked the record of an act as wrong: {plain(d.reason)}. It stays in the record."


def _waived(who: str, d: DutyWaived) -> str:
    return f"{agency(who)} waived a duty: {plain(d.rule)}, on {plain(d.authority)}; {plain(d.reason)}."


def _tolled(who: str, d: DutyTolled) -> str:
    end = f" until {write_moment(d.until)}" if d.until else ", until another statement says so"
    since = f"stands still from {write_moment(d.begins)}{end}"
    return (
        f"{agency(who)} recorded that the clock of a duty, {plain(d.rule)}, {since}, on {plain(d.authority)}."
    )


def _confirmed(who: str, d: DutyConfirmedNotDone) -> str:
    return f"{agency(who)} confirmed that a duty was not done: {plain(d.rule)}.{_flags(d.flags)}"


def _unsaid(who: str, d: DutyEnteredInError) -> str:
    return f"{agency(who)} marked a statement on a duty as wrong: {plain(d.reason)}. It stays in the record."


ON: Mapping[type, Callable[[str, Any], str]] = {
    ReferralStarted: _started,
    ReferralHeld: _held,
    ReferralResumed: _resumed,
    ReferralCompleted: _completed,
    ReferralFailed: _failed,
    ReferralCancelled: _cancelled,
    ReferralForwarded: _forwarded,
    ReferralInformationAsked: _asked,
    ReferralInformationGiven: _told,
    ReferralCallStated: _called,
    ReferralUndone: _undone,
    ReferralEnteredInError: _in_error,
    ScreeningRecorded: _screened,
    ScreeningEnteredInError: _not_screened,
    ActRecorded: _done,
    ActEnteredInError: _not_done,
    DutyWaived: _waived,
    DutyTolled: _tolled,
    DutyConfirmedNotDone: _confirmed,
    DutyEnteredInError: _unsaid,
}
