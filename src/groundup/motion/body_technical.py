"""Find the segment on which a marker of unknown place rides, from how it moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.engine.kinematics import Poses

FEWEST_FRAMES = 5
# Skin clusters and wands stay within this distance of one place on their segment, root mean square.
RIGID_M = 0.020


@dataclass(frozen=True, eq=False)
class Registered:
    """A marker found on a segment.

    Attributes
    ----------
    label, segment : as recorded; number of the segment
    location_m : array, shape (3,), m, axes of the segment of the fitted body
    spread_m : root mean square distance from there over the frames, m
    """

    label: str
    segment: int
    location_m: Floats
    spread_m: float


def register(at: Poses, labels: tuple[str, ...], measured: Floats, seen_segments: np.ndarray) -> tuple[Registered, ...]:
    """Put markers on the segment in whose axes they move least.

    Parameters
    ----------
    at : poses of the fitted body in F frames
    measured : array, shape (F, n_labels, 3), m, NaN in gaps
    seen_segments : numbers of the segments that markers of known place follow: the others' poses are guesses

    Returns
    -------
    those of the markers that stay within 2 cm of a place on one segment, seen in 5 frames at least
    """
    found = []
    for i, label in enumerate(labels):
        seen = np.isfinite(measured[:, i]).all(-1)
        if seen.sum() < FEWEST_FRAMES:
            continue
        turn, origin = at.rotation[seen][:, seen_segments], at.translation[seen][:, seen_segments]
        local = ((measured[seen, i][:, None] - origin)[..., None, :] @ turn)[..., 0, :]  # (f, n_segments, 3)
        place = local.mean(0)
        spread = np.sqrt(((local - place) ** 2).sum(-1).mean(0))
        best = int(np.argmin(spread))
        if spread[best] <= RIGID_M:
            found.append(Registered(label, int(seen_segments[best]), place[best], float(spread[best])))
    return tuple(found)
