"""What a trunk without markers does while its pelvis is seen: it stays upright and faces the way."""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.engine.kinematics import poses
from groundup.engine.skeleton import Skeleton
from groundup.motion.filtering import lowpass
from groundup.motion.follow import Followed

_STEP_RAD = 1e-4
_ROUNDS = 4
_CLOSE_RAD = 1e-4
STEADY_HZ = 2.5
"""The trunk sways with the stride and the step, 1 and 2 Hz; faster tremor is that of the skin over the pelvis."""

_ABOVE_L5_S1_M = 0.05  # from the joint to the origin of the trunk segment
HEADING_HZ = 0.5
"""The trunk follows turns of the walk, which take seconds, and not the turns of the pelvis in every stride."""


LOWEST, TRUNK = "lumbar5", "torso"
LOW_BACK = ("L5_S1_Flex_Ext", "L5_S1_Lat_Bending", "L5_S1_axial_rotation")
"""Of the default body; all its lumbar joints follow these three."""


def with_upright_trunk(body: Body, followed: Followed, pelvis: str) -> Floats:
    """Coordinates (F, C) of a followed recording, with the trunk upright if no marker above the pelvis was used."""
    skeleton, fit = followed.skeleton, followed.fit
    if not {LOWEST, TRUNK} <= set(skeleton.segments) or not set(LOW_BACK) <= set(skeleton.coordinates):
        return fit.q
    above = skeleton.subtree[skeleton.segment_index[LOWEST]]
    seen = (skeleton.segment_index[m.segment] for m in body.markers if m.name in fit.markers)
    if any(above[segment] for segment in seen):
        return fit.q
    return upright_trunk(skeleton, fit.q, LOW_BACK, pelvis, TRUNK, followed.markers.rate_hz)


def upright_trunk(
    skeleton: Skeleton, q: Floats, coordinates: tuple[str, ...], pelvis: str, trunk: str, rate_hz: float
) -> Floats:
    """Choose the low-back coordinates that keep the trunk upright over a moving pelvis.

    Parameters
    ----------
    q : array, shape (F, C)
    coordinates : the three rotations of the low back, of which every other lumbar joint is a part
    pelvis, trunk : segments
    rate_hz : of the frames

    Returns
    -------
    q : array, shape (F, C)
        With the coordinates chosen; all others as they were.

    Notes
    -----
    In walking the pelvis lists by 3 to 5° and turns by 4 to 5° to each side, while the trunk leans by some 2° and turns
    against the pelvis (Crosbie, Vachalathiti, Smith, 1997, doi:10.1016/S0966-6362(97)89791-8). A trunk fixed to the
    pelvis would sway by 4 cm and ask the ground for lateral forces of a tenth of the body weight.
    """
    columns = [skeleton.coordinate_index[name] for name in coordinates]
    upright = _upright(skeleton, q, pelvis, rate_hz)
    chosen = _turned_to(skeleton, skeleton.couplers.apply(q), columns, trunk, upright)
    return _turned_to(skeleton, chosen, columns, trunk, _steady(skeleton, chosen, upright, trunk, rate_hz))


def _turned_to(skeleton: Skeleton, q: Floats, columns: list[int], trunk: str, goal: Floats) -> Floats:
    """Coordinates (F, C) in which the trunk has the orientation of the goal (F, 3, 3)."""
    chosen = q
    for _ in range(_ROUNDS):
        off = _turn_to(goal, _orientation(skeleton, chosen, trunk))
        if np.abs(off).max() < _CLOSE_RAD:
            break
        slope = np.stack([(_turned(skeleton, chosen, c, trunk, goal) - off) / _STEP_RAD for c in columns], axis=-1)
        chosen = chosen.copy()
        chosen[:, columns] -= np.linalg.solve(slope, off[..., None])[..., 0]
        chosen = skeleton.couplers.apply(chosen)
    return chosen


def _steady(skeleton: Skeleton, q: Floats, upright: Floats, trunk: str, rate_hz: float) -> Floats:
    """Orientations (F, 3, 3) leaning so that the trunk's mass keeps to its smooth way while the pelvis trembles."""
    at = poses(skeleton, q)
    index = skeleton.segment_index[trunk]
    lever = (at.rotation[:, index] @ skeleton.mass_center[index])[:, 1].mean() + _ABOVE_L5_S1_M
    way = at.translation[:, index][:, [0, 2]]
    if len(way) < 4 or rate_hz / 2 <= STEADY_HZ:
        return upright
    ahead, right = ((lowpass(way, rate_hz, STEADY_HZ) - way) / lever).T
    none = np.zeros_like(ahead)
    # A small turn about the ground's axes: about z (backwards +) moves the chest back, about x (to the right +) aside.
    turn = np.stack([right, none, -ahead], axis=-1)
    return np.asarray(_rotations(turn) @ upright)


def _rotations(vectors: Floats) -> Floats:
    """Rotation matrices (F, 3, 3) of small rotation vectors (F, 3), to second order and made orthogonal."""
    x, y, z = vectors.T
    o = np.zeros_like(x)
    skew = np.stack([np.stack([o, -z, y], -1), np.stack([z, o, -x], -1), np.stack([-y, x, o], -1)], -2)
    u, _, v = np.linalg.svd(np.eye(3) + skew + skew @ skew / 2.0)
    return np.asarray(u @ v)


def _orientation(skeleton: Skeleton, q: Floats, segment: str) -> Floats:
    return np.asarray(poses(skeleton, q).rotation[:, skeleton.segment_index[segment]])


def _turned(skeleton: Skeleton, q: Floats, column: int, trunk: str, goal: Floats) -> Floats:
    moved = q.copy()
    moved[:, column] += _STEP_RAD
    return _turn_to(goal, _orientation(skeleton, skeleton.couplers.apply(moved), trunk))


def _upright(skeleton: Skeleton, q: Floats, pelvis: str, rate_hz: float) -> Floats:
    """Axes (F, 3, 3) with y up and x the way the pelvis faces over several strides."""
    facing = _orientation(skeleton, q, pelvis)[:, [0, 2], 0]
    slow = lowpass(facing, rate_hz, HEADING_HZ) if len(q) > rate_hz / HEADING_HZ else facing.mean(0, keepdims=True)
    x, z = (slow / np.linalg.norm(slow, axis=1, keepdims=True)).T
    zero, one = np.zeros_like(x), np.ones_like(x)
    axes = np.stack([np.stack([x, zero, z], -1), np.stack([zero, one, zero], -1), np.stack([-z, zero, x], -1)], -1)
    return np.asarray(np.broadcast_to(axes, (len(q), 3, 3)))


def _turn_to(goal: Floats, orientation: Floats) -> Floats:
    """Small rotation vectors (F, 3) from the goal to an orientation."""
    r = np.swapaxes(goal, -1, -2) @ orientation
    return np.stack([r[:, 2, 1] - r[:, 1, 2], r[:, 0, 2] - r[:, 2, 0], r[:, 1, 0] - r[:, 0, 1]], -1) / 2.0
