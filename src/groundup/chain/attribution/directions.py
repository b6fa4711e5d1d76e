"""In which direction each link moves the body's coordinates when it goes from one condition to another.

Ankle and knee move their own angles. The pelvis is held differently: when it turns, thighs and trunk keep their
direction in space, because hips and low back give way. What is left of the hips' and the low back's angles is the
thighs' and the trunk's own turn in space. Without this a pelvis tilted by two degrees would swing both legs and the
trunk along, and the hips and the low back would swing them back: large shares that mean nothing. All directions
together still make the whole step from before to after.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import GROUND, Body, MotionKind
from groundup.chain.attribution.condition import Condition
from groundup.chain.attribution.links import Part, coordinate_parts, segment_parts, trunk_segment
from groundup.chain.names import is_lumbar
from groundup.engine.kinematics import poses
from groundup.engine.skeleton import Skeleton
from groundup.motion.filtering import smooth

_STEP_RAD = 1e-5
_STEPS = 12
_CLOSE_RAD = 1e-9
_ACCEPTED_RAD = 1e-4
_BALL = 3  # angles that can give any direction


@dataclass(frozen=True, eq=False)
class Directions:
    """Steps of the coordinates and of their derivatives by the part of the cycle, each (n_parts, n, n_coords)."""

    q: Floats
    rate: Floats
    bend: Floats


@dataclass(frozen=True)
class _Hold:
    """A segment that keeps its direction in space when the pelvis turns, and the three coordinates that see to it."""

    part: Part
    segment: int
    columns: tuple[int, ...]


def directions(before: Condition, after: Condition, skeleton: Skeleton, parts: Sequence[Part]) -> Directions:
    """Step of each part; together they are the whole step from before to after."""
    of_coordinate = coordinate_parts(before.body)
    steps = [y - x for x, y in ((before.q, after.q), (before.rate, after.rate), (before.bend, after.bend))]
    own = np.array([[c == part for c in of_coordinate] for part in parts], dtype=float)
    tables = [own[:, None, :] * step for step in steps]
    root = np.flatnonzero([p.link == "pelvis" for p in of_coordinate])
    if np.any(steps[0][:, root]):
        pelvis = parts.index(Part("pelvis"))
        for hold in _holds(before.body, skeleton):
            given = _giving_way(before, after, skeleton, root, hold)
            place = parts.index(hold.part)
            for table, change in zip(tables, given, strict=True):
                table[pelvis][:, hold.columns] += change  # tables made above
                table[place][:, hold.columns] -= change
    return Directions(*tables)


def _holds(body: Body, skeleton: Skeleton) -> Iterator[_Hold]:
    """Thighs and trunk, where three angles of their own can hold them."""
    parts, carried = coordinate_parts(body), segment_parts(body)
    pelvis = {j.child for j in body.joints if j.parent == GROUND}
    follows = set(skeleton.couplers.dependent.tolist())
    for joint in body.joints:
        part = carried[joint.child]
        low_back = part.link == "trunk" and is_lumbar(joint.name)
        if not low_back and not (part.link == "hip" and joint.parent in pelvis):
            continue
        columns = tuple(
            i
            for i, c in enumerate(body.coordinates)
            if c.joint == joint.name and i not in follows and c.motion is MotionKind.ROTATIONAL and parts[i] == part
        )
        if len(columns) == _BALL:
            segment = trunk_segment(skeleton, carried) if low_back else skeleton.segment_index[joint.child]
            yield _Hold(part, segment, columns)
        if low_back and columns:
            # One joint of the low back that is free is enough; those above follow it or keep their angles.
            return


def _giving_way(
    before: Condition, after: Condition, skeleton: Skeleton, root: np.ndarray, hold: _Hold
) -> tuple[Floats, Floats, Floats]:
    """Change (n, 3) of the holding angles, and its derivatives, that makes up for the pelvis turning to ``after``.

    Nothing where the angles cannot do it.
    """
    columns = list(hold.columns)
    wanted = poses(skeleton, skeleton.couplers.apply(before.q)).rotation[:, hold.segment]
    q = before.q.copy()
    q[:, root] = after.q[:, root]
    for _ in range(_STEPS):
        here, slopes = _turns(skeleton, q, hold)
        miss = _vector(wanted @ np.swapaxes(here, -1, -2))
        if np.abs(miss).max() < _CLOSE_RAD:
            break
        try:
            q[:, columns] += np.linalg.solve(slopes, miss[..., None])[..., 0]
        except np.linalg.LinAlgError:
            break
    change = q[:, columns] - before.q[:, columns]
    if not np.abs(miss).max() < _ACCEPTED_RAD:
        change = np.zeros_like(change)
    along = np.linspace(0.0, 1.0, len(change))
    curve = smooth(along, change, None)
    return change, curve.derivative(along, 1), curve.derivative(along, 2)


def _turns(skeleton: Skeleton, q: Floats, hold: _Hold) -> tuple[Floats, Floats]:
    """Direction (n, 3, 3) of the held segment, and how it turns by each of its angles, (n, 3, 3)."""
    here = poses(skeleton, skeleton.couplers.apply(q)).rotation[:, hold.segment]
    slopes = []
    for column in hold.columns:
        stepped = q.copy()
        stepped[:, column] += _STEP_RAD
        there = poses(skeleton, skeleton.couplers.apply(stepped)).rotation[:, hold.segment]
        slopes.append(_vector(there @ np.swapaxes(here, -1, -2)) / _STEP_RAD)
    return here, np.stack(slopes, axis=-1)


def _vector(rotation: Floats) -> Floats:
    """Axis times sine of the angle, (n, 3)."""
    return 0.5 * np.stack([rotation[:, i, j] - rotation[:, j, i] for i, j in ((2, 1), (0, 2), (1, 0))], axis=-1)
