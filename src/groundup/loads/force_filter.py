"""Forces smoothed like the motion that they are to explain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import GROUND
from groundup.body.recording import AppliedForce, ExternalForces
from groundup.motion.events import CONTACT_N
from groundup.motion.filtering import lowpass


def smooth_forces(forces: ExternalForces, cutoff_hz: float) -> ExternalForces:
    """Low-pass forces and their moments; where they act follows from both.

    Parameters
    ----------
    forces : on an even clock; those in the axes of a segment stay as they are
    cutoff_hz : the motion's own; a clock too slow for it leaves the forces as they are

    Notes
    -----
    A foot that strikes the ground is stopped within a hundredth of a second. A motion filtered at 6 Hz does not show
    it, the plate does, and inverse dynamics would explain the difference by moments at knee and hip that nobody made.
    With one filter for both it does not arise [1]_.

    References
    ----------
    .. [1] Kristianslund, Krosshaug, van den Bogert, 2012, doi:10.1016/j.jbiomech.2011.12.011
    """
    rate_hz = 1.0 / float(np.median(np.diff(forces.time_s))) if len(forces.time_s) > 3 else 0.0
    if cutoff_hz >= rate_hz / 2:
        return forces
    return replace(forces, wrenches=tuple(_smooth(w, rate_hz, cutoff_hz) for w in forces.wrenches))


def _smooth(wrench: AppliedForce, rate_hz: float, cutoff_hz: float) -> AppliedForce:
    loaded = wrench.force_n[:, 1] > 0.0
    if (wrench.force_expressed_in, wrench.point_expressed_in) != (GROUND, GROUND) or not loaded.any():
        return wrench
    # About a point under the foot: far from it, noise of the force would become moment.
    centre = _points_beside(wrench.point_m, loaded)
    moment = np.cross(wrench.point_m - centre, wrench.force_n) * loaded[:, None] + wrench.torque_nm
    force = lowpass(wrench.force_n, rate_hz, cutoff_hz)
    moment = lowpass(moment, rate_hz, cutoff_hz)
    bears = force[:, 1:2] > CONTACT_N
    upward = np.where(bears, force[:, 1:2], 1.0)
    shift = np.where(bears, np.column_stack([moment[:, 2], 0.0 * moment[:, 1], -moment[:, 0]]) / upward, 0.0)
    point = centre + shift
    return replace(wrench, force_n=force, point_m=point, torque_nm=moment - np.cross(shift, force))


def _points_beside(point_m: Floats, loaded: np.ndarray) -> Floats:
    """Mean point of each contact, held from half-way since the last one to half-way to the next, (n, 3)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], loaded, [False]]).astype(int)))
    first, last = edges[::2], edges[1::2]
    means = np.array([point_m[i:j].mean(axis=0) for i, j in zip(first, last, strict=True)])
    turns = (last[:-1] + first[1:]) // 2
    return np.asarray(means[np.searchsorted(turns, np.arange(len(loaded)), side="right")])
