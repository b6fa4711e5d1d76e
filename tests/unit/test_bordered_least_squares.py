"""Shared unknowns with independent blocks: against SciPy on the whole problem, and the covariance in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import least_squares

from groundup.solvers.bordered_least_squares import BorderedNormal, covariance, minimise_bordered
from groundup.solvers.solution import Status

N_BLOCKS, N_SHARED, N_BLOCK, N_ROWS = 7, 5, 3, 9


class Problem:
    """Residuals ``sin(A s) + B_b z_b + 0.3 z_b₀ s₀ - y_b`` for each block b: bent in both kinds of unknowns."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        self.a = 0.4 * random.standard_normal((N_BLOCKS, N_ROWS, N_SHARED))
        self.b = random.standard_normal((N_BLOCKS, N_ROWS, N_BLOCK))
        self.y = random.standard_normal((N_BLOCKS, N_ROWS))

    def residual(self, shared: np.ndarray, blocks: np.ndarray) -> np.ndarray:
        bent = 0.3 * blocks[:, :1] * shared[0]
        return np.asarray(np.sin(self.a @ shared) + (self.b @ blocks[..., None])[..., 0] + bent - self.y)

    def jacobian(self, shared: np.ndarray, blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        by_shared = np.cos(self.a @ shared)[..., None] * self.a
        by_shared[:, :, 0] += 0.3 * blocks[:, :1]
        by_block = self.b.copy()
        by_block[:, :, 0] += 0.3 * shared[0]
        return by_shared, by_block

    def normal(self, shared: np.ndarray, blocks: np.ndarray) -> BorderedNormal:
        r = self.residual(shared, blocks)
        js, jb = self.jacobian(shared, blocks)
        return BorderedNormal(
            0.5 * float((r**2).sum()),
            np.einsum("brs,br->s", js, r),
            np.einsum("brs,brt->st", js, js),
            np.einsum("brk,br->bk", jb, r),
            np.einsum("brk,brl->bkl", jb, jb),
            np.einsum("brs,brk->bsk", js, jb),
        )


@pytest.mark.parametrize("seed", range(5))
def test_the_minimum_is_that_of_the_whole_problem(seed: int) -> None:
    problem = Problem(seed)
    found = minimise_bordered(
        problem.normal, np.zeros(N_SHARED), np.zeros((N_BLOCKS, N_BLOCK)), tolerance=1e-14, max_iterations=200
    )

    def flat(x: np.ndarray) -> np.ndarray:
        return problem.residual(x[:N_SHARED], x[N_SHARED:].reshape(N_BLOCKS, N_BLOCK)).ravel()

    at = np.concatenate([found.shared, found.blocks.ravel()])
    whole = least_squares(flat, at, xtol=1e-15, ftol=1e-15, gtol=1e-15)
    assert found.status is Status.CONVERGED
    assert found.cost == pytest.approx(whole.cost, rel=1e-9)
    np.testing.assert_allclose(at, whole.x, atol=1e-5)  # where SciPy goes from there: nowhere


def test_the_covariance_is_the_shared_part_of_the_whole_inverse() -> None:
    problem = Problem(11)
    shared, blocks = np.full(N_SHARED, 0.2), np.full((N_BLOCKS, N_BLOCK), -0.1)
    js, jb = problem.jacobian(shared, blocks)
    whole = np.zeros((N_BLOCKS * N_ROWS, N_SHARED + N_BLOCKS * N_BLOCK))
    for b in range(N_BLOCKS):
        rows = slice(b * N_ROWS, (b + 1) * N_ROWS)
        whole[rows, :N_SHARED] = js[b]
        whole[rows, N_SHARED + b * N_BLOCK : N_SHARED + (b + 1) * N_BLOCK] = jb[b]
    expected = np.linalg.inv(whole.T @ whole)[:N_SHARED, :N_SHARED]
    np.testing.assert_allclose(covariance(problem.normal(shared, blocks)), expected, rtol=1e-8)


def test_a_start_at_the_minimum_stays() -> None:
    problem = Problem(3)
    first = minimise_bordered(
        problem.normal, np.zeros(N_SHARED), np.zeros((N_BLOCKS, N_BLOCK)), tolerance=1e-14, max_iterations=200
    )
    again = minimise_bordered(problem.normal, first.shared, first.blocks, tolerance=1e-10)
    assert again.iterations == 1
    np.testing.assert_array_equal(again.shared, first.shared)


def test_too_few_iterations_are_told() -> None:
    problem = Problem(4)
    found = minimise_bordered(problem.normal, np.zeros(N_SHARED), np.zeros((N_BLOCKS, N_BLOCK)), max_iterations=1)
    assert found.status is Status.ITERATION_LIMIT
