"""Intervals of everything that a study says in numbers."""

from __future__ import annotations

from collections.abc import Callable

from groundup.chain.gait import gait_cycles
from groundup.chain.lumbar import lumbar_loads
from groundup.chain.measures import measures_of
from groundup.chain.uncertainty.main_numbers import all_numbers, stride_errors
from groundup.chain.uncertainty.options import How, UncertaintyOptions
from groundup.chain.uncertainty.propagate import propagate
from groundup.loads.analysis import Analysis
from groundup.study import Interval


def sample_study(
    a: Analysis, how: How, options: UncertaintyOptions, progress: Callable[[str], None] = lambda stage: None
) -> tuple[Interval, ...]:
    """Intervals of the main numbers and of every measure, by samples; see :func:`propagate`.

    Parameters
    ----------
    a : the analysis, with the reason in it where the low back cannot be told
    how : how the analysis was made
    """
    strides = stride_errors(measures_of(a, gait_cycles(a), lumbar_loads(a)))
    return tuple(propagate(a, all_numbers(a), how, options, progress, strides).intervals.values())
