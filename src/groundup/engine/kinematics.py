"""Poses and their derivatives, batched over frames.

Symbols: ``F`` frames, ``B`` segments with ground first, ``S`` motions, ``C`` coordinates. A *screw* is the motion a
unit rate of one motion gives to everything it carries, written at the ground origin as (angular, linear).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.engine.skeleton import Level, Move, Skeleton


@dataclass(frozen=True, eq=False)
class Poses:
    """Where everything is.

    Attributes
    ----------
    rotation : array, shape (F, B, 3, 3)
        Columns are segment axes in ground.
    translation : array, shape (F, B, 3), m
        Segment origins in ground.
    screws : array, shape (F, S, 6)
    slope : array, shape (F, S)
        Derivative of each motion's amount by its argument.
    """

    rotation: Floats
    translation: Floats
    screws: Floats
    slope: Floats
    curvature: Floats


def poses(skeleton: Skeleton, q: Floats) -> Poses:
    """Compute segment poses and screws at coordinates ``q`` (F, C), rad or m; couplers are taken as already applied."""
    amount, slope, curvature = skeleton.motions.derivatives(q)
    n_frames, n_motions = amount.shape
    rotation = np.empty((n_frames, len(skeleton.segments), 3, 3), dtype=amount.dtype)
    translation = np.empty((n_frames, len(skeleton.segments), 3), dtype=amount.dtype)
    rotation[:, 0], translation[:, 0] = np.eye(3), 0.0
    screws = np.zeros((n_frames, n_motions, 6), dtype=amount.dtype)
    amounts = np.concatenate([amount, np.broadcast_to(skeleton.still, (n_frames, len(skeleton.still)))], axis=1)
    for level in skeleton.levels:
        _place_level(level, amounts, rotation, translation, screws)
    return Poses(rotation, translation, screws, slope, curvature)


def _place_level(level: Level, amounts: Floats, rotation: Floats, translation: Floats, screws: Floats) -> None:
    """Fill poses and screws of one depth of the tree (the arrays are the caller's own, being built)."""
    above = rotation[:, level.parent]
    turn = above @ level.parent_rotation
    place = translation[:, level.parent] + _apply(above, level.parent_translation)
    # Every shift is along an axis of the parent's frame, so all directions are taken before the first rotation.
    shifts = [(move, _apply(turn[:, move.joints], move.axis)) for move in level.translations]
    for move, direction in shifts:
        screws[:, move.amount[move.moving], 3:] = direction[:, move.moving]
        place[:, move.joints] += direction * amounts[:, move.amount, None]
    for move in level.rotations:
        before, moving = turn[:, move.joints], move.moving
        direction = _apply(before, move.axis)
        screws[:, move.amount[moving], :3] = direction[:, moving]
        screws[:, move.amount[moving], 3:] = cross(place[:, move.joints[moving]], direction[:, moving])
        turn[:, move.joints] = before @ _turned(move, amounts[:, move.amount])
    rotation[:, level.child] = turn @ np.swapaxes(level.child_rotation, -1, -2)
    translation[:, level.child] = place - _apply(rotation[:, level.child], level.child_translation)


def _turned(move: Move, angle: Floats) -> Floats:
    """Rodrigues' formula: rotations (F, n, 3, 3) about the move's axes by ``angle`` (F, n)."""
    s, c = np.sin(angle)[..., None, None], np.cos(angle)[..., None, None]
    return np.eye(3) + s * move.skew + (1.0 - c) * move.skew_squared


def _apply(rotation: Floats, vector: Floats) -> Floats:
    """Rotate vectors (..., 3) by matrices (..., 3, 3)."""
    return (rotation @ vector[..., None])[..., 0]


def cross(a: Floats, b: Floats) -> Floats:
    """Vector product along the last axis (written out: several times faster than ``np.cross`` on small arrays)."""
    out = np.empty(np.broadcast_shapes(a.shape, b.shape), dtype=np.result_type(a, b))
    a0, a1, a2, b0, b1, b2 = a[..., 0], a[..., 1], a[..., 2], b[..., 0], b[..., 1], b[..., 2]
    out[..., 0], out[..., 1], out[..., 2] = a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0
    return out


def points_in_ground(at: Poses, segment: np.ndarray, location: Floats) -> Floats:
    """Ground positions (F, n, 3), m, of points fixed at ``location`` (n, 3) in segments ``segment`` (n,)."""
    return at.translation[:, segment] + _apply(at.rotation[:, segment], location)


def point_jacobian(skeleton: Skeleton, at: Poses, segment: np.ndarray, position: Floats) -> Floats:
    """Derivative of ground positions by the coordinates, shape (F, n, 3, C), m/rad or 1.

    ``position`` (F, n, 3) are ground positions of points that move with ``segment`` (n,).
    """
    angular, linear = at.screws[:, None, :, :3], at.screws[:, None, :, 3:]
    per_motion = (linear + cross(angular, position[:, :, None, :])) * at.slope[:, None, :, None]
    per_motion = per_motion * skeleton.carries[segment][None, :, :, None]
    return np.asarray(np.swapaxes(per_motion, -1, -2) @ skeleton.motions.weights)


def fit_normal_equations(
    skeleton: Skeleton, at: Poses, membership: Floats, position: Floats, miss: Floats, weight: Floats
) -> tuple[Floats, Floats]:
    """Gradient and Gauss–Newton matrix of half the weighted squared distances of points from their targets.

    Parameters
    ----------
    membership : array, shape (B, n)
        1 where a point rides on a segment.
    position, miss : array, shape (F, n, 3), m
        Points in ground and their distance from the targets.
    weight : array, shape (F, n)

    Returns
    -------
    gradient (F, C), matrix (F, C, C)

    Notes
    -----
    A point's share of the matrix is quadratic in its position, so the points of a segment enter by their weight, first
    and second moments alone, and those of all segments beyond a motion by the sums of these: the composite-body idea
    of mass matrices. No array over points and coordinates is ever made.
    """
    pull = weight[..., None] * miss
    forces = np.concatenate([cross(position, pull), pull], axis=-1)
    screws = at.screws * at.slope[..., None]
    gradient = (screws * (skeleton.carries.T @ (membership @ forces))).sum(-1)
    beyond = _composite(membership @ _point_inertia(position, weight), skeleton.carries)
    towards = (beyond @ screws[..., None])[..., 0]
    matrix = screws @ np.swapaxes(towards, -1, -2)
    outer = np.where(skeleton.precedes.T > 0, matrix, 0.0)
    idx = np.arange(matrix.shape[-1])
    full = outer + np.swapaxes(outer, -1, -2)
    full[:, idx, idx] += matrix[:, idx, idx]
    w = skeleton.motions.weights
    return gradient @ w, w.T @ full @ w


def _point_inertia(position: Floats, weight: Floats) -> Floats:
    """Weight, first and second moments of each point, shape (F, n, 10): 1, x, y, z, xx, yy, zz, xy, xz, yz."""
    x, y, z = position[..., 0], position[..., 1], position[..., 2]
    moments = np.stack([np.ones_like(x), x, y, z, x * x, y * y, z * z, x * y, x * z, y * z], axis=-1)
    return np.asarray(weight[..., None] * moments)


def _composite(moments: Floats, carries: Floats) -> Floats:
    """Matrices (F, S, 6, 6) that turn a screw into the summed pull of the points it moves, from moments (F, B, 10)."""
    m = carries.T @ moments
    w, x, y, z, xx, yy, zz, xy, xz, yz = (m[..., k] for k in range(10))
    out = np.zeros((*m.shape[:-1], 6, 6))
    for i, row in enumerate(((yy + zz, -xy, -xz), (-xy, xx + zz, -yz), (-xz, -yz, xx + yy))):
        for j, value in enumerate(row):
            out[..., i, j] = value
    for i, j, value in ((0, 1, -z), (0, 2, y), (1, 2, -x)):
        out[..., i, 3 + j] = out[..., 3 + j, i] = value
        out[..., j, 3 + i] = out[..., 3 + i, j] = -value
    for i in (3, 4, 5):
        out[..., i, i] = w
    return out


@dataclass(frozen=True, eq=False)
class Rates:
    """Spatial velocity and acceleration of every segment at the ground origin, each (F, B, 6) as (angular, linear)."""

    velocity: Floats
    acceleration: Floats


def rates(skeleton: Skeleton, at: Poses, qd: Floats, qdd: Floats, *, opensim: bool = False) -> Rates:
    """Compute segment velocities and accelerations.

    Parameters
    ----------
    qd, qdd : array, shape (F, C), rad/s and m/s, and per second
    opensim : bool
        Differentiate velocities as OpenSim does, with its error in joints of which one coordinate drives the second
        and third rotation (up to 2 % of the peak hip moment in a fast swing); for comparisons with OpenSim.
    """
    x1, x2 = qd @ skeleton.motions.weights.T, qdd @ skeleton.motions.weights.T
    speed = at.screws * (at.slope * x1)[..., None]
    before = (skeleton.precedes_opensim if opensim else skeleton.precedes) @ speed
    change = at.screws * (at.slope * x2 + at.curvature * x1**2)[..., None] + cross_motion(before, speed)
    return Rates(skeleton.carries @ speed, skeleton.carries @ change)


def cross_motion(a: Floats, b: Floats) -> Floats:
    """Spatial vector product of motions (..., 6): how ``b`` changes when carried along by ``a``."""
    angular = cross(a[..., :3], b[..., :3])
    linear = cross(a[..., :3], b[..., 3:]) + cross(a[..., 3:], b[..., :3])
    return np.concatenate([angular, linear], axis=-1)
