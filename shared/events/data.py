"""What every event's `data` has in common: frozen, closed when written, open when read.

Unknown codes are read as `Unrecognised`, with their text kept, so that a newer writer never stops an
older reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import core_schema

from shared.events import names

#: Validation context of a reader: unknown codes become `Unrecognised` instead of an error.
READING = {"reading": True}


class Unrecognised(str):
    """A code that this version does not know; its text is kept."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema(max_length=200))


E = TypeVar("E", bound=StrEnum)


def _code(kind: type[E], value: Any, info: ValidationInfo) -> Any:
    try:
        return kind(value)
    except ValueError:
        if isinstance(value, str) and info.context and info.context.get("reading"):
            return Unrecognised(value)
        raise ValueError(f"not a known {kind.__name__} code") from None


def _class_key(value: Any, inner: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    known = _code(names.SealedClass, value, info)
    return known if isinstance(known, Unrecognised) else inner(known)


AgencyCode = Annotated[names.Agency | Unrecognised, BeforeValidator(partial(_code, names.Agency))]
RoleCode = Annotated[names.Role | Unrecognised, BeforeValidator(partial(_code, names.Role))]
MatterCode = Annotated[names.Matter | Unrecognised, BeforeValidator(partial(_code, names.Matter))]
UrgencyCode = Annotated[names.Urgency | Unrecognised, BeforeValidator(partial(_code, names.Urgency))]
YouthChoiceCode = Annotated[
    names.YouthChoice | Unrecognised, BeforeValidator(partial(_code, names.YouthChoice))
]
EvaluatedOutCode = Annotated[
    names.EvaluatedOut | Unrecognised, BeforeValidator(partial(_code, names.EvaluatedOut))
]
EvidenceReasonCode = Annotated[
    names.EvidenceReason | Unrecognised, BeforeValidator(partial(_code, names.EvidenceReason))
]
EndOfCoverCode = Annotated[names.EndOfCover | Unrecognised, BeforeValidator(partial(_code, names.EndOfCover))]
ClassCode = Annotated[names.SealedClass | Unrecognised, BeforeValidator(partial(_code, names.SealedClass))]

#: An opaque random id, written as a lower-case UUID.
Id = Annotated[
    str,
    StringConstraints(
        to_lower=True,
        pattern=r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
    ),
]
#: A coded word from the MOU document: it names a kind, never a person.
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
#: A class of sealed facts. A reader meets classes of newer writers as `Unrecognised`, which no code asks for.
SealedKey = Annotated[names.SealedClass, WrapValidator(_class_key)]
#: JWE compact serialisations by class; the only place in an event for identifying facts.
Sealed = Annotated[dict[SealedKey, str], Field(default_factory=dict)]


class Data(BaseModel):
    """The facts of one event. `TYPE` is the contract's name of it; a subclass adds the fields."""

    # "constants": a float that is no number reaches the check for floats instead of turning into null.
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")
    TYPE: ClassVar[str]

    def written(self) -> dict[str, Any]:
        """The facts as plain JSON values, without what is absent."""
        return self.model_dump(mode="json", exclude_none=True)

    @classmethod
    def opened(cls, facts: Mapping[str, Any]) -> Data:
        """Read `facts` openly: fields and codes of newer writers do not fail. Raises ValidationError."""
        return cls.model_validate(facts, extra="ignore", context=READING)


@dataclass(frozen=True)
class Unhandled:
    """An event of a type or version not known here: kept, shown as such, run when it becomes known."""

    type: str
    facts: Mapping[str, Any]
