"""What must hold for every shared load: the optimality conditions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.solvers.muscle_sharing import SharingProblem, Solution, share_muscle_forces
from groundup.solvers.solution import Status

SEEDS = st.integers(0, 2**32 - 1)


def random_problem(seed: int, power: float = 2.0, weakest_reserve: float = 1.0, load: float = 200.0) -> SharingProblem:
    """A problem that reserves make feasible, of any size and scale; loads in N·m."""
    rng = np.random.default_rng(seed)
    frames, joints, muscles = rng.integers(1, 40), rng.integers(1, 9), rng.integers(0, 26)
    matrix = rng.normal(size=(frames, joints, muscles)) * 10.0 ** rng.uniform(-1.0, 2.5, muscles)
    matrix = matrix * (rng.random((joints, muscles)) < rng.uniform(0.1, 1.0))
    reserves = np.broadcast_to(
        np.diag(weakest_reserve * 100.0 ** rng.uniform(0.0, 1.0, joints)), (frames, joints, joints)
    )
    target = rng.normal(size=(frames, joints)) * rng.uniform(0.1, load)
    free = np.full(joints, np.inf)
    lower, upper = rng.uniform(0.0, 0.1, muscles), rng.uniform(0.1, 1.0, muscles)
    return SharingProblem(
        np.concatenate([matrix, reserves], axis=2),
        target,
        np.append(lower, -free),
        np.append(upper, free),
        10.0 ** rng.uniform(-1.0, 1.0, muscles + joints),
        power,
    )


def check_optimality(problem: SharingProblem, solution: Solution, tolerance: float) -> None:
    """Within bounds, constraints met, and no control could pay its way by moving where it may.

    These problems are far harder than a body's: weights spread over two decades and reserves driven far above 1. A
    frame in a hundred may end at the iteration limit and say so; one that says it converged must be optimal.
    """
    done = solution.status == Status.CONVERGED
    assert done.mean() > 0.9, solution.message
    problem = replace(problem, matrix=problem.matrix[done], target=problem.target[done])
    x, weights = solution.activations[done], problem.weights
    assert weights is not None
    assert (x >= problem.lower).all()
    assert (x <= problem.upper).all()
    scale = np.maximum(np.abs(problem.matrix).max(axis=(0, 2)), np.abs(problem.target).max(axis=0))
    gap = np.einsum("fjk,fk->fj", problem.matrix, x) - problem.target
    assert np.max(np.abs(gap) / scale) < 2e-6
    pull = np.einsum("fjk,fj->fk", problem.matrix, solution.multipliers[done])
    cost = problem.power * weights * np.sign(x) * np.abs(x) ** (problem.power - 1.0)
    excess = cost - pull
    allowed = tolerance * (1.0 + np.abs(cost).max(axis=1, keepdims=True))
    assert np.all((excess <= allowed) | (x <= problem.lower))
    assert np.all((excess >= -allowed) | (x >= problem.upper))


@settings(max_examples=80, deadline=None)
@given(SEEDS)
def test_sums_of_squares_are_optimal(seed: int) -> None:
    problem = random_problem(seed)
    check_optimality(problem, share_muscle_forces(problem), 1e-9)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.sampled_from([1.5, 2.5, 3.0, 4.0]))
def test_other_powers_are_optimal(seed: int, power: float) -> None:
    """Reserves of at least 10 N·m: weaker ones would have to be many times overdriven at a steep cost."""
    problem = random_problem(seed, power, weakest_reserve=10.0, load=50.0)
    check_optimality(problem, share_muscle_forces(problem), 1e-4)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.floats(0.01, 100.0))
def test_units_do_not_matter(seed: int, factor: float) -> None:
    """Newton-metres or newton-millimetres: the same activations."""
    problem = random_problem(seed)
    scaled = SharingProblem(
        problem.matrix * factor, problem.target * factor, problem.lower, problem.upper, problem.weights, problem.power
    )
    one, other = share_muscle_forces(problem), share_muscle_forces(scaled)
    size = 1.0 + np.abs(one.activations).max(axis=1, keepdims=True)
    np.testing.assert_allclose(other.activations / size, one.activations / size, atol=1e-7)


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_order_of_frames_does_not_matter(seed: int) -> None:
    problem = random_problem(seed)
    order = np.random.default_rng(0).permutation(len(problem.target))
    shuffled = SharingProblem(
        problem.matrix[order], problem.target[order], problem.lower, problem.upper, problem.weights, problem.power
    )
    one, other = share_muscle_forces(problem), share_muscle_forces(shuffled)
    assert other.objective == pytest.approx(one.objective[order], rel=1e-8)
