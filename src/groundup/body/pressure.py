"""The noun of a plantar pressure recording: what each region of a foot carries over time."""

from __future__ import annotations

from dataclasses import dataclass

from groundup.body.functions import Floats
from groundup.body.names import Side

REGIONS = ("heel", "midfoot", "forefoot", "toes")


@dataclass(frozen=True, eq=False)
class RegionalPressure:
    """Loads under the regions of the feet, from a pressure platform or insoles.

    Attributes
    ----------
    time_s : array, shape (n,), s
        On the clock of the motion, strictly increasing.
    load_n : array, shape (n, 4), N, by side
        Under heel, midfoot, forefoot and toes.
    source : where it came from, for messages and reports
    """

    time_s: Floats
    load_n: dict[Side, Floats]
    source: str = ""
