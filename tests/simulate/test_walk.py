"""The 3D walk: the stored one obeys the equations, and a coarse one is solved."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from benchmarks.predicted_walks.numerics import errors_at, healthy_task, walk_transcription, walk_variables
from benchmarks.predicted_walks.solving import healthy_job

from groundup.predict import solver
from groundup.predict.checks import energy_balance, imbalance
from groundup.predict.gait import solve as gait_solve
from groundup.predict.gait.baseline import healthy_walk
from groundup.predict.gait.solve import WalkOptions, solve_walk
from groundup.predict.gait.walk import columns
from groundup.predict.symbolic.dynamics import mechanical_energy
from groundup.predict.symbolic.motion import Motion
from groundup.predict.walk_job import attempt_of
from groundup.solvers.collocation.mesh import Scheme
from groundup.solvers.collocation.solve import SolverOptions
from groundup.solvers.collocation.symbols import casadi


@pytest.fixture(scope="module")
def task():
    return healthy_task(None)


@pytest.fixture(scope="module")
def stated(task):
    """The problem on the stored walk's mesh, and the walk as its variables, in units."""
    t = walk_transcription(task, healthy_walk())
    return t, walk_variables(t, healthy_walk())


def test_the_stored_walk_obeys_every_equation(stated):
    """Balance of every coordinate and tendon at every node and middle, defects, bounds, the closing of the cycle: each
    divided by its scale: body weight for forces, body weight × 0.1 m for moments, typical sizes for states."""
    t, x = stated
    problem = t.program.problem
    rows = casadi.Function("rows", [problem["x"], problem["p"]], [problem["g"]])
    missed = t.miss(np.array(rows(x / t.scale, t.given))[:, 0]) / t.row_scale
    row, phase = t.row(int(np.argmax(missed)))
    assert missed.max() < 1e-6, (row, phase, missed.max())


def test_derivatives_agree_with_finite_differences(stated):
    """Of objective, equations and Lagrangian, along a random direction; parts of the largest entry."""
    t, x = stated
    assert errors_at(t, x / t.scale, 1).largest < 1e-6


def test_the_symbols_and_the_engine_know_the_same_energy(task):
    walk, names = healthy_walk(), list(healthy_walk().names)
    q, qd = (casadi.SX.sym(name, len(names)) for name in ("q", "qd"))
    energy = casadi.Function("energy", [q, qd], [mechanical_energy(Motion(task.changed.prepared.body, q, qd))])
    speeds = columns(walk.values, [f"{n} speed" for n in names])
    theirs = np.array([float(energy(a, b)) for a, b in zip(walk.q, speeds, strict=True)])
    np.testing.assert_allclose(energy_balance(walk, task.changed).energy_j, theirs, rtol=1e-10)


def test_a_coarse_walk_is_solved(task):
    options = WalkOptions(
        16, Scheme.TRAPEZOIDAL, SolverOptions(tolerance=1e-2, constraint_tolerance=1e-4, seconds=120.0)
    )
    walk = solve_walk(replace(task, symmetric=True), options, start=healthy_walk())
    assert walk.solved, walk.message
    # Eight intervals a step blur the strike: its cycle is a tenth longer.
    assert walk.cycle_s == pytest.approx(healthy_walk().cycle_s, rel=0.2)
    # The mirrored half walks on the fitted paths of the other leg, which differ by some hundredths of a N·m.
    assert np.abs(imbalance(walk, task.changed)).max() < 5e-3


@pytest.mark.parametrize("stage", [1, 2])
def test_ctrl_c_between_two_stages_keeps_what_the_first_found(task, monkeypatch, stage: int):
    """Writing a problem down takes seconds, and nobody but Python listens then."""
    written = []

    def transcribe(problem, mesh, scheme):
        written.append(scheme)
        if len(written) == stage:
            raise KeyboardInterrupt
        return scheme

    found = SimpleNamespace(best="iterate", value="solved", stats=SimpleNamespace(ending="Solve_Succeeded"))
    monkeypatch.setattr(gait_solve, "walk_problem", lambda task: None)
    monkeypatch.setattr(gait_solve, "first_guess", lambda task: None)
    monkeypatch.setattr(gait_solve, "transcribe", transcribe)
    monkeypatch.setattr(gait_solve, "solve", lambda *given: found)
    monkeypatch.setattr(
        gait_solve, "_walk", lambda task, solution, stated: healthy_walk() if solution is found else None
    )
    if stage == 1:
        with pytest.raises(KeyboardInterrupt):
            solve_walk(task, WalkOptions(16))
        return
    walk = solve_walk(task, WalkOptions(16))
    assert attempt_of(walk).status == "stopped"
    assert walk.values is healthy_walk().values


def test_ctrl_c_between_the_halves_and_the_whole_keeps_the_halves(tmp_path, monkeypatch):
    asked = []

    def halves_only(task, options, start, tell):
        asked.append(task.symmetric)
        if not task.symmetric:
            raise KeyboardInterrupt
        return healthy_walk()

    monkeypatch.setattr(gait_solve, "solve_walk", halves_only)
    job = healthy_job(tmp_path)
    found = attempt_of(solver.solve(job, lambda words: None))
    assert asked == [True, False]
    assert found.status == "stopped"
    assert found.walk is not None
    with pytest.raises(KeyboardInterrupt):
        solver.solve(replace(job, halves=False), lambda words: None)
