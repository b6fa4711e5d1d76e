"""A whole planar walk on a coarse mesh: solved, meeting its conditions, obeying mechanics."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from groundup.io.osim_read import read_osim
from groundup.solvers.collocation.mesh import transcribe, uniform
from groundup.solvers.collocation.solve import SolverOptions, Status, solve

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from benchmarks.planar_walking.__main__ import walking_start
from benchmarks.planar_walking.compare import difference_deg, energy_gap, moco_solution
from benchmarks.planar_walking.problems import SPEED_M_S, first_guess, other_side, prediction, tracking

INTERVALS = 24


def test_coarse_planar_walk(shared: Path) -> None:
    folder = shared / "moco2d"
    body = read_osim(folder / "2D_gait.osim")
    follow, walk = tracking(body, folder), prediction(body)
    tracked = solve(transcribe(follow, uniform(INTERVALS)), first_guess(follow))
    assert tracked.status is Status.SOLVED, tracked.message
    assert tracked.stats.objective == pytest.approx(1.57, rel=0.05)  # Moco, 24 intervals: 1.567
    stored = moco_solution(folder / "reference" / "gaitTracking_solution_fullStride.sto")
    apart, _ = difference_deg(tracked.best, stored)
    assert max(apart.values()) < 2.0  # degrees, root mean square

    walked = solve(transcribe(walk, uniform(INTERVALS)), walking_start(tracked.best), SolverOptions(seconds=120.0))
    assert walked.value is not None, walked.message
    assert walked.stats.objective == pytest.approx(0.135, rel=0.05)  # Moco, 50 intervals: 0.13483
    stored = moco_solution(folder / "reference" / "gaitPrediction_solution_fullStride.sto")
    apart, _ = difference_deg(walked.value, stored)
    assert max(apart.values()) < 3.0
    assert energy_gap(walked) < 1.0  # per cent
    p, values = walked.value.parameters, walked.value.values
    assert p["distance"] / p["duration"] == pytest.approx(SPEED_M_S, rel=1e-3)
    for name in values:
        if name in body.coordinate_names and name != "pelvis_tx":
            assert values[name][-1] == pytest.approx(values[other_side(name)][0], abs=1e-3)
    assert walked.stats.worst is not None
    assert walked.stats.worst.scaled < 1e-3
