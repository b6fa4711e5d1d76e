"""Ground forces that make a walk possible: from the body's own dynamics, shared between the feet.

The sum of the forces on both feet follows from the motion alone. How two feet on the ground share it cannot be known
from the motion; as in Ren et al. [1]_ the load passes smoothly from the rear to the front foot.

References
----------
.. [1] Ren, Jones, Howard, 2008, doi:10.1016/j.jbiomech.2008.06.001
"""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.engine.dynamics import inertial_wrenches
from groundup.engine.kinematics import Poses, points_in_ground, poses, rates
from groundup.engine.skeleton import Skeleton
from groundup.errors import ModelError
from groundup.motion.trajectory import Motion

STANCE = 0.62
"""Part of the cycle a foot is on the ground (Perry & Burnfield, 2010, *Gait analysis*, ch. 1: 60–62 %)."""

# Vertical force under one foot in body weights over its stance: the two peaks and the valley of adult walking at
# 1.2–1.4 m/s (Winter, 2009, *Biomechanics and motor control of human movement*, ch. 5). It sets how feet share load.
STANCE_KNOTS = (0.0, 0.02, 0.05, 0.10, 0.17, 0.24, 0.35, 0.50, 0.65, 0.78, 0.86, 0.93, 0.97, 0.985, 1.0)
VERTICAL_BW = (0.0, 0.025, 0.20, 0.64, 1.0, 1.1, 0.97, 0.76, 0.94, 1.1, 0.92, 0.4, 0.10, 0.025, 0.0)

# Where the pressure is during stance: parts between the heel, the forefoot and the toes.
PRESSURE_KNOTS = (0.0, 0.15, 0.35, 0.6, 0.8, 1.0)
HEEL_PART = (0.90, 0.68, 0.36, 0.15, 0.0, 0.0)
TOE_PART = (0.0, 0.0, 0.0, 0.0, 0.12, 0.65)
REGIONS = ("heel", "forefoot_medial", "forefoot_lateral", "toes_medial")


def smooth_curve(knots: tuple[float, ...], values: tuple[float, ...], at: Floats) -> Floats:
    """Monotone cubic through the knots, without overshoot; the end values beyond them."""
    from scipy.interpolate import PchipInterpolator

    return np.asarray(PchipInterpolator(knots, values)(np.clip(at, knots[0], knots[-1])))


def stance_part(phase: Floats) -> Floats:
    """How far each foot (right, left) is through its stance, (n, 2); above 1 in swing."""
    return np.stack([phase % 1.0, (phase + 0.5) % 1.0], axis=-1) / STANCE


def vertical_target(phase: Floats) -> Floats:
    """Published vertical force under the right and the left foot, (n, 2), body weights."""
    s = stance_part(phase)
    return np.where(s < 1.0, smooth_curve(STANCE_KNOTS, VERTICAL_BW, s), 0.0)


def load_share(phase: Floats) -> Floats:
    """Parts of the vertical force that the right and the left foot carry, (n, 2)."""
    v = vertical_target(phase)
    return np.asarray(v / v.sum(-1, keepdims=True))


def pressure_points(body: Body, skeleton: Skeleton, at: Poses, phase: Floats) -> Floats:
    """Point under the right and the left foot through which the load passes, (n, 2, 3), m, on the ground plane."""
    s = stance_part(phase)
    heel, toe = smooth_curve(PRESSURE_KNOTS, HEEL_PART, s), smooth_curve(PRESSURE_KNOTS, TOE_PART, s)
    ball = 1.0 - heel - toe
    # A little towards the outer side while the whole foot bears, towards the great toe at the end.
    medial = smooth_curve((0.0, 0.4, 0.8, 1.0), (0.5, 0.42, 0.62, 0.75), s)
    parts = np.stack([heel, medial * ball, (1 - medial) * ball, toe], axis=-1)
    points = np.stack([_region_points(body, skeleton, at, side) for side in "rl"], axis=1)
    points = (parts[..., None] * points).sum(2)
    return np.asarray(points * [1.0, 0.0, 1.0])


def _region_points(body: Body, skeleton: Skeleton, at: Poses, side: str) -> Floats:
    spheres = {c.name: c for c in body.contacts}
    names = [f"{region}_{side}" for region in REGIONS]
    absent = [n for n in names if n not in spheres]
    if absent:
        raise ModelError(
            f"the body has no contact sphere {', '.join(absent)}; expected the default body or a scaled copy of it. "
            "Pass such a body."
        )
    segment = np.array([skeleton.segment_index[spheres[n].segment] for n in names])
    return points_in_ground(at, segment, np.array([spheres[n].location for n in names]))


def total_wrench(skeleton: Skeleton, motion: Motion) -> tuple[Poses, Floats]:
    """Poses, and the wrench (moment about the ground origin, force) that the ground gives the whole body, (n, 6)."""
    at = poses(skeleton, motion.q)
    moving = rates(skeleton, at, motion.speed, motion.acceleration)
    return at, inertial_wrenches(skeleton, at, moving).sum(1)


def pressure_center(wrench: Floats) -> Floats:
    """Centre of pressure (n, 3), m, on the plane y = 0."""
    moment, force = wrench[:, :3], wrench[:, 3:]
    return np.stack([moment[:, 2], 0 * moment[:, 1], -moment[:, 0]], -1) / force[:, 1:2]


def foot_forces(body: Body, skeleton: Skeleton, motion: Motion, phase: Floats) -> tuple[Floats, Floats, Floats]:
    """Force, point and free torque under the right and the left foot.

    Returns
    -------
    force, point, torque : array, shape (n, 2, 3), N, m and N·m, ground axes

    Notes
    -----
    Together they are exactly the wrench that the motion needs. Both points are shifted alike by what the true centre
    of pressure differs from the assumed ones. Each force leans towards the centre of mass as far as the sum allows.
    """
    at, wrench = total_wrench(skeleton, motion)
    share = load_share(phase)[..., None]
    point = pressure_points(body, skeleton, at, phase)
    point = point + (pressure_center(wrench) - (share * point).sum(1))[:, None]
    vertical = share * wrench[:, None, 4:5]
    center = _mass_center(skeleton, at)[:, None]
    lean = vertical * (center - point) / center[..., 1:2]
    force = lean + share * (wrench[:, None, 3:] - lean.sum(1, keepdims=True))
    force[..., 1:2] = vertical
    # Moment about the vertical that the forces leave, in proportion to the load.
    given = (point[..., 2] * force[..., 0] - point[..., 0] * force[..., 2]).sum(1)
    torque = np.zeros_like(force)
    torque[..., 1] = share[..., 0] * (wrench[:, 1] - given)[:, None]
    on_ground = share > 0.0
    return np.where(on_ground, force, 0.0), np.where(on_ground, point, 0.0), torque


def _mass_center(skeleton: Skeleton, at: Poses) -> Floats:
    """Centre of mass of the body, (n, 3), m."""
    centers = points_in_ground(at, np.arange(len(skeleton.segments)), skeleton.mass_center)
    return np.asarray((skeleton.mass[:, None] * centers).sum(1) / skeleton.mass.sum())
