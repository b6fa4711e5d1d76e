"""Where markers move in a way no limb does: the step between two frames against the steps around it."""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats
from groundup.motion.marker_checks.finding import low_median

JUMP_M = 0.02
"""At 100 Hz limbs change their step by less than 1 cm between neighbouring frames, even as the heel lands."""
_FULL_RATE_HZ = 100.0
_AROUND = 3
_TIMES_USUAL = 8.0


def steps(positions_m: Floats) -> tuple[Floats, Floats]:
    """Step of each marker into each frame, and the one expected from the three steps before and after it.

    Returns
    -------
    step, expected : array, shape (n_frames, n_markers, 3), m
        Row t is the way from frame t−1 to t; row 0 is NaN, and so is a step from or to a gap.
    """
    step = np.full_like(positions_m, np.nan)
    step[1:] = np.diff(positions_m, axis=0)
    padded = np.pad(step, ((_AROUND, _AROUND), (0, 0), (0, 0)), constant_values=np.nan)
    n = len(step)
    around = [padded[k : k + n] for k in range(2 * _AROUND + 1) if k != _AROUND]
    return step, low_median(np.stack(around))


def jump_sizes(positions_m: Floats) -> Floats:
    """How far each step is from the expected one, (n_frames, n_markers) m; 0 where there is nothing to compare."""
    step, expected = steps(positions_m)
    return np.asarray(np.nan_to_num(np.linalg.norm(step - expected, axis=-1)))


def jump_limits(sizes_m: Floats, rate_hz: float) -> Floats:
    """Size from which on a step is a jump, (n_markers,) m: larger at low rates, and for markers on fast limbs."""
    usual: Floats = np.quantile(sizes_m, 0.9, axis=0) if len(sizes_m) else np.zeros(sizes_m.shape[1])
    least = JUMP_M * max(1.0, _FULL_RATE_HZ / rate_hz)
    return np.asarray(np.maximum(least, _TIMES_USUAL * usual), dtype=np.float64)
