"""Many small bounded least-squares problems at once: a Levenberg–Marquardt method batched over frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundup.body.functions import Floats
from groundup.solvers.solution import Status

Indices = NDArray[np.intp]
Bools = NDArray[np.bool_]
Normal = tuple[Floats, Floats, Floats]


@dataclass(frozen=True, eq=False)
class LeastSquaresSolution:
    """Minimisers ``x`` (n_problems, n), their ``cost`` and ``status`` (n_problems,), and the iterations taken."""

    x: Floats
    cost: Floats
    status: np.ndarray
    iterations: int


def minimise(
    normal: Callable[[Floats, Indices], Normal],
    start: Floats,
    lower: Floats,
    upper: Floats,
    *,
    tolerance: float = 1e-7,
    max_iterations: int = 60,
) -> LeastSquaresSolution:
    """Minimise a batch of sums of squares within bounds.

    Parameters
    ----------
    normal : callable
        ``normal(x, which)`` for the problems ``which`` at ``x`` (n, n_unknowns) gives cost (n,), gradient
        (n, n_unknowns) and Gauss–Newton matrix (n, n_unknowns, n_unknowns), of half the sum of squares.
    start : array, shape (n_problems, n_unknowns)
    lower, upper : array, shape (n_unknowns,)
    tolerance : float
        A problem has converged when a full step would lower its cost by less than this fraction.

    Notes
    -----
    Damped normal equations with Nielsen's gain-ratio rule; unknowns held at a bound by the gradient leave the step,
    the rest of the step is clipped to the bounds. Converged problems leave the batch.

    References
    ----------
    .. [1] Madsen, Nielsen, Tingleff, 2004, *Methods for non-linear least squares problems*, IMM, DTU.
    """
    x = np.clip(start, lower, upper)
    n = len(x)
    status = np.full(n, int(Status.ITERATION_LIMIT))
    which, damping, growth = np.arange(n), np.full(n, 1e-6), np.full(n, 2.0)
    value, gradient, matrix = normal(x, which)
    final_cost = value.copy()
    iterations = 0
    for iterations in range(1, max_iterations + 1):  # noqa: B007 (told in the result)
        step, predicted = _bounded_step(x[which], gradient, matrix, damping[which], lower, upper)
        # What a step cannot change is not worth taking it for: the pose found stays the one whose cost is known.
        # Damping shortens the step, not what there is to gain; a step cut at several bounds may even promise a loss,
        # and then more damping turns it downhill again.
        done = np.abs(predicted) * (1.0 + damping[which]) <= tolerance * value + 1e-16
        status[which[done]] = int(Status.CONVERGED)
        keep = ~done & (damping[which] < 1e12)
        which, step, predicted = which[keep], step[keep], predicted[keep]
        if not len(which):
            break
        value, gradient, matrix = value[keep], gradient[keep], matrix[keep]
        # Clipped again, for adding a step that ends on a bound may miss it by a rounding.
        trial = np.clip(x[which] + step, lower, upper)
        new_value, new_gradient, new_matrix = normal(trial, which)
        better = new_value <= value
        x[which[better]] = trial[better]
        _adapt(damping, growth, which, (value - new_value) / np.maximum(predicted, 1e-300))
        value = np.where(better, new_value, value)
        gradient = np.where(better[:, None], new_gradient, gradient)
        matrix = np.where(better[:, None, None], new_matrix, matrix)
        final_cost[which] = value
    return LeastSquaresSolution(x, final_cost, status, iterations)


def _bounded_step(
    x: Floats, gradient: Floats, matrix: Floats, damping: Floats, lower: Floats, upper: Floats
) -> tuple[Floats, Floats]:
    """Step within the bounds and the decrease of the quadratic model that it promises."""
    held = ((x <= lower) & (gradient > 0)) | ((x >= upper) & (gradient < 0))
    step = np.zeros_like(x)
    # An unknown that the step carries over its bound is put on it, and the others are solved again around it.
    for _ in range(4):
        step = _damped_solve(gradient, matrix, damping, held, step)
        over = ~held & ((x + step > upper) | (x + step < lower))
        if not over.any():
            break
        step = np.where(over, np.clip(x + step, lower, upper) - x, step)
        held = held | over
    step = np.clip(x + step, lower, upper) - x
    predicted = -(gradient * step).sum(-1) - 0.5 * (step * (matrix @ step[..., None])[..., 0]).sum(-1)
    return step, predicted


def _damped_solve(gradient: Floats, matrix: Floats, damping: Floats, held: Bools, fixed: Floats) -> Floats:
    """Solve the damped normal equations for the free unknowns, the held ones staying at their ``fixed`` step."""
    fixed = np.where(held, fixed, 0.0)
    diagonal = np.einsum("nii->ni", matrix)
    scale = np.maximum(diagonal, 1e-12 * diagonal.max(-1, keepdims=True) + 1e-30)
    rhs = np.where(held, 0.0, -gradient - (matrix @ fixed[..., None])[..., 0])
    free = ~held
    reduced = matrix * (free[:, :, None] & free[:, None, :])
    idx = np.arange(matrix.shape[-1])
    reduced[:, idx, idx] += np.where(held, 1.0, damping[:, None] * scale + 1e-14 * scale)
    return np.where(held, fixed, np.linalg.solve(reduced, rhs[..., None])[..., 0])


def _adapt(damping: Floats, growth: Floats, which: Indices, gain: Floats) -> None:
    """Nielsen's rule for the damping of the problems ``which`` (arrays are the solver's own)."""
    good = gain > 0
    damping[which] *= np.where(good, np.maximum(1 / 3, 1 - (2 * np.clip(gain, 0.0, 1.5) - 1) ** 3), growth[which])
    damping[which] = np.maximum(damping[which], 1e-12)
    growth[which] = np.where(good, 2.0, 2 * growth[which])
