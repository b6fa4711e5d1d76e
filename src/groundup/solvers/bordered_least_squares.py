"""One least-squares problem of shared unknowns and many independent blocks: a Levenberg–Marquardt method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from groundup.body.functions import Floats
from groundup.solvers.solution import Status


@dataclass(frozen=True, eq=False)
class BorderedNormal:
    """Normal equations of half a sum of squares in which every block meets the shared unknowns and no other block.

    Attributes
    ----------
    cost : float
    shared_gradient (n_shared,), shared_matrix (n_shared, n_shared)
    block_gradient (n_blocks, n_block), block_matrix (n_blocks, n_block, n_block)
    border : array, shape (n_blocks, n_shared, n_block)
        Gauss–Newton matrix between the shared unknowns and each block's.
    """

    cost: float
    shared_gradient: Floats
    shared_matrix: Floats
    block_gradient: Floats
    block_matrix: Floats
    border: Floats


@dataclass(frozen=True, eq=False)
class BorderedSolution:
    """Minimiser ``shared`` (n_shared,) and ``blocks`` (n_blocks, n_block), how it ended, and how sure it is.

    ``covariance`` (n_shared, n_shared) is the inverse of the Gauss–Newton matrix with the blocks eliminated: the
    covariance of the shared unknowns where residuals are in standard deviations.
    """

    shared: Floats
    blocks: Floats
    cost: float
    status: Status
    iterations: int
    covariance: Floats


def minimise_bordered(
    normal: Callable[[Floats, Floats], BorderedNormal],
    shared: Floats,
    blocks: Floats,
    *,
    tolerance: float = 1e-6,
    max_iterations: int = 60,
) -> BorderedSolution:
    """Minimise over the shared unknowns and all blocks together.

    Parameters
    ----------
    normal : callable
        ``normal(shared, blocks)``; with residuals that are weighted anew at each point (robust losses), its cost is
        that of the loss.
    shared : array, shape (n_shared,)
    blocks : array, shape (n_blocks, n_block)
    tolerance : float
        Converged when a step promises to lower the cost by less than this fraction.

    Notes
    -----
    Each block is eliminated from the damped normal equations (Schur complement), so that the work grows linearly with
    the number of blocks, as in bundle adjustment [1]_. Damping follows Nielsen's gain-ratio rule [2]_.

    References
    ----------
    .. [1] Triggs et al., 2000, *Bundle adjustment – a modern synthesis*, doi:10.1007/3-540-44480-7_21
    .. [2] Madsen, Nielsen, Tingleff, 2004, *Methods for non-linear least squares problems*, IMM, DTU.
    """
    at = normal(shared, blocks)
    damping, growth, status, iterations = 1e-4, 2.0, Status.ITERATION_LIMIT, 0
    for iterations in range(1, max_iterations + 1):  # noqa: B007 (told in the result)
        step_shared, step_blocks = _step(at, damping)
        predicted = _predicted(at, step_shared, step_blocks)
        if predicted <= tolerance * at.cost + 1e-16:
            status = Status.CONVERGED
            break
        trial = normal(shared + step_shared, blocks + step_blocks)
        gain = (at.cost - trial.cost) / predicted
        if gain > 0.0:
            shared, blocks, at = shared + step_shared, blocks + step_blocks, trial
            damping = max(damping * max(1 / 5, 1 - (2 * min(gain, 1.5) - 1) ** 3), 1e-10)
            growth = 2.0
        else:
            damping, growth = damping * growth, 2.0 * growth
            if damping > 1e12:
                break
    return BorderedSolution(shared, blocks, at.cost, status, iterations, covariance(at))


def _step(at: BorderedNormal, damping: float) -> tuple[Floats, Floats]:
    """Solve the damped normal equations, blocks first."""
    inverse = _damped(at.block_matrix, damping)
    # (n_blocks, n_block, n_shared + 1): what the border and the gradient become behind the blocks
    rhs = np.concatenate([np.swapaxes(at.border, -1, -2), at.block_gradient[..., None]], axis=-1)
    behind = np.linalg.solve(inverse, rhs)
    through, pulled = behind[..., :-1], behind[..., -1]
    matrix = _damped(at.shared_matrix[None], damping)[0] - _summed(at.border, through)
    gradient = at.shared_gradient - np.einsum("bsk,bk->s", at.border, pulled)
    shared = -np.linalg.solve(matrix, gradient)
    return shared, -pulled - through @ shared


def _summed(border: Floats, through: Floats) -> Floats:
    """Sum over blocks of ``border @ through``, as one matrix product."""
    n_shared = border.shape[1]
    wide = np.moveaxis(border, 1, 0).reshape(n_shared, -1)
    return np.asarray(wide @ through.reshape(-1, n_shared))


def _damped(matrix: Floats, damping: float) -> Floats:
    diagonal = np.einsum("bii->bi", matrix)
    scale = np.maximum(diagonal, 1e-12 * diagonal.max(-1, keepdims=True) + 1e-30)
    damped = matrix.copy()
    idx = np.arange(matrix.shape[-1])
    damped[:, idx, idx] += (damping + 1e-14) * scale
    return damped


def _predicted(at: BorderedNormal, shared: Floats, blocks: Floats) -> float:
    """Decrease of the quadratic model."""
    slope = at.shared_gradient @ shared + np.sum(at.block_gradient * blocks)
    bend = shared @ at.shared_matrix @ shared + np.sum(blocks * (at.block_matrix @ blocks[..., None])[..., 0])
    bend += 2.0 * np.sum((shared @ at.border) * blocks)
    return float(-slope - 0.5 * bend)


def covariance(at: BorderedNormal) -> Floats:
    """Covariance of the shared unknowns (n_shared, n_shared), the blocks eliminated."""
    through = np.asarray(np.linalg.solve(_damped(at.block_matrix, 0.0), np.swapaxes(at.border, -1, -2)), dtype=float)
    return np.asarray(np.linalg.inv(_damped(at.shared_matrix[None], 0.0)[0] - _summed(at.border, through)))
