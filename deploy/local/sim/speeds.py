"""How fast a county is played."""

from __future__ import annotations

from enum import StrEnum


class Speed(StrEnum):
    """Whether a plan's waits are waited."""

    REALTIME = "realtime"
    MAX = "max"
