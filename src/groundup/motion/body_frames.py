"""Which frames of the recordings a body is fitted to."""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats
from groundup.body.recording import MarkerTrajectories

STILL_S = 0.25  # length of the stretch of standing that is averaged
WALKING_FRAMES = 18
FEWEST_MARKERS = 3


def quietest_average(standing: MarkerTrajectories) -> Floats:
    """Average the stretch of a standing trial in which the markers move least.

    Returns
    -------
    position : array, shape (n_markers, 3), m
        A marker that is not seen there is averaged over the whole trial; NaN where it never is.
    """
    positions = standing.positions_m
    n, length = len(positions), max(1, round(STILL_S * standing.rate_hz))
    if n <= length:
        return _mean(positions)
    seen = np.isfinite(positions).all(-1)
    step = np.where(seen[1:] & seen[:-1], np.linalg.norm(np.diff(positions, axis=0), axis=-1), 0.0).sum(-1)
    lost = (seen.any(0) & ~seen).sum(-1).astype(float)
    # A stretch without one of the markers is worse than any that moves a little.
    restless = np.convolve(np.append(step, 0.0), np.ones(length), "valid") / length
    missing = np.convolve(lost, np.ones(length), "valid") / length
    start = int(np.argmin(restless + missing))
    here = _mean(positions[start : start + length])
    return np.where(np.isfinite(here), here, _mean(positions))


def walking_frames(walking: MarkerTrajectories, labels: tuple[str, ...], most: int = WALKING_FRAMES) -> np.ndarray:
    """Choose frames spread over the recording, in each part the one with most of ``labels``, (n,) indices."""
    column = [walking.names.index(n) for n in labels if n in walking.names]
    count = np.isfinite(walking.positions_m[:, column]).all(-1).sum(-1)
    chosen = []
    for part in np.array_split(np.arange(len(count)), min(most, len(count))):
        middle = np.abs(part - part.mean())
        best = part[np.lexsort((middle, -count[part]))[0]]
        if count[best] >= FEWEST_MARKERS:
            chosen.append(int(best))
    return np.array(chosen, dtype=int)


def _mean(positions: Floats) -> Floats:
    """Mean over frames of what was seen, (n_markers, 3), NaN where nothing was."""
    seen = np.isfinite(positions).all(-1)[..., None]
    count = seen.sum(0)
    return np.where(count > 0, np.where(seen, positions, 0.0).sum(0) / np.maximum(count, 1), np.nan)
