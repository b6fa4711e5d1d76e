"""Sharing of joint moments among muscles: many small convex problems with bounds and equalities, solved at once.

Each frame asks for controls x (muscle activations and reserve controls) that

    minimise  Σ w |x|^p   subject to   C x = b,   lower ≤ x ≤ upper.

There are many muscles and few joints, so the dual is small: with a multiplier per constraint every control follows on
its own, x = clip(φ(Cᵀλ)), and λ solves C x(λ) = b. That is the gradient of a concave function, which a semismooth
Newton method with a line search maximises in a handful of steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundup.body.functions import Floats
from groundup.errors import SolverError
from groundup.solvers.sharing_cost import PowerCost
from groundup.solvers.sharing_dual import DualResult, Frames
from groundup.solvers.sharing_operator import frame_matrices
from groundup.solvers.sharing_power import DUAL_UP_TO, solve_power
from groundup.solvers.solution import MESSAGES, Status

_CHUNK_BYTES = 24e6
"""Size of the constraint matrices solved together: large enough for array speed, small enough for the cache."""

_COARSE_STEP = 12
"""Frames in time order: every twelfth is solved from scratch, the others start between their solved neighbours."""

LEAST_POWER = 1.1

Chunk = NDArray[np.intp]
Solved = tuple[Chunk, DualResult, Floats]


@dataclass(frozen=True, eq=False)
class SharingProblem:
    """Independent problems, one per frame.

    Attributes
    ----------
    matrix : array, shape (n_frames, n_constraints, n_controls)
        C: what a unit of each control does to each constraint (N·m or N).
    target : array, shape (n_frames, n_constraints)
        b: what is asked (N·m or N).
    lower, upper : array, shape (n_controls,) or (n_frames, n_controls)
        Bounds of the controls; infinite for none.
    weights : array, shape (n_controls,), optional
        Positive; one where left out.
    power : float
        p, at least 1.1; 2 is the sum of squares.
    """

    matrix: Floats
    target: Floats
    lower: Floats
    upper: Floats
    weights: Floats | None = None
    power: float = 2.0


@dataclass(frozen=True, eq=False)
class Solution:
    """Controls that share the load, and how each frame ended.

    Attributes
    ----------
    activations : array, shape (n_frames, n_controls)
        Within the bounds always; NaN in frames without data.
    multipliers : array, shape (n_frames, n_constraints)
        Change of the objective per unit of target; a warm start for a similar problem.
    status : array of Status, shape (n_frames,)
    iterations : array, shape (n_frames,)
    objective : array, shape (n_frames,)
    worst_violation : array, shape (n_frames,)
        Largest |C x - b| of the frame, in the constraint's unit.
    """

    activations: Floats
    multipliers: Floats
    status: NDArray[np.int_]
    iterations: NDArray[np.int_]
    objective: Floats
    worst_violation: Floats

    @property
    def message(self) -> str:
        """How many frames ended how, in words."""
        counts = [(Status(s), int(np.sum(self.status == s))) for s in np.unique(self.status)]
        return "; ".join(f"{n} of {len(self.status)} frames: {MESSAGES[s]}" for s, n in counts)


def share_muscle_forces(
    problem: SharingProblem,
    *,
    start: Floats | None = None,
    tolerance: float = 1e-10,
    max_iterations: int = 200,
    in_time_order: bool = True,
    threads: int = 1,
) -> Solution:
    """Share the load of every frame among its controls.

    Parameters
    ----------
    problem : SharingProblem
    start : array, shape (n_frames, n_constraints), optional
        Multipliers of a similar problem.
    tolerance : float
        A frame has converged when every constraint holds to this fraction of its scale (the largest target or the
        largest effect of a control over the frames solved together).
    max_iterations : int
    in_time_order : bool
        Neighbouring frames are alike, and neighbours' multipliers make good starts. The result does not depend on it.
    threads : int
        Chunks of frames solved at the same time.

    Raises
    ------
    SolverError
        Shapes do not fit, bounds cross, a weight is not positive, or the power is too small.

    Notes
    -----
    A frame whose bounds leave no solution is reported as ``INFEASIBLE`` only with a proof: multipliers λ for which
    λᵀCx < λᵀb for every x within the bounds. Powers from 1.1 to 3 are solved to rounding. Larger ones take more steps
    and end when a step is worth less than 1e-9 of the objective: controls far below the largest cost almost nothing
    then and are known less well than the others. Where steep costs leave no more digits a frame counts as converged
    with constraints met to 1e-6 of their scale instead of ``tolerance``.

    References
    ----------
    .. [1] Crowninshield, Brand, A physiologically based criterion of muscle force prediction in locomotion,
       J Biomech 14, 1981, doi:10.1016/0021-9290(81)90035-X
    .. [2] Qi, Sun, A nonsmooth version of Newton's method, Math Program 58, 1993, doi:10.1007/BF01581275
    """
    frames = _checked(problem, start)
    usable = np.flatnonzero(frames.usable)
    out = _empty(problem)
    cost = PowerCost(frames.weights, float(problem.power))
    chunks = _chunks(usable, problem.matrix[0].nbytes if len(problem.matrix) else 1)

    def solve(chunk: Chunk) -> Solved:
        part = frames.part(problem, chunk)
        begin = None if start is None else start[chunk]
        if begin is None and in_time_order:
            begin = _start_from_neighbours(part, cost, tolerance, max_iterations)
        result = solve_power(part, cost, tolerance, max_iterations, begin)
        return chunk, result, part.matrices.times(result.x) - part.target

    for chunk, result, residual in _mapped(solve, chunks, threads):
        out.activations[chunk] = result.x
        out.multipliers[chunk] = result.multipliers
        out.status[chunk] = result.status
        out.iterations[chunk] = result.iterations
        out.objective[chunk] = cost.value(result.x)
        out.worst_violation[chunk] = np.max(np.abs(residual), axis=-1, initial=0.0)
    return out


def _start_from_neighbours(part: Frames, cost: PowerCost, tolerance: float, max_iterations: int) -> Floats | None:
    """Multipliers (n_frames, n_constraints) interpolated between every so many frames, solved roughly."""
    n = len(part.target)
    if n < 3 * _COARSE_STEP or cost.power > DUAL_UP_TO:
        return None
    coarse = np.unique(np.append(np.arange(0, n, _COARSE_STEP), n - 1))
    result = solve_power(part.take(coarse), cost, tolerance, max_iterations, None)
    good = result.status == Status.CONVERGED
    if good.sum() < 2:
        return None
    at = np.interp(np.arange(n), coarse[good], np.arange(good.sum()))
    left = np.minimum(at.astype(np.intp), int(good.sum()) - 2)
    share = (at - left)[:, None]
    solved = result.multipliers[good]
    return np.asarray((1.0 - share) * solved[left] + share * solved[left + 1])


@dataclass(frozen=True, eq=False)
class _Checked:
    """Bounds and weights of full shape, and which frames hold numbers only."""

    lower: Floats
    upper: Floats
    weights: Floats
    usable: NDArray[np.bool_]

    def part(self, problem: SharingProblem, chunk: Chunk) -> Frames:
        matrix, target = problem.matrix[chunk], problem.target[chunk]
        largest = np.maximum(np.max(np.abs(matrix), axis=(0, 2), initial=0.0), np.max(np.abs(target), axis=0))
        scale = np.where(largest > 0.0, largest, 1.0)
        return Frames(frame_matrices(matrix), target, self.lower[chunk], self.upper[chunk], scale)


def _checked(problem: SharingProblem, start: Floats | None) -> _Checked:
    n_frames, n_rows, n_controls = problem.matrix.shape
    if problem.target.shape != (n_frames, n_rows) or (start is not None and start.shape != (n_frames, n_rows)):
        raise SolverError(
            f"muscle sharing: targets {problem.target.shape} and start "
            f"{None if start is None else start.shape} do not fit matrices {problem.matrix.shape}; "
            "expected (n_frames, n_constraints) for (n_frames, n_constraints, n_controls)."
        )
    if not problem.power >= LEAST_POWER:
        raise SolverError(f"muscle sharing: power is {problem.power:g}, expected at least {LEAST_POWER}; 2 is usual.")
    weights = np.ones(n_controls) if problem.weights is None else problem.weights
    if weights.shape != (n_controls,) or not np.all(weights > 0.0):
        raise SolverError(f"muscle sharing: expected {n_controls} positive weights, one per control.")
    lower, upper = (np.broadcast_to(b, (n_frames, n_controls)) for b in (problem.lower, problem.upper))
    crossed = np.argwhere(lower > upper)
    if len(crossed):
        frame, control = crossed[0]
        raise SolverError(
            f"muscle sharing: control {control} in frame {frame} has bounds {lower[frame, control]:g} to "
            f"{upper[frame, control]:g}; expected the lower first."
        )
    finite = np.isfinite(problem.matrix).all(axis=(1, 2)) & np.isfinite(problem.target).all(axis=1)
    numbers = finite & ~np.isnan(lower).any(axis=1) & ~np.isnan(upper).any(axis=1)
    return _Checked(lower, upper, weights, np.asarray(numbers, dtype=bool))


def _empty(problem: SharingProblem) -> Solution:
    n_frames, n_rows, n_controls = problem.matrix.shape
    return Solution(
        activations=np.full((n_frames, n_controls), np.nan),
        multipliers=np.full((n_frames, n_rows), np.nan),
        status=np.full(n_frames, int(Status.NO_DATA)),
        iterations=np.zeros(n_frames, dtype=int),
        objective=np.full(n_frames, np.nan),
        worst_violation=np.full(n_frames, np.nan),
    )


def _chunks(usable: Chunk, frame_bytes: int) -> list[Chunk]:
    size = int(np.clip(_CHUNK_BYTES / max(frame_bytes, 1), 16, 1024))
    return [usable[i : i + size] for i in range(0, len(usable), size)]


def _mapped(solve: Callable[[Chunk], Solved], chunks: list[Chunk], threads: int) -> Iterable[Solved]:
    """Apply ``solve`` to every chunk, in threads where asked: NumPy lets go of the interpreter while it computes."""
    if threads <= 1 or len(chunks) < 2:
        return map(solve, chunks)
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(solve, chunks))
