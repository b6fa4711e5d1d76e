"""A sparse non-linear program made of many small blocks that are alike.

Each block reads a few variables through an index, and gives constraints and a share of the objective. Its derivatives
are written out once, exactly, and evaluated for all blocks in one loop; non-zeros are then put into their places. So
neither the graph nor the time to make it grows with the mesh.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundup.body.functions import Floats
from groundup.solvers.collocation.symbols import Expression, casadi

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Block:
    """Constraints and an objective share of a few variables, repeated.

    Attributes
    ----------
    variables, given : SX, shape (n_local, 1), (n_given, 1)
    constraints : SX, shape (n_rows, 1)
    objective : SX, shape (1, 1)
    index : array, shape (n_local, n_blocks)
        Place of each local variable among all; no place twice in a column.
    given_index : array, shape (n_given, n_blocks)
        Place of each given number among all given numbers.
    row_scale : array, shape (n_rows,)
        The solver sees a constraint divided by it.
    """

    variables: Expression
    given: Expression
    constraints: Expression
    objective: Expression
    index: Ints
    given_index: Ints
    row_scale: Floats

    @property
    def n_blocks(self) -> int:
        """Number of repetitions."""
        return int(self.index.shape[1])

    @property
    def n_rows(self) -> int:
        """Constraints of all repetitions."""
        return int(self.constraints.numel()) * self.n_blocks


@dataclass(frozen=True, eq=False)
class Program:
    """What IPOPT asks for: functions of all (scaled) variables and of the given numbers."""

    problem: Any
    derivatives: dict[str, Any]
    n_variables: int
    n_rows: int
    n_given: int


def assemble(blocks: Sequence[Block], scale: Floats, n_given: int, threads: int = 1) -> Program:
    """Put blocks together.

    Parameters
    ----------
    scale : array, shape (n_variables,)
        Typical sizes; the program's variables are divided by them.
    """
    blocks = [b for b in blocks if b.n_blocks]
    x = casadi.MX.sym("x", len(scale))
    given = casadi.MX.sym("given", n_given)
    value, multiplier = casadi.MX.sym("lam_f"), casadi.MX.sym("lam_g", sum(b.n_rows for b in blocks))
    parts = [_Part(b, scale, x, given, threads) for b in blocks]
    f = sum(part.objective() for part in parts)
    g = casadi.vertcat(*(part.rows() for part in parts))
    jacobian = _jacobian(parts, len(scale))
    gradient = sum(part.gradient() for part in parts)
    hessian = _hessian(parts, len(scale), value, multiplier)
    derivatives = {
        "grad_f": casadi.Function("nlp_grad_f", [x, given], [f, gradient], ["x", "p"], ["f", "grad_f_x"]),
        "jac_g": casadi.Function("nlp_jac_g", [x, given], [g, jacobian], ["x", "p"], ["g", "jac_g_x"]),
        "hess_lag": casadi.Function(
            "nlp_hess_l", [x, given, value, multiplier], [hessian], ["x", "p", "lam_f", "lam_g"], ["hess_gamma_x_x"]
        ),
    }
    return Program({"x": x, "p": given, "f": f, "g": g}, derivatives, len(scale), int(g.numel()), n_given)


class _Part:
    """A block read from the program's variables, with its derivatives."""

    def __init__(self, block: Block, scale: Floats, x: Any, given: Any, threads: int) -> None:
        self.block, self.scale, self.threads = block, scale, threads
        self.n = len(scale)
        shape = block.index.shape
        places = block.index.flatten("F")
        self.local = casadi.reshape(x[places.tolist()] * scale[places], *shape)
        self.given = casadi.reshape(given[block.given_index.flatten("F").tolist()], *block.given_index.shape)
        v, c = block.variables, block.constraints
        self.multiplier = casadi.SX.sym("lam", c.numel())
        self.value = casadi.SX.sym("sigma")
        self.jacobian = casadi.jacobian(c, v)
        self.gradient_of = casadi.gradient(block.objective, v)
        lagrangian = self.value * block.objective + casadi.dot(self.multiplier, c)
        self.hessian = casadi.triu(casadi.hessian(lagrangian, v)[0])

    def _map(self, outputs: list[Expression], more: Sequence[Expression] = (), extra: Sequence[Any] = ()) -> Any:
        function = casadi.Function("block", [self.block.variables, self.block.given, *more], outputs)
        kind = ("thread", self.threads) if self.threads > 1 and self.block.n_blocks >= 2 * self.threads else ()
        return function.map(self.block.n_blocks, *kind)(self.local, self.given, *extra)

    def objective(self) -> Any:
        if self.block.objective.is_zero():
            return casadi.MX(0)
        return casadi.sum2(self._map([self.block.objective]))

    def rows(self) -> Any:
        if not self.block.n_rows:
            return casadi.MX(0, 1)
        return casadi.vec(self._map([self.block.constraints])) / np.tile(self.block.row_scale, self.block.n_blocks)

    def gradient(self) -> Any:
        used = np.array(self.gradient_of.sparsity().row(), dtype=np.int64)
        if not len(used):
            return casadi.MX.zeros(self.n)
        values = casadi.vec(self._map([_non_zeros(self.gradient_of)]))
        places = self.block.index[used].flatten("F")
        return _gathering(places, self.scale[places], self.n) @ values

    def jacobian_entries(self, first_row: int) -> tuple[Any, Ints, Ints, Floats]:
        """Non-zeros in the order of the blocks, their rows, columns and factors."""
        local_row, local_column = _triplets(self.jacobian.sparsity())
        n_rows, n_blocks = self.block.constraints.numel(), self.block.n_blocks
        rows = (first_row + n_rows * np.arange(n_blocks)[None, :] + local_row[:, None]).flatten("F")
        columns = self.block.index[local_column].flatten("F")
        factor = self.scale[columns] / np.tile(self.block.row_scale[local_row], n_blocks)
        return casadi.vec(self._map([_non_zeros(self.jacobian)])), rows, columns, factor

    def hessian_entries(self, value: Any, multiplier: Any) -> tuple[Any, Ints, Ints, Floats]:
        """As :meth:`jacobian_entries`, of the upper triangle; ``multiplier`` are those of the block's rows."""
        block, n_blocks = self.block, self.block.n_blocks
        unscaled = multiplier / np.tile(block.row_scale, n_blocks)
        lam = casadi.reshape(unscaled, block.constraints.numel(), n_blocks)
        sigma = casadi.repmat(value, 1, n_blocks)
        a, b = _triplets(self.hessian.sparsity())
        first, second = block.index[a].flatten("F"), block.index[b].flatten("F")
        rows, columns = np.minimum(first, second), np.maximum(first, second)
        values = self._map([_non_zeros(self.hessian)], [self.multiplier, self.value], [lam, sigma])
        return casadi.vec(values), rows, columns, self.scale[rows] * self.scale[columns]


def _jacobian(parts: Sequence[_Part], n: int) -> Any:
    entries, rows, columns, factors, first = [], [], [], [], 0
    for part in parts:
        if part.jacobian.nnz():
            values, r, c, s = part.jacobian_entries(first)
            entries.append(values)
            rows.append(r)
            columns.append(c)
            factors.append(s)
        first += part.block.n_rows
    return _sparse(entries, rows, columns, factors, (first, n))


def _hessian(parts: Sequence[_Part], n: int, value: Any, multiplier: Any) -> Any:
    entries, rows, columns, factors, first = [], [], [], [], 0
    for part in parts:
        if part.hessian.nnz():
            own = multiplier[first : first + part.block.n_rows]
            values, r, c, s = part.hessian_entries(value, own)
            entries.append(values)
            rows.append(r)
            columns.append(c)
            factors.append(s)
        first += part.block.n_rows
    return _sparse(entries, rows, columns, factors, (n, n))


def _sparse(
    entries: Sequence[Any],
    rows: Sequence[Ints],
    columns: Sequence[Ints],
    factors: Sequence[Floats],
    shape: tuple[int, int],
) -> Any:
    """Sparse matrix of the sums of entries that share a place."""
    if not entries:
        return casadi.MX(*shape)
    r, c = np.concatenate(rows), np.concatenate(columns)
    key = c * shape[0] + r
    places, slot = np.unique(key, return_inverse=True)
    row, column = places % shape[0], places // shape[0]
    counts = np.concatenate([[0], np.cumsum(np.bincount(column, minlength=shape[1]))])
    sparsity = casadi.Sparsity(*shape, counts.tolist(), row.tolist())
    values, factor = casadi.vertcat(*entries), np.concatenate(factors)
    if len(places) == len(key):
        order = np.argsort(slot)
        return casadi.MX(sparsity, values[order.tolist()] * factor[order])
    return casadi.MX(sparsity, _gathering(slot, factor, len(places)) @ values)


def _gathering(places: Ints, factor: Floats, n: int) -> Any:
    """Matrix (n, n_entries) that adds entries, times their factors, up at their places."""
    m = len(places)
    sparsity = casadi.Sparsity(n, m, list(range(m + 1)), places.tolist())
    return casadi.DM(sparsity, factor)


def _triplets(sparsity: Any) -> tuple[Ints, Ints]:
    row, column = sparsity.get_triplet()
    return np.array(row, dtype=np.int64), np.array(column, dtype=np.int64)


def _non_zeros(expression: Expression) -> Expression:
    return casadi.vertcat(*expression.nonzeros())
