"""A proposed version over recorded history, beside the present one. Pure: nothing is recorded, sent or changed.

What is sealed stays sealed: of a sealed fact its class is read, never the fact.
"""

from shared.mou.simulating.past import Past
from shared.mou.simulating.results import Result
from shared.mou.simulating.simulation import Simulation, simulate
from shared.mou.simulating.tables import Table, tables

__all__ = ["Past", "Result", "Simulation", "Table", "simulate", "tables"]
