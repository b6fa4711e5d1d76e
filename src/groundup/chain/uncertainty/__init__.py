"""How sure a number is: intervals, smallest detectable changes and their causes."""

from groundup.chain.uncertainty.main_numbers import all_numbers, main_numbers, stride_errors
from groundup.chain.uncertainty.of_study import sample_study
from groundup.chain.uncertainty.options import CAUSES, FEWEST_SAMPLES, How, Spreads, UncertaintyOptions
from groundup.chain.uncertainty.propagate import Key, Measures, Uncertainty, check_samples, propagate

__all__ = [
    "CAUSES",
    "FEWEST_SAMPLES",
    "How",
    "Key",
    "Measures",
    "Spreads",
    "Uncertainty",
    "UncertaintyOptions",
    "all_numbers",
    "check_samples",
    "main_numbers",
    "propagate",
    "sample_study",
    "stride_errors",
]
