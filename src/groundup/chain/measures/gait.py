"""Steps: speed, lengths, times and supports, in real units."""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats
from groundup.chain.gait import BOTH
from groundup.chain.measures.walked import OTHER, Reading, Stride, Walked, at_instant, frames
from groundup.study import NAN, Side


def gait_reading(w: Walked) -> Reading:
    """Read off the steps."""
    pace = w.pace
    found: Reading = {
        ("gait.speed", "none"): w.each("none", lambda s: pace),
        ("gait.cadence", "none"): w.each("none", lambda s: 120.0 / (s.end_s - s.start_s)),
        ("gait.stride_time", "none"): w.each("none", lambda s: s.end_s - s.start_s),
        ("gait.stride_length", "none"): w.each("none", lambda s: pace * (s.end_s - s.start_s)),
        ("gait.double_support", "none"): w.each("none", _double_support),
        ("gait.step_width", "none"): w.each("none", lambda s: _step(w, s, pace)[1]),
    }
    for side in BOTH:
        found |= _one_side(w, side, pace)
    return found


def single_support_s(stride: Stride) -> float:
    """From the other foot's off to its next strike, s."""
    return stride.other_on_s - stride.other_off_s


def _one_side(w: Walked, side: Side, pace: float) -> Reading:
    other = mean_known(w.each(OTHER[side], single_support_s))
    return {
        ("gait.step_length", side): w.each(side, lambda s: _step(w, s, pace)[0]),
        ("gait.step_time", side): w.each(side, lambda s: s.start_s - s.previous_other_on_s),
        ("gait.stance_time", side): w.each(side, lambda s: s.off_s - s.start_s),
        ("gait.stance", side): w.each(side, lambda s: 100 * (s.off_s - s.start_s) / (s.end_s - s.start_s)),
        ("gait.swing", side): w.each(side, lambda s: 100 * (s.end_s - s.off_s) / (s.end_s - s.start_s)),
        ("gait.single_support", side): w.each(side, single_support_s),
        ("gait.single_support_ratio", side): w.each(side, single_support_s) / other,
        ("gait.circumduction", side): w.each(side, lambda s: _circumduction(w, s)),
    }


def mean_known(values: Floats) -> float:
    """Mean of the values that were computed; NaN where none was."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else NAN


def _double_support(s: Stride) -> float:
    """Both feet on the ground, % of the stride."""
    return 100 * ((s.other_off_s - s.start_s) + (s.off_s - s.other_on_s)) / (s.end_s - s.start_s)


def _step(w: Walked, s: Stride, pace: float) -> tuple[float, float]:
    """Length and width of the step that ends with this strike, m: from heel to heel at that instant.

    A foot that already rolls has left its place on the floor; where the ball still stands tells where the heel stood.
    """
    if not np.isfinite(s.previous_other_on_s) or not w.time_s[0] <= s.start_s <= w.time_s[-1]:
        return NAN, NAN
    own, other = w.feet[s.side], w.feet[OTHER[s.side]]
    ahead = _at(w, w.forward, s.start_s)
    right = _at(w, w.to_right, s.start_s)
    gap = _at(w, own.ball_m, s.start_s) - _at(w, other.ball_m, s.start_s)
    out = 1.0 if s.side == "right" else -1.0
    return float(gap @ ahead), float(out * (gap @ right))


def _circumduction(w: Walked, s: Stride) -> float:
    """How far outwards the foot swings beyond the straight line between its stances, m."""
    inside = frames(w.time_s, s.off_s, s.end_s)
    if inside.sum() < 3:
        return NAN
    out = 1.0 if s.side == "right" else -1.0
    across = out * (w.feet[s.side].ball_m[inside] * w.to_right[inside].mean(0)).sum(1)
    line = np.linspace(across[0], across[-1], len(across))
    return float((across - line).max())


def _at(w: Walked, values: Floats, when_s: float) -> Floats:
    return np.array([at_instant(w.time_s, values[:, i], when_s) for i in range(3)])
