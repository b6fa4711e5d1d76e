"""Lengths of muscle paths as expressions, their rates and moment arms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from groundup.body.model import Muscle, PathPoint
from groundup.errors import ModelError
from groundup.predict.symbolic.functions import evaluate
from groundup.predict.symbolic.motion import Motion
from groundup.solvers.collocation.symbols import Expression, casadi

PathLength = Callable[[Motion], Expression]
"""Length of a muscle–tendon unit, m, SX (1, 1), from a motion: an exact path or a fit."""


def straight_path(muscle: Muscle) -> PathLength:
    """Exact length of a path without obstacles: fixed, conditional and moving points.

    Raises
    ------
    ModelError
        The path wraps an obstacle: its length has no closed expression and must be fitted.
    """
    if muscle.wraps:
        names = ", ".join(w.wrap_object for w in muscle.wraps)
        raise ModelError(f'muscle "{muscle.name}" wraps {names}; only straight paths are exact. Fit its length.')

    def length(motion: Motion) -> Expression:
        return _string(motion, [], list(muscle.points))

    return length


def path_rates(motion: Motion, lengths: Expression) -> tuple[Expression, Expression]:
    """Lengthening speeds and moment arms of paths.

    Parameters
    ----------
    lengths : SX, shape (n_muscles, 1), m

    Returns
    -------
    speeds : SX, shape (n_muscles, 1), m/s
    arms : SX, shape (n_muscles, n_free), sparse, m (1 for translations)
        Positive where the muscle pulls along the coordinate: minus the derivative of the length.
    """
    return motion.rate(lengths), -casadi.jacobian(lengths, motion.q)


def _string(motion: Motion, taken: Sequence[PathPoint], left: Sequence[PathPoint]) -> Expression:
    """Length of the points ``taken`` and of those ``left`` that are on the path."""
    for i, point in enumerate(left):
        if point.coordinate is None or point.range is None:
            continue
        taken, rest = [*taken, *left[:i]], left[i + 1 :]
        on = _on_path(motion, point)
        if on is True:
            return _string(motion, [*taken, point], rest)
        if on is False:
            return _string(motion, taken, rest)
        return casadi.if_else(on, _string(motion, [*taken, point], rest), _string(motion, taken, rest))
    points = [*taken, *left]
    return sum((_distance(motion, a, b) for a, b in pairwise(points)), casadi.SX(0))


def _on_path(motion: Motion, point: PathPoint) -> Expression | bool:
    """Say whether a conditional point is on the path, as a truth where the coordinate's range decides it."""
    assert point.coordinate is not None
    assert point.range is not None
    low, high = point.range
    at = motion.coordinate[point.coordinate]
    stays = motion.ranges.get(point.coordinate, (-np.inf, np.inf))
    if stays[1] < low or stays[0] > high:
        return False
    above, below = stays[0] < low, stays[1] > high
    if not above and not below:
        return True
    tests = [test for test, needed in ((at >= low, above), (at <= high, below)) if needed]
    return tests[0] if len(tests) == 1 else casadi.logic_and(*tests)


def _distance(motion: Motion, a: PathPoint, b: PathPoint) -> Expression:
    frame = motion.between(a.segment, b.segment)
    first, second = (motion.relative_position(p.segment, _location(motion, p), frame) for p in (a, b))
    return casadi.sqrt(casadi.sumsqr(second - first))


def _location(motion: Motion, point: PathPoint) -> Expression:
    if point.moving is None:
        return casadi.SX(casadi.DM(np.asarray(point.location, float)))
    values = []
    for function, name in point.moving:
        x = motion.coordinate[name] if name is not None else casadi.SX(0, 1)
        values.append(evaluate(function, x, motion.ranges.get(name) if name is not None else None))
    return casadi.vertcat(*values)
