"""The small forms that every part of the document is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from shared.mou.vocabulary import CODE_FORM, CODE_LENGTH

#: The id of a clause, as the signed paper numbers it: "4.2".
ClauseId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,15}$")]
#: A name within the document: of a rule, a set, a coded reason.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
#: A code of one of the document's lists.
Code = Annotated[str, StringConstraints(pattern=CODE_FORM, max_length=CODE_LENGTH)]
#: The version of a document.
Version = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,39}$")]
#: A queue, `<agency>/<role>`.
Queue = Annotated[str, StringConstraints(pattern=r"^[a-z-]+/[a-z-]+$")]
#: The contract's name of an event.
EventType = Annotated[str, StringConstraints(pattern=r"^accord\.[a-z-]+\.[a-z-]+\.v[1-9][0-9]*$")]
#: A label that people read, of a few words.
Label = Annotated[str, StringConstraints(min_length=3, max_length=120)]
#: One plain sentence, for people.
Sentence = Annotated[str, StringConstraints(min_length=3, max_length=400, strip_whitespace=True)]
#: Where a rule comes from: a statute, a letter, a policy, or that it is a default.
Source = Annotated[str, StringConstraints(min_length=2, max_length=200)]


class Part(BaseModel):
    """A part of the document."""

    model_config = ConfigDict(frozen=True, extra="forbid")
