"""Smooth muscle curves made of quintic Bézier corners, tabulated for fast evaluation.

A corner joins two straight lines by a Bézier curve of degree five whose end curvature is zero, so that a chain of
corners, continued linearly beyond its ends, has two continuous derivatives. The abscissa is not the curve's parameter,
so evaluation would need a root per value; instead every corner is inverted once on an even grid and stored as cubic
pieces with the exact values and slopes at the grid points. The pieces agree with the curve to better than 1e-8.

References
----------
.. [1] Millard, Uchida, Seth, Delp, Flexing computational muscle, J Biomech Eng 135, 2013, doi:10.1115/1.4023390
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from groundup.body.functions import Floats

Knot = tuple[float, float, float]
"""Where two corners meet: abscissa, ordinate, slope."""

CELLS = 1024
"""Cubic pieces per corner."""


@dataclass(frozen=True, eq=False)
class CurveTable:
    """A family of chained-corner curves, one per item (muscle).

    Attributes
    ----------
    knots : array, shape (n_items, n_corners + 1)
        Where corners meet.
    density : array, shape (n_items, n_corners + 2)
        Cells per unit of abscissa: before the first knot, in each corner, beyond the last knot.
    first_cell : array, shape (n_items, n_corners + 2)
        Row of ``pieces`` where each of these parts starts.
    pieces : array, shape (n_cells, 4)
        Cubic coefficients, constant first, in the fraction of the cell.
    """

    knots: Floats
    density: Floats
    first_cell: NDArray[np.intp]
    pieces: Floats

    def take(self, items: NDArray[np.intp]) -> CurveTable:
        """Return the curves of ``items`` (repeats allowed); the table of pieces is shared."""
        return replace(self, knots=self.knots[items], density=self.density[items], first_cell=self.first_cell[items])

    def value(self, x: Floats) -> Floats:
        """Evaluate at ``x`` of shape (..., n_items)."""
        piece, fraction, _ = self._locate(x)
        return piece[..., 0] + fraction * (piece[..., 1] + fraction * (piece[..., 2] + fraction * piece[..., 3]))

    def value_and_slope(self, x: Floats) -> tuple[Floats, Floats]:
        """Evaluate the curve and its derivative at ``x`` of shape (..., n_items)."""
        piece, t, density = self._locate(x)
        value = piece[..., 0] + t * (piece[..., 1] + t * (piece[..., 2] + t * piece[..., 3]))
        slope = density * (piece[..., 1] + t * (2.0 * piece[..., 2] + 3.0 * t * piece[..., 3]))
        return value, slope

    def _locate(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """Cubic piece (..., n_items, 4), place in it, and cells per unit of abscissa, for each ``x``."""
        part = np.zeros(x.shape, dtype=np.intp)
        for knot in self.knots.T:
            part += x >= knot
        item = np.arange(self.knots.shape[0])
        start = self.knots[item, np.maximum(part - 1, 0)]
        density = self.density[item, part]
        along = (x - start) * density
        inside = (part > 0) & (part < self.knots.shape[1])
        cell = np.where(inside, np.clip(along, 0.0, CELLS - 1), 0.0).astype(np.intp)
        return self.pieces[self.first_cell[item, part] + cell], along - cell, density


def stack_curves(chains: list[tuple[tuple[Knot, ...], tuple[float, ...]]]) -> CurveTable:
    """Tabulate one chain of corners per item; equal chains share their table.

    Parameters
    ----------
    chains : list of (knots, curviness)
        Every chain has the same number of knots, and one curviness (0–1) per corner.
    """
    distinct = {chain: i for i, chain in enumerate(dict.fromkeys(chains))}
    tables = [_tabulate(*chain) for chain in distinct]
    rows = np.cumsum([0] + [len(pieces) for _, _, _, pieces in tables])
    member = np.array([distinct[chain] for chain in chains], dtype=np.intp)
    return CurveTable(
        knots=np.array([t[0] for t in tables])[member],
        density=np.array([t[1] for t in tables])[member],
        first_cell=np.array([t[2] + row for t, row in zip(tables, rows[:-1], strict=True)], dtype=np.intp)[member],
        pieces=np.concatenate([t[3] for t in tables]),
    )


@lru_cache(maxsize=512)
def _tabulate(knots: tuple[Knot, ...], curviness: tuple[float, ...]) -> tuple[Floats, Floats, NDArray[np.intp], Floats]:
    """Knots, densities, first cells and cubic pieces of one chain, with a linear piece before and after it."""
    before = _line(knots[0])
    after = _line(knots[-1])
    corners = [
        _corner_pieces(_control_points(a, b, c)) for a, b, c in zip(knots[:-1], knots[1:], curviness, strict=True)
    ]
    abscissae = np.array([k[0] for k in knots])
    density = np.concatenate(([1.0], CELLS / np.diff(abscissae), [1.0]))
    first = np.concatenate(([0], 1 + CELLS * np.arange(len(corners) + 1))).astype(np.intp)
    return abscissae, density, first, np.concatenate([before, *corners, after])


def _line(knot: Knot) -> Floats:
    return np.array([[knot[1], knot[2], 0.0, 0.0]])


def _control_points(a: Knot, b: Knot, curviness: float) -> Floats:
    """Six control points (6, 2) of the corner between two lines; the larger ``curviness``, the sharper it is."""
    (xa, ya, sa), (xb, yb, sb) = a, b
    # Lines that are parallel have no crossing; they are the same line then.
    x = 0.5 * (xa + xb) if abs(sa - sb) < np.sqrt(np.finfo(float).eps) else (yb - ya - xb * sb + xa * sa) / (sa - sb)
    crossing = np.array([x, (x - xb) * sb + yb])
    start, end = np.array([xa, ya]), np.array([xb, yb])
    reach = 0.1 + 0.8 * curviness
    near_start, near_end = start + reach * (crossing - start), end + reach * (crossing - end)
    return np.array([start, near_start, near_start, near_end, near_end, end])


_POWERS = np.array(
    [
        [1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [-5.0, 5.0, 0.0, 0.0, 0.0, 0.0],
        [10.0, -20.0, 10.0, 0.0, 0.0, 0.0],
        [-10.0, 30.0, -30.0, 10.0, 0.0, 0.0],
        [5.0, -20.0, 30.0, -20.0, 5.0, 0.0],
        [-1.0, 5.0, -10.0, 10.0, -5.0, 1.0],
    ]
)
"""Bernstein weights of degree five as powers of the parameter, constant first."""


def _corner_pieces(points: Floats) -> Floats:
    """Cubic pieces (CELLS, 4) of one corner on an even grid of the abscissa."""
    powers = _POWERS @ points
    grid = np.linspace(points[0, 0], points[-1, 0], CELLS + 1)
    u = _parameter_at(powers[:, 0], grid)
    polynomial = np.polynomial.polynomial
    y = polynomial.polyval(u, powers[:, 1])
    dx, dy = polynomial.polyval(u, polynomial.polyder(powers))
    slope = dy / dx * (grid[1] - grid[0])
    rise = np.diff(y)
    left, right = slope[:-1], slope[1:]
    return np.stack([y[:-1], left, 3.0 * rise - 2.0 * left - right, left + right - 2.0 * rise], axis=1)


def _parameter_at(powers: Floats, x: Floats) -> Floats:
    """Bézier parameter in [0, 1] where the increasing polynomial reaches ``x``: Newton kept inside a bracket."""
    polynomial = np.polynomial.polynomial
    derivative = polynomial.polyder(powers)
    low, high = np.zeros_like(x), np.ones_like(x)
    u = (x - x[0]) / (x[-1] - x[0])
    for _ in range(60):
        error = polynomial.polyval(u, powers) - x
        low, high = np.where(error < 0.0, u, low), np.where(error > 0.0, u, high)
        newton = u - error / polynomial.polyval(u, derivative)
        following = np.where((newton >= low) & (newton <= high), newton, 0.5 * (low + high))
        if np.max(np.abs(following - u)) < 1e-15:
            break
        u = following
    return np.asarray(u)
