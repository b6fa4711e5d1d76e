"""How sure a number is: intervals, smallest detectable changes and their causes."""

from groundup.chain.uncertainty.main_numbers import main_numbers
from groundup.chain.uncertainty.options import CAUSES, How, Spreads, UncertaintyOptions
from groundup.chain.uncertainty.propagate import Key, Measures, Uncertainty, propagate
from groundup.chain.uncertainty.words import with_intervals

__all__ = [
    "CAUSES",
    "How",
    "Key",
    "Measures",
    "Spreads",
    "Uncertainty",
    "UncertaintyOptions",
    "main_numbers",
    "propagate",
    "with_intervals",
]
