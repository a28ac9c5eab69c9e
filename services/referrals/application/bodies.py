"""From a body as it came to a command: strict for most, lenient for what a youth's safety depends on.

Neither ever quotes what was submitted: a flag or an error names a field of the contract, or `unknown-field`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from services.referrals.application.orders import COMMANDS
from services.referrals.domain.commands import Command, Sealing
from services.referrals.vault.port import VaultPort
from shared.errors import Refusal, Undeliverable
from shared.events.names import SealedClass
from shared.events.sealing import CannotOpen

#: Commands that are never refused for want of form (DESIGN 1, rule 4).
LENIENT = frozenset({"report-concern", "state-call"})


def read_body(name: str, body: Mapping[str, Any]) -> tuple[Command, tuple[str, ...]]:
    """The command in `body`, and flags naming what of it could not be used.

    Raises Refusal `invalid-field` naming the first bad field; for a lenient command only if nothing is usable.
    """
    model = COMMANDS[name].body
    try:
        return model.model_validate(body), ()
    except ValidationError as error:
        if name not in LENIENT:
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
    """Field by field: what is good is kept, what is not is flagged by its contract name."""
    kept: dict[str, Any] = {}
    flags = ["unknown-field"] if any(name not in model.model_fields for name in body) else []
    for name in model.model_fields:
        if name not in body:
            continue
        for part in _parts(name, body[name], flags):
            try:
                model.model_validate({**kept, **part})
            except ValidationError as error:
                wrong = {e["loc"][:1] for e in error.errors(include_input=False)}
                if (name,) in wrong:
                    flags.append(f"unreadable.{name}")
                    continue
            kept.update({name: {**kept.get(name, {}), **part[name]}} if name in SEALED_FIELDS else part)
    try:
        command = model.model_validate(kept)
    except ValidationError as error:
        raise _invalid(error, model) from None
    return command, tuple(dict.fromkeys(flags))


#: Fields that hold identifying facts by class; a bad class does not cost the others.
SEALED_FIELDS = ("clear", "sealed")


def _parts(name: str, value: Any, flags: list[str]) -> list[dict[str, Any]]:
    if name not in SEALED_FIELDS:
        return [{name: value}]
    if not isinstance(value, dict):
        flags.append(f"unreadable.{name}")
        return []
    if any(cls not in set(SealedClass) for cls in value):
        flags.append("unknown-class")
    return [{name: {cls: inner}} for cls, inner in value.items() if cls in set(SealedClass)]


def usable(command: Command) -> bool:
    """Whether the command says anything at all."""
    return bool(command.model_dump(exclude_defaults=True))


def open_sealed(
    name: str, command: Command, submission: UUID | str, vault: VaultPort
) -> tuple[Command, tuple[str, ...]]:
    """The command with its sealed parts opened into `clear`, to be sealed anew under the vault's own keys.

    A part that cannot be opened is flagged (lenient commands) or refused. Blocks on the vault.
    """
    if not isinstance(command, Sealing) or not command.sealed:
        return command, ()
    clear, flags = dict(command.clear), []
    for cls, sealed in command.sealed.items():
        try:
            clear[cls] = {**vault.open_submission(sealed, submission, cls), **clear.get(cls, {})}
        except CannotOpen as error:
            if name not in LENIENT:
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


def require_object(body: Any) -> Mapping[str, Any]:
    """`body` if it is a JSON object. Raises Undeliverable."""
    if not isinstance(body, dict):
        raise Undeliverable("not-an-object")
    return body
