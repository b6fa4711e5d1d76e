"""Highest values: within complete gait cycles where there are any, in the frames that were computed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from groundup.body.functions import Floats
from groundup.chain.gait import NO_CYCLE
from groundup.study import NAN, Cycle, Side

WITHIN = "highest value within complete cycles"
WITHIN_PART = "highest value of the computed part of complete cycles"
WHOLE = "highest value of the recording"
WHOLE_PART = "highest value of the computed part of the recording"
NONE = "no frame could be computed: in none of them every foot on the ground has its force measured"


def peak(values: Floats, time_s: Floats, cycles: Sequence[Cycle], side: Side = "none") -> tuple[float, str]:
    """Highest value and, in words, of what.

    Parameters
    ----------
    values : array, shape (n,)
        NaN where a frame was not computed.
    time_s : array, shape (n,), s
    cycles : of both feet; those of ``side`` count, for the trunk (``none``) those of both

    Returns
    -------
    value in the unit of ``values``, NaN where no frame was computed; and a phrase for the reader
    """
    frames, words = counted_frames(values, time_s, cycles, side)
    return (float(values[frames].max()) if frames.any() else NAN), words


def counted_frames(
    values: Floats, time_s: Floats, cycles: Sequence[Cycle], side: Side = "none"
) -> tuple[np.ndarray, str]:
    """Frames that a main number is taken from, bool (n,), and the phrase that says so; see :func:`peak`."""
    known = np.isfinite(values)
    if not known.any():
        return known, NONE
    inside = np.zeros(len(values), dtype=bool)
    for cycle in cycles:
        if cycle.source != NO_CYCLE and side in ("none", cycle.side):
            inside |= (time_s >= cycle.start_s) & (time_s <= cycle.end_s)
    if (inside & known).any():
        return inside & known, WITHIN if known[inside].all() else WITHIN_PART
    return known, WHOLE if known.all() else WHOLE_PART
