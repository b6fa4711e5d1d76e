"""A person who walks otherwise than others: the prediction starts from how they walk."""

from __future__ import annotations

import numpy as np
import pytest

from groundup.body.default_body import default_body
from groundup.engine.skeleton import compile_skeleton
from groundup.motion.walk import read_walk, walk_motion
from groundup.predict.body import walk_guess
from groundup.predict.changed_body import change
from groundup.predict.gait.baseline import PAINLESS
from groundup.predict.gait.problem import WalkTask
from groundup.predict.gait.solve import WalkOptions, solve_walk
from groundup.predict.own_gait import OwnWalk, own_cycle
from groundup.predict.terms import chosen
from groundup.solvers.collocation.mesh import Scheme
from groundup.solvers.collocation.solve import SolverOptions

SPEED, CYCLE = 1.15, 1.15


@pytest.fixture(scope="module")
def changed():
    return change(default_body(), ())


@pytest.fixture(scope="module")
def own(changed):
    """A walk whose right knee bends half as far in swing, a little slower than groundup's."""
    body = default_body()
    walk = read_walk()
    default = np.array([c.default for c in body.coordinates])
    q = walk_motion(walk, compile_skeleton(body), default, np.linspace(0.0, walk.cycle_s, 101)).q
    knee = body.coordinate_names.index("knee_angle_r")
    over = np.maximum(q[:, knee] - np.radians(25.0), 0.0)
    q[:, knee] -= 0.5 * over
    person = OwnWalk("Stiff knee", body, q[None], SPEED, CYCLE)
    return own_cycle(changed.prepared.reduction, person)


def test_a_stiff_knee_stays_stiff(changed, own):
    p = changed.prepared
    reference = walk_guess(p.reduction, p.soles, SPEED, own=own)
    task = WalkTask(
        changed,
        chosen(PAINLESS | {"own_gait": 0.1}),
        SPEED,
        reference,
        own_gait=own,
    )
    solver = SolverOptions(tolerance=3e-2, constraint_tolerance=1e-3, seconds=180.0)
    walk = solve_walk(task, WalkOptions(14, Scheme.TRAPEZOIDAL, solver))
    assert walk.solved, walk.message
    assert walk.cycle_s == pytest.approx(CYCLE, rel=0.08)
    most = {side: float(np.degrees(walk.values[f"knee_angle_{side}"].max())) for side in "rl"}
    assert most["l"] - most["r"] > 8.0
    for name, mean in own.mean.items():
        found = np.interp(np.linspace(0.0, 1.0, len(mean)), walk.phase, walk.values[name])
        assert np.degrees(np.sqrt(np.mean((found - mean) ** 2))) < 8.0, name
