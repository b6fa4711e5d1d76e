"""Soles and plates seen from above: how far a force acts from a foot, and which feet touch which plate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from groundup.body.functions import Floats
from groundup.body.recording import PlateGeometry
from groundup.motion.soles import Sole

Flags = NDArray[np.bool_]

TOUCHING_M = 0.025
"""A part of the sole that is higher than this above its lowest does not touch the ground."""


def distance_to_sole(outline_m: Floats, point_m: Floats) -> Floats:
    """How far outside of the sole's outline a point lies, (F,) m; 0 inside.

    Parameters
    ----------
    outline_m : array, shape (F, 6, 2), m, as ``Sole.outline_m``
    point_m : array, shape (F, 2), m: x forward, z right
    """
    start = outline_m
    edge = np.roll(start, -1, axis=1) - start
    towards = point_m[:, None] - start
    along = (towards * edge).sum(-1) / np.maximum((edge**2).sum(-1), 1e-12)
    nearest = towards - np.clip(along, 0.0, 1.0)[..., None] * edge
    side = edge[..., 0] * towards[..., 1] - edge[..., 1] * towards[..., 0]
    inside = (side >= 0).all(axis=1) | (side <= 0).all(axis=1)
    return np.where(inside, 0.0, np.linalg.norm(nearest, axis=-1).min(axis=1))


def touching(sole: Sole, on_ground: Flags) -> Flags:
    """Which corners of the sole's outline touch the ground, (F, 6)."""
    parts = (sole.heel_m, sole.ball_m, sole.tip_m)
    height = np.column_stack([p[:, 1] for p in parts])
    # The tip follows toes that often carry no marker; heel and ball tell where the floor is.
    low = height < np.percentile(height[:, :2], 2, axis=0).min() + TOUCHING_M
    # While a foot stands, its lowest part touches, even if it stands higher than it does elsewhere.
    low |= height <= height.min(axis=1, keepdims=True) + 0.5 * TOUCHING_M
    return np.asarray((low & on_ground[:, None])[:, [0, 1, 2, 2, 1, 0]])


def depth_in_plate(plate: PlateGeometry, points_m: Floats) -> Floats:
    """How far inside the plate's edges points (..., 2) lie, m; negative outside."""
    corners = plate.corners_m[:, [0, 2]]
    edge = np.roll(corners, -1, axis=0) - corners
    normal = np.column_stack([-edge[:, 1], edge[:, 0]]) / np.maximum(np.linalg.norm(edge, axis=1), 1e-9)[:, None]
    inward = np.where((normal * (corners.mean(axis=0) - corners)).sum(axis=1) >= 0, 1.0, -1.0)[:, None] * normal
    return np.asarray(((points_m[..., None, :] - corners) * inward).sum(-1).min(axis=-1))
