"""Inverse dynamics and joint reactions, batched over frames.

A *wrench* is (moment about the ground origin, force), shape (..., 6), N·m and N: the dual of a screw. Everything acts
in ground axes about one point, so a wrench on a subtree is a plain sum.
"""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats
from groundup.engine.kinematics import Poses, Rates, cross, points_in_ground
from groundup.engine.skeleton import Skeleton


def wrench(force: Floats, point: Floats, moment: Floats | None = None) -> Floats:
    """Wrench about the ground origin of ``force`` at ``point`` and a free ``moment``, all (..., 3) in ground axes."""
    total = cross(point, force)
    return np.concatenate([total if moment is None else total + moment, force], axis=-1)


def inertial_wrenches(skeleton: Skeleton, at: Poses, moving: Rates) -> Floats:
    """Wrench that each segment needs to move as it does against gravity, shape (F, B, 6)."""
    center = points_in_ground(at, np.arange(len(skeleton.segments)), skeleton.mass_center)
    omega, v0 = moving.velocity[..., :3], moving.velocity[..., 3:]
    alpha, a0 = moving.acceleration[..., :3], moving.acceleration[..., 3:]
    velocity = v0 + cross(omega, center)
    acceleration = a0 + cross(alpha, center) + cross(omega, velocity)
    force = skeleton.mass[:, None] * (acceleration - skeleton.gravity)
    inertia = at.rotation @ skeleton.inertia @ np.swapaxes(at.rotation, -1, -2)
    spin = (inertia @ omega[..., None])[..., 0]
    moment = (inertia @ alpha[..., None])[..., 0] + cross(omega, spin)
    return wrench(force, center, moment)


def generalised_forces(skeleton: Skeleton, at: Poses, wrenches: Floats) -> Floats:
    """Project segment wrenches (F, B, 6) on the coordinates, shape (F, C), N·m or N."""
    beyond = skeleton.carries.T @ wrenches
    per_motion = (at.screws * beyond).sum(-1) * at.slope
    return np.asarray(per_motion @ skeleton.motions.weights)


def subtree_wrenches(skeleton: Skeleton, wrenches: Floats) -> Floats:
    """Sum wrenches (F, B, 6) over each joint's child and all that hangs from it, shape (F, n_joints, 6)."""
    return np.asarray(skeleton.subtree[skeleton.joint_child] @ wrenches)


def mass_matrix(skeleton: Skeleton, at: Poses) -> Floats:
    """Joint-space mass matrix, shape (F, C, C), by composite rigid bodies summed over segments."""
    center = points_in_ground(at, np.arange(len(skeleton.segments)), skeleton.mass_center)
    inertia = at.rotation @ skeleton.inertia @ np.swapaxes(at.rotation, -1, -2)
    screws = at.screws * at.slope[..., None]
    total = 0.0
    for b in range(1, len(skeleton.segments)):
        if not skeleton.mass[b] and not skeleton.inertia[b].any():
            continue
        carried = screws * skeleton.carries[b][:, None]
        linear = carried[..., 3:] + cross(carried[..., :3], center[:, b, None, :])
        angular = carried[..., :3]
        total = total + skeleton.mass[b] * linear @ np.swapaxes(linear, -1, -2)
        total = total + angular @ inertia[:, b] @ np.swapaxes(angular, -1, -2)
    w = skeleton.motions.weights
    return w.T @ total @ w
