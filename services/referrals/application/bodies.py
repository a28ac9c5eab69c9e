"""From a body as it came to a command: strict for most, lenient for what a youth's safety depends on.

Neither ever quotes what was submitted: a flag or an error names a field of the contract, or `unknown-field`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from services.referrals.application.table import COMMANDS
from services.referrals.domain.commands import Command, Sealing, is_plain
from services.referrals.domain.concerns import OFFENCE
from services.referrals.domain.kept import AS_SUBMITTED, keep_as_submitted
from services.referrals.domain.portions import fits, require_fit
from services.referrals.vault.port import VaultPort
from shared.errors import Refusal
from shared.events.names import SealedClass
from shared.events.sealing import CannotOpen
from shared.mou.document import Mou
from shared.mou.gaps import safety_rule
from shared.mou.vocabulary import Act

#: The document in force, asked for only where something is amiss.
InForce = Callable[[], Mou | None]
#: Commands that can be read field by field, so that none needs to be refused for want of form. Whether one of them
#: is taken so, the document says (DESIGN 1, rule 4).
LENIENT = frozenset(
    {
        "report-concern",
        "state-call",
        "record-screening",
        "record-act",
        "record-concern-act",
        "confirm-duty-not-done",
        "confirm-concern-duty-not-done",
    }
)
#: Command -> the act of the document that it is, where their names differ.
ACTS = {"record-concern-act": Act.RECORD_ACT, "confirm-concern-duty-not-done": Act.CONFIRM_DUTY_NOT_DONE}


def nothing_in_force() -> None:
    """For callers without a document: Accord's own list holds."""


def is_lenient(name: str, mou: InForce = nothing_in_force) -> bool:
    """Whether the command is taken whatever is amiss with its form."""
    return name in LENIENT and ACTS.get(name, name) in safety_rule(mou()).accepted


def says_nothing(name: str, command: Command, mou: InForce = nothing_in_force) -> bool:
    """Whether it is one that needs a fact and states none that a field could take."""
    if name not in LENIENT or usable(command):
        return False
    return ACTS.get(name, name) in safety_rule(mou()).need_a_fact


def read_body(
    name: str, body: Mapping[str, Any], mou: InForce = nothing_in_force
) -> tuple[Command, tuple[str, ...]]:
    """The command in `body`, and flags naming what of it could not be used.

    Raises Refusal `invalid-field` naming the first bad field; for a lenient command only if nothing is usable.
    """
    model = COMMANDS[name].body
    try:
        return model.model_validate(body), ()
    except ValidationError as error:
        if not is_lenient(name, mou):
            raise _invalid(error, model) from None
    return _leniently(model, body)


def _invalid(error: ValidationError, model: type[Command]) -> Refusal:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    pointer = _pointer(first["loc"], model)
    known = first["type"] != "extra_forbidden"
    detail = "The field is missing or not of its form." if known else "There is a field that is not known."
    return Refusal("none", "invalid-field", detail, "See the command's schema in the API's OpenAPI.", pointer)


def _pointer(location: tuple[int | str, ...], model: type[Command]) -> str:
    """A pointer to a field of the contract; a name that is not the contract's is not repeated."""
    head = str(location[0]) if location else ""
    if head not in model.model_fields:
        return ""
    deeper = [str(p) for p in location[1:] if isinstance(p, int) or p in set(SealedClass)]
    return "/" + "/".join([head, *deeper])


def _leniently(model: type[Command], body: Mapping[str, Any]) -> tuple[Command, tuple[str, ...]]:
    """Field by field: what is good is kept, what is not is flagged by its contract name and kept sealed."""
    kept: dict[str, Any] = {}
    flags: list[str] = []
    lost: dict[str, Any] = {name: body[name] for name in body if name not in model.model_fields}
    if lost:
        flags.append("unknown-field")
    for name in model.model_fields:
        if name not in body:
            continue
        for part in _parts(name, body[name], flags, lost):
            merged = _merged(kept.get(name), part)
            if _fits(model, {**kept, name: merged}, name):
                kept[name] = merged
            elif name in KEPT_NOWHERE:
                flags.append(OFFENCE)
            else:
                flags.append(f"unreadable.{name}")
                lost.setdefault(name, body[name])
    if SEALED_FIELDS[0] in model.model_fields:
        _keep_lost(kept, lost, flags)
    elif lost:  # a screening holds no item's text, not even sealed
        flags.append("not-kept")
    try:
        command = model.model_validate(kept)
    except ValidationError as error:
        raise _invalid(error, model) from None
    return command, tuple(dict.fromkeys(flags))


#: Fields that hold identifying facts by class; a bad class does not cost the others. Nor does a bad sign.
SEALED_FIELDS = ("clear", "sealed")
LISTS = ("signs",)
#: What these say is not kept, not even sealed.
KEPT_NOWHERE = ("treated_as",)
MOST_SIGNS = 100


def _parts(name: str, value: Any, flags: list[str], lost: dict[str, Any]) -> list[Any]:
    """The parts of a field's value that stand or fall by themselves."""
    if name in LISTS and isinstance(value, list):
        if len(value) > MOST_SIGNS:
            flags.append(f"unreadable.{name}")
            lost[name] = value
        return [[one] for one in value[:MOST_SIGNS]]
    if name not in SEALED_FIELDS:
        return [value]
    if not isinstance(value, dict):
        flags.append(f"unreadable.{name}")
        lost[name] = value
        return []
    other = {cls: inner for cls, inner in value.items() if cls not in set(SealedClass)}
    if other:
        flags.append("unknown-class")
        lost[name] = other
    return [{cls: inner} for cls, inner in value.items() if cls not in other]


def _merged(known: Any, part: Any) -> Any:
    if isinstance(known, list) and isinstance(part, list):
        return [*known, *part]
    return {**known, **part} if isinstance(known, dict) and isinstance(part, dict) else part


def _fits(model: type[Command], given: dict[str, Any], name: str) -> bool:
    """Whether nothing is wrong with this field; others may still be missing."""
    try:
        model.model_validate(given)
    except ValidationError as error:
        return (name,) not in {e["loc"][:1] for e in error.errors(include_input=False)}
    return True


def _keep_lost(kept: dict[str, Any], lost: dict[str, Any], flags: list[str]) -> None:
    """Seal with the narrative what no field could take: a screener can still read it (DESIGN 1, rule 4)."""
    if not lost:
        return
    if not is_plain(lost):
        try:
            lost = {"json": json.dumps(lost)}
        except RecursionError:
            flags.append("not-kept")
            return
    kept["clear"] = keep_as_submitted(kept.get("clear", {}), lost)


def usable(command: Command) -> bool:
    """Whether the command states any fact that a field could take; a time or a matter alone is none."""
    said = command.model_dump(exclude_defaults=True, exclude={"time", "clear", "matter"})
    names = (name for facts in getattr(command, "clear", {}).values() for name in facts)
    return bool(said) or any(not name.startswith(AS_SUBMITTED) for name in names)


def no_usable_fact() -> Refusal:
    """The refusal of a lenient command that states nothing."""
    remedy = "State at least one fact."
    return Refusal("none", "no-usable-fact", "Nothing in the report can be used.", remedy)


def open_sealed(
    name: str, command: Command, submission: UUID | str, vault: VaultPort, mou: InForce = nothing_in_force
) -> tuple[Command, tuple[str, ...]]:
    """The command with its sealed parts opened into `clear`, to be sealed anew under the vault's own keys.

    A part that cannot be opened is flagged (lenient commands) or refused; so is more than one event holds, if
    the command is not lenient. Blocks on the vault.
    """
    if not isinstance(command, Sealing):
        return command, ()
    command, flags = _opened(name, command, submission, vault, mou)
    if not fits(command.clear) and not is_lenient(name, mou):
        require_fit(command.clear)
    return command, flags


def _opened(
    name: str, command: Sealing, submission: UUID | str, vault: VaultPort, mou: InForce
) -> tuple[Sealing, tuple[str, ...]]:
    clear, flags = dict(command.clear), []
    for cls, sealed in command.sealed.items():
        try:
            opened = vault.open_submission(sealed, submission, cls)
            if not is_plain(opened):
                raise CannotOpen("damaged")
            clear[cls] = {**opened, **clear.get(cls, {})}
        except CannotOpen as error:
            if not is_lenient(name, mou):
                raise _unopenable(cls, error) from None
            flags.append(f"unopenable.{cls}")
    return command.model_copy(update={"clear": clear, "sealed": {}}), tuple(flags)


def _unopenable(cls: SealedClass, error: CannotOpen) -> Refusal:
    return Refusal(
        "none",
        "sealed-part-cannot-be-opened",
        "A sealed part cannot be opened with the county's key.",
        f"Seal it anew to the key of GET /v1/keys, bound to this submission and class ({error.reason}).",
        f"/sealed/{cls}",
    )
