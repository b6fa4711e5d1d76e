"""Which way a coordinate of any model turns, tried on its neutral pose: models differ in the sign of knee and toes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from groundup.body.functions import Floats
from groundup.body.names import side_of
from groundup.engine.kinematics import poses
from groundup.engine.skeleton import Level, Skeleton
from groundup.loads.analysis import Analysis
from groundup.study import Side


def coordinate_of(a: Analysis, word: str, side: Side) -> int | None:
    """Column of the first coordinate whose name begins with ``word`` on a side; None where the body has none."""
    named = (i for i, n in enumerate(a.skeleton.coordinates) if n.lower().startswith(word) and side_of(n) == side)
    return next(named, None)


def turned(a: Analysis, column: int, segment: str, axis: Floats, towards: Floats) -> float:
    """Sign (1 or -1) by which a positive coordinate turns a segment's axis (3,) towards a direction (3,) in ground."""
    neutral = _Neutral(a.skeleton.levels, tuple(c.default for c in a.body.coordinates), a.skeleton)
    change = _turn(neutral, column, a.skeleton.segment_index[segment])
    return float(np.sign(change @ axis @ towards))


@dataclass(frozen=True)
class _Neutral:
    """A body in its neutral pose; bodies that differ in mass alone are the same here."""

    levels: tuple[Level, ...]
    q: tuple[float, ...]
    skeleton: Skeleton = field(compare=False)


@lru_cache(maxsize=256)  # samples of uncertainty ask the same of the same bodies
def _turn(neutral: _Neutral, column: int, segment: int) -> Floats:
    """Change of a segment's axes (3, 3) with a small step of a coordinate."""
    q = np.array(neutral.q)
    step = np.zeros_like(q)
    step[column] = 1e-3
    two = neutral.skeleton.couplers.apply(np.array([q - step, q + step]))
    rotation = poses(neutral.skeleton, two).rotation[:, segment]
    return np.asarray(rotation[1] - rotation[0])


def carried(a: Analysis, column: int) -> str:
    """Segment that a coordinate's joint moves."""
    joint = a.body.coordinates[column].joint
    return next(j.child for j in a.body.joints if j.name == joint)
