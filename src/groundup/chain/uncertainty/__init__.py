"""How sure a number is: intervals, smallest detectable changes and their causes."""

from groundup.chain.uncertainty.main_numbers import all_numbers, main_numbers, stride_errors
from groundup.chain.uncertainty.options import CAUSES, How, Spreads, UncertaintyOptions
from groundup.chain.uncertainty.propagate import Key, Measures, Uncertainty, propagate

__all__ = [
    "CAUSES",
    "How",
    "Key",
    "Measures",
    "Spreads",
    "Uncertainty",
    "UncertaintyOptions",
    "all_numbers",
    "main_numbers",
    "propagate",
    "stride_errors",
]
