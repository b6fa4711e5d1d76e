"""Sharing with any power: the dual method alone for small powers, successive quadratic problems for large ones.

Above a power of two a control near zero costs almost nothing and follows its multiplier ever faster, so that the dual
has no useful curvature there. The controls themselves are then the better unknowns: the cost is replaced by its
quadratic model, the dual method solves that with all bounds and constraints, and a line search on the true cost takes
as much of the step as pays. Every iterate satisfies the constraints.
"""

from __future__ import annotations

import numpy as np

from groundup.body.functions import Floats
from groundup.solvers.sharing_cost import PowerCost, QuadraticCost
from groundup.solvers.sharing_dual import DualResult, Frames, Indices, carried_over, solve_dual
from groundup.solvers.solution import Status

DUAL_UP_TO = 3.2
"""Powers up to this are tried with the dual method first."""

_DUAL_ITERATIONS = 40
_QUADRATIC_ITERATIONS = 150
_CURVATURE_RANGE = 1e-6
"""Least over greatest curvature of the quadratic model: smaller controls get more than their true curvature, which
slows them a little and keeps the model well-conditioned."""

_ENOUGH = 1e-9
"""A step worth less than this fraction of the cost ends the search."""


def solve_power(
    frames: Frames, cost: PowerCost, tolerance: float, max_iterations: int, start: Floats | None
) -> DualResult:
    """Minimise ``Σ w |x|^p`` in all frames; ``start`` (n_frames, n_rows) are multipliers of a similar problem."""
    if cost.power == 2.0:
        return solve_dual(frames, cost, tolerance, max_iterations, start)
    if start is not None and cost.power <= DUAL_UP_TO:
        result = solve_dual(frames, cost, tolerance, min(max_iterations, _DUAL_ITERATIONS), start)
        failed = np.flatnonzero(result.status == Status.ITERATION_LIMIT)
        if len(failed):
            _write(result, failed, solve_power(frames.take(failed), cost, tolerance, max_iterations, None))
        return result
    squares = solve_dual(frames, PowerCost(cost.weights, 2.0), tolerance, max_iterations)
    feasible = np.flatnonzero(squares.status == Status.CONVERGED)
    if len(feasible):
        sub, x = frames.take(feasible), squares.x[feasible]
        _write(squares, feasible, _from_squares(sub, cost, tolerance, max_iterations, x))
    return squares


def _from_squares(frames: Frames, cost: PowerCost, tolerance: float, max_iterations: int, x: Floats) -> DualResult:
    """Solve frames whose least-squares controls ``x`` are known."""
    if cost.power > DUAL_UP_TO:
        return _successive(frames, cost, tolerance, max_iterations, x)
    limit = max_iterations if cost.power < 2.0 else min(max_iterations, _DUAL_ITERATIONS)
    result = solve_dual(frames, cost, tolerance, limit, carried_over(frames, cost, x))
    failed = np.flatnonzero(result.status == Status.ITERATION_LIMIT)
    if len(failed) and cost.power > 2.0:
        _write(result, failed, _successive(frames.take(failed), cost, tolerance, max_iterations, x[failed]))
    return result


def _successive(frames: Frames, cost: PowerCost, tolerance: float, max_iterations: int, x: Floats) -> DualResult:
    """Successive quadratic problems from feasible controls ``x``."""
    n = len(x)
    limit = np.full(n, int(Status.ITERATION_LIMIT))
    out = DualResult(x.copy(), np.zeros(frames.target.shape), limit, np.zeros(n, dtype=int))
    which = np.arange(n)
    multipliers: Floats | None = None
    for _ in range(_QUADRATIC_ITERATIONS):
        model = QuadraticCost(cost.curvature(x, _least_size(cost, x)), cost.slope(x), x)
        step = solve_dual(frames, model, tolerance, max_iterations, multipliers)
        if multipliers is not None:
            step = _retried(frames, model, tolerance, max_iterations, step)
        solved = step.status == Status.CONVERGED
        change = np.where(solved[:, None], step.x - x, 0.0)
        promise = -np.sum(model.slope * change, axis=-1)
        x = x + _length(cost, x, change, promise)[:, None] * change
        out.x[which], out.multipliers[which] = x, step.multipliers
        out.iterations[which] += step.iterations + 1
        settled = solved & (np.sum(model.curvature * change * change, axis=-1) <= _ENOUGH * cost.value(x))
        out.status[which[settled]] = int(Status.CONVERGED)
        keep = np.flatnonzero(solved & ~settled)
        if not len(keep):
            break
        frames, x, which, multipliers = frames.take(keep), x[keep], which[keep], step.multipliers[keep]
    return out


def _retried(
    frames: Frames, model: QuadraticCost, tolerance: float, max_iterations: int, step: DualResult
) -> DualResult:
    """Solve the frames that a start from the step before led astray again from scratch."""
    failed = np.flatnonzero(step.status != Status.CONVERGED)
    if len(failed):
        _write(step, failed, solve_dual(frames.take(failed), model.take(failed), tolerance, max_iterations))
    return step


def _least_size(cost: PowerCost, x: Floats) -> Floats:
    """Size (n_frames, 1) that smaller controls count as in the curvature of the quadratic model."""
    largest = np.max(np.abs(x), axis=-1, keepdims=True)
    return np.asarray(np.maximum(largest, 1e-3) * _CURVATURE_RANGE ** (1.0 / (cost.power - 2.0)))


def _length(cost: PowerCost, x: Floats, change: Floats, promise: Floats) -> Floats:
    """Share of the step (n_frames,) that lowers the true cost enough."""
    length = np.ones(len(x))
    value = cost.value(x)
    # A step that has to regain the last digits of the constraints may cost what its slope says it costs.
    expected = np.where(promise > 0.0, -1e-4 * promise, -2.0 * promise)
    for _ in range(30):
        poor = cost.value(x + length[:, None] * change) > value + length * expected + 1e-15 * value
        if not poor.any():
            break
        length = np.where(poor, 0.5 * length, length)
    return length


def _write(result: DualResult, frames: Indices, part: DualResult) -> None:
    """Put the outcome of some frames into a result that this module has just made."""
    result.x[frames], result.multipliers[frames] = part.x, part.multipliers
    result.status[frames] = part.status
    result.iterations[frames] += part.iterations
