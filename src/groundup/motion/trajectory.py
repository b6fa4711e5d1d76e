"""A motion: coordinates, speeds and accelerations on one clock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.engine.skeleton import Skeleton
from groundup.motion.filtering import smooth


@dataclass(frozen=True, eq=False)
class Motion:
    """Coordinates over time.

    Attributes
    ----------
    time_s : array, shape (n_frames,)
    q, speed, acceleration : array, shape (n_frames, n_coords), rad or m and their rates
        Ordered as the body's coordinates; coordinates that follow others do so in all three.
    """

    time_s: Floats
    q: Floats
    speed: Floats
    acceleration: Floats

    def window(self, start_s: float, end_s: float) -> Motion:
        """The part within ``start_s`` … ``end_s``, both ends included."""
        slack = 1e-9
        keep = (self.time_s >= start_s - slack) & (self.time_s <= end_s + slack)
        return Motion(self.time_s[keep], self.q[keep], self.speed[keep], self.acceleration[keep])


def differentiate(
    skeleton: Skeleton,
    time_s: Floats,
    q: Floats,
    cutoff_hz: float | None,
    at_s: Floats | None = None,
    follow_couplers: bool = True,
) -> Motion:
    """Smooth coordinates and differentiate them.

    Parameters
    ----------
    time_s, q : array, shapes (n,), (n, n_coords)
    cutoff_hz : float or None
        Low-pass frequency; None differentiates the coordinates as they are.
    at_s : array or None
        Times of the result; ``time_s`` where None.
    follow_couplers : bool
        Compute dependent coordinates from the others, instead of smoothing them on their own.
    """
    signals = smooth(time_s, q, cutoff_hz)
    at = time_s if at_s is None else at_s
    q0, q1, q2 = (signals.derivative(at, order) for order in range(3))
    if follow_couplers and len(skeleton.couplers.dependent):
        q0 = skeleton.couplers.apply(q0)
        q1, q2 = skeleton.couplers.rates(q0, q1, q2)
    return Motion(np.asarray(at, float), q0, q1, q2)
