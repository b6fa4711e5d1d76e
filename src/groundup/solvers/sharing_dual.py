"""Dual semismooth Newton method for separable power costs with bounds and equalities, batched over frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundup.body.functions import Floats
from groundup.solvers.sharing_cost import Cost, PowerCost
from groundup.solvers.sharing_operator import FrameMatrices
from groundup.solvers.solution import Status

Indices = NDArray[np.intp]

_DAMPING = 1e-13
"""Added to the diagonal of the Newton matrix, relative to it: only to keep a singular one solvable."""

_STALE = 4
_ROUNDING = 1e-6
"""A gap below this fraction of its scale that no longer halves within so many steps is rounding: steep costs and large
multipliers leave no more digits."""

_CAUTION = 0.1
"""Share of the fully free matrix added to the first steps, times the gap."""

_CAUTIOUS_STEPS = 8
"""Later steps are plain: badly scaled problems close their gap too slowly for caution to vanish."""

_HALVINGS = 25
_OPEN = -1
_CHECK_EVERY = 8


@dataclass(frozen=True, eq=False)
class Frames:
    """Frames solved together: matrices C, targets b (n_frames, n_rows), bounds (n_frames, n_columns)
    and the scale of each constraint (n_rows,).
    """

    matrices: FrameMatrices
    target: Floats
    lower: Floats
    upper: Floats
    scale: Floats

    def take(self, frames: Indices) -> Frames:
        """Return some of the frames."""
        return Frames(
            self.matrices.take(frames),
            self.target[frames],
            self.lower[frames],
            self.upper[frames],
            self.scale,
        )


@dataclass(frozen=True, eq=False)
class DualResult:
    """Controls, multipliers, status and iterations of each frame."""

    x: Floats
    multipliers: Floats
    status: NDArray[np.int_]
    iterations: NDArray[np.int_]


@dataclass(frozen=True, eq=False)
class _Point:
    """Multipliers and what follows from them: pull Cᵀλ, controls, gap b - Cx (the dual's gradient), dual value."""

    multipliers: Floats
    pull: Floats
    x: Floats
    gap: Floats
    value: Floats

    def take(self, frames: Indices) -> _Point:
        return _Point(**{k: v[frames] for k, v in vars(self).items()})


def solve_dual(
    frames: Frames, cost: Cost, tolerance: float, max_iterations: int, start: Floats | None = None
) -> DualResult:
    """Minimise ``cost`` in all frames.

    ``start`` (n_frames, n_rows) are multipliers to begin with; without them those of the problem without bounds, which
    suit a quadratic cost.
    """
    if start is None:
        nowhere = np.zeros(frames.lower.shape)
        rate = np.ascontiguousarray(cost.rate(nowhere))
        start = solve_scaled(frames.matrices.gram(rate), frames.target - frames.matrices.times(cost.controls(nowhere)))
    return _newton(frames, cost, tolerance, max_iterations, start)


def carried_over(frames: Frames, cost: PowerCost, x: Floats) -> Floats:
    """Multipliers (n_frames, n_rows) that come closest to explaining controls ``x`` under ``cost``."""
    rate = np.where((x > frames.lower) & (x < frames.upper), cost.rate(x), 0.0)
    return solve_scaled(frames.matrices.gram(rate), frames.matrices.times(rate * cost.slope(x)))


def _newton(frames: Frames, cost: Cost, tolerance: float, max_iterations: int, start: Floats) -> DualResult:
    n = len(frames.target)
    out = DualResult(np.empty(frames.lower.shape), start.copy(), np.full(n, _OPEN), np.zeros(n, dtype=int))
    which, least, stale = np.arange(n), np.full(n, np.inf), np.zeros(n, dtype=int)
    point = _evaluate(frames, cost, start)
    for iteration in range(max_iterations + 1):
        worst = _worst(frames, point)
        stale = np.where(worst > 0.5 * least, stale + 1, 0)
        least = np.minimum(least, worst)
        at_rounding = (stale >= _STALE) & (worst <= np.minimum(_ROUNDING, 2.0 * least))
        status = _status(frames, point, (worst <= tolerance) | at_rounding, iteration, max_iterations)
        ended = status != _OPEN
        if ended.any():
            _record(out, which[ended], point.take(np.flatnonzero(ended)), status[ended], iteration)
            keep = np.flatnonzero(~ended)
            if not len(keep):
                break
            frames, cost, point = frames.take(keep), cost.take(keep), point.take(keep)
            which, least, stale = which[keep], least[keep], stale[keep]
        cautious = cost.is_quadratic and iteration < _CAUTIOUS_STEPS
        point = _searched(frames, cost, point, _direction(frames, cost, point, cautious))
    return out


def _status(
    frames: Frames, point: _Point, done: NDArray[np.bool_], iteration: int, max_iterations: int
) -> NDArray[np.int_]:
    """How each frame stands after some iterations; the proof of infeasibility is looked for now and then."""
    status = np.where(done, int(Status.CONVERGED), _OPEN)
    if iteration % _CHECK_EVERY == _CHECK_EVERY - 1 or iteration == max_iterations:
        status = np.where(~done & _proves_infeasible(frames, point), int(Status.INFEASIBLE), status)
    if iteration == max_iterations:
        status = np.where(status == _OPEN, int(Status.ITERATION_LIMIT), status)
    return status


def _evaluate(frames: Frames, cost: Cost, multipliers: Floats) -> _Point:
    pull = frames.matrices.transposed_times(multipliers)
    x = np.clip(cost.controls(pull), frames.lower, frames.upper)
    gap = frames.target - frames.matrices.times(x)
    value = cost.value(x) - np.sum(pull * x, axis=-1) + np.sum(multipliers * frames.target, axis=-1)
    return _Point(multipliers, pull, x, gap, value)


def _direction(frames: Frames, cost: Cost, point: _Point, cautious: bool) -> Floats:
    """Newton step of the dual (n_frames, n_rows); controls at a bound do not follow their pull.

    Where nearly all controls of a constraint are at a bound the matrix is close to singular and the plain step far too
    long. So a share of what it would be with every control free is added, which vanishes with the gap and leaves the
    last steps pure Newton (Levenberg–Marquardt, as for semismooth equations; Facchinei, Kanzow, 1997,
    doi:10.1007/BF02614395).
    """
    inside = (point.x > frames.lower) & (point.x < frames.upper)
    rate = np.ascontiguousarray(cost.rate(point.x))
    matrix = frames.matrices.gram(np.where(inside, rate, 0.0))
    if cautious:
        caution = _CAUTION * np.minimum(1.0, _worst(frames, point))[:, None]
        rows = np.arange(matrix.shape[1])
        matrix[:, rows, rows] += caution * frames.matrices.gram_diagonal(rate)
    return solve_scaled(matrix, point.gap)


def solve_scaled(matrix: Floats, right: Floats) -> Floats:
    """Solve symmetric systems (n_frames, n, n), each scaled to a unit diagonal and damped a little."""
    diagonal = np.einsum("fii->fi", matrix)
    least = np.max(diagonal, axis=-1, keepdims=True, initial=0.0) * 1e-14 + 1e-300
    unit = 1.0 / np.sqrt(np.maximum(diagonal, least))
    scaled = matrix * unit[:, :, None] * unit[:, None, :]
    scaled[:, np.arange(matrix.shape[1]), np.arange(matrix.shape[1])] += _DAMPING
    # A constraint that no free control affects has an empty row: let its multiplier take a plain gradient step.
    empty = diagonal <= least
    scaled[:, np.arange(matrix.shape[1]), np.arange(matrix.shape[1])] += empty
    return np.asarray(unit * np.linalg.solve(scaled, (unit * right)[..., None])[..., 0])


def _searched(frames: Frames, cost: Cost, point: _Point, direction: Floats) -> _Point:
    """Move along ``direction`` as far as the dual gains enough, each frame on its own."""
    gain = np.sum(direction * point.gap, axis=-1)
    step = np.ones(len(gain))
    best = _evaluate(frames, cost, point.multipliers + direction)
    open_frames = np.flatnonzero(~_accepted(point, best, direction, gain, step))
    for _ in range(_HALVINGS):
        if not len(open_frames):
            break
        sub, old, along = frames.take(open_frames), point.take(open_frames), direction[open_frames]
        left = np.sum(along * best.gap[open_frames], axis=-1)
        # The slope along the line falls from ``gain`` to ``left``: aim at its zero by the secant.
        secant = gain[open_frames] / np.maximum(gain[open_frames] - left, 1e-300)
        step[open_frames] *= np.clip(secant, 0.1, 0.7)
        trial = _evaluate(sub, cost.take(open_frames), old.multipliers + step[open_frames][:, None] * along)
        best = _scattered(best, trial, open_frames)
        accepted = _accepted(old, trial, along, gain[open_frames], step[open_frames])
        open_frames = open_frames[~accepted]
    return best


def _scattered(whole: _Point, part: _Point, frames: Indices) -> _Point:
    out = {}
    for name, values in vars(whole).items():
        copy = values.copy()
        copy[frames] = getattr(part, name)
        out[name] = copy
    return _Point(**out)


def _accepted(old: _Point, new: _Point, direction: Floats, gain: Floats, step: Floats) -> NDArray[np.bool_]:
    """Enough gain of the dual value, or, near the end where the value is only rounding, a much smaller slope."""
    climbed = new.value >= old.value + 1e-4 * step * gain
    slope = np.sum(direction * new.gap, axis=-1)
    noise = 1e-12 * (np.abs(old.value) + np.abs(new.value))
    level = (np.abs(gain * step) <= noise * 1e3) & (np.abs(slope) <= 0.9 * np.abs(gain))
    return np.asarray(climbed | level | ((slope >= 0.0) & (slope <= gain)))


def _worst(frames: Frames, point: _Point) -> Floats:
    return np.asarray(np.max(np.abs(point.gap) / frames.scale, axis=-1, initial=0.0))


def _proves_infeasible(frames: Frames, point: _Point) -> NDArray[np.bool_]:
    """Whether no controls within the bounds can reach what the multipliers ask for (Farkas)."""
    with np.errstate(invalid="ignore"):
        reach = np.where(point.pull > 0.0, point.pull * frames.upper, point.pull * frames.lower)
    reach = np.where(point.pull == 0.0, 0.0, reach)
    asked = np.sum(point.multipliers * frames.target, axis=-1)
    size = np.sum(np.abs(point.multipliers * frames.target), axis=-1) + np.sum(np.abs(reach), axis=-1)
    return np.asarray(asked - np.sum(reach, axis=-1) > 1e-9 * size)


def _record(out: DualResult, which: Indices, point: _Point, status: NDArray[np.int_], iteration: int) -> None:
    """Write frames that have ended into a result that this module has just made."""
    out.x[which] = point.x
    out.multipliers[which] = point.multipliers
    out.status[which] = status
    out.iterations[which] = iteration
