"""The 3D walk: the stored one obeys the equations, and a coarse one is solved."""

from __future__ import annotations

import numpy as np
import pytest

from groundup.body.default_body import default_body
from groundup.predict.body import walk_guess
from groundup.predict.changed_body import change
from groundup.predict.gait.baseline import PAINLESS, healthy_walk
from groundup.predict.gait.problem import SPEED, WalkTask, walk_problem
from groundup.predict.gait.solve import WalkOptions, solve_walk
from groundup.predict.terms import chosen
from groundup.solvers.collocation.mesh import Scheme, transcribe, uniform
from groundup.solvers.collocation.problem import DURATION
from groundup.solvers.collocation.solve import SolverOptions
from groundup.solvers.collocation.symbols import casadi
from groundup.solvers.collocation.trajectory import Trajectory


@pytest.fixture(scope="module")
def task():
    changed = change(default_body(), ())
    p = changed.prepared
    return WalkTask(changed, chosen(PAINLESS), 1.3, walk_guess(p.reduction, p.soles, 1.3))


def test_the_stored_walk_obeys_every_equation(task):
    walk = healthy_walk()
    t = transcribe(walk_problem(task), uniform((len(walk.time_s) - 1) // 2))
    time = walk.time_s - walk.time_s[0]
    x = t.variables(Trajectory(time, walk.values, {DURATION: walk.cycle_s, SPEED: walk.speed_m_per_s}))
    problem = t.program.problem
    rows = casadi.Function("rows", [problem["x"], problem["p"]], [problem["g"]])
    missed = t.miss(np.array(rows(x / t.scale, t.given))[:, 0]) / t.row_scale
    row, phase = t.row(int(np.argmax(missed)))
    assert missed.max() < 1e-6, (row, phase, missed.max())


def test_a_coarse_walk_is_solved(task):
    from dataclasses import replace

    options = WalkOptions(
        16, Scheme.TRAPEZOIDAL, SolverOptions(tolerance=1e-2, constraint_tolerance=1e-4, seconds=120.0)
    )
    walk = solve_walk(replace(task, symmetric=True), options, start=healthy_walk())
    assert walk.solved, walk.message
    assert walk.cycle_s == pytest.approx(healthy_walk().cycle_s, rel=0.1)
