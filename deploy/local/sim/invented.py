"""Facts about youths who do not exist. Each holds MARKER, which stands nowhere else, so that a leak is found."""

from __future__ import annotations

from typing import Any

from deploy.local.sim.steps import Facts
from shared.events.names import SealedClass

MARKER = "Notareal"
#: A code on no list of any MOU.
NO_CODE = "not-a-listed-code"


def facts(number: int, *classes: SealedClass) -> Facts:
    """What is said of the youth of this number, by class."""
    name = f"Invented {MARKER}-{number}"
    said: dict[SealedClass, dict[str, Any]] = {
        SealedClass.IDENTITY: {"name": name, "external_numbers": [f"EX-{MARKER}-{number}"]},
        SealedClass.CONTACT: {"telephone": f"000-{MARKER}-{number}"},
        SealedClass.NARRATIVE: {"text": f"Invented by the simulator; {name} does not exist."},
        SealedClass.HEALTH: {"text": f"Invented health fact of {name}."},
        SealedClass.EDUCATION: {"text": f"Invented school fact of {name}."},
    }
    return {one: said[one] for one in classes}
