"""Ground forces from the motion alone, where no plate measured them.

The sum of what the ground does to both feet follows from the motion: it is what the whole body needs to move as it
does. While one foot is on the ground it is that foot's force. While both are, the load passes from the rear to the
front foot as it does on force plates. Errors beside plates: docs/validation/ground-forces.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.body.recording import AppliedForce, ExternalForces
from groundup.engine.dynamics import inertial_wrenches
from groundup.engine.kinematics import Poses, points_in_ground, rates
from groundup.engine.skeleton import Skeleton
from groundup.errors import RecordingError
from groundup.motion.foot_contacts import FootContacts
from groundup.motion.soles import SIDES, Sole, soles
from groundup.motion.trajectory import Motion
from groundup.motion.walk_forces import pressure_center, smooth_curve

# Where the centre of pressure is over the stance: how far from the heel (0) by the ball (1) to the tip of the toes (2),
# and how far to the outer side of the line between them, in breadths of the foot. Means over the eleven steps on plates
# in the recordings of docs/validation/ground-forces.md, rounded; people differ from it by 1 to 2 cm.
PRESSURE_KNOTS = (0.0, 0.15, 0.35, 0.6, 0.8, 1.0)
ALONG = (0.03, 0.34, 0.65, 0.91, 1.05, 1.15)
OUTWARD = (-0.1, 0.03, 0.15, 0.16, 0.08, 0.0)
# Vertical force over the stance, body weights, smoothed as motions are: means over the same steps. It sets how two feet
# share the load, not how large it is.
LOAD_KNOTS = (0.0, 0.05, 0.15, 0.25, 0.45, 0.65, 0.75, 0.85, 0.95, 1.0)
LOAD_BW = (0.05, 0.35, 0.88, 1.02, 0.85, 0.96, 1.08, 0.89, 0.32, 0.04)
USUAL_STANCE_S = 0.65  # of a stance that the recording does not show whole, where it shows no other
FRICTION = 0.8  # of shoes on a dry floor; more sliding force cannot be borne
MOST_TWIST_M = 0.03  # free torque per vertical force: half the breadth of a foot
# How far the centre of pressure follows the motion, and not the published way from heel to toes: both err by 2 to 3 cm,
# the motion in a stance's mean less than from frame to frame.
MEAN_PART, MOMENTARY_PART = 0.6, 0.3
LIGHT = 0.2  # of the usual force: with less, where it acts says nothing


NINE_OF_TEN = {"vertical_bw": 0.07, "fore_aft_bw": 0.05, "lateral_bw": 0.04, "pressure_m": 0.045}
"""Half-widths that held nine of ten frames of the recordings in docs/validation/ground-forces.md, rounded up."""


@dataclass(frozen=True, eq=False)
class GroundEstimate:
    """Estimated forces under both feet.

    Attributes
    ----------
    forces : ExternalForces
        One force for each foot on its heel segment, on the clock of the motion.
    vertical_bw, fore_aft_bw, lateral_bw, pressure_m : half-widths of the interval that held nine of ten frames of the
        recordings that had plates too, body weights and m
    notes : in plain words
    """

    forces: ExternalForces
    vertical_bw: float
    fore_aft_bw: float
    lateral_bw: float
    pressure_m: float
    notes: tuple[str, ...]


def estimate_ground_forces(
    body: Body, skeleton: Skeleton, motion: Motion, at: Poses, contacts: FootContacts
) -> GroundEstimate:
    """Estimate the forces under both feet from the motion.

    Parameters
    ----------
    motion, at : F frames
    contacts : when each foot is on the ground

    Raises
    ------
    RecordingError
        The body has no two feet, or none of them is ever on the ground.

    References
    ----------
    .. [1] Ren, Jones, Howard, 2008, doi:10.1016/j.jbiomech.2008.06.001
    """
    feet = soles(skeleton, at)
    if len(feet) < len(SIDES) or not contacts.on_ground.any():
        raise RecordingError(
            "no foot is found on the ground in this recording, so no ground forces can be estimated. Record the feet "
            "(heel and toe markers), or pass measured forces with --forces."
        )
    moving = rates(skeleton, at, motion.speed, motion.acceleration)
    wrench = inertial_wrenches(skeleton, at, moving).sum(axis=1)
    center = _mass_center(skeleton, at)
    stance = _stance_part(motion.time_s, contacts)
    usual = np.stack([_usual_pressure(sole, stance[:, i]) for i, sole in enumerate(feet)], axis=1)  # (F, 2, 3)
    share = _share(stance)
    point = _pressure(feet, usual, share, wrench)
    force = _forces(share, point, wrench, center)
    torque = _twist(point, force, wrench)
    point[..., 1] = 0.0
    loaded = share > 0.0
    applied = tuple(
        AppliedForce(
            f"ground_force_{sole.side}",
            sole.segment,
            np.where(loaded[:, i, None], force[:, i], 0.0),
            np.where(loaded[:, i, None], point[:, i], 0.0),
            np.where(loaded[:, i, None], torque[:, i], 0.0),
        )
        for i, sole in enumerate(feet)
    )
    return GroundEstimate(
        ExternalForces(motion.time_s, applied, "estimated from the motion"), **NINE_OF_TEN, notes=(_words(),)
    )


def _words() -> str:
    up, fore, side, place = NINE_OF_TEN.values()
    return (
        f"Beside plates, nine of ten frames agreed within {100 * up:.0f} % of the body weight vertically, "
        f"{100 * fore:.0f} % fore-aft, {100 * side:.0f} % sideways and {100 * place:.1f} cm in where the force acts. "
        "While both feet are on the ground, loads of the hips are least sure."
    )


def _stance_part(time_s: Floats, contacts: FootContacts) -> Floats:
    """How far each foot is through its stance, (F, 2), 0 to 1; NaN in the air.

    A stance that the recording cuts is taken to last as long as the others.
    """
    part = np.full(contacts.on_ground.shape, np.nan)
    runs = [_runs(contacts.on_ground[:, i]) for i in range(len(SIDES))]
    whole = [
        time_s[last] - time_s[first] for side in runs for first, last in side if first > 0 and last < len(time_s) - 1
    ]
    usual = float(np.median(whole)) if whole else USUAL_STANCE_S
    for i, side in enumerate(runs):
        for first, last in side:
            begin, end = float(time_s[first]), float(time_s[last])
            if first == 0:
                begin = min(begin, end - usual)
            if last == len(time_s) - 1:
                end = max(end, begin + usual)
            frames = slice(first, last + 1)
            part[frames, i] = (time_s[frames] - begin) / max(end - begin, 1e-6)
    return part


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """First and last index of each run of flagged frames."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(int)))
    return [(int(i), int(j) - 1) for i, j in zip(edges[::2], edges[1::2], strict=True)]


def _usual_pressure(sole: Sole, part: Floats) -> Floats:
    """Where the centre of pressure usually is over the stance, (F, 3), m."""
    s = np.nan_to_num(part)
    along, outward = smooth_curve(PRESSURE_KNOTS, ALONG, s)[:, None], smooth_curve(PRESSURE_KNOTS, OUTWARD, s)[:, None]
    hind, fore = np.minimum(along, 1.0), np.maximum(along - 1.0, 0.0)
    line = sole.heel_m + hind * (sole.ball_m - sole.heel_m) + fore * (sole.tip_m - sole.ball_m)
    way = _level_way(sole)
    right = np.column_stack([-way[:, 2], np.zeros(len(way)), way[:, 0]])
    return np.asarray(line + outward * sole.breadth_m * (right if sole.side == "right" else -right))


def _level_way(sole: Sole) -> Floats:
    """Horizontal direction from heel to ball, unit vectors (F, 3)."""
    way = (sole.ball_m - sole.heel_m) * [1.0, 0.0, 1.0]
    return np.asarray(way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9))


def _share(stance: Floats) -> Floats:
    """Parts of the vertical force that the feet bear, (F, 2); 0 for both in flight."""
    bears = np.isfinite(stance)
    published = np.where(bears, smooth_curve(LOAD_KNOTS, LOAD_BW, np.nan_to_num(stance)), 0.0)
    published = np.where(bears, np.maximum(published, 1e-3), 0.0)
    total = published.sum(axis=1, keepdims=True)
    return np.asarray(published / np.where(total > 0.0, total, 1.0))


def _pressure(feet: tuple[Sole, ...], usual: Floats, share: Floats, wrench: Floats) -> Floats:
    """Centre of pressure under each foot, (F, 2, 3), m: moved along the foot towards where the whole force acts.

    That place is told by the single-support part of each stance, mostly by its mean: how a body of unknown mass
    distribution leans is uncertain by the same amount throughout. Across the foot the motion tells less than the usual
    way does.
    """
    carried = wrench[:, 4] > LIGHT * float(np.median(wrench[:, 4]))
    safe = np.where(carried[:, None], wrench, np.array([0.0, 0.0, 0.0, 0.0, 1.0, 0.0]))
    off = pressure_center(safe) - (share[..., None] * usual).sum(axis=1)
    single = carried & ((share > 0.0).sum(axis=1) == 1)
    point = usual.copy()
    for i, sole in enumerate(feet):
        way = _level_way(sole)
        along = (off * way).sum(axis=1)
        for first, last in _runs(share[:, i] > 0.0):
            stance = np.arange(first, last + 1)
            alone = stance[single[stance]]
            if len(alone):
                mean = along[alone].mean()
                point[stance, i] += MEAN_PART * mean * way[stance]
                point[alone, i] += MOMENTARY_PART * (along[alone] - mean)[:, None] * way[alone]
    return point


def _forces(share: Floats, point: Floats, wrench: Floats, center: Floats) -> Floats:
    """Forces under the feet, (F, 2, 3), N: each leans towards the mass centre as far as the sum allows."""
    vertical = np.maximum(share * wrench[:, None, 4], 0.0)[..., None]
    toward = center[:, None] - point
    lean = vertical * toward / np.maximum(toward[..., 1:2], 0.1)
    force = lean + share[..., None] * (wrench[:, None, 3:] - lean.sum(axis=1, keepdims=True))
    size = np.linalg.norm(force[..., [0, 2]], axis=-1, keepdims=True)
    force *= np.minimum(1.0, FRICTION * vertical / np.maximum(size, 1e-9))
    force[..., 1:2] = vertical
    return np.asarray(force)


def _twist(point: Floats, force: Floats, wrench: Floats) -> Floats:
    """Free torques about the vertical, (F, 2, 3), N·m: what the forces leave of the sum, within what soles can bear."""
    given = (point[..., 2] * force[..., 0] - point[..., 0] * force[..., 2]).sum(axis=1)
    vertical = force[..., 1]
    part = vertical / np.maximum(vertical.sum(axis=1, keepdims=True), 1e-9)
    most = MOST_TWIST_M * vertical
    torque = np.zeros_like(force)
    torque[..., 1] = np.clip(part * (wrench[:, 1] - given)[:, None], -most, most)
    return torque


def _mass_center(skeleton: Skeleton, at: Poses) -> Floats:
    centers = points_in_ground(at, np.arange(len(skeleton.segments)), skeleton.mass_center)
    return np.asarray((skeleton.mass[:, None] * centers).sum(axis=1) / skeleton.mass.sum())
