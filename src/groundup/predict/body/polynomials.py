"""Path lengths as polynomials of the coordinates a muscle crosses.

The functions here take numbers, arrays or CasADi symbols alike: they only add and multiply.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundup.body.functions import Floats

Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class PathPolynomial:
    """``length(q) = sum_k coefficients[k] * prod_i x_i ** exponents[k, i]`` with ``x = (q - middle) / half``.

    Attributes
    ----------
    coordinates : names of the coordinates the muscle crosses
    middle, half : array, shape (n,), rad
        ``x`` is within -1 … 1 over the range that was fitted.
    exponents : int array, shape (n_terms, n)
    coefficients : array, shape (n_terms,), m
    """

    coordinates: tuple[str, ...]
    middle: Floats
    half: Floats
    exponents: Ints
    coefficients: Floats

    @property
    def order(self) -> int:
        """Highest sum of exponents."""
        return int(self.exponents.sum(1).max(initial=0))

    def length(self, q: Mapping[str, Any]) -> Any:
        """Path length, m, at coordinates (rad) given by name: numbers, arrays or CasADi symbols."""
        x = self._normalised(q)
        return _sum(self.coefficients, self.exponents, _Products(x))

    def arms(self, q: Mapping[str, Any]) -> dict[str, Any]:
        """Moment arms, m, by coordinate: minus the derivative of the same polynomial."""
        products = _Products(self._normalised(q))
        out = {}
        for i, name in enumerate(self.coordinates):
            lowered, factor = lower(self.exponents, i)
            out[name] = _sum(-factor * self.coefficients / self.half[i], lowered, products)
        return out

    def _normalised(self, q: Mapping[str, Any]) -> list[Any]:
        return [(q[name] - m) * (1.0 / h) for name, m, h in zip(self.coordinates, self.middle, self.half, strict=True)]


class _Products:
    """Products of powers, each made once from a shorter one."""

    def __init__(self, x: Sequence[Any]) -> None:
        self._x = x
        self._known: dict[tuple[int, ...], Any] = {}

    def __getitem__(self, exponents: tuple[int, ...]) -> Any:
        if not any(exponents):
            return 1.0
        if exponents not in self._known:
            i = max(k for k, e in enumerate(exponents) if e)
            shorter = tuple(e - (k == i) for k, e in enumerate(exponents))
            self._known[exponents] = self[shorter] * self._x[i] if any(shorter) else self._x[i]
        return self._known[exponents]


def _sum(coefficients: Floats, exponents: Ints, products: _Products) -> Any:
    total: Any = 0.0
    for c, e in zip(coefficients.tolist(), exponents.tolist(), strict=True):
        if c != 0.0:
            total = total + c * products[tuple(e)]
    return total


def lower(exponents: Ints, i: int) -> tuple[Ints, Floats]:
    """Exponents and factors of the derivative by variable ``i``; terms without it get factor 0."""
    lowered = exponents.copy()
    lowered[:, i] = np.maximum(lowered[:, i] - 1, 0)
    return lowered, exponents[:, i].astype(float)


def all_exponents(n_variables: int, order: int) -> Ints:
    """Exponents of all products of at most ``order`` factors, shorter products first."""
    rows = [
        np.bincount(np.array(chosen, dtype=np.intp), minlength=n_variables)
        for degree in range(order + 1)
        for chosen in combinations_with_replacement(range(n_variables), degree)
    ]
    return np.array(rows, dtype=np.intp).reshape(len(rows), n_variables)


def design(x: Floats, exponents: Ints) -> Floats:
    """Values of the terms (n_samples, n_terms) at ``x`` (n_samples, n)."""
    powers = np.ones((int(exponents.max(initial=0)) + 1, *x.shape))
    for k in range(1, len(powers)):
        powers[k] = powers[k - 1] * x
    out = np.ones((len(x), len(exponents)))
    for i in range(x.shape[1]):
        out *= powers[exponents[:, i], :, i].T
    return out
