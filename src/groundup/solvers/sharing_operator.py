"""Products with one constraint matrix per frame, dense or exploiting the zeros that all frames have in common.

A muscle crosses few of the body's joints, so most moment arms are zero in every frame; the matrix of the normal
equations then costs a small fraction of the dense product.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from groundup.body.functions import Floats

Indices = NDArray[np.intp]

_SPARSE_BELOW = 0.2
"""Share of the dense multiplications below which the sparse products are faster (measured)."""


class FrameMatrices(Protocol):
    """Matrices C (n_frames, n_rows, n_columns) as operators."""

    def take(self, frames: Indices) -> Self:
        """Return the matrices of some frames."""

    def times(self, x: Floats) -> Floats:
        """C x: (n_frames, n_columns) to (n_frames, n_rows)."""

    def transposed_times(self, y: Floats) -> Floats:
        """Cᵀ y: (n_frames, n_rows) to (n_frames, n_columns)."""

    def gram(self, d: Floats) -> Floats:
        """C diag(d) Cᵀ, (n_frames, n_rows, n_rows)."""

    def gram_diagonal(self, d: Floats) -> Floats:
        """Diagonal of C diag(d) Cᵀ, (n_frames, n_rows)."""


def frame_matrices(matrix: Floats) -> FrameMatrices:
    """Choose the cheaper representation of ``matrix`` (n_frames, n_rows, n_columns)."""
    present = np.any(matrix != 0.0, axis=0)
    per_column = present.sum(axis=0)
    work = float(np.sum(per_column * (per_column + 1)))
    if work > _SPARSE_BELOW * present.size * present.shape[0]:
        return DenseMatrices(matrix)
    return SparseMatrices.gathered(matrix, present)


@dataclass(frozen=True, eq=False)
class DenseMatrices:
    """All entries of C (n_frames, n_rows, n_columns)."""

    matrix: Floats

    def take(self, frames: Indices) -> DenseMatrices:
        """Return the matrices of some frames."""
        return DenseMatrices(self.matrix[frames])

    def times(self, x: Floats) -> Floats:
        """C x."""
        return (self.matrix @ x[..., None])[..., 0]

    def transposed_times(self, y: Floats) -> Floats:
        """Cᵀ y."""
        return (y[:, None, :] @ self.matrix)[:, 0, :]

    def gram(self, d: Floats) -> Floats:
        """C diag(d) Cᵀ."""
        return (self.matrix * d[:, None, :]) @ self.matrix.swapaxes(1, 2)

    def gram_diagonal(self, d: Floats) -> Floats:
        """Diagonal of C diag(d) Cᵀ."""
        return np.asarray(np.einsum("fij,fij,fj->fi", self.matrix, self.matrix, d))


@dataclass(frozen=True, eq=False)
class _Layout:
    """Where the common non-zero entries lie: by column, by row, and all products of two entries of one column."""

    rows: Indices
    columns: Indices
    column_starts: Indices
    by_row: Indices
    row_starts: Indices
    pair_columns: Indices
    pair_starts: Indices
    pair_upper: tuple[Indices, Indices]
    n_rows: int


@dataclass(frozen=True, eq=False)
class SparseMatrices:
    """The entries that are not zero in every frame: ``values`` (n_frames, n_entries) and products of pairs of them."""

    values: Floats
    products: Floats
    layout: _Layout

    @classmethod
    def gathered(cls, matrix: Floats, present: NDArray[np.bool_]) -> SparseMatrices:
        """Gather the entries ``present`` (n_rows, n_columns) of C (n_frames, n_rows, n_columns)."""
        layout, first, second = _layout_of(present.shape, present.tobytes())
        values = matrix[:, layout.rows, layout.columns]
        return cls(values, values[:, first] * values[:, second], layout)

    def take(self, frames: Indices) -> SparseMatrices:
        """Return the matrices of some frames."""
        return replace(self, values=self.values[frames], products=self.products[frames])

    def times(self, x: Floats) -> Floats:
        """C x."""
        terms = self.values * x[:, self.layout.columns]
        return np.add.reduceat(terms[:, self.layout.by_row], self.layout.row_starts, axis=1)

    def transposed_times(self, y: Floats) -> Floats:
        """Cᵀ y."""
        return np.add.reduceat(self.values * y[:, self.layout.rows], self.layout.column_starts, axis=1)

    def gram(self, d: Floats) -> Floats:
        """C diag(d) Cᵀ."""
        layout = self.layout
        sums = np.add.reduceat(self.products * d[:, layout.pair_columns], layout.pair_starts, axis=1)
        out = np.zeros((len(d), layout.n_rows, layout.n_rows))
        i, j = layout.pair_upper
        out[:, i, j] = sums
        out[:, j, i] = sums
        return out

    def gram_diagonal(self, d: Floats) -> Floats:
        """Diagonal of C diag(d) Cᵀ."""
        terms = self.values**2 * d[:, self.layout.columns]
        return np.add.reduceat(terms[:, self.layout.by_row], self.layout.row_starts, axis=1)


@lru_cache(maxsize=32)
def _layout_of(shape: tuple[int, ...], present: bytes) -> tuple[_Layout, Indices, Indices]:
    """Lay out entries once: the chunks of a recording have the same muscles at the same joints."""
    return _layout(np.frombuffer(present, dtype=np.bool_).reshape(shape))


def _layout(present: NDArray[np.bool_]) -> tuple[_Layout, Indices, Indices]:
    """Lay out the entries, and say which two entries each product is of."""
    # Sums over stretches need every row and column to have an entry; an explicit zero does no harm.
    present = present.copy()
    present[0, ~present.any(axis=0)] = True
    present[~present.any(axis=1), 0] = True
    columns, rows = np.nonzero(present.T)
    by_row = np.lexsort((columns, rows))
    first, second = _pairs(columns)
    place = rows[first] * present.shape[0] + rows[second]
    order = np.argsort(place, kind="stable")
    first, second, place = first[order], second[order], place[order]
    places, pair_starts = np.unique(place, return_index=True)
    layout = _Layout(
        rows=rows,
        columns=columns,
        column_starts=np.searchsorted(columns, np.arange(present.shape[1])),
        by_row=by_row,
        row_starts=np.searchsorted(rows[by_row], np.arange(present.shape[0])),
        pair_columns=columns[first],
        pair_starts=pair_starts,
        pair_upper=(places // present.shape[0], places % present.shape[0]),
        n_rows=present.shape[0],
    )
    return layout, first, second


def _pairs(columns: Indices) -> tuple[Indices, Indices]:
    """All pairs (first ≤ second) of entries that share a column."""
    starts = np.searchsorted(columns, np.unique(columns))
    ends = np.append(starts[1:], len(columns))
    pairs = [np.stack(np.triu_indices(e - s)) + s for s, e in zip(starts, ends, strict=True)]
    first, second = np.concatenate(pairs, axis=1)
    return first, second
