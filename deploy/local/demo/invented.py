"""The invented facts of the story. Nobody of these names exists; neither does Alder County.

The story never prints them: it seals them before they leave the agency, and looks for them in all that came out.
"""

from __future__ import annotations

import json
from typing import Any

from shared.events.names import SealedClass

#: What the sheriff's deputy wrote.
REPORT: dict[SealedClass, dict[str, Any]] = {
    SealedClass.IDENTITY: {"name": "Marisol Quenby-Ardeth", "birth_date": "2011-03-19"},
    SealedClass.CONTACT: {"phone": "+1 555 0142 7719"},
    SealedClass.ADDRESS: {"last_seen": "behind the shuttered Tollgate motel"},
    SealedClass.NARRATIVE: {"text": "An adult paid for the room; the youth would not say the adult's name."},
}
#: To whom the deputy spoke on the telephone.
REPORTER: dict[SealedClass, dict[str, Any]] = {SealedClass.REPORTER: {"spoke_to": "Ottoline Farrowby"}}
#: A second thing that the deputy saw, after the first report.
FURTHER: dict[SealedClass, dict[str, Any]] = {
    SealedClass.IDENTITY: {"name": "Marisol Quenby-Ardeth"},
    SealedClass.NARRATIVE: {"text": "The same adult's van was seen near the Tollgate school gate."},
}
#: What the social worker passes on: numbers that exist elsewhere, so that nobody has to ask for them again.
REFERRAL: dict[SealedClass, dict[str, Any]] = {
    SealedClass.IDENTITY: {"name": "Marisol Quenby-Ardeth", "cws_cms_number": "0417-3391-8802-6650014"},
    SealedClass.JUSTICE: {"incident_number": "ALD-26-0077315"},
    SealedClass.NARRATIVE: {"text": "Asks for somebody who will not send a patrol car to the school."},
}
#: What the social worker asks of a health agency; each agency that is asked is told its facts anew.
MEDICAL: dict[SealedClass, dict[str, Any]] = {
    SealedClass.IDENTITY: {"name": "Marisol Quenby-Ardeth", "medi_cal_number": "9-5520417-QX"},
    SealedClass.HEALTH: {"asked": "A check-up after the Tollgate motel, with a nurse she may choose."},
}


def words() -> list[bytes]:
    """Every identifying text of the story, as it would stand in a record or an answer."""
    said = {
        str(v)
        for facts in (REPORT, REPORTER, FURTHER, REFERRAL, MEDICAL)
        for one in facts.values()
        for v in one.values()
    }
    return sorted({text.encode() for text in said} | {json.dumps(text)[1:-1].encode() for text in said})
