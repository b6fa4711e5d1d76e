"""One gait cycle of one person in the form in which two of them can be compared, and a path laid between them.

A condition holds what a cycle is made of, each part by itself: how long it lasts, how the coordinates run over percent
of it, the forces under the feet in body weights, where they enter the body, and the body.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.chain.attribution.links import (
    MIRROR_SHIFT,
    MIRROR_TURN,
    mirror_coordinates,
    mirror_name,
)
from groundup.chain.attribution.turning import turned
from groundup.chain.gait import BOTH, NO_CYCLE, gait_cycles
from groundup.engine.dynamics import wrench
from groundup.engine.kinematics import Poses, cross, poses
from groundup.engine.skeleton import compile_skeleton
from groundup.errors import RecordingError
from groundup.loads.analysis import Analysis, root_segment
from groundup.loads.external import in_ground
from groundup.motion.events import facing_from_feet
from groundup.motion.filtering import interpolate
from groundup.motion.soles import soles
from groundup.motion.trajectory import Motion
from groundup.study import Cycle

CycleSide = Literal["left", "right"]
N_POINTS = 101
FEWEST_KNOWN = 10
"""Points of a cycle, of 101, with known ground forces; fewer show no peak."""

WALKED_M = 0.3
"""Over less ground than this in a cycle the way is told from the feet: a treadmill, or a person on the spot."""


@dataclass(frozen=True, eq=False)
class Condition:
    """One gait cycle on one body, from foot strike (0 %) to foot strike (100 %) of ``side``.

    Attributes
    ----------
    body : Body
    side : {'left', 'right'}
        Whose cycle. A mirrored left cycle is a right one.
    duration_s : float, s
    q, rate, bend : array, shape (n, n_coords), rad or m
        Coordinates and their first and second derivatives by the part of the cycle (0 to 1). The person walks along x.
    feet : names of the segments that the ground pushes
    force_bw : array, shape (n, n_feet, 3)
        Ground force in weights of the body, ground axes.
    point_m : array, shape (n, n_feet, 3), m
        Where it acts, in the frame of the foot.
    torque_m : array, shape (n, n_feet, 3), m
        Free torque there over the weight of the body, ground axes.
    known : bool array, shape (n,)
        Where the ground forces are known.
    mirror_of : Condition or None
        The condition as it was, where left and right have been exchanged.
    """

    label: str
    body: Body
    side: CycleSide
    duration_s: float
    q: Floats
    rate: Floats
    bend: Floats
    feet: tuple[str, ...]
    force_bw: Floats
    point_m: Floats
    torque_m: Floats
    known: np.ndarray
    mirror_of: Condition | None = None

    @property
    def weight_n(self) -> float:
        """Weight of the body, N."""
        return float(self.body.mass * np.linalg.norm(self.body.gravity))

    @property
    def percent(self) -> Floats:
        """Percent of the cycle, shape (n,)."""
        return np.linspace(0.0, 100.0, len(self.q))


def condition_from(
    a: Analysis, side: CycleSide, cycle: Cycle | int = 0, label: str = "", points: int = N_POINTS
) -> Condition:
    """Cut one cycle out of an analysis.

    Parameters
    ----------
    side : whose cycle
    cycle : a cycle, or the number of one among the complete cycles of that side
    label : what to call it; made from side and time where empty
    points : how many, evenly from start to end

    Raises
    ------
    RecordingError
        There is no such cycle, or too few of its ground forces are known.
    """
    chosen = cycle if isinstance(cycle, Cycle) else _cycle(a, side, cycle)
    duration = chosen.end_s - chosen.start_s
    at_s = np.clip(np.linspace(chosen.start_s, chosen.end_s, points), a.motion.time_s[0], a.motion.time_s[-1])
    own = (a.motion.q, a.motion.speed, a.motion.acceleration)
    motion = Motion(at_s, *(interpolate(a.motion.time_s, x, at_s) for x in own))
    at = poses(a.skeleton, motion.q)
    pelvis = at.translation[:, a.skeleton.segment_index[root_segment(a.body)]]
    known = _known(a, at_s)
    if known.sum() < FEWEST_KNOWN or a.forces is None:
        raise RecordingError(
            f"{a.recording.source}: the {side} cycle at {chosen.start_s:.2f}–{chosen.end_s:.2f} s has known ground "
            f"forces for {int(known.sum())} of {points} points, expected at least {FEWEST_KNOWN}. Choose a cycle on "
            "the plates."
        )
    feet, force, point, torque = _ground(a, at, at_s)
    weight = a.body_weight_n
    heading = _heading(a, at, pelvis)
    turn, motion = turned(a.skeleton, motion, heading)
    return Condition(
        label=label or f"{side} cycle at {chosen.start_s:.2f} s",
        body=a.body,
        side=side,
        duration_s=duration,
        q=motion.q,
        rate=motion.speed * duration,
        bend=motion.acceleration * duration**2,
        feet=feet,
        force_bw=force @ turn.T / weight,
        point_m=point,
        torque_m=torque @ turn.T / weight,
        known=known,
    )


def mirrored(condition: Condition) -> Condition:
    """The condition with left and right exchanged, on the same body.

    What the sides of the body differ in (a longer leg, a stronger muscle) stays where it is: that is no condition of
    the walk. :func:`groundup.chain.attribution.attribute` reports it by itself.

    Raises
    ------
    ModelError
        The body's coordinates have no mirror.
    """
    if condition.mirror_of is not None:
        return condition.mirror_of
    skeleton = compile_skeleton(condition.body)
    partner, sign = mirror_coordinates(skeleton, np.array([c.default for c in condition.body.coordinates]))
    names = frozenset(skeleton.segments)
    swapped = [mirror_name(name, names) for name in condition.feet]
    feet = tuple(dict.fromkeys((*condition.feet, *swapped)))
    from_ = [condition.feet.index(m) if (m := mirror_name(f, names)) in condition.feet else -1 for f in feet]
    flip: dict[CycleSide, CycleSide] = {"left": "right", "right": "left"}

    def other(x: Floats) -> Floats:
        out = np.empty_like(x)
        out[:, partner] = sign * x
        return out

    def under(x: Floats, how: Floats) -> Floats:
        return np.stack([how * x[:, i] if i >= 0 else 0.0 * x[:, 0] for i in from_], axis=1)

    return replace(
        condition,
        label=f"{condition.label}, mirrored",
        side=flip[condition.side],
        q=other(condition.q),
        rate=other(condition.rate),
        bend=other(condition.bend),
        feet=feet,
        force_bw=under(condition.force_bw, MIRROR_SHIFT),
        point_m=under(condition.point_m, MIRROR_SHIFT),
        torque_m=under(condition.torque_m, MIRROR_TURN),
        mirror_of=condition,
    )


def _cycle(a: Analysis, side: CycleSide, number: int) -> Cycle:
    found = [c for c in gait_cycles(a) if c.side == side and c.source != NO_CYCLE]
    if not -len(found) <= number < len(found):
        raise RecordingError(
            f"{a.recording.source}: asked for {side} cycle {number}, the recording holds {len(found)} complete cycles "
            f"of the {side} foot. Choose another, or record a longer walk."
        )
    return found[number]


def _known(a: Analysis, at_s: Floats) -> np.ndarray:
    """Whether the frames on both sides of each time have known ground forces."""
    known = a.ground.known if a.loads is None else a.ground.known & np.isfinite(a.loads.reactions).all(axis=(1, 2))
    right = np.clip(np.searchsorted(a.motion.time_s, at_s - 1e-9), 0, len(known) - 1)
    exact = np.abs(a.motion.time_s[right] - at_s) < 1e-6
    return np.asarray(known[right] & (exact | known[np.maximum(right - 1, 0)]))


def _ground(a: Analysis, at: Poses, at_s: Floats) -> tuple[tuple[str, ...], Floats, Floats, Floats]:
    """Segments on the ground; their forces N, points m in the foot and free torques N·m, each (n, n_feet, 3)."""
    assert a.forces is not None
    by_foot: dict[str, list[tuple[Floats, Floats, Floats]]] = {}
    for one in a.forces.wrenches:
        if one.segment is not None and one.segment in a.skeleton.segment_index:
            found = in_ground(a.skeleton, at, at_s, a.forces.time_s, one)
            by_foot.setdefault(one.segment, []).append(found)
    columns = [_as_one(parts) for parts in by_foot.values()]
    force, point, torque = (np.stack(x, axis=1) for x in zip(*columns, strict=True))
    feet = np.array([a.skeleton.segment_index[name] for name in by_foot], dtype=int)
    inside = in_segments(at, feet, point - at.translation[:, feet])
    return tuple(by_foot), force, inside, torque


def in_segments(at: Poses, segments: np.ndarray, vectors: Floats) -> Floats:
    """Ground vectors (F, n, 3) in the axes of segments (n,)."""
    return np.asarray((np.swapaxes(at.rotation[:, segments], -1, -2) @ vectors[..., None])[..., 0])


def foot_turns(condition: Condition) -> Floats:
    """Axes of the feet in ground, (n, n_feet, 3, 3)."""
    skeleton = compile_skeleton(condition.body)
    feet = [skeleton.segment_index[name] for name in condition.feet]
    return poses(skeleton, skeleton.couplers.apply(condition.q)).rotation[:, feet]


def _as_one(parts: Sequence[tuple[Floats, Floats, Floats]]) -> tuple[Floats, Floats, Floats]:
    """Several forces on one foot as one force, its point and the torque left there."""
    if len(parts) == 1:
        return parts[0]
    size = np.stack([np.linalg.norm(f, axis=1) for f, _, _ in parts]) + 1e-9
    point = (size[..., None] * np.stack([p for _, p, _ in parts])).sum(0) / size.sum(0)[:, None]
    force = np.sum([f for f, _, _ in parts], axis=0)
    total = np.sum([wrench(f, p, m)[:, :3] for f, p, m in parts], axis=0)
    return force, point, total - cross(point, force)


def _heading(a: Analysis, at: Poses, pelvis: Floats) -> Floats:
    """Level direction in which the person walks, (3,), a unit vector."""
    way = (pelvis[-1] - pelvis[0]) * [1.0, 0.0, 1.0]
    feet = soles(a.skeleton, at)
    if np.linalg.norm(way) < WALKED_M and len(feet) == len(BOTH):
        facing = facing_from_feet(np.array([s.heel_m for s in feet]), np.array([s.ball_m for s in feet]))
        way = facing.mean(axis=0) * [1.0, 0.0, 1.0]
    size = float(np.linalg.norm(way))
    return way / size if size > 1e-6 else np.array([1.0, 0.0, 0.0])
