"""Net joint moments: what the muscles and ligaments together must do for the body to move as it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.body.recording import ExternalForces
from groundup.engine.dynamics import generalised_forces, inertial_wrenches
from groundup.engine.kinematics import Poses, poses, rates
from groundup.engine.skeleton import Skeleton
from groundup.loads.external import external_wrenches
from groundup.motion.trajectory import Motion

# Frames computed together: the arrays of a chunk stay in cache and long recordings in memory.
CHUNK_FRAMES = 128


@dataclass(frozen=True, eq=False)
class Loading:
    """What a motion and the measured forces ask of the joints, for a chunk of frames.

    Attributes
    ----------
    at : Poses
    needed : array, shape (F, B, 6)
        Wrench on each segment (moment about the ground origin, force) that the joints and muscles must supply.
    moments : array, shape (F, C), N·m or N
        Generalised forces that supply it.
    """

    motion: Motion
    at: Poses
    needed: Floats
    moments: Floats


def loadings(
    skeleton: Skeleton, motion: Motion, forces: ExternalForces | None, *, opensim: bool = False, margin: int = 0
) -> Iterator[tuple[Loading, slice]]:
    """Inverse dynamics, a chunk of frames at a time; chunks as :func:`stretches` makes them."""
    for some, own in stretches(motion, margin):
        yield loading(skeleton, some, forces, opensim=opensim), own


def stretches(motion: Motion, margin: int = 0) -> Iterator[tuple[Motion, slice]]:
    """Cut a motion into chunks of frames.

    Each chunk carries ``margin`` frames more on both sides where there are any; the slice says which are its own.
    """
    n = len(motion.time_s)
    for start in range(0, n, CHUNK_FRAMES):
        first, last = max(0, start - margin), min(n, start + CHUNK_FRAMES + margin)
        part = slice(first, last)
        some = Motion(motion.time_s[part], motion.q[part], motion.speed[part], motion.acceleration[part])
        own = slice(start - first, min(n, start + CHUNK_FRAMES) - first)
        yield some, own


def loading(skeleton: Skeleton, motion: Motion, forces: ExternalForces | None, *, opensim: bool = False) -> Loading:
    """Inverse dynamics of a few frames."""
    at = poses(skeleton, motion.q)
    moving = rates(skeleton, at, motion.speed, motion.acceleration, opensim=opensim)
    needed = inertial_wrenches(skeleton, at, moving) - external_wrenches(skeleton, at, motion.time_s, forces)
    return Loading(motion, at, needed, generalised_forces(skeleton, at, needed))


def joint_moments(
    skeleton: Skeleton, motion: Motion, forces: ExternalForces | None, *, opensim: bool = False
) -> Floats:
    """Compute the net joint moments that explain a motion.

    Parameters
    ----------
    motion : Motion, rad, m and s
    forces : ExternalForces or None, N and N·m
    opensim : bool
        Take accelerations as OpenSim does; see :func:`groundup.engine.kinematics.rates`.

    Returns
    -------
    tau : array, shape (n_frames, n_coords), N·m or N
        Positive along the coordinate; internal moment. Couplers are not counted in: each coordinate gets the moment
        that it alone would need, as in OpenSim's inverse dynamics.

    Raises
    ------
    TimeMismatch
        Motion and forces do not share a clock.

    References
    ----------
    .. [1] Featherstone, 2008, *Rigid body dynamics algorithms*, ch. 5.
    """
    return np.concatenate([c.moments[own] for c, own in loadings(skeleton, motion, forces, opensim=opensim)])
