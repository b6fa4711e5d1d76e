"""The noun of a plantar pressure recording: what each region of a foot carries over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from groundup.body.functions import Floats
from groundup.body.names import Side
from groundup.errors import RecordingError

Ints = npt.NDArray[np.int64]

REGIONS = ("heel", "midfoot", "forefoot", "toes")
REGION_ENDS = (0.27, 0.55, 0.80)
"""Where one region ends and the next begins, parts of the foot's length from the heel."""


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


def region_of(part: Floats) -> Ints:
    """Index into ``REGIONS`` of places along the foot, heel (0) to tip (1), any shape."""
    return np.minimum(np.searchsorted(REGION_ENDS, part, side="right"), len(REGIONS) - 1)


def merged(recordings: Sequence[RegionalPressure]) -> RegionalPressure:
    """Join recordings of both feet, or of several steps, on one clock; a foot is unloaded where nothing was recorded.

    Raises
    ------
    RecordingError
        Two recordings of one foot overlap in time.
    """
    if len(recordings) == 1:
        return recordings[0]
    for side in ("right", "left"):
        own = sorted((r for r in recordings if side in r.load_n), key=lambda r: float(r.time_s[0]))
        for a, b in pairwise(own):
            if b.time_s[0] < a.time_s[-1]:
                raise RecordingError(
                    f"{b.source}: the {side} foot from {b.time_s[0]:.3f} s, which {a.source} holds up to "
                    f"{a.time_s[-1]:.3f} s, expected each step of a foot once. Leave one of the files out."
                )
    clock = np.unique(np.concatenate([r.time_s for r in recordings]))
    sides: tuple[Side, ...] = ("right", "left")
    load = {s: _joined(clock, [(r.time_s, r.load_n[s]) for r in recordings if s in r.load_n]) for s in sides}
    peak = {s: _joined(clock, [(r.time_s, r.peak_kpa[s]) for r in recordings if s in r.peak_kpa]) for s in sides}
    source = ", ".join(r.source for r in recordings)
    known = ({s: v for s, v in one.items() if v is not None} for one in (load, peak))
    return RegionalPressure(clock, next(known), source, next(known))


def _joined(clock: Floats, parts: Sequence[tuple[Floats, Floats]]) -> Floats | None:
    if not parts:
        return None
    each = [
        np.column_stack([np.interp(clock, time_s, one, left=0.0, right=0.0) for one in values.T])
        for time_s, values in parts
    ]
    return np.asarray(np.sum(each, axis=0))
