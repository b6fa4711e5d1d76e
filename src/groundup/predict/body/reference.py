"""The normal walk a prediction starts from, is drawn to, and is judged by.

Joint angles are groundup's own synthetic walk (``motion/data/walk.tsv``): sums of sines near published mean angles, on
which feet stand still and ground forces are those of adults. Judged is against the published angles themselves
(``motion/data/walk_targets.tsv``) and the published vertical force.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.engine.kinematics import cross, points_in_ground, poses, rates
from groundup.engine.skeleton import compile_skeleton
from groundup.motion.trajectory import Motion
from groundup.motion.walk import WALK_FILE, Walk, read_walk, walk_motion
from groundup.motion.walk_forces import STANCE_KNOTS, VERTICAL_BW, smooth_curve
from groundup.predict.body.contact import Soles, normal_force
from groundup.predict.body.coordinates import read_rows
from groundup.predict.body.reduced import Reduction

TARGET_FILE = WALK_FILE.with_name("walk_targets.tsv")

RMS_LIMIT_DEG = 8.0
"""How far from normal means an ankle, knee or hip may stray over the cycle."""

STANCE_BAND = (0.58, 0.64)
PEAK_BAND_BW, VALLEY_BAND_BW = (1.0, 1.25), (0.6, 0.9)
JUDGED = ("hip_flexion", "knee_angle", "ankle_angle")

STEP_POWER = 0.42
"""Step length grows with this power of speed (Grieve & Gear, 1966, doi:10.1080/00140136608964399)."""

STANDING_DEPTH_M = 0.004
"""How deep the lowest pad lies in the guess."""


@dataclass(frozen=True, eq=False)
class WalkGuess:
    """A full cycle from one strike of the right heel to the next, plausible but not a solution.

    Attributes
    ----------
    motion : Motion
        Of the reduced body, on a clock from 0 to ``cycle_s``; the last frame is the first one, a stride further on.
    cycle_s, speed_m_per_s, stride_m : float
    depth, approach : array, shape (n, n_pads), m and m/s
        Of the lowest points of the pads below and towards the ground.
    normal : array, shape (n, n_pads), N
        What the pads carry there.
    """

    motion: Motion
    cycle_s: float
    speed_m_per_s: float
    stride_m: float
    depth: Floats
    approach: Floats
    normal: Floats


def walk_guess(reduction: Reduction, soles: Soles, speed_m_per_s: float = 1.25, n_frames: int = 101) -> WalkGuess:
    """Make a cycle of walking for a person of any size and speed.

    Parameters
    ----------
    speed_m_per_s : float
        0.4 to 2.2: beyond, people do not walk like this.

    Notes
    -----
    Angles of the synthetic walk; their swing about the mean grows with step length over leg length, which grows with
    speed to the power of ``STEP_POWER``. The pelvis is raised or lowered, smoothly over the cycle, until the
    pads carry body weight as published.
    """
    walk = read_walk()
    leg = leg_length(reduction.body) / leg_length_of_walk()
    swing = (speed_m_per_s / (walk.speed_m_per_s * np.sqrt(leg))) ** STEP_POWER
    stride = walk.stride_m * leg * swing
    cycle_s = stride / speed_m_per_s
    scaled = _scaled_walk(walk, leg, float(swing), cycle_s, speed_m_per_s)
    time_s = np.linspace(0.0, cycle_s, n_frames)
    full = walk_motion(
        scaled, compile_skeleton(reduction.full), np.array([c.default for c in reduction.full.coordinates]), time_s
    )
    motion = _on_the_ground(reduction, soles, reduction.from_full(full))
    depth, approach = pad_depths(reduction.body, soles, motion)
    normal = np.stack([normal_force(p, depth[:, k], approach[:, k]) for k, p in enumerate(soles.pads)], -1)
    return WalkGuess(motion, cycle_s, speed_m_per_s, stride, depth, approach, normal)


def pad_depths(body: Body, soles: Soles, motion: Motion) -> tuple[Floats, Floats]:
    """How far the lowest points of the pads are below the ground, and how fast they near it, (n, n_pads), m and m/s."""
    skeleton = compile_skeleton(body)
    segment = np.array([skeleton.segment_index[p.segment] for p in soles.pads])
    at = poses(skeleton, motion.q)
    moving = rates(skeleton, at, motion.speed, motion.acceleration).velocity[:, segment]
    center = points_in_ground(at, segment, np.array([p.location for p in soles.pads]))
    velocity = moving[..., 3:] + cross(moving[..., :3], center)
    return np.array([p.radius for p in soles.pads]) - center[..., 1], -velocity[..., 1]


def leg_length(body: Body) -> float:
    """Hip to ankle, m, mean of both sides in the default pose."""
    skeleton = compile_skeleton(body)
    at = poses(skeleton, np.array([[c.default for c in body.coordinates]]))
    ends = [[at.translation[0, skeleton.segment_index[f"{s}_{k}"]] for s in ("femur", "talus")] for k in "rl"]
    return float(np.mean([np.linalg.norm(a - b) for a, b in ends]))


@cache
def leg_length_of_walk() -> float:
    """Leg length of the body that the synthetic walk was made on, m."""
    from groundup.body.default_body import default_body

    return leg_length(default_body())


def _scaled_walk(walk: Walk, leg: float, swing: float, cycle_s: float, speed: float) -> Walk:
    """The walk of longer or shorter legs, with larger or smaller steps."""
    c = walk.coefficients.copy()
    length = np.array([n in ("pelvis_tx", "pelvis_ty", "pelvis_tz") for n in walk.names])
    c[length] *= leg
    c[:, 1:] *= swing
    return Walk(walk.names, walk.on_side, c, cycle_s, speed)


def _on_the_ground(reduction: Reduction, soles: Soles, motion: Motion) -> Motion:
    """The same motion with the pelvis at a height at which the pads carry what published walking asks of both feet."""
    body, column = reduction.body, reduction.names.index("pelvis_ty")
    weight = body.mass * float(np.linalg.norm(body.gravity))
    phase = motion.time_s / motion.time_s[-1]
    wanted = weight * (vertical_force_bw(phase) + vertical_force_bw(phase + 0.5))
    depth, _ = pad_depths(body, soles, motion)
    low, high = np.full(len(phase), -0.15), np.full(len(phase), 0.15)
    for _ in range(30):
        rise = 0.5 * (low + high)
        carried = sum(normal_force(p, depth[:, k] - rise) for k, p in enumerate(soles.pads))
        low, high = np.where(carried > wanted, rise, low), np.where(carried > wanted, high, rise)
    return _raised(motion, column, 0.5 * (low + high))


def _raised(motion: Motion, column: int, rise: Floats, n_harmonics: int = 5) -> Motion:
    """Add a rise, smoothed by its first harmonics, to one coordinate and its derivatives."""
    period = motion.time_s[-1]
    n = len(rise) - 1
    spectrum = np.fft.rfft(rise[:-1]) / n
    spectrum[n_harmonics + 1 :] = 0.0
    omega = 2j * np.pi * np.arange(len(spectrum)) / period
    turn = np.exp(np.outer(motion.time_s, omega))
    q, speed, acceleration = motion.q.copy(), motion.speed.copy(), motion.acceleration.copy()
    for target, factor in ((q, 1.0), (speed, omega), (acceleration, omega**2)):
        terms = turn * (spectrum * factor)
        target[:, column] += terms[:, 0].real + 2.0 * terms[:, 1:].real.sum(1)
    return Motion(motion.time_s, q, speed, acceleration)


# ------------------------------------------------------------------------------------------------------------ judging


def vertical_force_bw(phase: Floats) -> Floats:
    """Published vertical force under the right foot, body weights, at phases of the cycle; 62 % stance."""
    part = (np.asarray(phase, float) % 1.0) / 0.62
    return np.where(part < 1.0, smooth_curve(STANCE_KNOTS, VERTICAL_BW, part), 0.0)


@cache
def normal_angles(n: int = 101) -> dict[str, Floats]:
    """Published mean angles over a cycle of the right side, rad, by coordinate of the full body without side.

    The first value is at the strike of the right heel, the last one a cycle later. Smooth curves through the
    turning points of the table.
    """
    from scipy.interpolate import PchipInterpolator

    out = {}
    for row in read_rows(TARGET_FILE):
        at, value = np.array([[float(x) for x in p.split(":")] for p in row["turning_points_percent_deg"].split()]).T
        if row["symmetry"] == "odd":
            at, value = np.append(at, at + 50), np.append(value, -value)
        at, value = np.concatenate([at - 100, at, at + 100]), np.tile(value, 3)
        curve = PchipInterpolator(at, value)(np.linspace(0.0, 100.0, n))
        out[row["coordinate"].removesuffix("_r")] = np.radians(curve)
    return out


def strays_from_normal(angles: Mapping[str, Floats]) -> dict[str, float]:
    """RMS difference, deg, of angles over a cycle of one side from published means.

    Parameters
    ----------
    angles : arrays (n,), rad, by coordinate without side (``hip_flexion`` …), from heel strike to heel strike of that
        side, evenly spaced, both ends included
    """
    return {
        name: float(np.degrees(np.sqrt(np.mean((curve - normal_angles(len(curve))[name]) ** 2))))
        for name, curve in angles.items()
        if name in normal_angles()
    }


@dataclass(frozen=True)
class VerticalShape:
    """Peaks, valley (body weights; not a number where there is none) and part of the cycle of one stance."""

    first_peak: float
    valley: float
    second_peak: float
    stance: float

    @property
    def normal(self) -> bool:
        """Whether peaks, valley and stance lie in the bands of adult walking at 1.2 to 1.4 m/s."""
        peaks = all(PEAK_BAND_BW[0] <= p <= PEAK_BAND_BW[1] for p in (self.first_peak, self.second_peak))
        valley = VALLEY_BAND_BW[0] <= self.valley <= VALLEY_BAND_BW[1]
        return peaks and valley and STANCE_BAND[0] <= self.stance <= STANCE_BAND[1]


def vertical_shape(force_bw: Floats, threshold_bw: float = 0.03) -> VerticalShape:
    """Measure a vertical force (n,), body weights, over a cycle that begins at heel strike, last frame = first."""
    stance = float(np.mean(force_bw[:-1] > threshold_bw))
    on = force_bw[: max(3, round(stance * (len(force_bw) - 1)))]
    third = len(on) // 3
    first, last = int(np.argmax(on[: third + third // 2])), len(on) - 1 - int(np.argmax(on[::-1][: third + third // 2]))
    if last - first < 2:
        return VerticalShape(float(on[first]), np.nan, float(on[last]), stance)
    return VerticalShape(float(on[first]), float(on[first:last].min()), float(on[last]), stance)
