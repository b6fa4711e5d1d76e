"""A motion seen in a laboratory that is turned about the vertical, so that the person walks along x."""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats
from groundup.engine.kinematics import Poses, poses, rates
from groundup.engine.skeleton import Skeleton
from groundup.errors import SolverError
from groundup.motion.trajectory import Motion

_ENOUGH_RAD = 1e-6
_STEPS = 30
_CLOSE = 1e-10


def turned(skeleton: Skeleton, motion: Motion, heading: Floats) -> tuple[Floats, Motion]:
    """Turn a motion about the vertical (y) until ``heading`` (3,) points along x.

    Returns
    -------
    turn : array, shape (3, 3)
        Rotation from old to new ground axes.
    motion : Motion
        With new coordinates of the root; the motion as it was where the root cannot turn freely.

    Raises
    ------
    SolverError
        The root's coordinates do not reach the turned pose.

    Notes
    -----
    Loads do not depend on the direction of walking, but the angles that say how the pelvis stands in the laboratory
    do: those of two walks can be compared only if both go the same way.
    """
    angle = float(np.arctan2(heading[2], heading[0]))
    columns = _root_columns(skeleton)
    if abs(angle) < _ENOUGH_RAD or len(columns) != 6:
        return np.eye(3), motion
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
    root = int(skeleton.joint_child[skeleton.joint_parent == 0][0])
    old = poses(skeleton, motion.q)
    old_rates = rates(skeleton, old, motion.speed, motion.acceleration)
    rotation, place = turn @ old.rotation[:, root], old.translation[:, root] @ turn.T
    q = _reach(skeleton, motion.q, columns, root, rotation, place, angle)
    at = poses(skeleton, q)
    drive = _screws(skeleton, at, columns)
    speed, acceleration = motion.speed.copy(), motion.acceleration.copy()
    velocity, change = (_turn_screws(x[:, root], turn) for x in (old_rates.velocity, old_rates.acceleration))
    speed[:, columns] = np.linalg.solve(drive, velocity[..., None])[..., 0]
    acceleration[:, columns] = 0.0
    bias = rates(skeleton, at, speed, acceleration).acceleration[:, root]
    acceleration[:, columns] = np.linalg.solve(drive, (change - bias)[..., None])[..., 0]
    return turn, Motion(motion.time_s, q, speed, acceleration)


def _root_columns(skeleton: Skeleton) -> np.ndarray:
    """Coordinates of the joint between ground and pelvis."""
    roots = skeleton.joint_child[skeleton.joint_parent == 0]
    if len(roots) != 1:
        return np.array([], dtype=int)
    return np.flatnonzero((skeleton.motions.weights[skeleton.carries[roots[0]] > 0] != 0).any(axis=0))


def _screws(skeleton: Skeleton, at: Poses, columns: np.ndarray) -> Floats:
    """Motion that a unit rate of each root coordinate gives to the pelvis, (F, 6, 6)."""
    screws = np.swapaxes(at.screws * at.slope[..., None], -1, -2)
    return np.asarray((screws @ skeleton.motions.weights)[..., columns])


def _turn_screws(screws: Floats, turn: Floats) -> Floats:
    return np.concatenate([screws[..., :3] @ turn.T, screws[..., 3:] @ turn.T], axis=-1)


def _reach(
    skeleton: Skeleton, q: Floats, columns: np.ndarray, root: int, rotation: Floats, place: Floats, angle: float
) -> Floats:
    """Root coordinates that bring the pelvis to a pose, by Newton's method."""
    q = q.copy()
    about_up = _turning_column(skeleton, q, columns)
    q[:, about_up] += angle
    for _ in range(_STEPS):
        at = poses(skeleton, q)
        miss = rotation @ np.swapaxes(at.rotation[:, root], -1, -2)
        angular = 0.5 * np.stack([miss[:, i, j] - miss[:, j, i] for i, j in ((2, 1), (0, 2), (1, 0))], axis=-1)
        linear = place - at.translation[:, root]
        if max(np.abs(angular).max(), np.abs(linear).max(), np.abs(miss - np.eye(3)).max()) < _CLOSE:
            q[:, about_up] -= 2 * np.pi * np.round(q[:, about_up].mean() / (2 * np.pi))
            return q
        here = at.translation[:, root]
        drive = _screws(skeleton, at, columns)
        moved = drive[:, 3:] + np.swapaxes(np.cross(np.swapaxes(drive[:, :3], 1, 2), here[:, None]), 1, 2)
        system = np.concatenate([drive[:, :3], moved], axis=1)
        q[:, columns] += np.linalg.solve(system, np.concatenate([angular, linear], axis=-1)[..., None])[..., 0]
    raise SolverError(
        f"the coordinates of the root do not reach the pose turned by {np.degrees(angle):.1f} degrees about the "
        "vertical; expected a root that turns freely. Record the walk along the x axis of the laboratory."
    )


def _turning_column(skeleton: Skeleton, q: Floats, columns: np.ndarray) -> int:
    """The root coordinate that turns the body about the vertical."""
    at = poses(skeleton, q[:1])
    return int(columns[np.abs(_screws(skeleton, at, columns)[0, 1]).argmax()])
