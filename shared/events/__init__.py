"""The contract: the envelope, every event type, reading and writing. Imports nothing of ours but errors."""

from shared.events.data import Data, Unhandled
from shared.events.envelope import Draft, Envelope
from shared.events.reading import Recorded, read
from shared.events.registry import TYPES

__all__ = ["TYPES", "Data", "Draft", "Envelope", "Recorded", "Unhandled", "read"]
