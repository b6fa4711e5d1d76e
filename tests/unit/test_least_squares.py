"""The batched Levenberg–Marquardt method against SciPy and closed forms."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy.optimize import least_squares

from groundup.solvers.least_squares import LeastSquaresSolution, Normal, minimise
from groundup.solvers.solution import Status

FREE = np.array([np.inf, np.inf])


def normal_of(residuals: np.ndarray, jacobian: np.ndarray) -> Normal:
    gradient = np.einsum("nri,nr->ni", jacobian, residuals)
    return 0.5 * (residuals**2).sum(-1), gradient, np.swapaxes(jacobian, 1, 2) @ jacobian


def rosenbrock(steepness: np.ndarray) -> tuple[object, object]:
    """Residuals (1 − x, s (y − x²)): a family of valleys, one per problem."""

    def residuals(x: np.ndarray, s: np.ndarray) -> np.ndarray:
        return np.stack([1 - x[:, 0], s * (x[:, 1] - x[:, 0] ** 2)], axis=1)

    def normal(x: np.ndarray, which: np.ndarray) -> Normal:
        s = steepness[which]
        zero = np.zeros(len(x))
        rows = [np.stack([zero - 1, zero], axis=1), np.stack([-2 * s * x[:, 0], s], axis=1)]
        return normal_of(residuals(x, s), np.stack(rows, axis=1))

    return residuals, normal


def solve(steepness: np.ndarray, start: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> LeastSquaresSolution:
    return minimise(rosenbrock(steepness)[1], start, lower, upper, tolerance=1e-14, max_iterations=500)  # type: ignore[arg-type]


def _valley(s: float, x: np.ndarray) -> list[float]:
    return [1 - x[0], s * (x[1] - x[0] ** 2)]


@pytest.fixture
def batch() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(11)
    return rng.uniform(1.0, 10.0, 40), rng.uniform(-2.0, 2.0, (40, 2))


def test_a_batch_of_valleys_without_bounds(batch: tuple[np.ndarray, np.ndarray]) -> None:
    steepness, start = batch
    found = solve(steepness, start, -FREE, FREE)
    assert (found.status == Status.CONVERGED).all()
    np.testing.assert_allclose(found.x, 1.0, atol=1e-5)
    assert found.cost.max() < 1e-12


@pytest.mark.parametrize(
    ("lower", "upper"), [((-2.0, -2.0), (0.5, 2.0)), ((1.2, -2.0), (2.0, 3.0)), ((-2.0, -2.0), (2.0, 0.1))]
)
def test_a_batch_of_valleys_with_active_bounds(
    batch: tuple[np.ndarray, np.ndarray], lower: tuple[float, ...], upper: tuple[float, ...]
) -> None:
    steepness, start = batch
    low, high = np.array(lower), np.array(upper)
    start = np.clip(start, low + 1e-3, high - 1e-3)
    found = solve(steepness, start, low, high)
    assert (found.status == Status.CONVERGED).all()
    assert ((found.x >= low) & (found.x <= high)).all()
    assert ((found.x == low) | (found.x == high)).any(axis=1).all()
    for s, x0, cost in zip(steepness, start, found.cost, strict=True):
        residuals = partial(_valley, s)
        reference = least_squares(residuals, x0, bounds=(low, high), xtol=1e-14, ftol=1e-14, gtol=1e-14)
        assert cost <= reference.cost * (1 + 1e-6) + 1e-12


def test_a_start_outside_the_bounds_is_brought_inside() -> None:
    found = solve(np.array([3.0]), np.array([[9.0, -9.0]]), np.array([0.0, 0.0]), np.array([2.0, 2.0]))
    np.testing.assert_allclose(found.x, 1.0, atol=1e-5)


def test_problems_do_not_touch_each_other(batch: tuple[np.ndarray, np.ndarray]) -> None:
    steepness, start = batch
    together = solve(steepness, start, -FREE, np.array([0.7, np.inf]))
    for i in (0, 17, 39):
        alone = solve(steepness[i : i + 1], start[i : i + 1], -FREE, np.array([0.7, np.inf]))
        np.testing.assert_allclose(alone.x[0], together.x[i], rtol=0, atol=1e-12)


def test_a_linear_problem_takes_one_step() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(6, 8, 3)), rng.normal(size=(6, 8))

    def normal(x: np.ndarray, which: np.ndarray) -> Normal:
        return normal_of(np.einsum("nri,ni->nr", a[which], x) - b[which], a[which])

    found = minimise(normal, np.zeros((6, 3)), np.full(3, -np.inf), np.full(3, np.inf), tolerance=1e-9)
    wanted = np.stack([np.linalg.lstsq(m, v, rcond=None)[0] for m, v in zip(a, b, strict=True)])
    np.testing.assert_allclose(found.x, wanted, atol=1e-5)
    assert found.iterations <= 3


def test_an_unknown_that_nothing_depends_on_stays_where_it_is() -> None:
    def normal(x: np.ndarray, which: np.ndarray) -> Normal:
        jacobian = np.zeros((len(x), 1, 2))
        jacobian[:, 0, 0] = 1.0
        return normal_of(x[:, :1] - 3.0, jacobian)

    found = minimise(normal, np.array([[0.0, 0.4]]), -FREE, FREE, tolerance=1e-12)
    np.testing.assert_allclose(found.x, [[3.0, 0.4]], atol=1e-6)


def test_the_limit_of_iterations_is_told() -> None:
    start = np.array([[-2.0, 2.0]])
    found = minimise(rosenbrock(np.array([10.0]))[1], start, -FREE, FREE, max_iterations=2)  # type: ignore[arg-type]
    assert found.status[0] == Status.ITERATION_LIMIT
    assert found.cost[0] <= 0.5 * ((1 + 2.0) ** 2 + (10 * (2 - 4.0)) ** 2)


def test_the_start_is_not_written_to(batch: tuple[np.ndarray, np.ndarray]) -> None:
    steepness, start = batch
    before = start.copy()
    solve(steepness, start, -FREE, FREE)
    np.testing.assert_array_equal(start, before)
