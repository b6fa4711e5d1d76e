"""The synthetic walk of one foot, changed in known ways: as patients, belts and corners change it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import numpy as np
from scipy.interpolate import PchipInterpolator

from groundup.body.default_body import default_body
from groundup.engine.kinematics import poses
from groundup.engine.skeleton import compile_skeleton
from groundup.motion.events import contacts_from_force
from groundup.motion.soles import soles
from groundup.motion.synthetic import synthetic_recording


@dataclass(frozen=True, eq=False)
class FootWalk:
    """Heel and ball (F, 3) m of one foot over time, and the true instants at which it meets and leaves the ground."""

    time_s: np.ndarray
    heel_m: np.ndarray
    ball_m: np.ndarray
    strikes_s: np.ndarray
    offs_s: np.ndarray


@cache
def walk_of(side: str) -> FootWalk:
    """The synthetic walk; its force plates tell the truth."""
    body = default_body()
    skeleton = compile_skeleton(body)
    _, forces, truth = synthetic_recording(body)
    sole = next(s for s in soles(skeleton, poses(skeleton, truth.q)) if s.side == side)
    plate = next(w for w in forces.wrenches if w.name == side)
    contacts = contacts_from_force(forces.time_s, plate.force_n[:, 1])
    on, off = np.array([[c.on_s, c.off_s] for c in contacts]).T
    return FootWalk(truth.time_s, sole.heel_m, sole.ball_m, on[np.isfinite(on)], off[np.isfinite(off)])


def slower(walk: FootWalk, times: float) -> FootWalk:
    """The same steps, taking so many times as long, at the same frame rate."""
    time_s = np.arange(round(walk.time_s[-1] * times * 100) + 1) / 100
    heel, ball = (PchipInterpolator(walk.time_s, p)(np.minimum(time_s / times, walk.time_s[-1])) for p in _points(walk))
    return FootWalk(time_s, heel, ball, walk.strikes_s * times, walk.offs_s * times)


def limping(walk: FootWalk, stance_part: float) -> FootWalk:
    """Stances shortened to a part, swings lengthened by as much."""
    events = np.sort(np.concatenate([walk.strikes_s, walk.offs_s]))
    moved = events.copy()
    for off in walk.offs_s:
        before = walk.strikes_s[walk.strikes_s < off]
        if len(before):
            moved[events == off] = before[-1] + stance_part * (off - before[-1])
    ends = walk.time_s[[0, -1]]
    warp = PchipInterpolator(np.r_[ends[0], moved, ends[1]], np.r_[ends[0], events, ends[1]])
    heel, ball = (PchipInterpolator(walk.time_s, p)(warp(walk.time_s)) for p in _points(walk))
    return FootWalk(walk.time_s, heel, ball, walk.strikes_s, moved[np.isin(events, walk.offs_s)])


def flatter(walk: FootWalk, lift_part: float) -> FootWalk:
    """The foot is lifted by a part of what it was: shuffling, or dragging."""
    floor = min(p[:, 1].min() for p in _points(walk))
    heel, ball = (p * [1, lift_part, 1] + [0, floor * (1 - lift_part), 0] for p in _points(walk))
    return replace(walk, heel_m=heel, ball_m=ball)


def shorter(walk: FootWalk, step_part: float) -> FootWalk:
    """Steps of a part of their length, on feet of the same length."""
    shift = (step_part - 1) * footprint(walk)[:, None] * [1.0, 0.0, 0.0]
    return replace(walk, heel_m=walk.heel_m + shift, ball_m=walk.ball_m + shift)


def on_a_belt(walk: FootWalk, speed_m_per_s: float) -> FootWalk:
    """The same walk on a belt that runs back."""
    shift = -speed_m_per_s * walk.time_s[:, None] * [1.0, 0.0, 0.0]
    return replace(walk, heel_m=walk.heel_m + shift, ball_m=walk.ball_m + shift)


def turning(walk: FootWalk, rad_per_m: float) -> FootWalk:
    """Each footprint turned against the one before: walking in a circle."""
    path = footprint(walk)
    angle = rad_per_m * path
    cosine, sine = np.cos(angle), np.sin(angle)

    def turned(p: np.ndarray) -> np.ndarray:
        x, z = p[:, 0] - path, p[:, 2] + 1.0
        arc_x, arc_z = np.sin(angle) / rad_per_m, (1 - np.cos(angle)) / rad_per_m
        return np.column_stack([arc_x + cosine * x - sine * z, p[:, 1], arc_z + sine * x + cosine * z])

    return replace(walk, heel_m=turned(walk.heel_m), ball_m=turned(walk.ball_m))


def on_toes(walk: FootWalk) -> FootWalk:
    """The heel never comes down: the ball lands as the heel did and leaves as the ball did."""
    flat = np.median(walk.ball_m - walk.heel_m, axis=0, keepdims=True)
    flat = np.linalg.norm(flat) * np.array([[1.0, 0.0, 0.0]])
    events = sorted([(t, 1.0) for t in walk.strikes_s] + [(t, 0.0) for t in walk.offs_s])
    times, weights = zip(*events, strict=True)
    # Like the heel around a strike, like the ball around a foot-off, and between in the middle of stance and swing.
    knots, values = [], []
    for (a, wa), (b, wb) in pairwise(events):
        knots += [a + 0.3 * (b - a), a + 0.5 * (b - a)]
        values += [wa, wb]
    as_heel = np.interp(walk.time_s, knots, values, left=weights[0], right=weights[-1])
    assert times[0] < knots[0]
    smooth = (as_heel**2 * (3 - 2 * as_heel))[:, None]
    ball = smooth * (walk.heel_m + flat) + (1 - smooth) * walk.ball_m
    pitch = np.radians(25 + 8 * np.sin(2 * np.pi * walk.time_s / 1.1))[:, None]
    heel = ball - np.linalg.norm(flat) * np.hstack([np.cos(pitch), -np.sin(pitch), 0 * pitch])
    return replace(walk, heel_m=heel, ball_m=ball)


def noisy(walk: FootWalk, size_m: float) -> FootWalk:
    """With the noise of cameras."""
    random = np.random.default_rng(3)
    heel, ball = (p + size_m * random.standard_normal(p.shape) for p in _points(walk))
    return replace(walk, heel_m=heel, ball_m=ball)


def footprint(walk: FootWalk) -> np.ndarray:
    """Distance ahead of the foot's print, (F,) m: still while the foot is on the ground, smooth through its swing."""
    centre = 0.5 * (walk.heel_m + walk.ball_m)[:, 0]
    path = np.zeros_like(centre)
    for off in walk.offs_s:
        later = walk.strikes_s[walk.strikes_s > off]
        start = off
        end = later[0] if len(later) else walk.time_s[-1]
        c0, c1 = np.interp([start, end], walk.time_s, centre)
        print_before = centre[np.abs(walk.time_s - max(off - 0.4, 0.0)).argmin()]
        after = walk.time_s[np.abs(walk.time_s - min(end + 0.2, walk.time_s[-1])).argmin()]
        print_after = centre[walk.time_s == after][0]
        inside = np.clip((centre - c0) / max(c1 - c0, 1e-9), 0.0, 1.0)
        path = path + np.where(walk.time_s < start, 0.0, np.where(walk.time_s > end, 1.0, inside)) * (
            print_after - print_before
        )
    return path


def _points(walk: FootWalk) -> tuple[np.ndarray, np.ndarray]:
    return walk.heel_m, walk.ball_m
