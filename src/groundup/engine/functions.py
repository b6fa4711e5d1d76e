"""Many scalar functions evaluated at once, with their first two derivatives.

Every function of an OpenSim model is, piece by piece, a polynomial: a spline is cubic between its knots and straight
beyond them, a line is one piece. So one table of knots and coefficients holds them all, and evaluating a model's
hundred functions over a thousand frames is one look-up and one Horner loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from groundup.body.functions import (
    Constant,
    Floats,
    Function,
    Linear,
    Multiplier,
    NaturalCubicSpline,
    PiecewiseLinear,
    Polynomial,
    SimmSpline,
)


@dataclass(frozen=True, eq=False)
class FunctionTable:
    """Functions of one argument each, as piecewise polynomials about the left knot of each piece.

    Attributes
    ----------
    knots : array, shape (n_functions, n_pieces - 1)
        Where a piece ends and the next begins; unused places hold ``+inf``.
    origin : array, shape (n_functions, n_pieces)
        The point each piece's polynomial is written about.
    coefficients : array, shape (degree + 1, n_functions, n_pieces)
        Lowest power first.
    """

    knots: Floats
    origin: Floats
    coefficients: Floats

    def __len__(self) -> int:
        return len(self.knots)

    def value(self, x: Floats) -> Floats:
        """Values at ``x`` (..., n_functions)."""
        return self.derivatives(x, 0)[0]

    def derivatives(self, x: Floats, order: int = 2) -> list[Floats]:
        """Value and derivatives up to ``order`` at ``x`` (..., n_functions), each of the shape of ``x``."""
        rows = np.arange(len(self))
        piece = (np.real(x)[..., None] >= self.knots).sum(-1)
        dx = x - self.origin[rows, piece]
        c = [power[rows, piece] for power in self.coefficients]
        out = [_horner(c, dx)]
        for _ in range(order):
            c = [k * ck for k, ck in enumerate(c)][1:] or [np.zeros_like(c[0])]
            out.append(_horner(c, dx))
        return out


def compile_functions(functions: Sequence[Function]) -> FunctionTable:
    """Make a table of functions of one argument (a multi-argument line counts its weighted sum as the argument)."""
    pieces = [_pieces(f) for f in functions]
    n_pieces = max((len(origin) for _, origin, _ in pieces), default=1)
    degree = max((len(c) for _, _, c in pieces), default=1) - 1
    knots = np.full((len(pieces), n_pieces - 1), np.inf)
    origins = np.zeros((len(pieces), n_pieces))
    coefficients = np.zeros((degree + 1, len(pieces), n_pieces))
    for i, (inner, origin, c) in enumerate(pieces):
        knots[i, : len(inner)] = inner
        origins[i, : len(origin)] = origin
        coefficients[: len(c), i, : len(origin)] = c
    return FunctionTable(knots, origins, coefficients)


def argument_weights(function: Function, n_arguments: int) -> Floats:
    """Weights of the arguments in the sum that the tabled function takes, shape (n_arguments,).

    A line through several coordinates is tabled as ``x + intercept`` of ``x = sum slopes_i q_i``; anything else takes
    its single argument as it is.
    """
    inner = function.function if isinstance(function, Multiplier) else function
    if isinstance(inner, Linear) and n_arguments > 1:
        return np.array(inner.slopes[:n_arguments])
    return np.ones(n_arguments)


def is_constant(function: Function) -> bool:
    """Whether the function never changes."""
    if isinstance(function, Multiplier):
        return function.scale == 0.0 or is_constant(function.function)
    return isinstance(function, Constant)


def _horner(c: Sequence[Floats], dx: Floats) -> Floats:
    total: Floats = np.asarray(c[-1] + 0.0 * dx)
    for ck in c[-2::-1]:
        total = total * dx + ck
    return total


def _pieces(function: Function) -> tuple[Floats, Floats, Floats]:
    """Inner knots, origins and coefficients (power, piece) of one function."""
    match function:
        case Constant(constant):
            return np.empty(0), np.zeros(1), np.array([[constant]])
        case Linear(slopes, intercept):
            slope = slopes[0] if len(slopes) == 1 else 1.0
            return np.empty(0), np.zeros(1), np.array([[intercept], [slope]])
        case Polynomial(coefficients):
            return np.empty(0), np.zeros(1), np.asarray(coefficients, float)[::-1, None]
        case SimmSpline(x, y):
            return _cubic_pieces(x, y, _simm_curvature(x, y))
        case NaturalCubicSpline(x, y):
            return _cubic_pieces(x, y, _natural_curvature(x, y))
        case PiecewiseLinear(x, y):
            slopes_between = np.diff(y) / np.diff(x)
            return x[1:-1], x[:-1], np.array([y[:-1], slopes_between])
        case Multiplier(inner, scale):
            knots, origin, c = _pieces(inner)
            return knots, origin, scale * c
    raise TypeError(f"not a function: {function!r}")


def _cubic_pieces(x: Floats, y: Floats, half_curvature: Floats) -> tuple[Floats, Floats, Floats]:
    """Pieces of a cubic spline given ``y''/6`` at its knots, with straight pieces beyond both ends."""
    h, z = np.diff(x), half_curvature
    slope = np.diff(y) / h - h * (z[1:] + 2 * z[:-1])
    inner = np.array([y[:-1], slope, 3 * z[:-1], np.diff(z) / h])
    end_slope = slope[-1] + h[-1] * (6 * z[-2] + 3 * (z[-1] - z[-2]))
    first = np.array([y[0], slope[0], 0.0, 0.0])
    last = np.array([y[-1], end_slope, 0.0, 0.0])
    c = np.column_stack([first, inner, last])
    return x, np.concatenate([[x[0]], x[:-1], [x[-1]]]), c


def _simm_curvature(x: Floats, y: Floats) -> Floats:
    """``y''/6`` at the knots with third derivatives at the ends taken from the four outermost points.

    These are the end conditions of Forsythe, Malcolm & Moler (1977), *Computer Methods for Mathematical
    Computations*, ch. 4, which SIMM and OpenSim use.
    """
    n = len(x)
    if n < 3:
        return np.zeros(n)
    matrix, rhs = _spline_system(x, y)
    h = np.diff(x)
    matrix[0, :2] = -h[0], h[0]
    matrix[-1, -2:] = h[-1], -h[-1]
    if n > 3:
        d = np.diff(np.diff(y) / h)
        third_first = (d[1] / (x[3] - x[1]) - d[0] / (x[2] - x[0])) / (x[3] - x[0])
        third_last = (d[-1] / (x[-1] - x[-3]) - d[-2] / (x[-2] - x[-4])) / (x[-1] - x[-4])
        rhs[0], rhs[-1] = h[0] ** 2 * third_first, -(h[-1] ** 2) * third_last
    return np.asarray(np.linalg.solve(matrix, rhs), dtype=np.float64)


def _natural_curvature(x: Floats, y: Floats) -> Floats:
    """``y''/6`` at the knots of a natural cubic spline: none at the ends."""
    if len(x) < 3:
        return np.zeros(len(x))
    matrix, rhs = _spline_system(x, y)
    matrix[0, 0] = matrix[-1, -1] = 1.0
    return np.asarray(np.linalg.solve(matrix, rhs), dtype=np.float64)


def _spline_system(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Continuity of the slope at the inner knots, end rows left to the caller."""
    n, h = len(x), np.diff(x)
    matrix, rhs = np.zeros((n, n)), np.zeros(n)
    inner = np.arange(1, n - 1)
    matrix[inner, inner - 1] = h[:-1]
    matrix[inner, inner] = 2 * (h[:-1] + h[1:])
    matrix[inner, inner + 1] = h[1:]
    rhs[1:-1] = np.diff(np.diff(y) / h)
    return matrix, rhs
