"""Ground forces from the motion alone, where no plate measured them.

The sum of what the ground does to both feet follows from the motion: it is what the whole body needs to move as it
does. While one foot is on the ground it is that foot's force. While both are, the load passes from the rear to the
front foot as it does on force plates, corrected by where between the feet the sum acts; a person who stands rather than
steps is told by that place alone. Errors beside plates: docs/validation/ground-forces.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.body.recording import AppliedForce, ExternalForces
from groundup.engine.dynamics import inertial_wrenches
from groundup.engine.kinematics import Poses, points_in_ground, rates
from groundup.engine.skeleton import Skeleton
from groundup.errors import RecordingError
from groundup.motion.foot_contacts import Flags, FootContacts
from groundup.motion.soles import HEEL_PAD_M, SIDES, Sole, soles
from groundup.motion.trajectory import Motion
from groundup.motion.walk_forces import pressure_center, smooth_curve

USUAL_STANCE_S = 0.65  # of a stance that the recording does not show whole, where it shows no other
FRICTION = 0.8  # of shoes on a dry floor; more sliding force cannot be borne
MOST_TWIST_M = 0.03  # free torque per vertical force: half the breadth of a foot
# How far the centre of pressure follows the motion, and not the usual way from heel to toes: both err by 2 to 3 cm,
# the motion in a stance's mean less than from frame to frame.
MEAN_PART, MOMENTARY_PART = 0.7, 0.4
EDGE_PART = 0.2  # of single support, at both ends, in which the momentary place counts less
# While both feet step: standard errors of where the sum acts, of the usual way under a foot, and of the usual share of
# the load at its most uncertain.
SUM_M, WAY_M, SHARE_PART = 0.03, 0.02, 0.04
LONG_STANCES = 2.0  # a stance as long as more usual ones holds standing between its first and its last half step
STANDING_AT = 0.5  # part of the stance that stands for flat feet
BLEND_PART = 0.2  # of a usual stance, from stepping to standing
FLOOR_M = 0.06  # soles as the markers show them are right to less
LIGHT = 0.2  # of the usual force: with less, where it acts says nothing

# Parts of the stance for which the usual step is given.
PRESSURE_KNOTS = (0.0, 0.15, 0.35, 0.6, 0.8, 1.0)
LOAD_KNOTS = (0.0, 0.05, 0.15, 0.25, 0.45, 0.65, 0.75, 0.85, 0.95, 1.0)


@dataclass(frozen=True)
class UsualStep:
    """What happens under a foot over its stance, in the mean of people.

    Attributes
    ----------
    along : at ``PRESSURE_KNOTS``
        How far the centre of pressure is from the heel (0) by the ball (1) to the tip of the toes (2).
    outward : at ``PRESSURE_KNOTS``
        How far it is to the outer side of the line between them, in breadths of the foot.
    load_bw : at ``LOAD_KNOTS``, body weights
        Vertical force, smoothed as motions are. It sets how two feet share the load, not how large it is.
    """

    along: tuple[float, ...]
    outward: tuple[float, ...]
    load_bw: tuple[float, ...]


# Means over the eleven steps on plates in the recordings of docs/validation/ground-forces.md, rounded; where it acts
# differs by 1 to 2 cm between people.
USUAL_STEP = UsualStep(
    along=(0.03, 0.34, 0.65, 0.91, 1.05, 1.15),
    outward=(-0.1, 0.03, 0.15, 0.16, 0.08, 0.0),
    load_bw=(0.05, 0.35, 0.88, 1.02, 0.85, 0.96, 1.08, 0.89, 0.32, 0.04),
)

NINE_OF_TEN = {"vertical_bw": 0.08, "fore_aft_bw": 0.06, "lateral_bw": 0.05, "pressure_m": 0.045}
"""Half-widths that held nine of ten frames in which a foot bore, rounded up; of five recordings, each estimated with
the mean step of the others: docs/validation/ground-forces.md."""


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
    body: Body,
    skeleton: Skeleton,
    motion: Motion,
    at: Poses,
    contacts: FootContacts,
    usual_step: UsualStep = USUAL_STEP,
) -> GroundEstimate:
    """Estimate the forces under both feet from the motion.

    Parameters
    ----------
    motion, at : F frames
    contacts : when each foot is on the ground
    usual_step : how people walk

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
    floor_m = _floor(feet)
    center = _mass_center(skeleton, at)
    stance, standing = stance_part(motion.time_s, contacts)
    usual = np.stack([_usual_pressure(sole, stance[:, i], usual_step) for i, sole in enumerate(feet)], axis=1)
    usual[..., 1] = floor_m
    share, point = _share_and_pressure(feet, usual, _usual_share(stance, usual_step), standing.min(axis=1), wrench)
    force = _forces(share, point, wrench, center)
    torque = _twist(point, force, wrench)
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
        "Beside plates, nine of ten frames in which a foot bore agreed within "
        f"{100 * up:.0f} % of the body weight vertically, {100 * fore:.0f} % fore-aft, "
        f"{100 * side:.0f} % sideways and {100 * place:.1f} cm in where the force acts. "
        "While both feet are on the ground, loads of the hips are least sure."
    )


def stance_part(time_s: Floats, contacts: FootContacts) -> tuple[Floats, Floats]:
    """How far each foot is through its stance, 0 to 1, NaN in the air; and how far it only stands, 0 to 1; each (F, 2).

    A stance that the recording cuts is taken to last as long as the others.
    """
    part = np.full(contacts.on_ground.shape, np.nan)
    standing = np.ones(contacts.on_ground.shape)
    runs = [_runs(contacts.on_ground[:, i]) for i in range(len(SIDES))]
    final = len(time_s) - 1
    whole = [time_s[last] - time_s[first] for side in runs for first, last in side if first > 0 and last < final]
    usual = float(np.median(whole)) if whole else USUAL_STANCE_S
    for i, side in enumerate(runs):
        for first, last in side:
            frames = slice(first, last + 1)
            ends = (first > 0, last < final)
            part[frames, i], standing[frames, i] = _one_stance(time_s[frames], ends, usual)
    return part, standing


def _one_stance(time_s: Floats, seen: tuple[bool, bool], usual_s: float) -> tuple[Floats, Floats]:
    """Part of one stance, and how far it is standing, each (n,); ``seen`` says whether it begins and ends in sight."""
    if not any(seen):
        return np.full(len(time_s), STANDING_AT), np.ones(len(time_s))
    begin, end = float(time_s[0]), float(time_s[-1])
    if end - begin <= LONG_STANCES * usual_s:
        begin = begin if seen[0] else min(begin, end - usual_s)
        end = end if seen[1] else max(end, begin + usual_s)
        return (time_s - begin) / max(end - begin, 1e-6), np.zeros(len(time_s))
    since = (time_s - begin) / usual_s if seen[0] else np.full(len(time_s), np.inf)
    until = (end - time_s) / usual_s if seen[1] else np.full(len(time_s), np.inf)
    part = np.where(since < until, np.minimum(since, STANDING_AT), np.maximum(1.0 - until, STANDING_AT))
    beyond = np.minimum(since - STANDING_AT, until - (1.0 - STANDING_AT))
    return part, np.clip(beyond / BLEND_PART, 0.0, 1.0)


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """First and last index of each run of flagged frames."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(int)))
    return [(int(i), int(j) - 1) for i, j in zip(edges[::2], edges[1::2], strict=True)]


def _usual_pressure(sole: Sole, part: Floats, step: UsualStep) -> Floats:
    """Where the centre of pressure usually is over the stance, (F, 3), m."""
    s = np.nan_to_num(part)
    along, outward = (smooth_curve(PRESSURE_KNOTS, curve, s)[:, None] for curve in (step.along, step.outward))
    hind, fore = np.minimum(along, 1.0), np.maximum(along - 1.0, 0.0)
    line = sole.heel_m + hind * (sole.ball_m - sole.heel_m) + fore * (sole.tip_m - sole.ball_m)
    way = level_way(sole)
    right = np.column_stack([-way[:, 2], np.zeros(len(way)), way[:, 0]])
    return np.asarray(line + outward * sole.breadth_m * (right if sole.side == "right" else -right))


def level_way(sole: Sole) -> Floats:
    """Horizontal direction from heel to ball, unit vectors (F, 3)."""
    way = (sole.ball_m - sole.heel_m) * [1.0, 0.0, 1.0]
    return np.asarray(way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9))


def _usual_share(stance: Floats, step: UsualStep) -> Floats:
    """Parts of the vertical force that the feet usually bear, (F, 2); 0 for both in flight."""
    bears = np.isfinite(stance)
    usual = np.where(bears, smooth_curve(LOAD_KNOTS, step.load_bw, np.nan_to_num(stance)), 0.0)
    usual = np.where(bears, np.maximum(usual, 1e-3), 0.0)
    total = usual.sum(axis=1, keepdims=True)
    return np.asarray(usual / np.where(total > 0.0, total, 1.0))


def _share_and_pressure(
    feet: tuple[Sole, ...], usual: Floats, share: Floats, standing: Floats, wrench: Floats
) -> tuple[Floats, Floats]:
    """Share of the load (F, 2) and centre of pressure (F, 2, 3), m, of each foot.

    Parameters
    ----------
    usual, share : as of people who walk
    standing : array, shape (F,)
        How far the person stands rather than steps: then where the sum acts tells everything.

    Notes
    -----
    Share and places of people who walk, and the place where the sum acts, are joined by their standard errors.
    """
    carried = wrench[:, 4] > LIGHT * float(np.median(wrench[:, 4]))
    safe = np.where(carried[:, None], wrench, np.array([0.0, 0.0, 0.0, 0.0, 1.0, 0.0]))
    acts = _where_it_acts(safe, usual[0, 0, 1])
    point = _in_single_support(feet, usual, share, carried, acts)
    both = carried & (share > 0.0).all(axis=1)
    share = np.where(both[:, None], _corrected_share(share, point, standing, acts), share)
    # The usual way is right to WAY_M; of a person who stands nothing is known beforehand.
    way_m = np.where(both, WAY_M, 0.0)[:, None]
    follow = share * way_m**2 / (SUM_M**2 + way_m**2 * (share**2).sum(axis=1, keepdims=True))
    exact = share / np.maximum((share**2).sum(axis=1, keepdims=True), 1e-9)
    follow = follow + (standing * carried)[:, None] * (exact - follow)
    off = (acts - (share[..., None] * point).sum(axis=1)) * [1.0, 0.0, 1.0]
    point = point + follow[..., None] * off[:, None]
    return share, np.stack([_on_sole(sole, point[:, i]) for i, sole in enumerate(feet)], axis=1)


def _where_it_acts(wrench: Floats, floor_m: float) -> Floats:
    """Centre of pressure of the sum of the forces, (F, 3), m, on the floor."""
    down = floor_m * wrench[:, 3:] / wrench[:, 4:5]
    return pressure_center(wrench) + down


def _floor(feet: tuple[Sole, ...]) -> float:
    """Height of the floor, m: 0, unless the soles say that the recording's origin is elsewhere."""
    lowest = min(float(np.percentile(np.minimum(sole.heel_m[:, 1], sole.ball_m[:, 1]), 2)) for sole in feet)
    return lowest if abs(lowest) > FLOOR_M else 0.0


def _corrected_share(share: Floats, point: Floats, standing: Floats, acts: Floats) -> Floats:
    """Share of two feet on the ground, (F, 2): the usual one, moved to where between the feet the sum acts."""
    apart = (point[:, 0] - point[:, 1]) * [1.0, 0.0, 1.0]
    distance = np.maximum(np.linalg.norm(apart, axis=1), 0.05)
    told = ((acts - point[:, 1]) * apart).sum(axis=1) / distance**2
    told_error = SUM_M / distance
    # None where one foot has just landed or is about to leave.
    usual_error = 4.0 * share.prod(axis=1) * SHARE_PART
    trust = usual_error**2 / (usual_error**2 + told_error**2)
    trust = trust + standing * (1.0 - trust)
    right = np.clip(share[:, 0] + trust * (told - share[:, 0]), 0.0, 1.0)
    return np.column_stack([right, 1.0 - right])


def _in_single_support(feet: tuple[Sole, ...], usual: Floats, share: Floats, carried: Flags, acts: Floats) -> Floats:
    """Usual centre of pressure moved along the foot towards where the whole force acts, (F, 2, 3), m.

    That place is told by the single-support part of each stance, mostly by its mean: how a body of unknown mass
    distribution leans is uncertain by the same amount throughout. Across the foot the motion tells less than the usual
    way does.
    """
    off = acts - (share[..., None] * usual).sum(axis=1)
    single = carried & ((share > 0.0).sum(axis=1) == 1)
    point = usual.copy()
    for i, sole in enumerate(feet):
        way = level_way(sole)
        along = (off * way).sum(axis=1)
        for first, last in _runs(share[:, i] > 0.0):
            stance = np.arange(first, last + 1)
            alone = stance[single[stance]]
            if len(alone):
                mean = along[alone].mean()
                point[stance, i] += MEAN_PART * mean * way[stance]
                point[alone, i] += (MOMENTARY_PART * _amid(alone) * (along[alone] - mean))[:, None] * way[alone]
    return point


def _amid(frames: NDArray[np.intp]) -> Floats:
    """How far frames lie within their runs: 0 at both ends, 1 between.

    A smoothed motion shows the other foot's strike before it happens, and its push-off after it.
    """
    gap = np.flatnonzero(np.diff(frames) > 1) + 1
    inside = [np.minimum(np.arange(len(run)), np.arange(len(run))[::-1]) for run in np.split(frames, gap)]
    return np.concatenate([np.clip(n / (EDGE_PART * len(n)), 0.0, 1.0) for n in inside])


def _on_sole(sole: Sole, point: Floats) -> Floats:
    """Bring points (F, 3) that lie outside of the sole, seen from above, to its edge."""
    way = level_way(sole)
    across = np.column_stack([-way[:, 2], np.zeros(len(way)), way[:, 0]])
    heel = sole.heel_m * [1.0, 0.0, 1.0]
    offset = point - heel
    tip = ((sole.tip_m - sole.heel_m) * way).sum(axis=1)
    along = np.clip((offset * way).sum(axis=1), -HEEL_PAD_M, np.maximum(tip, HEEL_PAD_M))
    aside = np.clip((offset * across).sum(axis=1), -0.5 * sole.breadth_m, 0.5 * sole.breadth_m)
    return np.asarray(heel + point * [0.0, 1.0, 0.0] + along[:, None] * way + aside[:, None] * across)


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
