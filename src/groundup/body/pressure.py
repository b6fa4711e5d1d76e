"""The noun of a plantar pressure recording: what each region of a foot carries over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
    peak_kpa : array, shape (n, 4), kPa, by side
        Highest pressure in each region; a side is absent where only regional loads were recorded.
    """

    time_s: Floats
    load_n: Mapping[Side, Floats]
    source: str = ""
    peak_kpa: Mapping[Side, Floats] = field(default_factory=dict)
