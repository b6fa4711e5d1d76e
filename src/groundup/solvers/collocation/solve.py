"""Solve a transcribed problem with IPOPT, and say in plain words how it ended.

References
----------
.. [1] Wächter, Biegler, On the implementation of an interior-point filter line-search algorithm for large-scale
   nonlinear programming, Math Program 106, 2006, doi:10.1007/s10107-004-0559-y
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from groundup.body.functions import Floats
from groundup.solvers.collocation.mesh import Row, Transcription
from groundup.solvers.collocation.problem import DURATION
from groundup.solvers.collocation.symbols import casadi
from groundup.solvers.collocation.trajectory import Trajectory


class Status(StrEnum):
    """How a solve ended."""

    SOLVED = "solved"
    ITERATION_LIMIT = "stopped at the iteration limit"
    TIME_LIMIT = "stopped at the time limit"
    INFEASIBLE = "no motion satisfies the conditions near where the search ended"
    STOPPED = "stopped by the user"
    NUMERICS = "the numbers broke down"

    @property
    def advice(self) -> str:
        """What whoever states the problem may do about it."""
        return _ADVICE.get(self, "")


_ADVICE = {
    Status.ITERATION_LIMIT: "Allow more iterations, or start from a nearer motion.",
    Status.TIME_LIMIT: "Allow more time, or start from a nearer motion.",
    Status.INFEASIBLE: "Loosen the bounds that this condition meets, or start from another motion.",
    Status.STOPPED: "The best motion met is kept; it is not a result.",
    Status.NUMERICS: "Start from another motion, or bound the quantities that grew.",
}

_ENDINGS = {
    "Solve_Succeeded": Status.SOLVED,
    "Solved_To_Acceptable_Level": Status.SOLVED,
    "Feasible_Point_Found": Status.SOLVED,
    "Maximum_Iterations_Exceeded": Status.ITERATION_LIMIT,
    "Maximum_CpuTime_Exceeded": Status.TIME_LIMIT,
    "Maximum_WallTime_Exceeded": Status.TIME_LIMIT,
    "Infeasible_Problem_Detected": Status.INFEASIBLE,
    "Restoration_Failed": Status.INFEASIBLE,
    "Search_Direction_Becomes_Too_Small": Status.INFEASIBLE,
    "User_Requested_Stop": Status.STOPPED,
}


_SIZE = 10.0
"""What a small objective is raised to."""


@dataclass(frozen=True)
class SolverOptions:
    """Options of a solve.

    Attributes
    ----------
    tolerance : of optimality, on the scaled problem
    constraint_tolerance : of every constraint, divided by its scale
    iterations : at most
    seconds : wall time at most
    linear_solver : one that the installed CasADi carries, such as ``mumps`` or ``spral``
    barrier : ``monotone`` or ``adaptive``
    start_barrier : barrier parameter to start from, smaller for a good guess; None leaves it to IPOPT
    objective_scale : factor on the objective inside the solver
        None raises a small objective to about 10 at the guess: the barrier of thousands of bounds would outweigh it.
    expected_iterations : from which the time left is told
    extra : further IPOPT options by their own names
    """

    tolerance: float = 1e-4
    constraint_tolerance: float = 1e-4
    iterations: int = 1000
    seconds: float = np.inf
    linear_solver: str = "mumps"
    barrier: str = "adaptive"
    start_barrier: float | None = None
    objective_scale: float | None = None
    expected_iterations: int = 300
    extra: Mapping[str, float | int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Progress:
    """Where a running solve stands; ``infeasibility`` is the largest miss divided by its scale."""

    iteration: int
    objective: float
    infeasibility: float
    elapsed_s: float
    left_s: float


@dataclass(frozen=True)
class Miss:
    """The constraint that is missed most: what, when (phase 0 to 1 and s), by how much in its unit, and scaled."""

    row: Row
    phase: float
    time_s: float
    amount: float
    scaled: float

    def __str__(self) -> str:
        what = {
            "rate": f"{self.row.name} and its rate disagree",
            "equation": f"{self.row.name} does not balance",
            "limit": f"{self.row.name} is out of bounds",
            "end": f'"{self.row.name}" is not met',
        }[self.row.kind]
        amount = f"{self.amount:.3g} {self.row.unit}".rstrip()
        where = "" if self.row.kind == "end" else f" at {100.0 * self.phase:.0f} % ({self.time_s:.3f} s)"
        return f"{what}{where} by {amount}"


@dataclass(frozen=True)
class Stats:
    """Figures of a solve.

    ``worst`` is the constraint missed most, solved or not. Seconds are wall time: of all, and within it of the
    functions (objective, constraints, derivatives); the rest is mostly linear algebra.
    """

    iterations: int
    seconds: float
    function_seconds: float
    objective: float
    worst: Miss | None
    variables: int
    constraints: int
    ending: str


@dataclass(frozen=True, eq=False)
class Solution:
    """How a solve ended.

    Attributes
    ----------
    value : the optimal trajectory, or None unless the problem is solved
    best : the best trajectory met, for looking at and for starting from; not a result
    message : how it ended, and what is missed most; what to do about it is ``status.advice``
    read : terms of the objective and outputs of the model along ``best``
    """

    value: Trajectory | None
    best: Trajectory
    status: Status
    message: str
    stats: Stats
    read: Mapping[str, Floats]


Listener = Callable[[Progress], None]


def solve(
    transcription: Transcription,
    guess: Trajectory,
    options: SolverOptions | None = None,
    progress: Listener | None = None,
) -> Solution:
    """Solve a transcribed problem from a guess on any mesh.

    A press of Ctrl-C ends the solve after the present iteration; the best trajectory met is kept.

    Parameters
    ----------
    guess : Trajectory
        Quantities that it does not name start in the middle of their bounds.
    progress : callable, optional
        Told after every iteration.

    Returns
    -------
    solution : Solution
        ``value`` is None unless ``status`` is :attr:`Status.SOLVED`.
    """
    options = options or SolverOptions()
    t = transcription
    start = time.perf_counter()
    watch = _Watch(t, options, progress)
    x0 = t.variables(guess) / t.scale
    solver = casadi.nlpsol(
        "solver", "ipopt", t.program.problem, _ipopt(t, options, watch, _objective_scale(t, options, x0))
    )
    with _interruptible(watch):
        found = solver(
            x0=x0,
            p=t.given,
            lbx=t.lower / t.scale,
            ubx=t.upper / t.scale,
            lbg=t.row_lower / t.row_scale,
            ubg=t.row_upper / t.row_scale,
        )
    return _conclude(t, options, solver.stats(), found, watch, time.perf_counter() - start)


def _objective_scale(t: Transcription, options: SolverOptions, x0: Floats) -> float:
    if options.objective_scale is not None:
        return options.objective_scale
    size = abs(float(t.program.derivatives["grad_f"](x0, t.given)[0]))
    return float(np.clip(_SIZE / size, 1.0, 100.0)) if np.isfinite(size) and size > 0.0 else 1.0


def _ipopt(t: Transcription, options: SolverOptions, watch: Any, objective_scale: float) -> dict[str, Any]:
    own: dict[str, Any] = {
        "tol": options.tolerance,
        "constr_viol_tol": options.constraint_tolerance,
        # What the barriers of thousands of bounds leave in the cost must be small against the tolerance.
        "compl_inf_tol": 0.01 * options.tolerance,
        "max_iter": options.iterations,
        "linear_solver": options.linear_solver,
        "mu_strategy": options.barrier,
        "obj_scaling_factor": objective_scale,
        "print_level": 0,
        "sb": "yes",
        # Bounds are met exactly: a muscle's activation below 0 has no meaning.
        "honor_original_bounds": "yes",
    }
    if np.isfinite(options.seconds):
        own["max_wall_time"] = options.seconds
    if options.start_barrier is not None:
        own |= {"mu_init": options.start_barrier}
    if options.linear_solver == "mumps":
        # Nested dissection (METIS) fills in several times less on a chain of points than the order that MUMPS takes
        # for small systems, and its search for large pivots takes longer than the factorisation itself.
        own |= {"mumps_pivot_order": 5, "mumps_permuting_scaling": 0}
    own |= options.extra
    return {
        "ipopt": own,
        "print_time": False,
        "iteration_callback": watch,
        "record_time": True,
        **t.program.derivatives,
    }


def _conclude(
    t: Transcription,
    options: SolverOptions,
    raw: Mapping[str, Any],
    found: Mapping[str, Any],
    watch: Any,
    seconds: float,
) -> Solution:
    ending = str(raw["return_status"])
    status = Status.STOPPED if watch.stopped else _ENDINGS.get(ending, Status.NUMERICS)
    x, g, f = (np.array(found[k])[:, 0] for k in ("x", "g", "f"))
    if status is not Status.SOLVED and watch.best is not None:
        x, g, f = watch.best
    x = x * t.scale
    worst = _worst(t, x, g)
    if status is Status.SOLVED and worst is not None and not worst.scaled <= 10.0 * options.constraint_tolerance:
        status = Status.INFEASIBLE
    best = t.trajectory(x)
    stats = Stats(
        iterations=int(raw["iter_count"]),
        seconds=seconds,
        function_seconds=sum(float(v) for k, v in raw.items() if k.startswith("t_wall_nlp_")),
        objective=float(f[0]),
        worst=worst,
        variables=len(t.scale),
        constraints=len(t.row_scale),
        ending=ending,
    )
    value = best if status is Status.SOLVED else None
    return Solution(value, best, status, _message(status, stats), stats, t.read(x, t.given))


def _message(status: Status, stats: Stats) -> str:
    if status is Status.SOLVED:
        return f"solved in {stats.iterations} iterations and {stats.seconds:.1f} s"
    words = f"{status} ({stats.iterations} iterations, {stats.seconds:.1f} s)"
    if stats.worst is not None and stats.worst.scaled > 0.0:
        words += f"; missed most: {stats.worst}"
    return f"{words}."


def _worst(t: Transcription, x: Floats, scaled_rows: Floats) -> Miss | None:
    if not len(scaled_rows):
        return None
    miss = t.miss(scaled_rows)
    scaled = np.where(np.isfinite(miss), miss / t.row_scale, np.inf)
    number = int(np.argmax(scaled))
    row, phase = t.row(number)
    duration = x[[q.name for q in t.problem.parameters].index(DURATION)]
    return Miss(row, phase, float(phase * duration), float(miss[number]), float(scaled[number]))


# --- watching -----------------------------------------------------------------------------------------------------


class _Watch(casadi.Callback):  # type: ignore[misc]
    """Hears of every iteration: keeps the best one, tells progress, stops when asked."""

    def __init__(self, t: Transcription, options: SolverOptions, progress: Listener | None) -> None:
        casadi.Callback.__init__(self)
        n, m = t.program.n_variables, t.program.n_rows
        self.sizes = {"x": n, "f": 1, "g": m, "lam_x": n, "lam_g": m, "lam_p": t.program.n_given}
        self.low, self.high = t.row_lower / t.row_scale, t.row_upper / t.row_scale
        self.options, self.progress = options, progress
        self.started, self.iteration = time.perf_counter(), -1
        self.stopped = False
        self.best: tuple[Floats, Floats, Floats] | None = None
        self.best_key = (np.inf, np.inf)
        self.construct("watch", {})

    def get_n_in(self) -> int:
        return int(casadi.nlpsol_n_out())

    def get_n_out(self) -> int:
        return 1

    def get_name_in(self, i: int) -> str:
        return str(casadi.nlpsol_out(i))

    def get_name_out(self, i: int) -> str:
        return "stop"

    def get_sparsity_in(self, i: int) -> Any:
        return casadi.Sparsity.dense(self.sizes[casadi.nlpsol_out(i)], 1)

    def eval(self, arguments: Any) -> list[int]:
        x, f, g = (np.array(arguments[i])[:, 0] for i in range(3))
        self.iteration += 1
        miss = float(np.maximum(0.0, np.maximum(self.low - g, g - self.high)).max(initial=0.0))
        # Among those that meet the conditions the cheapest; else the one that misses least.
        key = (max(miss, self.options.constraint_tolerance), float(f[0]))
        if np.isfinite(miss) and key < self.best_key:
            self.best, self.best_key = (x, g, f), key
        if self.progress is not None:
            elapsed = time.perf_counter() - self.started
            done = max(self.iteration, 1)
            left = elapsed / done * max(self.options.expected_iterations - done, 0.1 * done)
            self.progress(Progress(self.iteration, float(f[0]), miss, elapsed, left))
        return [int(self.stopped)]


@contextmanager
def _interruptible(watch: _Watch) -> Iterator[None]:
    """Turn Ctrl-C into a request to stop, where this is the thread that hears it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask(signum: int, frame: object) -> None:
        watch.stopped = True

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
