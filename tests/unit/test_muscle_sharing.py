"""Sharing of loads against general-purpose optimisers and against answers known in closed form."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, minimize

from groundup.errors import SolverError
from groundup.solvers.muscle_sharing import SharingProblem, share_muscle_forces
from groundup.solvers.sharing_operator import DenseMatrices, SparseMatrices
from groundup.solvers.solution import Status


def random_problem(
    seed: int, frames: int = 4, joints: int = 5, muscles: int = 14, power: float = 2.0, density: float = 0.5
) -> SharingProblem:
    """Muscles within [0.01, 1] and a reserve per joint; smooth over frames; asks for what some muscles would give."""
    rng = np.random.default_rng(seed)
    arms = 60.0 * rng.normal(size=(joints, muscles)) * (rng.random((joints, muscles)) < density)
    phase, clock = rng.uniform(0.0, 6.0, (joints, muscles)), np.linspace(0.0, 3.0, frames)[:, None]
    matrix = np.zeros((frames, joints, muscles + joints))
    matrix[:, :, :muscles] = arms * (1.0 + 0.3 * np.sin(clock[..., None] + phase))
    matrix[:, np.arange(joints), muscles + np.arange(joints)] = 20.0
    effort = np.clip(0.4 * np.sin(clock + rng.uniform(0.0, 6.0, muscles)), 0.0, 1.0)
    target = np.einsum("fjk,fk->fj", matrix[:, :, :muscles], effort) + 10.0 * rng.normal(size=joints)
    free = np.full(joints, np.inf)
    lower, upper = np.append(np.full(muscles, 0.01), -free), np.append(np.ones(muscles), free)
    weights = rng.uniform(0.5, 2.0, muscles + joints)
    return SharingProblem(matrix, target, lower, upper, weights, power)


def peer(problem: SharingProblem, frame: int) -> np.ndarray:
    """The same frame by SciPy's sequential quadratic programming."""
    weights = problem.weights if problem.weights is not None else np.ones(problem.matrix.shape[2])
    p, matrix, target = problem.power, problem.matrix[frame], problem.target[frame]

    def cost(x: np.ndarray) -> float:
        return float(np.sum(weights * np.abs(x) ** p))

    def slope(x: np.ndarray) -> np.ndarray:
        return p * weights * np.sign(x) * np.abs(x) ** (p - 1.0)

    bounds = list(zip(problem.lower, problem.upper, strict=True))
    begin = np.clip(np.linalg.lstsq(matrix, target, rcond=None)[0], problem.lower, problem.upper)
    constraint = {"type": "eq", "fun": lambda x: matrix @ x - target, "jac": lambda x: matrix}
    found = minimize(
        cost, begin, jac=slope, bounds=bounds, constraints=constraint, options={"ftol": 1e-16, "maxiter": 2000}
    )
    return np.asarray(found.x)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("power", "tolerance"), [(2.0, 1e-6), (3.0, 2e-5), (1.5, 2e-5)])
def test_agrees_with_scipy(seed: int, power: float, tolerance: float) -> None:
    problem = random_problem(seed, power=power)
    solution = share_muscle_forces(problem)
    assert (solution.status == Status.CONVERGED).all()
    for frame in range(len(problem.target)):
        theirs = peer(problem, frame)
        np.testing.assert_allclose(solution.activations[frame], theirs, atol=tolerance)


@pytest.mark.parametrize("power", [4.0, 10.0])
def test_large_powers_cost_no_more_than_scipys_answer(power: float) -> None:
    """Small controls hardly matter at a large power, so costs are compared and not controls."""
    problem = random_problem(11, power=power)
    solution = share_muscle_forces(problem)
    assert (solution.status == Status.CONVERGED).all()
    assert problem.weights is not None
    for frame in range(len(problem.target)):
        theirs = float(np.sum(problem.weights * np.abs(peer(problem, frame)) ** power))
        assert solution.objective[frame] <= theirs * (1.0 + 1e-6)
    assert solution.worst_violation.max() < 1e-6


def test_agrees_with_another_kind_of_method() -> None:
    """SciPy's interior-point method on a small problem with bounds at work on both sides."""
    problem = replace(random_problem(2, frames=1, joints=3, muscles=8), upper=np.append(np.full(8, 0.15), [np.inf] * 3))
    solution = share_muscle_forces(problem)
    assert problem.weights is not None
    weights = problem.weights
    found = minimize(
        lambda x: float(weights @ x**2),
        np.clip(solution.activations[0] + 0.1, problem.lower, problem.upper),
        jac=lambda x: 2.0 * weights * x,
        hess=lambda x: np.diag(2.0 * weights),
        method="trust-constr",
        bounds=list(zip(problem.lower, problem.upper, strict=True)),
        constraints=LinearConstraint(problem.matrix[0], problem.target[0], problem.target[0]),
        options={"gtol": 1e-12, "xtol": 1e-14, "barrier_tol": 1e-13, "maxiter": 3000},
    )
    np.testing.assert_allclose(solution.activations[0], found.x, atol=1e-5)
    assert np.any(solution.activations[0, :8] == 0.15)
    assert np.any(solution.activations[0, :8] == 0.01)


def test_two_equal_muscles_share_equally_and_a_stronger_one_takes_more() -> None:
    arms = np.array([[[30.0, 30.0, 60.0]]])
    problem = SharingProblem(arms, np.array([[27.0]]), np.zeros(3), np.ones(3))
    solution = share_muscle_forces(problem)
    np.testing.assert_allclose(solution.activations, [[0.15, 0.15, 0.3]])
    assert solution.objective[0] == pytest.approx(0.135)
    assert solution.multipliers[0, 0] == pytest.approx(2.0 * 0.15 / 30.0)


def test_multipliers_are_the_price_of_a_newton_metre() -> None:
    problem, h = random_problem(4, frames=1), 1e-4
    solution = share_muscle_forces(problem)
    for joint in range(problem.target.shape[1]):
        push = np.zeros_like(problem.target)
        push[0, joint] = h
        costs = [share_muscle_forces(replace(problem, target=problem.target + s * push)).objective[0] for s in (1, -1)]
        assert solution.multipliers[0, joint] == pytest.approx((costs[0] - costs[1]) / (2.0 * h), rel=1e-4, abs=1e-7)


def test_a_load_beyond_the_muscles_is_reported_with_the_other_frames_solved() -> None:
    arms = np.tile([[[30.0, -20.0]]], (3, 1, 1))
    target = np.array([[15.0], [40.0], [-5.0]])
    solution = share_muscle_forces(SharingProblem(arms, target, np.zeros(2), np.ones(2)))
    assert list(solution.status) == [Status.CONVERGED, Status.INFEASIBLE, Status.CONVERGED]
    np.testing.assert_allclose(solution.activations, [[0.5, 0.0], [1.0, 0.0], [0.0, 0.25]], atol=1e-12)
    assert solution.worst_violation[1] == pytest.approx(10.0)
    assert "1 of 3 frames: no point satisfies the constraints" in solution.message


def test_an_uncrossed_joint_is_infeasible_unless_nothing_is_asked() -> None:
    matrix = np.zeros((2, 2, 2))
    matrix[:, 0, :] = [10.0, -10.0]
    target = np.array([[3.0, 0.0], [3.0, 1.0]])
    solution = share_muscle_forces(SharingProblem(matrix, target, np.zeros(2), np.ones(2)))
    assert list(solution.status) == [Status.CONVERGED, Status.INFEASIBLE]


def test_frames_with_gaps_are_left_out() -> None:
    problem = random_problem(1)
    target = problem.target.copy()
    target[2, 0] = np.nan
    solution = share_muscle_forces(replace(problem, target=target))
    assert solution.status[2] == Status.NO_DATA
    assert np.isnan(solution.activations[2]).all()
    np.testing.assert_allclose(
        np.delete(solution.activations, 2, axis=0), np.delete(share_muscle_forces(problem).activations, 2, axis=0)
    )


def test_bounds_that_pin_a_control_are_kept() -> None:
    problem = random_problem(6)
    lower, upper = problem.lower.copy(), problem.upper.copy()
    lower[3] = upper[3] = 0.4
    solution = share_muscle_forces(replace(problem, lower=lower, upper=upper))
    assert (solution.status == Status.CONVERGED).all()
    assert (solution.activations[:, 3] == 0.4).all()


def test_start_order_and_threads_do_not_change_the_answer() -> None:
    problem = random_problem(8, frames=200, density=0.2)
    plain = share_muscle_forces(problem, in_time_order=False)
    for other in (
        share_muscle_forces(problem),
        share_muscle_forces(problem, threads=2),
        share_muscle_forces(problem, start=plain.multipliers),
    ):
        np.testing.assert_allclose(other.activations, plain.activations, atol=1e-9)
    warm = share_muscle_forces(problem, start=plain.multipliers)
    assert warm.iterations.max() <= 1


def test_sparse_and_dense_products_agree() -> None:
    matrix = random_problem(3, density=0.2).matrix
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=matrix.shape[::2]), rng.normal(size=matrix.shape[:2])
    dense, sparse = DenseMatrices(matrix), SparseMatrices.gathered(matrix, np.any(matrix != 0.0, axis=0))
    np.testing.assert_allclose(sparse.times(x), dense.times(x))
    np.testing.assert_allclose(sparse.transposed_times(y), dense.transposed_times(y))
    np.testing.assert_allclose(sparse.gram(x**2), dense.gram(x**2))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"power": 1.0}, "power is 1, expected at least 1.1"),
        ({"weights": np.zeros(19)}, "expected 19 positive weights"),
        ({"upper": np.full(19, -1.0)}, "control 0 in frame 0 has bounds 0.01 to -1; expected the lower first"),
        ({"target": np.zeros((4, 3))}, "targets (4, 3)"),
    ],
)
def test_problems_that_make_no_sense_are_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(SolverError) as caught:
        share_muscle_forces(replace(random_problem(0), **changes))  # type: ignore[arg-type]
    assert words in str(caught.value)


def test_speed_on_a_whole_body() -> None:
    """318 muscles, 40 reserves, 45 constraints, few joints per muscle. The target is 500 frames/s; half is asserted."""
    problem = random_problem(9, frames=300, joints=45, muscles=318, density=0.08)
    begin = time.process_time()
    solution = share_muscle_forces(problem)
    assert (solution.status == Status.CONVERGED).all()
    assert 300 / (time.process_time() - begin) > 250
