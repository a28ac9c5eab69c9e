"""What an e-mail address looks like. Whether it is somebody's, only a letter to it shows."""

from __future__ import annotations

import re

LONGEST = 254
_FORM = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}")


def is_address(text: str) -> bool:
    """Whether mail can be sent there, as far as its form tells."""
    return len(text) <= LONGEST and _FORM.fullmatch(text) is not None
