"""Whether walks are solved rightly: cold start, a mesh twice as fine, derivatives beside finite differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.predicted_walks.solving import Solved, Watch, Work, healthy_job, read
from groundup.body.default_body import default_body
from groundup.body.functions import Floats
from groundup.predict.changed_body import change
from groundup.predict.gait.baseline import healthy_walk, solve_healthy
from groundup.predict.gait.problem import SPEED, WalkTask, walk_problem
from groundup.predict.gait.solve import WalkOptions, solve_walk
from groundup.predict.gait.walk import Walk
from groundup.predict.request import HEALTHY, USUAL_INTERVALS
from groundup.predict.solver import task_of
from groundup.solvers.collocation.mesh import Transcription, transcribe, uniform
from groundup.solvers.collocation.problem import DURATION
from groundup.solvers.collocation.trajectory import Trajectory

COLD = "cold"
FINE = 2 * USUAL_INTERVALS
STEP = 3e-8
"""Of a finite difference, in scaled variables: a middle way between its own error and round-off."""


@dataclass(frozen=True)
class DerivativeErrors:
    """Largest differences from central differences along random directions, in parts of the largest entry."""

    gradient: float
    jacobian: float
    hessian: float

    @property
    def largest(self) -> float:
        """Of all."""
        return max(self.gradient, self.jacobian, self.hessian)


def numeric_works(keep: Path) -> list[Work]:
    """Work of every check that needs a solver."""
    return [Work(COLD, solve_cold, (keep,)), *mesh_works(keep), Work("derivatives", derivative_errors, (keep,))]


def mesh_works(keep: Path) -> list[Work]:
    """The healthy walk on the usual mesh and on one twice as fine, as two equal halves."""
    return [Work(mesh_name(n), solve_on, (n, keep)) for n in (USUAL_INTERVALS, FINE)]


def mesh_name(intervals: int) -> str:
    """Name of the healthy walk on a mesh."""
    return f"{HEALTHY} on {intervals} intervals"


def solve_cold(keep: Path) -> Solved:
    """Solve the healthy walk from nothing but the reference walk."""
    watch = Watch()
    walk = solve_healthy(default_body(), WalkOptions(USUAL_INTERVALS), cache=keep)
    return read(COLD, walk, change(default_body(), (), keep), watch.times)


def solve_on(intervals: int, keep: Path) -> Solved:
    """Solve the healthy walk, as two equal halves, on a mesh."""
    watch, changed = Watch(), change(default_body(), (), keep)
    walk = solve_walk(healthy_task(keep, symmetric=True), WalkOptions(intervals), healthy_walk())
    return read(mesh_name(intervals), walk, changed, watch.times)


def healthy_task(keep: Path | None, *, symmetric: bool = False) -> WalkTask:
    """State the healthy walk."""
    return replace(task_of(healthy_job(keep)), symmetric=symmetric)


def derivative_errors(keep: Path | None, directions: int = 3) -> DerivativeErrors:
    """Hold the solver's derivatives at the stored walk against central differences along random directions."""
    t = walk_transcription(healthy_task(keep), healthy_walk())
    return errors_at(t, walk_variables(t, healthy_walk()) / t.scale, directions)


def walk_transcription(task: WalkTask, walk: Walk) -> Transcription:
    """State a problem on the mesh of a walk."""
    return transcribe(walk_problem(task), uniform((len(walk.time_s) - 1) // 2))


def walk_variables(t: Transcription, walk: Walk) -> Floats:
    """Variables, in units, of a walk on its own mesh."""
    time_s = walk.time_s - walk.time_s[0]
    return t.variables(Trajectory(time_s, walk.values, {DURATION: walk.cycle_s, SPEED: walk.speed_m_per_s}))


def errors_at(t: Transcription, x: Floats, directions: int) -> DerivativeErrors:
    """Hold derivatives at scaled variables ``x`` against central differences along random directions."""
    rng = np.random.default_rng(7)
    multipliers = rng.normal(size=t.program.n_rows)
    worst = np.zeros(3)
    for _ in range(directions):
        worst = np.maximum(worst, _errors(t, x, rng.normal(size=len(x)), multipliers))
    return DerivativeErrors(*map(float, worst))


def _errors(t: Transcription, x: Floats, along: Floats, multipliers: Floats) -> Floats:
    functions = t.program.derivatives

    def gradient(at: Floats) -> tuple[Floats, Floats]:
        value, slope = functions["grad_f"](at, t.given)
        return np.array([float(value)]), np.array(slope)[:, 0]

    def rows(at: Floats) -> tuple[Floats, Floats]:
        value, slopes = functions["jac_g"](at, t.given)
        return np.array(value)[:, 0], slopes.sparse()

    def lagrangian(at: Floats) -> Floats:
        return gradient(at)[1] + rows(at)[1].T @ multipliers

    upper = functions["hess_lag"](x, t.given, 1.0, multipliers).sparse()
    curved = upper @ along + upper.T @ along - upper.diagonal() * along
    return np.array(
        [
            _apart(np.array([gradient(x)[1] @ along]), _slope(lambda at: gradient(at)[0], x, along)),
            _apart(rows(x)[1] @ along, _slope(lambda at: rows(at)[0], x, along)),
            _apart(curved, _slope(lagrangian, x, along)),
        ]
    )


def _slope(function: Callable[[Floats], Floats], x: Floats, along: Floats) -> Floats:
    return np.asarray((function(x + STEP * along) - function(x - STEP * along)) / (2 * STEP))


def _apart(exact: Floats, differences: Floats) -> float:
    return float(np.abs(exact - differences).max() / np.abs(exact).max())
