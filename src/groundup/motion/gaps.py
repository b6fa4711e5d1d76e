"""Short gaps of markers, which would make a pose jump when a marker goes and comes."""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats
from groundup.motion.filtering import interpolate

LONGEST_S = 0.1
"""A limb in walking has no time to change its course within a gap as short as this."""


def bridge_gaps(time_s: Floats, positions_m: Floats, longest_s: float = LONGEST_S) -> Floats:
    """Fill gaps of up to ``longest_s`` between two seen positions with a cubic spline; longer ones stay.

    Parameters
    ----------
    time_s : array, shape (n_frames,)
    positions_m : array, shape (n_frames, n_markers, 3), m, NaN in gaps
    """
    seen = np.asarray(np.isfinite(positions_m).all(axis=-1))
    filled = positions_m.copy()
    for k in np.flatnonzero(~seen.all(axis=0) & (seen.sum(axis=0) > 1)):
        short = _short_gaps(time_s, seen[:, k], longest_s)
        if short.any():
            known = seen[:, k]
            filled[short, k] = interpolate(time_s[known], positions_m[known, k], time_s[short])
    return filled


def _short_gaps(time_s: Floats, seen: np.ndarray, longest_s: float) -> np.ndarray:
    """Frames without the marker whose neighbours with it are at most ``longest_s`` and a frame apart."""
    frames, known = np.arange(len(seen)), np.flatnonzero(seen)
    after = np.searchsorted(known, frames)
    inside = ~seen & (after > 0) & (after < len(known))
    before_s = time_s[known[np.clip(after - 1, 0, len(known) - 1)]]
    after_s = time_s[known[np.clip(after, 0, len(known) - 1)]]
    step = float(np.median(np.diff(time_s)))
    return np.asarray(inside & (after_s - before_s <= longest_s + 1.5 * step))
