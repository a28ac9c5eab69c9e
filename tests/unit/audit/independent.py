"""The fold that audit's answers are compared with; the simulator compares them with the same one."""

from __future__ import annotations

from deploy.local.sim.independent import as_of, events_of, picture_of

__all__ = ["as_of", "events_of", "picture_of"]
