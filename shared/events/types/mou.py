"""The MOU: adopted as a whole, in versions; old facts keep the rules of their own version."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import StringConstraints

from shared.events.data import AgencyCode, Data, Id
from shared.events.moments import Moment


class MouAdopted(Data):
    """A version of the county's MOU came into force: who signed, the digest of the PDF, and the document."""

    TYPE: ClassVar[str] = "accord.mou.adopted.v1"
    mou: Id
    version: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    effective: Moment
    signed_by: tuple[AgencyCode, ...]
    pdf_digest: Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")] | None = None
    document: dict[str, Any]
